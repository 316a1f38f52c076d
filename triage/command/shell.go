package command

import (
	"fmt"
	"strings"
)

// A part is one command of a cmd.exe line, ready for Split.
type part struct {
	text   string
	output string   // file that its standard output is redirected to
	notes  []string // what was hidden, each a sentence
}

// shellBody finds what cmd.exe is told to run: the text behind /c or /k (or
// /r, the old name of /c). flag is "/c" or "/k".
//
// Source: "cmd", Microsoft's reference of Windows commands.
func shellBody(line string) (body, flag string, ok bool) {
	rest, strict := line, false
	for {
		rest = strings.TrimLeft(rest, " \t,;=")
		if len(rest) < 2 || rest[0] != '/' {
			return "", "", false
		}
		switch rest[1] | 0x20 {
		case 'c', 'r':
			return unquoteBody(rest[2:], strict), "/c", true
		case 'k':
			return unquoteBody(rest[2:], strict), "/k", true
		case 's':
			strict = true
		}
		end := 2
		for end < len(rest) && !strings.ContainsRune(" \t/", rune(rest[end])) {
			end++
		}
		rest = rest[end:]
	}
}

// unquoteBody removes the first and the last quote of a line that begins with
// one, as cmd.exe does, unless exactly two quotes stand around a program's
// name with blanks in it.
func unquoteBody(body string, strict bool) string {
	body = strings.TrimLeft(body, " \t")
	if !strings.HasPrefix(body, `"`) {
		return body
	}
	last := strings.LastIndexByte(body, '"')
	if last == 0 {
		return body[1:]
	}
	inside := body[1:last]
	if !strict && strings.Count(body, `"`) == 2 && strings.Contains(inside, " ") &&
		!strings.ContainsAny(inside, "&<>()@^|") && endsAsProgram(inside) {
		return body
	}
	return inside + body[last+1:]
}

func endsAsProgram(path string) bool {
	path = strings.ToLower(path)
	for _, ext := range []string{".exe", ".com", ".bat", ".cmd"} {
		if strings.HasSuffix(path, ext) {
			return true
		}
	}
	return false
}

// shellParts cuts a cmd.exe line into its commands: environment variables are
// replaced by their usual values, carets and redirections are removed, and
// the line is divided at & && || | and parentheses, all outside quotes.
func shellParts(body string, value func(string) string) []part {
	body, unknown := expand(body, value)
	s := shell{body: body}
	if unknown != "" && !strings.Contains(unknown, "~") && !strings.Contains(unknown, ":") {
		unknown = ""
	}
	s.scan()
	if unknown != "" {
		for i := range s.parts {
			s.parts[i].notes = append(s.parts[i].notes,
				fmt.Sprintf("The line has %s, a part of an environment variable that is not resolved here.", unknown))
		}
	}
	return s.parts
}

// shell scans one cmd.exe line.
type shell struct {
	body  string
	at    int
	text  []byte
	caret bool // a caret stood inside a word
	out   string
	parts []part
}

func (s *shell) scan() {
	quoted := false
	for s.at < len(s.body) && len(s.parts) < maxParts {
		c := s.body[s.at]
		s.at++
		switch {
		case quoted || c == '"':
			if c == '"' {
				quoted = !quoted
			}
			s.text = append(s.text, c)
		case c == '^':
			s.escape()
		case c == '&' || c == '|' || c == '(' || c == ')' || c == '\n' || c == '\r':
			s.end()
		case c == '<' || c == '>':
			s.redirection()
		default:
			s.text = append(s.text, c)
		}
	}
	s.end()
}

// escape takes the character behind a caret as it is.
func (s *shell) escape() {
	if s.at >= len(s.body) {
		return
	}
	c := s.body[s.at]
	s.at++
	s.text = append(s.text, c)
	if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '\\' || c >= 0x80 {
		s.caret = true
	}
}

// redirection takes a redirection with its handle number and target out of the
// text, and keeps the target of the standard output.
func (s *shell) redirection() {
	standard := s.body[s.at-1] == '>'
	if n := len(s.text); n > 0 && s.text[n-1] >= '0' && s.text[n-1] <= '9' && (n == 1 || strings.ContainsRune(" \t\")", rune(s.text[n-2]))) {
		standard = standard && s.text[n-1] == '1'
		s.text = s.text[:n-1]
	}
	for s.at < len(s.body) && strings.ContainsRune("<>& \t", rune(s.body[s.at])) {
		s.at++
	}
	quoted, start := false, s.at
	for s.at < len(s.body) {
		c := s.body[s.at]
		if !quoted && strings.ContainsRune(" \t&|<>()", rune(c)) {
			break
		}
		if c == '"' {
			quoted = !quoted
		}
		s.at++
	}
	if standard {
		s.out = strings.Trim(s.body[start:s.at], `"`)
	}
	s.text = append(s.text, ' ')
}

// end closes the command that was collected.
func (s *shell) end() {
	text := strings.TrimLeft(string(s.text), " \t,;=@")
	p := part{text: strings.TrimRight(text, " \t"), output: s.out}
	s.out = ""
	if s.caret {
		p.notes = append(p.notes, "Carets (^) stand inside words of the line; cmd.exe drops them.")
	}
	s.text = s.text[:0]
	s.caret = false
	if p.text != "" {
		s.parts = append(s.parts, p)
	}
}
