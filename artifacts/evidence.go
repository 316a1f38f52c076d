package artifacts

import (
	"context"
	"io"
	"iter"
	"time"
)

// Times are the four times a file system keeps, in UTC, with a resolution of
// 100 ns. A zero time was not recorded.
type Times struct {
	Created  time.Time `json:"created,omitzero"`
	Modified time.Time `json:"modified,omitzero"`
	Changed  time.Time `json:"changed,omitzero"` // MFT record changed
	Accessed time.Time `json:"accessed,omitzero"`
}

// Allocation says what became of the clusters a stream lies in.
type Allocation uint8

const (
	Unknown     Allocation = iota
	Allocated              // a live file
	Deleted                // deleted; all clusters are still free, so the content is likely whole
	Overwritten            // deleted; some or all clusters belong to something else now
	InSnapshot             // a live file when a shadow copy was made
)

var allocationNames = [...]string{"unknown", "live", "deleted", "overwritten", "snapshot"}

func (a Allocation) String() string {
	if int(a) < len(allocationNames) {
		return allocationNames[a]
	}
	return allocationNames[0]
}

// NTFS holds what only NTFS records of a file.
type NTFS struct {
	Record                  uint64 // MFT record number
	Sequence                uint16 // of the record as found; deletion raises it by one
	SI, FN                  Times  // $STANDARD_INFORMATION and the $FILE_NAME that gives the path
	USN                     uint64
	Links                   []string // other paths of the same file, sorted
	Short                   string   // the path with the 8.3 names that the volume has for its components; those without one stand as they are
	Clusters                uint64   // clusters of this stream
	Reused                  uint64   // of them, those that $Bitmap calls in use though the file is deleted
	Resident                bool
	Compressed, Sparse, EFS bool
}

// Meta is what the file system says of a stream.
type Meta struct {
	Times      Times
	Allocation Allocation
	Owner      string // SID; "" where unknown
	NTFS       *NTFS  // nil on other file systems
	// LocalTimes says that Times are the local time of whoever wrote them, as
	// if it had been UTC: the zone is not known.
	LocalTimes bool
	// Unreliable says why the content read through Open may differ from what
	// the file held; "" where it can be relied on.
	Unreliable string
}

// Content is an opened stream. ReadAt may be called from several goroutines.
type Content interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// An Entry is one stream of one file. Entries are cheap to hold; Locator and
// Meta may read the evidence.
type Entry interface {
	Locator() Locator
	Size() int64 // bytes of the stream as the file system states it
	Meta() Meta
	Open(context.Context) (Content, error)
}

// MaxHead is the most of a stream's beginning that a Scan can ask to see:
// enough for a registry hive's base block.
const MaxHead = 4096

// A Scan says which streams the caller wants. A stream is wanted if either
// question is answered with true. Both functions are called from several
// goroutines; the slices are valid during the call only.
type Scan struct {
	// Name is asked with the last component of the path and the stream's name
	// ("" for the unnamed one). May be nil.
	Name func(name, stream []byte) bool
	// Head is asked with the first bytes of the stream, up to MaxHead of them.
	// May be nil, then no content is read.
	Head     func(head []byte) bool
	Workers  int                     // at least 1
	Progress func(done, total int64) // bytes of planned reading; may be nil
	// Sweep is shown every byte of a volume that is Swept, on the one way over
	// the disk on which the streams' first bytes are read. May be nil.
	Sweep Sweep
}

// A Tally counts what a Scan met on a volume. Streams is the sum of the other
// stream counts: that equation is checked.
type Tally struct {
	Files    int64 `json:"files"`             // files and directories in use
	Deleted  int64 `json:"deleted,omitempty"` // deleted files whose record is still there
	Streams  int64 `json:"streams"`           // streams met, the sum of the following
	Examined int64 `json:"examined"`          // streams whose head was read and judged
	Empty    int64 `json:"empty,omitempty"`   // streams without content: nothing to judge
	Failed   int64 `json:"failed,omitempty"`  // streams whose head could not be read, each told as an error
	Gone     int64 `json:"gone,omitempty"`    // deleted streams whose clusters cannot be told any more
	Bytes    int64 `json:"bytes"`             // bytes read from the volume for this scan, of what a Sweep is shown only what would have been read without it
}

// A VolumeInfo describes a volume for the coverage section.
type VolumeInfo struct {
	FileSystem  string `json:"file_system"` // "NTFS 3.1", "directory", "log"
	Label       string `json:"label,omitempty"`
	Serial      string `json:"serial,omitempty"`
	Offset      int64  `json:"offset"` // bytes from the start of the image
	Size        int64  `json:"size"`
	ClusterSize int    `json:"cluster_size,omitempty"`
	// Snapshot is set where the volume is a shadow copy of another one.
	Snapshot *Snapshot `json:"snapshot,omitempty"`
}

// A Snapshot says which state of which volume a volume shows.
type Snapshot struct {
	Of      string    `json:"of"`           // name of the volume, as in Locator.Volume
	Store   string    `json:"store"`        // GUID that the store's file is named after, "{...}" upper case
	ID      string    `json:"id,omitempty"` // of the shadow copy, as vssadmin and logs name it
	Created time.Time `json:"created,omitzero"`
}

// A Volume is a tree of files.
type Volume interface {
	Name() string // as in Locator.Volume
	Info() VolumeInfo
	// Find yields the wanted streams in an order that depends on the evidence
	// alone. An error element, a *Problem, reports one lost item and does not
	// end the sequence.
	Find(context.Context, Scan) iter.Seq2[Entry, error]
	// Tally returns the counts of the last Find that was run to its end.
	Tally() Tally
}

// Streamed is implemented by a Volume whose content comes in one stream, such
// as a tar.gz or a solid 7z: an Entry is opened cheaply only until Find is
// asked for the next one; later, Open reads the stream from its start again.
type Streamed interface {
	Streamed() bool
}

// Packed is implemented by an Entry whose content may have to be unpacked from
// its start, whichever part of it is read.
type Packed interface {
	// Stored returns the Size bytes where they lie as they are, unchecked; nil
	// where they have to be unpacked.
	Stored() io.ReaderAt
}

// An Input describes one piece of evidence as it was given.
type Input struct {
	Path      string            `json:"path"`
	Kind      string            `json:"kind"`                // "raw", "split raw", "device", "ewf", "vhd", "vhdx", "vmdk", "qcow2", "directory", "evtx", "hive", "$MFT"
	Collector string            `json:"collector,omitempty"` // forensic tool that made the collection which this is
	Size      int64             `json:"size"`                // bytes of the media, of the log, or 0 for a directory
	SHA256    string            `json:"sha256,omitempty"`
	Segments  []string          `json:"segments,omitempty"`       // file names of a split image, in order
	Stored    map[string]string `json:"stored_digests,omitempty"` // digests the container itself carries
}

// A Source is one opened piece of evidence.
type Source interface {
	Name() string
	Input() Input
	// Volumes yields what can be read; an error element, a *Problem, names a
	// volume or area that cannot.
	Volumes(context.Context) iter.Seq2[Volume, error]
	io.Closer
}

// A Partition is what Windows knows a volume's partition by: the GUID of one of
// a GPT, "{...}" in upper case, or the signature of an MBR's disk and the offset.
type Partition struct {
	GUID      string
	Signature uint32
	Offset    int64 // bytes from the beginning of the disk
}

// Partitioned is a Source that knows in which partitions volumes lie.
type Partitioned interface {
	// Partition returns that of a volume, named as in Locator.Volume.
	Partition(volume string) (Partition, bool)
}

// Media is a Source whose bytes can be hashed as one.
type Media interface {
	Media() (io.ReaderAt, int64)
}
