package hive

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

const (
	maxDepth    = 512     // levels of keys that the registry allows
	maxClimb    = 1 << 24 // steps from keys to their parents, of one hive
	rootFlag    = 0x0004  // of the root key
	maxKeyName  = 512     // bytes of a key's name: 255 characters, or UTF-16
	maxTops     = 1 << 16 // orphaned subtrees
	maxElements = 1 << 20 // subkeys or values that a key in a damaged hive may count
)

// salvage looks in a damaged hive for keys that no list leads to, and checks
// what is below them. A key that names its parent where the parent's list is
// incomplete is put there.
func (h *Hive) salvage() {
	if !h.damaged() {
		return
	}
	h.gather()
	h.Orphans = len(h.nodes) - h.Keys
	h.adopt()
}

// gather appends the subtrees that no list leads to.
func (h *Hive) gather() {
	climbs := 0
	for i := range h.used.words {
		for word := h.used.words[i]; word != 0; word &= word - 1 {
			off := h.from + uint32(i<<9+bits.TrailingZeros64(word)<<3)
			for h.orphan(off) {
				top, steps := h.highest(off)
				if climbs += steps; climbs > maxClimb || len(h.tops) == maxTops {
					h.problem(artifacts.Limit, h.at(off), "hive: more than %d keys that nothing leads to", len(h.tops))
					return
				}
				h.tops = append(h.tops, uint32(len(h.nodes)))
				h.walkFrom(top)
			}
		}
	}
}

// adopt makes subtrees parts of others. A parent has a lower index than its
// subkeys: there are no cycles.
func (h *Hive) adopt() {
	parents := map[uint32]uint32{} // by cell
	for _, i := range h.tops {
		parents[keyRecord(h.cell(h.nodes[i].off)).parent()] = noCell
	}
	for i := range h.nodes {
		if _, ok := parents[h.nodes[i].off]; ok {
			parents[h.nodes[i].off] = uint32(i)
		}
	}
	h.Subtrees = len(h.tops)
	h.tops = slices.DeleteFunc(h.tops, func(i uint32) bool {
		k := keyRecord(h.cell(h.nodes[i].off))
		parent := parents[k.parent()]
		if parent >= i || le.Uint16(k[2:])&rootFlag != 0 {
			return false
		}
		of := &h.nodes[parent]
		if int64(of.count)+int64(len(h.adopted[parent])) >= int64(keyRecord(h.cell(of.off)).subkeys()) {
			return false
		}
		if h.adopted == nil {
			h.adopted = map[uint32][]uint32{}
		}
		h.adopted[parent] = append(h.adopted[parent], i)
		h.nodes[i].parent = parent
		return true
	})
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

// An Orphan is the top key of a subtree whose place in the tree is lost.
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
	for _, o := range h.orphaned() {
		tops = append(tops, o)
	}
	return tops
}

// orphaned returns the orphans, with their places told once.
func (h *Hive) orphaned() []Orphan {
	if h.orphans == nil && len(h.tops) > 0 {
		h.byName = map[string][]int{}
		for n, i := range h.tops {
			k := Key{h, i}
			place, because := h.place(k.record())
			h.orphans = append(h.orphans, Orphan{keyNode{k}, place, because})
			name := strings.ToLower(k.Name())
			h.byName[name] = append(h.byName[name], n)
		}
	}
	return h.orphans
}

// belowOrphans finds the key at a path below the root in the orphaned subtrees
// whose places agree with the path as far as they are known.
func (h *Hive) belowOrphans(path string) (Key, bool) {
	orphans := h.orphaned()
	parts := strings.Split(path, `\`)
	for i := range parts {
		// parts[:i+1] lead to the orphan, the others are below it.
		for _, n := range h.byName[strings.ToLower(parts[i])] {
			if !agrees(orphans[n].Place, parts[:i+1]) {
				continue
			}
			if k, ok := (Key{h, h.tops[n]}).descend(parts[i+1:]); ok {
				return k, true
			}
		}
	}
	return Key{}, false
}

// place follows the parents of a key that nothing leads to.
func (h *Hive) place(k keyRecord) (place, because string) { return h.placed(k, h.cell) }

// placed is place with the cells that parents are looked for in.
func (h *Hive) placed(k keyRecord, cell func(uint32) []byte) (place, because string) {
	names := []string{k.name()}
	if le.Uint16(k[2:])&rootFlag != 0 {
		return "", "it is marked as the root"
	}
	for range maxDepth {
		at := k.parent()
		parent := keyRecord(cell(at))
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
