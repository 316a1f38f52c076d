package report

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

// textOf joins what the custody says under a name.
func textOf(f *front, name string) string {
	for _, fact := range f.Custody() {
		if fact.Name == name {
			return fact.Text
		}
	}
	return ""
}

// TestCustodySaysWhatIsNotKnown: what was not given or not found is said, and
// not left out.
func TestCustodySaysWhatIsNotKnown(t *testing.T) {
	empty := newFront(&triage.Case{})
	for name, want := range map[string]string{
		"Case": "not given (--case)", "Examiner": "not given (--examiner)", "Started": "not recorded", "Commit": "not recorded in this build",
		"Clock of the host": "not known from this evidence",
	} {
		if got := textOf(empty, name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	full := newFront(confirmedCase())
	if got := textOf(full, "Case"); got != "IR-2026-0114" {
		t.Errorf("case: %q", got)
	}
}

// TestClockLines: a clock that was set is told with who set it and where that
// stands; of one that no log tells of nothing is claimed.
func TestClockLines(t *testing.T) {
	silent := strings.Join(clockLines(&triage.Host{Name: "A"}), "\n")
	for _, want := range []string{"time zone not known", "not known from this evidence", "neither its Security nor its System log was read"} {
		if !strings.Contains(silent, want) {
			t.Errorf("without logs: no %q in %s", want, silent)
		}
	}
	before := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	h := triage.Host{Name: "A", TimeZone: "UTC (UTC+00:00)", Clock: &triage.Clock{Logs: []string{"Security"}, Small: 4, Unread: 1, Started: before.Add(-time.Hour), Newest: before.Add(time.Hour),
		Changes: []triage.ClockChange{{Before: before, After: before.Add(-3 * time.Hour), User: artifacts.User{Name: "eve", Domain: "A"}, Program: `C:\x.exe`,
			From: correlate.From{RecordID: 77, EventCode: "4616"}}}}}
	told := strings.Join(clockLines(&h), "\n")
	for _, want := range []string{"time zone UTC", "set back by 3h0m0s", `by A\eve with C:\x.exe`, "77", "4 records of adjustments", "1 record of a change", "last start of Windows", "newest record"} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in %s", want, told)
		}
	}
	if strings.Contains(told, "no change") {
		t.Errorf("a change is denied: %s", told)
	}
}

// TestDigestText: a digest says what it is of, and its absence why.
func TestDigestText(t *testing.T) {
	sum := digest("ab")
	noted := coverage.Row{What: "digest", At: &artifacts.Locator{Source: "x"}, Why: "the MD5 in the container fits"}
	for _, tt := range []struct {
		in   artifacts.Input
		rows []coverage.Row
		want string
	}{
		{artifacts.Input{Path: "x", Kind: "ewf", SHA256: sum}, []coverage.Row{noted}, "of the media in the image, not of its files; the MD5 in the container fits"},
		{artifacts.Input{Path: "x", Kind: "evtx", SHA256: sum}, nil, "of the file"},
		{artifacts.Input{Path: "x", Kind: "ewf", Stored: map[string]string{"MD5": "1"}}, nil, "not computed: the run was made without --hash, so the digests in the container were not compared either"},
		{artifacts.Input{Path: "x", Kind: "directory"}, nil, "none: a folder has no digest of its own"},
		{artifacts.Input{Path: "y", Kind: "raw"}, []coverage.Row{noted}, "not computed: the run was made without --hash"},
	} {
		f := newFront(&triage.Case{Coverage: coverage.Coverage{Sources: tt.rows}})
		got, about := f.digestText(&tt.in)
		if got != tt.in.SHA256 || about != tt.want {
			t.Errorf("%s %s: %q, %q, want %q", tt.in.Kind, tt.in.Path, got, about, tt.want)
		}
	}
}
