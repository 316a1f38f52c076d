package ntfs

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"www.velocidex.com/golang/go-ntfs/parser"
)

// A library is go-ntfs on the same volume. It reads plain streams: in use, in
// one record, without holes, compression or an unwritten tail; it is known to
// err on others. What it fails to read, our own run-list reader reads.
type library struct {
	once sync.Once
	mu   sync.Mutex // its caches are not ours to trust
	ntfs *parser.NTFSContext
	err  error
}

// compared is how many bytes at a stream's beginning and end must be the same
// from both readers before the library's is used.
const compared = 4096

// open returns the reader for the plain stream s of record number, whose
// attribute is d: the library's, or s itself if they do not agree.
func (l *library) open(v *Volume, s *runs, d *data, number uint32) io.ReaderAt {
	r, err := l.stream(v, d, number)
	if err != nil {
		return s
	}
	g := &guarded{theirs: r, ours: s}
	for _, at := range []int64{0, max(s.size-compared, 0)} {
		a, b := make([]byte, min(compared, s.size)), make([]byte, min(compared, s.size))
		if !g.try(a, at) || s.readFull(b, at) != nil || !bytes.Equal(a, b) {
			return s
		}
	}
	return g
}

// stream opens the stream with the library; a panic becomes an error.
func (l *library) stream(v *Volume, d *data, number uint32) (r io.ReaderAt, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, fmt.Errorf("go-ntfs: panic: %v", p)
		}
	}()
	l.once.Do(func() {
		l.err = fmt.Errorf("go-ntfs: the volume could not be opened")
		l.ntfs, l.err = parser.GetNTFSContext(v.disk, 0)
	})
	if l.err != nil {
		return nil, l.err
	}
	mft, err := l.ntfs.GetMFT(int64(number))
	if err != nil {
		return nil, err
	}
	return parser.OpenStream(l.ntfs, mft, attrData, d.id, parser.WILDCARD_STREAM_NAME)
}

// A guarded reads with the library and, where that comes short, with our own
// reader.
type guarded struct {
	theirs io.ReaderAt
	ours   *runs
}

// ReadAt implements io.ReaderAt over the stream's size.
func (g *guarded) ReadAt(p []byte, offset int64) (int, error) {
	return readWithin(p, offset, g.ours.size, func(p []byte, offset int64) error {
		if g.try(p, offset) {
			return nil
		}
		return g.ours.readFull(p, offset)
	})
}

// try reports whether the library filled p.
func (g *guarded) try(p []byte, offset int64) (filled bool) {
	defer func() {
		if recover() != nil {
			filled = false
		}
	}()
	n, err := g.theirs.ReadAt(p, offset)
	return n == len(p) && (err == nil || err == io.EOF)
}

// plain reports whether the stream is one that the library reads right.
func (s *runs) plain() bool {
	if s.unit > 0 || s.valid != s.size || s.covered() < s.size || s.size == 0 {
		return false
	}
	for _, x := range s.extents {
		if x.lcn == hole {
			return false
		}
	}
	return true
}
