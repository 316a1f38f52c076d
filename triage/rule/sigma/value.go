package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// add makes tests of one of an item's values, of which there are so many.
func (i *item) add(n *node, m *modifiers, values int, budget *int) error {
	switch {
	case m.exists:
		if n.tag != "!!bool" || values != 1 {
			return fmt.Errorf("exists takes true or false")
		}
		exists := strings.EqualFold(n.scalar, "true")
		i.existing = &exists
		return nil
	case m.fieldref:
		if values != 1 || n.tag != "!!str" || n.scalar == "" {
			return fmt.Errorf("fieldref takes the name of one field")
		}
		i.other = n.scalar
		return nil
	case n.tag == "!!null" || n.tag == "!!str" && n.scalar == "" && m.plain():
		if i.field == "" || !m.plain() {
			return fmt.Errorf("an empty value where a text is expected")
		}
		i.none = true
		return nil
	}
	switch n.tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
	default:
		return fmt.Errorf("a value of the type %s, which is not supported", short(n.tag))
	}
	tests, err := m.tests(n, i.field == "")
	if err != nil {
		return err
	}
	if *budget -= len(tests); *budget < 0 {
		return fmt.Errorf("the rule has more than %d values", maxValues)
	}
	if len(tests) > 1 && i.all {
		i.tests = append(i.tests, either(tests))
		return nil
	}
	i.tests = append(i.tests, tests...)
	return nil
}

// either is several tests of which one must hold, for a value that stands for
// several among values that must all be there.
type either []test

func (e either) matches(v *value) bool {
	for _, t := range e {
		if t.matches(v) {
			return true
		}
	}
	return false
}

// plain reports whether the modifiers leave values what they are.
func (m *modifiers) plain() bool {
	return !m.re && !m.cidr && m.than == "" && m.where == "" && len(m.encode) == 0 && !m.windash
}

// tests makes tests of a value. A keyword may stand anywhere in an event's
// texts.
func (m *modifiers) tests(n *node, keyword bool) ([]test, error) {
	switch {
	case m.re:
		p, err := readRegexp(n.scalar, m.flags)
		return []test{p}, err
	case m.cidr:
		p, err := readNetwork(n.scalar)
		return []test{p}, err
	case m.than != "":
		number, ok := readNumber(n.scalar)
		if !ok {
			return nil, fmt.Errorf("%s takes a number, not %q", m.than, short(n.scalar))
		}
		return []test{compared{number, m.than}}, nil
	case !keyword && m.plain() && (n.tag == "!!int" || n.tag == "!!float"):
		number, ok := readNumber(n.scalar)
		if !ok {
			return nil, fmt.Errorf("the number %q cannot be read", short(n.scalar))
		}
		return []test{equal{number}}, nil
	}
	atoms := readPattern(n.scalar)
	if m.windash {
		atoms = withDashes(atoms)
	}
	if len(m.encode) == 0 {
		return []test{newGlob(m.placed(atoms, keyword), m.cased)}, nil
	}
	texts, err := encoded(atoms, m.encode)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%q is too short for %s", short(n.scalar), m.encode[len(m.encode)-1])
	}
	var tests []test
	for _, t := range texts {
		tests = append(tests, newGlob(m.placed([]atom{{literal: t}}, keyword), m.cased))
	}
	return tests, nil
}

// placed puts the wildcards around a pattern that contains, startswith and
// endswith stand for.
func (m *modifiers) placed(atoms []atom, keyword bool) []atom {
	if keyword || m.where == "contains" || m.where == "endswith" {
		atoms = append([]atom{{kind: many}}, atoms...)
	}
	if keyword || m.where == "contains" || m.where == "startswith" {
		atoms = append(atoms, atom{kind: many})
	}
	return atoms
}

// readRegexp reads a regular expression; what RE2 cannot express is an error.
func readRegexp(text, flags string) (pattern, error) {
	if len(text) > maxRegexp {
		return pattern{}, fmt.Errorf("a regular expression is longer than %d bytes", maxRegexp)
	}
	expr := text
	if flags != "" {
		expr = "(?" + flags + ")" + text
	}
	p, err := regexp.Compile(expr)
	if err != nil {
		return pattern{}, fmt.Errorf("the regular expression cannot be expressed in RE2: %s", short(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	}
	return pattern{p}, nil
}

// readNetwork reads a range of addresses, or a single one.
func readNetwork(text string) (network, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return network{p.Masked()}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return network{netip.PrefixFrom(a, a.BitLen())}, nil
	}
	return network{}, fmt.Errorf("%q is no range of addresses", short(text))
}

// A number is a number of a rule or an event.
type number struct {
	whole    bool // it is unsigned, which holds it exactly
	unsigned uint64
	float    float64
}

// readNumber reads a number in decimal or, with 0x, in hexadecimal, as Windows
// and YAML write them.
func readNumber(s string) (number, bool) {
	if len(s) == 0 || s[0] > '9' || s[0] != '-' && s[0] != '+' && s[0] < '0' {
		return number{}, false
	}
	digits, base := s, 10
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		digits, base = s[2:], 16
	}
	if n, err := strconv.ParseUint(digits, base, 64); err == nil {
		return number{true, n, float64(n)}, true
	}
	if base == 16 || strings.ContainsAny(s, "_xXpPiInN") {
		return number{}, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return number{float: f}, err == nil
}

// compare returns -1, 0 or 1.
func (n number) compare(o number) int {
	a, b := n.float, o.float
	if n.whole && o.whole {
		switch {
		case n.unsigned < o.unsigned:
			return -1
		case n.unsigned > o.unsigned:
			return 1
		}
		return 0
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// equal is a number that a value must be.
type equal struct{ number }

func (e equal) matches(v *value) bool {
	n, ok := readNumber(v.text)
	return ok && n.compare(e.number) == 0
}

// compared is a number that a value must be greater or less than.
type compared struct {
	number
	than string
}

func (c compared) matches(v *value) bool {
	n, ok := readNumber(v.text)
	if !ok {
		return false
	}
	switch order := n.compare(c.number); c.than {
	case "gt":
		return order > 0
	case "gte":
		return order >= 0
	case "lt":
		return order < 0
	default:
		return order <= 0
	}
}
