package inflate

import "math/bits"

// An entry of a table says what the bits that lead to it mean. The low 8 bits
// are how many of them belong to the code; 0 is no code. Then:
//
//	isLiteral                the byte is in bits 16 to 23
//	isLink                   the codes are longer: bits 16 to 31 are the index of
//	                         a further table, bits 8 to 12 the bits it is asked with
//	isEnd                    of a block
//	otherwise                a length or a distance: bits 16 to 30 are its base,
//	                         bits 8 to 12 how many bits to add follow
type entry uint32

const (
	isLiteral entry = 1 << 31
	isLink    entry = 1 << 15
	isEnd     entry = 1 << 14
)

func (e entry) codeBits() uint  { return uint(e & 0xFF) }
func (e entry) extraBits() uint { return uint(e >> 8 & 0x1F) }
func (e entry) base() int       { return int(e >> 16 & 0x7FFF) }

const (
	maxCode = 15 // bits

	literalBits  = 11 // what the first table of literals and lengths is asked with
	distanceBits = 8
	// The most entries that tables of so many codes take with the ones that
	// they link to, as zlib's enough.c counts them for 288 and 32 codes.
	literalEntries  = 2342
	distanceEntries = 402

	maxLiterals  = 288
	maxDistances = 32
	endOfBlock   = 256
)

// The meanings of symbols, without the bits of their codes.
var literalMeaning, distanceMeaning = func() (l [maxLiterals]entry, d [maxDistances]entry) {
	for i := range endOfBlock {
		l[i] = isLiteral | entry(i)<<16
	}
	l[endOfBlock] = isEnd
	base := 3 // RFC 1951, 3.2.5
	for i := range 28 {
		extra := max(0, i/4-1)
		l[endOfBlock+1+i] = entry(base)<<16 | entry(extra)<<8
		base += 1 << extra
	}
	l[285] = 258 << 16 // 286, 287 and the distances 30, 31 are none
	base = 1
	for i := range 30 {
		extra := max(0, i/2-1)
		d[i] = entry(base)<<16 | entry(extra)<<8
		base += 1 << extra
	}
	return l, d
}()

// build makes the table of a canonical Huffman code (3.2.2) from the lengths
// of its codes. It reports whether they are one: complete, or a single code of
// one bit, or none at all.
func build(table []entry, first uint, lengths []uint8, meaning []entry) bool {
	var count [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	var start [maxCode + 2]int // of the symbols with so many bits in order
	code, top := 0, 0
	for n := 1; n <= maxCode; n++ {
		start[n+1] = start[n] + count[n]
		code = code<<1 + count[n]
		if count[n] > 0 {
			top = n
		}
		if code > 1<<n {
			return false
		}
	}
	complete := code == 1<<maxCode
	if !complete {
		if top > 1 {
			return false
		}
		clear(table[:1<<first])
	}
	var order [maxLiterals]uint16
	for symbol, n := range lengths {
		if n > 0 {
			order[start[n]] = uint16(symbol)
			start[n]++
		}
	}
	fill(table, first, count, order[:], meaning)
	return true
}

// fill enters the symbols, in the order of their codes.
func fill(table []entry, first uint, count [maxCode + 1]int, order []uint16, meaning []entry) {
	end := 1 << first // of the tables in use
	prefix, sub, subBits := -1, 0, uint(0)
	code, next := 0, 0
	for n := uint(1); n <= maxCode; n++ {
		code <<= 1
		for ; count[n] > 0; count[n]-- {
			e := meaning[order[next]]
			if e != 0 {
				e |= entry(n)
			}
			next++
			reversed := int(bits.Reverse16(uint16(code)) >> (16 - n))
			code++
			if n <= first {
				for i := reversed; i < 1<<first; i += 1 << n {
					table[i] = e
				}
				continue
			}
			if p := reversed & (1<<first - 1); p != prefix {
				// As wide as the longest code that begins so: the codes of the
				// lengths from here on fill it one after the other.
				prefix, sub, subBits = p, end, n-first
				for used := count[n]; used < 1<<subBits; used = used<<1 + count[first+subBits] {
					subBits++
				}
				end += 1 << subBits
				table[p] = isLink | entry(sub)<<16 | entry(subBits)<<8 | entry(first)
			}
			for i := reversed >> first; i < 1<<subBits; i += 1 << (n - first) {
				table[sub+i] = e
			}
		}
	}
}

// fixed makes the tables of 3.2.6.
func (d *Decoder) fixed() error {
	var lengths [maxLiterals]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	build(d.literals[:], literalBits, lengths[:], literalMeaning[:])
	var five [maxDistances]uint8
	for i := range five {
		five[i] = 5
	}
	build(d.distances[:], distanceBits, five[:], distanceMeaning[:])
	return nil
}

// The order in which the lengths of the codes of code lengths stand.
var lengthOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthMeaning are the symbols of code lengths: themselves, as literals.
var lengthMeaning = func() (m [len(lengthOrder)]entry) {
	for i := range m {
		m[i] = isLiteral | entry(i)<<16
	}
	return m
}()

// dynamic reads the tables of a block (3.2.7).
func (d *Decoder) dynamic() error {
	if err := d.need(14); err != nil {
		return err
	}
	literals, distances, codes := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if literals > 286 || distances > 30 {
		return d.corrupt()
	}
	var short [len(lengthOrder)]uint8
	for _, symbol := range lengthOrder[:codes] {
		if err := d.need(3); err != nil {
			return err
		}
		short[symbol] = uint8(d.take(3))
	}
	const lengthBits = 7
	var table [1 << lengthBits]entry
	if !build(table[:], lengthBits, short[:], lengthMeaning[:]) {
		return d.corrupt()
	}
	var lengths [286 + 30]uint8
	all := lengths[:literals+distances]
	for i := 0; i < len(all); {
		symbol, err := d.symbol(table[:], lengthBits)
		if err != nil {
			return err
		}
		n, value, err := d.repeat(symbol, all[:i])
		if err != nil {
			return err
		}
		if n > len(all)-i {
			return d.corrupt()
		}
		for range n {
			all[i] = value
			i++
		}
	}
	if !build(d.literals[:], literalBits, all[:literals], literalMeaning[:]) ||
		!build(d.distances[:], distanceBits, all[literals:], distanceMeaning[:]) {
		return d.corrupt()
	}
	return nil
}

// repeat returns how often which length follows those before.
func (d *Decoder) repeat(symbol entry, before []uint8) (n int, value uint8, err error) {
	base, extra := 1, uint(0)
	switch value = uint8(symbol >> 16); value {
	case 16:
		if len(before) == 0 {
			return 0, 0, d.corrupt()
		}
		base, extra, value = 3, 2, before[len(before)-1]
	case 17:
		base, extra, value = 3, 3, 0
	case 18:
		base, extra, value = 11, 7, 0
	}
	if err := d.need(extra); err != nil {
		return 0, 0, err
	}
	return base + int(d.take(extra)), value, nil
}
