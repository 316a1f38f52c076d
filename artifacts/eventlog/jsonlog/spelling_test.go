package jsonlog

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

// One process start, as different programs write it.
const (
	nestedBeat = `{"@timestamp":"2024-05-01T10:00:00.1234567Z","agent":{"type":"winlogbeat","name":"collector"},"event":{"code":"4688","category":["process"],"type":["start"],"created":"2024-05-01T10:00:03Z"},` +
		`"host":{"name":"WS01.corp.example"},"process":{"args":["reg","save","HKLM\\SAM","C:\\s"],"command_line":"reg save HKLM\\SAM C:\\s","executable":"C:\\Windows\\System32\\reg.exe","name":"reg.exe","pid":8168,"parent":{"executable":"C:\\Windows\\System32\\cmd.exe","name":"cmd.exe","pid":5972}},` +
		`"user":{"domain":"CORP","id":"S-1-5-21-1-2-3-1104","name":"ann"},"winlog":{"channel":"Security","computer_name":"WS01.corp.example","event_id":"4688","logon":{"id":"0x10a7df"},"provider_name":"Microsoft-Windows-Security-Auditing","record_id":"820988"}}`
	dottedBeat = `{"@timestamp":["2024-05-01T10:00:00.1234567Z"],"event.code":[4688],"event.category":"process","event.type":"start","host.name":"WS01.corp.example",` +
		`"process.command_line":["reg save HKLM\\SAM C:\\s"],"process.args":["reg","save","HKLM\\SAM","C:\\s"],"process.executable":["C:\\Windows\\System32\\reg.exe"],"process.pid":[8168],"process.parent.executable":["C:\\Windows\\System32\\cmd.exe"],"process.parent.pid":[5972],` +
		`"user.domain":["CORP"],"user.id":["S-1-5-21-1-2-3-1104"],"user.name":["ann"],"winlog.channel":["Security"],"winlog.computer_name":["WS01.corp.example"],"winlog.event_id":["4688"],"winlog.logon.id":["0x10a7df"],"winlog.provider_name":["Microsoft-Windows-Security-Auditing"],"winlog.record_id":["820988"]}`
	dataFields = `"SubjectUserSid":"S-1-5-21-1-2-3-1104","SubjectUserName":"ann","SubjectDomainName":"CORP","SubjectLogonId":"0x10a7df","NewProcessId":"0x1fe8","NewProcessName":"C:\\Windows\\System32\\reg.exe","ProcessId":"0x1754",` +
		`"CommandLine":"reg save HKLM\\SAM C:\\s","TargetUserSid":"S-1-0-0","TargetUserName":"-","TargetDomainName":"-","TargetLogonId":"0x0","ParentProcessName":"C:\\Windows\\System32\\cmd.exe"`
	beat6   = `{"@timestamp":"2024-05-01T10:00:00.123Z","beat":{"version":"6.8.0","hostname":"collector"},"computer_name":"WS01.corp.example","event_id":4688,"log_name":"Security","record_number":"820988","source_name":"Microsoft-Windows-Security-Auditing","event_data":{` + dataFields + `}}`
	nxlog   = `{"EventTime":"2024-05-01 12:00:00","Hostname":"WS01.corp.example","host":"collector","EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"security","RecordNumber":820988,"EventReceivedTime":"2024-05-01 12:00:02","@timestamp":"2024-05-01T10:00:02.400Z",` + dataFields + `}`
	nxlog12 = `{"EventTime":"2024-05-01 12:00:00","Hostname":"WS01.corp.example","EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","RecordNumber":820988,"EventReceivedTime":"2024-05-01 12:00:02","@timestamp":"2024-05-01T22:00:02.400Z",` + dataFields + `}`
	zoned   = `{"EventTime":"2024-05-01T12:00:00.123+02:00","Hostname":"WS01.corp.example","EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","RecordNumber":820988,` + dataFields + `}`
	helk    = `{"@timestamp":"2024-05-01T10:00:00.123Z","log_name":"Security","source_name":"Microsoft-Windows-Security-Auditing","host_name":"WS01.corp.example","event_id":4688,"record_number":"820988","process_path":"C:\\Windows\\System32\\reg.exe","process_command_line":"reg save HKLM\\SAM C:\\s","process_id":"8168",` +
		`"process_parent_path":"C:\\Windows\\System32\\cmd.exe","process_parent_id":"5972","user_name":"ann","user_domain":"CORP","user_sid":"S-1-5-21-1-2-3-1104","user_logon_id":"0x10a7df"}`
	evtxDump = `{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing","Guid":"54849625-5478-4994-A5BA-3E3B0328C30D"}},` +
		`"EventID":4688,"TimeCreated":{"#attributes":{"SystemTime":"2024-05-01T10:00:00.123456Z"}},"EventRecordID":820988,"Channel":"Security","Computer":"WS01.corp.example"},"EventData":{` + dataFields + `}}}`
	evtxDumpQualified = `{"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":{"#attributes":{"Qualifiers":0},"#text":4688},"TimeCreated_attributes":{"SystemTime":"2024-05-01T10:00:00.123456Z"},` +
		`"EventRecordID":820988,"Channel":"Security","Computer":"WS01.corp.example"},"EventData":{` + dataFields + `}}}`
	velociraptor = `{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":{"Value":4688},"TimeCreated":{"SystemTime":1714557600.123},"EventRecordID":820988,"Channel":"Security","Computer":"WS01.corp.example"},"EventData":{` + dataFields + `}}`
)

// evtxECmd keeps what the provider wrote as JSON in a string.
var evtxECmd = func() string {
	var list []string
	for _, f := range strings.Split(dataFields, `,"`) {
		name, value, _ := strings.Cut(strings.TrimPrefix(f, `"`), `":`)
		list = append(list, `{"@Name":"`+name+`","#text":`+value+`}`)
	}
	payload := strings.ReplaceAll(strings.ReplaceAll(`{"EventData":{"Data":[`+strings.Join(list, ",")+`]}}`, `\`, `\\`), `"`, `\"`)
	return `{"PayloadData1":"x","ChunkNumber":0,"Computer":"WS01.corp.example","Payload":"` + payload + `","UserId":"","Channel":"Security","Provider":"Microsoft-Windows-Security-Auditing","EventId":4688,"EventRecordId":"820988","ProcessId":4,"ThreadId":5,"TimeCreated":"2024-05-01T10:00:00.1234567+00:00","RecordNumber":7}`
}()

// TestSpellings: the same act told by every layout is the same event.
func TestSpellings(t *testing.T) {
	source := `"_index":"winlogbeat-8","_id":"x","_score":1.0,"_source":`
	for name, c := range map[string]struct {
		text string
		want string // the time
	}{
		"nested":        {nestedBeat, "10:00:00.1234567"},
		"dotted":        {dottedBeat, "10:00:00.1234567"},
		"version 6":     {beat6, "10:00:00.123"},
		"NXLog":         {nxlog, "10:00:00"},
		"twelve hours":  {nxlog12, "22:00:00"},
		"with a zone":   {zoned, "10:00:00.123"},
		"HELK":          {helk, "10:00:00.123"},
		"evtx_dump":     {evtxDump, "10:00:00.123456"},
		"qualified":     {evtxDumpQualified, "10:00:00.123456"},
		"record lines":  {"Record 1\n" + evtxDump + "\n", "10:00:00.123456"},
		"Velociraptor":  {velociraptor, "10:00:00.123"},
		"EvtxECmd":      {evtxECmd, "10:00:00.1234567"},
		"elasticdump":   {"{" + source + nestedBeat + "}", "10:00:00.1234567"},
		"search":        {`{"took":1,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":1},"max_score":null,"hits":[{` + source + nestedBeat + "}]}}", "10:00:00.1234567"},
		"fields":        {`{"hits":{"hits":[{"_index":"winlogbeat-8","fields":` + dottedBeat + `}]}}`, "10:00:00.1234567"},
		"pretty search": {strings.ReplaceAll(`{§ "took" : 1,§ "hits" : {§  "total" : 1,§  "hits" : [§   {§    `+source+" "+nestedBeat+"§   }§  ]§ }§}§", "§", "\r\n"), "10:00:00.1234567"},
		"array":         {"[" + nestedBeat + "]", "10:00:00.1234567"},
		"pretty array":  {"[\n  {" + strings.ReplaceAll(nestedBeat[1:len(nestedBeat)-1], `,"`, ",\n    \"") + "\n  }\n]\n", "10:00:00.1234567"},
		"mark":          {"\xEF\xBB\xBF" + nestedBeat, "10:00:00.1234567"},
		"syslog":        {"<13>May  1 10:00:00 relay nxlog: " + nestedBeat, "10:00:00.1234567"},
	} {
		if name != "syslog" && !IsLog([]byte(c.text)[:min(len(c.text), artifacts.MaxHead)]) {
			t.Errorf("%s: not recognised", name)
		}
		events, problems, stats := all(t, []byte(c.text), Query{Select: processes})
		if len(events) != 1 || len(problems) != 0 || stats.PerID[4688] != 1 {
			t.Errorf("%s: %d events, problems %v, %+v", name, len(events), problems, stats)
			continue
		}
		e := events[0]
		p := e.Process
		got := []string{e.Time.Format("2006-01-02 15:04:05.9999999"), e.Host, strings.ToLower(e.Channel), e.Provider, e.User.Domain, e.User.Name, e.User.SID, e.User.LogonID,
			p.Executable, p.CommandLine, p.Parent.Executable}
		want := []string{"2024-05-01 " + c.want, "WS01.corp.example", "security", providerSecurity, "CORP", "ann", "S-1-5-21-1-2-3-1104", "0x10a7df",
			`C:\Windows\System32\reg.exe`, `reg save HKLM\SAM C:\s`, `C:\Windows\System32\cmd.exe`}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q (%s)", name, got[i], want[i], e.TimeNote)
			}
		}
		if e.Code != 4688 || e.RecordID != 820988 || p.PID != 8168 || p.Parent.PID != 5972 || c.text[e.Offset] != '{' || !e.Started.IsZero() || e.Target.SID != "" {
			t.Errorf("%s: %+v %+v", name, e, p)
		}
	}
}

// TestSysmon: the process's own time, and users that are not those who log.
func TestSysmon(t *testing.T) {
	flat := `{"EventTime":"2024-05-01 04:00:01","Hostname":"WS01","EventID":%1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","AccountName":"SYSTEM","UserID":"S-1-5-18","RecordNumber":9,"UtcTime":"2024-05-01 12:00:00.319",` +
		`"ProcessGuid":"{b34bc01c-b5b8-5f69-cc02-000000000900}","ProcessId":"77","Image":"C:\\Windows\\System32\\reg.exe","User":"CORP\\ann","LogonId":"0x10a7df","CommandLine":"reg save","OriginalFileName":"reg.exe","TargetFilename":"C:\\s","CreationUtcTime":"2024-05-01 12:00:00.319"}`
	shipped := `{"@timestamp":"2024-05-01T12:00:00.319Z","ecs":{"version":"8"},"event":{"code":"%1","module":"sysmon"},"file":{"path":"C:\\s"},"process":{"entity_id":"{b34bc01c-b5b8-5f69-cc02-000000000900}","pid":77,"executable":"C:\\Windows\\System32\\reg.exe","command_line":"reg save","pe":{"original_file_name":"reg.exe"}},` +
		`"user":{"id":"S-1-5-18","domain":"CORP","name":"ann"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"WS01","event_data":{"LogonId":"0x10a7df"},"event_id":"%1","record_id":9}}`
	for name, text := range map[string]string{"flat": flat, "shipped": shipped} {
		for code, id := range map[uint32]string{1: "1", 11: "11"} {
			events, problems, _ := all(t, []byte(strings.ReplaceAll(text, "%1", id)), Query{Select: processes})
			if len(events) != 1 || len(problems) != 0 {
				t.Errorf("%s %s: %d events, %v", name, id, len(events), problems)
				continue
			}
			e := events[0]
			if e.Code != code || !e.Began().Equal(time.Date(2024, 5, 1, 12, 0, 0, 319e6, time.UTC)) || e.Time.Sub(e.Began()).Abs() > time.Second {
				t.Errorf("%s %s: %v, began %v: %s", name, id, e.Time, e.Began(), e.TimeNote)
			}
			if e.User != (artifacts.User{Domain: "CORP", Name: "ann", LogonID: "0x10a7df"}) || e.Process.EntityID != "{B34BC01C-B5B8-5F69-CC02-000000000900}" || e.Process.PID != 77 {
				t.Errorf("%s %s: %+v %+v", name, id, e, e.Process)
			}
			if (e.File != nil) != (code == 11) || e.File != nil && e.File.Path != `C:\s` || code == 1 && e.Process.OriginalFileName != "reg.exe" {
				t.Errorf("%s %s: %+v %+v", name, id, e.File, e.Process)
			}
		}
	}
}

// TestEndpoint: what Elastic Defend records has no event ID.
func TestEndpoint(t *testing.T) {
	const text = `{"@timestamp":"2024-05-01T10:00:00.123Z","agent":{"type":"endpoint"},"data_stream":{"dataset":"endpoint.events.KIND"},"event":{"category":["KIND"],"type":["TYPE"],"dataset":"endpoint.events.KIND","sequence":42},"host":{"hostname":"ws01","name":"ws01"},` +
		`"file":{"path":"C:\\s"},"process":{"Ext":{"authentication_id":"0x3e7"},"args":["reg","save"],"command_line":"reg save","entity_id":"N2Yz","executable":"C:\\Windows\\System32\\reg.exe","pid":8,"pe":{"original_file_name":"reg.exe"},"parent":{"pid":4,"executable":"C:\\Windows\\System32\\cmd.exe"}},"user":{"domain":"CORP","id":"S-1-5-21-9","name":"ann"}}`
	for _, c := range []struct{ kind, what string }{{"process", "start"}, {"file", "creation"}, {"process", "end"}, {"file", "deletion"}, {"network", "start"}} {
		events, problems, stats := all(t, []byte(strings.NewReplacer("KIND", c.kind, "TYPE", c.what).Replace(text)), Query{Select: processes})
		wanted := c.what == "start" && c.kind == "process" || c.what == "creation"
		if (len(events) == 1) != wanted || len(problems) != 0 || stats.Records != 1 {
			t.Errorf("%v: %d events, %v", c, len(events), problems)
		}
		for _, e := range events {
			if e.Provider != Endpoint || e.Code != 0 || e.RecordID != 42 || e.Host != "ws01" || e.User != (artifacts.User{Name: "ann", Domain: "CORP", SID: "S-1-5-21-9", LogonID: "0x3e7"}) ||
				e.Process.EntityID != "N2Yz" || (e.File != nil) != (c.kind == "file") || (e.Process.Parent != nil) != (c.kind == "process") {
				t.Errorf("%v: %+v %+v", c, e, e.Process)
			}
		}
	}
}

// TestNotLogs: files that only look alike are left alone.
func TestNotLogs(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "{}", `{"name":"package","version":"1.0"}`, `{"code":4,"message":"EventID"}`, "EventID,Channel\n1,Security",
		`{"channel":"stable","url":"x"}`, `["EventID","Channel"]`, "\xFF\xFE{\x00\"\x00", string(bytes.Repeat([]byte{'['}, 4096))} {
		if IsLog([]byte(text)) {
			t.Errorf("%.40q is taken for a log", text)
		}
	}
}
