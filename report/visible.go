package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Visible is how every string of the evidence is shown on a terminal: what a
// terminal would obey, or a reader not see, is written as an escape.
func Visible(s string) string { return visible(s) }

// visible shows a string of the evidence as plain text: whatever is not a
// printing character becomes an escape. Backslashes are left alone, because
// Windows paths are full of them.
func visible(s string) string {
	if plainLength(s) == len(s) {
		return s
	}
	var b strings.Builder
	for text, escape := range segments(s) {
		b.WriteString(text)
		b.WriteString(escape)
	}
	return b.String()
}

// segments yields the printing runs of s, each with the escape of the one
// character that follows it; either may be "".
func segments(s string) func(yield func(text, escape string) bool) {
	return func(yield func(text, escape string) bool) {
		start := 0
		for i := plainLength(s); i < len(s); i += plainLength(s[i:]) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if escape := escapeOf(r, s[i:i+size]); escape != "" {
				if !yield(s[start:i], escape) {
					return
				}
				start = i + size
			}
			i += size
		}
		if start < len(s) {
			yield(s[start:], "")
		}
	}
}

// plainLength is how many bytes at the beginning of s are printing characters
// of ASCII. Most texts have no other.
func plainLength(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

// escapeOf returns the escape for a rune that must not be shown as it is, or
// "". raw are the rune's bytes as they stand in the text.
func escapeOf(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case unicode.IsPrint(r) && !unicode.Is(blank, r):
		return ""
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// blank are the characters that Unicode counts as letters, marks or symbols
// though nothing is seen of them: fillers, joiners and variation selectors.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // braille blank
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth Hangul filler
	},
	R32: []unicode.Range32{
		{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}, // variation selectors
	},
}

// shorten cuts s to at most n runes; the last is "…" if anything was cut. It
// keeps the end as well, where a path has the file's name.
func shorten(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	n = max(n, 1)
	head := (n - 1) / 2
	tail := n - 1 - head
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}

// stamp is a time for people: UTC, with the decimals that the source has, up
// to 7. A zero time is "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(tick).Format("2006-01-02 15:04:05.9999999 UTC")
}

// span is a range of times, shortened where both are one, one is missing or
// both are on one day.
func span(from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return ""
	case from.IsZero():
		return "until " + stamp(to)
	case to.IsZero():
		return "from " + stamp(from)
	case from.Equal(to):
		return stamp(from)
	}
	last := stamp(to)
	if day := from.UTC().Format("2006-01-02 "); strings.HasPrefix(last, day) {
		last = strings.TrimPrefix(last, day)
	}
	return strings.TrimSuffix(stamp(from), " UTC") + " to " + last
}

// bytesText is a size in bytes and, from 1 KiB up, in a rounded unit.
func bytesText(n int64) string {
	exact := grouped(n) + " bytes"
	if n < 1024 {
		return exact
	}
	value, units := float64(n), []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	unit := ""
	for _, unit = range units {
		if value /= 1024; value < 1024 {
			break
		}
	}
	return fmt.Sprintf("%s (%.1f %s)", exact, value, unit)
}

// grouped is a whole number with commas between the thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}
