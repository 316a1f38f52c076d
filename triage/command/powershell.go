package command

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// PowerShell's parameters that take a value which is not the script. Any
// beginning of a name that is not shared is the name.
var powershellValues = []string{"executionpolicy", "ep", "ex", "windowstyle", "version", "inputformat", "if",
	"outputformat", "of", "psconsolefile", "configurationname", "workingdirectory", "wd", "settingsfile", "custompipename"}

// powershellScript finds the script text of a powershell.exe or pwsh.exe
// line. flag is "-Command" or "-EncodedCommand".
//
// Source: about_PowerShell_exe.
func powershellScript(words []word) (script, flag string, ok bool) {
	for i := 0; i < len(words); i++ {
		name := plain(words[i])
		if name == "" || name[0] != '-' && name[0] != '/' {
			return joinText(words[i:]), "-Command", true
		}
		name = name[1:]
		switch {
		case name == "":
			return "", "", false
		case name == "ec" || strings.HasPrefix("encodedcommand", name):
			if i+1 >= len(words) {
				return "", "", false
			}
			script, ok = decodeScript(words[i+1].text)
			return script, "-EncodedCommand", ok
		case strings.HasPrefix("command", name):
			return joinText(words[i+1:]), "-Command", true
		case strings.HasPrefix("file", name):
			return "", "", false
		case takesValue(name):
			i++
		}
	}
	return "", "", false
}

func takesValue(name string) bool {
	for _, v := range powershellValues {
		if strings.HasPrefix(v, name) {
			return true
		}
	}
	return false
}

func joinText(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

// decodeScript decodes the base64 of UTF-16LE that -EncodedCommand takes.
func decodeScript(text string) (string, bool) {
	text = strings.TrimRight(strings.Trim(strings.TrimSpace(text), `'"`), "=")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) < 2 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units)), true
}

// scriptStatement is one simple command of a PowerShell script.
type scriptStatement []word

// scriptStatements cuts a script into simple commands: at ; | & newlines,
// parentheses and braces outside quotes. A grave accent takes the next
// character as it is. Quotes are removed, a comma separates arguments, and
// $env:NAME becomes %NAME%. Nothing is evaluated.
func scriptStatements(script string) []scriptStatement {
	var c cutter
	c.script = script
	var quote rune
	escaped := false
	for i, r := range script {
		plain := r
		if r >= utf8.RuneSelf {
			if l, ok := lookalikes[r]; ok && (l == '"' || l == '\'') {
				plain = l
			}
		}
		switch {
		case escaped:
			escaped = false
			c.add(i, r)
		case plain == '`' && quote != '\'':
			escaped = true
			c.change(i)
			c.raw = append(c.raw, '`')
		case quote != 0 && plain == quote:
			quote = 0
			c.change(i)
			c.raw = append(c.raw, '"')
		case quote != 0:
			c.add(i, r)
		case plain == '"' || plain == '\'':
			quote = plain
			c.change(i)
			c.raw = append(c.raw, '"')
		case r == ' ' || r == '\t' || r == ',':
			c.endWord(i)
		case r == ';' || r == '|' || r == '&' || r == '\r' || r == '\n' || r == '(' || r == ')' || r == '{' || r == '}':
			c.endStatement(i)
		default:
			c.add(i, r)
		}
	}
	c.endStatement(len(script))
	return c.out
}

// A cutter cuts a script into words. A word that says what the script has, byte
// for byte, as most do, is a part of it and not copied.
type cutter struct {
	script    string
	out       []scriptStatement
	words     scriptStatement
	begun     bool // a word
	from      int  // where it begins
	changed   bool // it says other than the script: it is in text and raw
	text, raw []byte
}

// add takes a character into the word.
func (c *cutter) add(at int, r rune) {
	if r == utf8.RuneError {
		c.change(at) // it may stand for a byte that is none
	}
	switch {
	case c.changed:
		c.text, c.raw = utf8.AppendRune(c.text, r), utf8.AppendRune(c.raw, r)
	case !c.begun:
		c.begun, c.from = true, at
	}
}

// change says that the word will say other than the script.
func (c *cutter) change(at int) {
	if c.changed {
		return
	}
	c.text, c.raw = c.text[:0], c.raw[:0]
	if c.begun {
		c.text, c.raw = append(c.text, c.script[c.from:at]...), append(c.raw, c.script[c.from:at]...)
	}
	c.begun, c.changed = true, true
}

func (c *cutter) endWord(at int) {
	switch {
	case c.changed:
		c.words = append(c.words, word{environmentNames(string(c.text)), string(c.raw)})
	case c.begun:
		c.words = append(c.words, word{environmentNames(c.script[c.from:at]), c.script[c.from:at]})
	}
	c.begun, c.changed = false, false
}

func (c *cutter) endStatement(at int) {
	c.endWord(at)
	if len(c.words) > 0 && len(c.out) < maxParts {
		c.out = append(c.out, c.words)
	}
	c.words = nil
}

// environmentNames writes $env:NAME as %NAME%.
func environmentNames(text string) string {
	const mark = "$env:"
	if strings.IndexByte(text, '$') < 0 {
		return text
	}
	lower := lowerASCII(text)
	var b strings.Builder
	for done := 0; ; {
		at := strings.Index(lower[done:], mark)
		if at < 0 {
			b.WriteString(text[done:])
			return b.String()
		}
		at += done
		end := at + len(mark)
		for end < len(text) && isNameByte(text[end]) {
			end++
		}
		b.WriteString(text[done:at] + "%" + text[at+len(mark):end] + "%")
		done = end
	}
}

func isNameByte(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}
