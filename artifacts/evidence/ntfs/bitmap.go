package ntfs

import (
	"io"
	"math/bits"
	"sync"

	"hivetriage/artifacts"
)

// bitmapBlock is how much of $Bitmap is read at once.
const bitmapBlock = 64 << 10

// A bitmap is the volume's $Bitmap: one bit for each cluster, set if in use.
type bitmap struct {
	once sync.Once
	r    io.ReaderAt
	err  error
}

func (m *bitmap) open(v *Volume) {
	f, err := v.loadFile(recordBitmap)
	if err != nil {
		m.err = err
		return
	}
	for i := range f.data {
		if d := &f.data[i]; len(d.name) == 0 && d.startVCN == 0 {
			m.r, m.err = v.reader(f, i)
			return
		}
	}
	m.err = artifacts.NewProblem(artifacts.Malformed, -1, "$Bitmap has no content")
}

// used returns how many of the count clusters from lcn on are in use.
func (v *Volume) used(lcn, count int64) (int64, error) {
	v.bitmap.once.Do(func() { v.bitmap.open(v) })
	if v.bitmap.r == nil {
		return 0, v.bitmap.err
	}
	var n int64
	b := make([]byte, min(bitmapBlock, count/8+2))
	for count > 0 {
		part := b[:min(int64(len(b)), (lcn%8+count+7)/8)]
		if got, err := v.bitmap.r.ReadAt(part, lcn/8); got < len(part) {
			return n, err
		}
		here := min(count, int64(len(part))*8-lcn%8)
		n += countBits(part, lcn%8, here)
		lcn, count = lcn+here, count-here
	}
	return n, nil
}

// countBits counts the set bits among the n bits of b from bit first on.
func countBits(b []byte, first, n int64) (set int64) {
	last := first + n
	for i, c := range b {
		at := int64(i) * 8
		if at < first {
			c &= 0xFF << (first - at)
		}
		if at+8 > last {
			c &= 0xFF >> (at + 8 - last)
		}
		set += int64(bits.OnesCount8(c))
	}
	return set
}
