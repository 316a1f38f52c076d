package collection

import (
	"bufio"
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"hivetriage/artifacts"
)

const (
	// A decoder goes on until its window of 32 KiB is full, however little is
	// read of it. So it is given only so many packed bytes at first: enough for
	// artifacts.MaxHead bytes of most files, and then of any that are not
	// compressed at all.
	fewPacked  = 1792
	headPacked = artifacts.MaxHead + 128
	// somePacked is for files that may be read to the end, but often are not.
	somePacked = 32 << 10
	// mostPacked is how many packed bytes are in memory at once. A decoder is
	// faster with all of them there.
	mostPacked = 4 << 20
)

// An inflation reads a deflate stream. It gives the decoder the first packed
// bytes, and begins again with more of them where those do not do.
type inflation struct {
	packed  io.Reader
	section *io.SectionReader // packed, where any part of it can be read
	buf     []byte            // the first bytes of section
	short   error             // why there is no more in buf than there is
	given   int               // bytes of buf that are in in
	in      bytes.Reader
	large   *bufio.Reader // of packed, where buf is not used
	decoder io.ReadCloser // a flate.Resetter; nil after Close
	out     int64         // bytes that were read
}

var (
	decoders     sync.Pool // of io.ReadCloser that are flate.Resetter
	largeBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}
)

// inflate returns the content of a deflate stream. Few says that no more than
// artifacts.MaxHead bytes will be read.
func inflate(packed io.Reader, few bool) io.ReadCloser {
	f := &inflation{packed: packed}
	f.section, _ = packed.(*io.SectionReader)
	if f.section == nil {
		f.stream()
		return f
	}
	f.buf = takeBuffer(somePacked)
	if few {
		f.load(headPacked)
		f.give(fewPacked)
	} else {
		f.load(somePacked)
		f.give(somePacked)
	}
	return f
}

// load reads on to the first n packed bytes.
func (f *inflation) load(n int64) {
	old := len(f.buf)
	n = min(n, f.section.Size())
	if n > int64(cap(f.buf)) {
		larger := append(takeBuffer(n), f.buf...)
		giveBuffer(f.buf)
		f.buf = larger
	}
	f.buf = f.buf[:n]
	got, err := f.section.ReadAt(f.buf[old:], int64(old))
	if f.buf = f.buf[:old+got]; int64(len(f.buf)) < n {
		f.short = err
	}
}

// give begins the stream with n of the packed bytes in memory.
func (f *inflation) give(n int) {
	f.given = min(n, len(f.buf))
	f.in.Reset(f.buf[:f.given])
	f.begin(&f.in)
}

// stream begins it with a reader of all of them.
func (f *inflation) stream() {
	f.large = largeBuffers.Get().(*bufio.Reader)
	f.large.Reset(f.packed)
	f.begin(f.large)
}

func (f *inflation) begin(r flate.Reader) {
	if f.decoder == nil {
		f.decoder, _ = decoders.Get().(io.ReadCloser)
	}
	if again, ok := f.decoder.(flate.Resetter); !ok || again.Reset(r, nil) != nil {
		f.decoder = flate.NewReader(r)
	}
}

// Read is that of the decoder, which wants more where its input ends.
func (f *inflation) Read(p []byte) (int, error) {
	for {
		n, err := f.decoder.Read(p)
		f.out += int64(n)
		switch {
		case err != io.ErrUnexpectedEOF || f.large != nil:
			return n, err
		case n > 0:
			return n, nil
		case f.given < len(f.buf):
		case f.short != nil && f.short != io.EOF:
			return 0, f.short
		case f.short != nil || int64(len(f.buf)) == f.section.Size():
			return 0, err
		}
		if err := f.more(); err != nil {
			return 0, err
		}
	}
}

// more begins again with more packed bytes and goes to where the reader is.
func (f *inflation) more() error {
	switch {
	case f.given < len(f.buf):
		f.give(len(f.buf))
	case len(f.buf) < somePacked:
		f.load(somePacked)
		f.give(somePacked)
	case f.section.Size() <= mostPacked:
		f.load(mostPacked)
		f.give(mostPacked)
	default:
		f.stream()
	}
	_, err := io.CopyN(io.Discard, f.decoder, f.out)
	return err
}

// Close gives the memory back.
func (f *inflation) Close() error {
	if f.decoder == nil {
		return nil
	}
	decoders.Put(f.decoder)
	giveBuffer(f.buf)
	if f.large != nil {
		f.large.Reset(nil)
		largeBuffers.Put(f.large)
	}
	*f = inflation{}
	return nil
}
