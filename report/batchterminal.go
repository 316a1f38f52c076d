package report

import (
	"fmt"
	"io"
	"strings"

	"hivetriage/triage/fleet"
)

// What the terminal lists of a batch before it refers to the other outputs.
const (
	batchSpread  = 10
	batchAccess  = 8  // accounts
	batchActions = 8  // of the response
	batchHit     = 20 // hosts with acts
	batchMissed  = 10 // inputs that were not triaged, and of those with gaps
	batchTargets = 4  // of one action
)

// BatchTerminal writes what a batch found as text and tables: the bottom line,
// the hosts with acts in their order, what is exposed, what to do, and how far
// the answer reaches. An error is w's, or the table writer's.
func BatchTerminal(w io.Writer, c *fleet.Case, opt TerminalOptions) error {
	t := newTerminal(w, opt)
	f := newBatchFront(c)
	color, ok := verdictColors[c.Verdict]
	if !ok {
		color = bold
	}
	t.line(color, strings.ToUpper(f.Title()))
	for _, s := range c.Summary {
		t.line("", cutLines(wrapAll(visible(s), t.width), maxCell))
	}
	t.batchGlance(f)
	t.batchSpread(c)
	t.batchHosts(f)
	t.batchAccounts(f)
	t.batchResponse(c)
	t.batchMissing(c)
	t.batchGaps(c)
	return t.err
}

// batchGlance is the bottom line as a table.
func (t *terminal) batchGlance(f *batchFront) {
	t.write("\n")
	var table fields
	table.add("Case", visible(f.Run.CaseID))
	table.add("Examiner", visible(f.Run.Examiner))
	var counts []string
	for _, v := range f.Verdicts() {
		counts = append(counts, grouped(int64(v.N))+" "+v.Verdict)
	}
	table.add("Hosts", strings.Join(counts, ", "))
	if a := f.First(); a != nil {
		table.add("First", visible(a.Host)+", "+stamp(a.Time))
	}
	var who []string
	for _, d := range f.Who() {
		who = append(who, fmt.Sprintf("%s: %s%s on %s", d.Name, counted(d.Acts(), "act", "acts"), d.Ends(), counted(d.Hosts(), "host", "hosts")))
	}
	table.add("Who", visibleLines(who))
	reach := fmt.Sprintf("%s of %s triaged.", grouped(int64(f.Counts.Triaged)), counted(f.Counts.Inputs, "input was", "inputs were"))
	table.add("Reach", strings.Join(append([]string{reach}, f.Reaching()...), "\n"))
	t.table(nil, []int{labelWidth}, table.cut(t.width-labelWidth-frame(2)))
}

func (t *terminal) batchSpread(c *fleet.Case) {
	if len(c.Spread) == 0 {
		return
	}
	t.heading("Spread: the first act of each host")
	var rows []row
	for _, a := range c.Spread[:min(batchSpread, len(c.Spread))] {
		when := stamp(a.Time)
		if when == "" {
			when = "time not known"
		}
		told := visible(a.Verdict)
		if a.Staging {
			told += "; copies of other hosts’ hives"
		}
		if a.Doubt != "" {
			told += "; " + visible(a.Doubt)
		}
		rows = append(rows, row{fmt.Sprint(a.Order), shorten(visible(a.Host), maxBatchName), when, cutLines(wrapAll(told, t.width), maxCell)})
	}
	t.table(row{"#", "Host", "First act", "Told"}, t.narrowed(3, 16, 23), rows)
	t.more(len(c.Spread), batchSpread, "hosts")
}

// maxBatchName is how many runes of a name a cell shows.
const maxBatchName = 64

// batchHosts lists the hosts with acts, and where their reports stand.
func (t *terminal) batchHosts(f *batchFront) {
	var rows []row
	n := 0
	for i := range f.Hosts {
		h := &f.Hosts[i]
		if h.Acts == 0 {
			continue
		}
		if n++; n <= batchHit {
			rows = append(rows, row{visible(h.Verdict), shorten(visible(h.Name), maxBatchName), grouped(int64(h.Acts)), grouped(int64(h.Copies)), visible("hosts/" + h.Folder)})
		}
	}
	if n == 0 {
		return
	}
	t.heading("Hosts with acts")
	t.table(row{"Verdict", "Host", "Acts", "Copies", "Outputs"}, t.narrowed(10, 16, 4, 6), rows)
	t.more(n, batchHit, "hosts")
}

func (t *terminal) batchAccounts(f *batchFront) {
	usable := f.Usable()
	if len(usable) == 0 {
		return
	}
	t.heading("Exposed, and usable for all that is known")
	var rows []row
	for _, a := range usable[:min(batchAccess, len(usable))] {
		rows = append(rows, row{shorten(visible(a.Name), shortText), visible(a.Scope), grouped(int64(a.Hosts)), cutLines(visible(strings.Join(a.Kinds, ", ")), maxCell)})
	}
	t.table(row{"Account or secret", "Scope", "Hosts", "What"}, t.narrowed(30, 6, 5), rows)
	t.more(len(usable), batchAccess, "accounts and secrets")
}

func (t *terminal) batchResponse(c *fleet.Case) {
	if len(c.Response) == 0 {
		return
	}
	t.heading("Do next")
	for _, a := range c.Response[:min(batchActions, len(c.Response))] {
		var targets []string
		for _, s := range a.Targets[:min(batchTargets, len(a.Targets))] {
			targets = append(targets, shorten(visible(s), shortText))
		}
		text := fmt.Sprintf("%d. %s: %s", a.Order, visible(a.Action), strings.Join(targets, ", "))
		if n := len(a.Targets) - batchTargets; n > 0 {
			text += fmt.Sprintf(" and %s more", grouped(int64(n)))
		}
		t.line("", text)
	}
	t.more(len(c.Response), batchActions, "actions")
}

// batchMissing lists what was not triaged, and why.
func (t *terminal) batchMissing(c *fleet.Case) {
	if len(c.NotTriaged) == 0 {
		return
	}
	t.heading("Not triaged")
	var rows []row
	for _, m := range c.NotTriaged[:min(batchMissed, len(c.NotTriaged))] {
		name := m.Folder
		if len(m.Inputs) > 0 {
			name = m.Inputs[0]
		}
		rows = append(rows, row{shorten(visible(name), shortText), visible(m.State), shorten(visible(m.Why), 2*shortText)})
	}
	t.table(row{"Input", "Run", "Why"}, t.narrowed(26, 9), rows)
	t.more(len(c.NotTriaged), batchMissed, "inputs")
}

// batchGaps lists the hosts whose coverage has gaps, and why.
func (t *terminal) batchGaps(c *fleet.Case) {
	var rows []row
	n := 0
	for i := range c.Hosts {
		h := &c.Hosts[i]
		if h.Complete {
			continue
		}
		if n++; n <= batchMissed {
			rows = append(rows, row{shorten(visible(h.Name), maxBatchName), visible(h.State), shorten(visible(strings.Join(h.Gaps, "; ")), 2*shortText)})
		}
	}
	if n == 0 {
		return
	}
	t.heading("Triaged, with gaps that a copy could hide behind")
	t.table(row{"Host", "Run", "Gaps"}, t.narrowed(26, 9), rows)
	t.more(n, batchMissed, "hosts")
}

// narrowed are the widths of all columns of a table but the last, cut where the
// terminal has no room for them and for the last.
func (t *terminal) narrowed(widths ...int) []int {
	room, sum := (t.width-frame(len(widths)+1))*3/4, 0
	for _, n := range widths {
		sum += n
	}
	for i := range widths {
		if sum > room {
			widths[i] = max(widths[i]*room/sum, 2)
		}
	}
	return widths
}
