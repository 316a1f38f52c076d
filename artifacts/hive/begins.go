package hive

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

const (
	firstBegin = 16 << 10  // bytes that Begins looks at first, and twice as many each time after
	maxBegin   = 512 << 10 // bytes that it looks at, at most
	maxFront   = 1 << 12   // keys that are kept of it
)

// A beginning tells a kind of hive by keys that stand at the front of it:
// Windows lays hives out depth first when it compacts them, so that the first
// keys below the root come first, and the list of the root's subkeys comes
// after all that is below them. Any one of the paths is enough.
var beginnings = map[Kind][][]string{
	System:   {{`ControlSet001\Control`}, {`ControlSet002\Control`}, {`ControlSet003\Control`}, {`ControlSet004\Control`}},
	Software: {{`Classes\*`}, {`Microsoft\Windows NT`}, {`Microsoft\Cryptography`}},
	NTUser:   {{`AppEvents`, `Control Panel`}, {`Console`, `Control Panel`}, {`Control Panel`, `Environment`}},
	UsrClass: {{`Local Settings`}},
	Amcache:  {{`Root\InventoryApplication`}, {`Root\InventoryApplicationFile`}, {`Root\Programs`}, {`Root\File`}},
}

// elsewhere are the subkeys of the roots of hives that hold credentials, or of
// what is saved of them, that no root of another kind has.
var elsewhere = append(slices.Clone(controlSets), `SAM`, `Domains`, `Account`, `Builtin`, `Users`, `Names`, `Policy`, `Secrets`, `Select`, `Lsa`, `JD`, `PolAcDmS`)

// begun are the names in beginnings and elsewhere, in lower case.
var begun = beginningNames()

func beginningNames() map[string]bool {
	names := map[string]bool{}
	for _, alternatives := range beginnings {
		for _, paths := range alternatives {
			for _, path := range paths {
				for name := range strings.SplitSeq(path, `\`) {
					names[strings.ToLower(name)] = true
				}
			}
		}
	}
	for _, name := range elsewhere {
		names[strings.ToLower(name)] = true
	}
	return names
}

// Begins reports whether the keys at the front of a hive are those of the
// given kind and none is one of a hive that holds credentials, and how many
// bytes of r tell that. It is for hives of which each byte costs, and that lie
// where the kind belongs: false means no more than that Identify has to be
// asked. The header must be sound.
func Begins(r io.ReaderAt, size int64, kind Kind) (id Identity, read int64, ok bool) {
	buf := fronts.Get().(*[maxBegin]byte)
	defer fronts.Put(buf)
	f := front{b: buf[:0], keys: map[frontKey]uint32{}}
	for most := int64(firstBegin); most <= maxBegin; most *= 2 {
		f.grow(r, min(size, most))
		if f.broken || f.foreign(kind) {
			return Identity{}, 0, false
		}
		if because := f.find(beginnings[kind]); because != nil {
			return f.identity(kind, because)
		}
		if int64(len(f.b)) < most {
			break
		}
	}
	return Identity{}, 0, false
}

// identity is what the front tells where it is that of the kind.
func (f *front) identity(kind Kind, because []string) (Identity, int64, bool) {
	at := baseSize + int64(f.base.Root)
	if at+4+keyHeader > int64(len(f.b)) || !isKey(f.b[at+4:]) {
		return Identity{}, 0, false
	}
	root := keyRecord(f.b[at+4 : min(at+4+keyHeader+512, int64(len(f.b)))])
	return Identity{Kind: kind, Certainty: Likely, Because: because, Base: f.base, RootName: root.name(), RootParent: root.parent(),
		RootOffset: fileOffset(f.base.Root), RootWritten: root.written()}, int64(len(f.b)), true
}

// fronts are buffers that are used again.
var fronts = sync.Pool{New: func() any { return new([maxBegin]byte) }}

// A front is the beginning of a hive, read bin by bin.
type front struct {
	b      []byte
	at     int   // of the next bin in b
	end    int64 // of the last bin
	base   BaseBlock
	keys   map[frontKey]uint32 // to the offset of its cell
	broken bool
}

// A frontKey is a key by a name in begun.
type frontKey struct {
	parent uint32
	name   string // in lower case
}

// grow reads on to n bytes and takes in the bins that are whole by then.
func (f *front) grow(r io.ReaderAt, n int64) {
	old := len(f.b)
	got, _ := r.ReadAt(f.b[old:n], int64(old)) // what cannot be read does not begin as it should
	f.b = f.b[:old+got]
	if f.at == 0 {
		if len(f.b) < baseSize || !IsBaseBlock(f.b) {
			f.broken = true
			return
		}
		base, problem := parseBase(f.b)
		if problem != nil {
			f.broken = true
			return
		}
		f.at, f.end, f.base = baseSize, baseSize+int64(base.Length), base
	}
	for f.at+binHeader <= len(f.b) && int64(f.at) < f.end {
		bin := f.b[f.at:]
		size := int64(le.Uint32(bin[8:]))
		if string(bin[:4]) != "hbin" || size%baseSize != 0 || size == 0 {
			f.broken = true
			return
		}
		if size > int64(len(bin)) {
			return
		}
		f.cells(bin[:size])
		f.at += int(size)
	}
}

// cells takes the keys of a bin that have a name in begun.
func (f *front) cells(bin []byte) {
	var lower [64]byte
	for at := binHeader; at+8 <= len(bin); {
		size, used := cellSize(le.Uint32(bin[at:]))
		if size < 8 || size > int64(len(bin)-at) {
			f.broken = true
			return
		}
		record := keyRecord(bin[at+4 : at+int(size)])
		if used && isKey(record) && le.Uint16(record[2:])&latinKey != 0 {
			if n := record.nameLength(); n > 0 && n <= len(lower) && n <= len(record)-keyHeader {
				name := appendLower(lower[:0], record[keyHeader:keyHeader+n])
				if begun[string(name)] && len(f.keys) < maxFront {
					f.keys[frontKey{record.parent(), string(name)}] = uint32(f.at - baseSize + at)
				}
			}
		}
		at += int(size)
	}
}

func appendLower(to, from []byte) []byte {
	for _, c := range from {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// find returns the keys of the first of the lists of which all are there.
func (f *front) find(alternatives [][]string) (because []string) {
	for _, paths := range alternatives {
		because = because[:0]
		for _, path := range paths {
			off, ok := f.below(f.base.Root, strings.ToLower(path))
			if !ok {
				break
			}
			because = append(because, fmt.Sprintf("key %s at %#x, at the front of the hive", path, fileOffset(off)))
		}
		if len(because) == len(paths) {
			return because
		}
	}
	return nil
}

// below returns the offset of the key with the path, in lower case, below another.
func (f *front) below(parent uint32, path string) (uint32, bool) {
	name, rest, more := strings.Cut(path, `\`)
	off, ok := f.keys[frontKey{parent, name}]
	if !ok || !more {
		return off, ok
	}
	return f.below(off, rest)
}

// foreign reports whether the root has a subkey that speaks against the kind.
func (f *front) foreign(kind Kind) bool {
	for _, name := range elsewhere {
		if kind == System && (strings.HasPrefix(name, "ControlSet") || name == "Select") {
			continue
		}
		if _, ok := f.below(f.base.Root, strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}
