package correlate

import (
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// TestCorroborate: what bears out that a hive was fetched adds to it, each for
// itself; without a copy or a command it is probable at most, and a file that
// was only asked for gains nothing.
func TestCorroborate(t *testing.T) {
	fetch := Record{ID: "r1", Time: at(0), Kind: "share", Host: "WS1", Hives: []string{"SAM", "SECURITY"}, OneOf: true, Assessment: "export", Address: "10.0.0.9",
		File: `\\*\ADMIN$\Temp\abcdEFGH.tmp`, Destination: `C:\Windows\Temp\abcdEFGH.tmp`, User: artifacts.User{Name: "eve", LogonID: "0x7"}}
	journaled, asked := fetch, fetch
	journaled.Journaled, asked.Assessment = true, "attempt"
	session := Session{LogonID: "0x7", Logon: artifacts.Logon{Type: 3, SourceIP: "10.0.0.9"}}
	elsewhere := session
	elsewhere.Logon.SourceIP = "10.0.0.8"
	service := Notice{Time: at(-time.Second), Kind: "service", Host: "WS1.example", What: "the service Remote Registry is running"}
	early, other := service, service
	early.Time, other.Host = at(-time.Hour), "WS2"
	command := save("r2", "SAM", `C:\Windows\Temp\abcdEFGH.tmp`, at(0), 1, 2)
	command.User = fetch.User
	copied := export("e1", "SAM", "/Windows/Temp/abcdEFGH.tmp", at(0))
	for _, c := range []struct {
		name    string
		records []Record
		exports []locate.Export
		session Session
		notices []Notice
		points  int
		verdict string
	}{
		{"the fetch alone", []Record{fetch}, nil, elsewhere, []Notice{early, other}, fetchedPoints, "probable"},
		{"its session", []Record{fetch}, nil, session, nil, fetchedPoints + networkPoints, "probable"},
		{"the service", []Record{fetch}, nil, elsewhere, []Notice{early, service}, fetchedPoints + servicePoints, "probable"},
		{"all of it", []Record{journaled}, nil, session, []Notice{service}, fetchedPoints + madePoints + servicePoints + networkPoints, "probable"},
		{"only asked for", []Record{asked}, nil, session, []Notice{service}, sharePoints, "suspicious"},
		{"with a command", []Record{fetch, command}, nil, session, []Notice{service}, commandPoints + fetchedPoints + goneOutputPoints + servicePoints + networkPoints, "confirmed"},
		{"with a copy", []Record{fetch}, []locate.Export{copied}, session, nil, contentPoints + fetchedPoints + joinedPoints + networkPoints, "confirmed"},
	} {
		acts := Join(c.exports, c.records, Known{})
		if len(acts) != 1 {
			t.Fatalf("%s: %v", c.name, ids(acts))
		}
		acts[0].Enter([]Session{c.session})
		Corroborate(acts, c.records, c.notices)
		if a := acts[0]; a.Points() != c.points || a.Verdict != c.verdict || a.Confidence != min(a.Points(), a.Limit) {
			t.Errorf("%s: %s %d of %d points, want %s %d: %q %q", c.name, a.Verdict, a.Confidence, a.Points(), c.verdict, c.points, a.For, a.Against)
		}
	}
}
