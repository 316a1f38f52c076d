// Package bits reads the queue of the Background Intelligent Transfer Service:
// what was downloaded or uploaded for whom, and which command was to be run
// when it had ended. Since Windows 10 the queue is a database, qmgr.db; before,
// it is in the files qmgr0.dat and qmgr1.dat. A job stays in the queue until
// its owner completes or cancels it.
//
// Format facts: the structures of bits_parser (github.com/ANSSI-FR/bits_parser),
// the tables of the database and what is in their rows from BitsParser
// (github.com/fireeye/BitsParser), the job's times from dissect.target
// (github.com/fox-it/dissect.target). What these do not tell of a job or a
// file is not read.
package bits

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/artifacts/internal/windows"
)

// Artefact is the field's name for the queue.
const Artefact = "BITS"

// What the times of a trace mean.
const (
	Created     = "job created"
	Modified    = "job modified"
	Transferred = "job transferred"
)

const (
	maxQueue = 64 << 20 // bytes of a qmgr0.dat
	maxFiles = 1 << 16  // of a database
	maxRoom  = 64 << 20 // bytes of their rows
)

// Named reports whether a path is called like a queue.
func Named(path string) bool {
	path = strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "qmgr.db", "qmgr0.dat", "qmgr1.dat":
		return true
	}
	return false
}

// IsQueue reports whether a file begins like a qmgr0.dat: 32 bytes are enough.
func IsQueue(head []byte) bool { return len(head) >= 32 && string(head[16:32]) == queueFile }

// Read yields a trace for each file of each job (artifacts.Sent), for a job
// without files, and for a file whose job is gone. Paths has the local file;
// Command is what is run when the job has ended or failed. Details:
//
//	Kind           "download", "upload" or "upload with reply"
//	State          "queued", "transferring", "transferred", ...
//	JobName, Description
//	URL            of the remote file
//	TemporaryFile  the local file until the job is completed
//	DownloadSize, TransferSize
//	               bytes that went over the network, and that there are
//
// A database that was not closed is an error element, and read as it is.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		head := make([]byte, 32)
		n, _ := r.ReadAt(head, 0)
		switch {
		case IsQueue(head[:n]):
			readQueue(ctx, r, size, yield)
		case ese.Is(head[:n]):
			readDatabase(ctx, r, size, yield)
		default:
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "BITS: neither a database nor a queue"))
		}
	}
}

// readDatabase reads the tables Jobs and Files of a qmgr.db. Both have rows of
// an identifier and a block of bytes that a GUID, naming its version, is in
// front of.
func readDatabase(ctx context.Context, r io.ReaderAt, size int64, yield func(artifacts.Trace, error) bool) {
	f, err := ese.Open(ctx, r, size)
	if err != nil {
		yield(artifacts.Trace{}, err)
		return
	}
	for _, p := range f.Doubts("BITS") {
		if !yield(artifacts.Trace{}, p) {
			return
		}
	}
	files := map[string]*file{}
	var order []string
	room := 0
	goOn := rows(ctx, f, "Files", yield, func(id string, b []byte, row *ese.Row) bool {
		if room += len(b); room > maxRoom || len(files) == maxFiles {
			return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, row.Offset, "BITS: more files than are read"))
		}
		t, _, ok := parseFile(b)
		if !ok {
			return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, row.Offset, "BITS: a file that is not understood"))
		}
		t.offset, t.damaged = row.Offset, row.Damaged
		files[id] = &t
		order = append(order, id)
		return true
	})
	if !goOn {
		return
	}
	goOn = rows(ctx, f, "Jobs", yield, func(_ string, b []byte, row *ese.Row) bool {
		j, ok := parseJob(b)
		if !ok {
			return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, row.Offset, "BITS: a job that is not understood"))
		}
		j.offset, j.damaged = row.Offset, row.Damaged
		var of []*file
		for _, id := range j.references() {
			if t := files[id]; t != nil && !t.told {
				t.told = true
				of = append(of, t)
			}
		}
		return j.tell(of, yield)
	})
	for _, id := range order {
		if t := files[id]; goOn && !t.told {
			goOn = yield((&job{offset: t.offset}).trace(t), nil)
		}
	}
}

// rows yields the identifier and the bytes of each row of a table; false if no
// more is wanted.
func rows(ctx context.Context, f *ese.File, table string, yield func(artifacts.Trace, error) bool, each func(id string, b []byte, row *ese.Row) bool) bool {
	t := f.Table(table)
	if t == nil || t.Column("Id") == nil || t.Column("Blob") == nil {
		return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "BITS: a database without the table %s", table))
	}
	idColumn, blob := t.Column("Id"), t.Column("Blob")
	for row, err := range f.Rows(ctx, t) {
		var id, b []byte
		if err == nil {
			id, err = row.Bytes(idColumn)
		}
		if err == nil {
			b, err = row.Bytes(blob)
		}
		if err == nil && len(b) < 16 {
			err = artifacts.NewProblem(artifacts.Malformed, row.Offset, "BITS: table %s: a row of %d bytes", table, len(b))
		}
		if err != nil {
			if !yield(artifacts.Trace{}, err) {
				return false
			}
			continue
		}
		if !each(string(id), b[16:], row) {
			return false
		}
	}
	return true
}

// tell yields the traces of a job; false if no more is wanted.
func (j *job) tell(files []*file, yield func(artifacts.Trace, error) bool) bool {
	if len(files) == 0 {
		return yield(j.trace(nil), nil)
	}
	for _, t := range files {
		if !yield(j.trace(t), nil) {
			return false
		}
	}
	return true
}

// trace tells what a job does with a file, or at all.
func (j *job) trace(f *file) artifacts.Trace {
	t := artifacts.Trace{Offset: j.offset, Entry: "job " + j.id, Artefact: Artefact, Deed: artifacts.Sent, Times: j.times, User: artifacts.User{SID: j.sid}}
	t.Command = strings.TrimSpace(j.command + " " + j.arguments)
	if j.id == "" {
		t.Entry = "file without a job"
	}
	t.AddDetail("Kind", j.kind)
	t.AddDetail("State", j.state)
	t.AddDetail("JobName", j.name)
	t.AddDetail("Description", j.description)
	if f != nil {
		if f.offset != 0 {
			t.Offset = f.offset
		}
		if f.local != "" {
			t.Paths = []string{f.local}
		}
		t.AddDetail("URL", f.remote)
		t.AddDetail("TemporaryFile", f.temporary)
		t.AddDetail("DownloadSize", strconv.FormatUint(f.done, 10))
		if f.total != 1<<64-1 { // BG_SIZE_UNKNOWN
			t.AddDetail("TransferSize", strconv.FormatUint(f.total, 10))
		}
	}
	if j.damaged || f != nil && f.damaged {
		t.Damaged = "the checksum of its page does not fit"
	}
	return t
}

// le reads the values of a block one behind the other. What is not there makes
// it bad.
type le struct {
	b   []byte
	bad bool
}

func (l *le) take(n int) []byte {
	if l.bad || n < 0 || n > len(l.b) {
		l.bad = true
		return make([]byte, min(max(n, 0), 16))
	}
	v := l.b[:n]
	l.b = l.b[n:]
	return v
}

func (l *le) u32() uint32 { return binary.LittleEndian.Uint32(l.take(4)) }
func (l *le) u64() uint64 { return binary.LittleEndian.Uint64(l.take(8)) }

// text reads UTF-16 behind the number of its units, the NUL at the end
// included.
func (l *le) text() string {
	n := l.u32()
	if int64(n)*2 > int64(len(l.b)) {
		l.bad = true
		return ""
	}
	s, _, _ := strings.Cut(windows.UTF16(l.take(int(n)*2)), "\x00")
	return s
}
