package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/guide"
)

func (m *markdown) front(f *front) {
	m.printf("# %s\n\n", prose(verdictTitle(f.Verdict)))
	for _, s := range f.Summary {
		m.printf("%s\n\n", prose(s))
	}
	var places, hosts []string
	for _, w := range f.Where() {
		places = append(places, code(w.Path)+" ("+prose(strings.Join(reachOf(&w), ", "))+")")
	}
	for _, h := range f.Hosts {
		hosts = append(hosts, h.Name)
	}
	m.fields(
		[2]string{"Case", code(f.Run.CaseID)},
		[2]string{"Examiner", code(f.Run.Examiner)},
		[2]string{"Host", codes(slices.Compact(hosts))},
		[2]string{"When", f.When()},
		[2]string{"Who", proses(f.Who())},
		[2]string{"What", prose(strings.Join(f.What(), ", "))},
		[2]string{"Exposed", proses(f.Exposed())},
		[2]string{"Where it went", cutList(places)},
		[2]string{"How far “nothing found” reaches", prose(f.Reach())},
	)
	for _, s := range f.Reaching() {
		m.printf("  - %s\n", prose(s))
	}
	if next := f.Next(); len(next) > 0 {
		m.heading(2, "Next three actions")
		for i, a := range next {
			m.printf("%d. %s\n", i+1, action(&a))
		}
	}
}

// reachOf is a copy's state and how far it came, as far as that is known.
func reachOf(w *correlate.Whereabouts) []string {
	if w.Reach == "" {
		return []string{w.State}
	}
	return []string{w.State, string(w.Reach)}
}

// action is an action with its target and its reason.
func action(a *guide.Action) string {
	text := "**" + prose(a.Action) + "**"
	if a.Target != "" {
		text += ": " + code(a.Target)
	}
	if a.Because != "" {
		text += ", because: " + paragraphs(a.Because)
	}
	return text
}

// cutList joins the first of a list's finished texts.
func cutList(all []string) string {
	text := strings.Join(all[:min(len(all), maxList)], ", ")
	if len(all) > maxList {
		text += fmt.Sprintf(" and %d more", len(all)-maxList)
	}
	return text
}

func (m *markdown) acts(f *front) {
	for i := range f.Acts[:min(len(f.Acts), maxMarkdownRows)] {
		a := &f.Acts[i]
		m.heading(2, fmt.Sprintf("Act %d of %d: %s, %d of 100", i+1, len(f.Acts), prose(a.Verdict), a.Confidence))
		var sessions []string
		for _, s := range a.Sessions[:min(len(a.Sessions), maxMarkdownRows)] {
			sessions = append(sessions, code(logonText(s.Logon))+" "+span(s.Start, s.End))
		}
		attack := prose(strings.Join(techniqueTexts(a.Attack), "; "))
		m.fields(
			[2]string{"Id", code(a.ID)}, [2]string{"When", span(a.Start, a.End)}, [2]string{"Who", prose(actorText(a))}, [2]string{"Session", strings.Join(sessions, "; ")},
			[2]string{"Hives", prose(strings.Join(a.Hives, ", "))}, [2]string{"Exports", codes(a.Exports)}, [2]string{"Records", codes(a.Records)},
			[2]string{"ATT&CK", attack},
		)
		if runs := f.Commands(*a); len(runs) > 0 {
			m.printf("\nCommands:\n\n")
			for _, run := range runs {
				m.printf("- %s\n", code(run.Line))
			}
		}
		m.chain(a)
		m.copies(a)
		m.reasons(a)
		for _, e := range a.Explanations {
			m.printf("\nHarmless reading: %s. Fits: %s Does not: %s Open: %s Would settle it: %s\n", prose(e.Name), prose(list(e.For)), prose(list(e.Against)), prose(list(e.Open)), prose(e.Settles))
		}
	}
	m.more(len(f.Acts))
}

// copies writes where each copy is or went.
func (m *markdown) copies(a *correlate.Act) {
	if len(a.Whereabouts) == 0 {
		return
	}
	m.printf("\nCopies:\n\n")
	var rows [][]string
	for i := range a.Whereabouts {
		w := &a.Whereabouts[i]
		rows = append(rows, []string{code(w.Path), prose(strings.Join(reachOf(w), ", ")), prose(strings.Join(slices.DeleteFunc([]string{w.Why, w.How}, func(s string) bool { return s == "" }), "; ")), code(w.SHA256), code(w.Export)})
	}
	m.table([]string{"Where", "State and reach", "Why", "SHA-256", "Export"}, rows)
}

// reasons writes what the confidence of an act is the sum of.
func (m *markdown) reasons(a *correlate.Act) {
	if len(a.Reasons) == 0 {
		return
	}
	m.printf("\nReasons:\n\n")
	var rows [][]string
	for i := range a.Reasons {
		r := &a.Reasons[i]
		shown := r.Evidence[:min(len(r.Evidence), maxList)]
		rests := codes(shown)
		if n := len(r.Evidence) - len(shown) + r.Omitted; n > 0 {
			rests += fmt.Sprintf(" and %d more", n)
		}
		rows = append(rows, []string{prose(r.Side), points(r), prose(r.Text), rests})
	}
	m.table([]string{"Side", "Points", "Reason", "Rests on"}, rows)
	m.printf("\n%s\n", prose(sumText(a)))
}

// chain writes the processes around an act's command as a tree, each line
// beginning with what it was, and then what is known of each.
func (m *markdown) chain(a *correlate.Act) {
	if len(a.Chain) == 0 {
		return
	}
	m.printf("\nProcesses:\n\n")
	var rows [][]string
	var tree []answerLine
	for _, n := range a.Chain {
		what := cmp.Or(n.Process.CommandLine, n.Process.Executable, "not recorded")
		tree = append(tree, answerLine{n.Depth, fmt.Sprintf("%s, PID %d: %s", n.Relation, n.Process.PID, what)})
		rows = append(rows, []string{prose(n.Relation), stamp(n.Time), strconv.FormatUint(uint64(n.Process.PID), 10), code(n.Process.Executable), code(account(n.User)), prose(n.Joined), prose(list(n.Notes))})
	}
	m.tree(tree)
	m.printf("\n")
	m.table([]string{"Relation", "Time", "PID", "Image", "Account", "Joined", "Notes"}, rows)
}

// tree writes lines in a block of code, where their indentation is kept.
func (m *markdown) tree(lines []answerLine) {
	var block strings.Builder
	for _, l := range lines[:min(len(lines), maxMarkdownRows)] {
		fmt.Fprintf(&block, "%s%s\n", strings.Repeat("  ", min(l.Depth, maxDepth)), shorten(visible(l.Text), maxMarkdownText))
	}
	m.block("text", strings.TrimSuffix(block.String(), "\n"))
	m.more(len(lines))
}

// block writes visible lines in a block of code. The fence around it is longer
// than any in it.
func (m *markdown) block(language, text string) {
	fence := "~~~"
	for strings.Contains(text, fence) {
		fence += "~"
	}
	m.printf("%s%s\n%s\n%s\n", fence, language, text, fence)
}

func (m *markdown) guide(c *triage.Case) {
	if len(c.Guide) == 0 {
		return
	}
	m.heading(2, "Investigation guide")
	for _, a := range c.Guide {
		m.printf("### Step %s: %s\n\n**%s**\n\n", prose(a.Step), prose(a.Question), prose(string(a.Status)))
		m.answer(a.Answer)
		m.fields([2]string{"Evidence", codes(a.Evidence)})
		for _, next := range a.Next {
			m.printf("- Next: %s\n", prose(next))
		}
		m.printf("\n")
	}
}

// answer writes an answer: its paragraphs as a list, its trees as blocks.
func (m *markdown) answer(text string) {
	for _, part := range answerParts(text) {
		if part.Tree {
			m.tree(part.Lines)
			m.printf("\n")
			continue
		}
		for _, l := range part.Lines {
			m.printf("- %s\n", prose(l.Text))
		}
	}
}

func (m *markdown) response(c *triage.Case) {
	if len(c.Response) == 0 {
		return
	}
	m.heading(2, "Response")
	for i := range c.Response {
		a := &c.Response[i]
		m.printf("- [ ] Step %s, priority %d: %s", prose(a.Step), a.Priority, action(a))
		if len(a.Evidence) > 0 {
			m.printf(" (%s)", codes(a.Evidence))
		}
		m.printf("\n")
	}
}

func (m *markdown) exposure(c *triage.Case) {
	if len(c.Exposure) == 0 {
		return
	}
	m.heading(2, "Exposure")
	var rows [][]string
	for i := range c.Exposure {
		x := &c.Exposure[i]
		rows = append(rows, []string{prose(string(x.Kind)), code(x.Name), prose(exposedAbout(x)), prose(x.Recoverable), paragraphs(x.Because), code(x.Act)})
	}
	m.table([]string{"Kind", "Account or secret", "State", "Recoverable", "Because", "Act"}, rows)
}

func (m *markdown) exports(c *triage.Case) {
	if len(c.Exports) == 0 {
		return
	}
	m.heading(2, "Exports")
	var rows [][]string
	for i := range c.Exports {
		e := &c.Exports[i]
		rows = append(rows, []string{code(e.ID), prose(e.Hive), code(e.At.Place()), prose(stateText(e)), sizeText(e.Size), takenText(e.Taken),
			prose(e.Provenance.Method + " (" + e.Provenance.Confidence + ")"), prose(e.BelongsTo.Relation) + " " + code(e.BelongsTo.Host), code(e.SHA256)})
	}
	m.table([]string{"Id", "Hive", "Copy", "State", "Size", "Taken", "How", "Hive of", "SHA-256"}, rows)
	for i := range c.Sets {
		m.printf("\n%s\n", paragraphs(setText(&c.Sets[i])))
	}
}

func (m *markdown) records(c *triage.Case) {
	if len(c.Records) == 0 {
		return
	}
	m.heading(2, "Records")
	var rows [][]string
	for i := range c.Records {
		r := &c.Records[i]
		at := artifacts.Locator{Volume: r.From.Volume, Path: r.From.Path}
		rows = append(rows, []string{code(r.ID), stamp(r.Time), prose(r.Kind + ", " + r.Assessment), code(account(r.User)), code(r.Told()), code(at.Place()), code(r.From.Cite()),
			codes(matchedRules(r))})
	}
	m.table([]string{"Id", "Time", "Kind", "Account", "What it says", "Where", "Place", "Rules that match"}, rows)
}

func (m *markdown) programs(c *triage.Case) {
	if len(c.Executables) == 0 {
		return
	}
	m.heading(2, "Programs")
	var rows [][]string
	for i := range c.Executables {
		e := &c.Executables[i]
		rows = append(rows, []string{code(e.Path), programVerdict(e), code(signatureOf(e).Signer), prose(list(e.Notes)), code(e.SHA256)})
	}
	m.table([]string{"Path", "File or signature", "Signer", "Notes", "SHA-256"}, rows)
}

func (m *markdown) notices(c *triage.Case) {
	if len(c.Notices) == 0 {
		return
	}
	m.heading(2, noticesTitle(c))
	var rows [][]string
	for _, n := range c.Notices {
		rows = append(rows, []string{stamp(n.Time), prose(n.Kind), prose(n.What), strconv.Itoa(n.Count), code(n.From.Cite())})
	}
	m.table([]string{"Time", "Kind", "What", "Records", "Place"}, rows)
}

func (m *markdown) coverage(f *front) {
	m.heading(2, "Coverage")
	m.printf("%s\n", prose(totalsText(f.Coverage.Totals)))
	if len(f.Coverage.Volumes) > 0 {
		var rows [][]string
		for _, v := range f.Coverage.Volumes {
			rows = append(rows, []string{code(v.Source), code(v.Name), prose(v.Info.FileSystem), grouped(v.Tally.Files)})
		}
		m.printf("\n")
		m.table([]string{"Source", "Volume", "System", "Files"}, rows)
	}
	sources := slices.Concat(f.Gaps(), f.NotRead(), f.ReadRows())
	if len(sources) == 0 {
		return
	}
	var rows [][]string
	for _, r := range sources {
		rows = append(rows, coverageCells(r))
	}
	m.printf("\n")
	m.table([]string{"What", "Where", "State", "Records from and to", "Why"}, rows)
}

func coverageCells(r coverage.Row) []string {
	state := string(r.State)
	if r.Gap {
		state += " (gap)"
	}
	return []string{prose(r.What), code(place(r.At)), prose(state), span(r.From, r.To), prose(r.Why)}
}

func (m *markdown) custody(f *front) {
	m.heading(2, "Method and custody")
	for _, fact := range f.Custody() {
		text := paragraphs(fact.Text)
		if fact.Literal {
			text = code(fact.Text)
		}
		m.fields([2]string{prose(fact.Name), text})
	}
	if len(f.Inputs) == 0 {
		return
	}
	m.printf("\n")
	var rows [][]string
	for i := range f.Inputs {
		in := &f.Inputs[i]
		sum, about := f.digestText(in)
		rows = append(rows, []string{code(in.Path), prose(kindText(in)), sizeText(in.Size), strings.TrimSpace(code(sum) + " " + prose(about))})
	}
	m.table([]string{"Evidence", "What it is", "Size", "SHA-256"}, rows)
}

// checks writes the commands of other programs that show the findings.
func (m *markdown) checks(f *front) {
	groups := f.Checks()
	if len(groups) == 0 {
		return
	}
	m.heading(2, "How to check the findings with other programs")
	m.printf("At most ten findings of a kind have their commands; the others are checked alike. Work on copies of the evidence.\n")
	for _, g := range groups {
		m.heading(3, g.Title)
		m.printf("%s\n", prose(g.About))
		for _, k := range g.Checks {
			if len(k.IDs) > 0 {
				m.printf("\n%s:\n", codes(k.IDs))
			}
			m.printf("\n")
			m.block("sh", strings.Join(k.Commands, "\n"))
		}
	}
}
