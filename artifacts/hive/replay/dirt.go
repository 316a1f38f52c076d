package replay

import "math/bits"

// dirtyPages reads the pages of a DIRT log: a bitmap with one bit for every
// 512 bytes of bins, and from the next sector on the pages whose bits are set.
func (l *opened) dirtyPages(budget int64) ([]page, *Refusal) {
	bins := l.base.Length
	if bins%baseSize != 0 || int64(bins) > l.most {
		return nil, refusal(l.Name, Torn, 40, "%d bytes of bins", bins)
	}
	const signature = 4
	bitmap := make([]byte, bins/sector/8)
	start := int64(sector + (signature+len(bitmap)+sector-1)/sector*sector)
	if l.Size < start {
		return nil, refusal(l.Name, Torn, l.Size, "the file ends within its dirty vector")
	}
	if n, err := l.Content.ReadAt(bitmap, sector+signature); n < len(bitmap) {
		return nil, unreadable(l.Log, sector+signature+int64(n), err)
	}
	count := int64(0)
	for _, b := range bitmap {
		count += int64(bits.OnesCount8(b))
	}
	switch {
	case count == 0:
		return nil, refusal(l.Name, Empty, sector, "no page is marked dirty")
	case count*sector > l.Size-start:
		return nil, refusal(l.Name, Torn, l.Size, "%d dirty pages are marked, %d are in the file", count, (l.Size-start)/sector)
	case count*sector > budget:
		return nil, refusal(l.Name, Limit, start, "more than %d bytes of changes", maxPages)
	}
	data := make([]byte, count*sector)
	if n, err := l.Content.ReadAt(data, start); n < len(data) {
		return nil, unreadable(l.Log, start+int64(n), err)
	}
	pages := make([]page, 0, count)
	for i, b := range bitmap {
		for ; b != 0; b &= b - 1 {
			offset := int64(i*8+bits.TrailingZeros8(b)) * sector
			pages = append(pages, page{offset, data[:sector]})
			data = data[sector:]
		}
	}
	return pages, nil
}

// badBin returns the offset of the first bin that is invalid with the log's
// pages in place, though it begins in one of them: a DIRT log has no hashes,
// so this is what tells one that was not written to its end.
func badBin(o *Overlay, bins int64) (offset int64, bad bool, err error) {
	head := make([]byte, 12)
	for at := int64(0); at < bins; {
		if n, err := o.ReadAt(head, baseSize+at); n < len(head) {
			return at, false, err
		}
		size := int64(le.Uint32(head[8:]))
		if string(head[:4]) == "hbin" && int64(le.Uint32(head[4:])) == at && size >= baseSize && size%baseSize == 0 && size <= bins-at {
			at += size
			continue
		}
		if _, dirty := o.sectors[(baseSize+at)/sector]; dirty {
			return at, true, nil
		}
		at += baseSize // damage of the hive's own
	}
	return 0, false, nil
}
