package ntfs

import (
	"sync"

	"hivetriage/artifacts"
)

// A compressed reads an LZNT1-compressed stream. Such a stream is cut into
// units; a unit without a hole is stored as it is, one that is all hole reads
// as zeros, any other is compressed in the clusters before its hole. Where
// holes adjoin they may stand in the run list as one, across units.
type compressed struct {
	*runs
	mu   sync.Mutex
	unit int64  // number of the unit in plain, -1 for none
	data []byte // its bytes
	raw  []byte
}

func newCompressed(s *runs) *compressed { return &compressed{runs: s, unit: -1} }

// ReadAt implements io.ReaderAt over the stream's size.
func (c *compressed) ReadAt(p []byte, offset int64) (int, error) {
	return readWithin(p, offset, c.size, c.readFull)
}

func (c *compressed) readFull(p []byte, offset int64) error {
	if offset+int64(len(p)) > c.valid {
		keep := max(c.valid-offset, 0)
		clear(p[keep:])
		p = p[:keep]
	}
	size := c.runs.unit * c.clusterSize
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		unit := offset / size
		if unit != c.unit {
			c.unit = -1
			if err := c.load(unit, size); err != nil {
				return err
			}
			c.unit = unit
		}
		n := copy(p, c.data[offset-unit*size:])
		p, offset = p[n:], offset+int64(n)
	}
	return nil
}

// load puts the given unit into c.data.
func (c *compressed) load(unit, size int64) error {
	if c.data == nil {
		c.data, c.raw = make([]byte, size), make([]byte, size)
	}
	first := unit * c.runs.unit
	stored, holes := int64(0), int64(0)
	for i := c.locate(first); i < len(c.extents); i++ {
		x := c.extents[i]
		from, to := max(x.vcn, first), min(x.vcn+x.count, first+c.runs.unit)
		if from >= to {
			break
		}
		if x.lcn == hole {
			holes += to - from
			continue
		}
		if holes > 0 {
			return artifacts.NewProblem(artifacts.Malformed, -1, "compression unit %d has clusters behind a hole", unit)
		}
		b := c.raw[stored*c.clusterSize:][:(to-from)*c.clusterSize]
		if err := c.disk.ReadFull(b, (x.lcn+from-x.vcn)*c.clusterSize); err != nil {
			return err
		}
		stored += to - from
	}
	need := min(size, c.valid-unit*size)
	switch {
	case stored > 0 && holes > 0:
		n, err := decompress(c.data, c.raw[:stored*c.clusterSize])
		if err != nil {
			return err
		}
		// The last chunk of a unit may stop short, whole ones may not be missing.
		if int64(n+chunkSize) <= need {
			return artifacts.NewProblem(artifacts.Malformed, -1, "compression unit %d decompresses to %d of %d bytes", unit, n, need)
		}
		return nil
	case stored > 0 && stored*c.clusterSize < need, stored == 0 && holes*c.clusterSize < need:
		return artifacts.NewProblem(artifacts.Malformed, -1, "compression unit %d: the run list ends inside of it", unit)
	}
	clear(c.data[copy(c.data, c.raw[:stored*c.clusterSize]):])
	return nil
}
