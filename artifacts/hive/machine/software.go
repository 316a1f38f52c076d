package machine

import (
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts/hive"
)

// A Software is what a SOFTWARE hive tells. A value that is not set is
// unknown: the default of Windows holds.
type Software struct {
	Profiles []Profile // by SID
	Winlogon Winlogon
	Logging  Logging
	LAPS     []LAPS
}

// A Profile names a SID.
type Profile struct {
	SID  string
	Path hive.Fact[string] // ProfileImagePath: `C:\Users\name`
}

// Winlogon says whether a password is stored for logging on automatically, and
// whose.
type Winlogon struct {
	AutoLogon    hive.Fact[bool]   // AutoAdminLogon
	User         hive.Fact[string] // DefaultUserName
	Domain       hive.Fact[string] // DefaultDomainName
	Password     hive.Fact[bool]   // a DefaultPassword in clear text is there; it is not read
	CachedLogons hive.Fact[int]    // CachedLogonsCount
}

// Logging is what the computer was told to record.
type Logging struct {
	CommandLines  hive.Fact[bool] // in process creation events
	ScriptBlocks  hive.Fact[bool] // PowerShell
	Modules       hive.Fact[bool] // PowerShell
	Transcription hive.Fact[bool] // PowerShell
	Transcripts   hive.Fact[string]
}

// LAPS is a sign that a local administrator's password is managed.
type LAPS struct {
	Form   string // "Windows LAPS", "legacy LAPS"
	On     hive.Fact[bool]
	Key    string // below SOFTWARE
	Offset int64
}

// ReadSoftware reads the trees below tops, of SOFTWARE or of parts of it.
func ReadSoftware(tops []hive.Node) Software {
	s := Software{}
	find := func(path string) hive.Node {
		for _, top := range tops {
			if n, ok := hive.Find(top, path); ok {
				return n
			}
		}
		return nil
	}
	if n, ok := firstTail(tops, "Microsoft", "Windows NT", "CurrentVersion", "ProfileList"); ok {
		s.Profiles = readProfiles(n)
	}
	if n, ok := firstTail(tops, "Microsoft", "Windows NT", "CurrentVersion", "Winlogon"); ok {
		s.Winlogon = readWinlogon(n)
	}
	const powerShell = `Policies\Microsoft\Windows\PowerShell\`
	s.Logging = Logging{
		CommandLines:  on(find(`Microsoft\Windows\CurrentVersion\Policies\System\Audit`), "ProcessCreationIncludeCmdLine_Enabled"),
		ScriptBlocks:  on(find(powerShell+"ScriptBlockLogging"), "EnableScriptBlockLogging"),
		Modules:       on(find(powerShell+"ModuleLogging"), "EnableModuleLogging"),
		Transcription: on(find(powerShell+"Transcription"), "EnableTranscripting"),
		Transcripts:   text(find(powerShell+"Transcription"), "OutputDirectory"),
	}
	for _, key := range lapsKeys {
		if n := find(key.path); n != nil {
			s.LAPS = append(s.LAPS, LAPS{key.form, lapsOn(n, key.value), key.path, n.Offset()})
		}
	}
	return s
}

// lapsKeys hold LAPS's settings: Microsoft, "Configure policy settings for
// Windows LAPS" (policies of MDM, group policy, local configuration), and the
// group policy extension of the LAPS before it.
var lapsKeys = []struct{ form, path, value string }{
	{"Windows LAPS", `Microsoft\Policies\LAPS`, "BackupDirectory"},
	{"Windows LAPS", `Microsoft\Windows\CurrentVersion\Policies\LAPS`, "BackupDirectory"},
	{"Windows LAPS", `Microsoft\Windows\CurrentVersion\LAPS\Config`, "BackupDirectory"},
	{"legacy LAPS", `Policies\Microsoft Services\AdmPwd`, "AdmPwdEnabled"},
	{"legacy LAPS", `Microsoft\Windows NT\CurrentVersion\Winlogon\GPExtensions\{D76B9641-3288-4f75-942D-087DE603E3EA}`, ""},
}

// lapsOn tells whether LAPS was told to act; of the extension, whose presence
// says that it is installed, nothing.
func lapsOn(n hive.Node, value string) hive.Fact[bool] {
	if value == "" {
		return hive.Fact[bool]{}
	}
	return on(n, value)
}

func readProfiles(n hive.Node) []Profile {
	var all []Profile
	for profile := range n.Children() {
		if name := profile.Name(); strings.HasPrefix(name, "S-1-") && len(all) < maxProfiles {
			all = append(all, Profile{name, text(profile, "ProfileImagePath")})
		}
	}
	slices.SortStableFunc(all, func(a, b Profile) int { return strings.Compare(a.SID, b.SID) })
	return all
}

func readWinlogon(n hive.Node) Winlogon {
	w := Winlogon{User: text(n, "DefaultUserName"), Domain: text(n, "DefaultDomainName"), Password: hive.Sure(false, n.Offset())}
	if d, ok := hive.FindValue(n, "DefaultPassword"); ok {
		w.Password = hive.Sure(d.Length() > 2, d.Offset()) // more than a NUL
	}
	if v := text(n, "AutoAdminLogon"); v.Known() {
		w.AutoLogon = hive.Sure(v.Value == "1", v.Offset)
	} else {
		w.AutoLogon = on(n, "AutoAdminLogon")
	}
	if v := text(n, "CachedLogonsCount"); v.Known() {
		if count, err := strconv.ParseUint(strings.TrimSpace(v.Value), 10, 16); err == nil {
			w.CachedLogons = hive.Sure(int(count), v.Offset)
		}
	}
	return w
}
