package layout

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"hivetriage/artifacts"
)

// absent is the kind of a file that a collector says it left out.
const absent = artifacts.Unsupported

// text decodes a text file: UTF-16 with a byte order mark, else UTF-8 with or
// without one.
func text(b []byte) string {
	if len(b) >= 2 && b[0] == 0xFF && b[1] == 0xFE {
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
		}
		return string(utf16.Decode(units))
	}
	return string(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")))
}

// A table is a CSV file with a header.
type table struct {
	columns map[string]int // by folded names
	asked   map[string]int // by the names that get was given; -1: there is none
	rows    iter.Seq[[]string]
}

// table reads a CSV file of metadata; columns are found by name. A row that
// cannot be read is a problem and ends the table.
func (x *index) table(l *Layout, name string) *table {
	r := csv.NewReader(strings.NewReader(text(x.content(l, name))))
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	t := &table{columns: map[string]int{}, asked: map[string]int{}, rows: func(func([]string) bool) {}}
	header, err := r.Read()
	if err != nil {
		return t
	}
	for i, h := range header {
		t.columns[fold(strings.TrimSpace(h))] = i
	}
	t.rows = func(yield func([]string) bool) {
		for {
			row, err := r.Read()
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				l.problem(name, artifacts.Malformed, "metadata end early: %w", err)
				return
			case !x.mayRead(l, name) || !yield(row):
				return
			}
		}
	}
	return t
}

// mayRead counts a row of metadata.
func (x *index) mayRead(l *Layout, name string) bool {
	if x.rows++; x.rows == maxRows+1 {
		l.problem(name, artifacts.Limit, "more than %d rows of metadata: the others are not read", maxRows)
	}
	return x.rows <= maxRows
}

func (t *table) has(columns ...string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool { _, ok := t.columns[fold(c)]; return !ok })
}

// get is a field of a row, "" where there is none. It does not keep the row.
func (t *table) get(row []string, column string) string { return strings.Clone(t.cell(row, column)) }

// cell is get for what is not kept.
func (t *table) cell(row []string, column string) string {
	i, ok := t.asked[column]
	if !ok {
		if i, ok = t.columns[fold(column)]; !ok {
			i = -1
		}
		t.asked[column] = i
	}
	if i < 0 || i >= len(row) {
		return ""
	}
	return row[i]
}

func (t *table) times(row []string, created, modified, changed, accessed string) artifacts.Times {
	return artifacts.Times{Created: moment(t.cell(row, created)), Modified: moment(t.cell(row, modified)),
		Changed: moment(t.cell(row, changed)), Accessed: moment(t.cell(row, accessed))}
}

// moment reads a time that a collector noted, in UTC; the zero time where it
// is none that a file can have.
func moment(s string) time.Time {
	form := time.RFC3339Nano
	switch zoned := strings.HasSuffix(s, "Z") || len(s) > 6 && s[len(s)-3] == ':' && (s[len(s)-6] == '+' || s[len(s)-6] == '-'); {
	case s == "":
		return time.Time{}
	case zoned:
	case len(s) > 10 && s[10] == ' ':
		form = "2006-01-02 15:04:05"
	default:
		form = "2006-01-02T15:04:05"
	}
	t, err := time.Parse(form, s)
	if err != nil {
		return time.Time{}
	}
	return plausible(t)
}

func plausible(t time.Time) time.Time {
	if t.Year() <= 1601 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC().Truncate(100)
}

// digest returns a digest in lower-case hexadecimal, "" for what is none of
// that many digits.
func digest(s string, length int) string {
	s = fold(strings.TrimSpace(s))
	if _, err := hex.DecodeString(s); err != nil || len(s) != length {
		return ""
	}
	return s
}
