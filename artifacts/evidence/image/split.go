package image

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
)

// maxRawSegments bounds the numbers of a split raw image.
const maxRawSegments = 100_000

// splitRawSet lists the files of the split raw image that a file is a segment
// of, by number: disk.001, disk.002, ... of any width, counted from 0 or 1.
// Missing numbers between them are empty names. It returns nil where it is
// an image on its own.
func (m *Image) splitRawSet(name string) []segmentName {
	base, number, width, ok := rawNumber(name)
	if !ok {
		return nil
	}
	names, err := m.folder.Names()
	if err != nil {
		return nil // the file itself could be opened: take it alone
	}
	numbers := make(map[int]string)
	for _, other := range names {
		b, n, w, ok := rawNumber(other)
		if ok && b == base && (w == width || n >= pow10(min(w, width))) && n < maxRawSegments {
			numbers[n] = other
		}
	}
	first, last := 1, 0
	for n := range numbers {
		first, last = min(first, n), max(last, n)
	}
	// Years and version numbers are no segments: a set shows its beginning,
	// or at least the zero padding of segment numbers.
	_, begins := numbers[first]
	padded := number < pow10(width-1)
	if len(numbers) < 2 || !begins && !padded {
		return nil
	}
	set := make([]segmentName, 0, last-first+1)
	for n := first; n <= last; n++ {
		text := strconv.Itoa(n)
		text = strings.Repeat("0", max(0, width-len(text))) + text
		set = append(set, segmentName{expected: base + "." + text, found: numbers[n]})
	}
	return set
}

// A segmentName is a place in a numbered set of files.
type segmentName struct {
	expected string // the file's name
	found    string // "" where it is missing
}

// rawNumber splits "disk.dd.001" into "disk.dd", 1 and the width 3.
func rawNumber(name string) (base string, n, width int, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	digits := name[dot+1:]
	if dot < 1 || len(digits) < 2 || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" {
		return "", 0, 0, false
	}
	n, err := strconv.Atoi(digits)
	return name[:dot], n, len(digits), err == nil
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

func (m *Image) openSplit(name string, set []segmentName) error {
	parts := make([]segment, len(set))
	for i, s := range set {
		parts[i].name = s.expected
		if s.found == "" {
			continue
		}
		part, err := m.openFile(s.found)
		if err != nil {
			m.log.add(&artifacts.Problem{Offset: -1, Kind: artifacts.IO, Err: err})
			continue
		}
		parts[i] = part
		m.segments = append(m.segments, part.name)
	}
	whole, err := newConcat(parts, m.log)
	if err != nil {
		return err
	}
	head := make([]byte, headSize)
	n, err := whole.ReadAt(head, 0)
	if err == nil || err == io.EOF {
		joined := segment{name: name, r: whole, size: whole.size}
		if found, err := m.openContainer(joined, head[:n]); found || err != nil {
			return err
		}
		if err := refuse(whole, whole.size, head[:n]); err != nil {
			return err
		}
	}
	m.media, m.size, m.kind = whole, whole.size, kindSplit
	return nil
}

// A concat joins the segments of a split raw image.
type concat struct {
	parts []segment
	begin []int64              // media offset of each part
	holes []*artifacts.Problem // for each part, what to say where it is missing
	size  int64
}

// newConcat places the segments. A missing one is as large as its neighbours
// if all that are there, but the last, are of one size; otherwise what comes
// after it has no known place, and the media ends there.
func newConcat(parts []segment, log *problemLog) (*concat, error) {
	c := &concat{}
	usual := usualSize(parts)
	for i, part := range parts {
		var hole *artifacts.Problem
		if part.r == nil {
			if usual == 0 {
				if c.size == 0 {
					return nil, artifacts.NewProblem(artifacts.Truncated, -1, "segment %s is missing or unreadable, and with it the beginning of the media: put it beside the others", part.name)
				}
				log.add(artifacts.NewProblem(artifacts.Truncated, c.size,
					"segment %s is missing or unreadable; its size is unknown, so the media ends there and %d segments after it are not read", part.name, len(parts)-i-1))
				return c, nil
			}
			part.size = usual
			hole = log.add(artifacts.NewProblem(artifacts.Truncated, c.size,
				"segment %s is missing or unreadable: media bytes %d to %d, if it is as large as its neighbours", part.name, c.size, c.size+usual-1))
		}
		c.parts = append(c.parts, part)
		c.begin = append(c.begin, c.size)
		c.holes = append(c.holes, hole)
		c.size += part.size
	}
	if c.size == 0 {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "all segments are empty: copy the image again")
	}
	return c, nil
}

// usualSize returns the size all segments but the last have, 0 if they differ
// or if the last is not smaller or equal.
func usualSize(parts []segment) int64 {
	var usual int64
	for i, p := range parts {
		switch {
		case p.r == nil:
		case i == len(parts)-1:
			if p.size > usual {
				return 0
			}
		case usual == 0:
			usual = p.size
		case p.size != usual:
			return 0
		}
	}
	return usual
}

func (c *concat) ReadAt(p []byte, off int64) (int, error) { return c.read(p, off, io.ReaderAt.ReadAt) }

// ReadPassing implements passing.
func (c *concat) ReadPassing(p []byte, off int64) (int, error) { return c.read(p, off, readPassing) }

func (c *concat) read(p []byte, off int64, read func(r io.ReaderAt, p []byte, off int64) (int, error)) (int, error) {
	done := 0
	for done < len(p) {
		at := off + int64(done)
		if at >= c.size {
			return done, io.EOF
		}
		i, found := slices.BinarySearch(c.begin, at)
		if !found {
			i--
		}
		for c.begin[i]+c.parts[i].size <= at { // parts without bytes share their beginning
			i++
		}
		if c.holes[i] != nil {
			return done, c.holes[i]
		}
		inside := at - c.begin[i]
		want := min(int64(len(p)-done), c.parts[i].size-inside)
		n, err := read(c.parts[i].r, p[done:done+int(want)], inside)
		done += n
		if err = filled(n, int(want), err); err != nil {
			return done, err
		}
	}
	return done, nil
}
