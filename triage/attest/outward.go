package attest

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/technique"
)

// clientActiveX is the provider of the client of remote desktop.
const clientActiveX = "Microsoft-Windows-TerminalServices-ClientActiveXCore"

// remotePorts are those by which other computers are worked on: RPC, SMB,
// remote desktop and WinRM.
var remotePorts = []string{"135", "139", "445", "3389", "5985", "5986"}

// RemotePort reports whether a port is one by which other computers are worked
// on.
func RemotePort(port string) bool { return slices.Contains(remotePorts, port) }

// Outward reports whether an event is a connection that this host began, to a
// port by which other computers are worked on.
func Outward(e *artifacts.Event) bool {
	return strings.EqualFold(e.Provider, Sysmon) && e.Code == 3 && strings.EqualFold(e.Value("Initiated"), "true") && RemotePort(e.Value("DestinationPort"))
}

// toward names the other computer of a record that tells of something that
// goes out from its own; "" of any other record.
func toward(e *artifacts.Event) string {
	switch {
	case strings.EqualFold(e.Provider, Security) && e.Code == 4648:
		return elsewhere(e.Value("TargetServerName"), e.Host)
	case Outward(e):
		if name := elsewhere(e.Value("DestinationHostname"), e.Host); name != "" {
			return name
		}
		return elsewhere(e.Value("DestinationIp"), e.Host)
	case strings.EqualFold(e.Provider, clientActiveX), strings.EqualFold(e.Provider, "Microsoft-Windows-WinRM") && e.Code == 6:
		named, _, _ := strings.Cut(cmp.Or(e.Value("Value"), e.Value("connection")), "/")
		return elsewhere(named, e.Host)
	}
	return ""
}

// elsewhere is a computer's name or address, "" of the host itself.
func elsewhere(name, host string) string {
	name = strings.Trim(name, `\"' `)
	short, _, _ := strings.Cut(name, ".")
	own, _, _ := strings.Cut(host, ".")
	if a, err := netip.ParseAddr(name); err == nil {
		if a.IsLoopback() || a.IsUnspecified() {
			return ""
		}
		return name
	}
	if name == "-" || strings.EqualFold(short, "localhost") || strings.EqualFold(short, own) {
		return ""
	}
	return name
}

// drivers are Windows' own programs that run all day and, told the name of
// another computer, work on it.
var drivers = []string{"wmic.exe", "net.exe", "sc.exe", "schtasks.exe", "at.exe", "powershell.exe", "pwsh.exe", "winrs.exe", "mstsc.exe"}

// Started reads the start of a program that matters around a copy: one that
// packs, carries, opens, executes elsewhere or removes, or one of Windows' own
// that is told the name of another computer. Those that copy hives are records
// of their own.
func Started(e *artifacts.Event) (n correlate.Notice, ok bool) {
	if e.Process == nil {
		return n, false
	}
	base := command.Base(e.Process.Executable)
	use, other := technique.Use(base), ""
	if use == technique.Remote || slices.Contains(drivers, base) {
		other = elsewhere(commanded(e.Process.CommandLine), e.Host)
	}
	switch {
	case use == technique.Copier, use == "" && other == "":
		return n, false
	case use == "":
		use = "a program that was told the name of another computer"
	}
	line := cmp.Or(e.Process.CommandLine, e.Process.Executable)
	began := e.Began()
	return correlate.Notice{Time: began, Last: began, Count: 1, Host: e.Host, User: e.User, Kind: "execution", Toward: other,
		What: cut(use + " ran: " + line), From: correlate.FromEvent(e)}, true
}

// commanded is the other computer that a command line names: \\name,
// /node:name, -ComputerName name, /v:name, -r:name; "" if it names none.
func commanded(line string) string {
	words := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\"',;()", c) })
	for i, word := range words {
		lower := strings.ToLower(word)
		if unc, ok := strings.CutPrefix(word, `\\`); ok {
			name, _, _ := strings.Cut(unc, `\`)
			if name != "" && name != "." && name != "?" {
				return name
			}
		}
		for _, option := range []string{"/node:", "/v:", "-r:", "/r:", "-remote:", "-computername:"} {
			switch {
			case strings.HasPrefix(lower, option) && len(word) > len(option):
				return word[len(option):]
			case lower == option && i+1 < len(words): // in quotes
				return words[i+1]
			}
		}
		if (lower == "-computername" || lower == "-cn" || lower == "/s") && i+1 < len(words) && !strings.ContainsAny(words[i+1], `\/:`) {
			return words[i+1]
		}
	}
	return ""
}
