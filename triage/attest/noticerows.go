package attest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
)

// More providers of notices.
const (
	smbServer = "Microsoft-Windows-SMBServer"
	smbClient = "Microsoft-Windows-SMBClient"
)

// backupPrivilege lets its holder read any file and save any key.
const backupPrivilege = "SeBackupPrivilege"

// sessionNotices tell who used which account from where.
var sessionNotices = []noticed{
	{Security, []uint32{4672}, "logon", func(e *artifacts.Event) string {
		if !person(e.User) {
			return ""
		}
		return "a session of " + who(e.User) + " began with administrative privileges"
	}},
	{Security, []uint32{4776}, "logon", func(e *artifacts.Event) string {
		if !person(e.Target) {
			return ""
		}
		outcome := "held"
		if status := e.Value("Status"); status != "" && strings.Trim(status, "0x") != "" {
			outcome = "failed with status " + status
		}
		return fmt.Sprintf("credentials of %s were checked by NTLM from %s and %s", target(e), cmp.Or(e.Value("Workstation"), "an unnamed computer"), outcome)
	}},
	{Security, []uint32{4661}, "account", func(e *artifacts.Event) string {
		if !person(e.User) || !strings.HasPrefix(e.Value("ObjectType"), "SAM_") {
			return ""
		}
		return fmt.Sprintf("%s opened %s %s by the account manager", who(e.User), e.Value("ObjectType"), e.Value("ObjectName"))
	}},
	{smbServer, []uint32{551}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("an SMB session of %s from %s failed to authenticate", cmp.Or(e.Value("UserName"), "an account"), from(e.Value("ClientName")))
	}},
	{smbServer, []uint32{1006}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("the share %s refused %s from %s", cmp.Or(e.Value("ShareName"), "of an unknown name"), cmp.Or(e.Value("UserName"), "an account"), from(e.Value("ClientName")))
	}},
	{smbServer, []uint32{1009}, "session", func(e *artifacts.Event) string {
		return "anonymous access over SMB was refused to " + from(e.Value("ClientName"))
	}},
	{clientActiveX, []uint32{1024, 1102}, "session", func(e *artifacts.Event) string {
		return map[uint32]string{1024: "the remote desktop client was told to connect to ", 1102: "the remote desktop client connected to "}[e.Code] + cmp.Or(e.Value("Value"), "a computer of an unknown name")
	}},
	{smbClient, []uint32{31001, 31010, 31017, 30803, 30804, 30805, 30806, 30807, 30808}, "transfer", smbConnection},
}

// smbConnection tells of this host's connections to others.
//
// Source: the provider's manifest, channels Connectivity and Security.
func smbConnection(e *artifacts.Event) string {
	server := cmp.Or(e.Value("ShareName"), e.Value("ServerName"), e.Value("Server name"), "a server of an unknown name")
	return map[uint32]string{
		31001: "this host failed to authenticate to ", 31010: "this host was refused the share ", 31017: "this host refused to log on as a guest to ",
		30803: "this host failed to connect to ", 30804: "this host was disconnected from ", 30805: "this host lost its session with ",
		30806: "this host has its session again with ", 30807: "this host lost its connection to ", 30808: "this host has its connection again to ",
	}[e.Code] + server
}

// serviceNotices tell what Windows' services did.
var serviceNotices = []noticed{
	{TaskScheduler, []uint32{129, 200, 201}, "task", func(e *artifacts.Event) string {
		task := strings.ToLower(e.Value("TaskName"))
		switch {
		case task == regIdleBackup:
			return "Windows' own task RegIdleBackup, which copies the hives to RegBack, " + map[uint32]string{129: "was started", 200: "ran", 201: "ended"}[e.Code]
		case task == "" || strings.HasPrefix(task, `\microsoft\`):
			return ""
		}
		return fmt.Sprintf("the scheduled task %s %s %s", e.Value("TaskName"), map[uint32]string{129: "started", 200: "ran", 201: "finished"}[e.Code], cmp.Or(e.Value("ActionName"), e.Value("Path"), "an action"))
	}},
	{WMIActivity, []uint32{5857}, "wmi", func(e *artifacts.Event) string {
		name := e.Value("ProviderName")
		if !slices.Contains([]string{"regprov", "stdregprov", "msvss__provider", "vsswmi"}, strings.ToLower(name)) && !strings.HasSuffix(strings.ToLower(e.Value("ProviderPath")), "stdprov.dll") {
			return ""
		}
		return "WMI loaded its provider " + cmp.Or(name, "of an unknown name") + ", by which the registry or shadow copies are reached"
	}},
	{WMIActivity, []uint32{5858, 5859, 5860, 5861}, "wmi", func(e *artifacts.Event) string {
		for _, class := range []string{"StdRegProv", "Win32_ShadowCopy", "Win32_Process", "CommandLineEventConsumer", "ActiveScriptEventConsumer"} {
			if text := holding(e, class); text != "" {
				return fmt.Sprintf("WMI was asked by %s%s: %s", cmp.Or(e.Value("User"), "an account"), onMachine(e.Value("ClientMachine")), strings.Join(strings.Fields(text), " "))
			}
		}
		return ""
	}},
	{"VSSAudit", []uint32{8222, 8223, 8224, 8225}, "shadow copy", func(e *artifacts.Event) string {
		made := ""
		if program := holding(e, ".exe"); program != "" {
			made = " by " + program
		}
		return strings.TrimRight(fmt.Sprintf("the shadow copy service recorded event %d%s %s", e.Code, made, holding(e, "HarddiskVolumeShadowCopy")), " ")
	}},
	{"VSS", []uint32{8222, 8223, 8224, 8225}, "shadow copy", func(e *artifacts.Event) string {
		if e.Code == 8224 {
			return "the shadow copy service, which had been used, ended as it was idle"
		}
		return fmt.Sprintf("the shadow copy service recorded event %d", e.Code)
	}},
	{"volsnap", []uint32{25, 33, 36}, "shadow copy", func(e *artifacts.Event) string {
		return map[uint32]string{25: "all shadow copies of a volume were deleted for want of space: ", 33: "the oldest shadow copy of a volume was deleted for want of space: ",
			36: "shadow copies of a volume were ended for want of space: "}[e.Code] + cmp.Or(holding(e, ":"), "which is not recorded")
	}},
}

func onMachine(machine string) string {
	if machine == "" {
		return ""
	}
	return " on " + machine
}

// processNotices are records of Sysmon that say much of the acts' processes
// and nothing of others: connections, names looked up, ends.
var processNotices = []noticed{
	{Sysmon, []uint32{3}, "transfer", func(e *artifacts.Event) string {
		way := "was connected to, at "
		if strings.EqualFold(e.Value("Initiated"), "true") {
			way = "connected to "
		}
		host := e.Value("DestinationHostname")
		if host != "" {
			host = " (" + host + ")"
		}
		return fmt.Sprintf("%s %s%s%s, port %s", image(e), way, from(e.Value("DestinationIp")), host, cmp.Or(e.Value("DestinationPort"), "not recorded"))
	}},
	{Sysmon, []uint32{22}, "transfer", func(e *artifacts.Event) string {
		return fmt.Sprintf("%s looked up the name %s", image(e), cmp.Or(e.Value("QueryName"), "that is not recorded"))
	}},
	{Sysmon, []uint32{5}, "process", func(e *artifacts.Event) string { return image(e) + " ended" }},
}

// movers are programs that take files to other computers.
var movers = []string{"rclone.exe", "winscp.exe", "pscp.exe", "psftp.exe", "scp.exe", "sftp.exe", "ftp.exe", "bitsadmin.exe", "megasync.exe", "plink.exe"}

// ProcessKinds are the records that are read of the programs with these base
// names, and of those that take files to other computers.
func ProcessKinds(images []string) (kinds []Kind) {
	for _, n := range processNotices {
		for _, id := range n.ids {
			for _, name := range append(slices.Clip(movers), images...) {
				kinds = append(kinds, Kind{Provider: n.provider, ID: id, Data: true, Holds: strings.ToLower(name)})
			}
		}
	}
	return kinds
}

// OfProcess reports whether an event is of the ProcessKinds, and whether its
// program is one that takes files to other computers.
func OfProcess(e *artifacts.Event) (of, mover bool) {
	of = strings.EqualFold(e.Provider, Sysmon) && (e.Code == 3 || e.Code == 5 || e.Code == 22)
	return of, of && e.Code != 5 && slices.Contains(movers, command.Base(image(e)))
}

// person reports whether an account is somebody's, and not Windows' own or a
// computer's.
func person(u artifacts.User) bool {
	if u.Name == "" || strings.HasSuffix(u.Name, "$") {
		return false
	}
	return u.SID == "" || strings.HasPrefix(u.SID, "S-1-5-21-") || strings.HasPrefix(u.SID, "S-1-12-1-")
}

// byPerson names who a record is by, where that is somebody.
func byPerson(e *artifacts.Event) string {
	if u := e.User; person(u) || u.Name == "" && strings.HasPrefix(u.SID, "S-1-5-21-") {
		return ", by " + who(u)
	}
	return ""
}

// accountOf is the account whose logon or credentials a record is about.
func accountOf(e *artifacts.Event) (u artifacts.User) {
	if !strings.EqualFold(e.Provider, Security) {
		return u
	}
	switch e.Code {
	case 4625, 4648, 4776:
		u = e.Target
	case 4672:
		u = e.User
	}
	if !person(u) {
		return artifacts.User{}
	}
	u.LogonID = ""
	return u
}
