package command

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Limits on a hostile line. CreateProcess takes 32,767 UTF-16 units, so a
// recorded line can be longer only by damage.
const (
	maxLine  = 4 * 32768 // bytes of a line that are read
	maxDepth = 8         // command lines inside command lines
	maxParts = 256       // commands of one line, and Commands in all
	maxSteps = 1024      // lines and parts read in all
)

// Analyze says what a process's command line does to SAM, SECURITY and
// SYSTEM: one Command for every call that copies them or what is below them,
// tries to, prepares it or comes near them, in the order of the line, each
// with its reasons. It reads through cmd.exe, powershell.exe and the usual launchers; the commands that a
// line only carries have a Wrapper. The result is nil for any other line.
func Analyze(p artifacts.Process) []Command {
	line := strings.ToValidUTF8(p.CommandLine, "\ufffd")
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "")
	}
	words := splitWords(strings.TrimLeft(line, " \t"))
	if line == "" {
		for _, a := range p.Args[:min(len(p.Args), maxParts)] {
			words = append(words, word{a[:min(len(a), maxLine)], a[:min(len(a), maxLine)]})
		}
		line = joinText(words)
	}
	var n nest
	if len(words) == 0 && dumperNames[programName(p.Executable)] != nil {
		line = `"` + p.Executable + `"`
		words = splitWords(line)
		n.because = []string{"The command line was not recorded: the program's name alone tells."}
	}
	r := resolver{image: p.Executable, windows: windowsFolder(p.Executable)}
	a := analysis{value: r.variable}
	a.call(program{p.Executable, p.OriginalFileName}, line, words, n)
	return a.found
}

// analysis collects what one process's line says.
type analysis struct {
	value func(string) string // environment variables
	found []Command
	steps int
}

// nest is where a call stands: the wrappers around it, and what is known of
// them.
type nest struct {
	depth    int
	wrappers []string
	host     string   // that a wrapper runs its command on, "" for this one
	folder   string   // that the line changed to before, "" where it did not
	output   string   // file that the call's standard output goes to
	notes    []string // of the lines around, each a sentence about a disguise
	because  []string
}

func (n nest) in(wrapper string) nest {
	n.depth++
	if len(n.wrappers) == 0 || n.wrappers[len(n.wrappers)-1] != wrapper {
		n.wrappers = append(slices.Clip(n.wrappers), wrapper)
	}
	n.notes, n.because = slices.Clip(n.notes), slices.Clip(n.because)
	return n
}

// call reads one program call: line as written and its words.
func (a *analysis) call(p program, line string, words []word, n nest) {
	a.steps++
	if len(words) == 0 || n.depth > maxDepth || a.steps > maxSteps || len(a.found) >= maxParts {
		return
	}
	if strings.Contains(words[0].text, "%") {
		words = slices.Clone(words)
		words[0].text, _ = expand(words[0].text, a.value)
	}
	id := p.identity(words[0].text)
	if c, ok := readCall(id, line, words, n.output); ok {
		a.found = append(a.found, c.within(n))
		return
	}
	before := len(a.found)
	switch {
	case id.is("cmd.exe"):
		a.shell(id, line, words, n)
	case id.is("powershell.exe"), id.is("pwsh.exe"), id.is("pwsh.dll"):
		a.powershell(id, words, n)
	default:
		if l := id.launcher(); l != nil {
			a.launcher(l, words, n)
		}
	}
	if len(a.found) > before {
		return
	}
	if c, ok := nearCommand(id, words); ok {
		a.found = append(a.found, c.within(n))
	}
}

// readCall reads one call as each kind of copy in turn.
func readCall(id identity, line string, words []word, output string) (c Command, ok bool) {
	if c, ok = regCommand(id, words); ok {
		return c, true
	}
	if c, ok = copyCommand(id, words, output); ok {
		return c, true
	}
	return dumpCommand(id, line, words)
}

// within adds what the wrappers around a command say of it.
func (c Command) within(n nest) Command {
	c.Wrapper = strings.Join(n.wrappers, " > ")
	c.Disguise = append(c.Disguise, n.notes...)
	c.Because = append(c.Because, n.because...)
	if c.Remote == "" {
		c.Remote = n.host
	}
	if strings.HasPrefix(lowerASCII(n.output), `\\127.0.0.1\admin$\__`) {
		c.Because = append(c.Because, fmt.Sprintf("The output goes to %q, as impacket's wmiexec and its like send it.", n.output))
	}
	c.below(n.folder)
	return c
}

// shell reads a cmd.exe line.
func (a *analysis) shell(id identity, line string, words []word, n nest) {
	rest := strings.TrimLeft(line, " \t")
	switch name := words[0]; {
	case strings.HasPrefix(name.raw, "/"): // started without its own name in front
	case strings.HasPrefix(rest, name.raw):
		rest = rest[len(name.raw):]
	default:
		rest = strings.TrimPrefix(rest, name.text)
	}
	body, flag, ok := shellBody(rest)
	if !ok {
		return
	}
	inner := n.in("cmd.exe " + flag)
	inner.note(id, "cmd.exe")
	a.shellLine(body, inner)
}

// shellLine reads what cmd.exe runs.
func (a *analysis) shellLine(body string, n nest) {
	for _, part := range shellParts(body, a.value) {
		inner := n
		inner.notes, inner.output = append(slices.Clip(n.notes), part.notes...), part.output
		a.shellPart(part.text, inner)
		n.changeFolder(splitWords(part.text))
	}
}

// changeFolder follows a cd to another folder.
func (n *nest) changeFolder(words []word) {
	if len(words) < 2 || !slices.Contains([]string{"cd", "chdir", "pushd", "set-location", "sl", "push-location"}, plain(words[0])) {
		return
	}
	rest := words[1:]
	for len(rest) > 1 && (plain(rest[0]) == "/d" || strings.HasPrefix(plain(rest[0]), "-")) {
		rest = rest[1:]
	}
	folder := strings.Trim(joinText(rest), `" `)
	if n.folder != "" && !isAbsolute(folder) {
		folder = n.folder + `\` + folder
	}
	n.folder = folder
}

// isAbsolute reports whether a path does not depend on the current folder.
func isAbsolute(path string) bool {
	return hasDrive(path) || strings.HasPrefix(path, `\`) || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "%")
}

// below puts a relative destination into the folder that the line changed to.
func (c *Command) below(folder string) {
	if folder == "" || c.Destination == "" || c.Remote != "" || isAbsolute(c.Destination) {
		return
	}
	c.Because = append(c.Because, fmt.Sprintf("The line changes to %q first, so that %q lies there.", folder, c.Destination))
	c.Destination = strings.TrimRight(folder, `\/`) + `\` + c.Destination
}

// Commands of cmd.exe that only name or print their arguments.
var inertCommands = []string{"echo", "rem", "set", "title", "type", "find", "findstr", "for", "color", "prompt"}

// shellPart reads one command of a cmd.exe line, behind the words that only
// lead to it.
func (a *analysis) shellPart(text string, n nest) {
	for range maxParts {
		text = strings.TrimLeft(text, " \t,;=@")
		if cut := strings.IndexByte(text, '/'); cut > 0 && isBareShell(text[:cut]) {
			text = text[:cut] + " " + text[cut:] // cmd/c
		}
		if text == "" {
			return
		}
		first, rest := programWord(text)
		name := strings.TrimSuffix(programName(first.text), ".exe")
		switch {
		case name == "call" || name == "do" || name == "else":
			text = rest
		case name == "start":
			text = behindOptions(rest, true)
		case name == "if":
			text = behindCondition(rest)
		case slices.Contains(inertCommands, name) && !slices.ContainsFunc(splitWords(rest), func(w word) bool {
			_, is := hiveFileOf(w.text)
			return is && name == "type"
		}):
			return
		default:
			a.call(program{}, text, splitWords(text), n)
			return
		}
	}
}

func isBareShell(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "cmd" || name == "cmd.exe"
}

// behindOptions drops leading /options and, for start, a quoted title.
func behindOptions(text string, title bool) string {
	for {
		text = strings.TrimLeft(text, " \t")
		switch {
		case title && strings.HasPrefix(text, `"`):
			end := strings.IndexByte(text[1:], '"')
			if end < 0 {
				return ""
			}
			text, title = text[end+2:], false
		case strings.HasPrefix(text, "/"):
			end := strings.IndexAny(text, " \t")
			if end < 0 {
				return ""
			}
			if option := strings.ToLower(text[:end]); option == "/d" || option == "/node" || option == "/affinity" {
				_, text = cutArgument(text[end:])
				continue
			}
			text = text[end:]
		default:
			return text
		}
	}
}

// behindCondition drops the condition of an if and returns the command.
func behindCondition(text string) string {
	for {
		first, rest := cutArgument(text)
		switch strings.ToLower(first) {
		case "/i", "not":
			text = rest
			continue
		case "exist", "defined", "errorlevel", "cmdextversion":
			_, rest = cutArgument(rest)
			return rest
		}
		if strings.Contains(first, "==") {
			return rest
		}
		_, rest = cutArgument(rest) // an operator and the other side
		_, rest = cutArgument(rest)
		return rest
	}
}

// cutArgument cuts the first argument off a line.
func cutArgument(text string) (first, rest string) {
	text = strings.TrimLeft(text, " \t")
	if text == "" {
		return "", ""
	}
	w, rest := argumentWord(text)
	return w.text, rest
}

// powershell reads a powershell.exe or pwsh.exe line.
func (a *analysis) powershell(id identity, words []word, n nest) {
	script, flag, ok := powershellScript(words[1:])
	if !ok {
		return
	}
	inner := n.in("powershell.exe " + flag)
	if !id.is("pwsh.exe") && !id.is("pwsh.dll") { // pwsh.exe has pwsh.dll as its original name
		inner.note(id, "powershell.exe")
	}
	if flag == "-EncodedCommand" {
		inner.notes = append(inner.notes, "The script is passed as base64 (-EncodedCommand).")
	}
	a.script(script, inner)
}

// script reads the simple commands of a PowerShell script.
func (a *analysis) script(script string, n nest) {
	if len(script) > maxLine {
		script = script[:maxLine]
	}
	for _, c := range scriptDeeds(script) {
		if len(a.found) < maxParts {
			a.found = append(a.found, c.within(n))
		}
	}
	statements := scriptStatements(script)
	for i, words := range statements {
		for len(words) > 1 && words[0].text == "." {
			words = words[1:]
		}
		if strings.HasSuffix(strings.ToLower(words[len(words)-1].text), "io.file]::copy") && i+1 < len(statements) {
			a.call(program{}, "", append([]word{{fileCopyMethod, fileCopyMethod}}, statements[i+1]...), n)
			continue
		}
		inner := n
		inner.depth++
		if strings.Contains(words[0].raw, "`") || len(words) > 1 && strings.Contains(words[1].raw, "`") {
			inner.notes = append(slices.Clip(n.notes), "Grave accents stand inside words of the script; PowerShell drops them.")
		}
		n.changeFolder(words)
		switch plain(words[0]) {
		case "iex", "invoke-expression":
			if inner.depth <= maxDepth {
				a.script(joinText(behindParameters(words[1:])), inner)
			}
		case "start-process", "saps", "start":
			text := joinText(behindParameters(words[1:]))
			a.call(program{}, text, splitWords(text), inner)
		case "write-host", "write-output", "echo", "select-string":
		default:
			a.call(program{}, joinText(words), words, inner)
		}
	}
}

// behindParameters drops the -Name words of a cmdlet's call, and the values
// of those that are not its command.
func behindParameters(words []word) []word {
	var out []word
	for i := 0; i < len(words); i++ {
		name := plain(words[i])
		switch {
		case !strings.HasPrefix(name, "-") || len(name) < 3 || name[1] < 'a' || name[1] > 'z':
			out = append(out, words[i])
		case slices.Contains([]string{"-verb", "-windowstyle", "-credential", "-workingdirectory",
			"-redirectstandardoutput", "-redirectstandarderror", "-erroraction"}, name):
			i++
		}
	}
	return out
}

// note keeps that a shell's own file was renamed or its name disguised.
func (n *nest) note(id identity, name string) {
	if _, disguise := id.explain(name); disguise != "" {
		n.notes = append(n.notes, disguise)
	}
}

// remote notes that a wrapper runs its command on another host.
func (n *nest) remote(host, who string) {
	if host = strings.TrimLeft(strings.Trim(host, `"'`), `\`); host == "" {
		return
	}
	n.host = host
	n.because = append(n.because, fmt.Sprintf("%s runs it on the host %q; the key and the file are that host's.", who, host))
}
