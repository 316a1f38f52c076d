package hive

import (
	"strings"

	"hivetriage/artifacts"
)

const (
	openCached  = 64      // bytes of a cached logon that are not encrypted
	userHeader  = 0xCC    // bytes of the 17 descriptors that a user's V begins with
	descriptor  = 12      // bytes of a descriptor: u32 offset from userHeader, u32 length, u32
	openHead    = 4       // bytes of a hash's head: u16 id of its key, u16 revision
	openHeadAES = 8       // of revision 2, with the u32 length of what is encrypted
	maxUserV    = 1 << 16 // bytes of a user's V that is read
)

// Descriptors of a user's V.
var (
	openStrings = []int{1, 2, 3, 4, 6, 7, 8, 9, 10} // name, full name, comments, home, script, profile, workstations
	hashes      = []int{13, 14, 15, 16}             // LM, NT, both histories
)

// Public returns the beginning of a value's data, at most limit bytes, with
// zeros in the place of credential material, which is not copied:
//
//   - of a user's V the descriptors, the strings, and of each hash the head
//     (4 bytes, 8 in revision 2);
//   - of a domain's F the first 0x68 bytes, of a cached logon the first 64;
//   - of a value that is secret as a whole nothing, and ErrSecret.
//
// key and value are the names, data is the value's data, which stays as it is.
func Public(key, value string, data []byte, limit int) ([]byte, error) {
	n := max(0, min(len(data), limit))
	if !Secret(key, value, n) {
		return append([]byte(nil), data[:n]...), nil
	}
	named := func(names []string) bool {
		for _, name := range names {
			if strings.EqualFold(key, name) || strings.EqualFold(value, name) {
				return true
			}
		}
		return false
	}
	switch {
	case named(secretKeys) || named(secretValues):
		return nil, ErrSecret
	case strings.EqualFold(value, "V"):
		return publicUser(data[:min(len(data), maxUserV)], n), nil
	case strings.EqualFold(value, "F"):
		return append([]byte(nil), data[:min(n, openF)]...), nil
	}
	return append([]byte(nil), data[:min(n, openCached)]...), nil
}

// publicUser copies what is open of a user's V. Nothing is copied from where
// the first hash begins but the heads, whatever the other descriptors say.
func publicUser(v []byte, n int) []byte {
	if len(v) < userHeader {
		return nil
	}
	open := make([]byte, len(v))
	copy(open, v[:userHeader])
	first := len(v)
	for _, i := range hashes {
		if at, size := described(v, i); size > 0 {
			first = min(first, at)
		}
	}
	for _, i := range openStrings {
		if at, size := described(v, i); at+size <= first {
			copy(open[at:at+size], v[at:])
		}
	}
	for _, i := range hashes {
		at, size := described(v, i)
		if size < openHead || overlapped(v, i) {
			continue
		}
		head := openHead
		if le.Uint16(v[at+2:]) == 2 {
			head = min(size, openHeadAES)
		}
		copy(open[at:at+head], v[at:])
	}
	return open[:min(n, len(open))]
}

// overlapped reports whether hash i begins within another one: what looks
// like its head would be the other's body.
func overlapped(v []byte, i int) bool {
	at, _ := described(v, i)
	for _, other := range hashes {
		if start, size := described(v, other); other != i && start <= at && at < start+size {
			return true
		}
	}
	return false
}

// described returns the place and length of what descriptor i points to, 0
// bytes where that leaves the value.
func described(v []byte, i int) (at, size int) {
	off, length := uint64(le.Uint32(v[descriptor*i:])), uint64(le.Uint32(v[descriptor*i+4:]))
	if userHeader+off+length > uint64(len(v)) {
		return len(v), 0
	}
	return userHeader + int(off), int(length)
}

// Public is Data for values of which a part holds credential material: that
// part is zero in what it returns. See the function of that name.
func (v Value) Public(limit int) ([]byte, error) {
	n := max(0, min(v.Length(), limit))
	key, name := v.key.Name(), v.Name()
	if !Secret(key, name, n) {
		return v.Data(limit)
	}
	if v.record().inline() {
		return Public(key, name, v.record()[8:8+min(v.Length(), maxInlineData)], limit)
	}
	cell := v.key.hive.cell(v.record().data())
	if len(cell) < v.Length() {
		return nil, artifacts.NewProblem(artifacts.Malformed, v.Offset(), "hive: %d bytes of data are not in one cell", v.Length())
	}
	return Public(key, name, cell[:v.Length()], limit)
}

// ClassLength returns the bytes of the key's class name. The text, which in
// four keys of SYSTEM holds the boot key, is never read.
func (k Key) ClassLength() int {
	r := k.record()
	if r.class() == noCell {
		return 0
	}
	return min(r.classLength(), len(k.hive.cell(r.class())))
}
