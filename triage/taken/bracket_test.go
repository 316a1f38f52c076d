package taken

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

var noon = time.Date(2024, 5, 14, 12, 0, 0, 1234500, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// bound writes a Bound as a test wants it: "not before", "not after", "exact".
func bound(side string, minutes int, certainty string) locate.Bound {
	return locate.Bound{Side: side, Time: at(minutes), What: side + " something", From: locate.FromCopy, Offset: 12, Certainty: certainty}
}

func TestBracket(t *testing.T) {
	const before, after, exact = locate.NotBefore, locate.NotAfter, locate.ExactTime
	none := -1000
	for _, c := range []struct {
		name                       string
		bounds                     []locate.Bound
		notBefore, notAfter, exact int
		conflicts, aside           int
	}{
		{"nothing known", nil, none, none, none, 0, 0},
		{"lower alone", []locate.Bound{bound(before, 1, certain)}, 1, none, none, 0, 0},
		{"upper alone", []locate.Bound{bound(after, 1, likely)}, none, 1, none, 0, 0},
		{"exact alone", []locate.Bound{bound(exact, 1, certain)}, none, none, 1, 0, 0},
		{"the tightest count", []locate.Bound{bound(before, 1, certain), bound(after, 9, likely), bound(before, 3, likely), bound(after, 7, certain)}, 3, 7, none, 0, 0},
		{"exact between", []locate.Bound{bound(before, 1, certain), bound(exact, 2, certain), bound(after, 3, likely)}, 1, 3, 2, 0, 0},
		{"all at once", []locate.Bound{bound(before, 1, certain), bound(exact, 1, certain), bound(after, 1, likely)}, 1, 1, 1, 0, 0},
		{"upper before a key", []locate.Bound{bound(before, 5, certain), bound(after, 1, likely), bound(after, 9, likely)}, 5, 9, none, 1, 1},
		{"both certain", []locate.Bound{bound(before, 5, certain), bound(after, 1, certain)}, 5, none, none, 1, 1},
		{"the less certain lower goes", []locate.Bound{bound(before, 0, certain), bound(before, 5, likely), bound(after, 1, certain)}, 0, 1, none, 1, 1},
		{"exact before the newest key", []locate.Bound{bound(before, 5, certain), bound(exact, 1, certain)}, 5, none, 1, 1, 0},
		{"exact before the file", []locate.Bound{bound(before, 0, certain), bound(before, 5, likely), bound(exact, 1, certain)}, 0, none, 1, 1, 1},
		{"exact after the last write", []locate.Bound{bound(after, 1, likely), bound(exact, 5, certain)}, none, none, 5, 1, 1},
		{"two uppers before a key", []locate.Bound{bound(before, 5, certain), bound(after, 1, likely), bound(after, 2, likely)}, 5, none, none, 2, 2},
	} {
		got := Bracket(c.bounds, nil, []string{"a note"})
		for range 2 { // asked again with its own answer, it says the same
			for _, x := range []struct {
				what string
				got  time.Time
				want int
			}{{"not before", got.NotBefore, c.notBefore}, {"not after", got.NotAfter, c.notAfter}, {"exact", got.Exact, c.exact}} {
				if x.want == none && !x.got.IsZero() || x.want != none && !x.got.Equal(at(x.want)) {
					t.Errorf("%s: %s %s", c.name, x.what, x.got)
				}
			}
			aside := 0
			for _, b := range got.Bounds {
				if b.SetAside {
					aside++
				}
			}
			if len(got.Conflicts) != c.conflicts || aside != c.aside || len(got.Bounds) != len(c.bounds) {
				t.Errorf("%s: %d conflicts, %d set aside: %+v", c.name, len(got.Conflicts), aside, got)
			}
			for _, conflict := range got.Conflicts {
				if conflict.Kind != locate.BoundsCross || len(conflict.Sides) != 2 || !conflict.Sides[1].Time.Before(conflict.Sides[0].Time) {
					t.Errorf("%s: %+v", c.name, conflict)
				}
			}
			if len(got.Because) != len(c.bounds)+c.conflicts+1 {
				t.Errorf("%s: %q", c.name, got.Because)
			}
			got = Add(got, nil, nil, nil)
		}
	}
}

func TestBracketSays(t *testing.T) {
	got := Bracket([]locate.Bound{bound(locate.NotBefore, 5, certain), bound(locate.NotAfter, 1, likely)},
		[]locate.Conflict{{Kind: locate.NewerThanTwin, What: "keys are newer"}}, nil)
	want := []string{
		"not before 2024-05-14T12:05:00.0012345Z: not before something, at 0xc of the copy (certain)",
		"not after 2024-05-14T12:01:00.0012345Z: not after something, at 0xc of the copy (likely); set aside",
		"conflict: keys are newer",
		"conflict: not after something (2024-05-14T12:01:00.0012345Z) is before not before something (2024-05-14T12:05:00.0012345Z): a clock or one of the times was changed, or the copy is not what it seems",
	}
	if !slices.Equal(got.Because, want) {
		t.Errorf("%s", strings.Join(got.Because, "\n"))
	}
}

func TestAdd(t *testing.T) {
	got := Bracket([]locate.Bound{bound(locate.NotBefore, 1, certain), bound(locate.NotAfter, 9, likely)}, nil, []string{"old"})
	got = Add(got, []locate.Bound{bound(locate.NotAfter, 5, certain)}, []locate.Conflict{{Kind: locate.CountersAhead, What: "ahead"}}, []string{"new"})
	if !got.NotBefore.Equal(at(1)) || !got.NotAfter.Equal(at(5)) || len(got.Bounds) != 3 || len(got.Conflicts) != 1 {
		t.Errorf("%+v", got)
	}
	if want := []string{"conflict: ahead", "old", "new"}; !slices.Equal(got.Because[3:], want) {
		t.Errorf("%q", got.Because)
	}
}

// times are created and modified, in minutes after noon.
func times(created, modified int) artifacts.Times {
	return artifacts.Times{Created: at(created), Modified: at(modified)}
}

func TestFile(t *testing.T) {
	seconds := func(t artifacts.Times) artifacts.Times {
		return artifacts.Times{Created: t.Created.Truncate(time.Second), Modified: t.Modified.Truncate(time.Second)}
	}
	for _, c := range []struct {
		name      string
		file      File
		bounds    string // side and minutes
		conflicts string
		notes     int
	}{
		{"no times", File{Whole: true, Fresh: true}, "", "", 0},
		{"a copy in a folder", File{Whole: true, Times: locate.FileTimes{SI: times(1, 2)}, Newest: at(0)}, "not after 2", "", 0},
		{"saved", File{Whole: true, Fresh: true, Times: locate.FileTimes{SI: times(1, 1), FN: times(1, 1)}, Newest: at(0)}, "not after 1; not before 1; not after 2", "", 0},
		{"a copy of a save", File{Whole: true, Fresh: true, Times: locate.FileTimes{SI: times(9, 1), FN: times(9, 9)}, Newest: at(0)}, "not after 1", "", 0},
		{"not saved by the API", File{Whole: true, Times: locate.FileTimes{SI: times(1, 1), FN: times(1, 1)}, Newest: at(0)}, "not after 1", "", 0},
		{"in an archive", File{Times: locate.FileTimes{SI: times(1, 5), FN: times(9, 9)}, Newest: at(4)}, "not after 5", "", 0},
		{"local clock", File{Whole: true, Fresh: true, Clock: locate.LocalClock, Times: locate.FileTimes{SI: times(1, 1)}, Newest: at(9)}, "", "", 1},
		{"an older file", File{Whole: true, Times: locate.FileTimes{SI: times(1, 9), FN: times(1, 9)}, Newest: at(8)}, "not after 9", locate.FileTooOld, 0},
		{"a slow copy of a live hive", File{Whole: true, Times: locate.FileTimes{SI: times(1, 2), FN: times(1, 2)}, Newest: at(2)}, "not after 2", "", 0},
		{"set back", File{Whole: true, Times: locate.FileTimes{SI: times(-60, 9), FN: times(1, 9)}, Newest: at(-70)}, "not after 9", locate.TimesDiffer, 0},
		{"set forward", File{Whole: true, Times: locate.FileTimes{SI: times(60, 90), FN: times(1, 9)}, Newest: at(0)}, "not after 90", "", 0},
		{"rounded", File{Whole: true, Times: locate.FileTimes{SI: seconds(times(1, 2)), FN: times(1, 2)}, Newest: at(0)}, "not after 2", locate.TimesRounded, 0},
		{"both rounded", File{Whole: true, Times: locate.FileTimes{SI: seconds(times(1, 2)), FN: seconds(times(1, 2))}, Newest: at(0)}, "not after 2", "", 0},
		{"set back before the keys", File{Whole: true, Times: locate.FileTimes{SI: times(-60, 9), FN: times(1, 9)}, Newest: at(0)}, "not after 9", locate.FileTooOld + ", " + locate.TimesDiffer, 0},
	} {
		bounds, conflicts, notes := c.file.Bounds()
		var told, kinds []string
		for _, b := range bounds {
			told = append(told, b.Side+" "+strings.TrimSuffix(b.Time.Sub(noon).Round(time.Minute).String(), "m0s"))
			if b.From != locate.FromTimes || b.Certainty != likely || b.Offset != 0 {
				t.Errorf("%s: %+v", c.name, b)
			}
		}
		for _, f := range conflicts {
			kinds = append(kinds, f.Kind)
			if len(f.Sides) != 2 || f.What == "" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		want := strings.ReplaceAll(c.bounds, "not after 90", "not after 1h30")
		if strings.Join(told, "; ") != want || strings.Join(kinds, ", ") != c.conflicts || len(notes) != c.notes {
			t.Errorf("%s: %q, %q, %q", c.name, told, kinds, notes)
		}
	}
}
