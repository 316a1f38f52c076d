// Package settings says what a computer's own hives tell of how it was set up,
// as far as that bears on hive theft: what it recorded, what makes a theft
// easier, and which drive had which letter. It works on facts.
package settings

import (
	"fmt"
	"strconv"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
)

// A Setting is one fact about a host's set-up.
type Setting struct {
	What      string `json:"what"`             // "process creation auditing"
	State     string `json:"state"`            // "on", "off", or the value
	Means     string `json:"means"`            // for the investigation
	Remedy    string `json:"remedy,omitempty"` // the setting to change, where the state leaves a gap
	Certainty string `json:"certainty"`        // "certain", "likely"; "default" if nothing is set and Windows' default holds
	Path      string `json:"path"`             // of the hive
	Offset    int64  `json:"offset"`           // in the hive, of what was read; 0 if that does not stand in it, or the default holds
}

// Default is the certainty of a state that follows from a value's absence.
const Default = "default"

// Facts are what a host's live hives tell; a nil part could not be read.
type Facts struct {
	Audit        *machine.AuditPolicy
	AuditPath    string
	System       *machine.System
	SystemPath   string
	Software     *machine.Software
	SoftwarePath string
	Access       []Access // to the files of the live hives
	Shadows      int      // shadow copies that there are of their volume
}

// List tells the settings in a fixed order.
func List(f Facts) []Setting {
	l := list{}
	if f.Audit != nil {
		l.audit(f.Audit, f.AuditPath)
	}
	if f.Software != nil {
		l.logging(f.Software, f.SoftwarePath)
	}
	if f.System != nil {
		l.system(f.System, f.SystemPath)
	}
	if f.Software != nil {
		l.logon(f.Software, f.SoftwarePath)
	}
	l.access(f.Access, f.Shadows)
	return l
}

type list []Setting

func (l *list) add(s Setting) { *l = append(*l, s) }

// flag adds a setting that is on or off. Where nothing is set, the default of
// Windows holds.
func (l *list) flag(what, path string, v hive.Fact[bool], standard bool, on, off, remedy string) {
	s := Setting{What: what, Path: path, Offset: v.Offset, Certainty: v.Certainty, State: "off", Means: off, Remedy: remedy}
	value := v.Value
	if !v.Known() {
		value, s.Certainty = standard, Default
	}
	if value {
		s.State, s.Means, s.Remedy = "on", on, ""
	}
	l.add(s)
}

// audit tells which records the Security log was told to keep.
func (l *list) audit(p *machine.AuditPolicy, path string) {
	for _, a := range []struct{ what, sub, on, off string }{
		{"process creation auditing", machine.ProcessCreation, "process starts are recorded (4688)", "process starts are not recorded in the Security log (4688)"},
		{"logon auditing", machine.Logon, "logons are recorded (4624)", "logons are not recorded (4624)"},
		{"detailed file share auditing", machine.DetailedFileShare, "files opened over the network are recorded (5145)", "files opened over the network, and the winreg pipe, are not recorded (5145)"},
		{"registry auditing", machine.Registry, "access to keys with an audit entry is recorded (4656, 4663)", "access to registry keys is not recorded (4656, 4663)"},
	} {
		success, _ := p.Audits(a.sub)
		if !success.Known() {
			continue
		}
		remedy := fmt.Sprintf("auditpol /set /subcategory:%q /success:enable", a.sub)
		l.flag(a.what, path, success, false, a.on, a.off, remedy)
	}
}

// logging tells what SOFTWARE adds to the logs.
func (l *list) logging(s *machine.Software, path string) {
	l.flag("command lines of process creation", path, s.Logging.CommandLines, false,
		"4688 records carry command lines", "4688 records carry no command lines: a copy by reg.exe cannot be told from its other uses",
		`set HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit\ProcessCreationIncludeCmdLine_Enabled to 1`)
	l.flag("PowerShell script block logging", path, s.Logging.ScriptBlocks, false,
		"scripts are recorded (4104)", "only scripts that PowerShell itself finds suspicious are recorded (4104)",
		`set HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging\EnableScriptBlockLogging to 1`)
	if t := s.Logging.Transcription; t.Known() && t.Value {
		where := "each user's documents"
		if s.Logging.Transcripts.Value != "" {
			where = s.Logging.Transcripts.Value
		}
		l.add(Setting{What: "PowerShell transcription", State: "on", Means: "what was typed and shown is kept in " + where, Certainty: t.Certainty, Path: path, Offset: t.Offset})
	}
}

// startAutomatic is a service's start type.
const startAutomatic = 2

// starts are the start types of services.
var starts = map[uint32]string{0: "at boot", 1: "by the system", startAutomatic: "automatic", 3: "on demand", 4: "disabled"}

func (l *list) system(s *machine.System, path string) {
	l.sysmon(s, path)
	if v := s.RemoteRegistry(); v.Known() {
		state, ok := starts[v.Value]
		if !ok {
			state = strconv.FormatUint(uint64(v.Value), 10)
		}
		set := Setting{What: "RemoteRegistry service", State: state, Certainty: v.Certainty, Path: path, Offset: v.Offset,
			Means: "remote registry access starts it when needed, unless it is disabled"}
		if v.Value == startAutomatic {
			set.Means, set.Remedy = "the registry can be read and saved over the network at any time", "set the service RemoteRegistry to disabled where nothing needs it"
		}
		l.add(set)
	}
	l.flag("periodic registry backup", path, s.PeriodicBackup, false,
		`Windows copies the hives to config\RegBack, where nothing locks them`, `config\RegBack is not filled: a copy with content there was made otherwise, or on a server or an older Windows`, "")
	if v := s.WDigest; v.Known() && v.Value {
		l.add(Setting{What: "WDigest credentials in memory", State: "on", Certainty: v.Certainty, Path: path, Offset: v.Offset,
			Means: "passwords of logged-on users stand in the memory of LSASS in clear text", Remedy: `set HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest\UseLogonCredential to 0`})
	}
	if v := s.BitLocker; v.Known() {
		l.flag("BitLocker of the system drive", path, v, false, "the disk cannot be read without unlocking it", "whoever holds the disk can copy the hives offline", "")
	}
	if v := s.Shutdown; v.Known() && !v.Value.IsZero() {
		l.add(Setting{What: "last orderly shutdown", State: v.Value.UTC().Format(time.RFC3339), Means: "until then Windows ran", Certainty: v.Certainty, Path: path, Offset: v.Offset})
	}
	for _, m := range s.Mounts {
		if drive := m.Drive(); drive != 0 {
			l.add(Setting{What: fmt.Sprintf("drive %c:", drive), State: device(m), Means: "what the letter stood for", Certainty: hive.Certain, Path: path, Offset: m.Offset})
		}
	}
}

// device says what a drive letter stood for.
func device(m machine.Mount) string {
	switch {
	case m.GUID != "":
		return "GPT partition " + m.GUID
	case m.Device != "":
		return m.Device
	}
	return fmt.Sprintf("MBR disk %08x at byte %d", m.Signature, m.Start)
}

func (l *list) sysmon(s *machine.System, path string) {
	if len(s.Sysmon) == 0 {
		if len(s.Services) > 0 {
			l.add(Setting{What: "Sysmon", State: "not installed", Means: "no record of its own of processes, files and their origin", Certainty: hive.Certain, Path: path,
				Remedy: "install Sysmon with events 1 and 11, or an equal sensor"})
		}
		return
	}
	for _, part := range s.Sysmon {
		kind, named := "service", ""
		if part.Driver {
			kind = "driver"
		}
		if part.Renamed {
			named = ", under another name than usual"
		}
		l.add(Setting{What: "Sysmon", State: fmt.Sprintf("%s %s", kind, part.Service.Value), Means: "installed" + named + ": " + part.Because,
			Certainty: part.Service.Certainty, Path: path, Offset: part.Service.Offset})
	}
}

// logon tells what SOFTWARE says of stored credentials.
func (l *list) logon(s *machine.Software, path string) {
	w := s.Winlogon
	l.flag("auto-logon", path, w.AutoLogon, false, "a password is stored for logging on automatically, as "+w.User.Value, "no password is stored for it, or it is left over", "")
	if w.Password.Known() && w.Password.Value {
		l.add(Setting{What: "DefaultPassword in SOFTWARE", State: "present", Means: "the password of auto-logon stands in SOFTWARE in clear text; it is not read here",
			Remedy: "remove the value DefaultPassword from Winlogon", Certainty: w.Password.Certainty, Path: path, Offset: w.Password.Offset})
	}
	if v := w.CachedLogons; v.Known() {
		l.add(Setting{What: "cached logons", State: strconv.Itoa(v.Value), Means: "so many domain logons are kept at most", Certainty: v.Certainty, Path: path, Offset: v.Offset})
	}
	for _, laps := range s.LAPS {
		state := "installed"
		if laps.On.Known() {
			state = "off"
			if laps.On.Value {
				state = "on"
			}
		}
		l.add(Setting{What: laps.Form, State: state, Means: "the password of a local administrator is managed and changes by itself", Certainty: hive.Certain, Path: path, Offset: laps.Offset})
	}
}
