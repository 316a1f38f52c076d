package index

import (
	"context"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
)

// I30 is the Artefact of the traces.
const I30 = "$I30"

const (
	usualBlock = 4096
	maxNames   = 1 << 20 // names and versions that are remembered, by eight bytes each
)

// Named reports whether a file of that path is an index that a collector
// copied; its stream is called $I30 in the folder itself.
func Named(p string) bool {
	name := strings.ToLower(p[strings.LastIndexByte(p, '/')+1:])
	return name == "$i30" || strings.HasSuffix(name, ":$i30") || strings.HasSuffix(name, "%3a$i30") || strings.HasSuffix(name, "_$i30")
}

// Entries yields the entries of all blocks of a stream, as Block does. inUse is
// the index's $BITMAP, nil where it is not known: then no block is free.
func Entries(ctx context.Context, r io.ReaderAt, size int64, inUse []byte) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		w := window{r: r, size: size, b: make([]byte, maxBlock)}
		length := int64(usualBlock)
		for offset := int64(0); offset < size; offset += length {
			if err := ctx.Err(); err != nil {
				yield(Entry{}, artifacts.NewProblem(artifacts.IO, offset, "stopped: %w", err))
				return
			}
			b, err := w.at(offset, length)
			if known := int64(blockSize(b)); known > 0 && known != length {
				length = known
				b, err = w.at(offset, length)
			}
			if n := int64(len(b)); n < length {
				if err == nil || err == io.EOF {
					yield(Entry{}, artifacts.NewProblem(artifacts.Truncated, offset, "the last block has %d of %d bytes", n, length))
				} else {
					yield(Entry{}, artifacts.NewProblem(artifacts.IO, offset, "reading a block: %w", err))
				}
				return
			}
			number := offset / length
			free := inUse != nil && (number/8 >= int64(len(inUse)) || inUse[number/8]&(1<<(number%8)) == 0)
			for entry, err := range Block(b[:length], offset, free) {
				if !yield(entry, err) {
					return
				}
			}
		}
	}
}

// A window is the part of a stream that is in memory.
type window struct {
	r    io.ReaderAt
	size int64
	b    []byte
	from int64
	n    int
	err  error // of the last reading
}

// at returns what is in memory from offset on: length bytes or more, fewer
// only where the stream ends or cannot be read.
func (w *window) at(offset, length int64) ([]byte, error) {
	if offset < w.from || offset+length > w.from+int64(w.n) {
		w.from = offset
		w.n, w.err = w.r.ReadAt(w.b[:min(int64(len(w.b)), w.size-offset)], offset)
	}
	return w.b[offset-w.from : w.n], w.err
}

// Read yields the files whose names stand in slack only: that they were in
// the folder, and what was told of them last. Whether they were deleted,
// renamed or moved is open; a name that the part of the index that is in the
// folder's MFT record has is told too, as that part is not in the stream.
// Names of 8.3 form beside long ones are left out, and copies of one entry are
// told once.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return ReadWith(ctx, r, size, nil, nil)
}

// ReadWith is Read with what else there is of the index: names in the value of
// its $INDEX_ROOT are in use, and those in blocks that its $BITMAP calls free
// count as slack.
func ReadWith(ctx context.Context, r io.ReaderAt, size int64, root, inUse []byte) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		known := map[uint64]struct{}{} // names in use, and copies that were told
		seed := maphash.MakeSeed()
		for entry, err := range Root(root) {
			if err == nil {
				known[maphash.String(seed, entry.Name)] = struct{}{}
			}
		}
		for entry, err := range Entries(ctx, r, size, inUse) {
			if err == nil && !entry.Slack && len(known) < maxNames {
				known[maphash.String(seed, entry.Name)] = struct{}{}
			}
		}
		for entry, err := range Entries(ctx, r, size, inUse) {
			if err != nil {
				if !yield(artifacts.Trace{}, err) {
					return
				}
				continue
			}
			if !entry.Slack || entry.DOS {
				continue
			}
			version := maphash.Comparable(seed, versionOf(&entry))
			_, used := known[maphash.String(seed, entry.Name)]
			_, told := known[version]
			if used || told {
				continue
			}
			if len(known) < maxNames {
				known[version] = struct{}{}
			}
			if !yield(entry.Trace(), nil) {
				return
			}
		}
	}
}

// A version is what copies of one entry have in common: the index is written
// anew, elsewhere, whenever a name comes before it.
type version struct {
	name                                 string
	size                                 int64
	created, modified, changed, accessed int64
}

func versionOf(e *Entry) version {
	t := &e.Times
	return version{e.Name, e.Size, t.Created.UnixNano(), t.Modified.UnixNano(), t.Changed.UnixNano(), t.Accessed.UnixNano()}
}

// Trace tells of the entry as a reader of artefacts does.
func (e *Entry) Trace() artifacts.Trace {
	trace := artifacts.Trace{Artefact: I30, Deed: artifacts.Existed, Offset: e.Offset, Entry: e.Name, Paths: []string{e.Name}}
	for _, s := range []artifacts.Stamp{{Time: e.Times.Created, Means: "created"}, {Time: e.Times.Modified, Means: "modified"}, {Time: e.Times.Changed, Means: "MFT record changed"}, {Time: e.Times.Accessed, Means: "accessed"}} {
		if !s.Time.IsZero() {
			trace.Times = append(trace.Times, s)
		}
	}
	slices.SortStableFunc(trace.Times, func(a, b artifacts.Stamp) int { return a.Time.Compare(b.Time) })
	trace.Details = []artifacts.Datum{{Name: "Size", Value: strconv.FormatInt(e.Size, 10)}, {Name: "Folder", Value: e.Parent.String()}}
	if e.File != (artifacts.FileReference{}) {
		trace.Details = append(trace.Details, artifacts.Datum{Name: "File", Value: e.File.String()})
	}
	if e.Torn {
		trace.Damaged = "a sector of the block is from another write"
	}
	return trace
}
