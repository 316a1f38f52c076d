// Package srum reads the database of the System Resource Usage Monitor
// (Windows\System32\sru\SRUDB.dat): which programs of which users ran and what
// they sent and received.
//
// Windows collects the use of resources in memory and puts it into the
// database once an hour, and at shutdown. A row tells what a program used
// since the last time, and its TimeStamp is when it was recorded: the use lies
// in the hour or so before, longer where the computer slept.
//
// Format facts: the tables and their columns, the project esedb-kb
// (github.com/libyal/esedb-kb); the hour, the research behind the command srum
// of Chainsaw (github.com/WithSecureOpenSource/chainsaw, wiki); TimeStamp as
// days since 1899-12-30 in UTC, the same and Yogesh Khatri, "SRUM forensics".
package srum

import (
	"context"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
)

// Artefact is the field's name for the database.
const Artefact = "SRUM"

// What the times of a trace mean.
const (
	Recorded = "recorded, for the hour or so before" // the column TimeStamp
	Ended    = "activity ended"                      // the column EndTime of the timeline, to the minute or better
)

// A Query says which rows are wanted. The zero Query wants all.
type Query struct {
	From, Until time.Time                 // rows are left out if they were recorded, and their activity ended, before From or after Until; a zero time sets no bound
	Program     func(program string) bool // asked once for each program of the database, with what Trace.Program would be; nil wants all
}

// wants reports whether a row's time is asked for. A row without a time is.
func (q *Query) wants(t time.Time) bool {
	return t.IsZero() || (q.From.IsZero() || !t.Before(q.From)) && (q.Until.IsZero() || !t.After(q.Until))
}

// Named reports whether a path is that of the database on a Windows volume.
func Named(path string) bool {
	path = "/" + strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	return strings.HasSuffix(path, "/srudb.dat")
}

// A source is a table that traces are made of.
type source struct {
	table   string
	deed    artifacts.Deed
	what    string   // name of the table in the traces' entries
	ended   string   // column with the FILETIME of the end, if there is one
	always  []string // columns that are told whatever they hold
	nonzero []string // columns that are told if they hold something
}

var sources = []source{
	{
		table: "{D10CA2FE-6FCF-4F6D-848E-B2E99266FA89}", deed: artifacts.Ran, what: "application resource usage",
		nonzero: []string{"ForegroundCycleTime", "BackgroundCycleTime", "FaceTime",
			"ForegroundBytesRead", "ForegroundBytesWritten", "BackgroundBytesRead", "BackgroundBytesWritten"},
	},
	{
		table: "{5C8CF1C7-7257-4F13-B223-970EF5939312}", deed: artifacts.Ran, what: "application timeline",
		ended: "EndTime", nonzero: []string{"DurationMS", "SpanMS"},
	},
	{
		table: "{973F5D5C-1D90-4944-BE8E-24B94231A174}", deed: artifacts.Sent, what: "network data usage",
		always: []string{"BytesSent", "BytesRecvd"}, nonzero: []string{"L2ProfileId"},
	},
}

// Read yields all traces of a database; see Query.Read.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return Query{}.Read(ctx, r, size)
}

// Read yields a trace for each row that is wanted of three tables: use of
// resources and the timeline of applications (artifacts.Ran), and use of the
// network (artifacts.Sent). Program is the name or path as recorded, in any
// case of letters: a device path, a file's name, a package's name. Details:
//
//	AppId        what names the program in the database, where that is more than Program
//	Service      service group and service of a svchost.exe, as recorded
//	Interface    kind of the network adapter
//
// and columns of the tables under their names: times in units of the
// processor or of 100 ns, sizes in bytes. A database that was not closed is an
// error element, and read as it is.
func (q Query) Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		f, err := ese.Open(ctx, r, size)
		if err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		for _, p := range f.Doubts("SRUM") {
			if !yield(artifacts.Trace{}, p) {
				return
			}
		}
		names, goOn := readNames(ctx, f, yield)
		if !goOn {
			return
		}
		d := &database{ctx: ctx, f: f, q: q, names: names, wanted: map[int64]bool{}}
		found := false
		for i := range sources {
			t := f.Table(sources[i].table)
			if t == nil {
				continue
			}
			found = true
			if !d.read(&sources[i], t, yield) {
				return
			}
		}
		if !found {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "SRUM: a database without its tables"))
		}
	}
}

// A database is one that is being read.
type database struct {
	ctx    context.Context
	f      *ese.File
	q      Query
	names  map[int64]name
	wanted map[int64]bool // programs that were asked for
}

// columns are those of a source in a database.
type columns struct {
	id, stamp, app, user, ended, adapter *ese.Column
	always, nonzero                      []*ese.Column
}

func (s *source) columns(t *ese.Table) columns {
	c := columns{id: t.Column("AutoIncId"), stamp: t.Column("TimeStamp"), app: t.Column("AppId"), user: t.Column("UserId")}
	if s.ended != "" {
		c.ended = t.Column(s.ended)
	}
	if s.deed == artifacts.Sent {
		c.adapter = t.Column("InterfaceLuid")
	}
	add := func(to *[]*ese.Column, names []string) {
		for _, n := range names {
			if column := t.Column(n); column != nil {
				*to = append(*to, column)
			}
		}
	}
	add(&c.always, s.always)
	add(&c.nonzero, s.nonzero)
	return c
}

// read yields the traces of one table; false if no more are wanted.
func (d *database) read(s *source, t *ese.Table, yield func(artifacts.Trace, error) bool) bool {
	c := s.columns(t)
	if c.stamp == nil || c.app == nil || c.user == nil {
		return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "SRUM: table %s lacks a column", s.table))
	}
	for row, err := range d.f.Rows(d.ctx, t) {
		if err != nil {
			if !yield(artifacts.Trace{}, err) {
				return false
			}
			continue
		}
		at := oleTime(row.Float(c.stamp))
		app := row.Int(c.app)
		if !d.q.wants(at) && !d.ended(&c, row) || !d.asked(app) {
			continue
		}
		if !yield(d.trace(s, &c, row, at, app), nil) {
			return false
		}
	}
	return true
}

// ended reports whether a row's activity ended in the time that is asked for.
func (d *database) ended(c *columns, row *ese.Row) bool {
	if c.ended == nil {
		return false
	}
	end := filetime(row.Int(c.ended))
	return !end.IsZero() && d.q.wants(end)
}

// asked reports whether a program is wanted.
func (d *database) asked(app int64) bool {
	if d.q.Program == nil {
		return true
	}
	wanted, known := d.wanted[app]
	if !known {
		wanted = d.q.Program(d.names[app].program)
		d.wanted[app] = wanted
	}
	return wanted
}

// trace tells what a row does.
func (d *database) trace(s *source, c *columns, row *ese.Row, at time.Time, app int64) artifacts.Trace {
	entry := s.what
	if c.id != nil {
		entry += " " + strconv.FormatInt(row.Int(c.id), 10)
	}
	who := d.names[app]
	t := artifacts.Trace{
		Offset: row.Offset, Entry: entry, Artefact: Artefact, Deed: s.deed,
		Program: who.program, User: artifacts.User{SID: d.names[row.Int(c.user)].sid},
	}
	if c.ended != nil {
		t.AddTime(filetime(row.Int(c.ended)), Ended)
	}
	t.AddTime(at, Recorded)
	switch {
	case who.full == "":
		t.AddDetail("AppId", strconv.FormatInt(app, 10)) // the table of names does not have it
	case who.full != who.program:
		t.AddDetail("AppId", who.full)
	}
	t.AddDetail("Service", who.service)
	for _, column := range c.always {
		t.AddDetail(column.Name, strconv.FormatInt(row.Int(column), 10))
	}
	for _, column := range c.nonzero {
		if v := row.Int(column); v != 0 {
			t.AddDetail(column.Name, strconv.FormatInt(v, 10))
		}
	}
	if c.adapter != nil {
		t.AddDetail("Interface", adapter(row.Int(c.adapter)))
	}
	if row.Damaged {
		t.Damaged = "the checksum of its page does not fit"
	}
	return t
}
