package correlate

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// The points of the reasons, and the confidence from which a verdict holds.
const (
	contentPoints    = 50 // a credential hive lies out of its place, known by its keys
	reportedPoints   = 20 // a file table tells of a file whose name and size are a hive's
	journaledPoints  = 15 // a journal tells of a file whose name is a copy's
	commandPoints    = 45 // a recorded command copies a credential hive
	launcherPoints   = 40 // only the launcher's line carries the command
	fetchedPoints    = 45 // the remote registry was opened and a file fetched from where it saves hives
	madePoints       = 10 // the journal tells that what was fetched was made and deleted then
	servicePoints    = 5  // the service of the remote registry was started for it
	networkPoints    = 5  // the session came over the network from where the file went
	sharePoints      = 25 // a file was asked for over a share under the name of a copy
	loadPoints       = 40 // Windows loaded a hive from a place where only a copy lies
	attemptPoints    = 25 // a recorded command tries to copy one; whether it worked is open
	joinedPoints     = 15 // the command's output was found
	runPoints        = 15 // a program that copies hives ran when the copy came to be
	tracePoints      = 25 // another artefact names a copy or a program that makes them
	untimedPoints    = -5 // the command was entered at an unknown time
	fileEventPoints  = 10 // a log saw the file being created
	fileAlonePoints  = 25 // and nothing else tells of it
	copierFilePoints = 35 // and it was made, or deleted, by a program that copies hives
	savedFormPoints  = 10 // the copy has the form that a registry save gives
	toolPlacePoints  = 10 // the place is one that a known dumping tool uses
	completePoints   = 10 // with SYSTEM, what was taken can be decrypted
	disguisePoints   = 10 // a name, command or place was disguised
	twoLogsPoints    = 5  // two logs tell of the same process
	rulePoints       = 5  // the seed rule or its successor matches
	deletedPoints    = 5  // the copy was deleted afterwards
	timeDoubtPoints  = -10
	knownPlacePoints = -15 // a place that legitimate software uses as well
	systemOnlyPoints = -20 // SYSTEM alone holds no credentials
	unseenPoints     = -10 // no record says which command made the copy
	goneOutputPoints = -5  // the command's output was not found
	damagedPoints    = -10 // the record may be wrong

	confirmedFrom = 70
	probableFrom  = 40
)

// maxTold is how many of a kind a reason names.
const maxTold = 8

// adder enters a reason that rests on the records and exports with the given
// ids: for the act, or against it if its points are less than none.
type adder func(points int, evidence []string, format string, args ...any)

// weigh fills the act's reasons, confidence and verdict.
func (g *group) weigh(a *Act) {
	a.For, a.Against, a.Reasons = []string{}, []string{}, []Reason{}
	add := func(points int, evidence []string, format string, args ...any) {
		side := For
		if points < 0 {
			side = Against
		}
		a.because(side, points, evidence, format, args...)
	}
	g.weighExports(add)
	g.weighRecords(add)
	g.weighBonds(add)
	g.weighClocks(add)
	members := slices.Concat(a.Exports, a.Records)
	if slices.Contains(a.Hives, "SYSTEM") && len(a.Hives) > 1 {
		add(completePoints, members, "SYSTEM was taken together with %s: the set can be decrypted by whoever holds it", strings.Join(without(a.Hives, "SYSTEM"), " and "))
	}
	if len(a.Hives) == 1 && a.Hives[0] == "SYSTEM" {
		add(systemOnlyPoints, members, "only SYSTEM was taken: it holds the boot key and no credentials")
	}
	a.limit(mostConfidence, "")
	if len(g.records) == 0 && !slices.ContainsFunc(g.exports, func(e *locate.Export) bool { return !isReported(e) }) {
		a.limit(probableFrom-1, "names alone do not prove a copy")
	}
	a.settle()
	a.Verdict = verdictOf(a.Confidence)
}

func (g *group) weighExports(add adder) {
	if len(g.exports) == 0 {
		return
	}
	if held := pick(g.exports, func(e *locate.Export) bool { return !isReported(e) }); len(held) > 0 {
		add(contentPoints, exportIDs(held), "credential hives lie out of their place, known by their keys: %s", hivesAt(held))
	}
	if reported := pick(g.exports, isReported); len(reported) > 0 {
		points := reportedPoints
		if len(reported) < len(g.exports) {
			points = 0
		}
		if sized := pick(reported, func(e *locate.Export) bool { return !isJournaled(e) }); len(sized) > 0 {
			add(points, exportIDs(sized), "a file with a fitting name and size, or at the command's destination, whose content is not in the evidence or encrypted: %s", hivesAt(sized))
		} else {
			points = min(points, journaledPoints)
		}
		if named := pick(reported, isJournaled); len(named) > 0 {
			if len(named) < len(reported) {
				points = 0
			}
			teller := "the file system's journals tell"
			if !slices.ContainsFunc(named, isLogged) {
				teller = "the index of a folder tells"
			}
			add(points, exportIDs(named), teller+" of a file whose name is a copy's, or that a command made; its size is not known: %s", hivesAt(named))
		}
	}
	saved, tool, known := pick(g.exports, isSaved), pick(g.exports, isToolPlace), pick(g.exports, isKnownPlace)
	if len(saved) > 0 {
		add(savedFormPoints, exportIDs(saved), "the form is that of a registry save: %s", list(saved))
	}
	if len(tool) > 0 {
		add(toolPlacePoints, exportIDs(tool), "the place is one that dumping tools use: %s", list(tool))
	}
	if len(known) == len(g.exports) {
		add(knownPlacePoints, exportIDs(known), "the place is one that legitimate software uses as well: %s", list(known))
	}
	if gone := pick(g.exports, (*locate.Export).Gone); len(gone) > 0 {
		add(deletedPoints, exportIDs(gone), "deleted afterwards: %s", list(gone))
	}
	if hidden := pick(g.exports, func(e *locate.Export) bool { return e.At.Stream != "" }); len(hidden) > 0 {
		add(disguisePoints, exportIDs(hidden), "hidden in an alternate data stream: %s", list(hidden))
	}
	if len(g.records) == 0 {
		add(unseenPoints, nil, "no record in the logs that could be read says which command made the copy")
	}
}

func isReported(e *locate.Export) bool { return e.State == locate.StateReported }

// isJournaled reports whether a journal alone tells of an export, and not even
// of its size.
func isJournaled(e *locate.Export) bool { return isReported(e) && len(e.History) > 0 && e.Size == 0 }

// isLogged reports whether more than the index of a folder tells of an export.
func isLogged(e *locate.Export) bool {
	return slices.ContainsFunc(e.History, func(h locate.Happening) bool { return h.Kind != locate.HappenedListed })
}

// hivesAt names copies by hive and path: their ids differ from one form of
// evidence to another.
func hivesAt(exports []*locate.Export) string {
	var names []string
	for _, e := range exports {
		names = append(names, hiveAt(e))
	}
	slices.Sort(names)
	return strings.Join(names, "; ")
}

func hiveAt(e *locate.Export) string { return e.Hive + " at " + place(e.At) }

// hiveAt names the copy that a node is.
func (g *group) hiveAt(node int) string {
	i := slices.IndexFunc(g.exports, func(e *locate.Export) bool { return e.ID == g.id(node) })
	return hiveAt(g.exports[i])
}

func isSaved(e *locate.Export) bool {
	return e.Provenance.Method == "RegSaveKey" || e.Provenance.Method == "reg save"
}
func isToolPlace(e *locate.Export) bool  { return e.Location.Class == locate.Alert }
func isKnownPlace(e *locate.Export) bool { return e.Location.Class == locate.Check }

// weighBonds tells what joins the members: for every export the first record
// that leads to it, and how many more do.
func (g *group) weighBonds(add adder) {
	var doubts, doubtful, doubly []string
	twice := map[int]bool{}
	joins, leading := map[int]bond{}, map[int][]string{}
	var order []int
	for _, b := range g.bonds {
		switch {
		case b.kind == recordExport:
			first, known := joins[b.b]
			if !known {
				order = append(order, b.b)
			}
			leading[b.b] = append(leading[b.b], g.id(b.a))
			if !known || first.timed && !b.timed {
				joins[b.b] = b
			}
		case b.kind == recordRecord && strings.HasPrefix(b.why, sameProcess):
			twice[b.a] = true
			doubly = append(doubly, g.id(b.a), g.id(b.b))
		case b.kind == exportExport && len(g.records) == 0 || strings.HasSuffix(b.why, sameBytes):
			add(0, []string{g.id(b.a), g.id(b.b)}, "%s", b.why)
		}
		if b.doubt != "" {
			doubts, doubtful = append(doubts, b.doubt), append(doubtful, g.id(b.a), g.id(b.b))
		}
	}
	if len(twice) > 0 {
		add(twoLogsPoints, doubly, "records bear each other out: %s told by more than one record", plural(len(twice), "process or file is", "processes or files are"))
	}
	slices.SortFunc(order, func(x, y int) int { return strings.Compare(g.hiveAt(x), g.hiveAt(y)) })
	for i, export := range order {
		points, rest := 0, ""
		if i == 0 && !joins[export].timed { // a run's time has points of its own
			points = joinedPoints
		}
		if n := len(leading[export]) - 1; n > 0 {
			rest = fmt.Sprintf("; %d more records say the same", n)
		}
		add(points, append(leading[export], g.id(export)), "%s%s", joins[export].why, rest)
	}
	if doubts = unique(doubts); len(doubts) > 0 {
		add(timeDoubtPoints, doubtful, "%s", strings.Join(doubts, "; "))
	}
}

// actor is the account of the first command; a launcher's or a file event's
// only if there is no other.
func (g *group) actor() artifacts.User {
	var actor artifacts.User
	for _, r := range g.records {
		if actor == (artifacts.User{}) || actor.LogonID == "" && r.User.LogonID != "" && account(actor) == account(r.User) {
			actor = r.User
		}
		if actor.SID == "" && r.User.SID != "" && strings.EqualFold(account(actor), account(r.User)) {
			actor.SID = r.User.SID
		}
	}
	return actor
}

// attack lists the ATT&CK techniques that the members show.
func (g *group) attack() []string {
	var ids []string
	hive := map[string][]string{"SAM": {"T1003.002"}, "SYSTEM": {"T1003.002"}, "SECURITY": {"T1003.004", "T1003.005"}}
	for _, r := range g.records {
		for _, h := range r.Hives {
			ids = append(ids, hive[h]...)
		}
		if t, ok := technique.ByID(r.Row); ok {
			ids = append(ids, t.Attack...)
		}
		for _, c := range r.Commands {
			if t, ok := technique.ByID(c.Technique); ok {
				ids = append(ids, t.Attack...)
			}
			if c.Remote != "" {
				ids = append(ids, "T1021.002")
			}
			for _, d := range c.Disguise {
				ids = append(ids, disguiseTechnique(d))
			}
		}
	}
	for _, e := range g.exports {
		ids = append(ids, hive[e.Hive]...)
		if e.At.Stream != "" {
			ids = append(ids, "T1564.004")
		}
		if e.Gone() {
			ids = append(ids, "T1070.004")
		}
	}
	return unique(ids)
}

// disguiseTechnique tells a program under another name from a line that is
// written to be overlooked, by the sentences of package command.
func disguiseTechnique(sentence string) string {
	if strings.Contains(sentence, "by its version resource but its file is named") || strings.Contains(sentence, "takes the arguments of") {
		return "T1036.003"
	}
	return "T1027.010"
}

func place(at artifacts.Locator) string {
	p := at.Place()
	if at.Member != "" {
		p += "!" + at.Member
	}
	return p
}

func pathAndStream(path, stream string) string {
	if stream == "" {
		return path
	}
	return path + ":" + stream
}

func pick(exports []*locate.Export, keep func(*locate.Export) bool) []*locate.Export {
	var picked []*locate.Export
	for _, e := range exports {
		if keep(e) {
			picked = append(picked, e)
		}
	}
	return picked
}

// list names the places of copies, in order.
func list(exports []*locate.Export) string {
	var names []string
	for _, e := range exports {
		names = append(names, place(e.At))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func unique(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

func without(s []string, drop string) []string {
	return slices.DeleteFunc(slices.Clone(s), func(x string) bool { return x == drop })
}
