package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// An item compares one field, or the whole event, with values.
type item struct {
	field string // "" for the whole event
	slot  int32  // of the field, in the Set
	tests []test // any of them
	all   bool   // all of them
	neq   bool   // none of them, of a field that is there
	none  bool   // or the field has no value: null and ''
	ids   codes

	existing *bool // instead of tests: whether the field is there

	other     string // instead of tests: the name of a field whose value this one is compared with
	otherSlot int32
	where     string // how: "", "contains", "startswith", "endswith"
	cased     bool
}

// A test is a question to one value of a field.
type test interface{ matches(*value) bool }

func (i *item) holds(v *view) bool {
	switch {
	case i.field == "":
		return i.fulfilled(v, v.everything)
	case i.existing != nil:
		return (len(v.slots[i.slot]) > 0) == *i.existing
	case i.other != "":
		return i.compares(v)
	}
	have := v.slots[i.slot]
	if i.neq {
		return len(have) > 0 && !i.fulfilled(v, have) && !(i.none && v.empty(have))
	}
	return i.none && (!i.all || len(i.tests) == 0) && v.empty(have) || i.fulfilled(v, have)
}

// fulfilled reports whether any test holds for any of the values, or each for
// one of them.
func (i *item) fulfilled(v *view, have []int32) bool {
	if i.none && i.all {
		return false // no value and some value
	}
	for _, t := range i.tests {
		held := false
		for _, at := range have {
			if held = t.matches(&v.values[at]); held {
				break
			}
		}
		if held != i.all {
			return held
		}
	}
	return i.all
}

// compares reports whether the field's value is that of the other field, or
// holds it. Both must be there.
func (i *item) compares(v *view) bool {
	have, want := v.slots[i.slot], v.slots[i.otherSlot]
	if len(have) == 0 || len(want) == 0 {
		return false
	}
	for _, h := range have {
		for _, w := range want {
			a, b := v.values[h].lowered(), v.values[w].lowered()
			if i.cased {
				a, b = v.values[h].text, v.values[w].text
			}
			held := false
			switch i.where {
			case "contains":
				held = strings.Contains(a, b)
			case "startswith":
				held = strings.HasPrefix(a, b)
			case "endswith":
				held = strings.HasSuffix(a, b)
			default:
				held = a == b
			}
			if held {
				return !i.neq
			}
		}
	}
	return i.neq
}

// pattern is a regular expression as a test.
type pattern struct{ *regexp.Regexp }

func (p pattern) matches(v *value) bool { return p.MatchString(v.text) }

// network is a range of addresses as a test.
type network struct{ netip.Prefix }

func (n network) matches(v *value) bool {
	a, err := netip.ParseAddr(strings.TrimSpace(v.text))
	return err == nil && n.Contains(a.WithZone("").Unmap())
}

// readSearch makes the expr of a search identifier: a map of fields, a list of
// maps or words, or one word.
func readSearch(n *node, budget *int) (expr, error) {
	switch n.kind {
	case mapping:
		if len(n.keys) == 0 {
			return nil, fmt.Errorf("an empty map")
		}
		var parts []expr
		for i, key := range n.keys {
			e, err := readItem(key, &n.items[i], budget)
			if err != nil {
				return nil, err
			}
			parts = append(parts, e)
		}
		return every(parts), nil
	case list:
		return readList(n, budget)
	}
	return readItem("", n, budget)
}

// readList reads maps, of which any holds, and words, of which any is found.
func readList(n *node, budget *int) (expr, error) {
	var parts []expr
	keywords := node{kind: list}
	for i := range n.items {
		switch item := &n.items[i]; item.kind {
		case mapping:
			e, err := readSearch(item, budget)
			if err != nil {
				return nil, err
			}
			parts = append(parts, e)
		case scalar:
			keywords.items = append(keywords.items, *item)
		default:
			return nil, fmt.Errorf("a list in a list")
		}
	}
	if len(keywords.items) > 0 {
		e, err := readItem("", &keywords, budget)
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("an empty list")
	}
	return anyOf(parts), nil
}

// readItem makes an item of a key and its value or values.
func readItem(key string, n *node, budget *int) (*item, error) {
	field, m, err := readModifiers(key)
	if err != nil {
		return nil, about(key, err)
	}
	values := []node{*n}
	switch n.kind {
	case list:
		values = slices.Clone(n.items)
	case mapping:
		return nil, about(key, fmt.Errorf("its value is a map"))
	}
	if len(values) == 0 {
		return nil, about(key, fmt.Errorf("it has no values"))
	}
	it := &item{field: field, all: m.all, neq: m.neq, cased: m.cased, where: m.where}
	if field == "" && (m.exists || m.fieldref || m.neq || m.cidr || m.than != "") {
		return nil, about(key, fmt.Errorf("its modifiers need a field"))
	}
	for i := range values {
		if values[i].kind != scalar {
			return nil, about(key, fmt.Errorf("a list or a map among its values"))
		}
		if isEventID(field) && values[i].tag == "!!str" && m.plain() {
			if number, ok := readNumber(values[i].scalar); ok && number.whole {
				values[i].tag = "!!int" // whichever way it is written
			}
		}
		if err := it.add(&values[i], &m, len(values), budget); err != nil {
			return nil, about(key, err)
		}
	}
	if isEventID(field) && !it.neq && !it.none && it.existing == nil && it.other == "" {
		it.ids = it.eventIDs()
	}
	return it, nil
}

func isEventID(field string) bool { return strings.EqualFold(field, "EventID") }

// about says which key an error is about.
func about(key string, err error) error {
	if key == "" {
		return err
	}
	return fmt.Errorf("%s: %w", short(key), err)
}

// eventIDs returns the IDs that the tests name, nil if they are not all plain
// numbers.
func (i *item) eventIDs() codes {
	ids := codes{}
	for _, t := range i.tests {
		n, ok := t.(equal)
		if !ok || !n.whole {
			return nil
		}
		if n.unsigned < 1<<16 {
			ids[uint32(n.unsigned)] = true
		}
	}
	return ids
}
