package command

import "strings"

// A word is one argument of a command line.
type word struct {
	text string // as the program sees it
	raw  string // as written, quotes and backslashes included
}

// Split divides a command line into arguments as CommandLineToArgvW does:
//
//   - the first argument is the program. If it begins with a quote it ends at
//     the next one, else at the first character up to U+0020; backslashes mean
//     nothing in it. A line that begins with a blank has an empty program.
//   - later arguments end at a blank or tab outside quotes.
//   - 2n backslashes and a quote are n backslashes and a quote that opens or
//     closes; 2n+1 are n backslashes and a quote character; backslashes before
//     anything else are themselves.
//   - two quotes inside a quoted part are one quote character and close it.
//     (The C run-time since 2008 keeps the part open; CommandLineToArgvW does
//     not.) So sa""ve is save.
//
// An empty line yields nil, where the function itself would name its caller.
//
// Sources: Microsoft's "CommandLineToArgvW function"; D. Deley, "How Command
// Line Parameters Are Parsed", section 5.
func Split(line string) []string {
	words := splitWords(line)
	if words == nil {
		return nil
	}
	args := make([]string, len(words))
	for i, w := range words {
		args[i] = w.text
	}
	return args
}

func splitWords(line string) []word {
	if line == "" {
		return nil
	}
	first, rest := programWord(line)
	words := []word{first}
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return words
		}
		var w word
		w, rest = argumentWord(rest)
		words = append(words, w)
	}
}

// programWord cuts the program's name off a command line.
func programWord(line string) (w word, rest string) {
	if line[0] == '"' {
		end := strings.IndexByte(line[1:], '"')
		if end < 0 {
			return word{line[1:], line}, ""
		}
		return word{line[1 : 1+end], line[:end+2]}, line[end+2:]
	}
	end := strings.IndexFunc(line, func(r rune) bool { return r <= ' ' })
	if end < 0 {
		return word{line, line}, ""
	}
	return word{line[:end], line[:end]}, line[end+1:]
}

// argumentWord cuts one argument off a line that begins with it.
func argumentWord(line string) (w word, rest string) {
	if end := strings.IndexAny(line, " \t\""); end < 0 {
		return word{line, line}, ""
	} else if line[end] != '"' {
		return word{line[:end], line[:end]}, line[end:]
	}
	var text strings.Builder
	quoted, i := false, 0
	for i < len(line) {
		c := line[i]
		if (c == ' ' || c == '\t') && !quoted {
			break
		}
		slashes := 0
		for i < len(line) && line[i] == '\\' {
			slashes++
			i++
		}
		switch {
		case i >= len(line) || line[i] != '"':
			text.WriteString(line[i-slashes : i])
			if slashes == 0 {
				text.WriteByte(c)
				i++
			}
		case slashes%2 == 1:
			text.WriteString(strings.Repeat(`\`, slashes/2) + `"`)
			i++
		default:
			text.WriteString(strings.Repeat(`\`, slashes/2))
			i++
			if quoted && i < len(line) && line[i] == '"' {
				text.WriteByte('"')
				i++
			}
			quoted = !quoted
		}
	}
	return word{text.String(), line[:i]}, line[i:]
}
