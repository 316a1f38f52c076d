package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"hivetriage/triage"
)

// Sizes of the timeline's drawing, in SVG user units. A label is set in 12
// units, where a character takes about labelChar on average; wide characters
// are counted twice.
const (
	figureWidth = 1080
	plotLeft    = 92
	plotRight   = figureWidth - 24
	axisHeight  = 40
	rowHeight   = 21
	lanePad     = 9
	labelGap    = 11
	labelChar   = 6.9
	labelMax    = 56 // columns of a label
	tickWidth   = 66 // of a clock time on the axis
	minStep     = 16 // between two different times
)

// maxMarks is how many marks the drawing shows before events of one lane that
// lie close together are drawn as one.
const maxMarks = 40

// laneNames are the lanes from top to bottom; kinds that are not in laneOf go
// to the last one.
var laneNames = [...]string{"Logon", "Command", "File", "Export", "Other"}

var laneOf = map[string]int{
	"logon": 0, "logoff": 0, "log cleared": 0,
	"command": 1, "process": 1, "artefact": 1,
	"file": 2, "journal": 2,
	"export": 3,
}

// weights are those of the kinds of moments that a long table leaves out last.
var weights = map[string]int{"export": 3, "log cleared": 3, "command": 2, "file": 1, "logon": 1}

// A figure is the timeline laid out for drawing, and its table.
type figure struct {
	Width, Height float64
	Left, Right   float64
	Lanes         []lane
	Marks         []mark
	Ticks         []tickMark
	Breaks        []tickMark
	Rows          []triage.Moment
	More          int // moments that the table leaves out
	Grouped       bool
}

type lane struct {
	Name, Class   string
	Top, Height   float64
	Middle, Label float64
	used          []float64 // right end of each row's last label
}

// A mark is one event, or Count of them, with its label.
type mark struct {
	X, Y       float64
	LabelX     float64
	Anchor     string // SVG text-anchor
	Lane       int
	Class      string
	Text, Full string
	Time       time.Time
	Count      int
	row        int
}

type tickMark struct {
	X    float64
	Date string
	Text string
}

// newFigure lays the timeline out: time runs to the right, gaps are drawn
// shorter the longer they are, and no two labels of a lane overlap.
func newFigure(moments []triage.Moment) figure {
	var f figure
	all, byTime := moments, func(a, b triage.Moment) int { return a.Time.Compare(b.Time) }
	if !slices.IsSortedFunc(all, byTime) {
		all = slices.Clone(all)
		slices.SortStableFunc(all, byTime)
	}
	f.Rows = leading(all, maxLines, func(m *triage.Moment) int { return -weights[m.Kind] })
	f.More = len(all) - len(f.Rows)
	all = slices.DeleteFunc(slices.Clone(all), func(m triage.Moment) bool { return m.Time.IsZero() })
	if len(all) == 0 {
		return f
	}
	f.Marks = groupMoments(all)
	f.Grouped = len(f.Marks) < len(all)
	f.Width, f.Left, f.Right = figureWidth, plotLeft, plotRight
	f.place()
	f.stack()
	return f
}

// groupSpans are the spans that are tried, in turn, for events that are drawn
// as one mark.
var groupSpans = []time.Duration{
	0, time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour,
	24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour, math.MaxInt64,
}

// groupMoments makes marks of the moments, in order of time: one each if there
// are few, or else one for all of a lane that begin within a span, the
// shortest span that leaves at most maxMarks.
func groupMoments(all []triage.Moment) []mark {
	var marks []mark
	for _, span := range groupSpans {
		marks = marks[:0]
		open := map[int]int{} // lane to its open mark
		for _, m := range all {
			l, ok := laneOf[m.Kind]
			if !ok {
				l = len(laneNames) - 1
			}
			if i, ok := open[l]; ok && span > 0 && m.Time.Sub(marks[i].Time) < span {
				marks[i].Count++
				continue
			}
			open[l] = len(marks)
			marks = append(marks, mark{Lane: l, Class: slug(laneNames[l]), Full: m.What, Time: m.Time, Count: 1})
			if len(marks) > maxMarks && span < math.MaxInt64 {
				break
			}
		}
		if len(marks) <= maxMarks {
			break
		}
	}
	for i := range marks {
		prefix := ""
		if n := marks[i].Count; n > 1 {
			prefix = grouped(int64(n)) + " events: "
		}
		marks[i].Text = prefix + label(visible(marks[i].Full), labelMax-len(prefix))
	}
	return marks
}

// label cuts a text to a number of display columns.
func label(s string, width int) string {
	for n := width; ; n-- {
		if cut := shorten(s, n); columns(cut) <= width {
			return cut
		}
	}
}

// place gives every mark its X and the axis its ticks and breaks.
func (f *figure) place() {
	var times []time.Time
	for _, m := range f.Marks {
		if len(times) == 0 || !times[len(times)-1].Equal(m.Time) {
			times = append(times, m.Time)
		}
	}
	at := make([]float64, len(times)) // before scaling
	for i := 1; i < len(times); i++ {
		gap := times[i].Sub(times[i-1]).Seconds()
		at[i] = at[i-1] + 1 + math.Log10(1+gap*10)
	}
	const left, right = plotLeft + 24, plotRight - 24
	free := float64(right-left) - minStep*float64(len(times)-1)
	x := map[time.Time]float64{}
	lastTick, lastDate := math.Inf(-1), ""
	for i, t := range times {
		pos := float64(left)
		if last := at[len(at)-1]; last > 0 {
			pos += minStep*float64(i) + free*at[i]/last
		}
		x[t] = pos
		if i > 0 && t.Sub(times[i-1]) >= time.Hour {
			f.Breaks = append(f.Breaks, tickMark{X: (pos + x[times[i-1]]) / 2, Text: gapText(t.Sub(times[i-1]))})
		}
		date := t.UTC().Format("2006-01-02")
		if pos-lastTick < tickWidth {
			continue
		}
		tick := tickMark{X: pos, Text: t.UTC().Format("15:04:05")}
		if date != lastDate {
			tick.Date = date
		}
		lastTick, lastDate = pos, date
		f.Ticks = append(f.Ticks, tick)
	}
	for i := range f.Marks {
		f.Marks[i].X = x[f.Marks[i].Time]
	}
}

// gapText is a long gap in words, to be set over a break of the axis.
func gapText(d time.Duration) string {
	if d >= 48*time.Hour {
		return grouped(int64(d/(24*time.Hour))) + " d"
	}
	return grouped(int64(d.Round(time.Hour)/time.Hour)) + " h"
}

// stack puts every label into the first row of its lane where it is free, and
// then the lanes under each other.
func (f *figure) stack() {
	var lanes [len(laneNames)]lane
	for i := range f.Marks {
		m := &f.Marks[i]
		width := labelChar * float64(columns(m.Text))
		from, to := m.X-8, m.X+labelGap+width+10
		m.LabelX, m.Anchor = m.X+labelGap, "start"
		if to > plotRight {
			from, to = m.X-labelGap-width-10, m.X+8
			m.LabelX, m.Anchor = m.X-labelGap, "end"
		}
		m.row = lanes[m.Lane].take(from, to)
	}
	top := float64(axisHeight)
	for i := range lanes {
		l := &lanes[i]
		if len(l.used) == 0 {
			continue
		}
		l.Name, l.Class, l.Top = laneNames[i], slug(laneNames[i]), top
		l.Height = 2*lanePad + rowHeight*float64(len(l.used))
		l.Middle = l.Top + l.Height/2
		top += l.Height
		f.Lanes = append(f.Lanes, *l)
	}
	for i := range f.Marks {
		m := &f.Marks[i]
		m.Y = lanes[m.Lane].Top + lanePad + rowHeight*(float64(m.row)+0.5)
	}
	f.Height = top + 6
	slices.SortStableFunc(f.Marks, func(a, b mark) int { return cmp.Compare(a.Lane, b.Lane) })
}

// take finds the first row whose last label ends before from.
func (l *lane) take(from, to float64) int {
	for i, end := range l.used {
		if end <= from {
			l.used[i] = to
			return i
		}
	}
	l.used = append(l.used, to)
	return len(l.used) - 1
}
