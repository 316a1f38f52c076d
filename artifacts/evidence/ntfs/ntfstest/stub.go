package ntfstest

import (
	"errors"
	"io"
)

// Plausible makes the i-th filler file.
func Plausible(i int) File { return File{} }

// Build writes the volume to w and returns its size in bytes. What is zero is
// not written: w must read as zeros where nothing was written, and must be cut
// or extended to the returned size by the caller.
func (b *Builder) Build(w io.WriterAt) (int64, error) { return 0, errors.New("ntfstest: empty volume") }
