package text

import (
	"errors"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// Limits of what is kept of one file.
const (
	maxTree    = 48 << 20 // bytes of keys and values, as keyCost and valueCost count them
	keyCost    = 160      // beside its name
	valueCost  = 96       // beside its name and data
	manyKeys   = 16       // subkeys beyond which a key has an index of them
	maxInPath  = 64       // keys in a path
	keptOfData = 64 << 10 // bytes of a value
)

// A node is a key that is kept. It has no class name and no time: .reg text
// stores neither.
type node struct {
	name   string
	offset int64 // of its line; 0 for a key above one that is kept
	keys   []*node
	index  map[string]*node // by lower-case name, where there are many
	values []datum
}

func (n *node) Name() string           { return n.name }
func (n *node) Offset() int64          { return n.offset }
func (n *node) LastWritten() time.Time { return time.Time{} }
func (n *node) ClassLength() int       { return 0 }

func (n *node) Children() iter.Seq[hive.Node] {
	return func(yield func(hive.Node) bool) {
		for _, k := range n.keys {
			if !yield(k) {
				return
			}
		}
	}
}

func (n *node) Data() iter.Seq[hive.Datum] {
	return func(yield func(hive.Datum) bool) {
		for i := range n.values {
			if !yield(&n.values[i]) {
				return
			}
		}
	}
}

// A datum is a value that is kept: what hive.Public gives of its data.
type datum struct {
	key    string
	name   string
	kind   uint32
	length int
	offset int64
	public []byte
	secret bool // hive.Public gives nothing
	cut    bool // data beyond what public begins with is not kept, and may not be counted
}

func (d *datum) Name() string  { return d.name }
func (d *datum) Type() uint32  { return d.kind }
func (d *datum) Length() int   { return d.length }
func (d *datum) Offset() int64 { return d.offset }

func (d *datum) Data(limit int) ([]byte, error) {
	if hive.Secret(d.key, d.name, max(0, min(d.length, limit))) {
		return nil, hive.ErrSecret
	}
	return d.Public(limit)
}

func (d *datum) Public(limit int) ([]byte, error) {
	if d.secret {
		return nil, hive.ErrSecret
	}
	n := max(0, min(len(d.public), limit))
	b := append([]byte(nil), d.public[:n]...)
	if limit > n && d.cut {
		return b, artifacts.NewProblem(artifacts.Limit, d.offset, "reg export: of the data of the value the first %d bytes were kept", n)
	}
	return b, nil
}

// child finds a subkey by its lower-case name.
func (n *node) child(name string) *node {
	if n.index != nil {
		return n.index[name]
	}
	for _, k := range n.keys {
		if lowerASCII(k.name) == name {
			return k
		}
	}
	return nil
}

func (n *node) add(k *node) {
	n.keys = append(n.keys, k)
	if len(n.keys) <= manyKeys {
		return
	}
	if n.index == nil {
		n.index = make(map[string]*node, 2*len(n.keys))
		for _, k := range n.keys {
			n.index[lowerASCII(k.name)] = k
		}
	}
	n.index[lowerASCII(k.name)] = k
}

// find returns the key at a lower-case path below n, nil if it is not kept.
func (n *node) find(path string) *node {
	if path == "" || n == nil {
		return n
	}
	for name := range strings.SplitSeq(path, `\`) {
		if n = n.child(name); n == nil {
			return nil
		}
	}
	return n
}

// keep returns the key at a path below root, and makes what is missing; nil
// once there is no room.
func (p *parser) keep(root *node, path string, offset int64) *node {
	if strings.Count(path, `\`) >= maxInPath {
		return nil
	}
	n := root
	if path == "" {
		return n
	}
	for name := range strings.SplitSeq(path, `\`) {
		k := n.child(lowerASCII(name))
		if k == nil {
			if !p.spend(keyCost+len(name), offset) {
				return nil
			}
			k = &node{name: validName(name)}
			n.add(k)
		}
		n = k
	}
	n.offset = offset
	return n
}

// spend takes from the room for keys and values; false if it is used up.
func (p *parser) spend(n int, offset int64) bool {
	if p.room < n {
		if p.cut == nil {
			p.cut = artifacts.NewProblem(artifacts.Limit, offset, "reg export: of the keys from here on none is kept")
		}
		p.room = 0
		return false
	}
	p.room -= n
	return true
}

// validName makes a name of an ANSI file UTF-8, taking it for Latin-1.
func validName(s string) string {
	if utf8.ValidString(s) {
		return strings.Clone(s)
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// HasKey implements hive.Values.
func (p *parser) HasKey(path string) bool { return p.inHive.find(lowerASCII(path)) != nil }

// Value implements hive.Values.
func (p *parser) Value(path, name string, most int) (offset int64, kind uint32, data []byte, ok bool) {
	n := p.inHive.find(lowerASCII(path))
	if n == nil {
		return 0, 0, nil, false
	}
	d, ok := hive.FindValue(n, name)
	if !ok {
		return 0, 0, nil, false
	}
	data, err := d.Data(most)
	var p2 *artifacts.Problem
	if err != nil && !errors.As(err, &p2) {
		return 0, 0, nil, false
	}
	return d.Offset(), d.Type(), data, true
}

// Keys of SYSTEM that are kept, below a control set; with what is below them
// where that is true.
var systemKeys = []struct {
	path  string
	below bool
}{
	{`control\lsa`, true}, {`control\computername\computername`, false}, {`control\productoptions`, false},
	{`control\timezoneinformation`, false}, {`control\windows`, false}, {`control\session manager\configuration manager`, false},
	{`control\securityproviders\wdigest`, false}, {`control\bitlockerstatus`, false}, {`services\tcpip\parameters`, false},
}

// kept reports whether a key of SYSTEM is kept; path is below its root and in
// lower case. Of services the keys themselves are, and what tells Sysmon.
func kept(path string) bool {
	set, rest, _ := strings.Cut(path, `\`)
	if !strings.HasPrefix(set, "controlset0") {
		rest = path
	}
	if path == "select" || path == "mounteddevices" {
		return true
	}
	for _, k := range systemKeys {
		if rest == k.path || k.below && strings.HasPrefix(rest, k.path+`\`) {
			return true
		}
	}
	service, ok := strings.CutPrefix(rest, `services\`)
	if !ok {
		return false
	}
	_, inner, _ := strings.Cut(service, `\`)
	return inner == "" || inner == "parameters" || strings.HasPrefix(inner, `instances\`)
}
