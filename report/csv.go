package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/triage"
)

// A column of a CSV table: its name and what a row has in it.
type column[T any] struct {
	name string
	of   func(*T) string
}

// table makes a CSV file of one of the case's lists: RFC 4180, UTF-8 without a
// byte order mark, all cells in quotes, a line of names first. Times are RFC
// 3339 in UTC, sizes bytes, lists joined by "; ", and what is not known is
// empty.
func table[T any](name string, rows func(*triage.Case) []T, columns []column[T]) File {
	return File{Name: name, Write: func(w io.Writer, c *triage.Case) error { return writeTable(w, rows(c), columns) }}
}

// writeTable writes one table. An error is w's.
func writeTable[T any](w io.Writer, rows []T, columns []column[T]) error {
	b := bufio.NewWriter(w)
	line := make([]string, len(columns))
	for i, col := range columns {
		line[i] = col.name
	}
	writeLine(b, line)
	for r := range rows {
		for i, col := range columns {
			line[i] = col.of(&rows[r])
		}
		writeLine(b, line)
	}
	return b.Flush()
}

// writeLine writes cells in quotes. The writer keeps its error for Flush.
func writeLine(b *bufio.Writer, cells []string) {
	for i, s := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.ReplaceAll(cell(s), `"`, `""`))
		b.WriteByte('"')
	}
	b.WriteString("\r\n")
}

// formulas are the characters with which a cell begins that a spreadsheet
// computes instead of showing; some take the full-width forms for the same.
const formulas = "=+-@\t\r＝＋－＠"

// cell is a text as a spreadsheet may be given it: on one line, without
// characters that cannot be seen, and with an apostrophe before what would be
// a formula.
func cell(s string) string {
	s = visible(s)
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " '")); strings.ContainsRune(formulas, first) {
		return "'" + s
	}
	return s
}

// clock is a time for programs: RFC 3339 in UTC, up to 7 decimals; "" if it is
// not known or is none that can be written.
func clock(t time.Time) string {
	if t = normalTime(t); t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.9999999Z07:00")
}

// list joins texts in one cell.
func list(texts []string) string { return strings.Join(texts, "; ") }

// number is a count or a size, "" for 0, which stands for "not recorded".
func number[N uint32 | uint64 | int64](n N) string {
	if n == 0 {
		return ""
	}
	if n < 0 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatUint(uint64(n), 10)
}

// yesNo is a yes or a no.
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// known is a yes or a no, "" where neither is known.
func known(b *bool) string {
	if b == nil {
		return ""
	}
	return yesNo(*b)
}

// located is at, or the zero place where there is none.
func located(at *artifacts.Locator) artifacts.Locator {
	if at == nil {
		return artifacts.Locator{}
	}
	return *at
}
