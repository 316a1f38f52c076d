// Package fleettest builds batches of hosts for tests: case documents and
// footprints as runs would have written them, without evidence.
package fleettest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
	"hivetriage/triage/locate"
)

// Domain and its SID are those of all hosts that Quiet makes.
const (
	Domain    = "NORDWIND"
	DNSDomain = "nordwind.example"
	DomainSID = "S-1-5-21-1604221776-3182774425-2291843187"
)

// Day is when the acts of built batches begin.
var Day = time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)

// A Member is a host of a batch.
type Member struct {
	Status    fleet.Status
	Case      *triage.Case         // nil: it has none
	Footprint *footprint.Footprint // nil: it has none
	CaseErr   error                // that Batch.Case returns
	PrintErr  error                // that Batch.Footprint returns
}

// A Batch is hosts that are held in memory.
type Batch []*Member

// Hosts implements fleet.Loader.
func (b Batch) Hosts() []fleet.Status {
	all := make([]fleet.Status, 0, len(b))
	for _, m := range b {
		all = append(all, m.Status)
	}
	return all
}

// Case implements fleet.Loader.
func (b Batch) Case(i int) (*triage.Case, error) { return b[i].Case, b[i].CaseErr }

// Footprint implements fleet.Loader.
func (b Batch) Footprint(i int) (*footprint.Footprint, error) { return b[i].Footprint, b[i].PrintErr }

// Name, SID and Address are those of the host of a number.
func Name(number int) string    { return fmt.Sprintf("WS-%03d", number) }
func SID(number int) string     { return fmt.Sprintf("S-1-5-21-1000-2000-%d", 3000+number) }
func Address(number int) string { return fmt.Sprintf("10.20.%d.%d", 1+number/250, 1+number%250) }

// Account is an account of the domain.
func Account(name string, rid int) artifacts.User {
	return artifacts.User{Name: name, Domain: Domain, SID: fmt.Sprintf("%s-%d", DomainSID, rid)}
}

// Quiet makes a host of the domain without acts, whose logs tell of commands
// and logons from a month before Day to a week after it.
func Quiet(number int) *Member {
	name := Name(number)
	folder := "collection-" + strings.ToLower(name)
	m := &Member{Status: fleet.Status{Folder: folder, Inputs: []string{"collections/" + folder + ".zip"}, State: fleet.Done}}
	m.Case = &triage.Case{Schema: triage.Schema, SchemaVersion: triage.SchemaVersion, Verdict: "none", Complete: true,
		Summary: []string{"No export of SAM, SECURITY or SYSTEM and no command that makes one was found (400 streams examined)."},
		Inputs:  []artifacts.Input{{Path: m.Status.Inputs[0], Kind: "directory"}},
		Hosts: []triage.Host{{Name: name, Because: []string{"/Windows/System32/config/SYSTEM: computer name"}, MachineSID: SID(number),
			Domain: Domain, DomainSID: DomainSID, DNSDomain: DNSDomain, OS: "Windows 10 Pro build 19045"}},
		Coverage: coverage.Coverage{Totals: coverage.Totals{Streams: 400, Examined: 400, Wanted: 30, Read: 30}}}
	from, to := Day.AddDate(0, -1, 0), Day.AddDate(0, 0, 7)
	told := footprint.Reach{Told: true, Records: 4000, From: from, To: to, Because: "records of the kind are in the logs"}
	yes := true
	full := strings.ToLower(name) + "." + DNSDomain
	m.Footprint = &footprint.Footprint{Schema: footprint.Schema, SchemaVersion: footprint.SchemaVersion,
		Hosts: []footprint.Host{{Name: name, Names: []string{strings.ToLower(name), full}, MachineSID: SID(number), Domain: Domain, DomainSID: DomainSID, DNSDomain: DNSDomain,
			Accounts: []footprint.Account{{Name: "Administrator", RID: 500, Enabled: &yes, Administrator: &yes, Path: "/Windows/System32/config/SAM", Offset: 0x1580}},
			Addresses: []footprint.Address{{Address: Address(number), Because: "source of a connection of its own (Sysmon 3)", Count: 40, First: from, Last: to,
				From: correlate.From{Source: m.Status.Inputs[0], Path: "/Windows/System32/winevt/Logs/Microsoft-Windows-Sysmon%4Operational.evtx", RecordID: 300, EventCode: "3"}}}}},
		Usable: footprint.Usable{ProcessStarts: told, CommandLines: told, Logons: told}}
	return m
}

// Gone makes an input without a case.
func Gone(folder, state, why string, code int) *Member {
	return &Member{Status: fleet.Status{Folder: folder, Inputs: []string{"collections/" + folder + ".E01"}, State: state, Why: why, Code: code}}
}

// Damaged makes a host whose case document cannot be read.
func Damaged(number int) *Member {
	m := Quiet(number)
	m.Case, m.Footprint, m.CaseErr = nil, nil, errors.New("case.json ends too early")
	return m
}

// An Act is what Member.Act adds to a host.
type Act struct {
	At          time.Time
	Person      artifacts.User
	Verdict     string // "confirmed" if empty
	Address     string // that its session came from
	Workstation string
	Output      string // path of the copy of SAM, "/Windows/Temp/sam.save"
	Tool        string // path of the program
	SHA256      string // of the program
	Copy        string // SHA-256 of the copy
	Of          locate.BelongsTo
	Share       string // address in a share record (5145); the act then has no session
}

// Act adds an act to a host and returns its id.
func (m *Member) Act(a Act) string {
	c, n := m.Case, len(m.Case.Acts)+1
	host := c.Hosts[0].Name
	id, record, export := fmt.Sprintf("act-%s-%d", host, n), fmt.Sprintf("rec-%s-%d", host, n), fmt.Sprintf("exp-%s-%d", host, n)
	if a.Verdict == "" {
		a.Verdict = "confirmed"
	}
	if a.Of.Relation == "" {
		a.Of = locate.BelongsTo{Host: host, MachineSID: c.Hosts[0].MachineSID, Relation: locate.ThisHost, Because: "its machine SID is that of the live SAM of " + host}
	}
	from := correlate.From{Source: m.Status.Inputs[0], Path: "/Windows/System32/winevt/Logs/Security.evtx", RecordID: uint64(1000 + n), EventCode: "4688", Channel: "Security"}
	rec := correlate.Record{ID: record, Time: a.At, Kind: "process", Host: host + "." + DNSDomain, User: a.Person, Hives: []string{"SAM"}, Assessment: "export", From: from,
		Process: &artifacts.Process{PID: 4000, Executable: a.Tool, CommandLine: a.Tool + ` save HKLM\SAM ` + a.Output}}
	if a.SHA256 != "" {
		rec.Process.Hashes = "SHA256=" + strings.ToUpper(a.SHA256)
	}
	act := correlate.Act{ID: id, Start: a.At, End: a.At.Add(time.Minute), Verdict: a.Verdict, Confidence: 90, Hives: []string{"SAM"}, Exports: []string{export}, Records: []string{record}, Actor: a.Person,
		Chain:       []correlate.ChainNode{{Relation: "command", Time: a.At, Process: *rec.Process, User: a.Person, From: &from}},
		Whereabouts: []correlate.Whereabouts{{Path: a.Output, State: "live", SHA256: a.Copy, Export: export}}}
	switch {
	case a.Share != "":
		rec.Kind, rec.Address, rec.Process, rec.File = "share", a.Share, nil, `\\*\ADMIN$\Temp\sam.save`
		act.Chain = nil
	case a.Address != "" || a.Workstation != "":
		act.Session = &correlate.Session{LogonID: "0x5c1a2f", Start: a.At.Add(-5 * time.Minute), User: a.Person,
			Logon: artifacts.Logon{Type: 3, SourceIP: a.Address, Workstation: a.Workstation},
			From:  []correlate.From{{Source: from.Source, Path: from.Path, RecordID: uint64(900 + n), EventCode: "4624", Channel: "Security"}}}
	}
	c.Records = append(c.Records, rec)
	c.Exports = append(c.Exports, locate.Export{ID: export, At: artifacts.Locator{Source: from.Source, Path: a.Output}, Hive: "SAM", Form: "regf", State: "live", Size: 65536, SHA256: a.Copy, BelongsTo: a.Of})
	c.Acts = append(c.Acts, act)
	c.Timeline = append(c.Timeline, triage.Moment{Time: a.At, Kind: "command", What: a.Person.Name + " ran: " + a.Tool, Ref: record})
	c.Response = append(c.Response,
		guide.Action{Step: "2", Action: "Isolate the host from the network and keep its memory and disk", Target: host, Priority: 1, Because: "its credential hives were copied", Evidence: []string{id}},
		guide.Action{Step: "4", Action: "Preserve, then remove the copy", Target: a.Output, Priority: 2, Because: "SAM export, SHA-256 " + a.Copy, Evidence: []string{export}})
	if c.Verdict == "none" || a.Verdict == "confirmed" {
		c.Verdict = a.Verdict
	}
	return id
}

// Logon adds logons to a host's footprint: of an account, from an address, at
// the given times of one day or several.
func (m *Member) Logon(account artifacts.User, kind uint32, address, workstation string, at ...time.Time) {
	l := footprint.Logon{Host: m.Case.Hosts[0].Name + "." + DNSDomain, Outcome: footprint.Succeeded, Account: account, Type: kind, Address: address, Workstation: workstation,
		Local: address == "" && workstation == "", Count: len(at), First: at[0], Last: at[len(at)-1]}
	l.FirstFrom = correlate.From{Source: m.Status.Inputs[0], Path: "/Windows/System32/winevt/Logs/Security.evtx", RecordID: uint64(l.First.Unix() % 100_000), EventCode: "4624", Channel: "Security"}
	l.LastFrom = l.FirstFrom
	l.LastFrom.RecordID = uint64(l.Last.Unix() % 100_000)
	for _, t := range at {
		l.Hours[t.Hour()]++
		date := t.Format(time.DateOnly)
		if n := len(l.Days); n == 0 || l.Days[n-1].Date != date {
			l.Days = append(l.Days, footprint.Day{Date: date, First: t, FirstRecord: uint64(t.Unix() % 100_000)})
		}
		d := &l.Days[len(l.Days)-1]
		d.Count, d.Last, d.LastRecord = d.Count+1, t, uint64(t.Unix()%100_000)
	}
	m.Footprint.Logons = append(m.Footprint.Logons, l)
}

// Call adds a call to another host to a host's footprint.
func (m *Member) Call(to, address string, account artifacts.User, line string, at time.Time) {
	from := correlate.From{Source: m.Status.Inputs[0], Path: "/Windows/System32/winevt/Logs/Security.evtx", RecordID: uint64(at.Unix() % 100_000), EventCode: "4688", Channel: "Security"}
	m.Footprint.Outgoing = append(m.Footprint.Outgoing, footprint.Outgoing{Host: m.Case.Hosts[0].Name, To: to, Address: address, How: footprint.ByCommand, Account: account,
		CommandLine: line, Count: 1, First: at, Last: at, FirstFrom: from, LastFrom: from})
}
