package blocks

import (
	"bytes"

	"hivetriage/artifacts/evidence/image/lru"
)

// bitmapBudget bounds the bytes of sector bitmaps that are kept.
const bitmapBudget = 2 << 20

// Bitmaps say for the sectors of each block whether they are in the file. They
// are safe for concurrent use if load is.
type Bitmaps struct {
	sectors int64 // a block
	load    func(block int64) ([]byte, error)
	kept    *lru.Cache[[]byte] // nil for a bitmap that is all ones
}

// NewBitmaps returns the bitmaps of blocks of so many sectors, a multiple of
// 8. Load reads that of one block; its first sector is the highest bit of the
// first byte.
func NewBitmaps(sectors int64, load func(block int64) ([]byte, error)) *Bitmaps {
	return &Bitmaps{sectors: sectors, load: load, kept: lru.New[[]byte](bitmapBudget)}
}

// Run returns the bit of a sector of a block, and how many sectors from it on
// have the same.
func (m *Bitmaps) Run(block, sector int64) (set bool, length int64, err error) {
	bits, ok := m.kept.Get(block)
	if !ok {
		bits, err = m.load(block)
		if err != nil {
			return false, 0, err
		}
		if bytes.Count(bits, []byte{0xFF}) == len(bits) {
			bits = nil
		}
		const bookkeeping = 128
		m.kept.Put(block, bits, len(bits)+bookkeeping)
	}
	if bits == nil {
		return true, m.sectors - sector, nil
	}
	return bit(bits, sector), run(bits, sector), nil
}

func bit(bits []byte, i int64) bool { return bits[i/8]&(0x80>>(i%8)) != 0 }

// run counts the bits from number first on that are as it is.
func run(bits []byte, first int64) int64 {
	set, same := bit(bits, first), byte(0)
	if set {
		same = 0xFF
	}
	end, last := first+1, int64(len(bits))*8
	for end < last && bit(bits, end) == set {
		end++
		for end%8 == 0 && end < last && bits[end/8] == same {
			end += 8
		}
	}
	return end - first
}
