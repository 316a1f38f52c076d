package attest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// A noticed row says which records are notices of one kind, and what they say.
// An empty text is no notice.
type noticed struct {
	provider string
	ids      []uint32
	kind     string
	say      func(*artifacts.Event) string
}

// notices are the rows of all records but those of processes.
var notices = append(append(hostNotices, sessionNotices...), serviceNotices...)

var hostNotices = []noticed{
	{"Microsoft-Windows-Windows Defender", []uint32{1006, 1007, 1008, 1009, 1010, 1011, 1013, 1015, 1116, 1117, 1118, 1119}, "alert", func(e *artifacts.Event) string {
		return sentence("Defender", e.Value("Threat Name"), e.Value("Path"), e.Value("Action Name"), e.Value("Process Name"))
	}},
	{"Microsoft-Windows-Windows Defender", []uint32{5001, 5007, 5010, 5012}, "protection", func(e *artifacts.Event) string {
		if e.Code != 5007 {
			return "Defender's protection was turned off"
		}
		return "Defender's settings were changed: " + e.Value("New Value")
	}},
	{ServiceManager, []uint32{7045}, "service", func(e *artifacts.Event) string {
		return fmt.Sprintf("the service %s was installed: %s", e.Value("ServiceName"), cut(e.Value("ImagePath"))) + byPerson(e)
	}},
	{ServiceManager, []uint32{7036, 7040}, "service", watchedService},
	{Security, []uint32{4697}, "service", func(e *artifacts.Event) string {
		return fmt.Sprintf("the service %s was installed: %s", e.Value("ServiceName"), cut(e.Value("ServiceFileName"))) + byPerson(e)
	}},
	{Security, []uint32{4698, 4702}, "task", func(e *artifacts.Event) string {
		return "the scheduled task " + e.Value("TaskName") + " was registered or changed"
	}},
	{TaskScheduler, []uint32{106, 140, 141}, "task", func(e *artifacts.Event) string {
		return fmt.Sprintf("the scheduled task %s was %s by %s", e.Value("TaskName"),
			map[uint32]string{106: "registered", 140: "changed", 141: "deleted"}[e.Code], cmp.Or(e.Value("UserContext"), e.Value("UserName"), "an account that was not recorded"))
	}},
	{Security, []uint32{4720, 4722, 4724, 4738}, "account", func(e *artifacts.Event) string {
		return fmt.Sprintf("the account %s was %s", target(e), map[uint32]string{4720: "created", 4722: "enabled", 4724: "given a new password", 4738: "changed"}[e.Code])
	}},
	{Security, []uint32{4728, 4732}, "account", func(e *artifacts.Event) string {
		return fmt.Sprintf("%s was added to the group %s", cmp.Or(e.Value("MemberName"), e.Value("MemberSid"), "an account"), target(e))
	}},
	{Security, []uint32{4719}, "audit", func(e *artifacts.Event) string {
		return "the audit policy was changed: " + cmp.Or(e.Value("SubcategoryGuid"), "a subcategory") + " " + e.Value("AuditPolicyChanges")
	}},
	{Security, []uint32{4672}, "privilege", func(e *artifacts.Event) string {
		if list := e.Value("PrivilegeList"); !strings.Contains(list, "SeBackupPrivilege") || strings.Contains(list, "SeDebugPrivilege") {
			return ""
		}
		return "a session began with SeBackupPrivilege and without SeDebugPrivilege, as a backup operator's does"
	}},
	{Security, []uint32{4673, 4674}, "privilege", func(e *artifacts.Event) string {
		if !strings.Contains(e.Value("PrivilegeList"), backupPrivilege) {
			return ""
		}
		return "SeBackupPrivilege was used by " + cmp.Or(image(e), "a process") + " on " + cmp.Or(e.Value("ObjectName"), e.Value("Service"), "an object")
	}},
	{Security, []uint32{4648}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("%s gave the credentials of %s to %s by %s", who(e.User), target(e), cmp.Or(e.Value("TargetServerName"), "a host"), cmp.Or(image(e), "a process"))
	}},
	{Security, []uint32{4625}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("a logon as %s failed, from %s", target(e), from(cmp.Or(e.Value("IpAddress"), e.Value("WorkstationName")))) + byType(e)
	}},
	{Security, []uint32{5140}, "session", func(e *artifacts.Event) string {
		if share := e.Value("ShareName"); strings.HasSuffix(share, "$") && !strings.HasSuffix(strings.ToUpper(share), "IPC$") {
			return fmt.Sprintf("%s connected to the share %s from %s", who(e.User), share, from(e.Value("IpAddress")))
		}
		return ""
	}},
	{"Microsoft-Windows-TerminalServices-LocalSessionManager", []uint32{21, 24, 25}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("%s %s a desktop session, from %s", cmp.Or(e.Value("User"), "an account"),
			map[uint32]string{21: "logged on to", 24: "left", 25: "came back to"}[e.Code], from(e.Value("Address")))
	}},
	{"Microsoft-Windows-TerminalServices-RemoteConnectionManager", []uint32{1149}, "session", func(e *artifacts.Event) string {
		return fmt.Sprintf("remote desktop authenticated %s\\%s from %s", e.Value("Param2"), e.Value("Param1"), from(e.Value("Param3")))
	}},
	{"Microsoft-Windows-WinRM", []uint32{6, 91}, "session", func(e *artifacts.Event) string {
		if e.Code == 6 {
			return "a WinRM session was opened to " + cmp.Or(e.Value("connection"), "a host")
		}
		return "a WinRM shell was opened on this host: " + cmp.Or(e.Value("resourceUri"), "of an unknown kind")
	}},
	{"Microsoft-Windows-Bits-Client", []uint32{59}, "transfer", func(e *artifacts.Event) string {
		return fmt.Sprintf("BITS transferred %s (job %s)", cmp.Or(e.Value("url"), "a file"), e.Value("name"))
	}},
	{"ESENT", []uint32{216, 325, 326, 327}, "database", func(e *artifacts.Event) string {
		path := holding(e, "ntds.dit")
		if path == "" {
			return ""
		}
		return "the database engine " + map[uint32]string{216: "noticed another place of", 325: "created", 326: "attached", 327: "detached"}[e.Code] + " " + path
	}},
	{"Microsoft-Windows-Ntfs", []uint32{98}, "shadow copy", func(e *artifacts.Event) string {
		device := holding(e, "HarddiskVolumeShadowCopy")
		if device == "" {
			return ""
		}
		return "a shadow copy was mounted: " + device
	}},
	{"Microsoft-Windows-Backup", []uint32{1, 4, 5, 14}, "shadow copy", func(e *artifacts.Event) string {
		return "Windows Backup " + map[uint32]string{1: "started", 4: "finished", 5: "failed", 14: "ended"}[e.Code]
	}},
	{Sysmon, []uint32{9}, "raw read", func(e *artifacts.Event) string {
		if name := command.Base(image(e)); name == "" || name == "system" {
			return ""
		}
		return image(e) + " read " + cmp.Or(e.Value("Device"), "a volume") + " past the file system"
	}},
}

// NoticeKinds are the records that Notice knows, but those of ProcessKinds.
func NoticeKinds() (kinds []Kind) {
	for _, n := range notices {
		for _, id := range n.ids {
			k := Kind{Provider: n.provider, ID: id, Data: true}
			if n.provider == Security && (id == 4673 || id == 4674) {
				k.Holds = backupPrivilege // records of other privileges are many
			}
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Notice reads an event that bears on the time around an act.
func Notice(e *artifacts.Event) (n correlate.Notice, ok bool) {
	for _, table := range [][]noticed{notices, processNotices} {
		for _, row := range table {
			if !strings.EqualFold(row.provider, e.Provider) || !slices.Contains(row.ids, e.Code) {
				continue
			}
			what := row.say(e)
			if what == "" {
				continue
			}
			return correlate.Notice{Time: e.Began(), Last: e.Began(), Count: 1, Host: e.Host, User: e.User, Account: accountOf(e), Toward: toward(e), Kind: row.kind, What: cut(what), From: correlate.FromEvent(e)}, true
		}
	}
	return n, false
}

// byType names the type of a logon, where the record has one.
func byType(e *artifacts.Event) string {
	kind, err := strconv.ParseUint(e.Value("LogonType"), 10, 32)
	if err != nil {
		return ""
	}
	return ", by " + correlate.LogonText(uint32(kind), "", "")
}

// watchedService tells of the services that copies need.
func watchedService(e *artifacts.Event) string {
	for _, name := range []string{e.Value("param1"), e.Value("param4")} {
		switch strings.ToLower(name) {
		case "remote registry", "remoteregistry", "volume shadow copy", "vss", "microsoft software shadow copy provider":
			if e.Code == 7040 {
				return fmt.Sprintf("the start type of the service %s was changed from %s to %s", name, e.Value("param2"), e.Value("param3"))
			}
			return fmt.Sprintf("the service %s is %s", name, e.Value("param2"))
		}
	}
	return ""
}

// sentence joins what a record says behind who says it.
func sentence(who string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return who + ": " + strings.Join(parts, ", ")
}

// holding returns the first value that holds a text, whatever its case.
func holding(e *artifacts.Event, text string) string {
	for _, d := range e.Data {
		if strings.Contains(strings.ToLower(d.Value), strings.ToLower(text)) {
			return d.Value
		}
	}
	return ""
}

func image(e *artifacts.Event) string {
	if e.Process == nil {
		return ""
	}
	return e.Process.Executable
}

func target(e *artifacts.Event) string { return who(e.Target) }
