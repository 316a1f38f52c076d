package report

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		`C:\Temp\a b.dat`:          `C:\Temp\a b.dat`,
		"\x1b[31m":                 `\x1b[31m`,
		"a\r\n\tb\x00\x7f":         `a\x0d\x0a\x09b\x00\x7f`,
		"\u0085\u009b":             `\u0085\u009b`,
		"x\u202efdp.exe":           `x\u202efdp.exe`,
		"\u2066\u2069\u200f\u061c": `\u2066\u2069\u200f\u061c`,
		"\u200b\ufeff\u2060\u00ad": `\u200b\ufeff\u2060\u00ad`,
		"a\u00a0b\u3000c\u2028":    `a\u00a0b\u3000c\u2028`,
		"\u3164\u2800\ufe0f":       `\u3164\u2800\ufe0f`,
		"\U000e0041\U000e0100":     `\U000e0041\U000e0100`,
		"\xff\xc3(":                `\xff\xc3(`,
		"\ufffd":                   "\ufffd",
		"Müller 日本 שלום e\u0301 👩": "Müller 日本 שלום e\u0301 👩",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// hidden says whether a text has a character that a terminal or a browser
// would obey; newlines are the report's own.
func hidden(s string) string {
	for _, r := range strings.ReplaceAll(s, "\n", "") {
		if !unicode.IsPrint(r) {
			return string(r)
		}
	}
	return ""
}

func FuzzVisible(f *testing.F) {
	for _, s := range hostileStrings {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		v := visible(s)
		if bad := hidden(v); bad != "" || strings.Contains(v, "\n") {
			t.Fatalf("visible(%q) keeps %q", s, bad)
		}
		if again := visible(v); again != v {
			t.Fatalf("visible is not stable: %q, then %q", v, again)
		}
		width = 2 + abs(width)%200
		lines := wrap(v, width)
		for _, line := range lines {
			if columns(line) > width {
				t.Fatalf("a line of %d columns, want at most %d: %q", columns(line), width, line)
			}
		}
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(v, " ", ""); got != want {
			t.Fatalf("wrap changed the text: %q, want %q", got, want)
		}
		if html := string(markup("code", s)); hidden(html) != "" || strings.Count(html, "<") != 2+2*strings.Count(html, `<span class="esc"`) {
			t.Fatalf("markup(%q) = %q", s, html)
		}
		if id := anchor(s); strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
			t.Fatalf("anchor(%q) = %q", s, id)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 8, "one two|three"},
		{"one  two", 20, "one  two"},
		{`C:\Users\Public\a.dat`, 12, `C:\Users\|Public\a.dat`},
		{"abcdefghij", 4, "abcd|efgh|ij"},
		{"日本語です", 4, "日本|語で|す"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301"},
		{"see " + strings.Repeat("x", 6), 6, "see|xxxxxx"},
	} {
		if got := strings.Join(wrap(tt.in, tt.width), "|"); got != tt.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"}, {"abcdefgh", 5, "ab…gh"}, {"日本語です", 3, "日…す"}, {"ab", 1, "…"}, {"ab", 0, "…"},
	} {
		if got := shorten(tt.in, tt.n); got != tt.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestTimesAndSizes(t *testing.T) {
	var none time.Time
	for _, tt := range []struct{ got, want string }{
		{stamp(none), ""},
		{stamp(at(2, 14, 9, 4410002)), "2026-11-03 02:14:09.4410002 UTC"},
		{stamp(at(2, 14, 9, 0)), "2026-11-03 02:14:09 UTC"},
		{stamp(time.Date(2026, 1, 2, 3, 4, 5, 99, time.FixedZone("", 3600))), "2026-01-02 02:04:05 UTC"},
		{span(none, none), ""},
		{span(at(1, 0, 0, 0), none), "from 2026-11-03 01:00:00 UTC"},
		{span(none, at(1, 0, 0, 0)), "until 2026-11-03 01:00:00 UTC"},
		{span(at(1, 0, 0, 0), at(1, 0, 0, 0)), "2026-11-03 01:00:00 UTC"},
		{span(at(1, 0, 0, 0), at(2, 0, 0, 0)), "2026-11-03 01:00:00 to 02:00:00 UTC"},
		{span(at(1, 0, 0, 0), at(25, 0, 0, 0)), "2026-11-03 01:00:00 to 2026-11-04 01:00:00 UTC"},
		{bytesText(0), "0 bytes"},
		{bytesText(1023), "1,023 bytes"},
		{bytesText(65536), "65,536 bytes (64.0 KiB)"},
		{bytesText(1 << 40), "1,099,511,627,776 bytes (1.0 TiB)"},
		{bytesText(1<<63 - 1), "9,223,372,036,854,775,807 bytes (8.0 EiB)"},
		{grouped(-1234), "-1,234"},
		{grouped(-123), "-123"},
		{grouped(1234567), "1,234,567"},
		{counted(1, "copy", "copies"), "1 copy"},
		{counted(1200, "copy", "copies"), "1,200 copies"},
		{gapText(50 * time.Hour), "2 d"},
		{gapText(90 * time.Minute), "2 h"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
