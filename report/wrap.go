package report

import (
	"cmp"
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
	line, used := "", 0
	for word := range strings.SplitAfterSeq(s, " ") {
		bare := strings.TrimRight(word, " ")
		if used > 0 && used+runeColumns(bare) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = "", 0
		}
		for n := breakAt(bare, width-used); n < len(bare); n = breakAt(bare, width) {
			lines = append(lines, bare[:n])
			bare, word = bare[n:], word[n:]
		}
		line += word
		used += runeColumns(word)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// runeColumns is the width of s rune by rune. It is never less than columns,
// which sees that some runes join into one sign.
func runeColumns(s string) int {
	n := 0
	for _, r := range s {
		n += columns(string(r))
	}
	return n
}

// breakAt returns how many bytes of a word go on a line of the given width:
// all if they fit, or else at least one rune, and up to the last separator in
// the line's second half if there is one.
func breakAt(word string, width int) int {
	end, after, used := 0, 0, 0
	for i, r := range word {
		used += columns(string(r))
		if used > width && i > 0 {
			return cmp.Or(after, end)
		}
		end = i + len(string(r))
		if used > width/2 && strings.ContainsRune(`\/,;=`, r) {
			after = end
		}
	}
	return end
}

// wrapAll wraps each paragraph of s, which newlines separate. The lines of one
// are indented as its first is.
func wrapAll(s string, width int) string {
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		bare := strings.TrimLeft(paragraph, " ")
		indent := strings.Repeat(" ", min(len(paragraph)-len(bare), width/2))
		for _, line := range wrap(bare, width-len(indent)) {
			lines = append(lines, strings.TrimRight(indent+line, " "))
		}
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
