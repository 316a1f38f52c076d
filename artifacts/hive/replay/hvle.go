package replay

const (
	entryHeader = 40
	pageRef     = 8
)

// An entry is one entry of an HvLE log whose hashes hold.
type entry struct {
	sequence, bins, flags uint32
	pages                 []page
	bytes                 int64
}

// A page is a piece of bins.
type page struct {
	offset int64 // from the first bin
	data   []byte
}

// entries reads the entries of a log, which follow one another in the file and
// in number, the first having the header's number. refusal says why the last
// one is the last, nil if the log ends there. budget is what may be kept.
func (l *opened) entries(budget *int64) (all []entry, why *Refusal) {
	want := l.base.Primary
	for at := int64(sector); l.Size-at >= entryHeader; {
		head := make([]byte, entryHeader)
		if n, err := l.Content.ReadAt(head, at); n < len(head) {
			return all, unreadable(l.Log, at+int64(n), err)
		}
		if string(head[:4]) != string(HvLE) {
			return all, nil
		}
		sequence := le.Uint32(head[12:])
		switch {
		case sequence != want && len(all) == 0:
			return nil, refusal(l.Name, Gap, at+12, "its first entry is %d, its header says %d", sequence, want)
		case after(want, sequence):
			return all, nil // remains of earlier use
		case sequence != want:
			return all, refusal(l.Name, Gap, at+12, "entry %d is followed by entry %d", want-1, sequence)
		}
		e, size, refusal := l.entry(head, at, budget)
		if refusal != nil {
			return all, refusal
		}
		all = append(all, e)
		at += size
		want++
	}
	return all, nil
}

// entry reads and checks the entry at an offset.
func (l *opened) entry(head []byte, at int64, budget *int64) (e entry, size int64, why *Refusal) {
	size = int64(le.Uint32(head[4:]))
	if size < entryHeader || size%sector != 0 || size > l.Size-at {
		return e, 0, refusal(l.Name, Torn, at+4, "an entry of %d bytes where %d are left", size, l.Size-at)
	}
	if *budget -= size; *budget < 0 {
		return e, 0, refusal(l.Name, Limit, at, "more than %d bytes of changes", maxPages)
	}
	e = entry{flags: le.Uint32(head[8:]), sequence: le.Uint32(head[12:]), bins: le.Uint32(head[16:])}
	if e.bins%baseSize != 0 || int64(e.bins) > l.most {
		return e, 0, refusal(l.Name, Torn, at+16, "%d bytes of bins", e.bins)
	}
	if marvin32(head[:32], seed) != le.Uint64(head[32:]) {
		return e, 0, refusal(l.Name, Torn, at+32, "the hash of the header of entry %d is wrong", e.sequence)
	}
	body := make([]byte, size-entryHeader)
	if n, err := l.Content.ReadAt(body, at+entryHeader); n < len(body) {
		return e, 0, unreadable(l.Log, at+entryHeader+int64(n), err)
	}
	if marvin32(body, seed) != le.Uint64(head[24:]) {
		return e, 0, refusal(l.Name, Torn, at+24, "the hash of the pages of entry %d is wrong", e.sequence)
	}
	return e, size, l.pages(&e, int64(le.Uint32(head[20:])), body, at)
}

// pages takes an entry's pages from its body, which begins with their places.
func (l *opened) pages(e *entry, count int64, body []byte, at int64) *Refusal {
	if count > int64(len(body)/pageRef) {
		return refusal(l.Name, Torn, at+20, "%d pages in an entry of %d bytes", count, entryHeader+len(body))
	}
	data := body[count*pageRef:]
	for i := range count {
		ref := body[i*pageRef:]
		offset, size := int64(le.Uint32(ref)), int64(le.Uint32(ref[4:]))
		if offset%sector != 0 || size%sector != 0 || offset+size > int64(e.bins) || size > int64(len(data)) {
			return refusal(l.Name, Torn, at+entryHeader+i*pageRef, "a page of %d bytes at %d of %d bytes of bins, %d are left in the entry", size, offset, e.bins, len(data))
		}
		e.pages = append(e.pages, page{offset, data[:size]})
		e.bytes += size
		data = data[size:]
	}
	return nil
}
