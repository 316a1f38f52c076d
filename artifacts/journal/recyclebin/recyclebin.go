// Package recyclebin reads what the Recycle Bin keeps of each deleted file:
// its former path, its size and when it was deleted.
//
// Format facts: since Windows Vista every deleted file has an index file
// $Ixxxxxx.ext beside its content $Rxxxxxx.ext, in the folder
// \$Recycle.Bin\SID. Version 1 (Vista to 8.1) has 544 bytes: version, size and
// FILETIME of the deletion of eight bytes each and a path of 260 UTF-16 units;
// version 2 (Windows 10) has the length of the path in units, with its NUL,
// before a path of that length. Before Vista one file INFO2 in
// \RECYCLER\SID or \RECYCLED lists all: a header of 20 bytes, the record's
// length at 12, and records of 280 bytes (path of 260 bytes in the code page
// of the system, index, drive, FILETIME, size on disk), which on Windows
// 2000 and later have 800 bytes with the path once more in UTF-16.
package recyclebin

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// RecycleBin is the Artefact of the traces.
const RecycleBin = "RecycleBin"

const (
	fixedLength  = 544 // of version 1
	headLength   = 24  // version, size, time
	pathInV1     = headLength
	pathInV2     = headLength + 4
	maxUnits     = 32767 // of a path in UTF-16, with its NUL
	maxIndexFile = pathInV2 + 2*maxUnits
)

// Named reports whether a file of that path is one of the Recycle Bin's
// indexes, by place and name.
func Named(p string) bool {
	folder, name := path.Split(strings.ToLower(p))
	switch {
	case strings.HasPrefix(name, "$i"):
		return strings.Contains(folder, "/$recycle.bin/") && !strings.Contains(strings.TrimSuffix(after(folder, "/$recycle.bin/"), "/"), "/")
	case name == "info2":
		return strings.Contains(folder, "/recycler/") || strings.HasSuffix(folder, "/recycled/")
	}
	return false
}

func after(s, sep string) string {
	_, rest, _ := strings.Cut(s, sep)
	return rest
}

// IsIndex reports whether the file called name, a path or its last part, that
// begins with head and has size bytes is an index of the Recycle Bin,
// wherever it lies.
func IsIndex(name string, head []byte, size int64) bool {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	switch {
	case strings.HasPrefix(base, "$i"):
		return isFile(head, size)
	case base == "info2":
		return isList(head)
	}
	return false
}

func isFile(head []byte, size int64) bool {
	if len(head) < headLength || size > maxIndexFile || windows.Filetime(binary.LittleEndian.Uint64(head[16:])).IsZero() {
		return false
	}
	switch binary.LittleEndian.Uint64(head) {
	case 1:
		return size > pathInV1 && size <= fixedLength
	case 2:
		return size > pathInV2
	}
	return false
}

// SID returns the account in whose bin the file at path lies, "" if the path
// does not tell.
func SID(p string) string {
	parts := strings.Split(p, "/")
	for i, part := range parts[:len(parts)-1] {
		if lower := strings.ToLower(part); lower == "$recycle.bin" || lower == "recycler" {
			if sid := strings.ToUpper(parts[i+1]); strings.HasPrefix(sid, "S-1-") && i+2 < len(parts) {
				return sid
			}
		}
	}
	return ""
}

// Content returns the path of the file or folder $R that the index file $I at
// path describes, "" if path is not that of one.
func Content(p string) string {
	folder, name := path.Split(p)
	if len(name) < 3 || !strings.EqualFold(name[:2], "$I") {
		return ""
	}
	return folder + "$R" + name[2:]
}

// Read yields the deleted files that an index of any version names: one of a
// $I file, all of an INFO2. Paths has the path before the deletion. User is
// the caller's to add, by SID.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		head := make([]byte, min(size, headLength))
		if _, err := io.ReadFull(io.NewSectionReader(r, 0, int64(len(head))), head); err != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, 0, "reading the header: %w", err))
			return
		}
		if isList(head) {
			readList(ctx, r, size, yield)
			return
		}
		trace, err := readFile(r, size, head)
		if len(trace.Paths) > 0 && !yield(trace, nil) {
			return
		}
		if err != nil {
			yield(artifacts.Trace{}, err)
		}
	}
}

// readFile reads a $I file.
func readFile(r io.ReaderAt, size int64, head []byte) (artifacts.Trace, error) {
	if len(head) < headLength {
		return artifacts.Trace{}, artifacts.NewProblem(artifacts.Truncated, size, "%d bytes, which is less than a header", size)
	}
	version := binary.LittleEndian.Uint64(head)
	if version != 1 && version != 2 {
		return artifacts.Trace{}, artifacts.NewProblem(artifacts.Unsupported, 0, "version %d of the index", version)
	}
	b := make([]byte, min(size, maxIndexFile))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, int64(len(b))), b); err != nil {
		return artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, headLength, "reading the path: %w", err)
	}
	var problem error
	name := b[min(pathInV1, len(b)):min(fixedLength, len(b))]
	if version == 2 {
		if len(b) < pathInV2 {
			return artifacts.Trace{}, artifacts.NewProblem(artifacts.Truncated, size, "no path")
		}
		units := binary.LittleEndian.Uint32(b[headLength:])
		name = b[pathInV2:]
		switch {
		case units > maxUnits:
			problem = artifacts.NewProblem(artifacts.Malformed, headLength, "a path of %d units", units)
		case int(units)*2 > len(name):
			problem = artifacts.NewProblem(artifacts.Truncated, size, "the path ends before its %d units", units)
		default:
			name = name[:units*2]
		}
	}
	original := untilNUL(windows.UTF16(name))
	if original == "" {
		if problem == nil {
			problem = artifacts.NewProblem(artifacts.Malformed, pathInV1, "an empty path")
		}
		return artifacts.Trace{}, problem
	}
	trace := deletion(original, binary.LittleEndian.Uint64(head[16:]), int64(binary.LittleEndian.Uint64(head[8:])))
	if problem != nil {
		trace.Damaged = "the path may be cut or have strange bytes behind it"
	}
	return trace, problem
}

func deletion(original string, filetime uint64, size int64) artifacts.Trace {
	trace := artifacts.Trace{Artefact: RecycleBin, Deed: artifacts.Removed, Paths: []string{original}}
	if at := windows.Filetime(filetime); !at.IsZero() {
		trace.Times = []artifacts.Stamp{{Time: at, Means: "deleted"}}
	}
	if size >= 0 {
		trace.Details = []artifacts.Datum{{Name: "Size", Value: strconv.FormatInt(size, 10)}}
	} else {
		trace.Damaged = "the size is negative"
	}
	return trace
}

func untilNUL(s string) string {
	before, _, _ := strings.Cut(s, "\x00")
	return before
}

// drive is the letter that a path begins with, or that the number of the
// drive stands for.
func drive(original string, number uint32) string {
	if c, n := utf8.DecodeRuneInString(original); n == 1 && len(original) > 1 && original[1] == ':' {
		return strings.ToLower(string(c))
	}
	if number < 26 {
		return string(rune('a' + number))
	}
	return ""
}
