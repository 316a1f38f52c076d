package report

import (
	"strconv"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// Tables are the CSV files of a case, for a spreadsheet or a database.
func Tables() []File {
	return []File{
		table("exports.csv", exportRows, exportColumns),
		table("records.csv", recordRows, recordColumns),
		table("timeline.csv", func(c *triage.Case) []triage.Moment { return c.Timeline }, momentColumns),
		table("exposure.csv", func(c *triage.Case) []expose.Row { return c.Exposure }, exposureColumns),
		table("executables.csv", func(c *triage.Case) []program.Executable { return c.Executables }, executableColumns),
		table("notices.csv", func(c *triage.Case) []correlate.Notice { return c.Notices }, noticeColumns),
		table("coverage.csv", func(c *triage.Case) []coverage.Row { return c.Coverage.Sources }, coverageColumns),
	}
}

// An exportRow is an export with the acts that it is part of.
type exportRow struct {
	*locate.Export
	acts []string
}

func exportRows(c *triage.Case) []exportRow {
	acts := actsOf(c)
	var rows []exportRow
	for i := range c.Exports {
		e := &c.Exports[i]
		rows = append(rows, exportRow{Export: e, acts: acts[e.ID]})
	}
	return rows
}

// actsOf lists, for each export, the acts that it is part of.
func actsOf(c *triage.Case) map[string][]string {
	acts := map[string][]string{}
	for i := range c.Acts {
		for _, id := range c.Acts[i].Exports {
			acts[id] = append(acts[id], c.Acts[i].ID)
		}
	}
	return acts
}

var exportColumns = []column[exportRow]{
	{"id", func(e *exportRow) string { return e.ID }},
	{"acts", func(e *exportRow) string { return list(e.acts) }},
	{"hive", func(e *exportRow) string { return e.Hive }},
	{"state", func(e *exportRow) string { return e.State }},
	{"deleted", func(e *exportRow) string { return yesNo(e.Gone()) }},
	{"form", func(e *exportRow) string { return e.Form }},
	{"source", func(e *exportRow) string { return e.At.Source }},
	{"volume", func(e *exportRow) string { return e.At.Volume }},
	{"path", func(e *exportRow) string { return e.At.Path }},
	{"stream", func(e *exportRow) string { return e.At.Stream }},
	{"member", func(e *exportRow) string { return e.At.Member }},
	{"other_paths", func(e *exportRow) string { return list(e.Links) }},
	{"size", func(e *exportRow) string { return number(e.Size) }},
	{"sha256", func(e *exportRow) string { return e.SHA256 }},
	{"taken", func(e *exportRow) string { return clock(e.Taken.Exact) }},
	{"taken_not_before", func(e *exportRow) string { return clock(e.Taken.NotBefore) }},
	{"taken_not_after", func(e *exportRow) string { return clock(e.Taken.NotAfter) }},
	{"method", func(e *exportRow) string { return e.Provenance.Method }},
	{"method_confidence", func(e *exportRow) string { return e.Provenance.Confidence }},
	{"place", func(e *exportRow) string { return string(e.Location.Class) }},
	{"place_because", func(e *exportRow) string { return e.Location.Why }},
	{"hive_of_host", func(e *exportRow) string { return e.BelongsTo.Host }},
	{"hive_of_machine_sid", func(e *exportRow) string { return e.BelongsTo.MachineSID }},
	{"hive_of_domain", func(e *exportRow) string { return e.BelongsTo.Domain }},
	{"relation", func(e *exportRow) string { return e.BelongsTo.Relation }},
	{"complete", func(e *exportRow) string { return yesNo(e.Integrity.Complete) }},
	{"problems", func(e *exportRow) string { return list(e.Integrity.Problems) }},
	{"owner_sid", func(e *exportRow) string { return e.OwnerSID }},
	{"mft_record", func(e *exportRow) string { return number(e.MFTRecord) }},
	{"si_created", func(e *exportRow) string { return clock(e.Times.SI.Created) }},
	{"si_modified", func(e *exportRow) string { return clock(e.Times.SI.Modified) }},
	{"si_changed", func(e *exportRow) string { return clock(e.Times.SI.Changed) }},
	{"si_accessed", func(e *exportRow) string { return clock(e.Times.SI.Accessed) }},
	{"fn_created", func(e *exportRow) string { return clock(e.Times.FN.Created) }},
	{"fn_modified", func(e *exportRow) string { return clock(e.Times.FN.Modified) }},
	{"fn_changed", func(e *exportRow) string { return clock(e.Times.FN.Changed) }},
	{"fn_accessed", func(e *exportRow) string { return clock(e.Times.FN.Accessed) }},
	{"clock", func(e *exportRow) string { return e.Clock }},
}

// A recordRow is a record with processes that are never nil.
type recordRow struct {
	*correlate.Record
	process, parent *artifacts.Process
}

func recordRows(c *triage.Case) []recordRow {
	var rows []recordRow
	var none artifacts.Process
	for i := range c.Records {
		r := recordRow{Record: &c.Records[i], process: &none, parent: &none}
		if r.Process != nil {
			r.process = r.Process
		}
		if r.process.Parent != nil {
			r.parent = r.process.Parent
		}
		rows = append(rows, r)
	}
	return rows
}

var recordColumns = []column[recordRow]{
	{"id", func(r *recordRow) string { return r.ID }},
	{"time", func(r *recordRow) string { return clock(r.Time) }},
	{"not_after", func(r *recordRow) string { return clock(r.NotAfter) }},
	{"kind", func(r *recordRow) string { return r.Kind }},
	{"assessment", func(r *recordRow) string { return r.Assessment }},
	{"host", func(r *recordRow) string { return r.Host }},
	{"user", func(r *recordRow) string { return account(r.User) }},
	{"user_sid", func(r *recordRow) string { return r.User.SID }},
	{"logon_id", func(r *recordRow) string { return r.User.LogonID }},
	{"technique", func(r *recordRow) string { return r.Technique }},
	{"technique_name", func(r *recordRow) string { return techniqueName(r.Technique) }},
	{"hives", func(r *recordRow) string { return list(r.Hives) }},
	{"executable", func(r *recordRow) string { return r.process.Executable }},
	{"pid", func(r *recordRow) string { return number(r.process.PID) }},
	{"told", func(r *recordRow) string { return r.Told() }},
	{"parent_executable", func(r *recordRow) string { return r.parent.Executable }},
	{"parent_pid", func(r *recordRow) string { return number(r.parent.PID) }},
	{"parent_command_line", func(r *recordRow) string { return r.parent.CommandLine }},
	{"file", func(r *recordRow) string { return r.File }},
	{"destination", func(r *recordRow) string { return r.Destination }},
	{"address", func(r *recordRow) string { return r.Address }},
	{"rules_matched", func(r *recordRow) string { return list(matchedRules(r.Record)) }},
	{"because", func(r *recordRow) string { return list(r.Because) }},
	{"export", func(r *recordRow) string { return r.Export }},
	{"source", func(r *recordRow) string { return r.From.Source }},
	{"volume", func(r *recordRow) string { return r.From.Volume }},
	{"path", func(r *recordRow) string { return r.From.Path }},
	{"record_id", func(r *recordRow) string { return number(r.From.RecordID) }},
	{"offset", func(r *recordRow) string { return strconv.FormatInt(r.From.Offset, 10) }},
	{"event_code", func(r *recordRow) string { return r.From.EventCode }},
	{"channel", func(r *recordRow) string { return r.From.Channel }},
	{"artefact", func(r *recordRow) string { return r.From.Artefact }},
	{"entry", func(r *recordRow) string { return r.From.Entry }},
	{"damaged", func(r *recordRow) string { return r.From.Damaged }},
}

var momentColumns = []column[triage.Moment]{
	{"time", func(m *triage.Moment) string { return clock(m.Time) }},
	{"kind", func(m *triage.Moment) string { return m.Kind }},
	{"what", func(m *triage.Moment) string { return m.What }},
	{"ref", func(m *triage.Moment) string { return m.Ref }},
}

var exposureColumns = []column[expose.Row]{
	{"act", func(x *expose.Row) string { return x.Act }},
	{"kind", func(x *expose.Row) string { return string(x.Kind) }},
	{"name", func(x *expose.Row) string { return x.Name }},
	{"rid", func(x *expose.Row) string { return number(x.RID) }},
	{"sid", func(x *expose.Row) string { return x.SID }},
	{"enabled", func(x *expose.Row) string { return known(x.Enabled) }},
	{"administrator", func(x *expose.Row) string { return known(x.Administrator) }},
	{"credential_present", func(x *expose.Row) string { return known(x.CredentialPresent) }},
	{"password_last_set", func(x *expose.Row) string { return clock(x.PasswordLastSet) }},
	{"last_logon", func(x *expose.Row) string { return clock(x.LastLogon) }},
	{"deleted", func(x *expose.Row) string { return yesNo(x.Deleted) }},
	{"recoverable", func(x *expose.Row) string { return x.Recoverable }},
	{"standing", func(x *expose.Row) string { return x.Standing }},
	{"certainty", func(x *expose.Row) string { return x.Certainty }},
	{"because", func(x *expose.Row) string { return x.Because }},
	{"read_from_export", func(x *expose.Row) string { return exposedFrom(x).Export }},
	{"read_from_path", func(x *expose.Row) string { return exposedFrom(x).Path }},
	{"read_from_offset", func(x *expose.Row) string { return number(exposedFrom(x).Offset) }},
}

func exposedFrom(x *expose.Row) expose.From {
	if x.From == nil {
		return expose.From{}
	}
	return *x.From
}

var executableColumns = []column[program.Executable]{
	{"path", func(e *program.Executable) string { return e.Path }},
	{"state", func(e *program.Executable) string { return e.State }},
	{"file", func(e *program.Executable) string { return place(e.At) }},
	{"acts", func(e *program.Executable) string { return list(e.Acts) }},
	{"starts", func(e *program.Executable) string { return strconv.FormatInt(e.Starts, 10) }},
	{"first_start", func(e *program.Executable) string { return clock(e.First) }},
	{"last_start", func(e *program.Executable) string { return clock(e.Last) }},
	{"created", func(e *program.Executable) string { return clock(e.Times.Created) }},
	{"modified", func(e *program.Executable) string { return clock(e.Times.Modified) }},
	{"size", func(e *program.Executable) string { return number(e.Size) }},
	{"sha256", func(e *program.Executable) string { return e.SHA256 }},
	{"sha1", func(e *program.Executable) string { return e.SHA1 }},
	{"original_file_name", func(e *program.Executable) string { return e.Original }},
	{"description", func(e *program.Executable) string { return e.Description }},
	{"company", func(e *program.Executable) string { return e.Company }},
	{"version", func(e *program.Executable) string { return e.Version }},
	{"signature", func(e *program.Executable) string { return signatureOf(e).State }},
	{"signer", func(e *program.Executable) string { return signatureOf(e).Signer }},
	{"issuer", func(e *program.Executable) string { return signatureOf(e).Issuer }},
	{"thumbprint", func(e *program.Executable) string { return signatureOf(e).SHA1 }},
	{"notes", func(e *program.Executable) string { return list(e.Notes) }},
	{"problem", func(e *program.Executable) string { return e.Problem }},
	{"prevalence", prevalenceOf},
}

// prevalenceOf is on how many hosts of its batch a program is known, "" where it
// was in none.
func prevalenceOf(e *program.Executable) string {
	if e.Prevalence == nil {
		return ""
	}
	return e.Prevalence.Text()
}

func signatureOf(e *program.Executable) program.Signature {
	if e.Signature == nil {
		return program.Signature{}
	}
	return *e.Signature
}

var noticeColumns = []column[correlate.Notice]{
	{"time", func(n *correlate.Notice) string { return clock(n.Time) }},
	{"last", func(n *correlate.Notice) string { return clock(n.Last) }},
	{"count", func(n *correlate.Notice) string { return strconv.Itoa(n.Count) }},
	{"kind", func(n *correlate.Notice) string { return n.Kind }},
	{"host", func(n *correlate.Notice) string { return n.Host }},
	{"user", func(n *correlate.Notice) string { return account(n.User) }},
	{"account", func(n *correlate.Notice) string { return account(n.Account) }},
	{"what", func(n *correlate.Notice) string { return n.What }},
	{"source", func(n *correlate.Notice) string { return n.From.Source }},
	{"volume", func(n *correlate.Notice) string { return n.From.Volume }},
	{"path", func(n *correlate.Notice) string { return n.From.Path }},
	{"record_id", func(n *correlate.Notice) string { return number(n.From.RecordID) }},
	{"event_code", func(n *correlate.Notice) string { return n.From.EventCode }},
	{"channel", func(n *correlate.Notice) string { return n.From.Channel }},
	{"artefact", func(n *correlate.Notice) string { return n.From.Artefact }},
	{"entry", func(n *correlate.Notice) string { return n.From.Entry }},
}

var coverageColumns = []column[coverage.Row]{
	{"what", func(r *coverage.Row) string { return r.What }},
	{"source", func(r *coverage.Row) string { return located(r.At).Source }},
	{"volume", func(r *coverage.Row) string { return located(r.At).Volume }},
	{"path", func(r *coverage.Row) string { return located(r.At).Path }},
	{"stream", func(r *coverage.Row) string { return located(r.At).Stream }},
	{"member", func(r *coverage.Row) string { return located(r.At).Member }},
	{"state", func(r *coverage.Row) string { return string(r.State) }},
	{"gap", func(r *coverage.Row) string { return yesNo(r.Gap) }},
	{"host", func(r *coverage.Row) string { return r.Host }},
	{"from", func(r *coverage.Row) string { return clock(r.From) }},
	{"to", func(r *coverage.Row) string { return clock(r.To) }},
	{"records", func(r *coverage.Row) string { return number(r.Records) }},
	{"bytes", func(r *coverage.Row) string { return number(r.Bytes) }},
	{"why", func(r *coverage.Row) string { return r.Why }},
}
