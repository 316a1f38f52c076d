package triage_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
)

// An excerpt is what one source alone holds of a story: files, and keys in the
// live hives by their hive. The zero excerpt is one without anything.
type excerpt struct {
	files map[string][]byte
	more  map[string]*hivetest.Key
	table []ntfstest.File // what a collected $MFT tells of
	open  bool            // the live hives lie on a volume that lets users read them
}

// one is an excerpt of one file.
func one(name string, data []byte) excerpt { return excerpt{files: map[string][]byte{name: data}} }

// eve is the account of all stories.
var eve = eventlogtest.Account{SID: "S-1-5-21-1-2-3-1001", Name: "eve", Domain: "WS01", LogonID: 0x5C1A2F}

const (
	logs       = "C/Windows/System32/winevt/Logs/"
	guidOfEve  = "{5AA13A44-ACA6-68FE-DE5D-000000004002}"
	shell      = system32 + "cmd.exe"
	shellPID   = 0x2924
	programPID = 0x1D28
)

// logged is an event log of some records.
func logged(name string, records ...eventlogtest.Record) excerpt {
	if len(records) == 0 {
		return excerpt{}
	}
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(records...)
	return one(logs+name+".evtx", w.Bytes())
}

func (s *story) inPowerShell() string { return cmp.Or(s.script, s.line) }

// start4688 tells of the start, with or without its command line.
func start4688(line func(*story) string) func(*story) excerpt {
	return func(s *story) excerpt {
		if s.image == "" {
			return excerpt{}
		}
		return logged("Security", eventlogtest.Security4688(act.Add(-time.Second), sourceHost.Name, eventlogtest.NewProcess{Subject: eve, PID: programPID,
			Image: s.image, ParentPID: shellPID, CommandLine: line(s), ParentImage: cmp.Or(s.parent, shell)}))
	}
}

func lineOf(s *story) string { return s.line }
func noLine(*story) string   { return "" }

func sysmon1(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return logged("Microsoft-Windows-Sysmon%4Operational", eventlogtest.Sysmon1(act.Add(-time.Second), sourceHost.Name, eventlogtest.SysmonProcess{GUID: guidOfEve, PID: programPID, Image: s.image,
		OriginalFileName: s.original, CommandLine: s.line, CurrentDirectory: `C:\Users\eve\`, User: `WS01\eve`, LogonID: eve.LogonID, ParentPID: shellPID, ParentImage: cmp.Or(s.parent, shell)}))
}

// sysmon11 tells of the copies' files; where a host is told to save them, its
// system makes them.
func sysmon11(s *story) excerpt {
	var records []eventlogtest.Record
	image, user := s.writer()
	for _, c := range s.copies {
		if image == "" { // this Windows did not run
			break
		}
		records = append(records, eventlogtest.Sysmon11(act, sourceHost.Name, eventlogtest.SysmonFile{GUID: guidOfEve, PID: programPID, Image: image, Target: c.path, User: user}))
	}
	return logged("Microsoft-Windows-Sysmon%4Operational", records...)
}

// writer is the program that makes the files on their host, and its account.
func (s *story) writer() (image, user string) {
	switch {
	case s.periodic:
		return system32 + "taskhostw.exe", `NT AUTHORITY\SYSTEM`
	case len(s.asked) > 0 && s.asked[0] == winreg:
		return system32 + "svchost.exe", `NT AUTHORITY\LOCAL SERVICE`
	}
	return s.image, `WS01\eve`
}

// sysmonOther tells of what Sysmon has records of its own for: a library that
// was loaded (7), a volume that was read (9), memory that was (10), a setting
// (13).
func sysmonOther(s *story) excerpt {
	by := eventlogtest.SysmonFile{GUID: guidOfEve, PID: programPID, Image: s.image, User: `WS01\eve`}
	field := func(name, value string) eventlogtest.Field {
		return eventlogtest.Field{Name: name, Type: eventlogtest.String, Value: value}
	}
	record := func(id uint16, more ...eventlogtest.Field) excerpt {
		return logged("Microsoft-Windows-Sysmon%4Operational", eventlogtest.SysmonEvent(id, act, sourceHost.Name, by, more...))
	}
	switch {
	case s.loaded != "":
		return record(7, field("ImageLoaded", s.loaded), field("Signature", "Microsoft Windows"), field("SignatureStatus", "Valid"))
	case s.raw:
		return record(9, field("Device", `\Device\HarddiskVolume3`))
	case s.memory:
		return record(10, field("SourceImage", s.image), field("TargetImage", system32+"lsass.exe"), field("GrantedAccess", "0x1410"))
	case s.periodic:
		return record(13, field("EventType", "SetValue"), field("TargetObject", `HKLM\System\CurrentControlSet\Control\Session Manager\Configuration Manager\EnablePeriodicBackup`), field("Details", "DWORD (0x00000001)"))
	}
	return excerpt{}
}

type object = map[string]any

// ndjson writes documents, one a line.
func ndjson(name string, documents ...object) excerpt {
	if len(documents) == 0 {
		return excerpt{}
	}
	var b bytes.Buffer
	for _, d := range documents {
		if err := json.NewEncoder(&b).Encode(d); err != nil {
			panic(err) // maps of strings and numbers
		}
	}
	return one(name, b.Bytes())
}

const ecsTime = "2006-01-02T15:04:05.000Z"

// process is ECS's object of the program.
func (s *story) process() object {
	return object{"executable": s.image, "name": s.image[strings.LastIndexByte(s.image, '\\')+1:], "command_line": s.line, "pid": programPID, "entity_id": "5AA13A44-ACA6-68FE-DE5D-000000004002",
		"pe": object{"original_file_name": s.original}, "parent": object{"executable": cmp.Or(s.parent, shell), "pid": shellPID}}
}

func winlogbeat(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return ndjson("winlogbeat.ndjson", object{"@timestamp": act.Format(ecsTime), "agent": object{"type": "winlogbeat"}, "ecs": object{"version": "8.17.0"},
		"event": object{"code": "4688", "provider": "Microsoft-Windows-Security-Auditing", "category": []string{"process"}, "type": []string{"start"}}, "host": object{"name": sourceHost.Name},
		"process": s.process(), "user": object{"name": "eve", "domain": "WS01", "id": eve.SID},
		"winlog": object{"channel": "Security", "computer_name": sourceHost.Name, "event_id": "4688", "provider_name": "Microsoft-Windows-Security-Auditing", "record_id": "3572"}})
}

// endpointFiles are Elastic Defend's documents of the copies' files.
func endpointFiles(s *story) excerpt {
	var documents []object
	image, _ := s.writer()
	for _, c := range s.copies {
		if image == "" {
			break
		}
		documents = append(documents, object{"@timestamp": act.Format(ecsTime), "agent": object{"type": "endpoint"}, "ecs": object{"version": "8.10.0"},
			"data_stream": object{"dataset": "endpoint.events.file", "type": "logs"}, "host": object{"name": sourceHost.Name, "os": object{"type": "windows"}},
			"event":   object{"category": []string{"file"}, "type": []string{"creation"}, "action": "creation", "module": "endpoint", "dataset": "endpoint.events.file", "kind": "event"},
			"file":    object{"path": c.path, "size": 49152, "Ext": object{"header_bytes": "72656766"}},
			"process": object{"executable": image, "pid": programPID, "entity_id": "N2Yz"}, "user": object{"name": "eve", "domain": "WS01", "id": eve.SID}})
	}
	return ndjson("endpoint.ndjson", documents...)
}

func block4104(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return logged("Microsoft-Windows-PowerShell%4Operational", eventlogtest.PowerShell4104(act, sourceHost.Name, eve.SID, 4242, 1, 1, s.inPowerShell(), "0b"))
}

// pipeline4103 tells of a command and what it was given.
func pipeline4103(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	r := recordOf("Microsoft-Windows-PowerShell", 4103, "Microsoft-Windows-PowerShell/Operational", "ContextInfo", "        Severity = Informational\r\n        Host Application = powershell.exe -c "+s.inPowerShell()+"\r\n",
		"UserData", "", "Payload", "CommandInvocation(Out-Default): \"Out-Default\"\r\n")
	return logged("Microsoft-Windows-PowerShell%4Operational", r)
}

func shares5145(s *story) excerpt {
	var records []eventlogtest.Record
	for i, a := range s.asked {
		records = append(records, eventlogtest.Security5145(act.Add(time.Duration(i)*time.Second), sourceHost.Name, eventlogtest.ShareAccess{Subject: eve, IP: "10.0.0.9", Port: "50222",
			Share: `\\*\` + a.share, ShareLocal: a.local, Target: a.target, Mask: 0x12019f}))
	}
	return logged("Security", records...)
}

func service7045(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return logged("System", eventlogtest.System7045(act, sourceHost.Name, eve.SID, "upd", `%COMSPEC% /c `+s.line))
}

// parts are a command's program and its arguments, as a task has them.
func (s *story) parts() (program, arguments string) {
	program, arguments, _ = strings.Cut(s.line, " ")
	return program, arguments
}

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func task4698(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	program, arguments := s.parts()
	return logged("Security", eventlogtest.Security4698(act, sourceHost.Name, eve, `\upd`, "<Task><Actions><Exec><Command>"+program+"</Command><Arguments>"+escaped.Replace(arguments)+"</Arguments></Exec></Actions></Task>"))
}

func action200(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return logged("Microsoft-Windows-TaskScheduler%4Operational", recordOf("Microsoft-Windows-TaskScheduler", 200, "Microsoft-Windows-TaskScheduler/Operational", "TaskName", `\upd`, "ActionName", s.image))
}

func ownRecords(s *story) excerpt { return logged("Own", s.own...) }

// load16 tells of the copies being loaded.
func load16(s *story) excerpt {
	var records []eventlogtest.Record
	for _, c := range s.copies {
		if c.form != "text" && c.form != "backup" {
			records = append(records, eventlogtest.KernelGeneral16(act, sourceHost.Name, eve.SID, `\??\`+c.path))
		}
	}
	return logged("System", records...)
}

// alert1116 tells of a detection in the copies, or in the program.
func alert1116(s *story) excerpt {
	var places []string
	for _, c := range s.copies {
		places = append(places, "file:_"+c.path)
	}
	if len(places) == 0 && s.image != "" {
		places = append(places, "file:_"+s.image)
	}
	if len(places) == 0 {
		return excerpt{}
	}
	return logged("Microsoft-Windows-Windows Defender%4Operational", recordOf("Microsoft-Windows-Windows Defender", 1116, "Microsoft-Windows-Windows Defender/Operational",
		"Threat Name", "HackTool:Win32/Dumper", "Path", strings.Join(places, "; "), "Process Name", cmp.Or(s.image, "Unknown"), "Action Name", "Not Applicable"))
}
