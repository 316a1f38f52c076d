package blocks

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
)

// ErrFull says that a stream goes on beyond the end of its block.
var ErrFull = errors.New("the stream decompresses to more than its size")

// A Zlib decompresses the zlib streams of blocks, one at a time. Its zero
// value is ready.
type Zlib struct {
	in bytes.Reader
	r  io.ReadCloser // a zlib.Resetter
}

// Inflate decompresses the whole of the stream that src begins with, and
// verifies its Adler-32. It returns how many bytes of dst it filled and how
// many of src it took. An error is ErrFull, one of the zlib package, or
// io.ErrUnexpectedEOF where the stream is cut short. None of the bytes is to be
// trusted then.
func (z *Zlib) Inflate(dst, src []byte) (n, used int, err error) {
	z.in.Reset(src)
	if again, ok := z.r.(zlib.Resetter); ok {
		err = again.Reset(&z.in, nil)
	} else {
		z.r, err = zlib.NewReader(&z.in)
	}
	for err == nil && n < len(dst) {
		var got int
		got, err = z.r.Read(dst[n:])
		n += got
	}
	var beyond [1]byte
	for err == nil {
		var got int
		if got, err = z.r.Read(beyond[:]); got > 0 {
			err = ErrFull
		}
	}
	if err == io.EOF {
		err = nil
	}
	return n, len(src) - z.in.Len(), err
}
