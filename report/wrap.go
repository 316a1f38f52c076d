package report

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// columns is the display width of s as the table writer measures it: wide
// characters take two columns, combining marks none.
func columns(s string) int { return twwidth.Width(s) }

// wrap breaks one paragraph into lines of at most width display columns. It
// breaks at spaces; a word that is too long breaks after a path separator, or
// else anywhere. No character is added or lost but the spaces at breaks.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.SplitAfter(s, " ") {
		if columns(line)+columns(strings.TrimRight(word, " ")) > width && line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		for columns(strings.TrimRight(word, " ")) > width {
			n := breakAt(word, width)
			lines = append(lines, word[:n])
			word = word[n:]
		}
		line += word
	}
	return append(lines, strings.TrimRight(line, " "))
}

// breakAt returns how many bytes of a word go on a line of the given width:
// at least one rune, and up to the last separator in the line's second half
// if there is one.
func breakAt(word string, width int) int {
	end, after := 0, 0
	used := 0
	for i, r := range word {
		n := columns(string(r))
		if used+n > width && i > 0 {
			break
		}
		used += n
		end = i + len(string(r))
		if strings.ContainsRune(`\/,;=`, r) && used > width/2 {
			after = end
		}
	}
	if after > 0 {
		return after
	}
	return end
}

// wrapAll wraps each paragraph of s, which newlines separate.
func wrapAll(s string, width int) string {
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrap(paragraph, width)...)
	}
	return strings.Join(lines, "\n")
}

// cutLines keeps the first n lines of s and says with "…" that there is more.
func cutLines(s string, n int) string {
	lines := strings.Split(s, "\n")
	if len(lines) <= n {
		return s
	}
	return strings.Join(append(lines[:n], "…"), "\n")
}
