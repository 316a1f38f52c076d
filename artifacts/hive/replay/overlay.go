package replay

import (
	"errors"
	"io"
)

// An Overlay is a hive as it is with its logs replayed. It holds the sectors
// that differ; the hive itself is not changed. ReadAt may be called from
// several goroutines if the hive's may.
type Overlay struct {
	hive    io.ReaderAt
	stored  int64 // bytes of the hive as it is stored
	size    int64
	sectors map[int64][]byte // by file offset / sector
}

// Size returns the bytes of the hive with its logs replayed, which can be more
// than are stored.
func (o *Overlay) Size() int64 { return o.size }

// ReadAt implements io.ReaderAt.
func (o *Overlay) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, errors.New("replay: negative offset")
	}
	n := int(min(int64(len(p)), max(0, o.size-offset)))
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	stored := int(min(int64(n), max(0, o.stored-offset)))
	if m, err := o.hive.ReadAt(p[:stored], offset); m < stored {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return m, err
	}
	clear(p[stored:n])
	if len(o.sectors) > 0 {
		o.patch(p[:n], offset)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// patch puts the sectors that differ into p, which begins at offset.
func (o *Overlay) patch(p []byte, offset int64) {
	end := offset + int64(len(p))
	for s := offset / sector; s*sector < end; s++ {
		b, ok := o.sectors[s]
		if !ok {
			continue
		}
		if at := s*sector - offset; at >= 0 {
			copy(p[at:], b)
		} else {
			copy(p, b[-at:])
		}
	}
}

// put writes whole sectors of bins at an offset from the first bin.
func (o *Overlay) put(offset int64, data []byte) {
	for i := 0; i < len(data); i += sector {
		o.sectors[(baseSize+offset+int64(i))/sector] = data[i : i+sector]
	}
}
