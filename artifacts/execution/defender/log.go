package defender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// Log yields a trace for each line and each block of lines of a support log
// that tells of a program or of a file:
//
//	ProcessImageName      a process whose files were scanned: Ran. Program is
//	                      a name without folder, Paths the file that took longest
//	command line reported a command line that was suspicious (Verdict "lowfi") or
//	                      a threat: Ran, with Command
//	BM telemetry          a process that was watched: Ran, with its start
//	EMS scan              a process whose memory was scanned: Ran
//	DETECTION...          Detected, with Threat; so are blocked files, threat
//	                      actions and resource scans that found something
//	original file name    a file with another name in its version resource:
//	                      Existed, with OriginalFileName
//	SDN query             a file that was asked about: Existed, with SHA1, SHA256
//	filter caching        a file that is not trusted: Existed
//
// The time is the line's own, in UTC; its Means is "logged". A block has none:
// it gets that of the last line before it, as "logged after", and what it says
// of the time, in the computer's local one, is told in LocalStart or LocalTime.
func Log(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		l := logReader{lines: newLineReader(r, size), yield: yield}
		for {
			if l.lines.number%1024 == 0 && ctx.Err() != nil {
				yield(artifacts.Trace{}, ctx.Err())
				return
			}
			text, err := l.lines.next()
			if err != nil {
				if l.endBlock("the log ends in it") && !errors.Is(err, io.EOF) {
					yield(artifacts.Trace{}, err)
				}
				return
			}
			if !l.line(string(text)) {
				return
			}
		}
	}
}

type logReader struct {
	lines *lineReader
	yield func(artifacts.Trace, error) bool

	header time.Time     // the last "Current time" in UTC that no line has followed
	shift  time.Duration // what is added to the times of lines without a zone
	last   time.Time     // of the last line that has one
	block  *block        // that is open
}

// line reads one line and reports whether to go on.
func (l *logReader) line(text string) bool {
	if l.lines.cut {
		if !l.yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, l.lines.offset, "line %d is longer than %d bytes; the rest of it is not read", l.lines.number, maxLine)) {
			return false
		}
	}
	at, rest, zoned, ok := l.stamped(text)
	if !ok {
		if time, ok := currentTime(text); ok {
			l.header = time
			return l.endBlock("a new session begins in it")
		}
	} else {
		l.last = at
	}
	if opened := l.opens(rest); opened != nil {
		if !l.endBlock("another begins in it") {
			return false
		}
		l.block = opened
		return true
	}
	if !ok {
		return l.block == nil || l.inBlock(text)
	}
	t := artifacts.Trace{Offset: l.lines.offset, Entry: fmt.Sprintf("line %d", l.lines.number), Artefact: ArtefactLog}
	if !told(&t, rest) {
		return true
	}
	t.AddTime(at, "logged")
	if !zoned && l.shift != 0 {
		t.AddDetail("TimeNote", fmt.Sprintf("%v added: the lines have no zone and differ by that from the header, which is in UTC", l.shift))
	}
	if l.lines.cut {
		t.Damaged = "the line is cut"
	}
	return l.yield(t, nil)
}

// stamped splits the time off that a line begins with: "2023-12-19T09:30:00.001Z",
// with "+02:00", or, since 2024, without a zone, which is UTC all the same: the
// header tells.
func (l *logReader) stamped(text string) (at time.Time, rest string, zoned, ok bool) {
	if len(text) < len("2006-01-02T15:04:05") || text[4] != '-' || text[10] != 'T' {
		return at, text, false, false
	}
	stamp, rest, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if zoned = err == nil; !zoned {
		if at, err = time.Parse("2006-01-02T15:04:05.999999999", stamp); err != nil {
			return at, text, false, false
		}
	}
	if !l.header.IsZero() {
		l.shift = 0
		if off := l.header.Sub(at); !zoned && off.Abs() >= 10*time.Minute && off.Abs() < 15*time.Hour {
			l.shift = off.Round(15 * time.Minute)
		}
		l.header = time.Time{}
	}
	if !zoned {
		at = at.Add(l.shift)
	}
	return at.UTC(), rest, zoned, true
}

// currentTime reads the header of a session: "Current time: 12/19/2023 09:30:00.001 UTC".
func currentTime(text string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(text, "Current time: ")
	if !ok {
		return time.Time{}, false
	}
	if rest, _, ok = strings.Cut(rest, " UTC"); !ok {
		return time.Time{}, false
	}
	at, err := time.Parse("01/02/2006 15:04:05.999999999", rest)
	return at, err == nil
}
