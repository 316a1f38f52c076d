package attest

import (
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/technique"
)

// consumer is a binding as WMI's own log writes it.
func consumer(class, property, text string) string {
	return "Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = \"f\";\n\tQuery = \"select * from __InstanceModificationEvent\";\n};\nPerm. Consumer: \ninstance of " + class +
		"\n{\n\tCreatorSID = {1, 2};\n\t" + property + " = \"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + "\";\n\tName = \"c\";\n};\n"
}

// TestActivity: tasks, WMI, loaded images and opened processes: what attests
// to a copy, what is only access, and what says nothing.
func TestActivity(t *testing.T) {
	const nothing = "nothing"
	action := func(code uint32, name string) *artifacts.Event {
		return event(TaskScheduler, code, 0, "TaskName", `\backup`, "ActionName", name)
	}
	loads := func(image, dll string) *artifacts.Event {
		return by(event(Sysmon, 7, 0, "ImageLoaded", dll, "Signature", "Microsoft Windows", "SignatureStatus", "Valid"), image)
	}
	opens := func(source, target, mask string) *artifacts.Event {
		return event(Sysmon, 10, 0, "SourceProcessGUID", "{00247c92-9e03-5f7b-0000-0010a645272c}", "SourceProcessId", "20228", "SourceImage", source, "TargetImage", target, "GrantedAccess", mask)
	}
	const lsass = `C:\Windows\system32\lsass.exe`
	for name, c := range map[string]struct {
		e          *artifacts.Event
		assessment string
		hives      string
		row        int
	}{
		"a task's action":            {action(200, `reg.exe save HKLM\SAM C:\Temp\s`), "export", "SAM", 0},
		"a finished action":          {action(201, `reg.exe save HKLM\SECURITY C:\Temp\s`), "export", "SECURITY", 0},
		"a program only":             {action(200, `C:\Windows\system32\reg.exe`), nothing, "", 0},
		"a consumer":                 {event(WMIActivity, 5861, 0, "CONSUMER", `CommandLineEventConsumer="c"`, "PossibleCause", consumer("CommandLineEventConsumer", "CommandLineTemplate", `cmd.exe /c reg save HKLM\SAM "C:\Temp\a b"`)), "attempt", "SAM", 0},
		"a script's consumer":        {event(WMIActivity, 5861, 0, "CONSUMER", `ActiveScriptEventConsumer="c"`, "PossibleCause", consumer("ActiveScriptEventConsumer", "ScriptText", `reg save HKLM\SYSTEM C:\Temp\y`)), "attempt", "SYSTEM", 0},
		"another consumer":           {event(WMIActivity, 5861, 0, "PossibleCause", consumer("CommandLineEventConsumer", "CommandLineTemplate", `notepad.exe`)), nothing, "", 0},
		"an operation":               {event(WMIActivity, 5858, 0, "Operation", `Start IWbemServices::ExecMethod - root\cimv2 : Win32_Process::Create CommandLine = "reg save HKLM\\SAM C:\\s"`), "attempt", "SAM", 0},
		"a query":                    {event(WMIActivity, 5858, 0, "Operation", `Start IWbemServices::ExecQuery - root\cimv2 : SELECT * FROM Win32_ShadowCopy`), nothing, "", 0},
		"Sysmon's consumer":          {event(Sysmon, 20, 0, "Name", ` "c"`, "Destination", ` "cmd.exe /c reg save HKLM\SAM C:\Temp\s"`), "attempt", "SAM", 0},
		"the offline registry":       {loads(`C:\Users\P\x.exe`, `C:\Users\P\offreg.dll`), "access", "", technique.OfflineRegistry},
		"by Windows":                 {loads(`C:\Windows\System32\dism.exe`, `C:\Windows\System32\offreg.dll`), nothing, "", 0},
		"by a program":               {loads(`C:\Program Files\Vendor\x.exe`, `C:\Windows\System32\offreg.dll`), nothing, "", 0},
		"by a folder that looks so":  {loads(`C:\Users\P\Program Files\x.exe`, `C:\Windows\System32\offreg.dll`), "access", "", technique.OfflineRegistry},
		"another library":            {loads(`C:\Users\P\x.exe`, `C:\Users\P\offregs.dll`), nothing, "", 0},
		"lsass's memory":             {opens(`C:\Users\P\x.exe`, lsass, "0x1410"), "access", "", technique.InMemory},
		"lsass without its memory":   {opens(`C:\Users\P\x.exe`, lsass, "0x1000"), nothing, "", 0},
		"lsass by Windows":           {opens(`C:\Windows\System32\svchost.exe`, lsass, "0x1fffff"), nothing, "", 0},
		"another process":            {opens(`C:\Users\P\x.exe`, `C:\Windows\notepad.exe`, "0x1fffff"), nothing, "", 0},
		"a mask that cannot be read": {opens(`C:\Users\P\x.exe`, lsass, "all"), nothing, "", 0},
	} {
		recs := records(t, c.e)
		if c.assessment == nothing {
			if len(recs) != 0 {
				t.Errorf("%s: %+v", name, recs)
			}
			continue
		}
		if len(recs) != 1 {
			t.Errorf("%s: %d records", name, len(recs))
			continue
		}
		r := recs[0]
		if r.Assessment != c.assessment || strings.Join(r.Hives, ",") != c.hives || r.Row != c.row || len(r.Because) == 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if recs := records(t, action(200, `reg save HKLM\SAM C:\s`), action(201, `reg save HKLM\SAM C:\s`)); len(recs) != 1 {
		t.Errorf("an action's start and end are %d records", len(recs))
	}
	if r := records(t, opens(`C:\x.exe`, lsass, "0x10"))[0]; r.Process.PID != 20228 || r.Process.EntityID != "{00247C92-9E03-5F7B-0000-0010A645272C}" {
		t.Errorf("%+v", r.Process)
	}
}

// TestActivityNotices: what the same sources say beside copies.
func TestActivityNotices(t *testing.T) {
	targeted := func(e *artifacts.Event, name string) *artifacts.Event {
		e.Target = artifacts.User{Name: name}
		return e
	}
	machine := event(Security, 4661, 0, "ObjectType", "SAM_DOMAIN", "ObjectName", "DC=x")
	machine.User = artifacts.User{Name: "WS1$", SID: "S-1-5-18"}
	for name, c := range map[string]struct {
		e             *artifacts.Event
		kind          string
		what, account string
	}{
		"a task":                {event(TaskScheduler, 200, 0, "TaskName", `\x`, "ActionName", `C:\x.exe`), "task", `\x ran C:\x.exe`, ""},
		"Windows' task":         {event(TaskScheduler, 200, 0, "TaskName", `\Microsoft\Windows\Defrag\x`, "ActionName", `C:\x.exe`), "", "", ""},
		"RegIdleBackup":         {event(TaskScheduler, 201, 0, "TaskName", `\Microsoft\Windows\Registry\RegIdleBackup`), "task", "RegBack, ended", ""},
		"the account manager":   {event(Security, 4661, 0, "ObjectType", "SAM_USER", "ObjectName", "S-1-5-21-1-500"), "account", `NORDWIND\jansen opened SAM_USER S-1-5-21-1-500`, ""},
		"by the computer":       {machine, "", "", ""},
		"a privilege":           {by(event(Security, 4673, 0, "PrivilegeList", "SeBackupPrivilege", "Service", "-"), `C:\x.exe`), "privilege", `used by C:\x.exe on an object`, ""},
		"another privilege":     {event(Security, 4673, 0, "PrivilegeList", "SeTcbPrivilege"), "", "", ""},
		"NTLM":                  {targeted(event(Security, 4776, 0, "Workstation", "WS9", "Status", "0x0"), "ann"), "logon", "ann were checked by NTLM from WS9 and held", "ann"},
		"NTLM, refused":         {targeted(event(Security, 4776, 0, "Status", "0xc000006a"), "ann"), "logon", "an unnamed computer and failed with status 0xc000006a", "ann"},
		"NTLM of a computer":    {targeted(event(Security, 4776, 0, "Status", "0x0"), "WS9$"), "", "", ""},
		"a failed logon":        {targeted(event(Security, 4625, 0, "IpAddress", "10.0.0.9"), "ann"), "session", "a logon as ann failed", "ann"},
		"an SMB session":        {event(smbServer, 551, 0, "UserName", `X\ann`, "ClientName", `\\10.0.0.9`), "session", `X\ann from \\10.0.0.9 failed`, ""},
		"a refused share":       {event(smbServer, 1006, 0, "ShareName", `\\*\C$`, "UserName", `X\ann`), "session", `\\*\C$ refused X\ann`, ""},
		"a connection":          {event(smbClient, 30803, 0, "ServerName", `\10.0.0.7`), "transfer", `failed to connect to \10.0.0.7`, ""},
		"WMI's registry":        {event(WMIActivity, 5857, 0, "ProviderName", "RegProv"), "wmi", "provider RegProv", ""},
		"another WMI provider":  {event(WMIActivity, 5857, 0, "ProviderName", "CIMWin32"), "", "", ""},
		"a WMI query":           {event(WMIActivity, 5858, 0, "User", `X\ann`, "ClientMachine", "WS9", "Operation", "ExecQuery : SELECT * FROM Win32_ShadowCopy"), "wmi", `by X\ann on WS9: ExecQuery`, ""},
		"shadow copies":         {event("VSS", 8224, 0), "shadow copy", "ended as it was idle", ""},
		"who made one":          {event("VSSAudit", 8222, 0, "", "S-1-5-18", "", `C:\Windows\System32\vssadmin.exe`, "", `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy3`), "shadow copy", `8222 by C:\Windows\System32\vssadmin.exe \\?\GLOBALROOT`, ""},
		"shadow copies dropped": {event("volsnap", 33, 0, "", `\Device\HarddiskVolumeShadowCopy1`, "", "C:"), "shadow copy", "want of space: C:", ""},
		"a backup":              {event("Microsoft-Windows-Backup", 5, 0), "shadow copy", "failed", ""},
		"to another host":       {by(event(Sysmon, 3, 0, "Initiated", "true", "DestinationIp", "10.0.0.7", "DestinationPort", "445"), `C:\reg.exe`), "transfer", `C:\reg.exe connected to 10.0.0.7, port 445`, ""},
		"a name":                {by(event(Sysmon, 22, 0, "QueryName", "example.org"), `C:\x.exe`), "transfer", "looked up the name example.org", ""},
		"an end":                {by(event(Sysmon, 5, 0), `C:\x.exe`), "process", `C:\x.exe ended`, ""},
	} {
		n, ok := Notice(c.e)
		if ok != (c.kind != "") || ok && (n.Kind != c.kind || !strings.Contains(n.What, c.what) || n.Account.Name != c.account) {
			t.Errorf("%s: %v %+v", name, ok, n)
		}
	}
}

// TestProcessKinds: records of processes are searched for the programs' names.
func TestProcessKinds(t *testing.T) {
	kinds := ProcessKinds([]string{"REG.exe"})
	if len(kinds) != 3*(1+len(movers)) {
		t.Errorf("%d kinds", len(kinds))
	}
	for _, k := range kinds {
		if k.Holds == "" || k.Holds != strings.ToLower(k.Holds) {
			t.Errorf("%+v", k)
		}
	}
	for _, c := range []struct {
		e         *artifacts.Event
		of, mover bool
	}{
		{by(event(Sysmon, 3, 0), `C:\rclone.exe`), true, true}, {by(event(Sysmon, 5, 0), `C:\rclone.exe`), true, false},
		{by(event(Sysmon, 22, 0), `C:\x.exe`), true, false}, {event(Security, 5140, 0), false, false},
	} {
		if of, mover := OfProcess(c.e); of != c.of || mover != c.mover {
			t.Errorf("%d: %v %v", c.e.Code, of, mover)
		}
	}
}
