package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"hivetriage/triage"
)

// What the Markdown report lists before it refers to the other outputs: a
// ticket is read by people and bounded in length.
const (
	maxMarkdownRows = 100 // of a table
	maxMarkdownText = 400 // runes of one text
)

// Markdown writes the case for a ticket or a wiki: GitHub-flavoured, without
// HTML but for <br> between lines and <code> around texts that hold a pipe or a
// backtick. Texts of the evidence stand in code spans, where nothing is a link,
// a mention or a picture.
func Markdown(w io.Writer, c *triage.Case) error {
	m := &markdown{b: bufio.NewWriter(w)}
	f := newFront(c)
	m.front(f)
	m.acts(f)
	m.guide(c)
	m.response(c)
	m.exposure(c)
	m.exports(c)
	m.records(c)
	m.programs(c)
	m.notices(c)
	m.coverage(f)
	m.custody(f)
	m.checks(f)
	return m.b.Flush()
}

// markdown writes lines. The writer keeps its error for Flush.
type markdown struct{ b *bufio.Writer }

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m.b, format, args...) }

func (m *markdown) heading(level int, text string) {
	m.printf("\n%s %s\n\n", strings.Repeat("#", level), text)
}

// table writes rows, each cell finished Markdown. Rows beyond the bound are
// counted.
func (m *markdown) table(header []string, rows [][]string) {
	m.printf("| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat(" --- |", len(header)))
	for _, r := range rows[:min(len(rows), maxMarkdownRows)] {
		m.printf("| %s |\n", strings.Join(r, " | "))
	}
	m.more(len(rows))
}

// more says how many rows were left out.
func (m *markdown) more(n int) {
	if n > maxMarkdownRows {
		m.printf("\n… and %s more; the HTML, JSON and CSV outputs list all.\n", grouped(int64(n-maxMarkdownRows)))
	}
}

// fields writes a list of names and values; a value that is "" is left out.
func (m *markdown) fields(pairs ...[2]string) {
	for _, p := range pairs {
		if p[1] != "" {
			m.printf("- **%s**: %s\n", p[0], p[1])
		}
	}
}

// code shows a text of the evidence as it is, "" as nothing.
func code(s string) string {
	s = shorten(visible(s), maxMarkdownText)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|"):
		return "<code>" + entities(s) + "</code>"
	case s[0] == ' ' && s[len(s)-1] == ' ':
		return "` " + s + " `" // of two such spaces a renderer takes one each
	}
	return "`" + s + "`"
}

// codes shows several texts, apart by commas.
func codes(texts []string) string {
	var all []string
	for _, s := range texts {
		if s != "" {
			all = append(all, code(s))
		}
	}
	return strings.Join(all, ", ")
}

// entities writes all punctuation as character references, which Markdown
// reads as text wherever they stand.
func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && !word(r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func word(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' '
}

// proses shows several sentences in one cell or list item.
func proses(texts []string) string { return paragraphs(strings.Join(texts, "\n")) }

// paragraphs shows an answer of several lines in one cell or list item.
func paragraphs(s string) string {
	var lines []string
	for p := range strings.SplitSeq(s, "\n") {
		if p = prose(p); p != "" {
			lines = append(lines, p)
		}
	}
	return strings.Join(lines, "<br>")
}
