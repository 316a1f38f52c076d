package shelllink

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"hivetriage/artifacts"
)

// maxCustom bounds what is read of a customDestinations-ms file, bytes.
const maxCustom = 32 << 20

// Of the customDestinations-ms form: bytes of the header, in front of the
// first category, and what stands behind each category.
const customHeader = 12

var (
	customFooter = []byte{0xab, 0xfb, 0xbf, 0xba}
	linkHeader   = append([]byte{headerSize, 0, 0, 0}, clsid...)
)

const userTasks = 2 // type of the category that the program itself fills

// readCustom finds the links by their header, wherever they lie: the lengths
// around them cannot be relied on. The first category begins behind the header,
// each other one behind the footer of the one before.
func readCustom(ctx context.Context, r io.ReaderAt, size int64, yield func(artifacts.Trace, error) bool) {
	b := make([]byte, max(min(size, maxCustom), 0))
	n, err := r.ReadAt(b, 0)
	if n < len(b) && !yield(artifacts.Trace{}, short(err, int64(n), "a jump list")) {
		return
	}
	b = b[:n]
	if size > maxCustom && !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, maxCustom, "a jump list of %d bytes", size)) {
		return
	}
	if len(b) < customHeader || binary.LittleEndian.Uint32(b) != 2 {
		if !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "no header of a jump list")) {
			return
		}
	}
	category := customHeader
	for at := bytes.Index(b, linkHeader); at >= 0; {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, artifacts.Located(artifacts.Locator{}, err))
			return
		}
		end := len(b) // no link is inside of another
		next := bytes.Index(b[at+len(linkHeader):], linkHeader)
		if next >= 0 {
			next += at + len(linkHeader)
			end = next
		}
		link, err := Parse(b[at:end])
		if link.Length > 0 {
			t := link.trace(JumpList, fmt.Sprintf("link at %d", at))
			t.Offset, t.Damaged = int64(at), text(err)
			if category+4 <= at && binary.LittleEndian.Uint32(b[category:]) == userTasks {
				t.Deed = artifacts.Existed
				t.Details = append(t.Details, artifacts.Datum{Name: "category", Value: "tasks, which the program itself offers"})
			}
			if !yield(t, nil) {
				return
			}
		}
		if !tell(err, int64(at), yield) {
			return
		}
		if f := bytes.LastIndex(b[at:end], customFooter); f >= 0 {
			category = at + f + len(customFooter)
		}
		at = next
	}
}
