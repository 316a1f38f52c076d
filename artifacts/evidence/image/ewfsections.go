package image

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"hivetriage/artifacts"
)

// A walker follows the sections of all segments in their order.
type walker struct {
	log      *problemLog
	stored   map[string]string
	volume   *ewfVolume
	groups   []group
	finished bool // the last segment walked ends with a done section
	sections int

	part    segment
	index   int
	sectors *section // the last sectors section
	pending *group   // the group whose table2 may follow
}

// An ewfVolume is what is needed of a volume, disk or data section.
type ewfVolume struct {
	size, chunk int64 // bytes
}

// A section is a descriptor: type, place and size of the data after it.
type section struct {
	kind string
	at   int64 // of the descriptor in the segment
	next int64
	data int64 // offset of the data
	size int64 // of the data
}

// cause quotes the first damage for an error that names one.
func (w *walker) cause() string {
	for _, g := range w.groups {
		if g.lost != nil {
			return ": " + g.lost.Err.Error()
		}
	}
	if all := w.log.all(); len(all) > 0 {
		return ": " + all[0].Err.Error()
	}
	return ""
}

// damage describes what is wrong at an offset of the segment.
func (w *walker) damage(kind artifacts.Kind, at int64, format string, args ...any) *artifacts.Problem {
	return artifacts.NewProblem(kind, -1, "%s at offset %d: %s", w.part.name, at, fmt.Sprintf(format, args...))
}

// problem logs damage that loses no chunk yet.
func (w *walker) problem(kind artifacts.Kind, at int64, format string, args ...any) *artifacts.Problem {
	return w.log.add(w.damage(kind, at, format, args...))
}

// lose notes that an unknown number of chunks is missing here. The problem is
// logged when it is known which.
func (w *walker) lose(p *artifacts.Problem) {
	w.groups = append(w.groups, group{part: w.index, count: -1, lost: p})
}

func (w *walker) walk(index int, part segment) {
	w.index, w.part, w.sectors, w.pending = index, part, nil, nil
	w.finished = false
	if part.r == nil {
		w.lose(artifacts.NewProblem(artifacts.Truncated, -1,
			"segment %s is missing or unreadable: put it beside the others", part.name))
		return
	}
	if !w.header() {
		return
	}
	last, damage := w.chain()
	w.settle()
	switch {
	case damage != nil:
		w.lose(damage)
	case last == "done":
		w.finished = true
	}
	// A next section promises another segment.
}

// header checks the 13 bytes that every segment begins with. A damaged one
// does not keep the sections from being read, but a segment that calls itself
// another number is not the one that belongs here.
func (w *walker) header() bool {
	b := make([]byte, ewfHeaderSize)
	if n, err := readFull(w.part.r, b, 0); err != nil {
		w.lose(w.damage(artifacts.Truncated, int64(n), "the file ends inside its header"))
		return false
	}
	if !isEWF(b) {
		w.problem(artifacts.Malformed, 0, "no EWF signature; the sections are read all the same")
		return true
	}
	if n := int(binary.LittleEndian.Uint16(b[9:])); n != w.index+1 {
		w.lose(w.damage(artifacts.Malformed, 9, "this is segment %d by its header and %d by its name", n, w.index+1))
		return false
	}
	return true
}

// chain follows the sections of one segment. It returns the type of the last
// one, and the damage that ended the chain early.
func (w *walker) chain() (last string, damage *artifacts.Problem) {
	at := int64(ewfHeaderSize)
	for {
		if w.sections++; w.sections > maxSections {
			return last, w.damage(artifacts.Limit, at, "more than %d sections", maxSections)
		}
		s, err := w.descriptor(at)
		if err != nil {
			return last, err
		}
		last = s.kind
		if s.kind == "done" || s.kind == "next" {
			return last, nil
		}
		if s.next < s.data || s.next > w.part.size {
			if s.next <= s.at {
				return last, w.damage(artifacts.Malformed, at, "section %q points back to offset %d", s.kind, s.next)
			}
			w.read(s)
			return last, w.damage(artifacts.Truncated, at, "section %q should reach to offset %d, the file ends at %d", s.kind, s.next, w.part.size)
		}
		w.read(s)
		at = s.next
	}
}

// descriptor reads a section descriptor: 16 bytes of type, the offset of the
// next section, the size with the descriptor, 40 bytes of padding, checksum.
func (w *walker) descriptor(at int64) (section, *artifacts.Problem) {
	b, err := checked(w.part.r, at, ewfDescriptorSize)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return section{}, w.damage(p.Kind, at, "section descriptor: %v", p.Err)
	}
	name, _, _ := bytes.Cut(b[:16], []byte{0})
	s := section{kind: string(name), at: at, data: at + ewfDescriptorSize}
	next, size := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
	if next > math.MaxInt64 || size > math.MaxInt64 {
		return section{}, w.damage(artifacts.Malformed, at, "section %q: offset %d, size %d", s.kind, next, size)
	}
	s.next = int64(next)
	s.size = max(0, min(s.next, w.part.size)-s.data)
	// Two ways to the next section that disagree can hide a second image.
	if size != 0 && s.next > at && s.kind != "done" && s.kind != "next" && int64(size) != s.next-at {
		w.problem(artifacts.Malformed, at, "section %q is %d bytes long, but the next section begins %d bytes on", s.kind, size, s.next-at)
	}
	return s, nil
}

// read takes what is needed from one section.
func (w *walker) read(s section) {
	switch s.kind {
	case "volume", "disk", "data":
		w.readVolume(s)
	case "sectors":
		w.settle()
		w.sectors = &s
	case "table":
		w.close()
		w.readTable(s)
	case "table2":
		w.readTable2(s)
	case "hash":
		w.readDigests(s, 36, 0, -1)
	case "digest":
		w.readDigests(s, 80, 0, 16)
	}
}

// readVolume reads the size of the media: 94 bytes of the first specification
// and SMART, or 1,052 bytes of EnCase, which repeats it in data sections.
func (w *walker) readVolume(s section) {
	if w.volume != nil || s.kind == "data" && s.size < 1052 {
		return
	}
	length := 1052
	if s.size < 1052 {
		length = 94
	}
	b, err := checked(w.part.r, s.data, length)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		w.problem(p.Kind, s.data, "section %q: %v", s.kind, p.Err)
		return
	}
	le := binary.LittleEndian
	perChunk, sectorSize := int64(le.Uint32(b[8:])), int64(le.Uint32(b[12:]))
	sectors := uint64(le.Uint32(b[16:]))
	if length == 1052 {
		sectors = le.Uint64(b[16:])
	}
	chunk := perChunk * sectorSize
	if sectorSize == 0 || perChunk == 0 || perChunk > maxChunk || sectorSize > maxChunk || chunk > maxChunk {
		w.problem(artifacts.Malformed, s.data, "section %q: chunks of %d sectors of %d bytes", s.kind, perChunk, sectorSize)
		return
	}
	if sectors == 0 || sectors > math.MaxInt64/2/uint64(sectorSize) {
		w.problem(artifacts.Malformed, s.data, "section %q: a media of %d sectors", s.kind, sectors)
		return
	}
	w.volume = &ewfVolume{size: int64(sectors) * sectorSize, chunk: chunk}
}

// readDigests reads the MD5 and SHA-1 of the media; an offset of -1 is a
// digest this section does not have, and all zeros one that was not computed.
func (w *walker) readDigests(s section, length, md5, sha1 int) {
	b, err := checked(w.part.r, s.data, length)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		w.problem(p.Kind, s.data, "section %q: %v", s.kind, p.Err)
		return
	}
	for _, d := range []struct {
		name     string
		at, size int
	}{{"MD5", md5, 16}, {"SHA1", sha1, 20}} {
		if d.at >= 0 && !bytes.Equal(b[d.at:d.at+d.size], make([]byte, d.size)) {
			w.stored[d.name] = hex.EncodeToString(b[d.at : d.at+d.size])
		}
	}
}
