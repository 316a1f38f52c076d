package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

func terminalText(t *testing.T, c *triage.Case, opt TerminalOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Terminal(&b, c, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTerminalWidth(t *testing.T) {
	for name, c := range checkedCases(t) {
		for asked, want := range map[int]int{-1: MinWidth, 0: 80, 10: MinWidth, 40: 40, 80: 80, 132: 132, 5000: MaxWidth} {
			for i, line := range strings.Split(terminalText(t, c, TerminalOptions{Width: asked}), "\n") {
				if n := columns(line); n > want {
					t.Fatalf("%s, width %d: line %d has %d columns: %q", name, asked, i+1, n, line)
				}
			}
		}
	}
}

var colorCodes = regexp.MustCompile("\x1b\\[(1|0|1;3[123])m")

func TestTerminalControlCharacters(t *testing.T) {
	c := hostileCase(hostileStrings...)
	if bad := hidden(terminalText(t, c, TerminalOptions{})); bad != "" {
		t.Errorf("the text has %q", bad)
	}
	colored := terminalText(t, c, TerminalOptions{Color: true})
	if !strings.HasPrefix(colored, "\x1b[1;33mSUSPICIOUS") {
		t.Errorf("the verdict has no colour: %q", colored[:20])
	}
	plain := colorCodes.ReplaceAllString(colored, "")
	if plain != terminalText(t, c, TerminalOptions{}) {
		t.Error("colour changes more than colour")
	}
	if !strings.Contains(plain, `\x1b]0;owned\x07`) || !strings.Contains(plain, `\u202eTAD.exe`) {
		t.Error("escapes are not shown")
	}
	if strings.ContainsAny(plain, "↩") {
		t.Error("a return glyph stands in the text")
	}
}

func TestTerminalOrder(t *testing.T) {
	text := terminalText(t, confirmedCase(), TerminalOptions{})
	last := 0
	for _, part := range []string{
		"CONFIRMED HIVE DUMP", "On 3 November", "│ Host ", "│ When ", "│ Who ", "│ What ", "│ Where ", "1. Open an incident", "3. Reset the password",
		"an export could hide in 2 gaps", "Exports (2 copies", "$RQ3K7ZD.dat", digest("a1"), "Act 1 of 1: confirmed, 97 of 100", `reg  save HKLM\SAM C:\Users\Public\a.dat /y`,
		"│ for     │ +15    │ The file's creation time", "│ against │ -5     │ The account is a backup account", "The points add up to 97: confidence 97 of 100, confirmed (from 70 on).", "Investigation guide", "needs a person", "Coverage", "Not read in full", "16 wanted: 14 read",
	} {
		i := strings.Index(text[last:], part)
		if i < 0 {
			t.Fatalf("no %q after byte %d", part, last)
		}
		last += i
	}
	if strings.Contains(text, "4. Reset") || strings.Contains(text, "0001-01-01") {
		t.Error("a fourth action or a zero time is shown")
	}
}

func TestTerminalLimits(t *testing.T) {
	c := confirmedCase()
	for i := range 100 {
		e := sampleSAM()
		e.ID = fmt.Sprint("exp-many-", i)
		c.Exports = append(c.Exports, e)
		a := sampleAct()
		a.ID = fmt.Sprint("act-many-", i)
		c.Acts = append(c.Acts, a)
		c.Acts[0].Reasons = append(c.Acts[0].Reasons, correlate.Reason{Side: correlate.For, Text: fmt.Sprint("reason ", i)})
		c.Coverage.Sources = append(c.Coverage.Sources, coverage.Row{What: "hive", State: coverage.Skipped, Why: fmt.Sprint(i)})
	}
	text := terminalText(t, c, TerminalOptions{})
	for _, want := range []string{"… and 82 more exports", "… and 91 more acts", "… and 91 more rows", "… and 74 more reasons"} {
		if want = strings.TrimSuffix(want, "\n"); !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(text, "\n"); n > 900 {
		t.Errorf("%d lines", n)
	}
}

func TestTerminalUnknownWords(t *testing.T) {
	c := &triage.Case{Verdict: "new\x1b", Acts: []correlate.Act{{ID: "a", Verdict: "other\x07"}}}
	text := terminalText(t, c, TerminalOptions{Color: true})
	if !strings.Contains(text, `NEW\X1B`) || !strings.Contains(text, `other\x07`) {
		t.Errorf("unknown verdicts are not shown: %s", text)
	}
}
