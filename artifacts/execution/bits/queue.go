package bits

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// GUIDs, as they lie in a file, that stand around what is in a queue.
const (
	queueFile = "\x13\xF7\x2B\xC8\x40\x99\x12\x4A\x9F\x1A\x3A\xAE\xBD\x89\x4E\xEA" // around the jobs of a qmgr0.dat and their head
	queueHead = "\x47\x44\x5F\x00\xA9\xBD\xBA\x44\x98\x51\xC4\x7B\xB6\xC0\x7A\xCE" // around the jobs
	transfers = "\x36\xDA\x56\x77\x6F\x51\x5A\x43\xAC\xAC\x44\xA2\x48\xFF\xF3\x4D" // around the files of a job
)

// jobMarks are in front of each job of a qmgr0.dat, one for each version of it.
var jobMarks = []string{
	"\x93\x36\x20\x35\xA0\x0C\x10\x4A\x84\xF3\xB1\x7E\x7B\x49\x9C\xD7",
	"\x10\x13\x70\xC8\x36\x53\xB3\x41\x83\xE5\x81\x55\x7F\x36\x1B\x87",
	"\x8C\x93\xEA\x64\x03\x0F\x68\x40\xB4\x6F\xF9\x7F\xE5\x1D\x4D\xCD",
	"\xB3\x46\xED\x3D\x3B\x10\xF9\x44\xBC\x2F\xE8\x37\x8B\xD3\x19\x86",
}

var (
	kinds  = []string{"download", "upload", "upload with reply"}
	states = []string{"queued", "connecting", "transferring", "suspended", "error", "transient error", "transferred", "acknowledged", "cancelled"}
)

const (
	minJob    = 32 + 5*4 // bytes of a job without any text
	maxErrors = 64       // that a job keeps
	errorSize = 25       // bytes of one
	maxOfJob  = 1 << 16
)

// A job is an entry of the queue.
type job struct {
	offset             int64
	damaged            bool
	id                 string
	kind, state        string
	name, description  string
	command, arguments string
	sid                string
	files              []byte // what is between the marks, behind the number of files
	count              uint32
	times              []artifacts.Stamp
}

// A file is what a job transfers.
type file struct {
	offset                   int64
	damaged, told            bool
	local, remote, temporary string
	done, total              uint64
}

// parseJob reads a job behind the GUID of its version.
func parseJob(b []byte) (job, bool) {
	l := &le{b: b}
	kind, _, state := l.u32(), l.u32(), l.u32()
	l.u32()
	j := job{id: windows.GUID(l.take(16))}
	j.name, j.description, j.command, j.arguments, j.sid = l.text(), l.text(), l.text(), l.text(), l.text()
	if l.bad || int(kind) >= len(kinds) || int(state) >= len(states) || j.sid != "" && !strings.HasPrefix(j.sid, "S-1-") {
		return job{}, false
	}
	j.kind, j.state = kinds[kind], states[state]
	_, rest, found := bytes.Cut(l.b, []byte(transfers))
	if !found || len(rest) < 4 {
		return j, true
	}
	j.count = binary.LittleEndian.Uint32(rest)
	j.files, rest, found = bytes.Cut(rest[4:], []byte(transfers))
	if found {
		j.times = parseTimes(rest)
	}
	return j, true
}

// parseTimes reads the times that stand behind a job's errors: when it was
// created and modified, and when it was transferred. Times that cannot be are
// left out, all of them: then what is in front of them was of another size.
func parseTimes(b []byte) []artifacts.Stamp {
	l := &le{b: b}
	n := l.u32()
	if n > maxErrors {
		return nil
	}
	l.take(int(n) * errorSize)
	l.take(3 * 4) // count of transient errors, delay before the next try, time until the job is given up
	at := make([]time.Time, 4)
	for i := range at {
		ticks := l.u64()
		at[i] = windows.Filetime(ticks)
		if ticks != 0 && (at[i].Year() < 2000 || at[i].Year() > 2100) {
			return nil
		}
	}
	if l.bad || at[0].IsZero() {
		return nil
	}
	stamps := []artifacts.Stamp{{Time: at[0], Means: Created}}
	for i, means := range []string{1: Modified, 2: Modified, 3: Transferred} {
		if i == 0 || at[i].IsZero() || i == 2 && at[i].Equal(at[1]) {
			continue
		}
		stamps = append(stamps, artifacts.Stamp{Time: at[i], Means: means})
	}
	slices.SortStableFunc(stamps, func(a, b artifacts.Stamp) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	return stamps
}

// references are the identifiers of a job's files in a database.
func (j *job) references() []string {
	var ids []string
	for b := j.files; len(b) >= 16 && len(ids) < int(min(j.count, maxOfJob)); b = b[16:] {
		ids = append(ids, string(b[:16]))
	}
	return ids
}

// parseFile reads a file, and returns what is behind it.
func parseFile(b []byte) (file, []byte, bool) {
	l := &le{b: b}
	f := file{local: l.text(), remote: l.text(), temporary: l.text(), done: l.u64(), total: l.u64()}
	l.take(1)
	l.text() // drive
	l.text() // volume
	return f, l.b, !l.bad && isPath(f.local) && f.remote != "" && (f.temporary == "" || isPath(f.temporary))
}

func isPath(s string) bool {
	return len(s) > 2 && (s[1] == ':' || strings.HasPrefix(s, `\\`))
}

// carved finds the files between a job's marks in a qmgr0.dat, where each has
// an end of no known size.
func (j *job) carved() []*file {
	var files []*file
	for b := j.files; len(b) > 0 && len(files) < int(min(j.count, maxOfJob)); {
		if f, rest, ok := parseFile(b); ok {
			files = append(files, &f)
			b = rest
			continue
		}
		// A path's second character is a colon or a backslash.
		next := 1
		for next < len(b) && !(next+8 <= len(b) && b[next+2] == 0 && b[next+3] == 0 && b[next+7] == 0 && (b[next+6] == ':' || b[next+6] == '\\')) {
			next++
		}
		b = b[min(next, len(b)):]
	}
	return files
}

// readQueue reads a qmgr0.dat: the jobs between the marks of its head.
func readQueue(ctx context.Context, r io.ReaderAt, size int64, yield func(artifacts.Trace, error) bool) {
	if size > maxQueue {
		if !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, maxQueue, "BITS: a queue of %d bytes, %d are read", size, maxQueue)) {
			return
		}
		size = maxQueue
	}
	b := make([]byte, max(size, 0))
	if n, err := r.ReadAt(b, 0); n < len(b) {
		if err != nil && !errors.Is(err, io.EOF) && !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, int64(n), "BITS: %w", err)) {
			return
		}
		b = b[:n]
	}
	end := len(b)
	at := bytes.Index(b, []byte(queueHead))
	if at < 0 {
		yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "BITS: a queue without its head"))
		return
	}
	at += len(queueHead)
	if i := bytes.Index(b[at:], []byte(queueHead)); i >= 0 {
		end = at + i
	} else if !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Truncated, int64(len(b)), "BITS: the queue has no end")) {
		return
	}
	for _, part := range divide(b[:end], at+4) {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, int64(part[0]), "BITS: %w", err))
			return
		}
		j, ok := parseJob(b[part[0]:part[1]])
		if !ok {
			if !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, int64(part[0]), "BITS: a job that is not understood")) {
				return
			}
			continue
		}
		j.offset = int64(part[0])
		if !j.tell(j.carved(), yield) {
			return
		}
	}
}

// divide returns where the jobs of a queue begin and end: between marks of the
// kind that is met most often, behind the number of jobs.
func divide(b []byte, from int) [][2]int {
	if from > len(b) {
		return nil
	}
	best, most := "", 0
	for _, mark := range jobMarks {
		if n := bytes.Count(b[from:], []byte(mark)); n > most {
			best, most = mark, n
		}
	}
	var parts [][2]int
	for at := from; most > 0; most-- {
		start := at + bytes.Index(b[at:], []byte(best)) + len(best)
		end := len(b)
		if i := bytes.Index(b[start:], []byte(best)); i >= 0 {
			end = start + i
		}
		if end-start >= minJob {
			parts = append(parts, [2]int{start, end})
		}
		at = end
	}
	return parts
}
