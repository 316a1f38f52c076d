package artifacts

import "fmt"

// A FileReference names a file of an NTFS volume: the number of its MFT
// record and the sequence number of its use. Once the file is deleted the
// record carries the next sequence number.
type FileReference struct {
	Record   uint64 // 48 bits
	Sequence uint16
}

// NewFileReference splits the 64 bits that NTFS writes.
func NewFileReference(bits uint64) FileReference {
	return FileReference{Record: bits & (1<<48 - 1), Sequence: uint16(bits >> 48)}
}

func (f FileReference) String() string { return fmt.Sprintf("%d-%d", f.Record, f.Sequence) }

// Holed is implemented by a Content that knows which of its bytes are stored
// at all; those between are zeros.
type Holed interface {
	// Stored returns the first range at or after off that is stored, [from,
	// to). There is none if from is not below the content's size.
	Stored(off int64) (from, to int64)
}
