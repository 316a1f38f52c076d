package vmdk

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/evidence/image/lru"
)

const (
	// maxGrain bounds the memory of one grain. The usual size is 64 KiB.
	maxGrain = 8 << 20
	// maxTable bounds the grains of one table: 512 in hosted disks, 4096 in COWD.
	maxTable = 4096
	// maxDirectory bounds the tables of a disk and its parents, copies not
	// counted: 128 TiB with the usual sizes.
	maxDirectory = 1 << 22

	tableBudget = 4 << 20  // bytes of grain tables kept
	grainBudget = 16 << 20 // bytes of inflated grains kept
)

// Flags of a sparse header.
const (
	flagRedundant  = 1 << 1  // the redundant grain directory is valid
	flagCompressed = 1 << 16 // grains are compressed
	flagMarkers    = 1 << 17 // grains are preceded by markers
)

const (
	directoryAtEnd = ^uint64(0) // gdOffset: the footer has it
	footerFromEnd  = 1024       // the footer, then the end-of-stream marker
)

// A sparse extent keeps the grains that were written; a directory of tables
// says where.
type sparse struct {
	name                         string
	r                            io.ReaderAt
	size                         int64 // of the file, bytes
	capacity                     int64 // of the extent, bytes
	grain                        int64 // bytes
	perTable                     int64 // grains
	compressed                   bool
	descriptorAt, descriptorSize int64    // bytes; the size is 0 where there is none
	directory                    []uint32 // sectors of the grain tables
	redundant                    []uint32 // of their copies, nil where there are none

	note    func(*artifacts.Problem)
	repair  sync.Once
	shared  *shared
	id      int64     // among those that share
	inflate sync.Pool // *inflater
}

// shared is the memory of all extents of a disk and its parents.
type shared struct {
	extents     int64
	directories int64 // entries
	tables      *lru.Cache[[]uint32]
	grains      *lru.Cache[[]byte]
}

func newShared() *shared {
	return &shared{tables: lru.New[[]uint32](tableBudget), grains: lru.New[[]byte](grainBudget)}
}

// key is that of a table or a grain among those of all extents. An extent has
// less than 2^40 of them.
func (s *sparse) key(index int64) int64 { return s.id<<40 | index }

// openSparse reads the header and the directory of an extent.
func (m *shared) openSparse(name string, r io.ReaderAt, size int64, note func(*artifacts.Problem)) (*sparse, error) {
	s := &sparse{name: name, r: r, size: size, note: note, shared: m, id: m.extents}
	m.extents++
	head := make([]byte, sectorSize)
	if err := blocks.ReadAt(r, head, 0); err != nil {
		return nil, err
	}
	var err error
	switch {
	case bytes.HasPrefix(head, []byte(sparseMagic)):
		err = s.hosted(head)
	case bytes.HasPrefix(head, []byte(cowdMagic)):
		err = s.cowd(head)
	default:
		err = artifacts.NewProblem(artifacts.Malformed, 0, "this is no sparse extent")
	}
	if err != nil {
		return nil, err
	}
	s.inflate.New = func() any { return &inflater{} }
	return s, nil
}

// hosted reads the header of a hosted sparse extent (SparseExtentHeader).
func (s *sparse) hosted(head []byte) error {
	le := binary.LittleEndian
	if version := le.Uint32(head[4:]); version < 1 || version > 3 {
		return artifacts.NewProblem(artifacts.Unsupported, 4, "VMDK sparse version %d is not read; convert it first: qemu-img convert -O raw IMAGE disk.raw", version)
	}
	if string(head[73:77]) != "\n \r\n" {
		return artifacts.NewProblem(artifacts.Malformed, 73, "the line ends in the header were changed: the file was copied as text")
	}
	if err := s.layout(le.Uint64(head[12:]), le.Uint64(head[20:]), uint64(le.Uint32(head[44:]))); err != nil {
		return err
	}
	at, length := le.Uint64(head[28:]), le.Uint64(head[36:])
	if at > 0 && length > 0 {
		if at > uint64(s.size)/sectorSize || length > maxDescriptor/sectorSize {
			return artifacts.NewProblem(artifacts.Malformed, 28, "a descriptor of %d sectors at sector %d", length, at)
		}
		s.descriptorAt, s.descriptorSize = int64(at)*sectorSize, int64(length)*sectorSize
	}
	flags, algorithm := le.Uint32(head[8:]), le.Uint16(head[77:])
	s.compressed = flags&flagCompressed != 0
	if s.compressed && (algorithm != 1 || flags&flagMarkers == 0) {
		return artifacts.NewProblem(artifacts.Unsupported, 77, "grains compressed with method %d, flags %#x: only deflate (1) with markers is read", algorithm, flags)
	}
	if !s.compressed && algorithm != 0 {
		return artifacts.NewProblem(artifacts.Malformed, 77, "compression method %d, but the flags %#x say that nothing is compressed", algorithm, flags)
	}
	primary := le.Uint64(head[56:])
	if primary == directoryAtEnd {
		var err error
		if primary, err = s.footer(head); err != nil {
			return err
		}
	}
	var copied uint64
	if flags&flagRedundant != 0 {
		copied = le.Uint64(head[48:])
	}
	return s.directories(primary, copied)
}

// footer returns the place of the grain directory from the copy of the header
// that ends a stream.
func (s *sparse) footer(head []byte) (uint64, error) {
	foot := make([]byte, sectorSize)
	if s.size < sectorSize+footerFromEnd {
		return 0, artifacts.NewProblem(artifacts.Truncated, s.size, "the file ends before its footer, which has the place of the grain directory: copy it again")
	}
	off := s.size - footerFromEnd
	if err := blocks.ReadAt(s.r, foot, off); err != nil {
		return 0, err
	}
	// Signature, version, flags, capacity and grain size are those of the header.
	if !bytes.Equal(foot[:28], head[:28]) {
		return 0, artifacts.NewProblem(artifacts.Truncated, off, "no footer at the end of the file, which has the place of the grain directory: it is cut off, copy it again")
	}
	return binary.LittleEndian.Uint64(foot[56:]), nil
}

// cowd reads the header of an ESXi COW disk, whose tables have 4096 entries.
func (s *sparse) cowd(head []byte) error {
	le := binary.LittleEndian
	if version := le.Uint32(head[4:]); version != 1 {
		return artifacts.NewProblem(artifacts.Unsupported, 4, "COWD version %d is not read", version)
	}
	if err := s.layout(uint64(le.Uint32(head[12:])), uint64(le.Uint32(head[16:])), 4096); err != nil {
		return err
	}
	return s.directories(uint64(le.Uint32(head[20:])), 0)
}

// layout checks the sizes of an extent, in sectors, and takes them.
func (s *sparse) layout(capacity, grain, perTable uint64) error {
	if capacity == 0 || capacity > maxSectors {
		return artifacts.NewProblem(artifacts.Malformed, 12, "a capacity of %d sectors", capacity)
	}
	if bits.OnesCount64(grain) != 1 || grain > maxGrain/sectorSize {
		return artifacts.NewProblem(artifacts.Malformed, 20, "grains of %d sectors", grain)
	}
	if perTable == 0 || perTable > maxTable {
		return artifacts.NewProblem(artifacts.Malformed, 44, "grain tables of %d entries", perTable)
	}
	s.capacity, s.grain, s.perTable = int64(capacity)*sectorSize, int64(grain)*sectorSize, int64(perTable)
	return nil
}

// directories loads the grain directory and its copy, from sectors. One of
// them is enough.
func (s *sparse) directories(primary, copied uint64) error {
	s.shared.directories += s.tables()
	if n := s.shared.directories; n > maxDirectory {
		return artifacts.NewProblem(artifacts.Limit, -1, "grain directories of %d entries; at most %d are read", n, maxDirectory)
	}
	var first error
	s.directory, first = s.loadDirectory(primary)
	if copied != 0 {
		var second error
		if s.redundant, second = s.loadDirectory(copied); second != nil && first == nil {
			s.note(artifacts.NewProblem(artifacts.Malformed, -1, "%s: the copy of its grain directory cannot be read: %w", s.name, second))
		}
	}
	switch {
	case first == nil:
		return nil
	case s.redundant == nil:
		return first
	}
	s.directory, s.redundant = s.redundant, nil
	s.note(artifacts.NewProblem(artifacts.Malformed, -1, "%s: its grain directory cannot be read (%w); the redundant one is used", s.name, first))
	return nil
}

// tables is the number of grain tables.
func (s *sparse) tables() int64 {
	return (s.capacity + s.grain*s.perTable - 1) / (s.grain * s.perTable)
}

func (s *sparse) loadDirectory(sector uint64) ([]uint32, error) {
	count := s.tables()
	if sector == 0 || sector > uint64(s.size)/sectorSize || count*4 > s.size-int64(sector)*sectorSize {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "the grain directory, %d entries at sector %d, lies outside the file of %d bytes", count, sector, s.size)
	}
	raw := make([]byte, count*4)
	if err := blocks.ReadAt(s.r, raw, int64(sector)*sectorSize); err != nil {
		return nil, err
	}
	return words(raw), nil
}

func words(raw []byte) []uint32 {
	list := make([]uint32, len(raw)/4)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return list
}
