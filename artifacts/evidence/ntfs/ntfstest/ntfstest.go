// Package ntfstest writes NTFS 3.1 volumes for tests and benchmarks: chosen
// names, times, owners and layouts, deleted files, and as many filler files as
// a disk has. It works from the on-disk format and shares no code with the
// reader under test. The same calls give the same bytes.
package ntfstest

import (
	"io"
	"time"

	"hivetriage/artifacts"
)

// Options describe the volume. The zero value is a volume as small as fits,
// with 4096-byte clusters, 512-byte sectors and 1024-byte MFT records.
type Options struct {
	SectorSize   int       // 512 (default) or 4096
	ClusterSize  int       // power of two from SectorSize to 65536; default 4096
	RecordSize   int       // 1024 or 4096; default 1024, with 4096-byte sectors 4096
	Size         int64     // bytes of the whole volume; 0: as small as fits
	Label        string    // volume name
	Serial       uint64    // volume serial number; 0 gives a fixed one
	Time         time.Time // all times that are not given; zero is 2026-01-02T03:04:05Z
	MFTFragments int       // runs that $MFT is split into; 0 is 1
	Dense        bool      // write real bytes for all allocated content that Data does not give
}

// A Layout says how a stream is stored.
type Layout struct {
	NonResident bool  // in clusters even if it would fit in the MFT record
	Fragments   int   // number of runs, scattered and out of order
	Compressed  bool  // LZNT1; adjacent holes are merged, also with the rest of a compressed unit
	Sparse      bool  // all-zero parts become holes
	Valid       int64 // valid data length in bytes, the rest reads as zeros; 0: all of it
}

// A Stream is a named $DATA attribute.
type Stream struct {
	Name   string
	Data   []byte
	Size   int64 // length if greater than len(Data), as in File
	Layout Layout
}

// A File is one file or directory to be written. Missing parent directories
// are made.
type File struct {
	Path string // "/" separated, starting with "/"
	Dir  bool
	Data []byte // the unnamed stream
	// Size is the length of the unnamed stream if greater than len(Data). The
	// clusters behind Data are then never written and read as what the image
	// file has there, zeros; with Options.Dense they hold Filling bytes.
	Size    int64
	Layout  Layout
	Streams []Stream

	SI, FN artifacts.Times // zero: SI is Options.Time, FN is SI
	Owner  string          // SID as "S-1-..."; "" is S-1-5-18
	Access []ACE           // further entries of the access list
	// OwnDescriptor stores the descriptor in the file's record, as NTFS did
	// before there was $Secure.
	OwnDescriptor bool
	Attributes    uint32 // FILE_ATTRIBUTE_ bits besides those that follow from the layout
	USN           uint64
	Sequence      uint16 // while the file lived; 0 is 1

	Links     []string // further paths, hard links
	ShortName string   // 8.3 name: gives a DOS and a Win32 $FILE_NAME
	RawName   []uint16 // last component of Path as stored, e.g. with unpaired surrogates

	// Deleted clears the in-use flag, raises the sequence number by one,
	// frees the clusters and removes the name from the directory. What lies in
	// a deleted directory is deleted too.
	Deleted bool
	// Overwrite is how many of the clusters of a deleted file's unnamed stream
	// belong to a live file Path+".new" by now, filled
	// with 0xF6; OverwriteFrom is the first of them.
	Overwrite, OverwriteFrom int

	// Left are names that were in a folder: their entries stand behind those in
	// use in the first block of its index, as far as there is room.
	Left []Left

	AttributeList bool // force the unnamed stream's runs into several extension records
	// WOF stores the unnamed stream as the Windows Overlay Filter does: a
	// reparse point, a hole as $DATA, and the chunks (XPRESS4K, all of them
	// stored as they are) in the stream WofCompressedData.
	WOF bool
}

// A Left is what stays of a name that was in a folder.
type Left struct {
	Name     string
	Record   uint64
	Sequence uint16
	Times    artifacts.Times // zero: those of the volume
	Size     int64
	// Headless says that the end of the entries in use fell upon the entry's
	// header, and with it on the reference to the file. Only the first one of
	// a folder can be.
	Headless bool
}

// A Builder collects files and writes the volume.
type Builder struct {
	opt    Options
	files  []File
	fill   int
	gen    func(int) File
	placed map[string]Placed
}

// New returns a Builder for a volume that has only its system files.
func New(opt Options) *Builder { return &Builder{opt: opt} }

// Add plants a file. Errors are reported by Build.
func (b *Builder) Add(f File) { b.files = append(b.files, f) }

// Fill adds n files that gen makes during Build, in order, without keeping
// them: memory grows with the number of directories. The files of a directory
// must follow one another: once gen has left a directory that Fill made for
// one outside of it, it must not come back. A nil gen is Plausible. gen's files
// take one MFT record each and have no Links.
func (b *Builder) Fill(n int, gen func(i int) File) {
	if gen == nil {
		gen = Plausible
	}
	b.fill, b.gen = n, gen
}

// A Run is a piece of a stream on the volume, in clusters. LCN -1 is a hole.
type Run struct{ LCN, Length int64 }

// Placed says where Build put a planted file.
type Placed struct {
	Record   uint64
	Sequence uint16 // as stored, after the deletion if there was one
	Runs     []Run  // of the unnamed stream; nil if resident
}

// Lookup returns where the last Build put the file planted at path.
func (b *Builder) Lookup(path string) (Placed, bool) {
	p, ok := b.placed[path]
	return p, ok
}

// Bytes builds the volume in memory.
func (b *Builder) Bytes() ([]byte, error) {
	var m memory
	size, err := b.Build(&m)
	if err != nil {
		return nil, err
	}
	m.grow(size)
	return m.b, nil
}

// memory is an io.WriterAt that grows.
type memory struct{ b []byte }

func (m *memory) grow(n int64) {
	if n > int64(len(m.b)) {
		m.b = append(m.b, make([]byte, n-int64(len(m.b)))...)
	}
}

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	m.grow(off + int64(len(p)))
	return copy(m.b[off:], p), nil
}

var _ io.WriterAt = (*memory)(nil)
