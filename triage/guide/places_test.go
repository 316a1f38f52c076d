package guide

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// TestPlaces tells the copies that came farthest first, when they were deleted
// and what to collect, and takes them back before anything else.
func TestPlaces(t *testing.T) {
	gone := locate.Export{ID: "e1", At: artifacts.Locator{Path: "/inetpub/wwwroot/a.png"}, State: "deleted",
		History: []locate.Happening{{Kind: locate.HappenedCreated}, {Kind: locate.HappenedDeleted, Time: time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC), From: artifacts.Locator{Path: "/$Extend/$J"}, Offset: 80}, {Kind: locate.HappenedDeleted}}}
	f := Facts{Hosts: []string{"WEB01"}, Exports: []locate.Export{gone}, Browsers: []string{"/Users/eve/History"}, Acts: []correlate.Act{{ID: "a", Verdict: "confirmed", Hives: []string{"SAM"}, Whereabouts: []correlate.Whereabouts{
		{Path: "/Users/Public/sam", State: "live", Reach: destination.Staged, Why: "all can read it", Destination: "public"},
		{Path: "/x", State: "live"},
		{Path: "/inetpub/wwwroot/a.png", State: "deleted", Reach: destination.Reachable, Why: "a web root", Destination: "webroot", Export: "e1"},
	}}}}
	a := f.exfiltration()
	want := []string{"/inetpub/wwwroot/a.png: deleted, reachable from outside: a web root.", "/Users/Public/sam: live, staged: all can read it.", "/x: live.",
		"/inetpub/wwwroot/a.png was deleted afterwards, at 2026-03-14 15:00:00 UTC (/$Extend/$J, offset 80).", "/inetpub/wwwroot/a.png was deleted afterwards, at a time that is not told (, offset 0)."}
	at := 0
	for _, line := range want { // in this order
		i := strings.Index(a.Answer[at:], line)
		if i < 0 {
			t.Fatalf("%q is not told, or too early: %q", line, a.Answer)
		}
		at += i
	}
	if !strings.HasPrefix(a.Next[0], "For /inetpub/wwwroot/a.png: collect the web server's logs") || !strings.Contains(a.Next[1], "/Users/eve/History") {
		t.Errorf("%q", a.Next)
	}
	for _, action := range Respond(f) {
		if action.Step == "2" {
			if !strings.HasPrefix(action.Action, "Remove the copy from the web root first") || action.Target != "/inetpub/wwwroot/a.png" || action.Priority != 1 || strings.Join(action.Evidence, " ") != "a e1" {
				t.Errorf("%+v", action)
			}
			break
		}
	}
}

// TestFetchedOneByOne: what a record tells of one copy is not said of another.
func TestFetchedOneByOne(t *testing.T) {
	f := Facts{Hosts: []string{"WS1"}, Acts: []correlate.Act{{ID: "a", Verdict: "probable", Hives: []string{"SAM", "SECURITY"}, Whereabouts: []correlate.Whereabouts{
		{Path: `C:\Windows\Temp\a.tmp`, State: "not found on this evidence", Reach: destination.Left, Why: "record 1 tells it", Destination: "fetched"},
		{Path: `C:\Windows\Temp\b.tmp`, State: "not found on this evidence", Reach: destination.Left, Why: "record 2 tells it", Destination: "fetched"},
	}}}}
	a := f.exfiltration()
	if !strings.Contains(a.Answer, "over SMB: found.\n  C:\\Windows\\Temp\\a.tmp: record 1 tells it.\n  C:\\Windows\\Temp\\b.tmp: record 2 tells it.\n") {
		t.Errorf("%s", a.Answer)
	}
	if next := strings.Join(a.Next, "\n"); strings.Contains(next, "SHA-256") {
		t.Errorf("there is no export with a digest to search for: %s", next)
	}
	f.Exports = []locate.Export{{ID: "e", SHA256: "00"}}
	if next := strings.Join(f.exfiltration().Next, "\n"); !strings.Contains(next, "Search other hosts for the SHA-256 values") {
		t.Errorf("%s", next)
	}
}
