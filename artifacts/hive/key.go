package hive

import (
	"iter"
	"strings"
	"time"
)

// A Key is a key of a Hive.
type Key struct {
	hive  *Hive
	index uint32
}

func (k Key) node() *node         { return &k.hive.nodes[k.index] }
func (k Key) record() keyRecord   { return k.hive.cell(k.node().off) }
func (k Key) Name() string        { return k.record().name() }
func (k Key) Offset() int64       { return k.hive.at(k.node().off) } // of the record in the file
func (k Key) isRoot() bool        { return k.index == 0 && k.hive.rooted }
func (k Key) isTop() bool         { return k.node().parent == k.index }
func (k Key) parent() Key         { return Key{k.hive, k.node().parent} }
func (k Key) named(s string) bool { return strings.EqualFold(k.Name(), s) }

// LastWritten returns the time in the key, UTC with 100 ns.
func (k Key) LastWritten() time.Time { return k.record().written() }

// Path returns the names from below the root, `\`-separated; "" is the root. In
// an orphaned subtree it begins with Orphan.Place.
func (k Key) Path() string {
	var names []string
	for ; !k.isTop(); k = k.parent() {
		names = append(names, k.Name())
	}
	path := joinReversed(names)
	if k.isRoot() {
		return path
	}
	place, _ := k.hive.place(k.record())
	return strings.Trim(place+`\`+path, `\`)
}

// Subkeys yields the subkeys in the order of the key's list, and then those
// that the list of a damaged hive should lead to and does not.
func (k Key) Subkeys() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		n := k.node()
		for i := n.first; i < n.first+n.count; i++ {
			if !yield(Key{k.hive, i}) {
				return
			}
		}
		for _, i := range k.hive.adopted[k.index] {
			if !yield(Key{k.hive, i}) {
				return
			}
		}
	}
}

// Values yields the values in the order of the key's list.
func (k Key) Values() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		n := k.node()
		if n.values == 0 {
			return
		}
		list := k.hive.payload(n.list)
		for i := range int(n.values) {
			off := le.Uint32(list[4*i:])
			if k.hive.badValues && !isValue(k.hive.cell(off)) {
				continue
			}
			if !yield(Value{k, off}) {
				return
			}
		}
	}
}

// Value finds a value by its name in any case; "" is the default value.
func (k Key) Value(name string) (Value, bool) {
	for v := range k.Values() {
		if strings.EqualFold(v.Name(), name) {
			return v, true
		}
	}
	return Value{}, false
}

// Walk calls f for every key, parents before children, until f returns false:
// those that lists lead to from the root, then those of other subtrees.
func (h *Hive) Walk(f func(Key) bool) {
	for i := range h.nodes {
		if !f(Key{h, uint32(i)}) {
			return
		}
	}
}

// Key finds a key by its path below the root, `\`-separated, in any case; ""
// is the root. A sound hive is searched with regparser; where that finds
// nothing, because it compares stored bytes, or must not be used, by the
// names that this package decodes. In a damaged hive a key that the root does
// not lead to is found by its tail below an orphan; see Tops.
func (h *Hive) Key(path string) (Key, bool) {
	if h.rooted {
		if k, ok := h.belowRoot(path); ok {
			return k, true
		}
	}
	if len(h.tops) == 0 || path == "" {
		return Key{}, false
	}
	return h.belowOrphans(path)
}

func (h *Hive) belowRoot(path string) (Key, bool) {
	off, ok, bug := h.lib.find(path)
	if bug != nil {
		h.note(bug)
		h.lib = library{}
	}
	if ok {
		for i := range h.nodes {
			if h.nodes[i].off == off {
				return Key{h, uint32(i)}, true
			}
		}
	}
	if path == "" {
		return Key{hive: h}, true
	}
	return Key{hive: h}.descend(strings.Split(path, `\`))
}

// descend follows names down from a key.
func (k Key) descend(names []string) (Key, bool) {
next:
	for _, name := range names {
		for sub := range k.Subkeys() {
			if sub.named(name) {
				k = sub
				continue next
			}
		}
		return Key{}, false
	}
	return k, true
}

// Newest returns the key that was written last and not after notAfter, and
// how many keys bear later times and were passed over. A zero notAfter passes
// over nothing. ok is false if no key has a time.
func (h *Hive) Newest(notAfter time.Time) (newest Key, later int, ok bool) {
	var best time.Time
	h.Walk(func(k Key) bool {
		t := k.LastWritten()
		switch {
		case !notAfter.IsZero() && t.After(notAfter):
			later++
		case t.After(best):
			newest, best, ok = k, t, true
		}
		return true
	})
	return newest, later, ok
}
