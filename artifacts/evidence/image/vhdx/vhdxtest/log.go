package vhdxtest

import "bytes"

const page = 4096

// A Log describes how a log is written.
type Log struct {
	ID       [16]byte
	Start    int  // offset of the first entry in the log; entries go on around its end
	PerEntry int  // descriptors an entry; 0 is 100
	Applied  bool // an entry stands before the others that was applied already, and whose pages were written again since
}

// Dirty returns a disk that is before, with a log that makes it after. Both
// are of one layout; after may be longer. It also returns where the entries
// of the log are in the file, each a beginning and an end modulo the log's.
func Dirty(before, after []byte, log Log) (disk []byte, entries [][2]int) {
	if log.PerEntry == 0 {
		log.PerEntry = 100
	}
	disk = bytes.Clone(before)
	var id [16]byte
	copy(id[:], before[128<<10+32:])
	Header(disk, 0, 7, id, log.ID)
	at, sequence := log.Start, uint64(1<<32+41)
	put := func(e []byte, tail int) {
		le.PutUint32(e[12:], uint32(tail))
		le.PutUint64(e[16:], sequence)
		copy(e[32:], log.ID[:])
		le.PutUint64(e[48:], uint64(len(before)))
		le.PutUint64(e[56:], uint64(len(after)))
		Seal(e)
		entries = append(entries, [2]int{LogAt + at, LogAt + (at+len(e))%LogSize})
		for i := 0; i < len(e); i += page {
			copy(disk[LogAt+(at+i)%LogSize:], e[i:i+page])
		}
		at = (at + len(e)) % LogSize
		sequence++
	}
	if log.Applied {
		old := bytes.Clone(after[TableAt : TableAt+page])
		old[0] ^= 7 // what the table's first entry was once
		put(entry([]int{TableAt}, func(int) []byte { return old }, sequence), at)
		entries = nil
	}
	var changed []int
	for p := LogAt + LogSize; p < len(after); p += page {
		was := make([]byte, page)
		if p < len(before) {
			copy(was, before[p:])
		}
		if !bytes.Equal(was, after[p:p+page]) {
			changed = append(changed, p)
		}
	}
	tail := at
	for len(changed) > 0 {
		n := min(log.PerEntry, len(changed))
		put(entry(changed[:n], func(p int) []byte { return after[p : p+page] }, sequence), tail)
		changed = changed[n:]
	}
	return disk, entries
}

// entry makes a log entry that writes pages; what needs its place in the log
// is left out.
func entry(pages []int, content func(int) []byte, sequence uint64) []byte {
	b := make([]byte, (64+32*len(pages)+page-1)/page*page)
	copy(b, "loge")
	le.PutUint32(b[24:], uint32(len(pages)))
	for i, p := range pages {
		d, data := b[64+32*i:], content(p)
		le.PutUint64(d[16:], uint64(p))
		le.PutUint64(d[24:], sequence)
		if bytes.Count(data, []byte{0}) == page {
			copy(d, "zero")
			le.PutUint64(d[8:], page)
			continue
		}
		copy(d, "desc")
		copy(d[4:8], data[page-4:])
		copy(d[8:16], data[:8])
		s := bytes.Clone(data)
		copy(s, "data")
		le.PutUint32(s[4:], uint32(sequence>>32))
		le.PutUint32(s[page-4:], uint32(sequence))
		b = append(b, s...)
	}
	le.PutUint32(b[8:], uint32(len(b)))
	return b
}
