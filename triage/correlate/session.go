package correlate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// A Clear is the clearing of a log.
type Clear struct {
	Time    time.Time
	Host    string
	Channel string // that was cleared
	User    artifacts.User
	From    From
}

// FindSessions returns the logon sessions that an act's records ran in, in the
// records' order: for each LogonID the newest logon that is not younger than
// the first record with it. Events are logons and logoffs sorted by time.
func FindSessions(members []*Record, events []artifacts.Event) []Session {
	type key struct{ host, id string }
	known := map[key]bool{}
	byID := map[string][]*artifacts.Event{}
	for i := range events {
		if id := events[i].Target.LogonID; id != "" && events[i].Logon != nil {
			byID[id] = append(byID[id], &events[i])
		}
	}
	var sessions []Session
	for _, r := range members {
		id := r.User.LogonID
		k := key{strings.ToLower(r.Host), id}
		if id == "" || wellKnownSessions[id] || known[k] {
			continue
		}
		known[k] = true
		if s := sessionOf(r, byID[id]); s != nil {
			sessions = append(sessions, *s)
		}
	}
	return sessions
}

// sessionOf finds the session of a record among the events of its LogonID;
// nil if its logon is not among them.
func sessionOf(r *Record, events []*artifacts.Event) (best *Session) {
	for _, e := range events {
		if !strings.EqualFold(e.Host, r.Host) {
			continue
		}
		switch {
		case e.Code == 4624 && !e.Time.After(r.Time.Add(clockSlack)):
			best = &Session{LogonID: r.User.LogonID, Start: e.Time, User: e.Target, Logon: elsewhere(e), From: []From{FromEvent(e)}}
		case e.Code == 4634 && best != nil && best.End.IsZero():
			best.End = e.Time
			best.From = append(best.From, FromEvent(e))
		}
	}
	return best
}

// Enter takes an act's sessions; the first is the main one.
func (a *Act) Enter(sessions []Session) {
	a.Sessions, a.Session = sessions, nil
	if len(sessions) > 0 {
		a.Session = &a.Sessions[0]
	}
}

// elsewhere is a logon without the host's own name and address: remote
// interactive logons record the host itself as workstation.
func elsewhere(e *artifacts.Event) artifacts.Logon {
	l := *e.Logon
	name, _, _ := strings.Cut(e.Host, ".")
	if strings.EqualFold(l.Workstation, name) || strings.EqualFold(l.Workstation, e.Host) {
		l.Workstation = ""
	}
	if l.SourceIP == "127.0.0.1" || l.SourceIP == "::1" {
		l.SourceIP = ""
	}
	if l.SourcePort == "0" {
		l.SourcePort = ""
	}
	return l
}

// serviceLogon reports logons of Windows' own service accounts.
func serviceLogon(e *artifacts.Event) bool {
	return e.Logon == nil || e.Logon.Type == 5 || e.Logon.Type == 0 ||
		slices.Contains([]string{"S-1-5-18", "S-1-5-19", "S-1-5-20"}, e.Target.SID) ||
		strings.HasPrefix(e.Target.SID, "S-1-5-90-") || strings.HasPrefix(e.Target.SID, "S-1-5-96-")
}

// TieFile ties a file's creation to a process that copies hives or to an
// export. It reports whether the creation attests to a copy; then the
// record's hives and assessment are filled in.
func TieFile(f *Record, records []Record, exports []locate.Export) bool {
	var hives []string
	for i := range records {
		r := &records[i]
		if r.Assessment != "export" || r.Kind != "process" || r.Process == nil || f.Process == nil || !strings.EqualFold(r.Host, f.Host) {
			continue
		}
		if why := joinProcesses(r, f, f.Time.Sub(r.Time)); why != "" {
			hives = append(hives, r.Hives...)
			f.Because = append(f.Because, why)
		}
	}
	path, _ := command.SplitStream(f.File)
	for i := range exports {
		if CreatedAs(f, &exports[i]) {
			hives = append(hives, exports[i].Hive)
			f.Because = append(f.Because, "the file is the "+exports[i].Hive+" export at "+place(exports[i].At))
		}
	}
	if len(hives) == 0 {
		hives = hivesNamed(path)
		if len(hives) == 0 || command.Base(f.Process.Executable) != "reg.exe" {
			return false
		}
		f.Because = append(f.Because, "the file is named like a saved hive; no record of the command was found")
	}
	f.Hives = unique(hives)
	f.Assessment = "export"
	return true
}

// CreatedAs reports whether a file event is of an export's path, on the disk
// that the export is on.
func CreatedAs(f *Record, e *locate.Export) bool {
	path, stream := command.SplitStream(f.File)
	at := newTarget(command.Candidate{Path: path, Stream: stream}, nil, f.File)
	return sameDisk(f, e) && pathsEqual(at, e)
}

// hivesNamed tells from a file's name which hive reg.exe may have written.
func hivesNamed(path string) []string {
	stem, _, _ := strings.Cut(command.Base(path), ".")
	for _, h := range []string{"SAM", "SECURITY", "SYSTEM"} {
		if strings.EqualFold(stem, h) {
			return []string{h}
		}
	}
	return nil
}

// logonTypes are Windows' own names of the logon types.
var logonTypes = map[uint32]string{2: "interactive", 3: "network", 4: "batch", 5: "service", 7: "unlock", 8: "network cleartext",
	9: "new credentials", 10: "remote interactive", 11: "cached interactive", 12: "cached remote interactive", 13: "cached unlock"}

// LogonText writes a logon's type and source: "type 10 (remote interactive)
// from 10.0.0.5 (ADMIN-PC)".
func LogonText(kind uint32, ip, workstation string) string {
	name := logonTypes[kind]
	if name == "" {
		name = "unknown"
	}
	text := "type " + strconv.Itoa(int(kind)) + " (" + name + ")"
	switch {
	case ip != "" && workstation != "":
		return text + " from " + ip + " (" + workstation + ")"
	case ip != "" || workstation != "":
		return text + " from " + ip + workstation
	}
	return text
}
