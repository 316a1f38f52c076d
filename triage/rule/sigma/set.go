package sigma

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"hivetriage/artifacts"
)

// A Set is rules made ready to be matched together. It may be used from
// several goroutines.
type Set struct {
	rules    []*Rule
	refused  []Refusal
	slots    map[string]int32 // of the fields that rules ask for, by their names in lower case
	byID     map[uint32][]*group
	anywhere []*group // of rules that name no event ID
	groups   int
}

// A group is rules about the same events.
type group struct {
	index  int
	stream *stream
	rules  []*Rule
}

// New makes a Set of rules, which belong to it from then on, and of what was
// refused. Rules beyond MaxRules, and those whose id another one has, are
// refused too.
func New(rules []*Rule, refused []Refusal) *Set {
	s := &Set{refused: slices.Clone(refused), slots: map[string]int32{}, byID: map[uint32][]*group{}}
	known := map[string]*Rule{}
	for _, r := range rules {
		switch other := known[r.ID]; {
		case r.ID != "" && other != nil:
			s.refused = append(s.refused, Refusal{r.File, r.Title, fmt.Sprintf("its id is that of %s", other.Name())})
		case len(s.rules) == MaxRules:
			s.refused = append(s.refused, Refusal{r.File, r.Title, fmt.Sprintf("more than %d rules were given", MaxRules)})
		default:
			known[r.ID] = r
			s.rules = append(s.rules, r)
			s.place(r)
		}
	}
	slices.SortStableFunc(s.refused, func(a, b Refusal) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Rule, b.Rule))
	})
	return s
}

// place gives the rule's fields their slots and puts it where events find it.
func (s *Set) place(r *Rule) {
	slot := func(name string) int32 {
		key := lowerASCII(name)
		at, known := s.slots[key]
		if !known {
			at = int32(len(s.slots))
			s.slots[key] = at
		}
		return at
	}
	r.expr.items(func(i *item) {
		if i.field != "" {
			i.slot = slot(i.field)
		}
		if i.other != "" {
			i.otherSlot = slot(i.other)
		}
	})
	for _, name := range r.fields {
		r.slots = append(r.slots, slot(name))
	}
	for i := range r.source.streams {
		stream := &r.source.streams[i]
		ids := r.codesIn(stream)
		if ids == nil {
			s.anywhere = s.join(s.anywhere, stream, r)
		}
		for id := range ids {
			s.byID[id] = s.join(s.byID[id], stream, r)
		}
	}
}

// join puts a rule into the group of its stream.
func (s *Set) join(groups []*group, stream *stream, r *Rule) []*group {
	for _, g := range groups {
		if g.stream.same(stream) {
			g.rules = append(g.rules, r)
			return groups
		}
	}
	s.groups++
	return append(groups, &group{s.groups - 1, stream, []*Rule{r}})
}

func (s *stream) same(o *stream) bool {
	return s.provider == o.provider && s.names == o.names && s.files == o.files && slices.Equal(s.channels, o.channels)
}

// lowerASCII is how names of fields are compared.
func lowerASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}, s)
}

// Rules returns the rules in the order in which they were given.
func (s *Set) Rules() []*Rule { return s.rules }

// Refused returns what is not used, by file.
func (s *Set) Refused() []Refusal { return s.refused }

// A Kind of record that rules are about: its ID, and its provider unless that
// is "". Records of Elastic Defend are {endpoint, 0}.
type Kind struct {
	Provider string
	ID       uint32
}

// Kinds are the records that rules are about. All is true where rules are
// about records of any ID.
func (s *Set) Kinds() (kinds []Kind, all bool) {
	for id, groups := range s.byID {
		for _, g := range groups {
			kinds = append(kinds, Kind{g.stream.provider, id})
		}
	}
	slices.SortFunc(kinds, func(a, b Kind) int { return cmp.Or(cmp.Compare(a.ID, b.ID), strings.Compare(a.Provider, b.Provider)) })
	return slices.Compact(kinds), len(s.anywhere) > 0
}

// each calls f with the groups that an event belongs to and the view that
// their rules have of it.
func (s *Set) each(e *artifacts.Event, f func(*group, *view) bool) {
	var v *view
	var names naming
	for _, groups := range [2][]*group{s.byID[e.Code], s.anywhere} {
		for _, g := range groups {
			if !g.stream.has(e) {
				continue
			}
			switch {
			case v == nil:
				v = newView(s, e, g.stream.names)
				defer v.release()
			case names != g.stream.names:
				v.fill(e, g.stream.names)
			}
			names = g.stream.names
			if !f(g, v) {
				return
			}
		}
	}
}

// A Match is a rule that an event fulfils, and what of the event it does.
type Match struct {
	Rule   *Rule
	Fields []artifacts.Datum // what the rule's conditions found, without negated ones; "" names the event as a whole
}

// Match returns the rules that an event fulfils.
func (s *Set) Match(e *artifacts.Event) (matches []Match) {
	s.each(e, func(g *group, v *view) bool {
		for _, r := range g.rules {
			if r.expr.holds(v) {
				matches = append(matches, Match{r, found(r, v)})
			}
		}
		return true
	})
	return matches
}

// found tells which values made a rule hold.
func found(r *Rule, v *view) (fields []artifacts.Datum) {
	known := map[string]bool{}
	r.expr.because(v, func(i *item) {
		have := v.everything
		if i.field != "" {
			have = v.slots[i.slot]
		}
		for _, at := range have {
			if i.field == "" && !i.fulfilled(v, []int32{at}) && !i.all {
				continue
			}
			name := i.field
			if text := v.values[at].text; text != "" && !known[name+"\x00"+text] && !(i.field == "" && i.all) {
				known[name+"\x00"+text] = true
				fields = append(fields, artifacts.Datum{Name: name, Value: text})
			}
		}
	})
	return fields
}

// A Pass counts what the rules of a Set met. Holds may be called from several
// goroutines.
type Pass struct {
	set    *Set
	events []atomic.Int64    // by group
	seen   [][]atomic.Uint64 // bits of the slots that had a value, by group
}

// Begin begins to count.
func (s *Set) Begin() *Pass {
	p := &Pass{set: s, events: make([]atomic.Int64, s.groups), seen: make([][]atomic.Uint64, s.groups)}
	for i := range p.seen {
		p.seen[i] = make([]atomic.Uint64, (len(s.slots)+63)/64)
	}
	return p
}

// Holds reports whether an event fulfils a rule.
func (p *Pass) Holds(e *artifacts.Event) (held bool) {
	p.set.each(e, func(g *group, v *view) bool {
		p.events[g.index].Add(1)
		for _, slot := range v.filled {
			if word, bit := &p.seen[g.index][slot/64], uint64(1)<<(slot%64); word.Load()&bit == 0 {
				word.Or(bit)
			}
		}
		held = held || slices.ContainsFunc(g.rules, func(r *Rule) bool { return r.expr.holds(v) })
		return true
	})
	return held
}

// An Absence is a log source of which no event was met that its rules ask for.
type Absence struct {
	Source string // as rules name it
	Rules  int
}

// Absent returns the log sources without events, by name.
func (p *Pass) Absent() (absent []Absence) {
	rules, met := map[string]int{}, map[string]bool{}
	for _, r := range p.set.rules {
		rules[r.source.label]++
	}
	p.set.eachGroup(func(g *group) {
		for _, r := range g.rules {
			met[r.source.label] = met[r.source.label] || p.events[g.index].Load() > 0
		}
	})
	for _, label := range slices.Sorted(maps.Keys(rules)) {
		if !met[label] {
			absent = append(absent, Absence{label, rules[label]})
		}
	}
	return absent
}

// A Lack is a rule that asks for fields that none of its events had.
type Lack struct {
	Rule   *Rule
	Fields []string
}

// Lacking returns the rules that met events, and asked for fields that none of
// them had.
func (p *Pass) Lacking() (lacking []Lack) {
	met, seen := map[*Rule]bool{}, map[*Rule]map[int32]bool{}
	p.set.eachGroup(func(g *group) {
		if p.events[g.index].Load() == 0 {
			return
		}
		for _, r := range g.rules {
			if !met[r] {
				met[r], seen[r] = true, map[int32]bool{}
			}
			for _, slot := range r.slots {
				if p.seen[g.index][slot/64].Load()&(1<<(slot%64)) != 0 {
					seen[r][slot] = true
				}
			}
		}
	})
	for _, r := range p.set.rules {
		var fields []string
		for i, slot := range r.slots {
			if met[r] && !seen[r][slot] {
				fields = append(fields, r.fields[i])
			}
		}
		if len(fields) > 0 {
			lacking = append(lacking, Lack{r, fields})
		}
	}
	return lacking
}

func (s *Set) eachGroup(f func(*group)) {
	for _, groups := range s.byID {
		for _, g := range groups {
			f(g)
		}
	}
	for _, g := range s.anywhere {
		f(g)
	}
}
