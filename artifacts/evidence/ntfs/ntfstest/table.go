package ntfstest

import (
	"math/bits"
	"slices"
)

// windowRecords is how many MFT records are gathered for one write.
const windowRecords = 1024

// bitset is a growing set of numbers.
type bitset []uint64

func (s *bitset) set(n uint64) {
	for uint64(len(*s)) <= n/64 {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

func (s bitset) has(n uint64) bool { return n/64 < uint64(len(s)) && s[n/64]>>(n%64)&1 != 0 }

// bytes is the bitmap with at least n bits, in multiples of 8 bytes.
func (s bitset) bytes(n uint64) []byte {
	b := make([]byte, 0, (n+63)/64*8)
	for i := range (n + 63) / 64 {
		var w uint64
		if i < uint64(len(s)) {
			w = s[i]
		}
		b = le.AppendUint64(b, w)
	}
	return b
}

// table is $MFT. Records that come before it has a place are kept; later ones
// are written in windows, those behind the window one by one.
type table struct {
	v        *volume
	runs     []Run
	count    uint64 // records handed out
	growth   uint64 // records by which to extend
	written  bitset
	inUse    bitset
	pending  map[uint64][]byte
	laid     bool
	mirror   []byte // the first records
	window   []byte
	windowAt uint64
}

// next hands out a record number.
func (t *table) next() uint64 {
	t.count++
	return t.count - 1
}

// capacity is the number of records that the runs hold.
func (t *table) capacity() uint64 {
	return uint64(clustersOf(t.runs) * t.v.cluster / int64(t.v.recordSize))
}

// extend adds a run for n records.
func (t *table) extend(n uint64) error {
	clusters := align(int64(n)*int64(t.v.recordSize), t.v.cluster) / t.v.cluster
	at, err := t.v.space.alloc(clusters)
	if err != nil {
		return err
	}
	if k := len(t.runs); k > 0 && t.runs[k-1].LCN+t.runs[k-1].Length == at {
		t.runs[k-1].Length += clusters
		return nil
	}
	t.runs = append(t.runs, Run{at, clusters})
	return nil
}

// lay places the table for about n records in the given number of runs and
// writes what was kept.
func (t *table) lay(n uint64, fragments int) error {
	k := uint64(max(fragments, 1))
	for left := n; left > 0; {
		part := min((n+k-1)/k, left)
		if err := t.extend(part); err != nil {
			return err
		}
		left -= part
		if k > 1 {
			t.v.space.skip(2)
		}
	}
	t.laid = true
	t.window = make([]byte, windowRecords*t.v.recordSize)
	kept := t.pending
	t.pending = nil
	nums := make([]uint64, 0, len(kept))
	for num := range kept {
		nums = append(nums, num)
	}
	slices.Sort(nums)
	for _, num := range nums {
		if err := t.write(num, kept[num]); err != nil {
			return err
		}
	}
	return nil
}

// put stores a record, whose bytes it may not keep.
func (t *table) put(num uint64, rec []byte, inUse bool) error {
	t.written.set(num)
	if inUse {
		t.inUse.set(num)
	}
	if at := int(num) * len(rec); num < uint64(len(t.mirror)/len(rec)) {
		copy(t.mirror[at:], rec)
	}
	if !t.laid {
		t.pending[num] = slices.Clone(rec)
		return nil
	}
	return t.write(num, rec)
}

func (t *table) write(num uint64, rec []byte) error {
	for num >= t.capacity() {
		if err := t.extend(t.growth); err != nil {
			return err
		}
	}
	base := num / windowRecords * windowRecords
	if base > t.windowAt {
		if err := t.flush(); err != nil {
			return err
		}
		t.windowAt = base
		clear(t.window)
	}
	if base == t.windowAt {
		copy(t.window[int(num-base)*len(rec):], rec)
		return nil
	}
	return t.copyOut(num, rec)
}

// flush writes the window. Records that were not put yet are zeros there.
func (t *table) flush() error {
	have := min(t.capacity(), t.count) - min(t.windowAt, t.capacity())
	n := min(have, windowRecords) * uint64(t.v.recordSize)
	return t.copyOut(t.windowAt, t.window[:n])
}

// copyOut writes records from num on, run by run.
func (t *table) copyOut(num uint64, b []byte) error {
	at := int64(num) * int64(t.v.recordSize)
	for _, r := range t.runs {
		n := r.Length * t.v.cluster
		if at < n && len(b) > 0 {
			part := min(n-at, int64(len(b)))
			if err := t.v.writeAt(b[:part], r.LCN*t.v.cluster+at); err != nil {
				return err
			}
			b, at = b[part:], n
		}
		at -= n
	}
	return nil
}

// trim ends the table at the cluster of its last record.
func (t *table) trim() {
	perCluster := max(t.v.cluster/int64(t.v.recordSize), 1)
	t.count = uint64(align(int64(t.count), perCluster))
	need := int64(t.count) * int64(t.v.recordSize) / t.v.cluster
	for i := range t.runs {
		r := &t.runs[i]
		if r.Length > need {
			t.v.space.mark(r.LCN+need, r.Length-need, false)
			r.Length = need
		}
		need -= r.Length
	}
	t.runs = slices.DeleteFunc(t.runs, func(r Run) bool { return r.Length == 0 })
}

// fillFree writes the records that are not used by any file.
func (t *table) fillFree() error {
	for i := range (t.count + 63) / 64 {
		var w uint64
		if i < uint64(len(t.written)) {
			w = t.written[i]
		}
		for free := ^w; free != 0; free &= free - 1 {
			num := i*64 + uint64(bits.TrailingZeros64(free))
			if num >= t.count {
				break
			}
			rec, err := t.v.encode(head{num: num, deleted: true}, 0, nil)
			if err != nil {
				return err
			}
			if err := t.put(num, rec, false); err != nil {
				return err
			}
		}
	}
	return t.flush()
}
