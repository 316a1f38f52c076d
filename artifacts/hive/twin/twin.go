// Package twin compares a copy of a hive with the hive that Windows went on
// to use: what changed there since the copy was made bounds when that was.
package twin

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hivetriage/artifacts/hive"
)

// maxDepth is how many levels of keys are compared: the registry allows 512.
const maxDepth = 512

// A Change is one key in both hives. The offsets are those of its records in
// the two files; a key that one hive lacks has none there, and no time.
type Change struct {
	Path     string // below the root that was compared, `\`-separated; "" is that root
	Copy     time.Time
	Live     time.Time
	CopyAt   int64
	LiveAt   int64
	OnlyLive bool
}

// A Comparison counts the keys of a copy and of its live twin.
type Comparison struct {
	Same    int // keys in both, last written at the same time
	Changed int // keys in both, written in the live hive since
	Older   int // keys in both, written in the copy after the live one: the live hive is no later state of it
	Added   int // keys in the live hive only
	Removed int // keys in the copy only
	Untimed int // keys in both of which one has no time
	TooDeep int // keys in both whose subkeys were not compared: they are deeper than the registry allows

	FirstChange *Change // the changed key that was written first; nil if none changed
	FirstAdded  *Change // the added key that was written first; nil if none was added
	LastOlder   *Change // of Older, the one that was written last in the copy; nil if there is none
}

// Both is the number of keys that both hives have.
func (c *Comparison) Both() int { return c.Same + c.Changed + c.Older + c.Untimed }

// Compare goes over the keys below copied and live together. It holds the
// subkeys of the keys on one path, no more, and returns the same whatever
// order the subkeys stand in, as those of damaged hives may not be the registry's.
func Compare(copied, live hive.Key) Comparison {
	var c comparison
	c.pair(copied, live)
	c.stack = append(c.stack, pair{"", copied, live, 0})
	for len(c.stack) > 0 {
		p := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		if p.depth > 0 {
			c.path = append(c.path[:p.depth-1], p.name)
		}
		c.below(p)
	}
	return c.Comparison
}

// A comparison is a Comparison under way.
type comparison struct {
	Comparison
	path          []string // of the key whose subkeys are compared
	stack         []pair
	copies, lives []named
}

// A pair is a key that both hives have.
type pair struct {
	name         string
	copied, live hive.Key
	depth        int
}

// A named is a subkey with its name.
type named struct {
	name string
	key  hive.Key
}

// below compares the subkeys of a pair by their names.
func (c *comparison) below(p pair) {
	c.copies, c.lives = subkeys(c.copies[:0], p.copied), subkeys(c.lives[:0], p.live)
	from := len(c.stack)
	for i, j := 0, 0; i < len(c.copies) || j < len(c.lives); {
		order := 0
		switch {
		case i == len(c.copies):
			order = 1
		case j == len(c.lives):
			order = -1
		default:
			order = compareNames(c.copies[i].name, c.lives[j].name)
		}
		switch {
		case order < 0:
			c.Removed++
			i++
		case order > 0:
			c.added(c.lives[j])
			j++
		default:
			c.met(c.copies[i], c.lives[j], p.depth+1)
			i, j = i+1, j+1
		}
	}
	slices.Reverse(c.stack[from:]) // the first one is the next
}

// subkeys appends the subkeys of a key in the registry's order.
func subkeys(list []named, n hive.Key) []named {
	sorted := true
	for sub := range n.Subkeys() {
		name := sub.Name()
		if k := len(list); k > 0 && compareNames(list[k-1].name, name) > 0 {
			sorted = false
		}
		list = append(list, named{name, sub})
	}
	if !sorted {
		slices.SortStableFunc(list, func(a, b named) int { return compareNames(a.name, b.name) })
	}
	return list
}

// met compares a key that both hives have and remembers it for its subkeys.
func (c *comparison) met(copied, live named, depth int) {
	c.path = append(c.path, copied.name)
	c.pair(copied.key, live.key)
	c.path = c.path[:len(c.path)-1]
	if depth > maxDepth {
		c.TooDeep++
		return
	}
	c.stack = append(c.stack, pair{copied.name, copied.key, live.key, depth})
}

// pair compares the times of a key.
func (c *comparison) pair(copied, live hive.Key) {
	a, b := copied.LastWritten(), live.LastWritten()
	if a.IsZero() || b.IsZero() {
		c.Untimed++
		return
	}
	switch a.Compare(b) {
	case 0:
		c.Same++
	case -1:
		c.Changed++
		if c.FirstChange == nil || b.Before(c.FirstChange.Live) {
			c.FirstChange = c.change(copied, live)
		}
	case 1:
		c.Older++
		if c.LastOlder == nil || a.After(c.LastOlder.Copy) {
			c.LastOlder = c.change(copied, live)
		}
	}
}

func (c *comparison) change(copied, live hive.Key) *Change {
	return &Change{Path: strings.Join(c.path, `\`), Copy: copied.LastWritten(), Live: live.LastWritten(),
		CopyAt: copied.Offset(), LiveAt: live.Offset()}
}

// added takes a key that the live hive alone has.
func (c *comparison) added(live named) {
	c.Added++
	t := live.key.LastWritten()
	if t.IsZero() || c.FirstAdded != nil && !t.Before(c.FirstAdded.Live) {
		return
	}
	path := strings.Join(append(slices.Clone(c.path), live.name), `\`)
	c.FirstAdded = &Change{Path: path, Live: t, LiveAt: live.key.Offset(), OnlyLive: true}
}

// compareNames is the order of subkeys in the registry: by their upper-case
// letters.
func compareNames(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return strings.Compare(strings.Map(unicode.ToUpper, a[i:]), strings.Map(unicode.ToUpper, b[i:]))
		}
		if 'a' <= x && x <= 'z' {
			x -= 'a' - 'A'
		}
		if 'a' <= y && y <= 'z' {
			y -= 'a' - 'A'
		}
		if x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
