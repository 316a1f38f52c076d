package report

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/destination"
	"hivetriage/triage/expose"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
	"hivetriage/triage/rule"
	"hivetriage/triage/settings"
)

const (
	sampleImage  = "/evidence/WS-041.E01"
	sampleVolume = "ewf/gpt:2"
	securityLog  = "/Windows/System32/winevt/Logs/Security.evtx"
	sysmonLog    = "/Windows/System32/winevt/Logs/Microsoft-Windows-Sysmon%4Operational.evtx"
)

// at is a time on the day of the samples, in Windows resolution.
func at(hour, minute, second, ticks int) time.Time {
	return time.Date(2026, 11, 3, hour, minute, second, ticks*100, time.UTC)
}

func digest(c string) string { return strings.Repeat(c, 32) }

// sampleCases are the cases of the golden files.
func sampleCases() map[string]*triage.Case {
	return map[string]*triage.Case{
		"confirmed": confirmedCase(),
		"clean":     cleanCase(),
		"hostile":   hostileCase(strings.Join(hostileStrings[:9], " ")),
		"empty":     {Schema: triage.Schema, SchemaVersion: triage.SchemaVersion, Verdict: "none"},
	}
}

func caseFrame() *triage.Case {
	return &triage.Case{
		Schema: triage.Schema, SchemaVersion: triage.SchemaVersion,
		Tool: triage.Tool{Name: "hivetriage", Version: "0.1.0", Commit: "f26eeea", RulesSHA256: digest("5e")}, Rules: sampleScopes(),
		Run: triage.RunInfo{
			Started:     time.Date(2026, 11, 22, 21, 14, 7, 0, time.UTC),
			Finished:    time.Date(2026, 11, 22, 21, 14, 19, 500e6, time.UTC),
			CommandLine: "hivetriage --image /evidence/WS-041.E01 --html report.html --json case.json --hash",
			CaseID:      "IR-2026-0114", Examiner: "A. Example",
		},
		Inputs: []artifacts.Input{{
			Path: sampleImage, Kind: "ewf", Size: 256060514304, SHA256: digest("c4"),
			Segments: []string{"WS-041.E01", "WS-041.E02"},
			Stored:   map[string]string{"md5": strings.Repeat("9", 32), "sha1": strings.Repeat("7", 40)},
		}},
		Hosts: []triage.Host{{
			Name: "WS-041", Because: []string{"SYSTEM\\ControlSet001\\Control\\ComputerName", "Computer of 48,211 records in Security.evtx"},
			MachineSID: "S-1-5-21-1004336348-1177238915-682003330", Domain: "corp.example",
			OS: "Windows 11 Pro 23H2 (22631)", TimeZone: "W. Europe Standard Time (UTC+1)",
			Settings: []settings.Setting{
				{What: "process creation auditing", State: "on", Means: "process starts are recorded (4688)", Certainty: "certain", Path: "/Windows/System32/config/SECURITY", Offset: 7940},
				{What: "PowerShell script block logging", State: "off", Means: "scripts are not recorded", Remedy: "set EnableScriptBlockLogging to 1", Certainty: settings.Default, Path: "/Windows/System32/config/SOFTWARE"},
			},
		}},
	}
}

func confirmedCase() *triage.Case {
	c := caseFrame()
	c.Verdict = "confirmed"
	c.Summary = []string{
		"On 3 November 2026 at 02:14:09 UTC the account CORP\\svc-backup copied the SAM and SYSTEM hives of WS-041 with reg.exe.",
		"The copies hold the password material of all local accounts of this computer.",
		"Both files are still readable on the image; the SAM copy was moved to the Recycle Bin 11 minutes later.",
		"Whether the copies left the computer cannot be told from this evidence.",
	}
	c.Exports = []locate.Export{sampleSAM(), sampleSYSTEM()}
	c.KnownCopies = []locate.Export{sampleRegBack()}
	c.Sets = []locate.Set{{ID: "set-1", Exports: []string{"exp-1", "exp-2"}, Hives: []string{"SAM", "SYSTEM"}, Host: "WS-041", MachineSID: "S-1-5-21-1004336348-1177238915-682003330",
		Relation: "this host", Opens: "yes", Gives: "password hashes of local accounts", Because: "SYSTEM holds the boot key that opens SAM"}}
	c.Records = sampleRecords()
	c.Acts = []correlate.Act{sampleAct()}
	yes, no := true, false
	c.Exposure = []expose.Row{
		{Act: "act-1", Kind: expose.LocalAccount, Name: "Administrator", RID: 500, SID: "S-1-5-21-1-2-3-500", Enabled: &yes, Administrator: &yes, CredentialPresent: &yes,
			PasswordLastSet: at(1, 0, 0, 0), Recoverable: "yes", Standing: "unchanged", Certainty: "certain", Because: "in the copied SAM; the SYSTEM copy holds the boot key",
			From: &expose.From{Export: "exp-1", Path: "/Users/Public/a.dat", Offset: 8192}},
		{Act: "act-1", Kind: expose.LocalAccount, Name: "helpdesk", RID: 1001, Enabled: &no, Recoverable: "yes", Standing: "changed since", Certainty: "likely", Because: "in the copied SAM; the SYSTEM copy holds the boot key"},
		{Act: "act-1", Kind: expose.CachedLogon, Name: "CORP\\j.meyer", LastLogon: at(0, 30, 0, 0), Recoverable: "no", Standing: "unknown", Certainty: "unknown", Because: "SECURITY was not copied"},
	}
	c.Executables = samplePrograms()
	c.Guide = sampleGuide()
	c.Response = sampleResponse()
	c.Notices = []correlate.Notice{
		{Time: at(2, 12, 40, 0), Last: at(2, 12, 40, 0), Count: 1, Host: "WS-0231", User: sampleUser, Kind: "service", What: "the service Remote Registry is running",
			From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: securityLog, RecordID: 9120, EventCode: "7036", Channel: "System"}},
		{Time: at(2, 20, 1, 0), Last: at(2, 31, 1, 0), Count: 3, Host: "WS-0231", Kind: "alert", What: "Defender: HackTool:Win32/DumpSam, file:_C:\\Users\\Public\\a.dat",
			From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: securityLog, RecordID: 311, EventCode: "1116"}},
	}
	c.Timeline = []triage.Moment{
		{Time: at(1, 58, 2, 1234567), What: "CORP\\svc-backup logged on over the network (type 3) from 10.20.4.77", Kind: "logon", Ref: "act-1"},
		{Time: at(2, 13, 58, 0), What: "cmd.exe started by WmiPrvSE.exe", Kind: "process", Ref: "act-1"},
		{Time: at(2, 14, 9, 4410002), What: "reg save HKLM\\SAM C:\\Users\\Public\\a.dat", Kind: "command", Ref: "rec-1"},
		{Time: at(2, 14, 9, 5120010), What: "C:\\Users\\Public\\a.dat created", Kind: "file", Ref: "rec-3"},
		{Time: at(2, 14, 9, 5120011), What: "SAM hive written to C:\\Users\\Public\\a.dat", Kind: "export", Ref: "exp-1"},
		{Time: at(2, 14, 12, 90), What: "reg save HKLM\\SYSTEM C:\\Users\\Public\\b.dat", Kind: "command", Ref: "rec-2"},
		{Time: at(2, 14, 12, 880000), What: "SYSTEM hive written to C:\\Users\\Public\\b.dat", Kind: "export", Ref: "exp-2"},
		{Time: at(2, 25, 31, 0), What: "a.dat moved to the Recycle Bin", Kind: "file", Ref: "exp-1"},
		{Time: at(2, 40, 0, 7), What: "The Security log was cleared", Kind: "log cleared", Ref: "rec-4"},
		{Time: at(2, 41, 15, 0), What: "CORP\\svc-backup logged off", Kind: "logoff", Ref: "act-1"},
	}
	c.Coverage = sampleCoverage()
	return c
}

func sampleSAM() locate.Export {
	return locate.Export{
		ID:   "exp-1",
		At:   artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/$Recycle.Bin/S-1-5-21-1004336348-1177238915-682003330-1105/$RQ3K7ZD.dat"},
		Hive: "SAM", Form: "regf", State: "deleted", Size: 65536, SHA256: digest("a1"),
		Times: locate.FileTimes{
			SI: artifacts.Times{Created: at(2, 14, 9, 5120010), Modified: at(2, 14, 9, 5120011), Changed: at(2, 25, 31, 0), Accessed: at(2, 25, 31, 0)},
			FN: artifacts.Times{Created: at(2, 14, 9, 5120010), Modified: at(2, 14, 9, 5120010)},
		},
		OwnerSID: "S-1-5-21-1004336348-1177238915-682003330-1105", MFTRecord: 118204,
		Links:        []string{"/Users/Public/a.dat"},
		IdentifiedBy: []string{"the root key holds SAM\\Domains\\Account\\Users", "the base block names \\SAM"},
		Location:     locate.Location{Class: locate.Unexpected, Why: "no program is known to keep a SAM hive in the Recycle Bin"},
		Provenance:   locate.Provenance{Method: "reg save", Confidence: "certain", Because: []string{"the base block has the form that RegSaveKey writes", "record rec-1 names this path"}},
		Taken: locate.Taken{NotBefore: at(2, 14, 9, 4410002), NotAfter: at(2, 14, 9, 5120011), Exact: at(2, 14, 9, 5120010), Because: []string{"the time in the base block"},
			Bounds: []locate.Bound{{Side: "exact", Time: at(2, 14, 9, 5120010), What: "time of saving", From: "copy", Offset: 12, Certainty: "certain"},
				{Side: "not after", Time: at(1, 0, 0, 0), What: "the file's last write (SI modified)", From: "file times", Certainty: "likely", SetAside: true}},
			Conflicts: []locate.Conflict{{Kind: "bounds cross", What: "the file's last write is before its time of saving", Sides: []locate.Bound{
				{Side: "exact", Time: at(2, 14, 9, 5120010), What: "time of saving", From: "copy", Offset: 12, Certainty: "certain"},
				{Side: "not after", Time: at(1, 0, 0, 0), What: "the file's last write (SI modified)", From: "file times", Certainty: "likely"}}}}},
		BelongsTo: locate.BelongsTo{Host: "WS-041", MachineSID: "S-1-5-21-1004336348-1177238915-682003330", Relation: "this host", Detail: "renamed since, or a clone", Because: "the machine SID is that of the live SAM", Set: "set-1"},
		Integrity: locate.Integrity{Complete: true},
	}
}

func sampleSYSTEM() locate.Export {
	return locate.Export{
		ID:   "exp-2",
		At:   artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/Users/Public/b.dat", Stream: "hidden"},
		Hive: "SYSTEM", Form: "regf", State: "live", Size: 12189696, SHA256: digest("b2"),
		Times:        locate.FileTimes{SI: artifacts.Times{Created: at(2, 14, 12, 880000)}},
		IdentifiedBy: []string{"the root key holds ControlSet001 and Select"},
		Location:     locate.Location{Class: locate.Alert, Why: "an alternate data stream is no place for a hive"},
		Provenance:   locate.Provenance{Method: "RegSaveKey", Confidence: "likely", Because: []string{"no transaction logs and both sequence numbers 1"}},
		Taken:        locate.Taken{NotBefore: at(2, 14, 12, 90), Because: []string{"the command started then"}},
		BelongsTo:    locate.BelongsTo{Host: "WS-041", Relation: "this host", Because: "ComputerName in the copy"},
		Integrity:    locate.Integrity{Complete: false, Problems: []string{"bin at 4,096 bytes: the list of subkeys ends early"}},
	}
}

func sampleRegBack() locate.Export {
	return locate.Export{
		ID:   "known-1",
		At:   artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/Windows/System32/config/RegBack/SAM"},
		Hive: "SAM", Form: "regf", State: "live", Size: 65536, SHA256: digest("d0"),
		Location:   locate.Location{Class: locate.Informational, Why: "Windows kept copies here until version 1803"},
		Provenance: locate.Provenance{Method: "unknown", Confidence: "unknown"},
		BelongsTo:  locate.BelongsTo{Relation: "this host", Because: "the machine SID is that of the live SAM"},
		Integrity:  locate.Integrity{Complete: true},
	}
}

var sampleUser = artifacts.User{Name: "svc-backup", Domain: "CORP", SID: "S-1-5-21-1004336348-1177238915-682003330-1105", LogonID: "0x8a31f2"}

func sampleProcess(hive, file string, pid uint32) *artifacts.Process {
	return &artifacts.Process{
		PID: pid, EntityID: fmt.Sprintf("{6FB54F9A-1C2D-6728-%04X-000000001200}", pid),
		Executable:  `C:\Windows\System32\reg.exe`,
		CommandLine: `reg  save HKLM\` + hive + ` C:\Users\Public\` + file + ` /y`,
		Args:        []string{"reg", "save", `HKLM\` + hive, `C:\Users\Public\` + file, "/y"}, OriginalFileName: "reg.exe",
		WorkingDirectory: `C:\Windows\system32\`, IntegrityLevel: "High",
		Hashes: "SHA256=" + strings.ToUpper(digest("e9")),
		Parent: &artifacts.Process{PID: 7004, Executable: `C:\Windows\System32\cmd.exe`, CommandLine: `cmd.exe /Q /c "reg save HKLM\SAM C:\Users\Public\a.dat /y"`},
	}
}

// samplePrograms are a renamed tool, a program of Windows, one that was
// overwritten, and one whose file is not there.
func samplePrograms() []program.Executable {
	made := artifacts.Times{Created: at(2, 13, 40, 0), Modified: at(2, 13, 40, 0)}
	return []program.Executable{
		{Path: `C:\Users\Public\svc.exe`, Host: "WS-041.corp.example", State: "live", At: &artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/Users/Public/svc.exe"},
			Acts: []string{"act-1"}, Starts: 1, First: at(2, 14, 9, 0), Last: at(2, 14, 9, 20000), Times: made, Owner: sampleUser.SID, Size: 77824, SHA256: digest("e9"), SHA1: strings.Repeat("9", 40),
			Seen: []program.Seen{{Artefact: "Prefetch", Time: at(2, 14, 9, 0), Means: "ran", Path: "/Windows/Prefetch/SVC.EXE-0A1B2C3D.pf"}, {Artefact: "ShimCache", Time: made.Modified, Means: "file modified", Path: "/Windows/System32/config/SYSTEM"}},
			Same: []string{`C:\Windows\System32\reg.exe`}, Machine: "x64", Reproducible: true, Original: "reg.exe", Description: "Registry Console Tool", Company: "Microsoft Corporation", Version: "10.0.22621.1",
			Signature: &program.Signature{State: "unsigned", Because: []string{"the file has no certificate table"}},
			Zone:      &program.Zone{ID: "3", Host: "https://files.example/svc.exe", Referrer: "https://files.example/"},
			Notes:     []string{"the file is named svc.exe, its version resource says reg.exe", "it was downloaded from the Internet: https://files.example/svc.exe"}},
		{Path: `C:\Windows\System32\reg.exe`, Host: "WS-041.corp.example", State: "live", At: &artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/Windows/System32/reg.exe"},
			Acts: []string{"act-1"}, Starts: 12, First: at(0, 3, 0, 0), Last: at(2, 14, 12, 90), Size: 77824, SHA256: digest("e9"), SHA1: strings.Repeat("9", 40), Machine: "x64", Compiled: at(1, 0, 0, 0), Original: "reg.exe",
			Signature: &program.Signature{State: "valid", Signer: "Microsoft Windows", Issuer: "Microsoft Windows Production PCA 2011", Root: "Microsoft Root Certificate Authority 2010", SHA1: strings.Repeat("4", 40),
				Time: at(1, 0, 0, 0), Proven: true, Microsoft: true, Catalog: "/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/package.cat", Because: []string{"revocation was not checked"}}},
		{Path: `C:\Users\Public\gone.exe`, State: "overwritten", At: &artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: "/Users/Public/gone.exe"}, Acts: []string{}, Size: 4096, SHA256: digest("0f"), SHA1: strings.Repeat("0", 40),
			Notes: []string{"its file was deleted, and what was read need not be what ran"}, Problem: "no portable executable: the file does not begin with MZ", Unreliable: "1 of 1 clusters belongs to something else"},
		{Path: `C:\Windows\System32\wbem\WmiPrvSE.exe`, State: program.NotFound, Acts: []string{"act-1"}},
	}
}

func sampleScopes() []rule.Scope {
	return []rule.Scope{
		{ID: "a7e7bfa3-088e-4f13-b29e-3986e0e756b8", Name: "Credential Acquisition via Registry Hive Dumping", Versions: []string{"seed (6)", "current (2026-07-02)"}, On: "process starts"},
		{ID: "a4c7473a-5cb4-4bc1-9d06-e4a75adbc494", Name: "Windows Registry File Creation in SMB Share", Versions: []string{"2026-03-24"}, On: "file creations", NotRecorded: "the account's SID"},
		{ID: "63e381a6-0ffe-4afb-9a26-72a59ad16d7b", Name: "Sensitive Registry Hive Access via RegBack", Versions: []string{}, Not: "no log records it"},
	}
}

func sampleRules(hive string) []rule.Match {
	return []rule.Match{
		{ID: "a7e7bfa3-088e-4f13-b29e-3986e0e756b8", Name: "Credential Acquisition via Registry Hive Dumping", Version: "seed (6)", Matched: hive == "SAM", Because: []string{
			"event.type is start: held", "process.pe.original_file_name == \"reg.exe\": held, it is reg.exe",
			"process.args has save or export: held, save", "process.args has hklm\\sam or hklm\\security: " + map[bool]string{true: "held", false: "not held, there is HKLM\\" + hive}[hive == "SAM"],
		}},
		{ID: "a7e7bfa3-088e-4f13-b29e-3986e0e756b8", Name: "Credential Acquisition via Registry Hive Dumping", Version: "current (2026-07-02)", Matched: true, Because: []string{"all four conditions held"}},
		{ID: "a4c7473a-5cb4-4bc1-9d06-e4a75adbc494", Name: "Windows Registry File Creation in SMB Share (formerly Registry Hive File Creation via SMB)", Version: "2026-03-24",
			NotRecorded: []string{"user.id"}, Because: []string{"The rule asks for an account: the event has no user.id; not recorded."}},
	}
}

func sampleRecords() []correlate.Record {
	command := func(hive, file string) []command.Command {
		return []command.Command{{
			Tool: "reg.exe", Technique: 1, Verb: "save", Hives: []string{hive}, Key: `HKLM\` + hive, Destination: `C:\Users\Public\` + file,
			Disguise: []string{"the file does not have an extension of a hive"}, Because: []string{"save writes the whole key with its values"}, Impact: "export",
		}}
	}
	first := correlate.Record{
		ID: "rec-1", Time: at(2, 14, 9, 4410002), Kind: "process", Host: "WS-041.corp.example", User: sampleUser, Technique: "T1003.002",
		Hives: []string{"SAM"}, Destination: `C:\Users\Public\a.dat`, Process: sampleProcess("SAM", "a.dat", 5120), Commands: command("SAM", "a.dat"),
		Assessment: "export", Because: []string{"reg save with HKLM\\SAM copies the account database"}, Rules: sampleRules("SAM"),
		From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: securityLog, RecordID: 481223, Offset: 7348224, EventCode: "4688", Channel: "Security"},
	}
	second := correlate.Record{
		ID: "rec-2", Time: at(2, 14, 12, 90), Kind: "process", Host: "WS-041.corp.example", User: sampleUser, Technique: "T1003.002",
		Hives: []string{"SYSTEM"}, Destination: `C:\Users\Public\b.dat:hidden`, Process: sampleProcess("SYSTEM", "b.dat:hidden", 5188), Commands: command("SYSTEM", "b.dat:hidden"),
		Assessment: "export", Because: []string{"reg save with HKLM\\SYSTEM copies the boot key"}, Rules: sampleRules("SYSTEM"),
		From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: sysmonLog, RecordID: 9911, Offset: 88064, EventCode: "1", Channel: "Microsoft-Windows-Sysmon/Operational"},
	}
	file := correlate.Record{
		ID: "rec-3", Time: at(2, 14, 9, 5120010), Kind: "file", Host: "WS-041.corp.example", User: sampleUser, Hives: []string{"SAM"},
		Destination: `C:\Users\Public\a.dat`, File: `C:\Users\Public\a.dat`, Process: &artifacts.Process{PID: 5120, Executable: `C:\Windows\System32\reg.exe`},
		Assessment: "export", Because: []string{"the file's path is an export's former path"},
		From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: sysmonLog, RecordID: 9907, EventCode: "11", Damaged: "the chunk's checksum does not fit"},
	}
	benign := correlate.Record{
		ID: "rec-4", Time: at(9, 2, 0, 0), Kind: "process", Host: "WS-041.corp.example", User: artifacts.User{Name: "SYSTEM", Domain: "NT AUTHORITY", SID: "S-1-5-18", LogonID: "0x3e7"},
		Hives: []string{"SYSTEM"}, Process: &artifacts.Process{PID: 880, CommandLine: `reg export HKLM\SYSTEM\CurrentControlSet\Services\W32Time C:\t.reg`},
		Assessment: "benign", Because: []string{"the key W32Time holds nothing that credentials are made of"},
		From: correlate.From{Source: sampleImage, Volume: sampleVolume, Path: securityLog, RecordID: 481990, Offset: 9, EventCode: "4688"},
	}
	return []correlate.Record{first, second, file, benign}
}

func sampleAct() correlate.Act {
	proc := sampleRecords()[0].Process
	from := sampleRecords()[0].From
	node := func(relation string, depth int, pid uint32, exe, line string, user artifacts.User, notes ...string) correlate.ChainNode {
		return correlate.ChainNode{Relation: relation, Depth: depth, Time: at(2, 13, 58, int(pid)), User: user, From: &from, Joined: "by process GUID", Notes: notes,
			Process: artifacts.Process{PID: pid, Executable: exe, CommandLine: line}}
	}
	service := artifacts.User{Name: "NETWORK SERVICE", Domain: "NT AUTHORITY", SID: "S-1-5-20"}
	sessions := []correlate.Session{{LogonID: "0x8a31f2", Start: at(1, 58, 2, 1234567), End: at(2, 41, 15, 0), User: sampleUser,
		Logon: artifacts.Logon{Type: 3, SourceIP: "10.20.4.77", SourcePort: "50122", Workstation: "WS-007", Process: "NtLmSsp", Package: "NTLM", LinkedID: "0x8a31d0", Elevated: "yes"},
		From:  []correlate.From{{Source: sampleImage, Volume: sampleVolume, Path: securityLog, RecordID: 481001, EventCode: "4624"}}}}
	return correlate.Act{
		ID: "act-1", Start: at(2, 14, 9, 4410002), End: at(2, 14, 12, 880000), Verdict: "confirmed", Confidence: 97, Limit: 99,
		Hives: []string{"SAM", "SYSTEM"}, Exports: []string{"exp-1", "exp-2"}, Records: []string{"rec-1", "rec-2", "rec-3"},
		For:     []string{"A command that copies SAM and the file it names were both found.", "The file's creation time is 71 ms after the command's start.", "The command was started through WMI, as remote dumping tools do."},
		Against: []string{"The account is a backup account; a backup job may save hives."},
		Reasons: []correlate.Reason{
			{Side: correlate.For, Points: 65, Text: "A command that copies SAM and the file it names were both found.", Evidence: []string{"exp-1", "rec-1"}},
			{Side: correlate.For, Points: 15, Text: "The file's creation time is 71 ms after the command's start.", Evidence: []string{"exp-1", "rec-1"}},
			{Side: correlate.For, Points: 22, Text: "The command was started through WMI, as remote dumping tools do.", Evidence: []string{"rec-1"}},
			{Side: correlate.Against, Points: -5, Text: "The account is a backup account; a backup job may save hives.", Evidence: []string{}},
		},
		Attack: []string{"T1003.002", "T1003.004"}, Actor: sampleUser,
		Chain: []correlate.ChainNode{
			node("ancestor", 0, 912, `C:\Windows\System32\svchost.exe`, `svchost.exe -k DcomLaunch -p`, service),
			node("ancestor", 1, 6612, `C:\Windows\System32\wbem\WmiPrvSE.exe`, `wmiprvse.exe -secured -Embedding`, service, "a WMI provider that starts cmd.exe is unusual"),
			node("ancestor", 2, 7004, `C:\Windows\System32\cmd.exe`, proc.Parent.CommandLine, sampleUser),
			{Relation: "command", Depth: 3, Time: at(2, 14, 9, 4410002), Process: *proc, User: sampleUser, From: &from, Joined: "the record itself"},
			node("sibling", 3, 5188, `C:\Windows\System32\reg.exe`, `reg  save HKLM\SYSTEM C:\Users\Public\b.dat:hidden /y`, sampleUser),
			{Relation: "child", Depth: 4, Process: artifacts.Process{PID: 5190}, Joined: "by PID and time", Notes: []string{"known only from its own child's record"}},
		},
		Session: &sessions[0], Sessions: sessions,
		Whereabouts: []correlate.Whereabouts{
			{Path: `C:\Users\Public\a.dat`, State: "not found on this evidence"},
			{Path: `C:\$Recycle.Bin\S-1-5-21-1004336348-1177238915-682003330-1105\$RQ3K7ZD.dat`, State: "deleted", SHA256: digest("a1"), Export: "exp-1"},
			{Path: `C:\Users\Public\b.dat:hidden`, State: "live", SHA256: digest("b2"), Export: "exp-2", Reach: destination.Staged, Destination: "public",
				Why: `it lies in C:\Users\Public: every account of the host can read it there`},
		},
	}
}

func sampleGuide() []guide.Answer {
	return []guide.Answer{
		{Step: "1", Question: "What is the execution chain, and is anything in it unknown?", Status: guide.Answered, Evidence: []string{"act-1", "rec-1"},
			Answer: "svchost.exe started WmiPrvSE.exe, that started cmd.exe, and that started reg.exe (PID 5120).\nAll four files lie where Windows keeps them."},
		{Step: "2", Question: "Which account did it, and should that account do such a thing?", Status: guide.NeedsPerson, Evidence: []string{"act-1"},
			Answer: "CORP\\svc-backup, over the network from 10.20.4.77.", Next: []string{"Ask the owner of the backup service whether hives are saved with reg.exe."}},
		{Step: "3", Question: "Does the account's owner confirm the activity?", Status: guide.NeedsPerson, Answer: "Ask: did you run reg.exe on WS-041 on 3 November at 02:14 UTC, from 10.20.4.77?"},
		{Step: "4", Question: "Are there other alerts for this user and host in the 48 hours around it?", Status: guide.Partly, Answer: "The Security log was cleared 26 minutes later.", Evidence: []string{"rec-4"}, Next: []string{"Look up both in the alert store."}},
		{Step: "5", Question: "Was the material exfiltrated or processed here?", Status: guide.NoEvidence, Answer: "No record of either; network logs are not on this evidence.", Next: []string{"Collect firewall logs for 10.20.4.77."}},
		{Step: "6", Question: "Which accounts may be compromised?", Status: guide.Answered, Answer: "Every local account of WS-041, and CORP\\svc-backup itself.", Evidence: []string{"exp-1"}},
	}
}

func sampleResponse() []guide.Action {
	return []guide.Action{
		{Step: "1", Action: "Open an incident", Target: "WS-041", Priority: 1, Because: "a confirmed dump of SAM and SYSTEM", Evidence: []string{"act-1"}},
		{Step: "2", Action: "Isolate both computers", Target: "WS-041 and 10.20.4.77", Priority: 2, Because: "the act came over the network", Evidence: []string{"act-1"}},
		{Step: "3", Action: "Reset the password", Target: "CORP\\svc-backup", Priority: 3, Because: "it was used for the act", Evidence: []string{"act-1"}},
		{Step: "3", Action: "Reset the passwords of all local accounts", Target: "WS-041", Priority: 4, Because: "they are in the copied SAM", Evidence: []string{"exp-1"}},
		{Step: "7", Action: "Forward the Security log", Target: "WS-041", Priority: 9, Because: "it was cleared after the act"},
	}
}

func sampleCoverage() coverage.Coverage {
	locator := func(path string) *artifacts.Locator {
		return &artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: path}
	}
	return coverage.Coverage{
		Volumes: []coverage.VolumeRow{
			{Source: sampleImage, Name: "ewf/gpt:1", Info: artifacts.VolumeInfo{FileSystem: "FAT32", Label: "SYSTEM", Offset: 1048576, Size: 104857600}},
			{Source: sampleImage, Name: sampleVolume, Info: artifacts.VolumeInfo{FileSystem: "NTFS 3.1", Label: "Windows", Serial: "A4F2-91C7", Offset: 122683392, Size: 255934332928, ClusterSize: 4096},
				Tally: artifacts.Tally{Files: 412887, Deleted: 1903, Streams: 431200, Examined: 398114, Empty: 32900, Failed: 2, Gone: 184, Bytes: 1935671296}},
		},
		Sources: []coverage.Row{
			{What: "hive", At: locator("/Windows/System32/config/SAM"), State: coverage.Read, Bytes: 65536},
			{What: "event log", At: locator(securityLog), State: coverage.Partial, From: at(0, 0, 1, 0), To: at(21, 3, 44, 1), Records: 48211, Bytes: 20975616, Why: "2 chunks have a wrong checksum", Gap: true},
			{What: "event log", At: locator(sysmonLog), State: coverage.Read, From: at(0, 0, 0, 12), To: at(21, 3, 44, 0), Records: 10220, Bytes: 4198400},
			{What: "volume", At: &artifacts.Locator{Source: sampleImage, Volume: "ewf/gpt:1"}, State: coverage.Unsupported, Why: "FAT32 is recognised and not read", Gap: true},
			{What: "PowerShell log", State: coverage.Absent, Why: "no file of that name"},
		},
		Totals: coverage.Totals{Streams: 431200, Examined: 398114, Wanted: 16, Read: 14, Partial: 1, Unsupported: 1, Bytes: 1973442123},
	}
}

func cleanCase() *triage.Case {
	c := caseFrame()
	c.Verdict, c.Complete = "none", true
	c.Summary = []string{"No copy of SAM, SECURITY or SYSTEM and no command that makes one was found.", "Every stream and every log that could show one was read."}
	c.KnownCopies = []locate.Export{sampleRegBack()}
	c.Guide = []guide.Answer{{Step: "1", Question: "What is the execution chain, and is anything in it unknown?", Status: guide.NoEvidence, Answer: "There is no act to explain."}}
	cov := sampleCoverage()
	c.Coverage = coverage.Coverage{
		Volumes: cov.Volumes[1:],
		Sources: []coverage.Row{cov.Sources[0], cov.Sources[2]},
		Totals:  coverage.Totals{Streams: 431200, Examined: 398114, Wanted: 2, Read: 2, Bytes: 1973442123},
	}
	return c
}

// hostileStrings are names and command lines as an attacker would write them
// against a reader, a browser, a terminal or a spreadsheet.
var hostileStrings = []string{
	`</bdi></code><script>alert("x")</script><img src=x onerror=alert(1)>`,
	"invoice\u202eTAD.exe \u2066\u200f\u200bhidden\u2069",
	"\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\n\tnext\x00\x7f\u0085\u2028",
	"=HYPERLINK(\"http://evil.example\",\"click\")",
	"@SUM(1+1)*cmd|' /C calc'!A0",
	"'; rm -rf / #$(id)`id`",
	"{{.Case}} ${jndi:ldap://x} javascript:alert(1)",
	"日本語のパス\\データ\\ｱｲｳ\u3164.dat e\u0301\u0301\u0301 👩\u200d💻",
	"bad \xff\xfe utf-8",
	strings.Repeat("A", 4096),
	strings.Repeat(`C:\`+strings.Repeat("深", 40)+`\`, 30),
}

// hostileCase puts every one of the given strings into every place that
// evidence fills.
func hostileCase(list ...string) *triage.Case {
	c := confirmedCase()
	c.Verdict = "suspicious"
	c.Hosts[0].Name, c.Hosts[0].Because = hostileStrings[1], list
	c.Inputs[0].Path = hostileStrings[5]
	c.Run.CaseID, c.Run.Examiner = hostileStrings[3], list[0]
	c.Summary = append(c.Summary, list[0])
	for i, s := range list {
		e := sampleSAM()
		e.ID, e.At.Source, e.At.Path, e.At.Stream = fmt.Sprintf("exp-h%d", i), hostileStrings[5], "/"+s, s
		e.OwnerSID, e.Links, e.IdentifiedBy = s, []string{s}, []string{s}
		e.BelongsTo.Host, e.Integrity.Problems = s, []string{s}
		c.Exports = append(c.Exports, e)

		r := sampleRecords()[0]
		r.ID, r.Host, r.User.Name, r.Destination, r.From.Path = fmt.Sprintf("rec-h%d", i), s, s, s, "/"+s
		r.Process = &artifacts.Process{Executable: s, CommandLine: s, Args: []string{s}, Parent: &artifacts.Process{CommandLine: s}}
		r.Because, r.Rules[0].Because, r.Commands[0].Disguise = []string{s}, []string{s}, []string{s}
		r.Commands[0].Key, r.Commands[0].Destination = s, s
		c.Records = append(c.Records, r)

		a := sampleAct()
		a.ID, a.Exports, a.Records = fmt.Sprintf("act-h%d", i), []string{e.ID}, []string{r.ID, s}
		a.Reasons = []correlate.Reason{{Side: correlate.For, Points: 97, Text: s, Evidence: []string{s}}}
		a.For, a.Against, a.Actor.Name, a.Session.Logon.Workstation = []string{s}, []string{s}, s, s
		a.Chain[0].Process = *r.Process
		a.Whereabouts = []correlate.Whereabouts{{Path: s, State: "live"}}
		c.Acts = append(c.Acts, a)

		p := samplePrograms()[0]
		p.Path, p.Host, p.Owner, p.Original, p.Description, p.Company, p.Version, p.Machine = s, s, s, s, s, s, s, s
		p.Notes, p.Problem, p.Unreliable, p.Acts, p.Same = []string{s}, s, s, []string{a.ID, s}, []string{s}
		p.Seen = []program.Seen{{Artefact: s, Time: at(3, i, 0, 0), Means: s, Path: s}}
		p.Zone = &program.Zone{ID: s, Host: s, Referrer: s}
		p.Signature = &program.Signature{State: "tampered", Signer: s, Issuer: s, Root: s, Catalog: s, Because: []string{s}}
		c.Executables = append(c.Executables, p)

		c.Hosts[0].Settings = append(c.Hosts[0].Settings, settings.Setting{What: s, State: s, Means: s, Remedy: s, Certainty: "likely", Path: s, Offset: 1})
		c.Exposure = append(c.Exposure, expose.Row{Act: a.ID, Kind: expose.Kind(s), Name: s, SID: s, Recoverable: "unknown", Standing: "unknown", Certainty: "unknown", Because: s, From: &expose.From{Export: e.ID, Path: "/" + s}})
		c.Timeline = append(c.Timeline, triage.Moment{Time: at(3, i, 0, 0), What: s, Kind: "file", Ref: e.ID})
		c.Guide = append(c.Guide, guide.Answer{Step: "7", Question: s, Status: guide.Partly, Answer: s, Evidence: []string{e.ID, s}, Next: []string{s}})
		c.Response = append(c.Response, guide.Action{Step: "2", Action: s, Target: s, Priority: 2, Because: s, Evidence: []string{s}})
		c.Coverage.Sources = append(c.Coverage.Sources, coverage.Row{What: "hive", At: &artifacts.Locator{Source: hostileStrings[5], Path: "/" + s}, State: coverage.Failed, Why: s, Gap: true})
	}
	return c
}
