package ntfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"

	"hivetriage/artifacts"
)

// maxDescriptor bounds a file's own security descriptor, in bytes.
const maxDescriptor = 64 << 10

// Descriptor implements artifacts.Guarded. NTFS keeps a file's descriptor in
// its record, or, since version 3.0, all of them in $Secure's $SDS, where
// $STANDARD_INFORMATION names it by its id.
func (e *entry) Descriptor(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, artifacts.Located(e.v.at, err)
	}
	f, _, err := e.v.loadStream(e.record, e.offset)
	if err != nil {
		return nil, artifacts.Located(e.v.at, err)
	}
	b, err := e.v.descriptor(f)
	if err != nil {
		return nil, artifacts.Located(e.Locator(), err)
	}
	return b, nil
}

func (v *Volume) descriptor(f *file) ([]byte, error) {
	if f.security != nil {
		return v.ownDescriptor(f)
	}
	if len(f.standard) < 56 {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "no security descriptor: $STANDARD_INFORMATION of %d bytes", len(f.standard))
	}
	want := binary.LittleEndian.Uint32(f.standard[52:])
	var found []byte
	search := func(r io.ReaderAt, size int64) {
		eachDescriptor(r, size, func(id uint32, descriptor []byte) {
			if id == want && found == nil {
				found = bytes.Clone(descriptor)
			}
		})
	}
	if v.owners.sds != nil {
		search(v.owners.sds, v.owners.sdsSize)
	} else {
		v.openSDS(search)
	}
	if found == nil {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "no security descriptor: $Secure has none with the id %d", want)
	}
	return found, nil
}

// ownDescriptor reads the descriptor that stands in the file's record.
func (v *Volume) ownDescriptor(f *file) ([]byte, error) {
	if !f.security.nonResident {
		return f.security.value, nil
	}
	if v.bare {
		return nil, errNotInTable
	}
	s, err := v.joinRuns(f.security, nil)
	if err != nil {
		return nil, err
	}
	b := make([]byte, max(min(s.size, maxDescriptor), 0))
	return b, s.readFull(b, 0)
}
