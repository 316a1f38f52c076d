package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// labelWidth is the column of field names in two-column tables.
const labelWidth = 10

func (t *terminal) bottomLine(f *front) {
	color, ok := verdictColors[f.Verdict]
	if !ok {
		color = bold
	}
	t.line(color, strings.ToUpper(verdictTitle(f.Verdict)))
	for _, s := range f.Summary {
		t.line("", cutLines(wrapAll(visible(s), t.width), maxCell))
	}
	t.write("\n")
	var table fields
	table.add("Case", visible(f.Run.CaseID))
	table.add("Examiner", visible(f.Run.Examiner))
	table.add("Host", hostNames(f))
	table.add("When", f.When())
	table.add("Who", visibleLines(f.Who()))
	table.add("What", strings.Join(f.What(), ", "))
	table.add("Exposed", visibleLines(f.Exposed()))
	table.add("Where", visibleLines(whereLines(f.Where())))
	var next []string
	for i, a := range f.Next() {
		next = append(next, fmt.Sprintf("%d. %s: %s", i+1, visible(a.Action), visible(a.Target)))
	}
	table.add("Do next", strings.Join(next, "\n"))
	table.add("Reach", visibleAll(append([]string{f.Reach()}, f.Reaching()...)))
	t.table(nil, []int{labelWidth}, table.cut(t.width-labelWidth-frame(2)))
}

func hostNames(f *front) string {
	var names []string
	for _, h := range f.Hosts {
		if !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	return visibleLines(names)
}

func whereLines(places []correlate.Whereabouts) []string {
	var lines []string
	for _, w := range places {
		line := w.Path + ": " + w.State
		if w.Reach != "" {
			line += ", " + string(w.Reach)
		}
		if w.How != "" {
			line += ": " + w.How
		}
		lines = append(lines, line)
	}
	return lines
}

// visibleLines joins the first lines of a list, each made visible.
func visibleLines(list []string) string {
	var lines []string
	for i, s := range list {
		if i == maxList {
			lines = append(lines, fmt.Sprintf("… and %d more", len(list)-maxList))
			break
		}
		lines = append(lines, visible(s))
	}
	return strings.Join(lines, "\n")
}

// visibleAll joins all of a list, each made visible.
func visibleAll(list []string) string {
	lines := make([]string, len(list))
	for i, s := range list {
		lines[i] = visible(s)
	}
	return strings.Join(lines, "\n")
}

// fields are the rows of a two-column table; a field without a value is left
// out.
type fields []row

func (f *fields) add(name, value string) {
	if value != "" {
		*f = append(*f, row{name, value})
	}
}

// cut shortens values that would fill the screen.
func (f fields) cut(width int) []row {
	for _, r := range f {
		var paragraphs []string
		for p := range strings.SplitSeq(r[1], "\n") {
			paragraphs = append(paragraphs, cutLines(wrapAll(p, width), maxCell))
		}
		r[1] = strings.Join(paragraphs, "\n")
	}
	return f
}

func (t *terminal) exports(c *triage.Case) {
	if len(c.Exports) == 0 {
		return
	}
	t.heading(fmt.Sprintf("Exports (%s)", counted(len(c.Exports), "copy of a credential hive", "copies of credential hives")))
	var table fields
	for i := range c.Exports[:min(len(c.Exports), maxExports)] {
		e := &c.Exports[i]
		table.add(visible(e.Hive), exportText(e))
	}
	for i := range c.Sets[:min(len(c.Sets), maxExports)] {
		table.add("Together", setText(&c.Sets[i]))
	}
	t.table(row{"Hive", "Copy"}, []int{len("SECURITY")}, table.cut(t.width-len("SECURITY")-frame(2)))
	t.more(len(c.Exports), maxExports, "exports")
	t.more(len(c.Sets), maxExports, "machines with exports")
}

// setText says what the exports of one machine give together.
func setText(s *locate.Set) string {
	whose := s.Relation
	if s.Host != "" {
		whose = s.Host + ", " + s.Relation
	}
	return fmt.Sprintf("%s of %s\ncan be decrypted: %s. %s", visible(strings.Join(s.Hives, ", ")), visible(whose), visible(s.Opens), visible(s.Gives))
}

func exportText(e *locate.Export) string {
	lines := []string{visible(e.At.Place()), stateText(e) + ", " + bytesText(e.Size)}
	if e.State == locate.StateReported && e.Size == 0 {
		lines[1] = stateText(e) + ", size unknown"
	}
	if when := takenText(e.Taken); when != "" {
		lines = append(lines, "taken "+when)
	}
	for _, c := range e.Taken.Conflicts {
		lines = append(lines, "conflict: "+visible(c.What))
	}
	if e.Clock != "" {
		lines = append(lines, "file times: "+visible(e.Clock))
	}
	lines = append(lines, fmt.Sprintf("by %s (%s); hive of %s", visible(e.Provenance.Method), visible(e.Provenance.Confidence), visible(e.BelongsTo.Relation)))
	if e.BelongsTo.Detail != "" {
		lines = append(lines, visible(e.BelongsTo.Detail))
	}
	lines = append(lines, fmt.Sprintf("place: %s. %s", visible(string(e.Location.Class)), visible(e.Location.Why)))
	for _, h := range e.History[:min(len(e.History), maxList)] {
		line := visible(h.What)
		if !h.Time.IsZero() {
			line = stamp(h.Time) + " " + line
		}
		lines = append(lines, line)
	}
	if e.SHA256 != "" {
		lines = append(lines, visible(e.SHA256))
	}
	return strings.Join(lines, "\n")
}

// stateText says what became of the file, or that it is not in the evidence.
func stateText(e *locate.Export) string {
	switch {
	case e.State == locate.StateReported && e.At.Member != "":
		return "encrypted: known by name and size only"
	case e.State == locate.StateReported:
		text := "not collected: known from the file table only"
		if len(e.History) > 0 && e.MFTRecord == 0 {
			text = "its content is gone: known from the file system's journals only"
			if !slices.ContainsFunc(e.History, func(h locate.Happening) bool { return h.Kind != locate.HappenedListed }) {
				text = "its content is not there: known from the index of its folder only"
			}
		}
		if e.Deleted {
			text += ", deleted"
		}
		return text
	}
	return visible(e.State)
}

// takenText says when a copy was taken, as closely as is known.
func takenText(t locate.Taken) string {
	switch {
	case !t.Exact.IsZero():
		return stamp(t.Exact)
	case t.NotBefore.Equal(t.NotAfter):
		return stamp(t.NotBefore)
	case t.NotAfter.IsZero() && !t.NotBefore.IsZero():
		return "after " + stamp(t.NotBefore)
	case t.NotBefore.IsZero() && !t.NotAfter.IsZero():
		return "before " + stamp(t.NotAfter)
	}
	return "between " + strings.Replace(span(t.NotBefore, t.NotAfter), " to ", " and ", 1)
}

func (t *terminal) acts(f *front) {
	for i := range f.Acts[:min(len(f.Acts), maxActs)] {
		a := &f.Acts[i]
		t.heading(fmt.Sprintf("Act %d of %d: %s, %d of 100", i+1, len(f.Acts), visible(a.Verdict), a.Confidence))
		var table fields
		table.add("When", span(a.Start, a.End))
		table.add("Who", visible(actorText(a)))
		for _, s := range a.Sessions[:min(len(a.Sessions), maxList)] {
			table.add("Session", visible(logonText(s.Logon))+"\n"+span(s.Start, s.End))
		}
		if n := len(a.Sessions) - maxList; n > 0 {
			table.add("Session", fmt.Sprintf("… and %d more", n))
		}
		var lines []string
		for _, run := range f.Commands(*a) {
			lines = append(lines, run.Line)
		}
		table.add("Commands", visibleLines(lines))
		table.add("Copies", visibleLines(whereLines(a.Whereabouts)))
		table.add("ATT&CK", visibleAll(techniqueTexts(a.Attack)))
		t.table(nil, []int{labelWidth}, table.cut(t.width-labelWidth-frame(2)))
		t.reasons(a)
	}
	t.more(len(f.Acts), maxActs, "acts")
}

// reasons lists what the confidence of an act is the sum of.
func (t *terminal) reasons(a *correlate.Act) {
	if len(a.Reasons) == 0 {
		return
	}
	const side, number = len("against"), len("Points")
	width := t.width - side - number - frame(3)
	var rows []row
	for i := range a.Reasons[:min(len(a.Reasons), maxReasons)] {
		r := &a.Reasons[i]
		text := cutLines(wrapAll(visible(r.Text), width), maxAnswer)
		if ids := idsText(r); ids != "" {
			text += "\n" + visible(ids)
		}
		rows = append(rows, row{visible(r.Side), points(r), text})
	}
	t.table(row{"Side", "Points", "Reason and what it rests on"}, []int{side, number}, rows)
	t.more(len(a.Reasons), maxReasons, "reasons")
	t.line("", sumText(a))
}

// maxAnswer is how many lines of a guide step's answer are shown.
const maxAnswer = 8

func (t *terminal) guide(c *triage.Case) {
	if len(c.Guide) == 0 {
		return
	}
	t.heading("Investigation guide")
	const step, status = 4, 14
	width := t.width - step - status - frame(3)
	var rows []row
	for _, a := range c.Guide {
		var paragraphs []string
		for _, part := range answerParts(a.Answer) {
			for _, l := range part.Lines {
				paragraphs = append(paragraphs, strings.Repeat("  ", min(l.Depth, maxDepth))+visible(l.Text))
			}
		}
		question := cutLines(wrapAll(visible(a.Question), width), maxAnswer)
		answer := cutLines(wrapAll(strings.Join(paragraphs, "\n"), width), maxAnswer)
		rows = append(rows, row{visible(a.Step), visible(string(a.Status)), question + "\n" + answer})
	}
	t.table(row{"Step", "Status", "Question and answer"}, []int{step, status}, rows)
}

func (t *terminal) coverage(f *front) {
	t.heading("Coverage")
	if len(f.Coverage.Volumes) > 0 {
		const system, files = 10, 9
		var rows []row
		for _, v := range f.Coverage.Volumes {
			name := v.Name
			if name == "" {
				name = v.Source
			}
			rows = append(rows, row{visible(v.Info.FileSystem), grouped(v.Tally.Files), cutLines(wrapAll(visible(name), t.width-system-files-frame(3)), 2)})
		}
		t.table(row{"System", "Files", "Volume"}, []int{system, files}, rows)
	}
	for _, in := range f.Inputs {
		if in.Collector != "" {
			t.line("", fmt.Sprintf("Collected with %s: %s", visible(in.Collector), visible(in.Path)))
		}
	}
	rest := append(f.Gaps(), f.NotRead()...)
	var rows []row
	for _, r := range rest[:min(len(rest), maxGaps)] {
		rows = append(rows, row{sourceState(r), cutLines(wrapAll(sourceText(r), t.width-stateWidth-frame(2)), maxAnswer)})
	}
	t.table(row{"State", "Not read in full"}, []int{stateWidth}, rows)
	t.more(len(rest), maxGaps, "rows")
	t.line("", totalsText(f.Coverage.Totals))
}

const stateWidth = 11

func sourceState(r coverage.Row) string {
	if r.Gap {
		return visible(string(r.State)) + "\n(gap)"
	}
	return visible(string(r.State))
}

func sourceText(r coverage.Row) string {
	parts := []string{visible(r.What)}
	if at := place(r.At); at != "" {
		parts = append(parts, visible(at))
	}
	text := strings.Join(parts, " ")
	if r.Why != "" {
		text += ": " + visible(r.Why)
	}
	if r.From != (time.Time{}) || r.To != (time.Time{}) {
		text += "\n" + span(r.From, r.To)
	}
	return text
}

func totalsText(t coverage.Totals) string {
	return fmt.Sprintf("%s wanted: %s read, %s partial, %s failed, %s unsupported, %s skipped. %s read from the evidence.",
		grouped(t.Wanted), grouped(t.Read), grouped(t.Partial), grouped(t.Failed), grouped(t.Unsupported), grouped(t.Skipped), bytesText(t.Bytes))
}
