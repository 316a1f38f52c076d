package ntfstest

// LZNT1 works on chunks of 4096 bytes; a match is a 16-bit token of distance
// and length whose split depends on the position in the chunk (MS-XCA 2.5).
const (
	lznt1Chunk    = 4096
	lznt1MinMatch = 3
	lznt1Raw      = 0x3000 // chunk signature
	lznt1Packed   = 0x8000 | lznt1Raw
)

// lznt1 compresses b, whose length is a multiple of the chunk size.
func lznt1(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		chunk := b[:lznt1Chunk]
		b = b[lznt1Chunk:]
		start := len(out)
		out = lznt1Pack(append(out, 0, 0), chunk)
		n := len(out) - start - 2
		header := lznt1Packed | (n - 1)
		if n >= lznt1Chunk {
			out = append(out[:start+2], chunk...)
			header = lznt1Raw | (lznt1Chunk - 1)
		}
		le.PutUint16(out[start:], uint16(header))
	}
	return append(out, 0, 0)
}

// lznt1Pack appends the tokens of one chunk: groups of a flag byte and eight
// literals or matches.
func lznt1Pack(out, chunk []byte) []byte {
	var last [1 << 12]int16 // position+1 of the latest three bytes with that hash
	flagAt, bit := 0, 8
	for pos := 0; pos < len(chunk); {
		if bit == 8 {
			flagAt, bit = len(out), 0
			out = append(out, 0)
		}
		lengthBits := 12
		for i := pos - 1; i >= 0x10; i >>= 1 {
			lengthBits--
		}
		length, distance := 0, 0
		if pos+lznt1MinMatch <= len(chunk) {
			h := (uint32(chunk[pos])<<8 ^ uint32(chunk[pos+1])<<4 ^ uint32(chunk[pos+2])) & 0xFFF
			if from := int(last[h]) - 1; from >= 0 {
				distance = pos - from
				most := min(len(chunk)-pos, 1<<lengthBits-1+lznt1MinMatch)
				for length < most && chunk[from+length] == chunk[pos+length] {
					length++
				}
			}
			last[h] = int16(pos + 1)
		}
		if length >= lznt1MinMatch {
			out[flagAt] |= 1 << bit
			out = le.AppendUint16(out, uint16((distance-1)<<lengthBits|(length-lznt1MinMatch)))
			pos += length
		} else {
			out = append(out, chunk[pos])
			pos++
		}
		bit++
	}
	return out
}
