package prefetch

import (
	"encoding/binary"
	"hash/crc32"

	"hivetriage/artifacts/internal/xpress"
)

// A mam is the header of a packed file: "MAM", a byte whose low four bits name
// the compression, 4 being XPRESS Huffman, and whose highest bit says that a
// CRC-32 follows the 32 bits of the unpacked size.
type mam struct {
	size  uint32
	bytes int // of the header itself
}

func parseMAM(head []byte) (mam, bool) {
	if len(head) < 8 || string(head[:3]) != "MAM" {
		return mam{}, false
	}
	h := mam{size: binary.LittleEndian.Uint32(head[4:]), bytes: 8}
	switch head[3] {
	case 0x04:
		return h, true
	case 0x84:
		h.bytes = 12
		return h, len(head) >= h.bytes
	}
	return mam{}, false
}

// sound reports whether the checksum fits, where there is one: it goes over
// the header, with zeros in its own place, and the packed bytes.
func (h mam) sound(file []byte) bool {
	if h.bytes != 12 {
		return true
	}
	sum := crc32.ChecksumIEEE(file[:8])
	sum = crc32.Update(sum, crc32.IEEETable, make([]byte, 4))
	sum = crc32.Update(sum, crc32.IEEETable, file[12:])
	return sum == binary.LittleEndian.Uint32(file[8:])
}

// unpack returns at most the first size bytes of what the file holds.
func (h mam) unpack(file []byte, size int) ([]byte, error) {
	return xpress.Huffman(file[h.bytes:], min(size, int(h.size)))
}
