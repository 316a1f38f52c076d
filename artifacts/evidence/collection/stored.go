package collection

import (
	"io"

	"hivetriage/artifacts"
)

// Stored returns the content of a member that a zip holds uncompressed, for
// what is read here and there, such as a disk image; nil for any other. The
// zip's checksum of it is not compared.
func (f *file) Stored() io.ReaderAt {
	z, ok := f.node.archive.(*zipArchive)
	if !ok || z.slow {
		return nil
	}
	section := z.plain(f.index)
	switch {
	case section == nil:
		return nil
	case f.sparse != nil:
		return f.sparse.Reader(section)
	}
	return section
}

var _ artifacts.Packed = (*file)(nil)
