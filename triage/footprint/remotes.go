package footprint

import (
	"slices"
	"strings"

	"hivetriage/triage/command"
)

// Bounds of a command line that is asked for hosts.
const (
	maxLine    = 8192 // bytes that are looked at
	maxRemotes = 16   // hosts of one line
	longestDNS = 253  // characters of a name
)

// options name a host in their argument, behind them or as the next one, in
// whatever program: those of WMIC and of PowerShell.
var options = []string{"/node:", "-node:", "-computername"}

// hostOptions are programs whose options name a host, by the program's name.
var hostOptions = map[string][]string{
	"schtasks": {"/s"}, "tasklist": {"/s"}, "taskkill": {"/s"}, "systeminfo": {"/s"}, "driverquery": {"/s"}, "getmac": {"/s"}, "gpresult": {"/s"}, "eventcreate": {"/s"}, "openfiles": {"/s"}, "wevtutil": {"/r:", "/remote:"},
	"winrs": {"-r:", "/r:", "-remote:", "/remote:"}, "mstsc": {"/v:"}, "quser": {"/server:"}, "qwinsta": {"/server:"}, "query": {"/server:"}, "rwinsta": {"/server:"}, "logoff": {"/server:"}, "cmdkey": {"/add:"}, "powershell": {"-cn"}, "pwsh": {"-cn"},
}

// callers are programs that name a host as \\HOST with nothing behind it.
var callers = []string{"psexec", "psexec64", "paexec", "psexec.exe", "at", "sc", "shutdown", "net", "net1", "psservice", "pslist", "psloggedon", "pskill", "psinfo", "psloglist", "reg"}

// lists makes quoted names with commas between them one word.
var lists = strings.NewReplacer(`","`, ",", "','", ",", `",`, ",", `,"`, ",", "',", ",", ",'", ",")

// Remotes are the other hosts that a command line names, in its own order: by
// \\HOST\share and \\HOST, /node:, -ComputerName, and the options of Windows'
// own tools. Loopback names are none, and neither is what cannot be a name.
// Variables and encoded commands are not resolved.
func Remotes(image, line string) (hosts []string) {
	if len(line) > maxLine {
		line = line[:maxLine]
	}
	if !mayName(line) {
		return nil
	}
	words := strings.FieldsFunc(lists.Replace(line), func(c rune) bool { return strings.ContainsRune(" \t\r\n\"'(){};|<>&", c) })
	own := strings.TrimSuffix(command.Base(image), ".exe")
	tool := own
	add := func(name string) {
		for _, one := range strings.Split(name, ",") {
			if one = hostName(one); one != "" && len(hosts) < maxRemotes && !slices.Contains(hosts, one) {
				hosts = append(hosts, one)
			}
		}
	}
	for i, w := range words {
		lower, next := strings.ToLower(w), ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		if name := strings.TrimSuffix(command.Base(lower), ".exe"); hostOptions[name] != nil || slices.Contains(callers, name) {
			tool = name // a line of a shell that calls it
		}
		if at := strings.Index(w, `\\`); at == 0 || at > 0 && strings.IndexByte("=:,@", w[at-1]) >= 0 {
			add(shareHost(w[at:], tool))
		}
		for _, option := range slices.Concat(options, hostOptions[own], hostOptions[tool]) {
			rest, ok := strings.CutPrefix(lower, option)
			switch {
			case !ok:
			case rest == "":
				add(next)
			case strings.HasSuffix(option, ":"):
				add(rest)
			case rest[0] == ':':
				add(rest[1:])
			}
		}
	}
	return hosts
}

// mayName reports whether a line may name a host at all.
func mayName(line string) bool {
	if strings.Contains(line, `\\`) {
		return true
	}
	lower := strings.ToLower(line)
	for _, part := range []string{"/node:", "-node:", "-computername", "-cn", "/s ", "/r:", "-r:", "remote:", "/v:", "/server:", "/add:"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}

// shareHost is the host of a UNC path; "" where it is none. Nothing behind the
// name is taken for a host only of a tool that names them so.
func shareHost(path, tool string) string {
	name, share, found := strings.Cut(path[2:], `\`)
	switch {
	case found && share != "" && share[0] != '\\', slices.Contains(callers, tool) && share == "":
		return name
	}
	return ""
}

// hostName is a host's name or address in lower case, "" where a text cannot
// be one or means the host itself.
func hostName(text string) string {
	text = strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(text, ".")), "termsrv/")
	if _, behind, ok := strings.Cut(text, "://"); ok { // winrs takes an address of the web
		text, _, _ = strings.Cut(behind, "/")
	}
	text, _, _ = strings.Cut(text, "@") // \\host@SSL\DavWWWRoot
	if name, port, ok := strings.Cut(text, ":"); ok && !strings.Contains(port, ":") {
		text = name // mstsc /v:host:port
	}
	switch {
	case len(text) < 2 || len(text) > longestDNS, text == "localhost", text == "..", text[0] == '-':
		return ""
	case global(text):
		return text
	}
	letter := false
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z':
			letter = true
		case '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return ""
		}
	}
	if !letter {
		return "" // a number, or a loopback address
	}
	return text
}
