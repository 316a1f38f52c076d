package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// A way is one of those in which copies are taken away or worked on, and what
// of the evidence tells of it.
type way struct {
	what     string
	notice   func(*correlate.Notice) bool
	tool     []string // uses of programs that were started in the acts' trees
	reached  []string // rows of destination.Table
	sources  []string // as the coverage names them
	logs     []string // channels
	auditing string   // the setting without which the logs tell nothing
}

// usageDatabase is what the coverage calls SRUM.
const usageDatabase = "usage of programs (SRUM)"

func saying(kind string, texts ...string) func(*correlate.Notice) bool {
	return func(n *correlate.Notice) bool {
		return n.Kind == kind && slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(n.What, t) })
	}
}

func either(a, b func(*correlate.Notice) bool) func(*correlate.Notice) bool {
	return func(n *correlate.Notice) bool { return a(n) || b(n) }
}

// sentBytes is how the notices of SRUM go on behind a program's name.
const sentBytes = "in the hours that SRUM recorded"

var clouds = []string{"onedrive", "sharepoint", "dropbox", "googledrive", "mega", "box", "icloud", "nextcloud", "pcloud", "synced"}

// ways are in the order in which they are told.
var ways = []way{
	{what: "archives that were made", tool: []string{technique.Archiver}, reached: []string{"archive"},
		notice:  either(func(n *correlate.Notice) bool { return n.Kind == "archive" }, either(saying("execution", technique.Archiver), saying("opened", "an archive "))),
		sources: []string{"change journal", "Prefetch", "jump lists"}, logs: []string{securityLog, sysmonLog}},
	{what: "tools that open, send or carry copies", tool: []string{technique.Credential, technique.Transfer},
		notice:  either(saying("execution", technique.Credential, technique.Transfer, "that names a copy"), either(saying("transfer", "looked up the name", ", port "), func(n *correlate.Notice) bool { return n.Kind == "opened" })),
		sources: []string{"Prefetch", "PowerShell history", "artefacts in SYSTEM", "artefacts in Amcache", "transfer programs"}, logs: []string{securityLog, sysmonLog}},
	{what: "reads of the very files over SMB", reached: []string{"fetched", "asked", "unc", "tsclient", "webdav", "share", "ownshare", "sysvol"},
		notice: func(*correlate.Notice) bool { return false }, logs: []string{securityLog}, auditing: "detailed file share auditing"},
	{what: "removable media", reached: []string{"removable"}, notice: saying("transfer", " was connected ("), sources: []string{"artefacts in SYSTEM", "transfer programs"}},
	{what: "folders that a service in the cloud keeps", reached: clouds, notice: func(*correlate.Notice) bool { return false }, sources: []string{"artefacts in NTUSER"}},
	{what: "roots of web and FTP servers", reached: []string{"exchange", "webroot", "ftproot"}, notice: func(*correlate.Notice) bool { return false }},
	{what: "BITS", notice: saying("transfer", "BITS"), sources: []string{"BITS jobs"}, logs: []string{bitsLog}},
	{what: "bytes sent by programs (SRUM)", notice: saying("transfer", sentBytes), sources: []string{usageDatabase}},
	{what: "deletion afterwards", tool: []string{technique.Wiper}, notice: either(func(n *correlate.Notice) bool { return n.Kind == "deletion" }, saying("execution", technique.Wiper)),
		reached: []string{"recyclebin"}, sources: []string{"change journal", "Recycle Bin", "directory indexes"}},
}

// exfiltration answers whether the copies were taken away or worked on, way by
// way.
func (f *Facts) exfiltration() Answer {
	const question = "Was the material taken away, or processed on the host?"
	if len(f.Acts) == 0 {
		return f.nothing(question, "")
	}
	a := Answer{Question: question, Status: Partly, Evidence: f.exportIDs()}
	lines := []string{"Where the copies are or went:"}
	var lie []string
	for _, act := range f.Acts {
		for _, line := range places(act) {
			lie = append(lie, "  "+line)
		}
		a.Evidence = appendOnce(a.Evidence, act.ID)
	}
	if len(lie) == 0 {
		lie = []string{"  no place of a copy is known."}
	}
	lines = append(lines, firstFew(lie)...)
	for i := range ways {
		lines = append(lines, f.wayTold(&ways[i], &a)...)
	}
	if other := f.otherTraces(); len(other) > 0 {
		lines = append(append(lines, "What else bears on it:"), firstFew(other)...)
	}
	a.Answer = strings.Join(lines, "\n")
	a.Next = append(f.toCollect(), a.Next...)
	a.Next = append(a.Next,
		"What went over the network is not in the evidence: ask the proxy, firewall and file servers for traffic from "+f.host()+" after "+stamp(f.Acts[0].Start)+".")
	if slices.ContainsFunc(f.Exports, func(e locate.Export) bool { return e.SHA256 != "" }) {
		a.Next = append(a.Next, "Search other hosts for the SHA-256 values of the exports.")
	}
	return a
}

// wayTold says whether one way was taken, and what was there to tell it.
func (f *Facts) wayTold(w *way, a *Answer) []string {
	found := f.wayFound(w)
	if w.what == "deletion afterwards" {
		found = append(indented(append(f.deletions(), f.gone()...)), found...)
	}
	told, there := f.wayTellers(w)
	head := strings.ToUpper(w.what[:1]) + w.what[1:]
	switch {
	case len(found) > 0:
		return append([]string{head + ": found."}, firstFew(found)...)
	case there:
		return []string{fmt.Sprintf("%s: not found (%s).", head, told)}
	}
	a.Next = appendOnce(a.Next, w.collect(f))
	return []string{fmt.Sprintf("%s: not known, as nothing in the evidence would tell (%s).", head, told)}
}

func indented(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, "  "+l)
	}
	return out
}

// wayFound lists what the evidence tells of one way since the first act.
func (f *Facts) wayFound(w *way) (found []string) {
	first, _ := f.acted()
	for _, r := range f.reached() {
		if slices.Contains(w.reached, r.row.ID) {
			for _, why := range distinct(r.whys) {
				var paths []string
				for i, path := range r.paths {
					if r.whys[i] == why {
						paths = append(paths, path)
					}
				}
				found = append(found, fmt.Sprintf("  %s: %s.", strings.Join(firstFew(distinct(paths)), ", "), why))
			}
		}
	}
	inTree := map[correlate.From]bool{}
	for _, act := range f.Acts {
		for _, n := range act.Chain {
			if n.Relation != "child" && n.Relation != "sibling" {
				continue
			}
			if use := technique.Use(imageOf(n.Process)); use != "" && slices.Contains(w.tool, use) {
				found = append(found, fmt.Sprintf("  %s: %s ran in the same session: %s.", stamp(n.Time), use, commandOf(n.Process)))
				if n.From != nil {
					inTree[*n.From] = true
				}
			}
		}
	}
	for i := range f.Notices {
		n := &f.Notices[i]
		if w.notice(n) && !inTree[n.From] && (n.Last.IsZero() || !n.Last.Before(first)) {
			found = append(found, "  "+noticeText(n))
		}
	}
	return found
}

func commandOf(p artifacts.Process) string {
	if p.CommandLine != "" {
		return p.CommandLine
	}
	return p.Executable
}

// wayTellers says what of the evidence would tell of one way, and whether any
// of it was there.
func (f *Facts) wayTellers(w *way) (text string, there bool) {
	first, last := f.acted()
	var parts []string
	if len(w.reached) > 0 && slices.ContainsFunc(f.Acts, func(a correlate.Act) bool { return len(a.Whereabouts) > 0 }) {
		parts, there = append(parts, "the places of the copies were judged"), len(w.logs)+len(w.sources) == 0
	}
	for _, s := range w.sources {
		_, ok := f.source(s)
		there = there || ok
		parts = append(parts, f.sourceText(s))
	}
	for _, channel := range w.logs {
		reach, _, _ := f.covers(channel, first, last.Add(f.Window))
		there = there || reach != missing
		parts = append(parts, f.coverText(channel, first, last.Add(f.Window)))
	}
	if w.auditing != "" {
		if s, host, ok := f.setting(w.auditing); ok {
			parts = append(parts, fmt.Sprintf("%s on %s is %s: %s", s.What, host, s.State, s.Means))
			there = there && s.State != "off"
		} else {
			parts, there = append(parts, "whether "+w.auditing+" was on is not known"), false
		}
	}
	return strings.Join(parts, "; "), there
}

// collect names what would tell of a way.
func (w *way) collect(f *Facts) string {
	return fmt.Sprintf("To tell of %s, collect from %s: %s.", w.what, f.host(), strings.Join(append(slices.Clone(w.sources), w.logs...), ", "))
}

// otherTraces are the notices of what is done with copies that no way tells.
func (f *Facts) otherTraces() (lines []string) {
	for i := range f.Notices {
		n := &f.Notices[i]
		if !slices.Contains([]string{"execution", "opened", "deletion", "archive", "transfer", "shadow copy", "database", "raw read", "process"}, n.Kind) || n.Toward != "" {
			continue
		}
		if !slices.ContainsFunc(ways, func(w way) bool { return w.notice(n) && f.since(n) }) {
			lines = append(lines, "  "+noticeText(n))
		}
	}
	return lines
}

// since reports whether a notice is of the time since the first act, or its
// time is not known.
func (f *Facts) since(n *correlate.Notice) bool {
	first, _ := f.acted()
	return n.Last.IsZero() || !n.Last.Before(first)
}
