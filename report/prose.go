package report

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// plain are the words of a sentence that mean nothing in Markdown or to what
// looks for links, mentions and emoji in it, times, zones and points.
var plain = regexp.MustCompile(`^(?:["'(“]*[A-Za-z0-9]+(?:[-/.,'’][A-Za-z0-9]+)*[)"'”]*[.,;:?!…]*` +
	`|\(?(?:\d{4}-\d\d-\d\dT)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?\)?[.,;:]*` +
	`|\(?UTC[+-]\d\d:\d\d\)*[.,;:]*|\([+-]\d+\)[.,;:]*|[–—…])$`)

// numbered begins a list where it begins a line.
var numbered = regexp.MustCompile(`^\d+[.)]`)

// prose shows a sentence in which texts of the evidence may stand: what is no
// word of a plain sentence stands in a code span, without the punctuation and
// the brackets that the sentence has around it.
func prose(s string) string {
	s = shorten(visible(s), 4*maxMarkdownText)
	var b strings.Builder
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		last := i + foreign(words[i:], i == 0)
		if last == i {
			b.WriteString(words[i])
			continue
		}
		b.WriteString(quoted(strings.Join(words[i:last], " "), i == 0))
		i = last - 1
	}
	return b.String()
}

// foreign is how many of the first words stand together in a code span: none
// if the first is plain. A comma, a full stop or a bracket parts texts.
func foreign(words []string, begins bool) int {
	if n := max(named(words), commandLine(words)); n > 0 {
		return n
	}
	for i, w := range words {
		if isPlain(w, begins && i == 0) {
			return i
		}
		before, _, after := unpunctuated(w)
		if i > 0 && strings.ContainsAny(before, "([") {
			return i
		}
		if strings.ContainsAny(after, ",;:.…)]") {
			return i + 1
		}
		if i > 0 && named(words[i:]) > 0 {
			return i
		}
	}
	return len(words)
}

// commands are the programs that the response asks to run, with how the last
// argument begins.
var commands = map[string][]string{"auditpol": {"/success:"}, "wevtutil": {"/e:", "/ms:"}}

// commandLine is how many of the first words are such a command.
func commandLine(words []string) int {
	for i, w := range words[:min(len(words), 10)] {
		if slices.ContainsFunc(commands[words[0]], func(last string) bool { return strings.HasPrefix(w, last) }) {
			return i + 1
		}
	}
	return 0
}

// spaced are the folders of Windows that have a space in their names, as words.
var spaced = [][]string{{`\Program`, "Files", `(x86)\`}, {`\Program`, `Files\`}, {`\Documents`, "and", `Settings\`}}

// named is how many of the first words are a path with such a folder: the last
// of them goes on behind it.
func named(words []string) int {
	for _, folder := range spaced {
		if len(words) < len(folder) {
			continue
		}
		last := len(folder) - 1
		fits := strings.HasSuffix(words[0], folder[0]) && strings.HasPrefix(words[last], folder[last])
		for i := 1; i < last; i++ {
			fits = fits && words[i] == folder[i]
		}
		if fits {
			return len(folder)
		}
	}
	return 0
}

// quoted writes a text of the evidence in a code span, and around it what
// belongs to the sentence. A text that is plain without that needs no span.
func quoted(s string, begins bool) string {
	before, bare, after := unpunctuated(s)
	switch {
	case begins && numbered.MatchString(s), strings.TrimSpace(bare) != bare:
		return code(s)
	case !strings.Contains(bare, " ") && isPlain(bare, begins):
		return outside.Replace(before) + bare + outside.Replace(after)
	}
	return outside.Replace(before) + code(bare) + outside.Replace(after)
}

// outside escapes the one kind of bracket that means something in Markdown.
var outside = strings.NewReplacer("[", `\[`, "]", `\]`)

// unpunctuated takes off what belongs to the sentence around a text: the
// punctuation behind it, quotes around it, and a bracket that has no other
// half in it.
func unpunctuated(s string) (before, bare, after string) {
	bare = s
	for bare != "" {
		first, n := utf8.DecodeRuneInString(bare)
		last, m := utf8.DecodeLastRuneInString(bare)
		switch {
		case n+m <= len(bare) && pair(first, last, bare[n:len(bare)-m]):
			before, bare, after = before+bare[:n], bare[n:len(bare)-m], bare[len(bare)-m:]+after
		case opens(first, bare):
			before, bare = before+bare[:n], bare[n:]
		case closes(last, bare):
			bare, after = bare[:len(bare)-m], bare[len(bare)-m:]+after
		default:
			return before, bare, after
		}
	}
	return "", s, ""
}

// pair reports whether two characters are the two halves of one pair, around a
// text that has whole pairs only.
func pair(first, last rune, between string) bool {
	switch {
	case first == '"' && last == '"':
		return !strings.Contains(between, `"`)
	case first == '(' && last == ')', first == '[' && last == ']':
		return !strings.ContainsAny(between, "()[]")
	}
	return false
}

// opens reports whether a text's first character is half of a pair whose other
// half is not in it.
func opens(first rune, s string) bool {
	switch first {
	case '(':
		return strings.Count(s, "(") > strings.Count(s, ")")
	case '[':
		return strings.Count(s, "[") > strings.Count(s, "]")
	case '“':
		return true
	case '"':
		return strings.Count(s, `"`)%2 == 1
	}
	return false
}

// closes reports whether a text's last character is of the sentence.
func closes(last rune, s string) bool {
	switch last {
	case ',', ';', ':', '…', '”':
		return true
	case '.':
		return len(s) > 1 && !strings.ContainsRune(`.\/`, rune(s[len(s)-2]))
	case ')':
		return strings.Count(s, ")") > strings.Count(s, "(")
	case ']':
		return strings.Count(s, "]") > strings.Count(s, "[")
	case '"':
		return strings.Count(s, `"`)%2 == 1
	}
	return false
}

func isPlain(s string, begins bool) bool {
	return s == "-" && !begins || plain.MatchString(s) && !(begins && numbered.MatchString(s)) && !strings.Contains(strings.ToLower(s), "www.")
}
