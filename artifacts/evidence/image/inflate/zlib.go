package inflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"io"
)

var (
	// ErrHeader says that bytes do not begin like a zlib stream, or like one
	// that needs a dictionary.
	ErrHeader = errors.New("invalid header")
	// ErrChecksum says that the Adler-32 of the output is not the stated one.
	ErrChecksum = errors.New("invalid checksum")
)

// Zlib decompresses the whole of the zlib stream (RFC 1950) that src begins
// with, and verifies its Adler-32. It returns how many bytes of dst it filled
// and how many of src it took. With an error, which may also be one of Decode,
// none of them is to be trusted.
func (d *Decoder) Zlib(dst, src []byte) (n, used int, err error) {
	const head, tail = 2, 4
	if len(src) < head {
		return 0, 0, io.ErrUnexpectedEOF
	}
	const deflate, largestWindow, dictionary = 8, 7, 0x20
	if src[0]&0xF != deflate || src[0]>>4 > largestWindow || src[1]&dictionary != 0 || binary.BigEndian.Uint16(src)%31 != 0 {
		return 0, 0, ErrHeader
	}
	d.Reset(src[head:])
	if err := d.Decode(dst, len(dst)+1); err != nil {
		return d.Out(), head + d.Used(), err
	}
	n, used = d.Out(), head+d.Used()
	if len(src)-used < tail {
		return n, used, io.ErrUnexpectedEOF
	}
	if binary.BigEndian.Uint32(src[used:]) != adler32.Checksum(dst[:n]) {
		return n, used, ErrChecksum
	}
	return n, used + tail, nil
}
