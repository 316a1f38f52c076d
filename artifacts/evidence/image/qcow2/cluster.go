package qcow2

import (
	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

// The bits of table entries.
const (
	offsetMask   = 0x00fffffffffffe00
	copiedBit    = 1 << 63
	packedBit    = 1 << 62
	zeroBit      = 1 << 0
	reservedInL1 = 0x7f000000000001ff
	reservedInL2 = 0x3f000000000001fe // of entries that are not compressed
)

// What became of a stretch of the media.
type status uint8

const (
	absent status = iota // the backing file's bytes, or zeros without one
	zeros
	stored // as it is, in the data file
	packed // compressed
)

// A place is where one unit, a cluster or a subcluster, begins.
type place struct {
	status
	host int64  // offset in the data file, where stored
	desc uint64 // the compressed cluster descriptor, where packed
}

// unit is the number of bytes that have one place.
func (d *Disk) unit() int64 {
	if d.extended {
		return d.cluster / subclusters
	}
	return d.cluster
}

// locate returns the place of the unit with a number.
func (d *Disk) locate(unit int64) (place, *artifacts.Problem) {
	perCluster := d.cluster / d.unit()
	cluster := unit / perCluster
	entries := d.cluster / d.entrySize()
	t, bad := d.table(cluster / entries)
	if bad != nil || t == nil {
		return place{}, bad
	}
	if !d.extended {
		e := t[cluster%entries]
		return d.placed(cluster, e, e&zeroBit != 0, e&offsetMask != 0 || d.external && e&copiedBit != 0, 0)
	}
	e, bitmap := t[2*(cluster%entries)], t[2*(cluster%entries)+1]
	sub := uint(unit % perCluster)
	zero, written := bitmap>>(32+sub)&1 != 0, bitmap>>sub&1 != 0
	switch {
	case e&packedBit != 0:
	case e&zeroBit != 0:
		return place{}, d.wrong(cluster, e, "a bit that is reserved with subclusters")
	case zero && written:
		return place{}, d.wrong(cluster, e, "a subcluster that is both zeros and written")
	case written && e&offsetMask == 0 && !d.external:
		return place{}, d.wrong(cluster, e, "a subcluster that is written nowhere")
	}
	return d.placed(cluster, e, zero, written, int64(sub)*d.unit())
}

// placed reads an L2 entry of a cluster: whether what lies inside bytes from
// its beginning is zeros or was written, the entry or its bitmap say.
func (d *Disk) placed(cluster int64, e uint64, zero, written bool, inside int64) (place, *artifacts.Problem) {
	host := int64(e & offsetMask)
	switch {
	case e&packedBit != 0:
		if d.external {
			return place{}, d.wrong(cluster, e, "a compressed cluster in an external data file")
		}
		return place{status: packed, desc: e &^ (copiedBit | packedBit)}, nil
	case e&reservedInL2 != 0 || host%d.cluster != 0:
		return place{}, d.wrong(cluster, e, "bits that are reserved")
	case zero && d.version == 2:
		return place{}, d.wrong(cluster, e, "a cluster of zeros in version 2")
	case zero:
		return place{status: zeros}, nil
	case !written:
		return place{}, nil
	}
	return place{status: stored, host: host + inside}, nil
}

func (d *Disk) wrong(cluster int64, e uint64, why string) *artifacts.Problem {
	return artifacts.NewProblem(artifacts.Malformed, -1, "%s: cluster %d has the table entry %#x: %s", d.name, cluster, e, why)
}

// table returns an L2 table, nil where nothing of it was written.
func (d *Disk) table(index int64) ([]uint64, *artifacts.Problem) {
	e := d.l1[index]
	if e&^copiedBit == 0 {
		return nil, nil
	}
	if t, ok := d.shared.tables.Get(d.key(index)); ok {
		return t, nil
	}
	off := int64(e & offsetMask)
	if e&reservedInL1 != 0 || off%d.cluster != 0 || off == 0 {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s: entry %d of the first table is %#x", d.name, index, e)
	}
	if off > d.file-d.cluster {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "%s: the table at offset %d lies outside the file of %d bytes", d.name, off, d.file)
	}
	raw := make([]byte, d.cluster)
	n, err := d.r.ReadAt(raw, off)
	if bad := blocks.Short(d.name, off, n, len(raw), err); bad != nil {
		return nil, bad
	}
	t := words(raw)
	d.shared.tables.Put(d.key(index), t, len(raw))
	return t, nil
}

// ReadAt reads media bytes. At damage it returns the bytes before it and a
// *artifacts.Problem.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	return blocks.Fill(p, off, d.size, d.readSome)
}

// readSome reads the beginning of p: one compressed cluster, or units that lie
// one behind the other.
func (d *Disk) readSome(p []byte, off int64) (int, error) {
	first, bad := d.locate(off / d.unit())
	if bad != nil {
		return 0, blocks.At(bad, off)
	}
	if first.status == packed {
		inside := off % d.cluster
		p = p[:min(int64(len(p)), d.cluster-inside)]
		if bad := d.inflate(p, off/d.cluster, first.desc, inside); bad != nil {
			return 0, blocks.At(bad, off)
		}
		return len(p), nil
	}
	p = p[:d.run(off, first, int64(len(p)))]
	switch first.status {
	case zeros:
		clear(p)
		return len(p), nil
	case absent:
		return d.below(p, off)
	}
	from := first.host + off%d.unit()
	n, err := d.data.ReadAt(p, from)
	if bad := blocks.Short(d.dataIn, from, n, len(p), err); bad != nil {
		return n, blocks.At(bad, off+int64(n))
	}
	return n, nil
}

// run returns how many bytes from off on, up to limit, continue a place.
func (d *Disk) run(off int64, first place, limit int64) int64 {
	unit := d.unit()
	n := unit - off%unit
	for next := first; n < limit; n += unit {
		if next.status == stored {
			next.host += unit
		}
		if p, bad := d.locate((off + n) / unit); bad != nil || p != next {
			break
		}
	}
	return min(n, limit)
}

// below reads what this disk does not have.
func (d *Disk) below(p []byte, off int64) (int, error) {
	have := 0
	if d.backing != nil && off < d.backing.Size() {
		want := min(int64(len(p)), d.backing.Size()-off)
		n, err := d.backing.ReadAt(p[:want], off)
		if int64(n) < want {
			if p, ok := err.(*artifacts.Problem); ok {
				return n, p
			}
			return n, blocks.At(blocks.Short(d.backingFile, off, n, int(want), err), off+int64(n))
		}
		have = n
	}
	clear(p[have:])
	return len(p), nil
}
