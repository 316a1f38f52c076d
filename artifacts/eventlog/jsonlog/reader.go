package jsonlog

import (
	"bytes"
	"time"

	"github.com/valyala/fastjson"

	"hivetriage/artifacts"
)

// sampleEvery is how many bytes of the file there are at most between two
// documents whose times are looked at, whether they are selected or not.
const sampleEvery = 256 << 10

// longestEnd is more than what stands behind the last document: the end of its
// line, of arrays and of answers to searches.
const longestEnd = 64

// maxKept bounds the text of documents whose parsed form is reused: it has
// about fifty times their size where they are nothing but brackets.
const maxKept = 64 << 10

// A reader turns documents into events.
type reader struct {
	log    *Log
	query  Query
	glance *glance
	clocks clocks
	parser *fastjson.Parser

	sampleAt int64 // the offset from which the next document is looked at
	clockAt  int64 // and the next one of Sysmon
}

func newReader(l *Log, q Query) *reader {
	r := &reader{log: l, query: q, glance: newGlance(q.Select), parser: &fastjson.Parser{}}
	r.glance.all = q.All
	return r
}

// guard reads a document and turns a panic into a problem of kind Bug.
func (r *reader) guard(doc document) (e *artifacts.Event, p *artifacts.Problem) {
	defer func() {
		if x := recover(); x != nil {
			e, p, r.parser = nil, artifacts.NewProblem(artifacts.Bug, doc.at, "reading a document: %v", x), &fastjson.Parser{}
		}
	}()
	return r.document(doc)
}

// document returns the event of a document that is selected, else nil.
func (r *reader) document(doc document) (*artifacts.Event, *artifacts.Problem) {
	id, known, wanted := r.glance.wants(doc.text)
	if wanted && known && r.query.Pick != nil {
		wanted = r.query.Pick(id, doc.at)
	}
	last := r.log.size-doc.at-int64(len(doc.text)) < longestEnd
	sample := last || doc.at >= r.sampleAt || doc.at >= r.clockAt && bytes.Contains(doc.text, utcTime)
	if !wanted && !sample {
		return nil, nil
	}
	f, p := read(r.parser, doc)
	if len(doc.text) > maxKept {
		r.parser = &fastjson.Parser{}
	}
	if p != nil {
		return nil, p
	}
	e := common(f)
	fill(&e, f)
	r.clocks.begin(&e, f)
	r.sampled(doc, f, e.Time)
	if !wanted || !r.takes(&e) {
		return nil, nil
	}
	e.From, e.Offset = r.log.from, doc.at
	if r.glance.all || r.glance.data[e.Code] {
		e.Data = append(e.Data, f.told(&e)...)
	}
	r.log.stats.PerID[e.Code]++
	if !r.inTime(e.Time) || r.query.Match != nil && !r.query.Match(&e) {
		return nil, nil
	}
	return &e, nil
}

// takes reports whether a decoded event is selected.
func (r *reader) takes(e *artifacts.Event) bool {
	if e.Provider == Endpoint {
		return (r.glance.all || r.glance.endpoint) && e.Process != nil
	}
	return r.glance.selects(e.Code, e.Provider)
}

func (r *reader) inTime(t time.Time) bool {
	q := &r.query
	return t.IsZero() || (q.Since.IsZero() || !t.Before(q.Since)) && (q.Until.IsZero() || !t.After(q.Until))
}

// sampled counts a time that was looked at.
func (r *reader) sampled(doc document, f *fields, t time.Time) {
	if doc.at >= r.sampleAt {
		r.sampleAt = doc.at + sampleEvery
	}
	if f.data("UtcTime") != "" || doc.at >= r.clockAt+sampleEvery {
		r.clockAt = doc.at + sampleEvery // where there is no Sysmon, not every document is searched for it
	}
	s := &r.log.stats
	if t.IsZero() {
		return
	}
	if s.Oldest.IsZero() || t.Before(s.Oldest) {
		s.Oldest = t
	}
	if t.After(s.Newest) {
		s.Newest = t
	}
}
