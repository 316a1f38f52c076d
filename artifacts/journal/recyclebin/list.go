package recyclebin

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"path"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// INFO2.
const (
	listHeader = 20
	narrow     = 280 // bytes of a record without a path in UTF-16
	wide       = 800
	narrowPath = 260
	maxRecords = 1 << 20
)

func isList(head []byte) bool {
	if len(head) < listHeader || binary.LittleEndian.Uint32(head) > 5 {
		return false
	}
	length := binary.LittleEndian.Uint32(head[12:])
	return length == narrow || length == wide
}

// readList yields the records of an INFO2.
func readList(ctx context.Context, r io.ReaderAt, size int64, yield func(artifacts.Trace, error) bool) {
	var head [listHeader]byte
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, listHeader), head[:]); err != nil {
		yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, 0, "reading the header: %w", err))
		return
	}
	record := make([]byte, binary.LittleEndian.Uint32(head[12:]))
	offset := int64(listHeader)
	for n := 0; offset < size; n++ {
		switch {
		case ctx.Err() != nil:
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, offset, "stopped: %w", ctx.Err()))
			return
		case n == maxRecords:
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, offset, "more than %d records", maxRecords))
			return
		case size-offset < int64(len(record)):
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Truncated, offset, "the last record has %d of %d bytes", size-offset, len(record)))
			return
		}
		if _, err := io.ReadFull(io.NewSectionReader(r, offset, int64(len(record))), record); err != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, offset, "reading a record: %w", err))
			return
		}
		trace, err := listed(record, n)
		trace.Offset = offset
		if err != nil {
			err.Offset = offset
			if !yield(artifacts.Trace{}, err) {
				return
			}
		} else if !yield(trace, nil) {
			return
		}
		offset += int64(len(record))
	}
}

// listed reads the n-th record. The first letter of the path in the code page
// of the system is made NUL when the file is restored or the bin is emptied.
func listed(b []byte, n int) (artifacts.Trace, *artifacts.Problem) {
	index, number := binary.LittleEndian.Uint32(b[narrowPath:]), binary.LittleEndian.Uint32(b[narrowPath+4:])
	gone := b[0] == 0
	short := bytes.Clone(b[:narrowPath])
	if gone && number < 26 {
		short[0] = byte('A' + number)
	}
	short, _, _ = bytes.Cut(short, []byte{0})
	original := windows.ANSI(short)
	if len(b) == wide {
		if full := untilNUL(windows.UTF16(b[narrow:])); full != "" {
			original = full
		}
	}
	if original == "" || gone && len(original) == 1 {
		return artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "record %d has no path", n)
	}
	trace := deletion(original, binary.LittleEndian.Uint64(b[narrowPath+8:]), int64(binary.LittleEndian.Uint32(b[narrowPath+16:])))
	trace.Entry = "record " + strconv.FormatUint(uint64(index), 10)
	if letter := drive(original, number); letter != "" {
		extension := path.Ext(strings.ReplaceAll(original, `\`, "/"))
		trace.Details = append(trace.Details, artifacts.Datum{Name: "Content", Value: "D" + letter + strconv.FormatUint(uint64(index), 10) + extension})
	}
	if gone {
		trace.Details = append(trace.Details, artifacts.Datum{Name: "State", Value: "restored, or the bin was emptied"})
	}
	return trace, nil
}
