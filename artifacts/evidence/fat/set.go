package fat

import (
	"encoding/binary"
	"math"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Types of exFAT directory entries without the bit inUse, which deletion
// clears.
const (
	inUse      = 0x80
	typeBitmap = 0x01
	typeLabel  = 0x03
	typeFile   = 0x05
	typeStream = 0x40
	typeName   = 0x41

	nameChars      = 15 // in one name entry
	maxSecondaries = 18 // one stream and 17 names
	noChain        = 2  // flag of a stream whose clusters adjoin
)

// specials are what the root directory of exFAT says of the volume.
type specials struct {
	label      string
	bitmap     uint32 // first cluster, 0 if there is no bitmap
	bitmapSize int64
}

func exfatSpecials(b []byte) (s specials) {
	for i := 0; i+entrySize <= len(b) && b[i] != 0; i += entrySize {
		e := b[i : i+entrySize]
		switch e[0] {
		case inUse | typeBitmap:
			if s.bitmap == 0 {
				s.bitmap = binary.LittleEndian.Uint32(e[20:])
				s.bitmapSize = int64(min(binary.LittleEndian.Uint64(e[24:]), math.MaxInt64))
			}
		case inUse | typeLabel:
			s.label = windows.UTF16(e[2 : 2+2*min(int(e[1]), 11)])
		}
	}
	return s
}

// exfatFiles parses the entry sets of an exFAT directory up to its end marker.
// The problems, whose offsets are bytes of the volume, are sets in use that
// cannot be told.
func (v *Volume) exfatFiles(b []byte, at func(int) int64) (files []file, problems []*artifacts.Problem) {
	for i := 0; i+entrySize <= len(b) && b[i] != 0; {
		if b[i]&^inUse != typeFile {
			i += entrySize
			continue
		}
		f, n, why := parseSet(b[i:])
		switch {
		case why == "":
			f.at = at(i)
			files = append(files, f)
		case b[i]&inUse != 0:
			problems = append(problems, artifacts.NewProblem(artifacts.Malformed, at(i), "a file's entry set cannot be told: %s", why))
		}
		i += n * entrySize
	}
	return files, problems
}

// parseSet decodes the entry set that b begins with and returns how many
// entries it has; why says what is wrong with it.
func parseSet(b []byte) (f file, n int, why string) {
	le := binary.LittleEndian
	state, secondaries := b[0]&inUse, int(b[1])
	switch {
	case secondaries < 2 || secondaries > maxSecondaries:
		return f, 1, "it has an impossible number of entries"
	case (secondaries+1)*entrySize > len(b):
		return f, 1, "the directory ends in it"
	}
	set := b[:(secondaries+1)*entrySize]
	s := set[entrySize:]
	if s[0] != state|typeStream {
		return f, 1, "its second entry is not a stream"
	}
	length := int(s[3])
	names := (length + nameChars - 1) / nameChars
	if length == 0 || names > secondaries-1 {
		return f, 1, "it has too few entries for its name"
	}
	var utf16 []byte
	for k := range names {
		p := set[(2+k)*entrySize:]
		if p[0] != state|typeName {
			return f, 1, "an entry with a part of its name is not there"
		}
		utf16 = append(utf16, p[2:entrySize]...)
	}
	size, valid := le.Uint64(s[24:]), le.Uint64(s[8:])
	if size > math.MaxInt64 {
		return f, 1, "it states an impossible size"
	}
	return file{
		name: component(windows.UTF16(utf16[:2*length])), first: le.Uint32(s[20:]),
		size: int64(size), valid: int64(min(valid, size)),
		directory: set[4]&attrDirectory != 0, deleted: state == 0, contiguous: s[1]&noChain != 0,
		mismatch: setSum(set) != le.Uint16(set[2:]),
		created:  stamp{le.Uint32(set[8:]), set[20], set[22]},
		modified: stamp{le.Uint32(set[12:]), set[21], set[23]},
		accessed: stamp{le.Uint32(set[16:]), 0, set[24]},
	}, secondaries + 1, ""
}

// setSum is the checksum of an entry set while it was in use.
func setSum(set []byte) (sum uint16) {
	for i, c := range set {
		if i == 2 || i == 3 {
			continue
		}
		if i%entrySize == 0 {
			c |= inUse
		}
		sum = sum<<15 | sum>>1
		sum += uint16(c)
	}
	return sum
}
