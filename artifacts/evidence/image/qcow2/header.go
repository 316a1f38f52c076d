package qcow2

import (
	"encoding/binary"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

const (
	headerV2 = 72
	headerV3 = 104

	minClusterBits, maxClusterBits = 9, 21
	// Subclusters are 32 to the cluster, and at least 512 bytes.
	subclusters        = 32
	minExtendedBits    = 14
	maxBackingName     = 1023
	convertAdvice      = "convert it first: qemu-img convert -O raw IMAGE disk.raw"
	extensionEnd       = 0
	extensionBacking   = 0xe2792aca // format of the backing file
	extensionDataFile  = 0x44415441 // name of the external data file
	cryptAES           = 1
	cryptLUKS          = 2
	compressionDeflate = 0
	compressionZstd    = 1
)

// Incompatible features.
const (
	featureDirty       = 1 << 0 // reference counts may be wrong; they are not used here
	featureCorrupt     = 1 << 1
	featureExternal    = 1 << 2
	featureCompression = 1 << 3
	featureExtended    = 1 << 4
	featuresRead       = featureDirty | featureCorrupt | featureExternal | featureCompression | featureExtended
)

// A header says how a disk is laid out. Sizes and offsets are in bytes.
type header struct {
	version       uint32
	cluster       int64
	clusterBits   uint
	size          int64 // of the media
	l1Size        int64 // entries
	l1Offset      int64
	snapshots     uint32
	corrupt       bool
	external      bool // the clusters are in another file
	extended      bool // L2 entries have subclusters
	zstd          bool // compressed clusters are Zstandard frames, otherwise deflate streams
	backingFile   string
	backingFormat string // "" where it is not said
	dataFile      string
}

// readHeader reads the header, its extensions and the backing file's name.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	be := binary.BigEndian
	b := make([]byte, headerV3+8)
	n, err := r.ReadAt(b, 0)
	if n < headerV2 {
		return nil, blocks.ReadAt(r, b[:headerV2], 0)
	}
	if err != nil && err != io.EOF {
		return nil, artifacts.NewProblem(artifacts.IO, 0, "%w", err)
	}
	h := &header{version: be.Uint32(b[4:]), clusterBits: uint(be.Uint32(b[20:])), snapshots: be.Uint32(b[60:])}
	switch {
	case string(b[:4]) != magic:
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "this is no QCOW2")
	case h.version != 2 && h.version != 3:
		return nil, artifacts.NewProblem(artifacts.Unsupported, 4, "QCOW version %d is not read by this version; %s", h.version, convertAdvice)
	case h.clusterBits < minClusterBits || h.clusterBits > maxClusterBits:
		return nil, artifacts.NewProblem(artifacts.Malformed, 20, "clusters of 2^%d bytes", h.clusterBits)
	}
	h.cluster = 1 << h.clusterBits
	if err := encrypted(be.Uint32(b[32:])); err != nil {
		return nil, err
	}
	end := int64(headerV2)
	if h.version == 3 {
		if end, err = h.version3(b[:n]); err != nil {
			return nil, err
		}
	}
	if err := h.sizes(be.Uint64(b[24:]), be.Uint32(b[36:]), be.Uint64(b[40:]), size); err != nil {
		return nil, err
	}
	return h, h.names(r, size, end, be.Uint64(b[8:]), be.Uint32(b[16:]))
}

func encrypted(method uint32) error {
	name := ""
	switch method {
	case 0:
		return nil
	case cryptAES:
		name = "AES"
	case cryptLUKS:
		name = "LUKS"
	default:
		return artifacts.NewProblem(artifacts.Malformed, 32, "encryption method %d", method)
	}
	return artifacts.NewProblem(artifacts.Encrypted, 32, "this QCOW2 is encrypted (%s): decrypt it first with its passphrase, "+
		"qemu-img convert --object secret,id=s,file=PASSPHRASE --image-opts driver=qcow2,file.filename=IMAGE,encrypt.key-secret=s -O raw disk.raw", name)
}

// version3 takes the fields of version 3 and returns the header's length.
func (h *header) version3(b []byte) (int64, error) {
	be := binary.BigEndian
	if len(b) < headerV3 {
		return 0, artifacts.NewProblem(artifacts.Truncated, int64(len(b)), "the file ends inside the header")
	}
	features, length := be.Uint64(b[72:]), int64(be.Uint32(b[100:]))
	if unknown := features &^ featuresRead; unknown != 0 {
		return 0, artifacts.NewProblem(artifacts.Unsupported, 72, "features %#x, which are not read by this version; %s", unknown, convertAdvice)
	}
	if length < headerV3 || length > h.cluster {
		return 0, artifacts.NewProblem(artifacts.Malformed, 100, "a header of %d bytes", length)
	}
	h.corrupt, h.external, h.extended = features&featureCorrupt != 0, features&featureExternal != 0, features&featureExtended != 0
	if h.extended && h.clusterBits < minExtendedBits {
		return 0, artifacts.NewProblem(artifacts.Malformed, 20, "subclusters in clusters of %d bytes", h.cluster)
	}
	if features&featureCompression == 0 {
		return length, nil
	}
	if length <= headerV3 || len(b) <= headerV3 {
		return 0, artifacts.NewProblem(artifacts.Malformed, 100, "a header of %d bytes, too short for its compression type", length)
	}
	switch b[headerV3] {
	case compressionDeflate:
	case compressionZstd:
		h.zstd = true
	default:
		return 0, artifacts.NewProblem(artifacts.Unsupported, headerV3, "compression type %d is not read by this version; %s", b[headerV3], convertAdvice)
	}
	return length, nil
}

// sizes checks the size of the media and the place of the first table.
func (h *header) sizes(media uint64, l1Size uint32, l1Offset uint64, file int64) error {
	if media == 0 || media > 1<<62 {
		return artifacts.NewProblem(artifacts.Malformed, 24, "media of %d bytes", media)
	}
	h.size = int64(media)
	perTable := h.cluster * (h.cluster / h.entrySize())
	need := (h.size-1)/perTable + 1
	switch {
	case need > maxL1:
		return artifacts.NewProblem(artifacts.Limit, 24, "media of %d bytes in clusters of %d need a table of %d entries; at most %d are read", media, h.cluster, need, maxL1)
	case int64(l1Size) < need:
		return artifacts.NewProblem(artifacts.Malformed, 36, "a first table of %d entries, where media of %d bytes need %d", l1Size, media, need)
	case l1Offset == 0 || l1Offset%uint64(h.cluster) != 0:
		return artifacts.NewProblem(artifacts.Malformed, 40, "the first table is at offset %d", l1Offset)
	case l1Offset > uint64(file) || need*8 > file-int64(l1Offset):
		return artifacts.NewProblem(artifacts.Truncated, 40, "the first table, %d entries at offset %d, lies outside the file of %d bytes", need, l1Offset, file)
	}
	h.l1Size, h.l1Offset = need, int64(l1Offset)
	return nil
}

// entrySize is that of an L2 entry in bytes.
func (h *header) entrySize() int64 {
	if h.extended {
		return 16
	}
	return 8
}

// names reads the header extensions from begin on, and the name of the
// backing file.
func (h *header) names(r io.ReaderAt, file, begin int64, nameAt uint64, nameSize uint32) error {
	end := min(h.cluster, file)
	if nameAt != 0 {
		if nameSize == 0 || nameSize > maxBackingName || nameAt < uint64(begin) || nameAt+uint64(nameSize) > uint64(end) {
			return artifacts.NewProblem(artifacts.Malformed, 8, "the backing file's name has %d bytes at offset %d", nameSize, nameAt)
		}
		name := make([]byte, nameSize)
		if err := blocks.ReadAt(r, name, int64(nameAt)); err != nil {
			return err
		}
		h.backingFile, end = string(name), int64(nameAt)
	}
	for at := begin; at+8 <= end; {
		var head [8]byte
		if err := blocks.ReadAt(r, head[:], at); err != nil {
			return err
		}
		kind, length := binary.BigEndian.Uint32(head[:]), int64(binary.BigEndian.Uint32(head[4:]))
		if kind == extensionEnd {
			return nil
		}
		if length > end-at-8 {
			return artifacts.NewProblem(artifacts.Malformed, at, "a header extension of %d bytes", length)
		}
		if (kind == extensionBacking || kind == extensionDataFile) && length <= maxBackingName {
			text := make([]byte, length)
			if err := blocks.ReadAt(r, text, at+8); err != nil {
				return err
			}
			if kind == extensionBacking {
				h.backingFormat = string(text)
			} else {
				h.dataFile = string(text)
			}
		}
		at += 8 + (length+7)/8*8
	}
	return nil
}

// readL1 reads the first table.
func readL1(r io.ReaderAt, size int64, h *header) ([]uint64, error) {
	raw := make([]byte, 8*h.l1Size)
	if err := blocks.ReadAt(r, raw, h.l1Offset); err != nil {
		return nil, err
	}
	return words(raw), nil
}

func words(raw []byte) []uint64 {
	list := make([]uint64, len(raw)/8)
	for i := range list {
		list[i] = binary.BigEndian.Uint64(raw[8*i:])
	}
	return list
}
