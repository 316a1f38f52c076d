package blocks

import (
	"io"

	"hivetriage/artifacts"
)

// Located names the file in an error.
func Located(name string, err error) *artifacts.Problem {
	p := artifacts.Located(artifacts.Locator{}, err)
	return artifacts.NewProblem(p.Kind, p.Offset, "%s: %w", name, p.Err)
}

// At gives a problem its place in the media.
func At(p *artifacts.Problem, off int64) *artifacts.Problem {
	q := *p
	q.Offset = off
	return &q
}

// ReadAt reads all of p, or tells why not.
func ReadAt(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		return artifacts.NewProblem(artifacts.Truncated, -1, "the file ends at offset %d, inside the %d bytes at %d", off+int64(n), len(p), off)
	}
	return artifacts.NewProblem(artifacts.IO, -1, "reading %d bytes at %d: %w", len(p), off, err)
}

// Short explains a read of a file that gave less than was wanted; it is nil
// where it did not.
func Short(name string, off int64, got, wanted int, err error) *artifacts.Problem {
	switch {
	case got == wanted:
		return nil
	case err == nil || err == io.EOF:
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s ends at offset %d", name, off+int64(got))
	}
	return artifacts.NewProblem(artifacts.IO, -1, "%s: reading at offset %d: %w", name, off+int64(got), err)
}
