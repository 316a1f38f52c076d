// Package blocks reads virtual disks that are kept in blocks: what the formats
// of such disks have in common once the tables that place them are known.
package blocks

import (
	"cmp"
	"errors"
	"io"
	"slices"

	"hivetriage/artifacts"
)

// A File is one file of a virtual disk.
type File struct {
	Name string // for messages
	R    io.ReaderAt
	Size int64
}

// ReadFull reads all of p. Its error is a *artifacts.Problem without an
// offset, Truncated or IO, whose text names the file and the offset in it.
func (f File) ReadFull(p []byte, at int64) (int, error) {
	if at < 0 || at > f.Size {
		return 0, artifacts.NewProblem(artifacts.Truncated, -1, "%s at offset %d: the file ends at %d", f.Name, at, f.Size)
	}
	n, err := f.R.ReadAt(p[:min(int64(len(p)), f.Size-at)], at)
	switch {
	case n == len(p):
		return n, nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return n, artifacts.NewProblem(artifacts.Truncated, -1, "%s at offset %d: the file ends at %d", f.Name, at, at+int64(n))
	}
	var lower *artifacts.Problem
	if errors.As(err, &lower) { // the file lies in a container that has said it
		return n, artifacts.NewProblem(lower.Kind, -1, "%s at offset %d: %w", f.Name, at, lower.Err)
	}
	return n, artifacts.NewProblem(artifacts.IO, -1, "%s at offset %d: %w", f.Name, at, err)
}

// A Place says where media bytes are.
type Place uint8

const (
	Zeros  Place = iota // nowhere: they read as zeros
	Stored              // in the file
	Above               // in the parent; zeros where there is none or it ends before
)

// A Span is a run of media bytes that lie together.
type Span struct {
	Place  Place
	At     int64 // of Stored: the offset in the file
	Length int64 // at least 1
}

// Stored returns the span that begins at the media offset media and at the
// file offset at, and goes no further than length bytes and than end, where
// the blocks in the file end. Behind end is a Truncated *artifacts.Problem,
// the same for all that the media lose of block, a range of media.
func (f File) Stored(media, at, length, end int64, block Range) (Span, error) {
	if at < end {
		return Span{Place: Stored, At: at, Length: min(length, end-at)}, nil
	}
	from := max(block.Begin, media-(at-end))
	return Span{}, artifacts.NewProblem(artifacts.Truncated, from, "%s at offset %d: media bytes %d to %d lie beyond the end of the file at %d",
		f.Name, at-(media-from), from, block.End-1, end)
}

// Media are the bytes of a disk. They are safe for concurrent use if Locate,
// the file and the parent are.
type Media struct {
	File   File
	Size   int64
	Parent *Media // nil for a disk that stands alone
	// Locate returns the span that begins at the media offset off, 0 <= off < Size.
	// An error is a *artifacts.Problem with an offset in the media.
	Locate func(off int64) (Span, error)
}

// ReadAt reads media bytes. Its errors, io.EOF apart, are *artifacts.Problem
// with the offset in the media where the unreadable bytes begin.
func (m *Media) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, artifacts.NewProblem(artifacts.Malformed, -1, "negative offset %d", off)
	}
	done := 0
	for done < len(p) {
		at := off + int64(done)
		if at >= m.Size {
			return done, io.EOF
		}
		span, err := m.Locate(at)
		if err != nil {
			return done, err
		}
		n, err := m.read(p[done:done+int(min(span.Length, int64(len(p)-done), m.Size-at))], at, span)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (m *Media) read(p []byte, at int64, span Span) (int, error) {
	switch span.Place {
	case Stored:
		n, err := m.File.ReadFull(p, span.At)
		var problem *artifacts.Problem
		if errors.As(err, &problem) {
			return n, artifacts.NewProblem(problem.Kind, at+int64(n), "media bytes from %d on: %w", at+int64(n), problem.Err)
		}
		return n, err
	case Above:
		if m.Parent != nil {
			n, err := m.Parent.ReadAt(p, at)
			if err != io.EOF {
				return n, err
			}
			clear(p[n:])
			return len(p), nil
		}
	}
	clear(p)
	return len(p), nil
}

// A Set is a set of block numbers; nil is empty.
type Set []uint64

// Has reports whether the set has n.
func (s Set) Has(n int64) bool { return len(s) > 0 && s[n/64]&(1<<(n%64)) != 0 }

// A Range is a part of a file.
type Range struct{ Begin, End int64 }

// Collisions returns the blocks of which others claim a part of the same
// bytes, and how many they are. Place returns where block n is in the file, or
// false where it is not in it; there are fewer than 1<<31. Reserved are the
// parts that hold no blocks.
func Collisions(count int64, place func(n int64) (Range, bool), reserved ...Range) (Set, int64) {
	var order []int32 // the blocks in the file, as they stand there
	for n := range count {
		if _, ok := place(n); ok {
			order = append(order, int32(n))
		}
	}
	begin := func(n int32) int64 { at, _ := place(int64(n)); return at.Begin }
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(begin(a), begin(b)), cmp.Compare(a, b)) })
	var set Set
	var found int64
	add := func(n int64) {
		if set == nil {
			set = make(Set, (count+63)/64)
		}
		if !set.Has(n) {
			set[n/64] |= 1 << (n % 64)
			found++
		}
	}
	var reach, owner int64 // how far the blocks before this one reach, and which does
	for i, block := range order {
		n := int64(block)
		at, _ := place(n)
		if i > 0 && at.Begin < reach {
			add(owner)
			add(n)
		}
		if at.End > reach {
			reach, owner = at.End, n
		}
		for _, r := range reserved {
			if at.Begin < r.End && at.End > r.Begin {
				add(n)
			}
		}
	}
	return set, found
}
