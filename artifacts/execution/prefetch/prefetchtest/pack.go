package prefetchtest

import (
	"encoding/binary"
	"hash/crc32"
)

// Pack wraps bytes in MAM: XPRESS Huffman with literals only.
func Pack(plain []byte, packing Packing) []byte {
	if packing == Plain {
		return plain
	}
	head := []byte("MAM\x04\x00\x00\x00\x00")
	binary.LittleEndian.PutUint32(head[4:], uint32(len(plain)))
	body := literals(plain)
	if packing == MAM {
		return append(head, body...)
	}
	head[3] |= 0x80
	sum := crc32.ChecksumIEEE(append(append(head[:8:8], 0, 0, 0, 0), body...))
	return append(binary.LittleEndian.AppendUint32(head, sum), body...)
}

// literals writes data in blocks of 64 KiB, each of which begins with the code
// lengths of 512 symbols: 8 bits for the bytes 0 to 254, 9 for 255 and for the
// end of the data. The code of a byte below 255 is the byte.
func literals(data []byte) []byte {
	const block = 65536
	var lengths [256]byte
	for i := range 127 {
		lengths[i] = 0x88
	}
	lengths[127], lengths[128] = 0x98, 0x09
	var out []byte
	for len(data) > 0 {
		part := data[:min(len(data), block)]
		data = data[len(part):]
		out = append(out, lengths[:]...)
		var acc uint32 // of which the low used bits are to be written
		used := 0
		for _, c := range part {
			if acc, used = acc<<8|uint32(c), used+8; c == 255 {
				acc, used = acc<<1, used+1 // 0x1FE
			}
			if used >= 16 {
				out = binary.LittleEndian.AppendUint16(out, uint16(acc>>(used-16)))
				used -= 16
			}
		}
		if used > 0 {
			out = binary.LittleEndian.AppendUint16(out, uint16(acc<<(16-used)))
		}
		out = append(out, 0, 0) // a decoder reads a word ahead
	}
	return out
}
