package ntfs

import (
	"hivetriage/artifacts"
)

// headKind says how the beginning of a stream can be had.
type headKind uint8

const (
	headEmpty      headKind = iota // the stream has no bytes
	headResident                   // it stands in the record
	headZeros                      // it reads as zeros without a look at the disk
	headPlain                      // one piece of the disk
	headCompressed                 // one piece of the disk, the first LZNT1 chunk of the stream
	headElsewhere                  // only the stream's own reader can tell
	headEncrypted                  // by EFS
)

// chunkMax is the most that an LZNT1 chunk of 4096 bytes takes.
const chunkMax = chunkSize + 2

// A head is the plan for one stream.
type head struct {
	kind headKind
	need int   // bytes: of the head; of headCompressed, to be read
	lcn  int64 // first cluster; hole if there is none
}

// planHead decides how the head of the stream whose first attribute is a can
// be read. more says that the stream may go on in another record. The error
// means that the run list does not lead to it.
func (g *geometry) planHead(a *attribute, more bool) (head, error) {
	h := head{lcn: hole}
	if !a.nonResident {
		h.kind, h.need = headResident, min(len(a.value), artifacts.MaxHead)
		if h.need == 0 {
			h.kind = headEmpty
		}
		return h, nil
	}
	if a.size == 0 {
		return h, nil
	}
	if a.size < 0 || a.valid < 0 {
		return h, artifacts.NewProblem(artifacts.Malformed, -1, "stream of %d bytes, %d of them valid", a.size, a.valid)
	}
	h.need = int(min(a.size, artifacts.MaxHead))
	if a.flags&flagEncrypted != 0 {
		h.kind = headEncrypted
		return h, nil
	}
	if err := g.checkUnit(a); err != nil {
		return h, err
	}
	if a.valid == 0 {
		h.kind = headZeros
		return h, nil
	}
	r := g.runs(a)
	x, ok, err := r.next()
	switch {
	case err != nil:
		return h, err
	case !ok && more:
		h.kind = headElsewhere
		return h, nil
	case !ok:
		return h, artifacts.NewProblem(artifacts.Malformed, -1, "stream of %d bytes without clusters", a.size)
	}
	h.lcn = x.lcn
	g.planRun(&h, a, x, &r)
	if a.valid < int64(h.need) && h.kind != headZeros {
		h.kind = headElsewhere
	}
	return h, nil
}

// planRun sets h.kind by the stream's first extent x; r stands behind it.
func (g *geometry) planRun(h *head, a *attribute, x extent, r *runReader) {
	enough := x.count >= (int64(h.need)+g.clusterSize-1)/g.clusterSize
	switch {
	case a.unit > 0 && x.count < a.unit:
		h.kind = headElsewhere
		if y, ok, err := r.next(); err == nil && ok && x.lcn != hole && y.lcn == hole && x.count+y.count >= a.unit && h.need == chunkSize {
			h.kind, h.need = headCompressed, int(min(x.count*g.clusterSize, chunkMax))
		}
	case !enough:
		h.kind = headElsewhere
	case x.lcn == hole:
		h.kind = headZeros
	default:
		h.kind = headPlain
	}
}

// maxUnit bounds the bytes of a compression unit; NTFS uses 64 KiB at most.
const maxUnit = 1 << 20

// checkUnit refuses compression units that NTFS does not make.
func (g *geometry) checkUnit(a *attribute) error {
	if a.unit*g.clusterSize > maxUnit {
		return artifacts.NewProblem(artifacts.Unsupported, -1, "compression unit of %d clusters of %d bytes", a.unit, g.clusterSize)
	}
	return nil
}
