package attest

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// A blockKey names a script block of a host.
type blockKey struct{ host, id string }

// A block is a script block whose parts are awaited.
type block struct {
	key   blockKey
	first artifacts.Event // the part that was read first
	parts map[int]string
	total int
	size  int
}

// addPart takes a 4104, which holds a script block or a part of one.
//
// Source: about_Logging_Windows (MessageNumber, MessageTotal, ScriptBlockId).
func (r *Reader) addPart(e *artifacts.Event) {
	number, total := count(e.Value("MessageNumber")), count(e.Value("MessageTotal"))
	key := blockKey{strings.ToLower(e.Host), e.Value("ScriptBlockId")}
	text := e.Value("ScriptBlockText")
	b := r.blocks[key]
	if b == nil {
		b = &block{key: key, first: *e, parts: map[int]string{}, total: max(total, 1)}
		if r.blocks == nil {
			r.blocks = map[blockKey]*block{}
		}
		r.blocks[key] = b
		r.order = append(r.order, key)
	}
	if _, known := b.parts[number]; !known {
		b.parts[number] = text
		b.size += len(text)
		r.held += len(text)
	}
	if len(b.parts) >= b.total {
		r.settle(b)
	}
	for len(r.order) > 0 && (len(r.blocks) > maxBlocks || r.held > maxBlockText || r.blocks[r.order[0]] == nil) {
		if b := r.blocks[r.order[0]]; b != nil {
			r.settle(b)
		}
		r.order = r.order[1:]
	}
}

func count(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// definitions are what a script block has when it defines something rather
// than doing it.
var definitions = regexp.MustCompile(`(?i)\bfunction\s+[\w:-]+|\bfilter\s+[\w-]+-[\w-]+`)

// settle judges a script block by the parts that are there.
func (r *Reader) settle(b *block) {
	delete(r.blocks, b.key)
	r.held -= b.size
	numbers := make([]int, 0, len(b.parts))
	for n := range b.parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var text strings.Builder
	for _, n := range numbers {
		text.WriteString(b.parts[n])
	}
	found := command.Script(text.String())
	if len(found) == 0 {
		return
	}
	maybe := ""
	if definitions.MatchString(text.String()) {
		maybe = "The script block defines functions: the record says that it was compiled, not which of them ran."
	}
	rec := start(&b.first, "script", "benign")
	if !copies(&rec, found, maybe) {
		return
	}
	rec.Because = append([]string{"PowerShell recorded this script block as it compiled it."}, rec.Because...)
	if len(b.parts) < b.total {
		rec.Because = append(rec.Because, "Of the script block's "+strconv.Itoa(b.total)+" parts the log holds "+strconv.Itoa(len(b.parts))+".")
	}
	rec.Line = cut(text.String())
	rec.File = ""
	r.add(rec)
}

// A lineKey is one line that an engine start repeats in several records.
type lineKey struct {
	host, line string
	near       int64
}

// addLine adds the record of a line once, however many records repeat it.
func (r *Reader) addLine(rec correlate.Record) {
	near := rec.Time.Unix() / sameLineInterval
	key := lineKey{rec.Host, rec.Line, near}
	if r.lines[key] || r.lines[lineKey{rec.Host, rec.Line, near - 1}] {
		return
	}
	if r.lines == nil {
		r.lines = map[lineKey]bool{}
	}
	if len(r.lines) < maxKept {
		r.lines[key] = true
	}
	r.add(rec)
}

var (
	hostApplication = regexp.MustCompile(`(?im)^\s*Host ?Application\s*=\s*(.+?)\s*$`)
	invocation      = regexp.MustCompile(`(?m)^\s*CommandInvocation\(([^)\r\n]+)\)`)
	binding         = regexp.MustCompile(`(?m)^\s*ParameterBinding\(([^)\r\n]+)\): name="([^"\r\n]*)"; value="([^"\r\n]*)"`)
)

// shellRecord reads a pipeline's execution (4103, 800) or an engine's start or
// stop (400, 403, 600): the line that started PowerShell, and what ran.
func shellRecord(e *artifacts.Event) (correlate.Record, bool) {
	rec := start(e, "script", "benign")
	var script, line string
	for i, d := range e.Data {
		if m := hostApplication.FindStringSubmatch(d.Value); m != nil && line == "" {
			line = m[1]
		}
		switch {
		case e.Code == 4103 && d.Name == "Payload", e.Code == 800 && i > 0:
			script += invoked(d.Value)
		case e.Code == 800:
			script += d.Value + "\n"
		}
	}
	var found []command.Command
	if script != "" {
		found = command.Script(script)
		rec.Line = cut(strings.TrimSpace(script))
	}
	because := "PowerShell recorded this pipeline as it ran it."
	if len(found) == 0 && line != "" {
		found = command.Analyze(artifacts.Process{CommandLine: line})
		rec.Line, because = cut(line), "PowerShell was started with this line."
	}
	if !copies(&rec, found, "") {
		return rec, false
	}
	rec.Because = append([]string{because}, rec.Because...)
	return rec, true
}

// invoked writes the commands that a 4103 or an 800 tells of as script lines.
func invoked(payload string) string {
	var b strings.Builder
	for _, m := range invocation.FindAllStringSubmatch(payload, maxInvocation) {
		b.WriteString(m[1])
		for _, p := range binding.FindAllStringSubmatch(payload, maxInvocation) {
			if !strings.EqualFold(p[1], m[1]) {
				continue
			}
			if p[2] != "" {
				b.WriteString(" -" + p[2])
			}
			b.WriteString(` '` + p[3] + `'`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var (
	taskAction = regexp.MustCompile(`(?is)<Exec\b[^>]*>(.*?)</Exec>`)
	taskPart   = regexp.MustCompile(`(?is)<(Command|Arguments|WorkingDirectory)>(.*?)</`)
	smbexecArg = regexp.MustCompile(`(?i)\becho\s+(.+?)\s*\^?>\s*\\\\`)
)

// serviceRecord reads the installation of a service (7045, 4697) or of a task
// (4698, 4702).
func serviceRecord(e *artifacts.Event) (correlate.Record, bool) {
	rec := start(e, "service", "benign")
	var found []command.Command
	what := "A service was installed whose command is this: "
	if e.Code == 4698 || e.Code == 4702 {
		what = "A scheduled task was registered whose command is this: "
		text := cmp.Or(e.Value("TaskContent"), e.Value("TaskContentNew"))
		var lines []string
		for _, a := range taskAction.FindAllStringSubmatch(text, maxTaskCommands) {
			p := artifacts.Process{}
			for _, part := range taskPart.FindAllStringSubmatch(a[1], 3) {
				value := strings.TrimSpace(html.UnescapeString(part[2]))
				switch strings.ToLower(part[1]) {
				case "command":
					p.Executable = strings.Trim(value, `"`)
				case "arguments":
					p.CommandLine = value
				default:
					p.WorkingDirectory = value
				}
			}
			p.CommandLine = quoted(p.Executable) + " " + p.CommandLine
			lines = append(lines, p.CommandLine)
			found = append(found, command.Analyze(p)...)
		}
		rec.Line = cut(strings.Join(lines, "\n"))
	} else {
		rec.Line = cut(cmp.Or(e.Value("ImagePath"), e.Value("ServiceFileName")))
		batch := false
		if found, batch = setUp(rec.Line); batch {
			what = "A service was installed that writes this command into a batch file and runs it, as impacket's smbexec does: "
		}
	}
	if !copies(&rec, found, "The record tells of the installation, not that it ran.") {
		return rec, false
	}
	rec.Process = nil // who installed it, not what runs
	rec.Because = append([]string{what + cmp.Or(e.Value("ServiceName"), e.Value("TaskName")) + "."}, rec.Because...)
	return rec, true
}

// setUp judges the command of a service: as it is, or the one that it writes
// into a batch file.
func setUp(line string) (found []command.Command, batch bool) {
	found = command.Analyze(artifacts.Process{CommandLine: line})
	if m := smbexecArg.FindStringSubmatch(line); m != nil && len(found) == 0 {
		return command.Analyze(artifacts.Process{CommandLine: "cmd.exe /c " + strings.ReplaceAll(m[1], "^", "")}), true
	}
	return found, false
}

func quoted(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}
