package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
)

// moments makes n moments of changing kinds with the given distance.
func moments(n int, distance time.Duration) []triage.Moment {
	kinds := []string{"logon", "command", "file", "file", "export", "logoff", "log cleared", "process", "unheard of"}
	var list []triage.Moment
	for i := range n {
		list = append(list, triage.Moment{
			Time: at(0, 0, 0, 0).Add(time.Duration(i) * distance), Kind: kinds[i%len(kinds)],
			What: strings.Repeat(fmt.Sprint("event ", i, " "), 1+i%9), Ref: "x",
		})
	}
	return list
}

func TestFigureLabelsDoNotOverlap(t *testing.T) {
	hostile := hostileCase(hostileStrings...).Timeline
	for name, list := range map[string][]triage.Moment{
		"one": moments(1, 0), "same instant": moments(40, 0), "seconds": moments(40, time.Second), "ticks": moments(40, 100),
		"days": moments(40, 26*time.Hour), "years": moments(40, 9000*time.Hour), "sample": confirmedCase().Timeline, "hostile": hostile,
		"grouped": moments(500, 7*time.Minute), "many": moments(5000, 3*time.Second), "many at once": moments(500, 0),
	} {
		f := newFigure(list)
		if len(f.Marks) == 0 || len(f.Marks) > maxMarks {
			t.Errorf("%s: %d marks for %d moments", name, len(f.Marks), len(list))
		}
		total := 0
		type box struct{ from, to float64 }
		rows := map[float64][]box{}
		for _, m := range f.Marks {
			total += m.Count
			width := labelChar * float64(columns(m.Text))
			b := box{m.X - 7, m.LabelX + width}
			if m.Anchor == "end" {
				b = box{m.LabelX - width, m.X + 7}
			}
			if b.from < plotLeft-8 || b.to > figureWidth || m.Y < axisHeight || m.Y > f.Height {
				t.Errorf("%s: %q at %.0f to %.0f, %.0f leaves the drawing", name, m.Text, b.from, b.to, m.Y)
			}
			for _, other := range rows[m.Y] {
				if b.from < other.to && other.from < b.to {
					t.Errorf("%s: %q overlaps another label: %v and %v", name, m.Text, b, other)
				}
			}
			rows[m.Y] = append(rows[m.Y], b)
		}
		if total != len(list) {
			t.Errorf("%s: the marks count %d events, want %d", name, total, len(list))
		}
		for i := 1; i < len(f.Ticks); i++ {
			if f.Ticks[i].X-f.Ticks[i-1].X < tickWidth {
				t.Errorf("%s: ticks overlap", name)
			}
		}
		if f.Grouped != (len(f.Marks) < len(list)) {
			t.Errorf("%s: Grouped is %v", name, f.Grouped)
		}
	}
}

func TestFigureOrder(t *testing.T) {
	list := moments(12, time.Minute)
	list[0], list[7] = list[7], list[0]
	f := newFigure(list)
	for i := 1; i < len(f.Rows); i++ {
		if f.Rows[i].Time.Before(f.Rows[i-1].Time) {
			t.Error("the table is not in order of time")
		}
	}
	if list[0].Time.Before(list[7].Time) {
		t.Error("the case's timeline was changed")
	}
	byTime := map[time.Time]float64{}
	for _, m := range f.Marks {
		byTime[m.Time] = m.X
	}
	for i := 1; i < len(f.Rows); i++ {
		if byTime[f.Rows[i].Time] <= byTime[f.Rows[i-1].Time] {
			t.Error("the drawing is not in order of time")
		}
	}
}

func TestFigureLimits(t *testing.T) {
	f := newFigure(moments(maxLines+7, time.Second))
	if len(f.Rows) != maxLines || f.More != 7 {
		t.Errorf("%d rows and %d more", len(f.Rows), f.More)
	}
	if f := newFigure([]triage.Moment{{What: "no time"}}); len(f.Marks) != 0 || len(f.Rows) != 1 {
		t.Errorf("a moment without a time: %d marks, %d rows", len(f.Marks), len(f.Rows))
	}
	if f := newFigure(nil); len(f.Marks)+len(f.Rows) != 0 {
		t.Error("marks out of nothing")
	}
	far := []triage.Moment{{Time: time.Unix(-1<<40, 0), Kind: "file"}, {Time: time.Unix(1<<40, 0), Kind: "file"}}
	if f := newFigure(far); len(f.Marks) != 2 {
		t.Errorf("%d marks for far times", len(f.Marks))
	}
}
