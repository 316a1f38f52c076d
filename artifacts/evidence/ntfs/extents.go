package ntfs

import (
	"io"
	"sort"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// A runs is a stream as its extents give it: the reader for everything that
// is not compressed. It is never changed once made.
type runs struct {
	disk        bounded.Disk
	clusterSize int64
	extents     []extent // adjoining, from VCN 0 on
	size        int64    // bytes of the stream
	valid       int64    // bytes that were ever written; the rest reads as zeros
	unit        int64    // clusters per compression unit; 0: never compressed
}

// joinRuns decodes the run lists of a stream's first attribute and of those
// that carry it on. With an error it still returns the extents before it.
func (v *Volume) joinRuns(first *attribute, more []*attribute) (*runs, error) {
	s := &runs{disk: v.disk, clusterSize: v.clusterSize, size: first.size, valid: min(first.valid, first.size), unit: first.unit}
	if s.size < 0 || s.valid < 0 || s.size > v.maxVCN()*v.clusterSize {
		return s, artifacts.NewProblem(artifacts.Malformed, -1, "stream of %d bytes, %d of them valid", s.size, s.valid)
	}
	var next, used int64
	for i := -1; i < len(more); i++ {
		a := first
		if i >= 0 {
			a = more[i]
		}
		if a.startVCN != next {
			return s, artifacts.NewProblem(artifacts.Malformed, -1, "run list: part for cluster %d of the stream is missing, next is %d", next, a.startVCN)
		}
		r := v.geometry.runs(a)
		for {
			x, ok, err := r.next()
			if err != nil {
				return s, err
			}
			if !ok {
				break
			}
			if x.lcn != hole {
				if used += x.count; used > v.clusters {
					return s, artifacts.NewProblem(artifacts.Malformed, -1, "run list: more clusters than the volume has")
				}
			}
			s.extents = append(s.extents, x)
		}
		next = r.vcn
	}
	if s.covered() < s.size && s.covered() < s.valid {
		return s, artifacts.NewProblem(artifacts.Malformed, -1, "run list ends after %d of %d bytes", s.covered(), s.size)
	}
	return s, nil
}

// covered returns the bytes that the extents map.
func (s *runs) covered() int64 {
	if len(s.extents) == 0 {
		return 0
	}
	last := s.extents[len(s.extents)-1]
	return (last.vcn + last.count) * s.clusterSize
}

// locate returns the index of the extent that maps virtual cluster vcn, or
// len(s.extents).
func (s *runs) locate(vcn int64) int {
	return sort.Search(len(s.extents), func(i int) bool { return s.extents[i].vcn+s.extents[i].count > vcn })
}

// place returns the volume's byte that is byte offset of the stream, -1 if
// that is in a hole.
func (s *runs) place(offset int64) int64 {
	i := s.locate(offset / s.clusterSize)
	if i == len(s.extents) || s.extents[i].lcn == hole {
		return -1
	}
	x := s.extents[i]
	return (x.lcn-x.vcn)*s.clusterSize + offset
}

// stored returns the first range at or after off that lies in clusters and was
// ever written.
func (s *runs) stored(off int64) (from, to int64) {
	for i := s.locate(off / s.clusterSize); i < len(s.extents); i++ {
		x := s.extents[i]
		if x.lcn == hole {
			continue
		}
		from, to = max(off, x.vcn*s.clusterSize), (x.vcn+x.count)*s.clusterSize
		for i++; i < len(s.extents) && s.extents[i].lcn != hole; i++ {
			to = (s.extents[i].vcn + s.extents[i].count) * s.clusterSize
		}
		if from >= s.valid {
			break
		}
		return from, min(to, s.valid)
	}
	return max(off, s.size), s.size
}

// ReadAt implements io.ReaderAt over the stream's size.
func (s *runs) ReadAt(p []byte, offset int64) (int, error) {
	return readWithin(p, offset, s.size, s.readFull)
}

// readWithin gives read, which fills its slice or fails, the manners of an
// io.ReaderAt of the given size.
func readWithin(p []byte, offset, size int64, read func([]byte, int64) error) (int, error) {
	if offset < 0 {
		return 0, artifacts.NewProblem(artifacts.Malformed, -1, "read at offset %d", offset)
	}
	if offset >= size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), size-offset))
	if err := read(p[:n], offset); err != nil {
		return 0, err
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readFull fills p from offset, inside the stream, or fails.
func (s *runs) readFull(p []byte, offset int64) error {
	if offset+int64(len(p)) > s.valid {
		keep := max(s.valid-offset, 0)
		clear(p[keep:])
		p = p[:keep]
	}
	for i := s.locate(offset / s.clusterSize); len(p) > 0; i++ {
		if i >= len(s.extents) {
			return artifacts.NewProblem(artifacts.Malformed, offset, "the stream's run list ends before this byte")
		}
		x := s.extents[i]
		n := int(min(int64(len(p)), (x.vcn+x.count)*s.clusterSize-offset))
		if x.lcn == hole {
			clear(p[:n])
		} else if err := s.disk.ReadFull(p[:n], (x.lcn-x.vcn)*s.clusterSize+offset); err != nil {
			return err
		}
		p, offset = p[n:], offset+int64(n)
	}
	return nil
}
