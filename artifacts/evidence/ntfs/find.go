package ntfs

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"hivetriage/artifacts"
)

// listBudget bounds the bytes of all attribute lists, as a multiple of the
// file table's: every entry describes an attribute that is about as long.
const listBudget = 2

// A scan is one run of Find.
type scan struct {
	v   *Volume
	ask artifacts.Scan
	ctx context.Context
	findings
	left    int64 // heads that were not read because ctx ended
	unread  int64 // bytes of the file table, likewise
	done    int64 // bytes of planned reading
	planned int64
}

// Find yields first the problems it met, then the streams that ask wants, in
// the order of their first clusters. When ctx ends early, what was found until
// then is yielded, and one problem says what was left out.
func (v *Volume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		ask.Workers = max(ask.Workers, 1)
		s := &scan{v: v, ask: ask, ctx: ctx}
		before := v.disk.Read()
		s.readTable()
		s.joinLists()
		s.readHeads()
		s.tally.Bytes += v.disk.Read() - before
		v.mu.Lock()
		v.tally = s.tally
		v.mu.Unlock()
		if s.tell(yield) {
			s.yield(yield)
		}
	}
}

// merge takes over what a worker found.
func (f *findings) merge(o *findings) {
	f.tally.Files += o.tally.Files
	f.tally.Deleted += o.tally.Deleted
	f.tally.Streams += o.tally.Streams
	f.tally.Examined += o.tally.Examined
	f.tally.Empty += o.tally.Empty
	f.tally.Failed += o.tally.Failed
	f.tally.Gone += o.tally.Gone
	f.refs = append(f.refs, o.refs...)
	f.wants = append(f.wants, o.wants...)
	f.lists = append(f.lists, o.lists...)
	f.extensions = append(f.extensions, o.extensions...)
	f.encrypted += o.encrypted
	f.unlisted += o.unlisted
	for _, x := range o.troubles.list {
		f.troubles.add(x)
	}
	f.troubles.more += o.troubles.more
	*o = findings{}
}

func (s *scan) progress(n int64) {
	s.done += n
	if s.ask.Progress != nil {
		s.ask.Progress(s.done, s.planned)
	}
}

// readTable makes the pass over the file table.
func (s *scan) readTable() {
	s.planned = s.v.table.size
	readers := make([]*tableReader, s.ask.Workers)
	for i := range readers {
		readers[i] = &tableReader{v: s.v, ask: &s.ask}
	}
	s.unread = s.v.readTable(s.ctx, readers, s.progress)
	for _, t := range readers {
		s.merge(&t.findings)
	}
}

// joinLists judges the files whose attributes stand in several records, then
// the extension records that no file claims.
func (s *scan) joinLists() {
	slices.Sort(s.lists)
	slices.SortFunc(s.extensions, func(a, b extension) int { return cmp.Compare(a.number, b.number) })
	if s.unread > 0 {
		return
	}
	s.v.extensions.Store(&s.extensions)
	t := &tableReader{v: s.v, ask: &s.ask}
	claimed := make([]bool, len(s.extensions))
	budget := listBudget * (s.v.table.size + maxListSize)
	for i, number := range s.lists {
		if s.ctx.Err() != nil {
			break
		}
		if budget < 0 {
			t.troubles.add(trouble{kind: artifacts.Limit, record: number, last: number,
				text: fmt.Sprintf("and %d others are not joined: the attribute lists are larger than the table", len(s.lists)-i-1)})
			break
		}
		budget -= t.joinFile(number, func(part uint32) {
			if i, ok := slices.BinarySearchFunc(s.extensions, part, func(x extension, n uint32) int { return cmp.Compare(x.number, n) }); ok {
				claimed[i] = true
			}
		})
	}
	for i, x := range s.extensions {
		if s.ctx.Err() != nil {
			break
		}
		if !claimed[i] {
			t.orphan(x.number)
		}
	}
	s.merge(&t.findings)
}

// joinFile judges the streams of a file with an attribute list. It returns the
// bytes of the list.
func (t *tableReader) joinFile(number uint32, claim func(part uint32)) (size int64) {
	defer func() { t.recovered(recover(), number, number) }()
	f, err := t.v.loadFile(number)
	if err != nil {
		t.troubles.stream(number, 0, err)
		return 0
	}
	for _, part := range f.parts {
		claim(part)
	}
	switch {
	case t.v.bare && f.list != nil && f.list.nonResident:
		t.unlisted++
	case f.lost > 0 && f.inUse():
		t.troubles.add(trouble{kind: artifacts.Malformed, record: number, last: number,
			text: fmt.Sprintf("has an attribute list of which %d entries cannot be used", f.lost)})
	}
	t.streams(f)
	if f.list != nil {
		size = min(f.list.length(), maxListSize)
	}
	return size
}

// orphan judges the streams of an extension record that no base claims: all
// that is left of a deleted file, or of a damaged one.
func (t *tableReader) orphan(number uint32) {
	defer func() { t.recovered(recover(), number, number) }()
	b := make([]byte, t.v.recordSize)
	h, _, err := t.v.readRecord(number, b)
	if err != nil {
		t.troubles.stream(number, 0, err)
		return
	}
	f := &t.file
	f.reset(number, h)
	if err := f.add(b, number, h); err != nil {
		t.troubles.stream(number, 0, err)
	}
	t.streams(f)
}

// readHeads makes the pass over the beginnings of the streams.
func (s *scan) readHeads() {
	slices.SortFunc(s.refs, func(a, b ref) int {
		return cmp.Or(cmp.Compare(a.lcn, b.lcn), cmp.Compare(a.record, b.record), cmp.Compare(a.offset, b.offset))
	})
	refs := s.refs
	s.refs = nil
	if s.ask.Sweep != nil {
		refs = s.sweep(refs)
	}
	s.planned += s.v.extent(refs)
	readers := make([]*headReader, min(readsAhead*s.ask.Workers, maxReadsAhead))
	for i := range readers {
		readers[i] = &headReader{v: s.v, ask: &s.ask}
	}
	s.left = s.v.readHeads(s.ctx, readers, refs, s.progress)
	for _, h := range readers {
		s.merge(&h.findings)
	}
	s.tally.Failed += s.left
}

// tell yields the problems.
func (s *scan) tell(yield func(artifacts.Entry, error) bool) bool {
	for _, p := range s.v.damage {
		if !yield(nil, p) {
			return false
		}
	}
	for _, t := range s.troubles.joined() {
		if !yield(nil, s.v.problem(t)) {
			return false
		}
	}
	var sums []*artifacts.Problem
	if s.troubles.more > 0 {
		sums = append(sums, artifacts.NewProblem(artifacts.Limit, -1, "%d further records or streams with problems are not told one by one", s.troubles.more))
	}
	if s.encrypted > 0 {
		sums = append(sums, artifacts.NewProblem(artifacts.Encrypted, -1, "%d streams are encrypted by EFS: their content was not judged", s.encrypted))
	}
	if s.unlisted > 0 {
		sums = append(sums, artifacts.NewProblem(artifacts.Unsupported, -1,
			"%d files have attribute lists that do not stand in the table: their streams in other records are taken for streams of their own", s.unlisted))
	}
	if s.left > 0 || s.unread > 0 || s.ctx.Err() != nil {
		sums = append(sums, artifacts.NewProblem(artifacts.Limit, -1, "the scan was ended early: %d bytes of the file table and the beginnings of %d streams were not read: %w",
			s.unread, s.left, context.Cause(s.ctx)))
	}
	for _, p := range sums {
		if !yield(nil, artifacts.Located(s.v.at, p)) {
			return false
		}
	}
	return true
}

// yield yields the wanted streams.
func (s *scan) yield(yield func(artifacts.Entry, error) bool) {
	order := func(a, b want) int {
		return cmp.Or(cmp.Compare(a.lcn, b.lcn), cmp.Compare(a.record, b.record), cmp.Compare(a.offset, b.offset))
	}
	slices.SortFunc(s.wants, func(a, b want) int { return cmp.Or(order(a, b), cmp.Compare(len(b.head), len(a.head))) })
	for _, w := range slices.CompactFunc(s.wants, func(a, b want) bool { return order(a, b) == 0 }) {
		e := &entry{v: s.v, record: w.record, offset: w.offset, head: w.head}
		f, i, err := s.v.loadStream(w.record, w.offset)
		if err != nil {
			if !yield(nil, s.v.problem(trouble{kind: artifacts.IO, record: w.record, last: w.record, text: "cannot be read again: " + err.Error()})) {
				return
			}
			continue
		}
		e.size = f.data[i].length()
		if !s.v.bare && f.data[i].hidden(f) && !yield(nil, artifacts.Located(e.Locator(), artifacts.NewProblem(artifacts.Unsupported, -1, unreliableWOF))) {
			return
		}
		if !yield(e, nil) {
			return
		}
	}
}
