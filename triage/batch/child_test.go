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
