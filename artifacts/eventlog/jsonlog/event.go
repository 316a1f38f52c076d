package jsonlog

import (
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Providers whose documents have a meaning here beyond what all have.
const (
	providerSecurity = "Microsoft-Windows-Security-Auditing"
	providerEventlog = "Microsoft-Windows-Eventlog"
	providerSysmon   = "Microsoft-Windows-Sysmon"
)

// Where the layouts keep what every event has.
var (
	pathsID = []string{"winlog.event_id", "System.EventID", "System.EventID.#text", "System.EventID.Value", "EventID", "EventId", "event_id",
		"event.code", "winlog.code"}
	pathsProvider = []string{"winlog.provider_name", "System.Provider.Name", "System.Provider.#attributes.Name", "System.Provider.@Name", "System.Provider_attributes.Name",
		"SourceName", "ProviderName", "Provider", "provider_name", "source_name", "event.provider"}
	pathsChannel = []string{"winlog.channel", "System.Channel", "Channel", "log_name", "channel"}
	pathsHost    = []string{"winlog.computer_name", "System.Computer", "Computer", "Hostname", "computer_name", "host_name",
		"host.name", "host.hostname"}
	pathsRecord = []string{"winlog.record_id", "System.EventRecordID", "EventRecordID", "EventRecordId", "RecordNumber", "record_number", "record_id",
		"event.sequence"}
)

// number reads a number as Windows and JSON write them; 0 where there is none.
func number(s string) uint64 {
	base := 10
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s, base = s[2:], 16
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		return 0
	}
	return n
}

// common makes an event of what every document has, without its time.
func common(f *fields) artifacts.Event {
	e := artifacts.Event{Channel: f.one(pathsChannel...), Provider: f.one(pathsProvider...), Host: f.one(pathsHost...),
		RecordID: number(f.one(pathsRecord...))}
	for _, p := range pathsID {
		if id := number(f.one(p)); id > 0 && id < 1<<16 {
			e.Code = uint32(id)
			break
		}
	}
	if e.Provider == "" || e.Provider == "Microsoft-Windows-Winlogbeat" {
		e.Provider = providerOf(e.Channel, e.Code)
	}
	if e.Code == 0 || f.has("agent.type", Endpoint) {
		e.Code, e.Provider = 0, Endpoint
		if e.Channel == "" {
			e.Channel = f.one("event.dataset", "data_stream.dataset")
		}
	}
	return e
}

// providerOf is the provider that writes an ID to a channel, for layouts that
// leave it out.
func providerOf(channel string, id uint32) string {
	switch {
	case strings.EqualFold(channel, "Security") && id == 1102, strings.EqualFold(channel, "System") && id == 104:
		return providerEventlog
	case strings.EqualFold(channel, "Security"):
		return providerSecurity
	case strings.EqualFold(channel, "Microsoft-Windows-Sysmon/Operational"):
		return providerSysmon
	}
	return ""
}

// fill adds what the event's kind has.
func fill(e *artifacts.Event, f *fields) {
	switch provider := strings.ToLower(e.Provider); {
	case provider == strings.ToLower(providerSecurity):
		security(e, f)
	case provider == strings.ToLower(providerEventlog):
		cleared(e, f)
	case provider == strings.ToLower(providerSysmon):
		sysmon(e, f)
	case e.Provider == Endpoint:
		endpoint(e, f)
	}
	for _, path := range pathsRule {
		for _, v := range f.values[path] {
			e.Data = append(e.Data, artifacts.Datum{Name: path, Value: v})
		}
	}
}

// pathsRule are the ECS fields that detection rules ask for and that an Event
// has no place of its own for; they stay under their own names.
var pathsRule = []string{"host.os.type", "event.type", "file.Ext.header_bytes", "file.size"}

func security(e *artifacts.Event, f *fields) {
	switch e.Code {
	case 4688:
		e.User, e.Target = subject(f), target(f)
		p := f.process("process.")
		p.PID = uint32(first(number(f.data("NewProcessId")), uint64(p.PID)))
		p.Executable = or(f.data("NewProcessName"), p.Executable)
		p.CommandLine = or(f.data("CommandLine"), p.CommandLine)
		p.IntegrityLevel = windows.IntegrityLevel(or(f.data("MandatoryLabel"), p.IntegrityLevel))
		parent := f.process("process.parent.")
		parent.PID = uint32(first(number(or(f.one("process_parent_id"), f.data("ProcessId"))), uint64(parent.PID)))
		parent.Executable = or(f.data("ParentProcessName"), parent.Executable)
		p.Parent = orNil(parent)
		e.Process = &p
	case 4624, 4634:
		e.Target, e.Logon = target(f), logon(f)
		if e.Code == 4624 {
			e.User = subject(f)
			p := f.process("process.")
			p.PID = uint32(first(number(f.data("ProcessId")), uint64(p.PID)))
			p.Executable = or(f.data("ProcessName"), p.Executable)
			e.Process = orNil(p)
		}
	default:
		e.User, e.Target = subject(f), target(f)
		p := f.process("process.")
		p.PID = uint32(first(number(f.data("ProcessId")), uint64(p.PID)))
		p.Executable = or(f.data("ProcessName"), p.Executable)
		e.Process = orNil(p)
	}
}

// sysmon: user.id and SecurityID are of the account that Sysmon runs as.
func sysmon(e *artifacts.Event, f *fields) {
	e.Started = readUTC(f.data("UtcTime"))
	if e.User.Domain, e.User.Name = account(f.data("User")); e.User.Name == "" {
		e.User.Domain, e.User.Name = f.one("user.domain", "user_domain"), f.one("user.name", "user_name")
	}
	e.User.LogonID = logonID(f.data("LogonId"))
	p := f.process("process.")
	p.PID = uint32(first(number(f.data("ProcessId")), uint64(p.PID)))
	p.EntityID = guid(or(f.data("ProcessGuid"), p.EntityID))
	p.Executable = or(f.data("Image"), p.Executable)
	switch e.Code {
	case 1:
	case 11, 15, 23, 26, 29:
		e.File = &artifacts.File{Path: or(f.data("TargetFilename"), f.one("file.path")), Created: readUTC(f.data("CreationUtcTime"))}
		fallthrough
	default:
		e.Process = orNil(artifacts.Process{PID: p.PID, EntityID: p.EntityID, Executable: p.Executable})
		if e.File != nil && e.Process == nil {
			e.Process = &artifacts.Process{}
		}
		return
	}
	p.CommandLine = or(f.data("CommandLine"), p.CommandLine)
	p.OriginalFileName = or(f.data("OriginalFileName"), p.OriginalFileName)
	p.WorkingDirectory = or(f.data("CurrentDirectory"), p.WorkingDirectory)
	p.IntegrityLevel = or(f.data("IntegrityLevel"), p.IntegrityLevel)
	p.Hashes = or(f.data("Hashes"), p.Hashes)
	p.Description = or(f.data("Description"), p.Description)
	p.Company = or(f.data("Company"), p.Company)
	parent := f.process("process.parent.")
	parent.PID = uint32(first(number(f.data("ParentProcessId")), uint64(parent.PID)))
	parent.EntityID = guid(or(f.data("ParentProcessGuid"), parent.EntityID))
	parent.Executable = or(f.data("ParentImage"), parent.Executable)
	parent.CommandLine = or(f.data("ParentCommandLine"), parent.CommandLine)
	p.Parent = orNil(parent)
	e.Process = &p
}

// endpoint: a process's start or a file's creation, in ECS alone.
func endpoint(e *artifacts.Event, f *fields) {
	e.User = artifacts.User{Name: f.one("user.name"), Domain: f.one("user.domain"), SID: f.one("user.id"),
		LogonID: logonID(f.one("process.Ext.authentication_id", "winlog.logon.id"))}
	p := f.process("process.")
	switch {
	case f.has("event.category", "process") && f.has("event.type", "start"):
		p.Parent = orNil(f.process("process.parent."))
		e.Process = &p
	case f.has("event.category", "file") && (f.has("event.type", "creation") || f.has("event.action", "creation")):
		e.Process = &p
		e.File = &artifacts.File{Path: f.one("file.path")}
	}
}

func cleared(e *artifacts.Event, f *fields) {
	switch e.Code {
	case 1102:
		e.User, e.Cleared = subject(f), "Security"
	case 104:
		e.User = subject(f)
		for _, p := range dataPaths[:len(dataPaths)-1] { // the record's own channel is not what was cleared
			if e.Cleared = f.one(p + "Channel"); e.Cleared != "" {
				return
			}
		}
	}
}

// process reads ECS's fields of a process.
func (f *fields) process(at string) artifacts.Process {
	p := artifacts.Process{
		PID:              uint32(number(f.one(at + "pid"))),
		EntityID:         guid(f.one(at + "entity_id")),
		Executable:       or(f.one(at+"executable"), f.one(at+"name")),
		CommandLine:      f.one(at + "command_line"),
		Args:             f.values[at+"args"],
		OriginalFileName: f.one(at + "pe.original_file_name"),
		WorkingDirectory: f.one(at + "working_directory"),
		IntegrityLevel:   f.one(at + "Ext.token.integrity_level_name"),
		Description:      f.one(at + "pe.description"),
		Company:          f.one(at + "pe.company"),
	}
	var hashes []string
	for _, h := range [][2]string{{"SHA1", "hash.sha1"}, {"MD5", "hash.md5"}, {"SHA256", "hash.sha256"}, {"IMPHASH", "pe.imphash"}} {
		if v := f.one(at + h[1]); v != "" {
			hashes = append(hashes, h[0]+"="+strings.ToUpper(v))
		}
	}
	p.Hashes = strings.Join(hashes, ",")
	return p
}

// subject is the account that acted. ECS has it in user.
func subject(f *fields) artifacts.User {
	u := f.account("Subject")
	if u.Name == "" {
		u.Name, u.Domain = f.one("user.name"), f.one("user.domain")
		u.SID = or(u.SID, f.one("user.id"))
	}
	u.LogonID = or(u.LogonID, logonID(f.one("winlog.logon.id")))
	return u
}

func target(f *fields) artifacts.User { return f.account("Target") }

// nobody is the SID that Security writes where there is no account.
const nobody = "S-1-0-0"

func (f *fields) account(prefix string) artifacts.User {
	u := artifacts.User{Name: f.data(prefix + "UserName"), Domain: f.data(prefix + "DomainName"), SID: f.data(prefix + "UserSid"),
		LogonID: logonID(f.data(prefix + "LogonId"))}
	if u.SID == nobody && u.Name == "" {
		u.SID = ""
	}
	return u
}

func logon(f *fields) *artifacts.Logon {
	l := &artifacts.Logon{
		Type:        uint32(number(f.data("LogonType"))),
		SourceIP:    or(f.data("IpAddress"), f.one("source.ip")),
		SourcePort:  or(f.data("IpPort"), f.one("source.port")),
		Workstation: or(f.data("WorkstationName"), f.one("source.domain")),
		Process:     strings.TrimRight(f.data("LogonProcessName"), " "),
		Package:     f.data("AuthenticationPackageName"),
		LinkedID:    logonID(f.data("TargetLinkedLogonId")),
		Elevated:    f.data("ElevatedToken"),
	}
	switch l.Elevated {
	case "%%1842", "Yes":
		l.Elevated = "yes"
	case "%%1843", "No":
		l.Elevated = "no"
	}
	return l
}

// logonID writes a logon's LUID in the "0x3e7" form; "" for 0.
func logonID(s string) string {
	if n := number(s); n != 0 {
		return "0x" + strconv.FormatUint(n, 16)
	}
	return ""
}

func account(s string) (domain, name string) {
	if domain, name, ok := strings.Cut(s, `\`); ok {
		return domain, name
	}
	return "", s
}

const (
	noGUID   = "{00000000-0000-0000-0000-000000000000}"
	lenGUID  = len(noGUID)
	bareGUID = lenGUID - 2
)

// guid writes a GUID in braces and upper case. Elastic Defend's entity ids are
// none and stay as they are.
func guid(s string) string {
	if len(s) == bareGUID && strings.Count(s, "-") == 4 {
		s = "{" + s + "}"
	}
	if len(s) != lenGUID || s[0] != '{' {
		return s
	}
	if s == noGUID {
		return ""
	}
	return strings.ToUpper(s)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func first(a, b uint64) uint64 {
	if a != 0 {
		return a
	}
	return b
}

// orNil returns the process unless the document says nothing of it.
func orNil(p artifacts.Process) *artifacts.Process {
	if p.PID == 0 && p.Executable == "" && p.CommandLine == "" && p.EntityID == "" {
		return nil
	}
	return &p
}

// readUTC reads Sysmon's own times, which are UTC whatever writes them.
func readUTC(s string) time.Time {
	t, _, ok := readTime(s)
	if !ok {
		return time.Time{}
	}
	return t
}
