// Package console reads what people typed into PowerShell: the history that
// PSReadLine keeps of each account, and transcripts of sessions.
//
// Format facts: PSReadLine's HistorySavePath and the way it joins lines are
// those of its source (History.cs): one command a line, UTF-8, a line break
// inside a command written as a backtick before it; ConsoleHost_history.txt of
// the console, Visual Studio Code Host_history.txt and others of other hosts.
// Transcripts are described in about_Group_Policy_Settings and
// Start-Transcript; their header is translated, the order of its fields is
// not. cmd.exe keeps no history on disk.
package console

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// What the traces call themselves (Artefact).
const (
	PSReadLine = "PSReadLine"
	Transcript = "PowerShell transcript"
)

const (
	maxLine    = 1 << 20 // bytes of one line that are kept
	maxCommand = 4 << 20 // bytes of one command of several lines that are kept
	headLength = 4096    // bytes that tell a transcript
)

// Named reports whether a file of that path is a history of PSReadLine, or a
// transcript that has the name that PowerShell gives.
func Named(p string) bool {
	folder, name := path.Split(strings.ToLower(p))
	if strings.HasSuffix(name, "_history.txt") {
		return strings.HasSuffix(folder, "/psreadline/")
	}
	return strings.HasPrefix(name, "powershell_transcript.") && strings.HasSuffix(name, ".txt")
}

// Read yields the commands of a transcript, if the file begins like one, else
// those of a history.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	head := make([]byte, min(size, headLength))
	n, err := r.ReadAt(head, 0)
	if err != nil && n < len(head) {
		return func(yield func(artifacts.Trace, error) bool) {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, 0, "reading the beginning: %w", err))
		}
	}
	if IsTranscript(head) {
		return ReadTranscript(ctx, r, size)
	}
	return ReadHistory(ctx, r, size)
}

// ReadHistory yields the commands of a history in the order in which they were
// typed. They have no times of their own: the last was typed when the file was
// modified, the first when it was created or later.
func ReadHistory(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		var typed command
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				if typed.emit(PSReadLine, yield) {
					yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				}
				return
			}
			if line.Text != "" && strings.Trim(line.Text, "\x00") == "" {
				if !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, line.Offset, "line %d is %d zero bytes: what was written there is lost", line.Number, len(line.Text))) {
					return
				}
				continue
			}
			text, more := strings.CutSuffix(line.Text, "`")
			typed.add(line, text)
			if !more && !typed.emit(PSReadLine, yield) {
				return
			}
		}
		typed.emit(PSReadLine, yield)
	}
}

// A command is one that is being put together from its lines.
type command struct {
	text        strings.Builder
	first, last int // numbers of its lines; first is 0 if there is none
	offset      int64
	damaged     string
	about       artifacts.Trace // what else is known
}

func (c *command) add(line windows.Line, text string) {
	if c.first == 0 {
		c.first, c.offset = line.Number, line.Offset
	} else {
		text = "\n" + text
	}
	c.last = line.Number
	if without := strings.ReplaceAll(text, "\x00", ""); without != text {
		text, c.damaged = without, "zero bytes were in it"
	}
	if line.Cut {
		c.damaged = fmt.Sprintf("cut: a line is longer than %d bytes", maxLine)
	}
	if room := maxCommand - c.text.Len(); len(text) > room {
		text, c.damaged = strings.ToValidUTF8(text[:room], ""), fmt.Sprintf("cut: longer than %d bytes", maxCommand)
	}
	c.text.WriteString(text)
}

// emit yields the command, unless it is empty, and makes c ready for the next;
// it is false if yield was.
func (c *command) emit(artefact string, yield func(artifacts.Trace, error) bool) bool {
	trace := c.about
	trace.Artefact, trace.Deed = artefact, artifacts.Typed
	trace.Command = strings.TrimSpace(c.text.String())
	trace.Offset, trace.Damaged = c.offset, c.damaged
	trace.Entry = fmt.Sprintf("line %d", c.first)
	if c.last > c.first {
		trace.Entry = fmt.Sprintf("lines %d-%d", c.first, c.last)
	}
	*c = command{}
	return trace.Command == "" || yield(trace, nil)
}
