package shelllink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// The endings of the names of jump lists.
const (
	automatic = ".automaticdestinations-ms"
	custom    = ".customdestinations-ms"
)

// Named reports whether a file is a jump list by its name.
func Named(path string) bool {
	lower := strings.ToLower(path)
	return strings.HasSuffix(lower, automatic) || strings.HasSuffix(lower, custom)
}

// ReadJumpList reads a jump list of either form, one trace for each entry.
// Which program's it is only its name tells: see Application.
func ReadJumpList(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		magic := make([]byte, len(compoundMagic))
		if n, err := r.ReadAt(magic, 0); n < len(magic) {
			yield(artifacts.Trace{}, short(err, int64(n), "a jump list"))
			return
		}
		if string(magic) == compoundMagic {
			readAutomatic(ctx, r, size, yield)
			return
		}
		readCustom(ctx, r, size, yield)
	}
}

// readAutomatic goes through the DestList, and then through the links that it
// does not count.
func readAutomatic(ctx context.Context, r io.ReaderAt, size int64, yield func(artifacts.Trace, error) bool) {
	c, err := openCompound(r, size)
	if !tell(err, 0, yield) || c == nil {
		return
	}
	links := map[string]stream{}
	var list []byte
	found := false
	for _, s := range c.streams {
		switch {
		case s.name == "DestList" && !found:
			found = true
			list, err = c.content(s)
			if !tell(err, 0, yield) {
				return
			}
		case isNumber(s.name):
			links[strings.ToLower(s.name)] = s
		}
	}
	if !found && !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, c.entries, "the jump list has no DestList")) {
		return
	}
	entries, err := destList(list)
	for _, e := range entries {
		if ctx.Err() != nil {
			yield(artifacts.Trace{}, artifacts.Located(artifacts.Locator{}, ctx.Err()))
			return
		}
		name := strconv.FormatUint(uint64(e.number), 16)
		s, ok := links[name]
		delete(links, name)
		if !c.entry(e, s, ok, yield) {
			return
		}
	}
	if !tell(err, 0, yield) {
		return
	}
	for _, s := range c.streams { // in the directory's order
		if _, left := links[strings.ToLower(s.name)]; left && !c.entry(destination{}, s, true, yield) {
			return
		}
	}
}

// isNumber reports whether a stream's name is that of a link.
func isNumber(name string) bool {
	_, err := strconv.ParseUint(name, 16, 32)
	return err == nil
}

// entry joins an entry of the DestList, or none, to its link, if there is one.
func (c *compound) entry(e destination, s stream, linked bool, yield func(artifacts.Trace, error) bool) bool {
	var link Link
	var failed error
	if linked {
		b, err := c.content(s)
		var parsed error
		if len(b) > 0 {
			link, parsed = Parse(b)
		}
		failed = errors.Join(err, parsed)
	}
	if e.path == "" && link.Length == 0 {
		return tell(failed, 0, yield)
	}
	t := link.trace(JumpList, "DestList entry "+strconv.FormatUint(uint64(e.number), 10))
	if e.path == "" {
		t.Entry = "stream " + s.name
	} else {
		t.Paths = appendPath(appendPath([]string{Unfold(e.path)}, link.Path()), link.Target.Path)
	}
	t.Offset = -1
	t.Times = stamps(append(t.Times, artifacts.Stamp{Time: windows.Filetime(e.opened), Means: LastOpened})...)
	if e.tracker.Machine != "" {
		t.Host = e.tracker.Machine
	}
	t.Details = append(e.details(), t.Details...)
	t.Damaged = text(failed)
	return yield(t, nil) && tell(failed, 0, yield)
}

// A destination is an entry of a DestList.
type destination struct {
	number  uint32 // of the stream that holds its link
	path    string
	opened  uint64 // FILETIME
	pinned  bool
	count   uint32
	score   float32
	tracker Tracker
}

func (e destination) details() []artifacts.Datum {
	if e.path == "" {
		return nil
	}
	var d data
	d.add("in DestList as", e.path)
	if e.pinned {
		d.add("pinned", "yes")
	}
	if e.count != 0 {
		d.add("opened", strconv.FormatUint(uint64(e.count), 10)+" times")
	} else if e.score != 0 && !math.IsNaN(float64(e.score)) {
		d.add("access score", fmt.Sprint(e.score))
	}
	return d
}

// destList reads the entries of a DestList. Versions from 2 on have 16 bytes
// more in front of the path's length and 4 behind the path.
func destList(b []byte) ([]destination, error) {
	if len(b) == 0 {
		return nil, nil // as of an empty jump list
	}
	if len(b) < 32 {
		return nil, artifacts.NewProblem(artifacts.Truncated, 0, "a DestList of %d bytes", len(b))
	}
	version, count := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	fixed, behind := 130, 4
	switch {
	case version == 1:
		fixed, behind = 114, 0
	case version == 0 || version > 9:
		return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "a DestList of version %d", version)
	}
	var all []destination
	off := 32
	for ; off+fixed <= len(b); off += behind {
		e := b[off : off+fixed]
		length := 2 * int(binary.LittleEndian.Uint16(e[fixed-2:]))
		if length > len(b)-off-fixed {
			return all, artifacts.NewProblem(artifacts.Truncated, int64(off), "the path of entry %d in the DestList has %d bytes, %d are left", len(all)+1, length, len(b)-off-fixed)
		}
		d := destination{
			number: binary.LittleEndian.Uint32(e[88:]), score: math.Float32frombits(binary.LittleEndian.Uint32(e[96:])),
			opened: binary.LittleEndian.Uint64(e[100:]), pinned: binary.LittleEndian.Uint32(e[108:]) != 0xffffffff,
			tracker: tracker(e[8:72]), path: wide(b[off+fixed : off+fixed+length]),
		}
		d.tracker.Machine = ansi(e[72:88])
		if fixed == 130 {
			d.count = binary.LittleEndian.Uint32(e[116:])
		}
		all = append(all, d)
		off += fixed + length
	}
	if uint64(len(all)) < uint64(count) {
		return all, artifacts.NewProblem(artifacts.Truncated, int64(min(off, len(b))), "the DestList has %d entries, %d are there", count, len(all))
	}
	return all, nil
}

// Application returns the identifier of the program whose jump list a file is,
// in lower case, and the program's name where the identifier is known.
func Application(file string) (id, program string) {
	id, _, _ = strings.Cut(strings.ToLower(path.Base(strings.ReplaceAll(file, `\`, "/"))), ".")
	return id, applications()[strings.TrimLeft(id, "0")]
}
