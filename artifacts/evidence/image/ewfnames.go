package image

import (
	"errors"
	"fmt"
	"strings"

	"hivetriage/artifacts"
)

// maxEWFSegments is the last name the extensions reach, ZZZ counted from E01.
const maxEWFSegments = 99 + 22*26*26

// ewfNumber reads the number of a segment from its extension: E01 to E99,
// then EAA to EZZ, FAA, ... ZZZ; the same from s01 for SMART. Family is 'E' or
// 'S'.
func ewfNumber(ext string, family byte) (int, bool) {
	ext = strings.ToUpper(ext)
	if len(ext) != 3 {
		return 0, false
	}
	a, b, c := ext[0], ext[1], ext[2]
	if isDigit(b) && isDigit(c) {
		n := int(b-'0')*10 + int(c-'0')
		return n, a == family && n > 0
	}
	if !isUpper(a) || !isUpper(b) || !isUpper(c) || a < family {
		return 0, false
	}
	return 100 + (int(a-family)*26+int(b-'A'))*26 + int(c-'A'), true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// ewfExtension is the inverse of ewfNumber.
func ewfExtension(n int, family byte) string {
	if n < 100 {
		return fmt.Sprintf("%c%02d", family, n)
	}
	n -= 100
	return string([]byte{family + byte(n/676), 'A' + byte(n/26%26), 'A' + byte(n%26)})
}

// openEWF opens the set of segments that a file belongs to.
func (m *Image) openEWF(given segment) error {
	parts, err := m.ewfSegments(given)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.r != nil {
			m.segments = append(m.segments, p.name)
		}
	}
	e, err := newEWF(parts, m.log)
	if err != nil {
		return err
	}
	m.media, m.size, m.kind, m.stored = e, e.size, kindEWF, e.stored
	return nil
}

// ewfSegments finds the files of the folder with the same base name and an
// extension of the series, and opens them in the order of their numbers. A
// gap stays in the list as a segment without a reader.
func (m *Image) ewfSegments(given segment) ([]segment, error) {
	file := given.name
	dot := strings.LastIndexByte(file, '.')
	family := byte('E')
	if dot < 0 {
		return []segment{given}, nil
	}
	base, ext := file[:dot], file[dot+1:]
	if strings.HasPrefix(strings.ToUpper(ext), "S") {
		family = 'S'
	}
	if _, ok := ewfNumber(ext, family); !ok {
		return []segment{given}, nil
	}
	all, err := m.folder.Names()
	if err != nil {
		return nil, err
	}
	names := make(map[int]string)
	for _, name := range all {
		rest, ok := strings.CutPrefix(name, base+".")
		if n, isSegment := ewfNumber(rest, family); ok && isSegment && (names[n] == "" || sameCase(rest, ext)) {
			names[n] = name
		}
	}
	return m.openNumbered(base, ext, family, names, given)
}

// sameCase tells whether two extensions begin with letters of the same case.
func sameCase(a, b string) bool { return isUpper(a[0]) == isUpper(b[0]) }

// openNumbered opens the named segments up to the last that is one by its
// content.
func (m *Image) openNumbered(base, ext string, family byte, names map[int]string, given segment) ([]segment, error) {
	found := make(map[int]segment)
	last := 0
	for n, name := range names {
		part := given
		if name != given.name {
			var err error
			if part, err = m.openFile(name); err != nil {
				m.log.add(&artifacts.Problem{Offset: -1, Kind: artifacts.IO, Err: err})
				last = max(last, n)
				continue
			}
		}
		found[n] = part
		head := make([]byte, ewfHeaderSize)
		if _, err := readFull(part.r, head, 0); err == nil && isEWF(head) {
			last = max(last, n)
		}
	}
	for found[last+1].r != nil { // a segment whose signature is damaged
		last++
	}
	if last > maxEWFSegments {
		return nil, errors.New("too many segments")
	}
	parts := make([]segment, last)
	for i := range parts {
		name := ewfExtension(i+1, family)
		if !isUpper(ext[0]) {
			name = strings.ToLower(name)
		}
		parts[i].name = base + "." + name
		if p, ok := found[i+1]; ok {
			parts[i] = p
		}
	}
	return parts, nil
}
