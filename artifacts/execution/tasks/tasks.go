// Package tasks reads the files of scheduled tasks: what Windows was told to
// run, when, and as whom.
//
// Format facts: the XML that Windows Vista and later keep without an extension
// below \Windows\System32\Tasks is that of [MS-TSCH] 2.5 (versions 1.1 to 1.6
// of the Task Scheduler schema), UTF-16 as a rule; the binary .job files of
// \Windows\Tasks are described in [MS-TSCH] 2.4.
package tasks

import (
	"bytes"
	"context"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// ScheduledTask is the Artefact of the traces.
const ScheduledTask = "ScheduledTask"

const (
	maxFile   = 4 << 20 // bytes of a file that are read
	maxDetail = 1 << 10 // bytes of one value of Details
)

var folders = []string{"/windows/system32/tasks/", "/windows/syswow64/tasks/"}

// Named reports whether a file of that path is one of a scheduled task, by its
// place.
func Named(p string) bool {
	lower := strings.ToLower(p)
	for _, folder := range folders {
		if strings.Contains(lower, folder) {
			return true
		}
	}
	return path.Ext(lower) == ".job" && (strings.HasSuffix(path.Dir(lower), "/windows/tasks") || strings.HasSuffix(path.Dir(lower), "/winnt/tasks"))
}

// IsTask reports whether head, of a thousand bytes or so, is the beginning of
// a task file of either form.
func IsTask(head []byte) bool { return isJob(head) || isXML(head) }

func isXML(head []byte) bool {
	if windows.FirstByte(head) != '<' { // asked of every file of a volume
		return false
	}
	encoding, mark := windows.TextEncoding(head)
	root := "<Task"
	if encoding != windows.Bytes {
		root = "T\x00a\x00s\x00k" // in either order of bytes
	}
	if !bytes.Contains(head, []byte(root)) {
		return false // most of what begins with "<"
	}
	text := encoding.Text(head[mark:])
	if trimmed := strings.TrimLeft(text, " \t\r\n"); !strings.HasPrefix(trimmed, "<") {
		return false
	}
	for _, root := range []string{"<Task ", "<Task>", "<Task\r", "<Task\n", "<Task\t", "<Tasks>"} {
		if strings.Contains(text, root) {
			return true
		}
	}
	return false
}

// Read yields one trace for each action of a task: Program and Command are
// those of a program that is to be run; of any other kind of action only
// Details tells. The time when the task was registered is in Times if it was
// recorded with a zone, else it is a local one and in Details.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		b := make([]byte, min(size, maxFile))
		if _, err := io.ReadFull(io.NewSectionReader(r, 0, int64(len(b))), b); err != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, 0, "reading the file: %w", err))
			return
		}
		more := true
		switch {
		case len(bytes.Trim(b, "\x00")) == 0:
			more = yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "%d zero bytes and nothing else", size))
		case isJob(b):
			more = readJob(b, yield)
		default:
			more = readXML(ctx, b, yield)
		}
		if more && size > maxFile {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, maxFile, "%d bytes; those after the first %d were not read", size, maxFile))
		}
	}
}

// details collects names and values.
type details []artifacts.Datum

func (d *details) add(name, value string) {
	if value = strings.TrimSpace(value); value == "" {
		return
	}
	if len(value) > maxDetail {
		value = strings.ToValidUTF8(value[:maxDetail], "") + " …"
	}
	*d = append(*d, artifacts.Datum{Name: name, Value: value})
}

// commandLine joins a program and its arguments.
func commandLine(program, arguments string) string {
	return strings.TrimSpace(strings.TrimSpace(program) + " " + strings.TrimSpace(arguments))
}

// registered reads a time of XML Schema. Without a zone it is local: ok is
// false.
func registered(s string) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339Nano, s)
	return at.UTC(), err == nil
}
