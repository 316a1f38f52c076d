package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
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
	return m.b.Flush()
}

// markdown writes lines. The writer keeps its error for Flush.
type markdown struct{ b *bufio.Writer }

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m.b, format, args...) }

func (m *markdown) heading(level int, text string) {
	m.printf("\n%s %s\n\n", strings.Repeat("#", level), text)
}

// bullets writes a list of prose.
func (m *markdown) bullets(texts []string) {
	for _, s := range texts {
		m.printf("- %s\n", prose(s))
	}
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

// plain are the words of a sentence that mean nothing in Markdown or to what
// looks for links, mentions and emoji in it, and times of the day.
var plain = regexp.MustCompile(`^(?:["'(“]*[A-Za-z0-9]+(?:[-/.,'’][A-Za-z0-9]+)*[)"'”]*[.,;:?!…]*|\(?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\)?[.,;:]*|[–—…])$`)

// numbered begins a list where it begins a line.
var numbered = regexp.MustCompile(`^\d+[.)]`)

// prose shows a sentence in which texts of the evidence may stand: each word
// that is none of a plain sentence stands in a code span.
func prose(s string) string {
	s = shorten(visible(s), 4*maxMarkdownText)
	var b strings.Builder
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		if isPlain(words[i], i == 0) {
			b.WriteString(words[i])
			continue
		}
		first := i
		for i+1 < len(words) && !isPlain(words[i+1], false) {
			i++ // what stands together stays together
		}
		text := strings.Join(words[first:i+1], " ")
		before, bare, after := unbracketed(text)
		b.WriteString(before + code(bare) + after)
	}
	return b.String()
}

// unbracketed takes off what belongs to the sentence around a text: a comma
// behind it, and a bracket that has no other half in it.
func unbracketed(s string) (before, bare, after string) {
	bare = strings.TrimRight(s, ",;")
	if opened, closed := strings.Count(bare, "("), strings.Count(bare, ")"); opened > closed && bare[0] == '(' && len(bare) > 1 {
		before, bare = "(", bare[1:]
	} else if closed > opened && len(bare) > 1 {
		bare = strings.TrimSuffix(bare, ")")
	}
	return before, bare, s[len(before)+len(bare):]
}

func isPlain(s string, begins bool) bool {
	return plain.MatchString(s) && !(begins && numbered.MatchString(s)) && !strings.Contains(strings.ToLower(s), "www.")
}

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
