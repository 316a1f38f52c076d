package vhdx

import (
	"cmp"
	"io"
	"slices"
	"sort"

	"hivetriage/artifacts/evidence/image/blocks"
)

// An overlay is the file as it is after its log was applied.
type overlay struct {
	file    blocks.File
	flushed int64            // the file had at least so many bytes: what lacks is lost, what is behind is zeros
	pages   map[int64][]byte // by offset, a multiple of page
	zeros   []blocks.Range   // where pages has nothing
}

// zero makes a range zeros.
func (o *overlay) zero(r blocks.Range) {
	if (r.End-r.Begin)/page < int64(len(o.pages)) {
		for at := r.Begin; at < r.End; at += page {
			delete(o.pages, at)
		}
	} else {
		for at := range o.pages {
			if at >= r.Begin && at < r.End {
				delete(o.pages, at)
			}
		}
	}
	o.zeros = append(o.zeros, r)
}

// order makes the ranges of zeros ascending and apart. It is called once,
// before the first read.
func (o *overlay) order() {
	slices.SortFunc(o.zeros, func(a, b blocks.Range) int { return cmp.Compare(a.Begin, b.Begin) })
	merged := o.zeros[:0]
	for _, r := range o.zeros {
		if n := len(merged); n > 0 && r.Begin <= merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, r.End)
		} else {
			merged = append(merged, r)
		}
	}
	o.zeros = merged
}

// fromFile reports whether the page at an offset is not in the log.
func (o *overlay) fromFile(at int64) bool { return o.pages[at] == nil && !o.zeroed(at) }

// zeroed reports whether the log made the page at an offset zeros.
func (o *overlay) zeroed(at int64) bool {
	i := sort.Search(len(o.zeros), func(i int) bool { return o.zeros[i].End > at })
	return i < len(o.zeros) && o.zeros[i].Begin <= at
}

// ReadAt reads from the log what it has, and the rest from the file.
func (o *overlay) ReadAt(p []byte, off int64) (int, error) {
	end := max(o.file.Size, o.flushed) // of what was in the file before the log was written
	done := 0
	for done < len(p) {
		at := off + int64(done)
		first := at / page * page
		length := min(first+page-at, int64(len(p)-done))
		if b := o.pages[first]; b != nil {
			done += copy(p[done:], b[at-first:])
			continue
		}
		if at >= end || o.zeroed(first) {
			clear(p[done : done+int(length)])
			done += int(length)
			continue
		}
		for at+length < off+int64(len(p)) && at+length < end && o.fromFile(at+length) {
			length = min(length+page, off+int64(len(p))-at)
		}
		length = min(length, end-at)
		n, err := o.file.R.ReadAt(p[done:done+int(length)], at)
		done += n
		if int64(n) < length {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
	}
	return done, nil
}
