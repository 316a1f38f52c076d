package vhdx

import (
	"encoding/binary"
	"hash/crc32"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/internal/windows"
)

const (
	page = 4096 // the unit of the log, and of what it writes
	// maxLog bounds the log, which is read into memory. Windows writes 1 MiB.
	maxLog = 64 << 20
	// maxZeros bounds the zero descriptors of a log.
	maxZeros = 4096
	// checkBudget is how often over the log may be read to verify its entries.
	checkBudget = 4
)

// A ring is the log: entries one behind the other, around its end.
type ring struct {
	id      string
	b       []byte
	entries map[int64]entry // verified or not, by offset
	budget  int64           // bytes that may still be verified
}

// An entry is one write of the log.
type entry struct {
	intact         bool
	torn           bool // it looks like an entry of this log, and is not intact
	sequence       uint64
	at, length     int64
	tail           int64 // where the oldest entry is that must be applied with this one
	descriptors    int
	flushed, grown int64 // how long the file is at least, before and after
}

// replay applies the log, if it is not empty, to the file in memory.
func (d *Disk) replay() error {
	log := d.header.log
	if d.header.logID == noGUID {
		return nil
	}
	name := d.media.File.Name
	switch {
	case d.header.logVersion != 0:
		return artifacts.NewProblem(artifacts.Unsupported, -1, "%s: a log of version %d is not read by this version; %s", name, d.header.logVersion, convert)
	case log.End-log.Begin > maxLog:
		return artifacts.NewProblem(artifacts.Limit, -1, "%s: a log of %d bytes; this program reads up to %d", name, log.End-log.Begin, maxLog)
	case log.Begin < mib || log.Begin%mib != 0 || log.End == log.Begin || (log.End-log.Begin)%mib != 0:
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s: a log of %d bytes at offset %d", name, log.End-log.Begin, log.Begin)
	}
	r := ring{id: d.header.logID, b: make([]byte, min(log.End-log.Begin, max(0, d.media.File.Size-log.Begin))), entries: make(map[int64]entry)}
	if int64(len(r.b)) < log.End-log.Begin {
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s at offset %d: the file ends in the log", name, log.Begin)
	}
	if _, err := d.media.File.ReadFull(r.b, log.Begin); err != nil {
		return err
	}
	r.budget = checkBudget * int64(len(r.b))
	active := r.active()
	if r.budget < 0 {
		return artifacts.NewProblem(artifacts.Limit, -1, "%s at offset %d: the entries of the log overlap", name, log.Begin)
	}
	if len(active) == 0 {
		return artifacts.NewProblem(artifacts.Checksum, -1, "%s at offset %d: the disk was in use when it was copied, and no entry of its log is intact: copy it again, or attach it read-only to a Windows system and give the drive's folder with --path",
			name, log.Begin)
	}
	last := active[len(active)-1]
	if torn := r.torn(last); torn != "" {
		d.problem(artifacts.Checksum, -1, "the disk was in use when it was copied and %s: the media are as they were before that write", torn)
	}
	if d.media.File.Size < last.flushed {
		d.problem(artifacts.Truncated, -1, "the file has %d bytes; it had %d when its log was written", d.media.File.Size, last.flushed)
	}
	o := &overlay{file: d.media.File, flushed: last.flushed, pages: make(map[int64][]byte)}
	for _, e := range active {
		if err := r.apply(e, o); err != nil {
			return artifacts.NewProblem(err.Kind, -1, "%s at offset %d: %w", name, log.Begin+e.at, err.Err)
		}
	}
	o.order()
	d.media.File = blocks.File{Name: name, R: o, Size: max(d.media.File.Size, last.grown)}
	return nil
}

// active finds the entries that are to be applied, the oldest first: of the
// runs of intact entries the one with the highest sequence number, from the
// tail on that its last entry names.
func (r *ring) active() []entry {
	var best []entry
	size := int64(len(r.b))
	for start := int64(0); start < size && r.budget >= 0; {
		run, end := r.run(start)
		if len(run) == 0 {
			start += page
			continue
		}
		last := run[len(run)-1]
		for i, e := range run {
			if e.at == last.tail && (best == nil || last.sequence > best[len(best)-1].sequence) {
				best = run[i:]
				break
			}
		}
		if end <= start {
			break // around the end: the rest was looked at
		}
		start = end
	}
	return best
}

// run returns the intact entries from an offset on with sequence numbers that
// follow one another, and where they end.
func (r *ring) run(start int64) (run []entry, end int64) {
	at, total := start, int64(0)
	for {
		e := r.entry(at)
		if !e.intact || len(run) > 0 && e.sequence != run[len(run)-1].sequence+1 || total+e.length > int64(len(r.b)) {
			return run, at
		}
		run = append(run, e)
		total += e.length
		at = (at + e.length) % int64(len(r.b))
	}
}

// torn tells of a write after the last intact entry that did not reach the
// file whole; "" if there is none.
func (r *ring) torn(last entry) string {
	next := r.entry((last.at + last.length) % int64(len(r.b)))
	if next.torn || next.sequence == last.sequence+1 && !next.intact {
		return "the last write to its log is torn"
	}
	for _, e := range r.entries {
		if e.intact && e.sequence > last.sequence {
			return "its log has a gap before its last writes"
		}
	}
	return ""
}

// sector is the page i pages behind an offset of the ring.
func (r *ring) sector(at int64, i int) []byte {
	at = (at + int64(i)*page) % int64(len(r.b))
	return r.b[at : at+page]
}

// entry parses and verifies the entry at an offset.
func (r *ring) entry(at int64) entry {
	if e, ok := r.entries[at]; ok {
		return e
	}
	b := r.sector(at, 0)
	le := binary.LittleEndian
	e := entry{
		at: at, length: int64(le.Uint32(b[8:])), tail: int64(le.Uint32(b[12:])), sequence: le.Uint64(b[16:]),
		descriptors: int(le.Uint32(b[24:])), flushed: int64(le.Uint64(b[48:])), grown: int64(le.Uint64(b[56:])),
	}
	signed, ours := string(b[:4]) == "loge", windows.GUID(b[32:]) == r.id
	if !signed && !ours {
		e.sequence = 0 // no entry at all
	}
	if signed && ours {
		e.intact = r.wellFormed(e) && r.verified(e) && r.described(e)
		e.torn = !e.intact
	}
	r.entries[at] = e
	return e
}

// wellFormed checks what the header of an entry says.
func (r *ring) wellFormed(e entry) bool {
	size := int64(len(r.b))
	return e.length >= page && e.length%page == 0 && e.length <= size && e.tail%page == 0 && e.tail < size &&
		e.sequence > 0 && e.flushed >= 0 && e.grown >= 0 && e.grown < 1<<62 && int64(e.descriptors) < e.length/32
}

// verified checks the CRC-32C of an entry, while the budget lasts.
func (r *ring) verified(e entry) bool {
	r.budget -= e.length
	if r.budget < 0 {
		return false
	}
	first := r.sector(e.at, 0)
	sum := crc32.Update(0, castagnoli, first[:4])
	sum = crc32.Update(sum, castagnoli, make([]byte, 4))
	sum = crc32.Update(sum, castagnoli, first[8:])
	for i := 1; i < int(e.length/page); i++ {
		sum = crc32.Update(sum, castagnoli, r.sector(e.at, i))
	}
	return sum == binary.LittleEndian.Uint32(first[4:])
}

// described checks the descriptors of an entry and its data sectors.
func (r *ring) described(e entry) bool {
	le := binary.LittleEndian
	data := r.dataAt(e)
	for i := range e.descriptors {
		desc := r.descriptor(e, i)
		at := le.Uint64(desc[16:])
		if le.Uint64(desc[24:]) != e.sequence || at%page != 0 || at >= 1<<62 {
			return false
		}
		switch string(desc[:4]) {
		case "zero":
			if n := le.Uint64(desc[8:]); n%page != 0 || n >= 1<<62 {
				return false
			}
		case "desc":
			if int64(data) >= e.length/page {
				return false
			}
			s := r.sector(e.at, data)
			if string(s[:4]) != "data" || uint64(le.Uint32(s[4:]))<<32|uint64(le.Uint32(s[4092:])) != e.sequence {
				return false
			}
			data++
		default:
			return false
		}
	}
	return int64(data) == e.length/page
}

// dataAt is the number of the first data sector of an entry: those before it
// hold the entry's header, of 64 bytes, and the descriptors.
func (r *ring) dataAt(e entry) int { return (64 + 32*e.descriptors + page - 1) / page }

func (r *ring) descriptor(e entry, i int) []byte {
	at := 64 + 32*i
	return r.sector(e.at, at/page)[at%page:][:32]
}

// apply does what the descriptors of an intact entry say.
func (r *ring) apply(e entry, o *overlay) *artifacts.Problem {
	le := binary.LittleEndian
	data := r.dataAt(e)
	for i := range e.descriptors {
		desc := r.descriptor(e, i)
		at := int64(le.Uint64(desc[16:]))
		if string(desc[:4]) == "zero" {
			if len(o.zeros) >= maxZeros {
				return artifacts.NewProblem(artifacts.Limit, -1, "more than %d ranges of zeros in the log", maxZeros)
			}
			o.zero(blocks.Range{Begin: at, End: at + int64(le.Uint64(desc[8:]))})
			continue
		}
		b := make([]byte, page)
		copy(b, desc[8:16])
		copy(b[8:], r.sector(e.at, data)[8:4092])
		copy(b[4092:], desc[4:8])
		o.pages[at] = b
		data++
	}
	return nil
}
