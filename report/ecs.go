package report

import (
	"cmp"
	"encoding/hex"
	"io"
	"net/netip"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// ecsVersion is that of the field reference which the documents keep to.
const ecsVersion = "8.17.0"

// ECS writes documents of the Elastic Common Schema, one on each line: one for
// each record, shaped as Winlogbeat shapes the same event, so that a detection
// rule matches them as it matched the event, then one for each export. Into an
// index such as winlogbeat-hivetriage they can be replayed to the rule.
// Records without any time carry the tag "no-time" and no @timestamp.
func ECS(w io.Writer, c *triage.Case) error {
	f := newFront(c)
	acts := actsOf(c)
	j := jsonWriter{w: w}
	var d ecsDocument
	for i := range c.Records {
		f.recordDocument(&d, &c.Records[i])
		j.ecs(&d)
	}
	for i := range c.Exports {
		f.exportDocument(&d, &c.Exports[i], acts[c.Exports[i].ID])
		j.ecs(&d)
	}
	j.flush(0)
	return j.err
}

// ecsBegin makes a document with what all have.
func (f *front) ecsBegin(d *ecsDocument, at time.Time, host string, tags ...string) {
	d.fields = d.fields[:0]
	d.set("@timestamp", at)
	if clock(at) == "" {
		tags = append(tags, "no-time")
	}
	d.set("ecs.version", ecsVersion)
	d.set("event.module", "hivetriage")
	d.set("host.name", host)
	d.set("host.hostname", host)
	d.set("host.os.type", "windows")
	d.set("tags", append([]string{"hivetriage"}, tags...))
}

// An ecsKind says what ECS calls a kind of record: values of event.category
// and event.type that the reference lists together.
type ecsKind struct{ category, kind string }

var ecsKinds = map[string]ecsKind{
	"process":   {"process", "start"},
	"file":      {"file", "creation"},
	"share":     {"file", "access"},
	"script":    {"process", "info"},
	"execution": {"process", "info"}, // an artefact of a run is no log record of a start
	"service":   {"configuration", "change"},
	"setting":   {"registry", "change"},
	"hive-load": {"registry", "access"},
	"object":    {"registry", "access"},
	"journal":   {"file", "change"},
}

// deletions are Sysmon's events of deleted files.
var deletions = map[string]bool{"23": true, "26": true}

// providers are those of the channels whose records are read.
var providers = map[string]string{
	"Security": "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Sysmon/Operational": "Microsoft-Windows-Sysmon",
	"Microsoft-Windows-PowerShell/Operational": "Microsoft-Windows-PowerShell", "Windows PowerShell": "PowerShell",
}

func (f *front) recordDocument(d *ecsDocument, r *correlate.Record) {
	at := r.Time
	if at.IsZero() {
		at = r.NotAfter
	}
	f.ecsBegin(d, at, r.Host, r.Kind, r.Assessment)
	kind := ecsKinds[r.Kind]
	if kind.kind == "creation" && deletions[r.From.EventCode] {
		kind.kind = "deletion"
	}
	if kind.category != "" {
		d.set("event.category", []string{kind.category})
		d.set("event.type", []string{kind.kind})
	} else {
		d.set("event.type", []string{"info"})
	}
	d.set("event.kind", "event")
	d.set("event.dataset", "hivetriage.record")
	d.set("event.id", r.ID)
	d.set("event.reason", strings.Join(r.Because, " "))
	d.set("message", r.Told())
	d.source(r.From)
	d.account(r)
	if r.Process != nil {
		d.process("process.", r.Process)
	}
	if r.File != "" {
		d.file(r.File)
	}
	if r.From.EventCode == "4104" {
		d.set("powershell.file.script_block_text", r.Line)
	}
	d.set("source.address", r.Address)
	d.set("source.ip", address(r.Address))
	d.set("labels.assessment", r.Assessment)
	d.set("labels.destination", r.Destination)
	d.set("labels.hives", strings.Join(r.Hives, " "))
	d.technique(r.Technique)
	d.rule(r)
}

// source sets where a record was read, as Winlogbeat has it for a log.
func (d *ecsDocument) source(from correlate.From) {
	d.set("log.file.path", from.Path)
	d.set("labels.evidence", artifacts.Locator{Source: from.Source, Volume: from.Volume, Path: from.Path}.String())
	d.set("labels.artefact", from.Artefact)
	d.set("labels.entry", from.Entry)
	if from.Artefact != "" || from.EventCode == "" || from.EventCode == "0" {
		return
	}
	d.set("event.code", from.EventCode)
	d.set("event.provider", providers[from.Channel])
	d.set("winlog.event_id", from.EventCode)
	d.set("winlog.channel", from.Channel)
	d.set("winlog.provider_name", providers[from.Channel])
	if from.RecordID != 0 {
		d.set("winlog.record_id", number(from.RecordID))
	}
}

// address is an IP address as it is commonly written, "" for any other text.
func address(s string) string {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	return ip.Unmap().WithZone("").String()
}

// account sets who acted.
func (d *ecsDocument) account(r *correlate.Record) {
	d.set("user.name", r.User.Name)
	d.set("user.domain", r.User.Domain)
	d.set("user.id", r.User.SID)
	d.set("winlog.logon.id", r.User.LogonID)
	if r.From.Channel == "Microsoft-Windows-Sysmon/Operational" {
		d.set("winlog.event_data.LogonId", r.User.LogonID)
	}
	if r.From.Artefact == "" && r.From.EventCode != "" && r.From.EventCode != "0" {
		d.set("winlog.computer_name", r.Host)
	}
	if r.User.Name != "" {
		d.set("related.user", []string{r.User.Name})
	}
	if r.Host != "" {
		d.set("related.hosts", []string{r.Host})
	}
}

// process sets the fields of a process at "process." or "process.parent.".
func (d *ecsDocument) process(at string, p *artifacts.Process) {
	d.set(at+"pid", int64(p.PID))
	d.set(at+"entity_id", p.EntityID)
	d.set(at+"executable", p.Executable)
	d.set(at+"name", baseName(p.Executable))
	d.set(at+"command_line", p.CommandLine)
	d.set(at+"args", p.Args)
	d.set(at+"args_count", int64(len(p.Args)))
	d.set(at+"working_directory", p.WorkingDirectory)
	d.set(at+"pe.original_file_name", p.OriginalFileName)
	d.set(at+"pe.description", p.Description)
	d.set(at+"pe.company", p.Company)
	for name, digits := range hashesOf(p.Hashes) {
		d.set(at+name, digits)
	}
	if at == "process." {
		d.set("winlog.event_data.IntegrityLevel", p.IntegrityLevel)
		if p.Parent != nil {
			d.process("process.parent.", p.Parent)
		}
	}
}

// hashFields are ECS's fields of the digests that Sysmon names, with their
// lengths in bytes.
var hashFields = map[string]struct {
	field string
	size  int
}{"MD5": {"hash.md5", 16}, "SHA1": {"hash.sha1", 20}, "SHA256": {"hash.sha256", 32}, "IMPHASH": {"pe.imphash", 16}}

// hashesOf takes Sysmon's "SHA256=...,MD5=..." apart, by ECS's field.
func hashesOf(text string) map[string]string {
	hashes := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, digits, _ := strings.Cut(part, "=")
		if h, ok := hashFields[name]; ok {
			if b, err := hex.DecodeString(digits); err == nil && len(b) == h.size {
				hashes[h.field] = strings.ToLower(digits)
			}
		}
	}
	return hashes
}

// file sets a file's path and what follows from it.
func (d *ecsDocument) file(path string) {
	d.set("file.path", path)
	name := baseName(path)
	d.set("file.name", name)
	if directory := strings.TrimRight(path[:len(path)-len(name)], `\/`); directory != "" {
		d.set("file.directory", directory)
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		d.set("file.extension", name[i+1:])
	}
}

// baseName is the last component of a path with either slash.
func baseName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

// technique sets a technique, and the one that it is a part of.
func (d *ecsDocument) technique(id string) {
	if id == "" {
		return
	}
	main, _, sub := strings.Cut(id, ".")
	d.set("threat.framework", "MITRE ATT&CK")
	d.set("threat.technique.id", []string{main})
	d.set("threat.technique.name", []string{cmp.Or(techniqueName(main), main)})
	d.set("threat.technique.reference", []string{techniqueURL(main)})
	if sub {
		d.set("threat.technique.subtechnique.id", []string{id})
		d.set("threat.technique.subtechnique.name", []string{cmp.Or(techniqueName(id), id)})
		d.set("threat.technique.subtechnique.reference", []string{techniqueURL(id)})
	}
}

// rule names the first rule that matches the record.
func (d *ecsDocument) rule(r *correlate.Record) {
	for _, m := range r.Rules {
		if m.Matched {
			d.set("rule.id", m.ID)
			d.set("rule.name", m.Name)
			d.set("rule.version", m.Version)
			return
		}
	}
}

// exportDocument is the document of a file that holds a copy. It informs of a
// file and is no event of its creation.
func (f *front) exportDocument(d *ecsDocument, e *locate.Export, acts []string) {
	at := e.Taken.Exact
	utc := e.Clock == ""
	for _, t := range []time.Time{e.Times.SI.Created, e.Taken.NotBefore, e.Taken.NotAfter} {
		if at.IsZero() && (utc || t != e.Times.SI.Created) {
			at = t
		}
	}
	host := ""
	if len(f.Hosts) == 1 {
		host = f.Hosts[0].Name
	}
	f.ecsBegin(d, at, host, "export", e.Hive, e.State)
	d.set("event.kind", "alert")
	d.set("event.category", []string{"file"})
	d.set("event.type", []string{"info"})
	d.set("event.dataset", "hivetriage.export")
	d.set("event.id", e.ID)
	d.set("event.reason", e.Location.Why)
	d.set("message", e.Hive+" hive, "+e.State+": "+e.At.Place())
	d.file(e.At.Path)
	d.set("file.type", "file")
	d.set("file.fork_name", e.At.Stream)
	d.set("file.size", e.Size)
	d.set("file.hash.sha256", e.SHA256)
	d.set("file.uid", e.OwnerSID)
	d.set("file.inode", number(e.MFTRecord))
	if utc {
		d.set("file.created", e.Times.SI.Created)
		d.set("file.mtime", e.Times.SI.Modified)
		d.set("file.ctime", e.Times.SI.Changed)
		d.set("file.accessed", e.Times.SI.Accessed)
	}
	if e.SHA256 != "" {
		d.set("related.hash", []string{e.SHA256})
	}
	d.set("labels.evidence", e.At.String())
	d.set("labels.hives", e.Hive)
	d.set("labels.state", e.State)
	d.set("labels.method", e.Provenance.Method)
	d.set("labels.relation", e.BelongsTo.Relation)
	d.set("labels.host_of_hive", e.BelongsTo.Host)
	if len(acts) > 0 {
		d.set("labels.act", acts[0])
		d.set("labels.verdict", f.acts[acts[0]].Verdict)
	}
}
