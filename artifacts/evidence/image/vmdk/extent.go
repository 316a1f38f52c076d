package vmdk

import (
	"io"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

// openExtent opens the file that a line of the descriptor names.
func (o *opener) openExtent(d *Disk, line extentLine) (extent, error) {
	size := line.sectors * sectorSize
	switch line.kind {
	case "ZERO":
		return zero{}, nil
	case "FLAT", "VMFS", "SPARSE", "VMFSSPARSE":
	case "SESPARSE":
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1,
			"%q is an ESXi SESPARSE extent, which is not read by this version: convert the disk first, with vmkfstools -i on ESXi or qemu-img convert -O raw", line.name)
	case "VMFSRDM", "VMFSRAW", "VMFSPASSTHROUGHRAWDEVICEMAP":
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "%q stands for a device of the ESXi host (%s): copy that device", line.name, line.kind)
	default:
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "%q is an extent of unknown kind %s", line.name, line.kind)
	}
	if strings.HasPrefix(line.name, `\\.\`) || strings.HasPrefix(line.name, "/dev/") {
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "%q is a device of the system the disk was made on: copy that device", line.name)
	}
	name := baseName(line.name)
	r, have, err := o.sibling(name)
	if err != nil {
		return nil, err
	}
	if line.kind == "FLAT" || line.kind == "VMFS" {
		if have < line.offset+size {
			d.note(artifacts.NewProblem(artifacts.Truncated, d.size+max(0, have-line.offset),
				"%s has %d bytes of the %d that %s gives it: copy it again", name, have, line.offset+size, d.name))
		}
		return flat{name, r, line.offset}, nil
	}
	s, err := o.shared.openSparse(name, r, have, d.noteAfter(d.size))
	if err != nil {
		return nil, blocks.Located(name, err)
	}
	if s.capacity < size {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s holds %d bytes, but %s gives it %d: it belongs to another disk", name, s.capacity, d.name, size)
	}
	return s, nil
}

// noteAfter notes problems of an extent that begins at a media offset.
func (d *Disk) noteAfter(begin int64) func(*artifacts.Problem) {
	return func(p *artifacts.Problem) {
		if p.Offset >= 0 {
			p = blocks.At(p, begin+p.Offset)
		}
		d.note(p)
	}
}

// A zero extent has no file.
type zero struct{}

func (zero) read(p []byte, _ int64) (int, bool, *artifacts.Problem) {
	clear(p)
	return len(p), false, nil
}

// A lost extent cannot be read.
type lost struct{ why *artifacts.Problem }

func (l lost) read([]byte, int64) (int, bool, *artifacts.Problem) { return 0, false, l.why }

// A flat extent is raw bytes of a file from an offset on.
type flat struct {
	name  string
	r     io.ReaderAt
	begin int64
}

func (f flat) read(p []byte, off int64) (int, bool, *artifacts.Problem) {
	n, err := f.r.ReadAt(p, f.begin+off)
	return n, false, blocks.Short(f.name, f.begin+off, n, len(p), err)
}
