package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"hivetriage/triage"
)

// Columns of the terminal report. No line is longer than the width asked for.
const (
	DefaultWidth = 80
	MinWidth     = 40
	MaxWidth     = 160 // wider lines are hard to read
)

// What the terminal report lists before it refers to the other outputs.
const (
	maxExports = 20
	maxActs    = 10
	maxList    = 8  // commands, places of one act
	maxReasons = 30 // of one act
	maxIDs     = 2  // of what a reason rests on
	maxDepth   = 8  // of a tree, in steps of two columns
	maxGaps    = 12 // rows of coverage
	maxCell    = 12 // lines of one piece of evidence
)

// TerminalOptions say what the terminal can show.
type TerminalOptions struct {
	Width int  // columns; 0 means DefaultWidth, other values are moved into MinWidth to MaxWidth
	Color bool // whether escape codes for colour may be written
}

// Terminal writes the case as text and tables: the bottom line first, then
// exports, acts and what lies around them, what they expose, the guide, coverage
// in brief and custody. An error is w's, or the table writer's.
func Terminal(w io.Writer, c *triage.Case, opt TerminalOptions) error {
	t := newTerminal(w, opt)
	f := newFront(c)
	t.bottomLine(f)
	t.exports(c)
	t.acts(f)
	t.programs(c)
	t.notices(c)
	t.exposure(c)
	t.guide(c)
	t.coverage(f)
	t.custody(f)
	return t.err
}

// terminal writes until the first error and then nothing more.
type terminal struct {
	w     io.Writer
	width int
	color bool
	err   error
}

func newTerminal(w io.Writer, opt TerminalOptions) *terminal {
	t := &terminal{w: w, width: opt.Width, color: opt.Color}
	if t.width == 0 {
		t.width = DefaultWidth
	}
	t.width = min(max(t.width, MinWidth), MaxWidth)
	return t
}

// Select Graphic Rendition codes.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	green  = "1;32"
)

// verdictColors are the colours of the verdict line; others are bold.
var verdictColors = map[string]string{"confirmed": red, "probable": red, "suspicious": yellow, "explained": green, "none": green}

// line writes wrapped text of our own making or already visible.
func (t *terminal) line(style, text string) {
	text = wrapAll(text, t.width)
	if t.color && style != "" {
		text = "\x1b[" + style + "m" + strings.ReplaceAll(text, "\n", "\x1b[0m\n\x1b["+style+"m") + "\x1b[0m"
	}
	t.write(text + "\n")
}

func (t *terminal) write(text string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, text)
	}
}

func (t *terminal) heading(text string) {
	t.write("\n")
	t.line(bold, text)
}

// more says how many items of a list were left out.
func (t *terminal) more(total, shown int, what string) {
	if total > shown {
		t.line("", fmt.Sprintf("… and %s more %s; the HTML and JSON outputs list all.", grouped(int64(total-shown)), what))
	}
}

// A row is one row of a table; cells may hold several paragraphs.
type row []string

// frame is what a table's borders and padding take from a line, in columns.
func frame(cells int) int { return 3*cells + 1 }

// table writes rows under a header, or without one as a list of fields with no
// lines between the rows. The widths are those of all columns but the last,
// which takes the rest of the line.
func (t *terminal) table(header row, widths []int, rows []row) {
	if t.err != nil || len(rows) == 0 {
		return
	}
	last := t.width - frame(len(widths)+1)
	for _, n := range widths {
		last -= n
	}
	widths = append(widths[:len(widths):len(widths)], last)
	fixed := tw.NewMapper[int, int]()
	for i, n := range widths {
		fixed.Set(i, n+2)
	}
	between := tw.Off
	if header != nil {
		between = tw.On
	}
	table := tablewriter.NewTable(t.w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Settings: tw.Settings{Separators: tw.Separators{BetweenRows: between}}})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithColumnWidths(fixed),
	)
	if header != nil {
		table.Header(fit(header, widths)...)
	}
	for _, r := range rows {
		if t.err = table.Append(fit(r, widths)...); t.err != nil {
			return
		}
	}
	t.err = table.Render()
}

// fit wraps the cells of a row to the widths of their columns.
func fit(r row, widths []int) []any {
	cells := make([]any, len(widths))
	for i, width := range widths {
		cells[i] = wrapAll(r[i], width)
	}
	return cells
}
