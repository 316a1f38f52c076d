package command

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
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
	var out []scriptStatement
	var words scriptStatement
	var text, raw strings.Builder
	endWord := func() {
		if raw.Len() > 0 {
			words = append(words, word{environmentNames(text.String()), raw.String()})
		}
		text.Reset()
		raw.Reset()
	}
	endStatement := func() {
		endWord()
		if len(words) > 0 && len(out) < maxParts {
			out = append(out, words)
		}
		words = nil
	}
	var quote rune
	escaped := false
	for _, r := range script {
		plain := r
		if l, ok := lookalikes[r]; ok && (l == '"' || l == '\'') {
			plain = l
		}
		switch {
		case escaped:
			escaped = false
			text.WriteRune(r)
			raw.WriteRune(r)
		case plain == '`' && quote != '\'':
			escaped = true
			raw.WriteRune(r)
		case quote != 0 && plain == quote:
			quote = 0
			raw.WriteByte('"')
		case quote != 0:
			text.WriteRune(r)
			raw.WriteRune(r)
		case plain == '"' || plain == '\'':
			quote = plain
			raw.WriteByte('"')
		case r == ' ' || r == '\t' || r == ',':
			endWord()
		case strings.ContainsRune(";|&\r\n(){}", r):
			endStatement()
		default:
			text.WriteRune(r)
			raw.WriteRune(r)
		}
	}
	endStatement()
	return out
}

// environmentNames writes $env:NAME as %NAME%.
func environmentNames(text string) string {
	const mark = "$env:"
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
