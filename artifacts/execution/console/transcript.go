package console

import (
	"context"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	minStars  = 20 // of the line before and after a block; PowerShell writes 22
	maxBlock  = 40 // lines of a block; a header has about 18
	timestamp = 14 // digits: yyyyMMddHHmmss in the host's local time
)

// IsTranscript reports whether head is the beginning of a transcript, in
// whichever language: a line of asterisks, a title and a start time.
func IsTranscript(head []byte) bool {
	if windows.FirstByte(head) != '*' { // asked of every file of a volume
		return false
	}
	encoding, mark := windows.TextEncoding(head)
	lines := strings.SplitN(encoding.Text(head[mark:min(len(head), headLength)]), "\n", 4)
	if len(lines) < 4 || !isStars(strings.TrimSpace(lines[0])) {
		return false
	}
	_, at := field(lines[2])
	return isTime(at)
}

func isStars(line string) bool {
	return len(line) >= minStars && strings.Trim(line, "*") == ""
}

func isTime(s string) bool {
	return len(s) == timestamp && strings.Trim(s, "0123456789") == ""
}

// field splits a line of a header; languages differ in the colon and the space
// before it.
func field(line string) (name, value string) {
	name, value, ok := strings.Cut(line, ":")
	if before, behind, wide := strings.Cut(line, "："); wide && (!ok || len(before) < len(name)) {
		name, value = before, behind
	}
	return strings.TrimSpace(name), strings.TrimSpace(value)
}

// local writes a time stamp of a transcript as people do.
func local(s string) string {
	return fmt.Sprintf("%s-%s-%s %s:%s:%s", s[:4], s[4:6], s[6:8], s[8:10], s[10:12], s[12:14])
}

// prompt is the standard prompt with what remoting, the debugger and Python's
// environments put before it; "PS>" stands before commands that were handed
// over on the command line.
var prompt = regexp.MustCompile(`^(?:\[([^\]]+)\]: ?|\([^)]+\) )*PS(?: ([^>]+))?>+ ?(.*)$`)

// promptParts are the computer, the folder and the command behind the whole
// match of prompt, nil if the line has none.
func promptParts(line string) []string {
	if line == "" || !strings.Contains("PS[(", line[:1]) || !strings.Contains(line, "PS") {
		return nil // most lines are output
	}
	return prompt.FindStringSubmatch(line)
}

// debugger is what PowerShell's debugger puts where remoting has a computer.
const debugger = "DBG"

// invocation is what a transcript writes of cmdlets that a command called.
var invocation = regexp.MustCompile(`^(?:CommandInvocation|ParameterBinding|TerminatingError)\(`)

// ReadTranscript yields for each session the program that held it (Ran, with
// its command line) and the commands that were typed. The times of a
// transcript are local ones of the host, which it does not tell more of: they
// are in Details as "Local time".
func ReadTranscript(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		reading := transcript{yield: yield}
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				if reading.finish() {
					yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				}
				return
			}
			if !reading.line(line) {
				return
			}
		}
		reading.finish()
	}
}

// A transcript is the state of the reading of one.
type transcript struct {
	yield   func(artifacts.Trace, error) bool
	block   []windows.Line  // from a line of asterisks on; nil outside
	session artifacts.Trace // what the header said, for each command
	open    bool            // between a header and an end
	at      string          // local time of the command that comes, "" if not told
	typed   command
}

func (t *transcript) finish() bool { return t.release() && t.typed.emit(Transcript, t.yield) }

// line takes the next line of the file. A block of lines between asterisks is
// held back until it is known whether it is one of PowerShell's.
func (t *transcript) line(line windows.Line) bool {
	stars := isStars(strings.TrimSpace(line.Text))
	switch {
	case t.block == nil && !stars:
		return t.content(line)
	case stars && len(t.block) > 1:
		if known, more := t.closed(); known {
			t.block = nil
			return more
		}
		fallthrough
	case stars:
		if !t.release() {
			return false
		}
		t.block = []windows.Line{line}
		return true
	}
	if t.block = append(t.block, line); len(t.block) > maxBlock {
		return t.release()
	}
	return true
}

// release treats the lines that were held back as content.
func (t *transcript) release() bool {
	held := t.block
	t.block = nil
	for _, line := range held {
		if !t.content(line) {
			return false
		}
	}
	return true
}

// closed takes a block of lines between asterisks; it is not known if it is
// none of PowerShell's.
func (t *transcript) closed() (known, more bool) {
	lines := t.block[1:]
	if len(lines) == 1 {
		_, at := field(lines[0].Text)
		if !isTime(at) {
			return false, true
		}
		more = t.typed.emit(Transcript, t.yield)
		t.at = at
		return true, more
	}
	_, at := field(lines[1].Text)
	if !isTime(at) {
		return false, true
	}
	if !t.typed.emit(Transcript, t.yield) {
		return true, false
	}
	t.at = ""
	if len(lines) == 2 && t.open {
		t.open, t.session = false, artifacts.Trace{}
		return true, true
	}
	t.open = true
	return true, t.header(lines, at)
}

// header reads the fields of a header by their order: start time, user, the
// user run as, sometimes a configuration, machine with the system's version in
// parentheses, host application, process. The short header has only the time.
func (t *transcript) header(lines []windows.Line, at string) bool {
	t.session = artifacts.Trace{}
	var user, as, process string
	for i := 2; i < len(lines); i++ {
		_, value := field(lines[i].Text)
		machine, _, versioned := strings.Cut(value, " (")
		switch {
		case i == 2:
			user = value
		case t.session.Host == "" && versioned && strings.HasSuffix(value, ")"):
			t.session.Host = machine
			if i+1 < len(lines) {
				_, t.session.Command = field(lines[i+1].Text)
			}
			if i+2 < len(lines) {
				_, process = field(lines[i+2].Text)
			}
		case i == 3:
			as = value
		}
	}
	t.session.User = account(user)
	if as != user {
		t.session.AddDetail("RunAs User", as)
	}
	t.session.AddDetail("Process ID", process)
	started := t.session
	started.Details = append(started.Details[:len(started.Details):len(started.Details)], artifacts.Datum{Name: "Local time", Value: local(at)})
	started.Artefact, started.Deed = Transcript, artifacts.Ran
	started.Offset, started.Entry = lines[0].Offset, fmt.Sprintf("header in line %d", lines[0].Number)
	t.session.Command = ""
	return started.Command == "" || t.yield(started, nil)
}

func account(s string) artifacts.User {
	if domain, name, ok := strings.Cut(s, `\`); ok {
		return artifacts.User{Domain: domain, Name: name}
	}
	return artifacts.User{Name: s}
}

// content takes a line that is in no block: a prompt with a command, the next
// line of one, or output, which is passed over.
func (t *transcript) content(line windows.Line) bool {
	if parts := promptParts(line.Text); parts != nil {
		if invocation.MatchString(parts[3]) {
			t.at = ""
			return true
		}
		if !t.typed.emit(Transcript, t.yield) {
			return false
		}
		t.begin(line, parts[3], parts[2], parts[1])
		return true
	}
	if text, ok := strings.CutPrefix(line.Text, ">>"); ok && t.typed.first > 0 {
		if text = strings.TrimPrefix(text, " "); !invocation.MatchString(text) {
			t.typed.add(line, text)
		}
		return true
	}
	if !t.typed.emit(Transcript, t.yield) {
		return false
	}
	if t.at != "" && strings.TrimSpace(line.Text) != "" {
		t.begin(line, line.Text, "", "") // a prompt of the user's own making
	}
	return true
}

// begin starts a command; remote is the computer that a remote prompt names.
func (t *transcript) begin(line windows.Line, text, folder, remote string) {
	about := t.session
	about.Details = about.Details[:len(about.Details):len(about.Details)]
	if remote == debugger {
		remote = ""
	}
	about.AddDetail("Working directory", folder)
	about.AddDetail("Remote prompt", remote)
	if t.at != "" {
		about.AddDetail("Local time", local(t.at))
		t.at = ""
	}
	t.typed.about = about
	t.typed.add(line, text)
}
