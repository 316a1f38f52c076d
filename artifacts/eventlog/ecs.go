package eventlog

import (
	"hash/maphash"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Providers whose records have a meaning here beyond System.
const (
	providerSecurity = "Microsoft-Windows-Security-Auditing"
	providerEventlog = "Microsoft-Windows-Eventlog"
	providerSysmon   = "Microsoft-Windows-Sysmon"
)

// Strings up to longestKept bytes are likely to recur (accounts, images,
// channels); a decoder keeps keptNames of them so that each is made once.
const (
	longestKept = 128
	keptNames   = 2048
)

// text returns a field's text; "" if it is absent or "-", as Security writes
// an absent value.
func (d *decoder) text(f field) string {
	v := d.values[f]
	if len(v.data) == 0 {
		return ""
	}
	d.text8 = v.appendText(d.text8[:0])
	b := d.text8
	if len(b) == 1 && b[0] == '-' {
		return ""
	}
	return d.keep(b)
}

// keep returns b as a string, the same one each time if it is short.
func (d *decoder) keep(b []byte) string {
	if len(b) > longestKept {
		return string(b)
	}
	slot := &d.names[maphash.Bytes(d.seed, b)%keptNames]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// number returns a field's number, 0 if it has none.
func (d *decoder) number(f field) uint64 {
	n, _ := d.values[f].number()
	return n
}

// event makes an Event of the record at hand. Security and Sysmon records of
// the IDs that the package knows are mapped; others get System and, where they
// are told in full, Data.
func (d *decoder) event(id uint32, told bool) artifacts.Event {
	e := artifacts.Event{
		From:     d.log.from,
		RecordID: d.number(systemRecordID),
		Time:     d.values[systemTime].time(),
		Channel:  d.text(systemChannel),
		Provider: d.text(systemProvider),
		Code:     id,
		Host:     d.text(systemComputer),
	}
	switch e.Provider {
	case providerSecurity:
		d.security(&e)
	case providerEventlog:
		d.cleared(&e)
	case providerSysmon:
		d.sysmon(&e)
	}
	if told {
		d.tellAll(&e)
	}
	return e
}

// security maps 4688 (versions 0 to 2), 4624, 4634 and, of those that are told
// in full, the accounts and the process.
func (d *decoder) security(e *artifacts.Event) {
	switch e.Code {
	case 4688:
		e.User, e.Target = d.subject(), d.target()
		e.Process = &artifacts.Process{
			PID:            uint32(d.number(newProcessID)),
			Executable:     d.text(newProcessName),
			CommandLine:    d.text(commandLine),
			IntegrityLevel: windows.IntegrityLevel(d.text(mandatoryLabel)),
			Parent:         d.parent(processID, parentProcessName),
		}
	case 4624:
		e.User, e.Target, e.Logon = d.subject(), d.target(), d.logon()
		e.Process = d.parent(processID, processName)
	case 4634:
		e.Target, e.Logon = d.target(), d.logon()
	default:
		if d.whole {
			e.User, e.Target, e.Process = d.subject(), d.target(), d.parent(processID, processName)
		}
	}
}

// parent returns the process that two fields name, nil if they do not.
func (d *decoder) parent(pid, executable field) *artifacts.Process {
	p := artifacts.Process{PID: uint32(d.number(pid)), Executable: d.text(executable)}
	if p.PID == 0 && p.Executable == "" {
		return nil
	}
	return &p
}

func (d *decoder) subject() artifacts.User {
	return d.user(subjectUser, subjectDomain, subjectSID, subjectLogonID)
}

func (d *decoder) target() artifacts.User {
	return d.user(targetUser, targetDomain, targetSID, targetLogonID)
}

// nobody is the SID that Security writes where there is no account.
const nobody = "S-1-0-0"

// user returns the account that four fields name. Security fills the fields
// of an absent account with "-", the null SID and logon 0x0.
func (d *decoder) user(name, domain, sid, logon field) artifacts.User {
	u := artifacts.User{Name: d.text(name), Domain: d.text(domain), SID: d.text(sid), LogonID: d.logonID(logon)}
	if u.SID == nobody && u.Name == "" {
		u.SID = ""
	}
	return u
}

// logonID returns a logon's LUID in the "0x3e7" form; "" for 0, which no
// logon has.
func (d *decoder) logonID(f field) string {
	n := d.number(f)
	if n == 0 {
		return ""
	}
	d.text8 = strconv.AppendUint(append(d.text8[:0], "0x"...), n, 16)
	return d.keep(d.text8)
}

func (d *decoder) logon() *artifacts.Logon {
	l := &artifacts.Logon{
		Type:        uint32(d.number(logonType)),
		SourceIP:    d.text(ipAddress),
		SourcePort:  d.text(ipPort),
		Workstation: d.text(workstation),
		Process:     strings.TrimRight(d.text(logonProcess), " "), // "Advapi  " as Windows pads it
		Package:     d.text(authenticationPackage),
		LinkedID:    d.logonID(targetLinkedLogonID),
		Elevated:    d.text(elevatedToken),
	}
	switch l.Elevated {
	case "%%1842":
		l.Elevated = "yes"
	case "%%1843":
		l.Elevated = "no"
	}
	return l
}

// cleared maps 1102 (the security log was cleared) and 104 (another was);
// both keep their facts in UserData/LogFileCleared.
func (d *decoder) cleared(e *artifacts.Event) {
	switch e.Code {
	case 1102:
		e.User, e.Cleared = d.subject(), "Security"
	case 104:
		e.User, e.Cleared = d.subject(), d.text(channel)
	}
}

// sysmon maps 1 (process created), 11, 15, 23, 26 and 29 (file or stream
// created or deleted) and, of those that are told in full, the process. Event.Started is
// UtcTime: System/TimeCreated is when the record was written.
func (d *decoder) sysmon(e *artifacts.Event) {
	switch e.Code {
	case 1, 11, 15, 23, 26, 29:
	default:
		if !d.whole {
			return
		}
	}
	if t := d.values[utcTime].time(); !t.Equal(e.Time) {
		e.Started = t
	}
	e.User.Domain, e.User.Name = account(d.text(userName))
	e.User.LogonID = d.logonID(logonID)
	e.Process = &artifacts.Process{
		PID:        uint32(d.number(processID)),
		EntityID:   d.guid(processGUID),
		Executable: d.text(image),
	}
	if e.Code != 1 {
		if path := d.text(targetFilename); path != "" || e.Code == 11 {
			e.File = &artifacts.File{Path: path, Created: d.values[creationUtcTime].time()}
		}
		return
	}
	p := e.Process
	p.CommandLine = d.text(commandLine)
	p.OriginalFileName = d.text(originalFileName)
	p.WorkingDirectory = d.text(currentDirectory)
	p.IntegrityLevel = d.text(integrityLevel)
	p.Hashes = d.text(hashes)
	p.Description = d.text(description)
	p.Company = d.text(company)
	parent := artifacts.Process{
		PID:         uint32(d.number(parentProcessID)),
		EntityID:    d.guid(parentProcessGUID),
		Executable:  d.text(parentImage),
		CommandLine: d.text(parentCommandLine),
	}
	if parent.PID != 0 || parent.EntityID != "" || parent.Executable != "" || parent.CommandLine != "" {
		p.Parent = &parent
	}
}

// account splits "DOMAIN\name".
func account(s string) (domain, name string) {
	if domain, name, ok := strings.Cut(s, `\`); ok {
		return domain, name
	}
	return "", s
}

// noGUID is how Sysmon writes that it does not know a process.
const noGUID = "{00000000-0000-0000-0000-000000000000}"

// guid returns a GUID in braces and upper case, whichever way it is stored.
func (d *decoder) guid(f field) string {
	s := strings.ToUpper(d.text(f))
	if s == "" || s == noGUID {
		return ""
	}
	if s[0] != '{' {
		s = "{" + s + "}"
	}
	return s
}
