package footprint

import (
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Providers of the records that are read here.
const (
	security = "Microsoft-Windows-Security-Auditing"
	sysmon   = "Microsoft-Windows-Sysmon"
)

// A Kind of record: its provider, its ID, whether Event.Data is needed, and the
// question whether a record may be of use, by the values of its data.
type Kind struct {
	Provider string
	ID       uint32
	Data     bool
	Ask      func(value func(name string) []byte) bool
}

// Kinds are the records that a Reader needs beside process starts, which are
// Security 4688 and Sysmon 1. Sessions of Windows' own accounts are of no use
// to other hosts, and most connections lead nowhere that a host is run from.
var Kinds = []Kind{
	{security, 4624, false, asks("TargetUserSid")},
	{security, 4625, true, nil},
	{security, 4648, true, nil},
	{security, 4672, true, asks("SubjectUserSid")},
	{sysmon, 3, true, func(value func(string) []byte) bool {
		return string(value("Initiated")) != "false" && administered[string(value("DestinationPort"))] != ""
	}},
}

// asks asks whether the SID under a name is of an account that is no part of
// Windows.
func asks(name string) func(func(string) []byte) bool {
	return func(value func(string) []byte) bool { return !ofWindows(string(value(name))) }
}

// ofWindows reports whether a SID is that of Windows itself: LocalSystem,
// LocalService, NetworkService, the window manager and the font driver.
func ofWindows(sid string) bool {
	return slices.Contains([]string{"S-1-5-18", "S-1-5-19", "S-1-5-20"}, sid) || strings.HasPrefix(sid, "S-1-5-90-") || strings.HasPrefix(sid, "S-1-5-96-")
}

// administered are the ports by which hosts are administered, and what listens
// there.
var administered = map[string]string{"22": "ssh", "135": "RPC", "139": "NetBIOS", "445": "SMB", "3389": "RDP", "5985": "WinRM", "5986": "WinRM"}

// Wanted reports whether a Reader has a use for an event. It may be asked by
// several goroutines.
func Wanted(e *artifacts.Event) bool {
	if starts(e) {
		return true
	}
	return Only(e)
}

// Only reports whether an event is of one of the Kinds, and a Reader has a use
// for it.
func Only(e *artifacts.Event) bool {
	switch {
	case of(e, security, 4624):
		return e.Logon != nil && !ofWindows(e.Target.SID)
	case of(e, security, 4625):
		return true
	case of(e, security, 4648), of(e, security, 4672):
		return !ofWindows(e.User.SID)
	case of(e, sysmon, 3):
		return !strings.EqualFold(e.Value("Initiated"), "false") && administered[e.Value("DestinationPort")] != ""
	}
	return false
}

// Known reports whether an event is of one of the Kinds.
func Known(e *artifacts.Event) bool {
	return slices.ContainsFunc(Kinds, func(k Kind) bool { return of(e, k.Provider, k.ID) })
}

func of(e *artifacts.Event, provider string, id uint32) bool {
	return e.Code == id && strings.EqualFold(e.Provider, provider)
}

// starts reports whether an event is a process start.
func starts(e *artifacts.Event) bool {
	return e.Process != nil && e.Process.Executable != "" && (e.Code == 4688 || e.Code == 1 && strings.EqualFold(e.Provider, sysmon))
}
