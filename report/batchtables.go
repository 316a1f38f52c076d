package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"hivetriage/triage/fleet"
	"hivetriage/triage/program"
)

// BatchTables are the CSV files of a batch's case, in the form of Tables. What
// points to evidence is "folder: id", or "folder: path, record number".
func BatchTables() []BatchFile {
	return []BatchFile{
		batchTable("hosts.csv", func(c *fleet.Case) []fleet.Host { return c.Hosts }, batchHostColumns),
		batchTable("acts.csv", func(c *fleet.Case) []fleet.Act { return c.Acts }, batchActColumns),
		batchTable("links.csv", linkRows, linkColumns),
		batchTable("accounts.csv", cellRows, cellColumns),
		batchTable("namesakes.csv", namesakeRows, namesakeColumns),
		batchTable("foreign.csv", func(c *fleet.Case) []fleet.Foreign { return c.Foreign }, foreignColumns),
		batchTable("remote.csv", func(c *fleet.Case) []fleet.Remote { return c.Remote }, remoteColumns),
		batchTable("logons.csv", func(c *fleet.Case) []fleet.Edge { return c.Logons.Edges }, edgeColumns),
		batchTable("programs.csv", func(c *fleet.Case) []fleet.Program { return c.Programs }, batchProgramColumns),
		batchTable("blind.csv", func(c *fleet.Case) []fleet.Blind { return c.Blind }, blindColumns),
		batchTable("not_triaged.csv", func(c *fleet.Case) []fleet.Missing { return c.NotTriaged }, missingColumns),
		batchTable("left.csv", func(c *fleet.Case) []fleet.Left { return c.Left }, leftColumns),
		batchTable("response.csv", func(c *fleet.Case) []fleet.Action { return c.Response }, batchActionColumns),
		batchTable("timeline.csv", func(c *fleet.Case) []fleet.Moment { return c.Timeline }, batchMomentColumns),
	}
}

func batchTable[T any](name string, rows func(*fleet.Case) []T, columns []column[T]) BatchFile {
	return BatchFile{Name: name, Write: func(w io.Writer, c *fleet.Case) error { return writeTable(w, rows(c), columns) }}
}

// refText points to evidence in words.
func refText(r fleet.Ref) string {
	text := r.ID
	if text == "" {
		text = r.Path
		if r.RecordID != 0 {
			text += ", record " + strconv.FormatUint(r.RecordID, 10)
		}
		if r.Entry != "" {
			text += ", " + r.Entry
		}
	}
	if r.Folder == "" {
		return text
	}
	return r.Folder + ": " + text
}

func refList(refs []fleet.Ref) string { return joined(refs, refText) }

// joined makes a list of any kind one cell.
func joined[T any](all []T, text func(T) string) string {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = text(all[i])
	}
	return list(texts)
}

func sameText(s fleet.Same) string { return s.Folder + " (" + s.Host + "): " + s.Because }

// total is a count of something that was counted: 0 is one.
func total(n int) string { return strconv.Itoa(n) }

var batchHostColumns = []column[fleet.Host]{
	{"folder", func(h *fleet.Host) string { return h.Folder }},
	{"host", func(h *fleet.Host) string { return h.Name }},
	{"named", func(h *fleet.Host) string { return yesNo(h.Named) }},
	{"other_hosts", func(h *fleet.Host) string { return list(h.Others) }},
	{"machine", func(h *fleet.Host) string { return h.Machine }},
	{"same_as", func(h *fleet.Host) string { return joined(h.SameAs, sameText) }},
	{"data_of", func(h *fleet.Host) string { return joined(h.DataOf, sameText) }},
	{"machine_sid", func(h *fleet.Host) string { return h.MachineSID }},
	{"domain", func(h *fleet.Host) string { return h.Domain }},
	{"dns_domain", func(h *fleet.Host) string { return h.DNSDomain }},
	{"os", func(h *fleet.Host) string { return h.OS }},
	{"addresses", func(h *fleet.Host) string { return list(h.Addresses) }},
	{"inputs", func(h *fleet.Host) string { return list(h.Inputs) }},
	{"state", func(h *fleet.Host) string { return h.State }},
	{"why", func(h *fleet.Host) string { return h.Why }},
	{"exit_code", func(h *fleet.Host) string { return total(h.Code) }},
	{"verdict", func(h *fleet.Host) string { return h.Verdict }},
	{"confidence", func(h *fleet.Host) string { return total(h.Confidence) }},
	{"complete", func(h *fleet.Host) string { return yesNo(h.Complete) }},
	{"gaps", func(h *fleet.Host) string { return list(h.Gaps) }},
	{"acts", func(h *fleet.Host) string { return total(h.Acts) }},
	{"copies", func(h *fleet.Host) string { return total(h.Copies) }},
	{"known_copies", func(h *fleet.Host) string { return total(h.Known) }},
	{"exposed", func(h *fleet.Host) string { return total(h.Exposed) }},
	{"first_act", func(h *fleet.Host) string { return clock(h.First) }},
	{"logs_tell", func(h *fleet.Host) string { return h.Logs.Tell }},
	{"logs_from", func(h *fleet.Host) string { return clock(h.Logs.From) }},
	{"logs_to", func(h *fleet.Host) string { return clock(h.Logs.To) }},
	{"logs_because", func(h *fleet.Host) string { return h.Logs.Because }},
	{"footprint_unread", func(h *fleet.Host) string { return h.Unread }},
	{"notes", func(h *fleet.Host) string { return list(h.Notes) }},
}

var batchActColumns = []column[fleet.Act]{
	{"start", func(a *fleet.Act) string { return clock(a.Start) }},
	{"end", func(a *fleet.Act) string { return clock(a.End) }},
	{"folder", func(a *fleet.Act) string { return a.Folder }},
	{"host", func(a *fleet.Act) string { return a.Host }},
	{"act", func(a *fleet.Act) string { return a.ID }},
	{"verdict", func(a *fleet.Act) string { return a.Verdict }},
	{"confidence", func(a *fleet.Act) string { return total(a.Confidence) }},
	{"hives", func(a *fleet.Act) string { return list(a.Hives) }},
	{"person", func(a *fleet.Act) string { return account(a.Person) }},
	{"person_sid", func(a *fleet.Act) string { return a.Person.SID }},
	{"addresses", func(a *fleet.Act) string { return list(a.Addresses) }},
	{"workstation", func(a *fleet.Act) string { return a.Workstation }},
	{"tools", func(a *fleet.Act) string { return list(a.Tools) }},
	{"hives_of", func(a *fleet.Act) string { return list(a.Of) }},
	{"reach", func(a *fleet.Act) string { return a.Reach }},
	{"group", func(a *fleet.Act) string { return number(int64(a.Group)) }},
	{"clock", func(a *fleet.Act) string { return list(a.Clock) }},
	{"same_as", func(a *fleet.Act) string { return refList(a.SameAs) }},
	{"other_ends", func(a *fleet.Act) string { return refList(a.OtherEnds) }},
}

// A linkRow is a link with the number of its group, 0 for a hint.
type linkRow struct {
	fleet.Link
	group int
}

func linkRows(c *fleet.Case) []linkRow {
	var rows []linkRow
	for _, g := range c.Groups {
		for _, l := range g.Links {
			rows = append(rows, linkRow{l, g.Number})
		}
	}
	for _, l := range c.Hints {
		rows = append(rows, linkRow{l, 0})
	}
	return rows
}

var linkColumns = []column[linkRow]{
	{"group", func(l *linkRow) string { return number(int64(l.group)) }},
	{"kind", func(l *linkRow) string { return l.Kind }},
	{"value", func(l *linkRow) string { return l.Value }},
	{"joins", func(l *linkRow) string { return yesNo(l.Joins) }},
	{"because", func(l *linkRow) string { return l.Because }},
	{"acts", func(l *linkRow) string { return refList(l.Acts) }},
	{"explained_acts", func(l *linkRow) string { return refList(l.Explained) }},
}

// A cellRow is an account on one computer.
type cellRow struct {
	fleet.Cell
	account *fleet.Account
}

func cellRows(c *fleet.Case) []cellRow {
	var rows []cellRow
	for i := range c.Accounts {
		for _, cell := range c.Accounts[i].Cells {
			rows = append(rows, cellRow{cell, &c.Accounts[i]})
		}
	}
	return rows
}

var cellColumns = []column[cellRow]{
	{"account", func(c *cellRow) string { return c.account.Name }},
	{"scope", func(c *cellRow) string { return c.account.Scope }},
	{"account_usable", func(c *cellRow) string { return yesNo(c.account.Usable) }},
	{"account_hosts", func(c *cellRow) string { return total(c.account.Hosts) }},
	{"account_logons", func(c *cellRow) string { return total(c.account.Used) }},
	{"lead", func(c *cellRow) string { return c.account.Lead }},
	{"folder", func(c *cellRow) string { return c.Folder }},
	{"host", func(c *cellRow) string { return c.Host }},
	{"kinds", func(c *cellRow) string { return list(c.Kinds) }},
	{"rid", func(c *cellRow) string { return number(c.RID) }},
	{"sid", func(c *cellRow) string { return c.SID }},
	{"enabled", func(c *cellRow) string { return known(c.Enabled) }},
	{"administrator", func(c *cellRow) string { return known(c.Administrator) }},
	{"credential_present", func(c *cellRow) string { return known(c.Credential) }},
	{"recoverable", func(c *cellRow) string { return c.Recoverable }},
	{"standing", func(c *cellRow) string { return c.Standing }},
	{"explained", func(c *cellRow) string { return yesNo(c.Explained) }},
	{"acts", func(c *cellRow) string { return refList(c.Acts) }},
}

// A namesakeRow is a local account of the name of an exposed one.
type namesakeRow struct {
	fleet.Namesake
	account *fleet.Account
}

func namesakeRows(c *fleet.Case) []namesakeRow {
	var rows []namesakeRow
	for i := range c.Accounts {
		for _, s := range c.Accounts[i].Same {
			rows = append(rows, namesakeRow{s, &c.Accounts[i]})
		}
	}
	return rows
}

var namesakeColumns = []column[namesakeRow]{
	{"account", func(n *namesakeRow) string { return n.account.Name }},
	{"folder", func(n *namesakeRow) string { return n.Folder }},
	{"host", func(n *namesakeRow) string { return n.Host }},
	{"rid", func(n *namesakeRow) string { return number(n.RID) }},
	{"enabled", func(n *namesakeRow) string { return known(n.Enabled) }},
	{"administrator", func(n *namesakeRow) string { return known(n.Administrator) }},
	{"read_from", func(n *namesakeRow) string { return refText(n.From) }},
}

var foreignColumns = []column[fleet.Foreign]{
	{"folder", func(f *fleet.Foreign) string { return f.Folder }},
	{"host", func(f *fleet.Foreign) string { return f.Host }},
	{"export", func(f *fleet.Foreign) string { return f.Export }},
	{"path", func(f *fleet.Foreign) string { return f.Path }},
	{"hive", func(f *fleet.Foreign) string { return f.Hive }},
	{"sha256", func(f *fleet.Foreign) string { return f.SHA256 }},
	{"hive_of_host", func(f *fleet.Foreign) string { return f.Of }},
	{"hive_of_machine_sid", func(f *fleet.Foreign) string { return f.MachineSID }},
	{"hive_of_domain", func(f *fleet.Foreign) string { return f.Domain }},
	{"where", func(f *fleet.Foreign) string { return f.Where }},
	{"hive_of_folder", func(f *fleet.Foreign) string { return f.OfFolder }},
	{"certainty", func(f *fleet.Foreign) string { return f.Certainty }},
	{"because", func(f *fleet.Foreign) string { return f.Because }},
	{"same_bytes", func(f *fleet.Foreign) string { return refList(f.Same) }},
	{"acts_of_that_host", func(f *fleet.Foreign) string { return refList(f.Acts) }},
}

var remoteColumns = []column[fleet.Remote]{
	{"time", func(r *fleet.Remote) string { return clock(r.Time) }},
	{"host", func(r *fleet.Remote) string { return r.Host }},
	{"act", func(r *fleet.Remote) string { return refText(r.Act) }},
	{"address", func(r *fleet.Remote) string { return r.Address }},
	{"workstation", func(r *fleet.Remote) string { return r.Workstation }},
	{"target_evidence", func(r *fleet.Remote) string { return refList(r.Target) }},
	{"joined", func(r *fleet.Remote) string { return r.Joined }},
	{"source_folder", func(r *fleet.Remote) string { return r.Folder }},
	{"source_host", func(r *fleet.Remote) string { return r.Source }},
	{"because", func(r *fleet.Remote) string { return list(r.Because) }},
	{"source_tells", func(r *fleet.Remote) string { return joined(r.Calls, callText) }},
	{"source_acts", func(r *fleet.Remote) string { return refList(r.SourceActs) }},
	{"clock", func(r *fleet.Remote) string { return r.Clock }},
}

func callText(c fleet.Call) string {
	text := clock(c.Time) + " " + c.What
	if c.Account != "" {
		text += " by " + c.Account
	}
	return text + " (" + refText(c.From) + ")"
}

var edgeColumns = []column[fleet.Edge]{
	{"from", func(e *fleet.Edge) string { return e.From }},
	{"to", func(e *fleet.Edge) string { return e.To }},
	{"account", func(e *fleet.Edge) string { return account(e.Account) }},
	{"account_sid", func(e *fleet.Edge) string { return e.Account.SID }},
	{"logon_type", func(e *fleet.Edge) string { return number(e.Type) }},
	{"outcome", func(e *fleet.Edge) string { return e.Outcome }},
	{"address", func(e *fleet.Edge) string { return e.Address }},
	{"workstation", func(e *fleet.Edge) string { return e.Workstation }},
	{"count", func(e *fleet.Edge) string { return total(e.Count) }},
	{"count_is_lower_bound", func(e *fleet.Edge) string { return yesNo(e.AtLeast) }},
	{"clock", func(e *fleet.Edge) string { return e.Clock }},
	{"unordered", func(e *fleet.Edge) string { return yesNo(e.Unordered) }},
	{"first", func(e *fleet.Edge) string { return clock(e.First) }},
	{"last", func(e *fleet.Edge) string { return clock(e.Last) }},
	{"source", func(e *fleet.Edge) string { return e.Source }},
	{"lead", func(e *fleet.Edge) string { return yesNo(e.Lead) }},
	{"because", func(e *fleet.Edge) string { return e.Because }},
	{"exposed_by", func(e *fleet.Edge) string { return refList(e.Exposed) }},
	{"evidence", func(e *fleet.Edge) string { return refList(e.Evidence) }},
}

var batchProgramColumns = []column[fleet.Program]{
	{"name", func(p *fleet.Program) string { return p.Name }},
	{"paths", func(p *fleet.Program) string { return list(p.Paths) }},
	{"sha256", func(p *fleet.Program) string { return p.SHA256 }},
	{"sha1", func(p *fleet.Program) string { return p.SHA1 }},
	{"signer", func(p *fleet.Program) string { return p.Signer }},
	{"hosts", func(p *fleet.Program) string { return total(p.Hosts) }},
	{"of", func(p *fleet.Program) string { return total(p.Of) }},
	{"by", func(p *fleet.Program) string { return p.By }},
	{"measures", func(p *fleet.Program) string { return joined(p.Measures, measureText) }},
	{"folders", func(p *fleet.Program) string { return list(p.Folders) }},
	{"acts", func(p *fleet.Program) string { return refList(p.Acts) }},
}

func measureText(p program.Prevalence) string {
	return fmt.Sprintf("%d of %d by %s", p.Hosts, p.Of, p.By)
}

var blindColumns = []column[fleet.Blind]{
	{"folder", func(b *fleet.Blind) string { return b.Folder }},
	{"host", func(b *fleet.Blind) string { return b.Host }},
	{"logs_tell", func(b *fleet.Blind) string { return b.Tell }},
	{"why", func(b *fleet.Blind) string { return list(b.Why) }},
}

var missingColumns = []column[fleet.Missing]{
	{"folder", func(m *fleet.Missing) string { return m.Folder }},
	{"inputs", func(m *fleet.Missing) string { return list(m.Inputs) }},
	{"state", func(m *fleet.Missing) string { return m.State }},
	{"why", func(m *fleet.Missing) string { return m.Why }},
	{"exit_code", func(m *fleet.Missing) string { return total(m.Code) }},
}

var leftColumns = []column[fleet.Left]{
	{"path", func(l *fleet.Left) string { return l.Path }},
	{"why", func(l *fleet.Left) string { return l.Why }},
	{"evidence_may_be_missing", func(l *fleet.Left) string { return strconv.FormatBool(l.Unread) }},
}

var batchActionColumns = []column[fleet.Action]{
	{"order", func(a *fleet.Action) string { return total(a.Order) }},
	{"step", func(a *fleet.Action) string { return a.Step }},
	{"priority", func(a *fleet.Action) string { return total(a.Priority) }},
	{"action", func(a *fleet.Action) string { return a.Action }},
	{"targets", func(a *fleet.Action) string { return list(a.Targets) }},
	{"hosts", func(a *fleet.Action) string { return list(a.Hosts) }},
	{"because", func(a *fleet.Action) string { return strings.Join(a.Because, " | ") }},
	{"evidence", func(a *fleet.Action) string { return refList(a.Evidence) }},
}

var batchMomentColumns = []column[fleet.Moment]{
	{"time", func(m *fleet.Moment) string { return clock(m.Time) }},
	{"folder", func(m *fleet.Moment) string { return m.Folder }},
	{"host", func(m *fleet.Moment) string { return m.Host }},
	{"kind", func(m *fleet.Moment) string { return m.Kind }},
	{"what", func(m *fleet.Moment) string { return m.What }},
	{"ref", func(m *fleet.Moment) string { return m.Ref }},
}
