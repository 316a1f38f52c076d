package sigma

import (
	"maps"
	"slices"
)

// An expr is a condition, or a part of one, that an event fulfils or not.
type expr interface {
	holds(v *view) bool
	// codes are the event IDs that an event must have one of to fulfil the
	// expr; nil: any.
	codes() codes
	// items calls f with every item of the expr.
	items(f func(*item))
	// because calls f with the items that make the expr hold.
	because(v *view, f func(*item))
}

// codes is a set of event IDs; nil is the set of all.
type codes map[uint32]bool

func intersect(a, b codes) codes {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	both := codes{}
	for id := range a {
		if b[id] {
			both[id] = true
		}
	}
	return both
}

func union(a, b codes) codes {
	if a == nil || b == nil {
		return nil
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// atLeast holds if so many of its parts do: and, or, and "1 of".
type atLeast struct {
	n     int // from 1 to len(parts)
	parts []expr
}

func every(parts []expr) expr {
	if len(parts) == 1 {
		return parts[0]
	}
	return atLeast{len(parts), parts}
}

func anyOf(parts []expr) expr {
	if len(parts) == 1 {
		return parts[0]
	}
	return atLeast{1, parts}
}

func (a atLeast) holds(v *view) bool {
	missing, left := a.n, len(a.parts)
	for _, p := range a.parts {
		if missing > left {
			return false
		}
		left--
		if p.holds(v) {
			if missing--; missing == 0 {
				return true
			}
		}
	}
	return false
}

func (a atLeast) codes() codes {
	var all codes
	for i, p := range a.parts {
		switch {
		case i == 0:
			all = p.codes()
		case a.n == len(a.parts):
			all = intersect(all, p.codes())
		default:
			all = union(all, p.codes())
		}
	}
	return all
}

func (a atLeast) items(f func(*item)) {
	for _, p := range a.parts {
		p.items(f)
	}
}

func (a atLeast) because(v *view, f func(*item)) {
	for _, p := range a.parts {
		if p.holds(v) {
			p.because(v, f)
		}
	}
}

// not holds if its part does not.
type not struct{ part expr }

func (n not) holds(v *view) bool               { return !n.part.holds(v) }
func (n not) codes() codes                     { return nil }
func (n not) items(f func(*item))              { n.part.items(f) }
func (n not) because(*view, func(*item))       {}
func (i *item) codes() codes                   { return i.ids }
func (i *item) items(f func(*item))            { f(i) }
func (i *item) because(_ *view, f func(*item)) { f(i) }

// fieldsOf returns the names of the fields that an expr asks for.
func fieldsOf(e expr) []string {
	known := map[string]bool{}
	e.items(func(i *item) {
		for _, name := range []string{i.field, i.other} {
			if name != "" {
				known[name] = true
			}
		}
	})
	return slices.Sorted(maps.Keys(known))
}
