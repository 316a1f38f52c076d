package image

import "io"

// alignment is a multiple of every sector size in use: Windows refuses reads
// from a device that do not begin and end on a sector.
const alignment = 4096

// An alignedReader reads from a device in whole sectors at sector offsets,
// whatever is asked of it. Size is a multiple of the sector size.
type alignedReader struct {
	r    io.ReaderAt
	size int64
}

func (a alignedReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= a.size {
		return 0, io.EOF
	}
	var end error
	if rest := a.size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	n, err := a.readInside(p, off)
	if err == nil {
		err = end
	}
	return n, err
}

// readInside reads a range that lies inside the device: an unaligned head and
// tail through a buffer, what is between them straight into p.
func (a alignedReader) readInside(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		at := off + int64(done)
		rest := p[done:]
		if at%alignment == 0 && len(rest) >= alignment {
			whole := rest[:len(rest)/alignment*alignment]
			n, err := readFull(a.r, whole, at)
			done += n
			if err != nil {
				return done, err
			}
			continue
		}
		begin := at / alignment * alignment
		block := make([]byte, min(alignment, a.size-begin))
		n, err := readFull(a.r, block, begin)
		if n > int(at-begin) {
			done += copy(rest, block[at-begin:n])
		}
		if err != nil && done < len(p) {
			return done, err
		}
	}
	return done, nil
}

// readFull reads all of p: no error where it could, and always one where it
// could not, io.ErrUnexpectedEOF at the end of r.
func readFull(r io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := r.ReadAt(p, off)
	return n, filled(n, len(p), err)
}

// filled is the error of a read that gave n of the wanted bytes.
func filled(n, want int, err error) error {
	switch {
	case n == want:
		return nil
	case err == nil || err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}
