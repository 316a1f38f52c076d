package hive

import (
	"fmt"
	"math/bits"
	"strings"

	"hivetriage/artifacts"
)

const (
	maxDepth    = 512     // levels of keys that the registry allows
	maxClimb    = 1 << 24 // steps from keys to their parents, of one hive
	rootFlag    = 0x0004  // of the root key
	maxKeyName  = 512     // bytes of a key's name: 255 characters, or UTF-16
	maxElements = 1 << 20 // subkeys or values that a key in a damaged hive may count
)

// salvage looks in a damaged hive for keys that the root does not lead to, and
// checks what is below them.
func (h *Hive) salvage() {
	if !h.damaged() {
		return
	}
	climbs := 0
	for i := range h.used.words {
		for word := h.used.words[i]; word != 0; word &= word - 1 {
			off := h.from + uint32(i<<9+bits.TrailingZeros64(word)<<3)
			for h.orphan(off) {
				top, steps := h.highest(off)
				if climbs += steps; climbs > maxClimb {
					h.problem(artifacts.Limit, h.at(off), "hive: more than %d steps to find what keys belong to", maxClimb)
					return
				}
				h.tops = append(h.tops, uint32(len(h.nodes)))
				h.walkFrom(top)
			}
		}
	}
	h.Orphans = len(h.nodes) - h.Keys
}

func (h *Hive) damaged() bool {
	if h.Headless || h.Lost > 0 {
		return true
	}
	for _, p := range h.Problems {
		if p.Kind == artifacts.Malformed || p.Kind == artifacts.Truncated {
			return true
		}
	}
	return false
}

// orphan reports whether there is a key at off that nothing led to.
func (h *Hive) orphan(off uint32) bool {
	return !h.seen.has(off) && plausible(h.cell(off))
}

// plausible reports whether b is a key on a closer look: one that nothing
// refers to could be data that begins like a key.
func plausible(b []byte) bool {
	if !isKey(b) {
		return false
	}
	k := keyRecord(b)
	n := k.nameLength()
	const knownFlags = 0x3FFF
	return n > 0 && n <= maxKeyName && keyHeader+n <= len(k) && le.Uint16(k[2:])&^knownFlags == 0 &&
		k.subkeys() <= maxElements && k.values() <= maxElements && !strings.ContainsAny(k.name(), "\x00\\")
}

// highest climbs from an orphan to its highest ancestor that is one too.
func (h *Hive) highest(off uint32) (top uint32, steps int) {
	for top = off; steps < maxDepth; steps++ {
		k := keyRecord(h.cell(top))
		parent := k.parent()
		if le.Uint16(k[2:])&rootFlag != 0 || parent == off || parent%8 != 0 || !h.orphan(parent) {
			break
		}
		top = parent
	}
	return top, steps
}

// An Orphan is the top key of a subtree that the root does not lead to.
type Orphan struct {
	Node
	// Place is the path from below the root as far as the names of the key's
	// parents can be told, which may be in use or deleted; it begins with `?\`
	// where they end before the root.
	Place   string
	Because string // why nothing leads to it
}

// Tops returns the keys that no key leads to: the root, if it can be reached,
// and then the orphans of a damaged hive, each an Orphan, by their place in
// the file.
func (h *Hive) Tops() []Node {
	var tops []Node
	if root := h.Root(); root != nil {
		tops = append(tops, root)
	}
	for _, i := range h.tops {
		k := Key{h, i}
		place, because := h.place(k.record())
		tops = append(tops, Orphan{keyNode{k}, place, because})
	}
	return tops
}

// place follows the parents of a key that nothing leads to.
func (h *Hive) place(k keyRecord) (place, because string) {
	names := []string{k.name()}
	if le.Uint16(k[2:])&rootFlag != 0 {
		return "", "it is marked as the root"
	}
	for range maxDepth {
		at := k.parent()
		parent := keyRecord(h.cell(at))
		switch {
		case !isKey(parent) && !h.inside(at):
			because = or(because, fmt.Sprintf("its parent lies at %#x of the hive, which is missing", at))
		case !isKey(parent):
			because = or(because, fmt.Sprintf("there is no key at %#x, where its parent should be", h.at(at)))
		case at == h.Base.Root || le.Uint16(parent[2:])&rootFlag != 0:
			return joinReversed(names), or(because, "its parent is the root, which does not lead to it")
		default:
			because = or(because, fmt.Sprintf("its parent at %#x does not lead to it", h.at(at)))
			names = append(names, parent.name())
			k = parent
			continue
		}
		break
	}
	return `?\` + joinReversed(names), because
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func joinReversed(names []string) string {
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString(names[i])
		if i > 0 {
			b.WriteByte('\\')
		}
	}
	return b.String()
}

// inside reports whether the offset of a cell lies in the bins that are there.
func (h *Hive) inside(off uint32) bool { return int64(off-h.from) < int64(len(h.bins)) }

// FindTail finds the key at a path below the root of the kind of hive that
// tops are of, whichever part of the path is missing: from the root, from a
// subkey that was saved alone, or in an orphaned subtree that agrees with the
// path as far as its place can be told.
func FindTail(tops []Node, path string) (Node, bool) {
	parts := strings.Split(path, `\`)
	for _, top := range tops {
		for i := range len(parts) + 1 {
			// parts[:i] lead to the top itself, the others are below it.
			if !standsAt(top, parts[:i]) {
				continue
			}
			if n, ok := Find(top, strings.Join(parts[i:], `\`)); ok {
				return n, true
			}
		}
	}
	return nil, false
}

// standsAt reports whether a top can be the key at the path that parts make.
func standsAt(top Node, parts []string) bool {
	o, orphan := top.(Orphan)
	switch {
	case len(parts) == 0:
		return !orphan || o.Place == ""
	case orphan:
		return agrees(o.Place, parts)
	}
	return strings.EqualFold(top.Name(), parts[len(parts)-1]) // a subkey that was saved alone
}

// agrees reports whether a place can be the path that parts make: it ends like
// it, and where it begins with `?` the rest is not known.
func agrees(place string, parts []string) bool {
	known := strings.Split(place, `\`)
	partial := known[0] == "?"
	if partial {
		known = known[1:]
	}
	if len(known) > len(parts) || !partial && len(known) != len(parts) {
		return false
	}
	for i := range known {
		if !strings.EqualFold(known[len(known)-1-i], parts[len(parts)-1-i]) {
			return false
		}
	}
	return true
}
