package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/jsonlog"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/rule"
)

// ecsTypes are the fields that are written, with the types that the ECS field
// reference 8.17 gives them, those below winlog and powershell with the types
// of Winlogbeat's and its PowerShell module's. "[]" are those that the
// reference says should be arrays.
var ecsTypes = map[string]string{
	"@timestamp": "date", "message": "match_only_text", "tags": "keyword[]", "labels.*": "keyword", "ecs.version": "keyword",
	"event.kind": "keyword", "event.category": "keyword[]", "event.type": "keyword[]", "event.code": "keyword", "event.dataset": "keyword", "event.id": "keyword",
	"event.module": "keyword", "event.provider": "keyword", "event.reason": "keyword",
	"host.name": "keyword", "host.hostname": "keyword", "host.os.type": "keyword",
	"user.id": "keyword", "user.name": "keyword", "user.domain": "keyword",
	"process.pid": "long", "process.entity_id": "keyword", "process.executable": "keyword", "process.name": "keyword", "process.command_line": "wildcard",
	"process.args": "keyword[]", "process.args_count": "long", "process.working_directory": "keyword",
	"process.hash.md5": "keyword", "process.hash.sha1": "keyword", "process.hash.sha256": "keyword",
	"process.pe.original_file_name": "keyword", "process.pe.imphash": "keyword", "process.pe.description": "keyword", "process.pe.company": "keyword",
	"process.parent.pid": "long", "process.parent.entity_id": "keyword", "process.parent.executable": "keyword", "process.parent.name": "keyword",
	"process.parent.command_line": "wildcard", "process.parent.args": "keyword[]", "process.parent.args_count": "long", "process.parent.working_directory": "keyword",
	"process.parent.hash.md5": "keyword", "process.parent.hash.sha1": "keyword", "process.parent.hash.sha256": "keyword",
	"process.parent.pe.original_file_name": "keyword", "process.parent.pe.imphash": "keyword", "process.parent.pe.description": "keyword", "process.parent.pe.company": "keyword",
	"file.path": "keyword", "file.name": "keyword", "file.directory": "keyword", "file.extension": "keyword", "file.type": "keyword", "file.size": "long", "file.uid": "keyword",
	"file.inode": "keyword", "file.fork_name": "keyword", "file.hash.sha256": "keyword", "file.created": "date", "file.mtime": "date", "file.ctime": "date", "file.accessed": "date",
	"log.file.path": "keyword", "source.address": "keyword", "source.ip": "ip",
	"related.user": "keyword[]", "related.hosts": "keyword[]", "related.hash": "keyword[]",
	"rule.id": "keyword", "rule.name": "keyword", "rule.version": "keyword",
	"threat.framework": "keyword", "threat.technique.id": "keyword[]", "threat.technique.name": "keyword[]", "threat.technique.reference": "keyword[]",
	"threat.technique.subtechnique.id": "keyword[]", "threat.technique.subtechnique.name": "keyword[]", "threat.technique.subtechnique.reference": "keyword[]",
	"winlog.channel": "keyword", "winlog.computer_name": "keyword", "winlog.event_id": "keyword", "winlog.provider_name": "keyword", "winlog.record_id": "keyword",
	"winlog.logon.id": "keyword", "winlog.event_data.*": "keyword", "powershell.file.script_block_text": "text",
}

// ecsAllowed are the event.type values that the reference lists with each
// event.category.
var ecsAllowed = map[string][]string{
	"process": {"access", "change", "end", "info", "start"}, "file": {"access", "change", "creation", "deletion", "info"},
	"registry": {"access", "change", "creation", "deletion"}, "configuration": {"access", "change", "creation", "deletion", "info"},
}

// flatten calls f for every value of a document under its dotted name.
func flatten(path string, v any, f func(path string, v any)) {
	object, ok := v.(map[string]any)
	if !ok {
		f(path, v)
		return
	}
	for name, inner := range object {
		flatten(strings.TrimPrefix(path+"."+name, "."), inner, f)
	}
}

func TestECSTypes(t *testing.T) {
	cases := checkedCases(t)
	n := 0
	for name, c := range cases {
		docs := jsonLines(t, "ecs.ndjson", c)
		if len(docs) != len(c.Records)+len(c.Exports) {
			t.Errorf("%s: %d documents of %d records and %d exports", name, len(docs), len(c.Records), len(c.Exports))
		}
		for _, doc := range docs {
			flatten("", doc, func(path string, v any) {
				n++
				kind, known := ecsTypes[path]
				if i := strings.LastIndexByte(path, '.'); !known && i > 0 {
					kind, known = ecsTypes[path[:i]+".*"]
				}
				if !known {
					t.Errorf("%s: ECS has no field %s", name, path)
				} else if why := notOfType(kind, v); why != "" {
					t.Errorf("%s: %s is %s: %.80v", name, path, why, v)
				}
			})
			holdECS(t, name, doc)
		}
	}
	if n < 500 {
		t.Errorf("only %d values were looked at", n)
	}
}

// notOfType says why a value cannot be indexed as a type, "" if it can.
func notOfType(kind string, v any) string {
	element, list := strings.CutSuffix(kind, "[]")
	values, isList := v.([]any)
	if list != isList || isList && len(values) == 0 {
		return "not a list, or one where there should be none"
	}
	if !isList {
		values = []any{v}
	}
	for _, v := range values {
		text, isText := v.(string)
		switch element {
		case "long":
			if f, ok := v.(float64); !ok || f != float64(int64(f)) {
				return "no long"
			}
			continue
		case "date":
			if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
				return "no date"
			}
		case "ip":
			if _, err := netip.ParseAddr(text); err != nil {
				return "no address"
			}
		}
		if !isText || text == "" {
			return "no text, or an empty one"
		}
	}
	return ""
}

// holdECS checks what every document must have.
func holdECS(t *testing.T, name string, doc map[string]any) {
	t.Helper()
	event := doc["event"].(map[string]any)
	if kind := event["kind"]; kind != "event" && kind != "alert" {
		t.Errorf("%s: event.kind %v", name, kind)
	}
	if _, timed := doc["@timestamp"]; timed == slices.Contains(doc["tags"].([]any), any("no-time")) {
		t.Errorf("%s: @timestamp %v, tags %v", name, doc["@timestamp"], doc["tags"])
	}
	if categories, ok := event["category"].([]any); ok {
		allowed := ecsAllowed[categories[0].(string)]
		if kind := event["type"].([]any)[0].(string); !slices.Contains(allowed, kind) {
			t.Errorf("%s: event.type %s of event.category %v", name, kind, categories)
		}
	}
}

// TestECSFiresTheRule reads the documents back as any shipped log and holds
// them against the seed rule: every version says of each document what it says
// of the event that the record was made of.
func TestECSFiresTheRule(t *testing.T) {
	c := confirmedCase()
	c.Records = nil
	for i, line := range [][]string{
		{"reg", "save", `HKLM\SAM`, "a.dat"}, {"reg.exe", "export", `hklm\security`, "b.reg", "/y"}, {"reg", "save", `HKLM\SYSTEM`, "c"},
		{"reg", "query", `HKLM\SAM`}, {"reg", "save", `HKEY_LOCAL_MACHINE\SAM`, "d"},
	} {
		for _, source := range []correlate.From{
			{Path: securityLog, Channel: "Security", EventCode: "4688", RecordID: 17}, {Path: sysmonLog, Channel: "Microsoft-Windows-Sysmon/Operational", EventCode: "1"},
			{Path: "/endpoint.ndjson", EventCode: "0", Channel: "endpoint.events.process"},
		} {
			p := sampleProcess("SAM", "a.dat", uint32(100+i))
			p.Args, p.CommandLine = line, strings.Join(line, " ")
			if source.EventCode == "4688" {
				p.OriginalFileName = "" // which Security does not record
			}
			c.Records = append(c.Records, correlate.Record{ID: fmt.Sprint("r", len(c.Records)), Kind: "process", Time: at(2, i, 0, 4), Host: "WS-041", User: sampleUser, Process: p, From: source})
		}
	}
	for j := range c.Records {
		c.Records[j].Rules = rule.Evaluate(asEvent(&c.Records[j]), c.Records[j].Process.Args)
	}
	events := readBack(t, c)
	if len(events) != len(c.Records) {
		t.Fatalf("%d events of %d records", len(events), len(c.Records))
	}
	matched := 0
	for i, e := range events {
		r := &c.Records[i]
		for j, m := range rule.Evaluate(&e, e.Process.Args) {
			if want := r.Rules[j]; m.ID != want.ID || m.Version != want.Version || m.Matched != want.Matched {
				t.Errorf("%s of %s: %s %s %v, want %v", r.Process.CommandLine, r.From.Path, m.Name, m.Version, m.Matched, want.Matched)
			}
			if m.ID == rule.SeedID && m.Matched {
				matched++
			}
		}
		if got, want := e.Process, r.Process; got.PID != want.PID || got.CommandLine != want.CommandLine || got.Executable != want.Executable || !slices.Equal(got.Args, want.Args) ||
			got.EntityID != want.EntityID || got.Hashes != want.Hashes || got.Parent.CommandLine != want.Parent.CommandLine || got.Parent.PID != want.Parent.PID {
			t.Errorf("read back as %+v", got)
		}
		if e.User.Name != "svc-backup" || e.User.LogonID != sampleUser.LogonID || e.Host != "WS-041" || !e.Time.Equal(r.Time) || e.RecordID != r.From.RecordID {
			t.Errorf("read back as %+v of %s at %s, record %d", e.User, e.Host, e.Time, e.RecordID)
		}
	}
	if matched < 20 {
		t.Errorf("the rule matched %d times", matched)
	}
}

// asEvent is the event that a record was made of.
func asEvent(r *correlate.Record) *artifacts.Event {
	e := &artifacts.Event{Channel: r.From.Channel, Time: r.Time, Host: r.Host, User: r.User, Process: r.Process}
	switch r.From.EventCode {
	case "4688":
		e.Code, e.Provider = 4688, "Microsoft-Windows-Security-Auditing"
	case "1":
		e.Code, e.Provider = 1, "Microsoft-Windows-Sysmon"
	default:
		e.Provider = jsonlog.Endpoint
	}
	return e
}

// readBack reads the process starts of a case's documents.
func readBack(t *testing.T, c *triage.Case) (events []artifacts.Event) {
	t.Helper()
	text := render(t, "ecs.ndjson", c)
	if !jsonlog.IsLog(text[:min(len(text), 4096)]) {
		t.Fatalf("the documents are not known as a log: %.300s", text)
	}
	log := jsonlog.Open(bytes.NewReader(text), int64(len(text)), artifacts.Locator{Source: "ecs.ndjson"})
	for e, err := range log.Events(t.Context(), jsonlog.Query{Select: []jsonlog.Selector{{ID: 4688}, {ID: 1}, {Provider: jsonlog.Endpoint}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Process != nil && e.File == nil {
			events = append(events, e)
		}
	}
	return events
}

// TestECSArtefactsAreNoStarts: what an artefact of a run tells is no process
// start, and fires no rule that the logs did not fire.
func TestECSArtefactsAreNoStarts(t *testing.T) {
	c := &triage.Case{}
	for _, kind := range []string{"execution", "script", "service", "object", "share", "file", "hive-load", "journal", "something new"} {
		c.Records = append(c.Records, correlate.Record{ID: kind, Kind: kind, Time: at(1, 0, 0, 0), Process: sampleProcess("SAM", "a", 7), File: `C:\a\SAM`, Address: "::ffff:10.0.0.7",
			From: correlate.From{Path: "/Windows/Prefetch/REG.EXE-1.pf", Artefact: "Prefetch"}})
	}
	for _, doc := range jsonLines(t, "ecs.ndjson", c) {
		event := doc["event"].(map[string]any)
		if kind := event["type"].([]any)[0]; kind == "start" || event["code"] != nil || doc["source"].(map[string]any)["ip"] != "10.0.0.7" {
			t.Errorf("%v: event %v, source %v", event["id"], event, doc["source"])
		}
	}
}
