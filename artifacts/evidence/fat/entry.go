package fat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// An entry is a wanted file.
type entry struct {
	v    *Volume
	file file
	path string
	heir string // path of a file in use that begins in the same cluster, "" if none does
}

// Size returns the bytes that the directory states.
func (e *entry) Size() int64 { return e.file.size }

// Locator names the file by its long name where it has one.
func (e *entry) Locator() artifacts.Locator {
	at := e.v.at
	at.Path = e.path
	return at
}

// Open opens the content: of a deleted file that of the clusters it is taken
// to have had.
func (e *entry) Open(ctx context.Context) (artifacts.Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, artifacts.Located(e.v.at, err)
	}
	s := e.v.open(&e.file)
	if len(s.extents) == 0 && s.valid > 0 {
		return nil, artifacts.Located(e.Locator(), s.broken)
	}
	return s, nil
}

// open returns the content of a file, as far as its clusters can be told.
func (v *Volume) open(f *file) *stream {
	extents, _, err := v.clustersOf(f, f.size)
	return v.newStream(extents, f.size, f.valid, err)
}

// clustersOf returns the clusters of the first size bytes of a file. chained
// says that those of a deleted one were told by a chain that is still in the
// FAT, as it often is on exFAT.
func (v *Volume) clustersOf(f *file, size int64) (x []extent, chained bool, err error) {
	switch n := v.clustersFor(size); {
	case n == 0:
		return nil, false, nil
	case f.contiguous:
		x, err = v.adjoining(f.first, size)
		return x, false, err
	case !f.deleted:
		x, err = v.chain(f.first, n)
		return x, false, err
	case v.kind == exfat:
		if x, err := v.chain(f.first, v.clustersFor(f.size)); err == nil && v.ends(x, v.clustersFor(f.size)) {
			return x, true, nil
		}
	}
	x, err = v.adjoining(f.first, size)
	return x, false, err
}

// ends reports whether a chain has count clusters and ends with them.
func (v *Volume) ends(extents []extent, count int64) bool {
	n := int64(0)
	for _, x := range extents {
		n += int64(x.count)
	}
	last := extents[len(extents)-1]
	next, err := v.next(last.first + last.count - 1)
	return n == count && err == nil && next >= entryEnd
}

// Meta reads the times and what became of the clusters.
func (e *entry) Meta() artifacts.Meta {
	f := &e.file
	m := artifacts.Meta{Allocation: artifacts.Allocated}
	for _, t := range []struct {
		from stamp
		to   *time.Time
	}{{f.created, &m.Times.Created}, {f.modified, &m.Times.Modified}, {f.accessed, &m.Times.Accessed}} {
		var local bool
		*t.to, local = t.from.time()
		m.LocalTimes = m.LocalTimes || local && !t.to.IsZero()
	}
	var reasons []string
	if f.deleted {
		m.Allocation, reasons = e.v.fate(f)
		if e.heir != "" {
			reasons = append(reasons, fmt.Sprintf("it begins where %s does: renamed or moved to there, or overwritten by it", e.heir))
		}
	} else if s := e.v.open(f); s.broken != nil {
		reasons = append(reasons, cause(s.broken).Error())
	}
	if f.valid < f.size {
		reasons = append(reasons, fmt.Sprintf("only the first %d of %d bytes were ever written, the rest reads as zeros", f.valid, f.size))
	}
	if f.mismatch {
		reasons = append(reasons, "the checksum of its directory entry does not fit")
	}
	if f.lostName {
		reasons = append(reasons, "the first character of its name was overwritten on deletion and is shown as _")
	}
	m.Unreliable = strings.Join(reasons, "; ")
	return m
}

// fate says what became of a deleted file's clusters.
func (v *Volume) fate(f *file) (artifacts.Allocation, []string) {
	var reasons []string
	extents, chained, err := v.clustersOf(f, f.size)
	if err != nil {
		reasons = append(reasons, cause(err).Error())
	}
	var clusters, reused int64
	for _, x := range extents {
		n, err := v.used(x)
		if err != nil {
			return artifacts.Deleted, append(reasons, "deleted; whether its clusters were given to something else cannot be told: "+cause(err).Error())
		}
		clusters += int64(x.count)
		reused += int64(n)
	}
	switch {
	case f.guessed:
		reasons = append(reasons, fmt.Sprintf("deletion cleared the upper half of its first cluster's number: cluster %d is the first that is free and begins as was looked for", f.first))
	case f.halved:
		reasons = append(reasons, "deletion may have cleared the upper half of its first cluster's number, and the content may lie elsewhere")
	}
	switch {
	case f.contiguous:
	case chained:
		reasons = append(reasons, "deleted; its clusters are told by a chain left in the FAT")
	case clusters > 1:
		reasons = append(reasons, fmt.Sprintf("deleted; its %d clusters are taken to follow each other, the chain is gone", clusters))
	}
	if reused > 0 {
		return artifacts.Overwritten, append(reasons, fmt.Sprintf("deleted; %d of %d clusters are in use by something else", reused, clusters))
	}
	return artifacts.Deleted, reasons
}

// time returns the stamp as UTC. Where the zone is not stored, the clock on
// the wall is returned as if it had shown UTC, and local is true. A stamp that
// is not a date is not recorded.
func (s stamp) time() (t time.Time, local bool) {
	date, clock := s.when>>16, s.when&0xffff
	year, month, day := int(date>>9)+1980, time.Month(date>>5&15), int(date&31)
	hour, minute, second := int(clock>>11), int(clock>>5&63), int(clock&31)*2
	if month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || s.hundredths > 199 {
		return time.Time{}, false
	}
	t = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Day() != day {
		return time.Time{}, false
	}
	t = t.Add(time.Duration(s.hundredths) * 10 * time.Millisecond)
	if s.zone&0x80 == 0 {
		return t, true
	}
	quarters := int(int8(s.zone<<1)) / 2
	return t.Add(-time.Duration(quarters) * 15 * time.Minute), false
}
