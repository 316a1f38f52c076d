package fat

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"

	"hivetriage/artifacts"
)

const (
	pageSize = 64 << 10
	maxPages = 64 // of the FAT or of the bitmap that are kept
)

// pages keeps parts of a region that is read in small pieces.
type pages struct {
	mu   sync.Mutex
	kept map[int64][]byte
}

// get returns the page of r with the given number, shorter at the end of
// size bytes.
func (p *pages) get(r func(b []byte, at int64) error, number, size int64) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := p.kept[number]; ok {
		return b, nil
	}
	b := make([]byte, min(pageSize, size-number*pageSize))
	if err := r(b, number*pageSize); err != nil {
		return nil, err
	}
	if p.kept == nil || len(p.kept) >= maxPages {
		p.kept = make(map[int64][]byte, maxPages)
	}
	p.kept[number] = b
	return b, nil
}

// Values of FAT entries, as next returns them for every width.
const (
	entryFree = 0
	entryBad  = 0x0ffffff7
	entryEnd  = 0x0ffffff8 // and above
)

// next returns what the FAT says of a cluster of the heap: the number of the
// next one, or one of the values above.
func (v *Volume) next(cluster uint32) (uint32, error) {
	if v.kind != fat12 {
		width := int64(4)
		if v.kind == fat16 {
			width = 2
		}
		at := int64(cluster) * width
		b, err := v.tablePages.get(v.readTable, at/pageSize, v.tableSize)
		if err != nil {
			return 0, err
		}
		at %= pageSize
		switch {
		case width == 2:
			return widen(uint32(binary.LittleEndian.Uint16(b[at:])), 0xfff7), nil
		case v.kind == exfat:
			return widen(binary.LittleEndian.Uint32(b[at:]), 0xfffffff7), nil
		}
		return binary.LittleEndian.Uint32(b[at:]) & 0x0fffffff, nil
	}
	at := int64(cluster) + int64(cluster)/2 // a FAT of 12 bits is smaller than a page
	b, err := v.tablePages.get(v.readTable, 0, min(v.tableSize, pageSize))
	if err != nil {
		return 0, err
	}
	entry := uint32(binary.LittleEndian.Uint16(b[at:]))
	if cluster%2 == 1 {
		entry >>= 4
	}
	return widen(entry&0xfff, 0xff7), nil
}

// widen turns the special values of a width, from bad on, into those of
// FAT32, and numbers that no cluster has into 1, which is none either.
func widen(entry, bad uint32) uint32 {
	switch {
	case entry >= bad:
		return entryBad + (entry - bad)
	case entry >= entryBad:
		return 1
	}
	return entry
}

func (v *Volume) readTable(b []byte, at int64) error { return v.disk.ReadFull(b, v.table+at) }

// An extent is a run of clusters.
type extent struct{ first, count uint32 }

// chain follows the FAT from a cluster on, for as many clusters as there are
// or most of them. It returns those before an error too. A chain that comes
// back to a cluster is an error.
func (v *Volume) chain(first uint32, most int64) ([]extent, error) {
	var all []extent
	cluster, steps := first, int64(0)
	for limit := min(most, int64(v.clusters)+1); steps < limit; steps++ {
		if !v.holds(cluster) {
			return all, artifacts.NewProblem(artifacts.Malformed, -1, "the cluster chain leads to cluster %d of %d after %d clusters", cluster, v.clusters, steps)
		}
		if n := len(all); n > 0 && all[n-1].first+all[n-1].count == cluster {
			all[n-1].count++
		} else {
			all = append(all, extent{cluster, 1})
		}
		if steps+1 == limit {
			break
		}
		next, err := v.next(cluster)
		switch {
		case err != nil:
			return all, err
		case next >= entryEnd:
			return v.unlooped(all)
		case next == entryFree:
			return all, artifacts.NewProblem(artifacts.Malformed, -1, "the cluster chain ends in the free cluster %d after %d clusters", cluster, steps+1)
		}
		cluster = next
	}
	return v.unlooped(all)
}

// unlooped cuts a chain before the first cluster that is in it twice, which is
// an error.
func (v *Volume) unlooped(all []extent) ([]extent, error) {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b extent) int { return cmp.Compare(a.first, b.first) })
	looped := false
	for i := 1; i < len(sorted); i++ {
		looped = looped || sorted[i-1].first+sorted[i-1].count > sorted[i].first
	}
	if !looped {
		return all, nil
	}
	seen := make([]byte, v.clusters/8+1)
	for i, x := range all {
		for n := range x.count {
			c := x.first + n - firstCluster
			if seen[c/8]>>(c%8)&1 != 0 {
				all = all[:i+1]
				if all[i].count = n; n == 0 {
					all = all[:i]
				}
				return all, artifacts.NewProblem(artifacts.Malformed, -1, "the cluster chain runs in a circle: it comes back to cluster %d", x.first+n)
			}
			seen[c/8] |= 1 << (c % 8)
		}
	}
	return all, nil
}

// adjoining is the run of clusters from first on that size bytes take, cut at
// the end of the heap.
func (v *Volume) adjoining(first uint32, size int64) ([]extent, error) {
	if !v.holds(first) {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "it begins in cluster %d of %d", first, v.clusters)
	}
	want, have := v.clustersFor(size), int64(v.clusters-(first-firstCluster))
	if want > have {
		return []extent{{first, uint32(have)}}, artifacts.NewProblem(artifacts.Malformed, -1, "its %d clusters from %d on are more than the %d up to the end of the volume", want, first, have)
	}
	return []extent{{first, uint32(want)}}, nil
}

// used counts the clusters of an extent that belong to something: by the FAT,
// on exFAT by the allocation bitmap.
func (v *Volume) used(x extent) (n uint32, err error) {
	if v.kind == exfat {
		return v.marked(x)
	}
	for c := x.first; c < x.first+x.count; c++ {
		entry, err := v.next(c)
		if err != nil {
			return n, err
		}
		if entry != entryFree {
			n++
		}
	}
	return n, nil
}

// marked counts the bits of an extent in the allocation bitmap.
func (v *Volume) marked(x extent) (n uint32, err error) {
	if v.bitmap == nil || v.bitmap.size < (int64(v.clusters)+7)/8 {
		return 0, artifacts.NewProblem(artifacts.Malformed, -1, "the volume has no whole allocation bitmap")
	}
	read := func(b []byte, at int64) error {
		_, err := v.bitmap.ReadAt(b, at)
		return err
	}
	from, to := int64(x.first-firstCluster), int64(x.first-firstCluster)+int64(x.count)
	for from < to {
		at := from / 8
		b, err := v.bitmapPages.get(read, at/pageSize, v.bitmap.size)
		if err != nil {
			return n, err
		}
		if from%8 == 0 && to-from >= 8 {
			n += uint32(bits.OnesCount8(b[at%pageSize]))
			from += 8
			continue
		}
		n += uint32(b[at%pageSize] >> (from % 8) & 1)
		from++
	}
	return n, nil
}
