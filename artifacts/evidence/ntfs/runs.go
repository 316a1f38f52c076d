package ntfs

import (
	"hivetriage/artifacts"
)

// hole is the lcn of an extent that has no clusters and reads as zeros.
const hole = -1

// An extent maps count clusters of a stream, from virtual cluster vcn on, to
// the volume's clusters from lcn on.
type extent struct{ vcn, lcn, count int64 }

// A runReader decodes a run list: a header byte (low half: bytes of the
// length; high half: bytes of the signed distance from the previous run's
// cluster, none for a hole), then these two numbers, until a zero byte.
type runReader struct {
	b        []byte
	vcn, lcn int64
	clusters int64 // of the volume
	maxVCN   int64
}

func (g *geometry) runs(a *attribute) runReader {
	return runReader{b: a.runs, vcn: a.startVCN, clusters: g.clusters, maxVCN: g.maxVCN()}
}

// next returns the next extent, ok false at the end of the list, or an error
// if the list is cut short or leaves the volume.
func (r *runReader) next() (x extent, ok bool, err error) {
	if len(r.b) == 0 || r.b[0] == 0 {
		return x, false, nil
	}
	n, m := int(r.b[0]&0x0F), int(r.b[0]>>4)
	if n == 0 || n > 8 || m > 8 || len(r.b) < 1+n+m {
		return x, false, artifacts.NewProblem(artifacts.Malformed, -1, "run list: bad header byte %#x at cluster %d of the stream", r.b[0], r.vcn)
	}
	count, distance := signed(r.b[1:1+n]), signed(r.b[1+n:1+n+m])
	r.b = r.b[1+n+m:]
	if count <= 0 || count > r.maxVCN-r.vcn {
		return x, false, artifacts.NewProblem(artifacts.Malformed, -1, "run list: run of %d clusters at cluster %d of the stream", count, r.vcn)
	}
	x = extent{vcn: r.vcn, lcn: hole, count: count}
	if m > 0 {
		// Both numbers may be hostile: the sum wraps at worst, and is checked.
		r.lcn += distance
		if r.lcn < 0 || count > r.clusters || r.lcn > r.clusters-count {
			return x, false, artifacts.NewProblem(artifacts.Malformed, -1, "run list: clusters %d+%d lie outside of the volume", r.lcn, count)
		}
		x.lcn = r.lcn
	}
	r.vcn += count
	return x, true, nil
}

// signed reads a little-endian two's complement number of up to 8 bytes.
func signed(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	v := int64(int8(b[len(b)-1]))
	for i := len(b) - 2; i >= 0; i-- {
		v = v<<8 | int64(b[i])
	}
	return v
}
