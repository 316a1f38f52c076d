package sigma

import (
	"fmt"
	"slices"
	"strings"
)

// modifiers are what stands behind a field's name.
type modifiers struct {
	all, cased, neq, windash, cidr, exists, fieldref bool

	re     bool
	flags  string   // of the regular expression: i, m, s
	encode []string // "wide", "utf16be", "utf16", "base64", "base64offset", in their order
	where  string   // "contains", "startswith", "endswith"
	than   string   // "gt", "gte", "lt", "lte"
}

// readModifiers reads a key such as "CommandLine|contains|all". Modifiers that
// are not known, and those that say nothing together, are errors.
func readModifiers(key string) (field string, m modifiers, err error) {
	field, rest, modified := strings.Cut(key, "|")
	if !modified {
		return field, m, nil
	}
	names := strings.Split(rest, "|")
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return field, m, fmt.Errorf("the modifier %s is there twice", name)
		}
		if err := m.add(name); err != nil {
			return field, m, err
		}
	}
	return field, m, m.check()
}

func (m *modifiers) add(name string) error {
	switch name {
	case "contains", "startswith", "endswith":
		if m.where != "" {
			return fmt.Errorf("the modifiers %s and %s say two things", m.where, name)
		}
		m.where = name
	case "all":
		m.all = true
	case "cased":
		m.cased = true
	case "neq":
		m.neq = true
	case "windash":
		m.windash = true
		if len(m.encode) > 0 {
			return fmt.Errorf("the modifier windash stands behind %s, where there are no dashes", m.encode[0])
		}
	case "cidr":
		m.cidr = true
	case "exists":
		m.exists = true
	case "fieldref":
		m.fieldref = true
	case "re":
		m.re = true
	case "i", "m", "s":
		if !m.re {
			return fmt.Errorf("the modifier %s belongs behind re", name)
		}
		m.flags += name
	case "gt", "gte", "lt", "lte":
		if m.than != "" {
			return fmt.Errorf("the modifiers %s and %s say two things", m.than, name)
		}
		m.than = name
	case "wide", "utf16le", "utf16be", "utf16", "base64", "base64offset":
		if m.where != "" {
			return fmt.Errorf("the modifier %s stands behind %s", name, m.where)
		}
		if name == "utf16le" {
			name = "wide"
		}
		m.encode = append(m.encode, name)
	case "expand":
		return fmt.Errorf("the modifier expand asks for placeholders, which are not supported")
	default:
		return fmt.Errorf("the modifier %q is not supported", short(name))
	}
	return nil
}

// check refuses modifiers that do not go together.
func (m *modifiers) check() error {
	kinds := 0
	for _, set := range []bool{m.re, m.cidr, m.exists, m.fieldref, m.than != ""} {
		if set {
			kinds++
		}
	}
	text := m.windash || len(m.encode) > 0
	switch {
	case kinds > 1,
		kinds == 1 && text,
		(m.re || m.cidr || m.exists || m.than != "") && (m.where != "" || m.cased),
		m.exists && (m.all || m.neq),
		m.than != "" && (m.all || m.neq):
		return fmt.Errorf("its modifiers do not go together")
	case m.neq && m.all:
		return fmt.Errorf("the modifiers neq and all do not go together")
	case len(m.encode) > 0 && !strings.HasPrefix(m.encode[len(m.encode)-1], "base64"):
		return fmt.Errorf("the modifier %s without base64 or base64offset behind it asks for bytes that no log holds as text", m.encode[len(m.encode)-1])
	}
	return nil
}
