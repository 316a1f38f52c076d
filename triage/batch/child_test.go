package batch

import (
	"slices"
	"strings"
	"testing"
)

// TestListener reads what a process writes in pieces of any length.
func TestListener(t *testing.T) {
	for _, c := range []struct {
		what, text, errs, cause, stage string
	}{
		{"nothing", "", "", "", ""},
		{"progress", `{"stage":"volume","done":5,"total":10}` + "\n" + `{"stage":"logs","done":1,"total":3}` + "\n", "", "", "logs"},
		{"an error", `{"stage":"volume"}` + "\n" + `{"error":"a: gone","cause":"evidence"}` + "\n" + `{"error":"b: gone","cause":"output"}` + "\n", "a: gone; b: gone", "evidence", "volume"},
		{"no newline", `{"error":"a","cause":"usage"}`, "a", "usage", ""},
		{"a panic", "warning\npanic: runtime error: index\n\ngoroutine 1 [running]:\n", "the program crashed (panic: runtime error: index)", "", ""},
		{"out of memory", "fatal error: runtime: out of memory\n", "the program crashed (fatal error: runtime: out of memory)", "", ""},
		{"a stage that there is not", `{"stage":"logs"}` + "\n" + `{"stage":"\u001b[2J"}` + "\n", "", "", "logs"},
		{"other bytes", "\x00\xff\x1b[2J\n{\x00}\n", "\x00\xff\x1b[2J", "", ""},
		{"other text", "\nsomething\nelse\n", "something", "", ""},
		{"broken JSON", "{\"error\":\n", "{\"error\":", "", ""},
		{"a long line", strings.Repeat("x", 3*maxHeard) + "\n" + `{"error":"a","cause":"usage"}` + "\n", "a", "usage", ""},
		{"too many errors", strings.Repeat(`{"error":"`+strings.Repeat("e", 900)+`"}`+"\n", 5), strings.Repeat("e", 900) + "; " + strings.Repeat("e", 900) + "; " + strings.Repeat("e", 200) + "…", "", ""},
		{"a long error", `{"error":"` + strings.Repeat("ü", 2000) + `","cause":"output"}` + "\n", strings.Repeat("ü", 1000) + "…", "output", ""},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			var l listener
			for p := range slices.Chunk([]byte(c.text), piece) {
				if n, err := l.Write(p); n != len(p) || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			l.end()
			if l.errors() != c.errs || l.cause != c.cause || l.progress().Stage != c.stage {
				t.Errorf("%s in pieces of %d: %q, %q, %q", c.what, piece, l.errors(), l.cause, l.progress().Stage)
			}
			if cap(l.line) > 4*maxHeard {
				t.Errorf("%s: %d bytes are held", c.what, cap(l.line))
			}
		}
	}
}

// TestListenerEndless: what a process writes without end takes bounded room.
func TestListenerEndless(t *testing.T) {
	for what, piece := range map[string]string{
		"no newline": strings.Repeat("x", 1<<16),
		"nesting":    strings.Repeat(`{"stage":`, 1<<12),
		"progress":   strings.Repeat(`{"stage":"logs","done":-9223372036854775808,"total":9223372036854775807,"memory":9223372036854775807}`+"\n", 1000),
		"errors":     strings.Repeat(`{"error":"e","cause":"evidence"}`+"\n", 1000),
		"lines":      strings.Repeat("\x00\n", 1000),
	} {
		var l listener
		for range 64 {
			if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
				t.Fatalf("%s: %d, %v", what, n, err)
			}
		}
		l.end()
		if cap(l.line) > 4*maxHeard || len(l.told) > maxErrors || len(l.errors()) > 3*maxErrors || l.progress().Memory > maxMemory {
			t.Errorf("%s: %d bytes, %d errors of %d bytes, %d of memory", what, cap(l.line), len(l.told), len(l.errors()), l.progress().Memory)
		}
	}
}
