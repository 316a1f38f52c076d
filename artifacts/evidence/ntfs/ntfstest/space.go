package ntfstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// space hands out clusters in rising order and keeps the volume's bitmap.
type space struct {
	bits  []uint64
	next  int64 // first cluster that was never handed out
	limit int64 // clusters of the volume; 0: grows as needed
	rng   *rand.Rand
}

// alloc takes n clusters in one piece.
func (s *space) alloc(n int64) (int64, error) {
	at := s.next
	if s.limit > 0 && at+n > s.limit {
		return 0, fmt.Errorf("ntfstest: the volume has %d clusters, and %d more are needed", s.limit, at+n-s.limit)
	}
	s.next += n
	s.mark(at, n, true)
	return at, nil
}

// skip leaves n clusters free.
func (s *space) skip(n int64) { s.next += n }

// mark sets or clears the bits of n clusters.
func (s *space) mark(lcn, n int64, used bool) {
	for need := int((lcn + n + 63) / 64); len(s.bits) < need; {
		s.bits = append(s.bits, make([]uint64, need-len(s.bits))...)
	}
	for i := lcn; i < lcn+n; i++ {
		if used {
			s.bits[i/64] |= 1 << (i % 64)
		} else {
			s.bits[i/64] &^= 1 << (i % 64)
		}
	}
}

// free gives the clusters of runs back.
func (s *space) free(runs []Run) {
	for _, r := range runs {
		if r.LCN >= 0 {
			s.mark(r.LCN, r.Length, false)
		}
	}
}

// scatter takes n clusters in the given number of pieces, with gaps between
// them and in an order in which LCNs also fall.
func (s *space) scatter(n int64, pieces int) ([]Run, error) {
	k := min(int64(max(pieces, 1)), n)
	if k <= 1 {
		at, err := s.alloc(n)
		return []Run{{at, n}}, err
	}
	order := s.rng.Perm(int(k))
	if slices.IsSorted(order) {
		slices.Reverse(order)
	}
	runs := make([]Run, k)
	for spot, i := range order {
		length := n / k
		if int64(spot) < n%k {
			length++
		}
		at, err := s.alloc(length)
		if err != nil {
			return nil, err
		}
		runs[i] = Run{at, length}
		s.skip(1 + s.rng.Int64N(3))
	}
	return runs, nil
}
