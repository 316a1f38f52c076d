package fleettest

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/expose"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
	"hivetriage/triage/program"
)

// A Large is a batch whose hosts are built anew each time that they are asked
// for, as documents are read from a disk. Every Hit-th host has Acts acts, which
// an intruder did from the host of number 0; all have Logons groups of logons
// and Programs programs.
type Large struct {
	Count    int
	Hit      int // every how many hosts is hit; 1: all
	Acts     int
	Logons   int
	Programs int
}

// Hosts implements fleet.Loader.
func (l Large) Hosts() []fleet.Status {
	all := make([]fleet.Status, 0, l.Count)
	for i := range l.Count {
		all = append(all, Quiet(i).Status)
	}
	return all
}

// Case implements fleet.Loader.
func (l Large) Case(i int) (*triage.Case, error) { return l.member(i).Case, nil }

// Footprint implements fleet.Loader.
func (l Large) Footprint(i int) (*footprint.Footprint, error) { return l.member(i).Footprint, nil }

func (l Large) member(i int) *Member {
	m := Quiet(i)
	admin := Account("admin.jansen", 1107)
	if l.Hit > 0 && i%l.Hit == 0 {
		for n := range l.Acts {
			id := m.Act(Act{At: Day.Add(time.Duration(i)*time.Minute + time.Duration(n)*time.Hour), Person: admin, Address: Address(0), Workstation: Name(0),
				Output: "/Users/Public/Libraries/sam.hiv", Tool: `C:\Users\Public\dllsvc.exe`, SHA256: strings.Repeat("ab", 32), Copy: fmt.Sprintf("%064x", i*100+n)})
			m.Expose(id, i)
			m.Program(program.Executable{Path: `C:\Users\Public\dllsvc.exe`, Host: Name(i), State: "live", Acts: []string{id}, Starts: 1, SHA256: strings.Repeat("ab", 32)})
		}
	}
	for n := range l.Logons {
		user := Account(fmt.Sprintf("user%03d", n), 2000+n)
		if n == 0 {
			user = admin
		}
		at := Day.Add(time.Duration(n)*time.Minute - 24*time.Hour)
		m.Logon(user, 3, Address((i+n+1)%max(l.Count, 1)), "", at, at.Add(24*time.Hour), at.Add(48*time.Hour))
	}
	for n := range l.Programs {
		path := fmt.Sprintf(`c:\program files\product %d\tool%d.exe`, n, n)
		m.Footprint.Programs = append(m.Footprint.Programs, footprint.Program{Path: path, Name: fmt.Sprintf("tool%d.exe", n), SHA256: fmt.Sprintf("%064x", n), Sources: []string{"Sysmon 1"}, Starts: 3})
	}
	return m
}

// Expose adds that an act exposes the local administrator of the host of a
// number and a cached logon of admin.jansen.
func (m *Member) Expose(act string, number int) {
	yes := true
	m.Case.Exposure = append(m.Case.Exposure,
		expose.Row{Act: act, Host: Name(number), Kind: expose.LocalAccount, Name: "Administrator", RID: 500, SID: SID(number) + "-500", Enabled: &yes, Administrator: &yes, CredentialPresent: &yes, Recoverable: "yes", Standing: "unchanged", Certainty: "certain", Because: "its entry for the hash is filled"},
		expose.Row{Act: act, Host: Name(number), Kind: expose.CachedLogon, Name: Domain + `\admin.jansen`, RID: 1107, SID: DomainSID + "-1107", Recoverable: "yes", Standing: "unknown", Certainty: "likely", Because: "a verifier, to be cracked, not replayed"})
}

// Program adds a program around acts.
func (m *Member) Program(e program.Executable) { m.Case.Executables = append(m.Case.Executables, e) }
