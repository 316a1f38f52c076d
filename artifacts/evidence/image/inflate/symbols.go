package inflate

import "io"

const (
	maxMatch = 258
	// fastMargin is what fast may write beyond where it ought to stop: three
	// literals or a match, copied in words.
	fastMargin = maxMatch + 8
	// maxPair is the most bits of a length and a distance.
	maxPair = maxCode + 5 + maxCode + 13
)

// fast decodes symbols until the output reaches stop, the block ends, or fewer
// than 8 bytes of the stream are left. len(dst) must be fastMargin more than
// stop.
func (d *Decoder) fast(dst []byte, stop int) error {
	src, pos, acc, n, out := d.src, d.pos, d.bits, d.n, d.out
	literals, distances := &d.literals, &d.distances
	var err error
loop:
	for out < stop && len(src)-pos >= 8 {
		// The bits above n are those of the stream already, or zero.
		acc |= le.Uint64(src[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e := literals[acc&(1<<literalBits-1)]
		if e&isLiteral != 0 {
			acc >>= e & 63
			n -= uint(e & 63)
			dst[out] = byte(e >> 16)
			out++
			if e = literals[acc&(1<<literalBits-1)]; e&isLiteral != 0 {
				acc >>= e & 63
				n -= uint(e & 63)
				dst[out] = byte(e >> 16)
				out++
				if e = literals[acc&(1<<literalBits-1)]; e&isLiteral != 0 {
					acc >>= e & 63
					n -= uint(e & 63)
					dst[out] = byte(e >> 16)
					out++
					continue
				}
			}
			if n < maxPair {
				continue // to have all the bits of the pair
			}
		}
		if e&isLink != 0 {
			e = literals[uint(e>>16)+uint(acc>>literalBits)&(1<<e.extraBits()-1)]
		}
		acc >>= e & 63
		n -= uint(e & 63)
		switch {
		case e&isLiteral != 0:
			dst[out] = byte(e >> 16)
			out++
			continue
		case e&isEnd != 0:
			d.end()
			break loop
		case e == 0:
			err = Corrupt(pos - int(n/8))
			break loop
		}
		length := e.base() + int(acc&(1<<e.extraBits()-1))
		acc >>= e.extraBits()
		n -= e.extraBits()
		e = distances[acc&(1<<distanceBits-1)]
		if e&isLink != 0 {
			e = distances[uint(e>>16)+uint(acc>>distanceBits)&(1<<e.extraBits()-1)]
		}
		acc >>= e & 63
		n -= uint(e & 63)
		distance := e.base() + int(acc&(1<<e.extraBits()-1))
		acc >>= e.extraBits()
		n -= e.extraBits()
		if e == 0 || distance > out {
			err = Corrupt(pos - int(n/8))
			break loop
		}
		from, end := out-distance, out+length
		if distance >= 8 {
			for out < end {
				le.PutUint64(dst[out:], le.Uint64(dst[from:]))
				from, out = from+8, out+8
			}
			out = end
			continue
		}
		for out < end {
			out += copy(dst[out:end], dst[from:out])
		}
	}
	d.pos, d.bits, d.n, d.out = pos, acc, n, out
	d.trim()
	return err
}

// trim forgets the bits above those that count.
func (d *Decoder) trim() { d.bits &= 1<<d.n - 1 }

// careful decodes symbols near the ends of the stream and of the output, until
// that reaches want or the block ends.
func (d *Decoder) careful(dst []byte, want int) error {
	for d.out < want {
		e, err := d.symbol(d.literals[:], literalBits)
		switch {
		case err != nil:
			return err
		case e&isEnd != 0:
			d.end()
			return nil
		case d.out == len(dst):
			d.phase = beyond
			return nil
		case e&isLiteral != 0:
			dst[d.out] = byte(e >> 16)
			d.out++
			continue
		}
		length, err := d.value(e)
		if err != nil {
			return err
		}
		if e, err = d.symbol(d.distances[:], distanceBits); err != nil {
			return err
		}
		distance, err := d.value(e)
		if err != nil {
			return err
		}
		if distance > d.out {
			return d.corrupt()
		}
		end := min(d.out+length, len(dst))
		if d.out+length > end {
			d.phase = beyond
		}
		for from := d.out - distance; d.out < end; {
			d.out += copy(dst[d.out:end], dst[from:d.out])
		}
		if d.phase == beyond {
			return nil
		}
	}
	return nil
}

// symbol reads one code.
func (d *Decoder) symbol(table []entry, first uint) (entry, error) {
	// More bits than there are may be asked for: those that lack are zeros.
	short := d.need(maxCode) != nil
	e := table[d.bits&(1<<first-1)]
	if e&isLink != 0 {
		e = table[uint(e>>16)+uint(d.bits>>first)&(1<<e.extraBits()-1)]
	}
	switch {
	case e.codeBits() > d.n, e == 0 && short:
		return 0, io.ErrUnexpectedEOF
	case e == 0:
		return 0, d.corrupt()
	}
	d.take(e.codeBits())
	return e, nil
}

// value reads the rest of a length or a distance.
func (d *Decoder) value(e entry) (int, error) {
	if err := d.need(e.extraBits()); err != nil {
		return 0, err
	}
	return e.base() + int(d.take(e.extraBits())), nil
}
