package hive

import (
	"iter"
	"strings"
	"time"
)

// A Node is a key of a registry tree in whatever form the tree came: a hive,
// what is left of a damaged one, a .reg export.
type Node interface {
	Name() string
	Offset() int64          // of what it was read from, in the file
	LastWritten() time.Time // UTC; zero where the form keeps none
	ClassLength() int       // bytes of its class name, 0 where the form keeps none
	Children() iter.Seq[Node]
	Data() iter.Seq[Datum] // the values of the key
}

// A Datum is a value of a Node.
type Datum interface {
	Name() string
	Type() uint32
	Length() int   // of its data, in bytes
	Offset() int64 // of what it was read from, in the file
	// Data returns at most limit bytes, and ErrSecret for what Secret names.
	Data(limit int) ([]byte, error)
	// Public is Data with zeros for the secret parts of values that are not
	// secret as a whole; see the function Public.
	Public(limit int) ([]byte, error)
}

// Root returns the root key as a Node, nil if there is none.
func (h *Hive) Root() Node {
	if !h.rooted {
		return nil
	}
	return keyNode{Key{hive: h}}
}

// keyNode is a key of a hive as a Node.
type keyNode struct{ Key }

func (k keyNode) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for sub := range k.Subkeys() {
			if !yield(keyNode{sub}) {
				return
			}
		}
	}
}

func (k keyNode) Data() iter.Seq[Datum] {
	return func(yield func(Datum) bool) {
		for v := range k.Values() {
			if !yield(v) {
				return
			}
		}
	}
}

// Find returns the key at a path below n, `\`-separated, whatever the case of
// its letters; the empty path is n itself.
func Find(n Node, path string) (Node, bool) {
	if n == nil {
		return nil, false
	}
	if path == "" {
		return n, true
	}
next:
	for name := range strings.SplitSeq(path, `\`) {
		for sub := range n.Children() {
			if strings.EqualFold(sub.Name(), name) {
				n = sub
				continue next
			}
		}
		return nil, false
	}
	return n, true
}

// FindValue returns a value of the key n.
func FindValue(n Node, name string) (Datum, bool) {
	for d := range n.Data() {
		if strings.EqualFold(d.Name(), name) {
			return d, true
		}
	}
	return nil, false
}
