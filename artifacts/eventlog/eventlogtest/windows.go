package eventlogtest

import (
	"time"
)

// Channels and providers of the records that the functions below make.
const (
	SecurityChannel = "Security"
	SystemChannel   = "System"
	SysmonChannel   = "Microsoft-Windows-Sysmon/Operational"

	auditProvider    = "Microsoft-Windows-Security-Auditing"
	auditGUID        = "{54849625-5478-4994-A5BA-3E3B0328C30D}"
	eventlogProvider = "Microsoft-Windows-Eventlog"
	eventlogGUID     = "{FC65DDD8-D6EF-4962-83D5-6E5CFE9CE148}"
	eventlogXML      = "http://manifests.microsoft.com/win/2004/08/windows/eventlog"
	sysmonProvider   = "Microsoft-Windows-Sysmon"
	sysmonGUID       = "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"

	nobody    = "S-1-0-0"
	system    = "S-1-5-18"
	emptyGUID = "{00000000-0000-0000-0000-000000000000}"
)

// An Account is a user as the Security log names one. The zero Account is
// written as S-1-0-0 with "-" for the names.
type Account struct {
	SID, Name, Domain string
	LogonID           uint64
}

func (a Account) fields(prefix string) []Field {
	if a.SID == "" {
		a.SID = nobody
	}
	return []Field{
		{prefix + "UserSid", SID, a.SID},
		{prefix + "UserName", String, dash(a.Name)},
		{prefix + "DomainName", String, dash(a.Domain)},
		{prefix + "LogonId", HexInt64, a.LogonID},
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func audit(id uint16, version uint8, task uint16, at time.Time, computer string, data ...[]Field) Record {
	r := Record{
		Provider: auditProvider, ProviderGUID: auditGUID, ID: id, Version: version, Task: task,
		Keywords: 0x8020000000000000, Time: at, Channel: SecurityChannel, Computer: computer, PID: 4, TID: 7912,
	}
	for _, d := range data {
		r.Data = append(r.Data, d...)
	}
	return r
}

// A NewProcess is what a Security 4688 record says.
type NewProcess struct {
	Subject     Account
	Target      Account // set where the process runs as another account
	PID         uint64
	Image       string
	Elevation   string // "%%1936" default, "%%1937" full, "%%1938" limited; "" is "%%1936"
	ParentPID   uint64
	CommandLine string // "" where command lines are not audited
	ParentImage string
	Label       string // mandatory label SID; "" is high, S-1-16-12288
}

// Security4688 is version 2, of Windows 10, Server 2016 and later.
func Security4688(at time.Time, computer string, p NewProcess) Record {
	if p.Elevation == "" {
		p.Elevation = "%%1936"
	}
	if p.Label == "" {
		p.Label = "S-1-16-12288"
	}
	return audit(4688, 2, 13312, at, computer,
		p.Subject.fields("Subject"),
		[]Field{
			{"NewProcessId", Pointer, p.PID},
			{"NewProcessName", String, p.Image},
			{"TokenElevationType", String, p.Elevation},
			{"ProcessId", Pointer, p.ParentPID},
			{"CommandLine", String, p.CommandLine},
		},
		p.Target.fields("Target"),
		[]Field{
			{"ParentProcessName", String, p.ParentImage},
			{"MandatoryLabel", SID, p.Label},
		})
}

// A Logon is what a Security 4624 record says.
type Logon struct {
	Subject, Target Account
	Type            uint32
	Process         string // "User32 ", "NtLmSsp "
	Package         string // "Negotiate", "NTLM", "Kerberos"
	Workstation     string
	GUID            string // "" is all zeros
	LmPackage       string
	PID             uint64
	Image           string
	IP, Port        string
	LinkedID        uint64 // TargetLinkedLogonId
	Elevated        bool
}

// Security4624 is version 2, of Windows 10 and Server 2016.
func Security4624(at time.Time, computer string, l Logon) Record {
	if l.GUID == "" {
		l.GUID = emptyGUID
	}
	elevated := "%%1843"
	if l.Elevated {
		elevated = "%%1842"
	}
	r := audit(4624, 2, 12544, at, computer,
		l.Subject.fields("Subject"),
		l.Target.fields("Target"),
		[]Field{
			{"LogonType", UInt32, l.Type},
			{"LogonProcessName", String, dash(l.Process)},
			{"AuthenticationPackageName", String, dash(l.Package)},
			{"WorkstationName", String, dash(l.Workstation)},
			{"LogonGuid", GUID, l.GUID},
			{"TransmittedServices", String, "-"},
			{"LmPackageName", String, dash(l.LmPackage)},
			{"KeyLength", UInt32, 0},
			{"ProcessId", Pointer, l.PID},
			{"ProcessName", String, dash(l.Image)},
			{"IpAddress", String, dash(l.IP)},
			{"IpPort", String, dash(l.Port)},
			{"ImpersonationLevel", String, "%%1833"},
			{"RestrictedAdminMode", String, "-"},
			{"TargetOutboundUserName", String, "-"},
			{"TargetOutboundDomainName", String, "-"},
			{"VirtualAccount", String, "%%1843"},
			{"TargetLinkedLogonId", HexInt64, l.LinkedID},
			{"ElevatedToken", String, elevated},
		})
	r.PID, r.TID = 692, 740
	return r
}

// Security4634 is a logoff.
func Security4634(at time.Time, computer string, target Account, logonType uint32) Record {
	r := audit(4634, 0, 12545, at, computer, target.fields("Target"), []Field{{"LogonType", UInt32, logonType}})
	r.PID, r.TID = 692, 740
	return r
}

func cleared(id uint16, keywords uint64, channel string, at time.Time, computer string, fields []Field) Record {
	return Record{
		Provider: eventlogProvider, ProviderGUID: eventlogGUID, ID: id, Level: 4, Task: 104, Keywords: keywords,
		Time: at, Channel: channel, Computer: computer, PID: 1208, TID: 4880,
		UserData: &UserData{Element: "LogFileCleared", Namespace: eventlogXML, Fields: fields},
	}
}

// Security1102 says that the Security log was cleared.
func Security1102(at time.Time, computer string, subject Account) Record {
	return cleared(1102, 0x4020000000000000, SecurityChannel, at, computer, subject.fields("Subject"))
}

// System104 says that the log of another channel was cleared.
func System104(at time.Time, computer string, subject Account, channel string) Record {
	r := cleared(104, 0x8000000000000000, SystemChannel, at, computer, []Field{
		{"SubjectUserName", String, dash(subject.Name)},
		{"SubjectDomainName", String, dash(subject.Domain)},
		{"Channel", String, channel},
		{"BackupPath", String, ""},
	})
	r.UserSID = subject.SID
	return r
}

// SysmonTime is the layout of the times inside Sysmon's data, UTC.
const SysmonTime = "2006-01-02 15:04:05.000"

func sysmon(id uint16, version uint8, at time.Time, computer string, data []Field) Record {
	return Record{
		Provider: sysmonProvider, ProviderGUID: sysmonGUID, ID: id, Version: version, Level: 4, Task: id,
		Keywords: 0x8000000000000000, Time: at, Channel: SysmonChannel, Computer: computer, UserSID: system,
		PID: 3308, TID: 4008, Data: data,
	}
}

// A SysmonProcess is what a Sysmon 1 record says.
type SysmonProcess struct {
	UTC                                        time.Time // zero: the record's time
	GUID                                       string
	PID                                        uint32
	Image                                      string
	FileVersion, Description, Product, Company string
	OriginalFileName                           string
	CommandLine, CurrentDirectory              string
	User                                       string // "DOMAIN\name"
	LogonGUID                                  string
	LogonID                                    uint64
	Session                                    uint32
	Integrity                                  string // "High"
	Hashes                                     string
	ParentGUID                                 string
	ParentPID                                  uint32
	ParentImage, ParentCommandLine, ParentUser string
}

// Sysmon1 is a process creation, version 5 with the fields of Sysmon 13.30
// and later.
func Sysmon1(at time.Time, computer string, p SysmonProcess) Record {
	if p.UTC.IsZero() {
		p.UTC = at
	}
	return sysmon(1, 5, at, computer, []Field{
		{"RuleName", String, "-"},
		{"UtcTime", String, p.UTC.UTC().Format(SysmonTime)},
		{"ProcessGuid", GUID, orEmpty(p.GUID)},
		{"ProcessId", UInt32, p.PID},
		{"Image", String, p.Image},
		{"FileVersion", String, dash(p.FileVersion)},
		{"Description", String, dash(p.Description)},
		{"Product", String, dash(p.Product)},
		{"Company", String, dash(p.Company)},
		{"OriginalFileName", String, dash(p.OriginalFileName)},
		{"CommandLine", String, p.CommandLine},
		{"CurrentDirectory", String, p.CurrentDirectory},
		{"User", String, p.User},
		{"LogonGuid", GUID, orEmpty(p.LogonGUID)},
		{"LogonId", HexInt64, p.LogonID},
		{"TerminalSessionId", UInt32, p.Session},
		{"IntegrityLevel", String, p.Integrity},
		{"Hashes", String, p.Hashes},
		{"ParentProcessGuid", GUID, orEmpty(p.ParentGUID)},
		{"ParentProcessId", UInt32, p.ParentPID},
		{"ParentImage", String, dash(p.ParentImage)},
		{"ParentCommandLine", String, dash(p.ParentCommandLine)},
		{"ParentUser", String, dash(p.ParentUser)},
	})
}

// A SysmonFile is what a Sysmon 11 record says.
type SysmonFile struct {
	UTC     time.Time // zero: the record's time
	GUID    string    // of the process
	PID     uint32
	Image   string
	Target  string    // TargetFilename
	Created time.Time // zero: the record's time
	User    string
}

// Sysmon11 is a file creation, version 2 with the fields of Sysmon 13.30 and
// later.
func Sysmon11(at time.Time, computer string, f SysmonFile) Record {
	if f.UTC.IsZero() {
		f.UTC = at
	}
	if f.Created.IsZero() {
		f.Created = at
	}
	return sysmon(11, 2, at, computer, []Field{
		{"RuleName", String, "-"},
		{"UtcTime", String, f.UTC.UTC().Format(SysmonTime)},
		{"ProcessGuid", GUID, orEmpty(f.GUID)},
		{"ProcessId", UInt32, f.PID},
		{"Image", String, f.Image},
		{"TargetFilename", String, f.Target},
		{"CreationUtcTime", String, f.Created.UTC().Format(SysmonTime)},
		{"User", String, dash(f.User)},
	})
}

func orEmpty(guid string) string {
	if guid == "" {
		return emptyGUID
	}
	return guid
}
