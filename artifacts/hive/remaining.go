package hive

import (
	"bytes"
	"fmt"
	"strings"
)

// Identity tells what a hive is that was read, by the rules of Identify, and
// goes further than that where its root does not decide: the top keys of
// orphaned subtrees are asked, then the names of all keys. What is told from
// those is likely at best.
func (h *Hive) Identity() Identity {
	id := Identity{Kind: Unknown, Certainty: Uncertain, Base: h.Base}
	tops := h.Tops()
	if h.rooted {
		root := Key{hive: h}
		r := root.record()
		id.RootName, id.RootParent = r.name(), r.parent()
		id.RootOffset, id.RootWritten = root.Offset(), r.written()
		for _, rule := range rules {
			if because, ok := rule.matchBelow(tops[0]); ok {
				id.Kind, id.Certainty = rule.kind, rule.certainty
				id.Partial, id.Subkey = rule.subkey != "", rule.subkey
				id.Because = because
				if id.Partial {
					id.Because = append(id.Because, fmt.Sprintf("they stand where the subkey %s was saved alone", rule.subkey))
				}
				return id
			}
		}
	}
	if h.fromOrphans(&id, tops) || h.fromNames(&id) {
		return id
	}
	if h.rooted && !h.damaged() {
		id.Kind, id.Certainty = Other, Certain
		id.Because = []string{fmt.Sprintf("root key at %#x has none of the keys that make a SAM, SECURITY, SYSTEM, SOFTWARE, user or Amcache hive", id.RootOffset)}
		for _, t := range templates {
			if n, ok := Find(tops[0], t.key); ok {
				id.Because = append(id.Because, fmt.Sprintf("key %s at %#x: %s", t.key, n.Offset(), t.why))
			}
		}
		return id
	}
	id.Because = []string{"no key that decides is left"}
	return id
}

// fromOrphans applies the rules to orphans: a rule about a subkey that was
// saved alone tells what an orphan of that name is.
func (h *Hive) fromOrphans(id *Identity, tops []Node) bool {
	for _, rule := range rules {
		for _, top := range tops {
			o, ok := top.(Orphan)
			if !ok || o.Place == "" && rule.subkey != "" || o.Place != "" && !agrees(anySet(o.Place), strings.Split(rule.subkey, `\`)) {
				continue
			}
			because, ok := rule.matchBelow(o)
			if !ok {
				continue
			}
			id.Kind, id.Certainty = rule.kind, Likely
			id.Because = append(because, fmt.Sprintf("they stand below %s at %#x, which the root does not lead to: %s", name(o), o.Offset(), o.Because))
			return true
		}
	}
	return false
}

// fromNames has the names of keys vote, wherever they stand.
func (h *Hive) fromNames(id *Identity) bool {
	if !h.damaged() {
		return false
	}
	kind, because, ok := Vote(bytes.NewReader(h.file), int64(len(h.file)))
	if ok {
		id.Kind, id.Certainty, id.Because = kind, Likely, because
	}
	return ok
}

func name(o Orphan) string {
	if o.Place == "" {
		return "a root key"
	}
	return o.Place
}

// anySet replaces the number of a control set, as the rules have it.
func anySet(place string) string {
	for _, set := range controlSets {
		place = strings.Replace(place, set, "ControlSet00n", 1)
	}
	return place
}

// matchBelow is match for keys that were read.
func (r rule) matchBelow(top Node) (because []string, ok bool) {
	found := func(path string) bool {
		n, ok := Find(top, path)
		if ok {
			because = append(because, fmt.Sprintf("key %s at %#x", path, n.Offset()))
		}
		return ok
	}
	for _, path := range r.all {
		if !found(path) {
			return nil, false
		}
	}
	any := len(r.any) == 0
	for _, path := range r.any {
		any = found(path) || any
	}
	return because, any
}

// Coverage says how much of a hive was there and could be read.
type Coverage struct {
	Bins, Stated int64 // bytes of bins that are there, and that the base block counts; Stated is 0 without one
	Keys         int   // keys that the root leads to
	Orphans      int   // keys that no list leads to from there
	Placed       int   // subtrees of these that were put where their keys say they belong
	Tops         int   // subtrees whose place is lost
	Problems     int
}

// Coverage returns what was there of the hive and what could be read of it.
func (h *Hive) Coverage() Coverage {
	trailing := int64(0)
	if h.Headless {
		trailing = h.Trailing // they were read with the bins
	}
	c := Coverage{Bins: int64(len(h.bins)) - trailing, Stated: int64(h.Base.Length), Keys: h.Keys, Orphans: h.Orphans, Placed: h.Subtrees - len(h.tops), Tops: len(h.tops), Problems: len(h.Problems) + h.Lost}
	if h.Headless {
		c.Stated = 0
	}
	return c
}

// Complete reports whether nothing is missing and nothing wrong.
func (c Coverage) Complete() bool { return c.Bins == c.Stated && c.Orphans == 0 && c.Problems == 0 }

func (c Coverage) String() string {
	s := fmt.Sprintf("%d of %d bytes of bins, %d keys below the root", c.Bins, c.Stated, c.Keys)
	if c.Stated == 0 {
		s = fmt.Sprintf("%d bytes of bins without a base block, %d keys below the root", c.Bins, c.Keys)
	}
	if c.Orphans > 0 {
		s += fmt.Sprintf(", %d keys in %d subtrees that no list leads to, of which %d name their parents", c.Orphans, c.Placed+c.Tops, c.Placed)
	}
	return s
}
