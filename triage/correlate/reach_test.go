package correlate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// TestSurvey follows copies by where they were, by their other names, by who
// asked for them over a share, and by where commands sent them.
func TestSurvey(t *testing.T) {
	share := func(file, address, assessment string) Record {
		return Record{ID: "s-" + file + assessment, Kind: "share", Time: at(time.Second), File: `\\*\ADMIN$\x`, Destination: file, Address: address, Assessment: assessment, Hives: []string{"SAM"}, From: From{Source: "evidence", Path: "Security.evtx"}}
	}
	moved := export("e2", "SAM", "/Users/eve/a.bin", at(0))
	moved.History = []locate.Happening{{Kind: locate.HappenedRenamed, Path: "/Users/eve/OneDrive/sam.save"}}
	linked := export("e3", "SAM", "/Users/eve/b.bin", at(0))
	linked.Links = []string{"/inetpub/wwwroot/b.png"}
	remote := save("r9", "SYSTEM", `C:\Users\Public\sys`, at(time.Second), 3, 2)
	remote.Commands[0].Remote = "DC01"
	exports := []locate.Export{export("e1", "SAM", "/Windows/Temp/abcdefgh.tmp", at(0)), moved, linked, export("e4", "SAM", "/Users/eve/c.bin", at(0)), export("e5", "SAM", "/Users/eve/d.bin", at(0))}
	records := []Record{share(`C:\Windows\Temp\abcdefgh.tmp`, "10.0.0.9", "export"), share(`C:\Users\eve\c.bin`, "10.0.0.7", "attempt"), share(`C:\Users\eve\d.bin`, "10.0.0.7", "benign"),
		share(`C:\Windows\Temp\zzzzzzzz.tmp`, "10.0.0.9", "export"), save("r1", "SAM", `\\tsclient\C\sam`, at(30*24*time.Hour), 1, 2), remote}
	acts := Join(exports, records, Known{})
	Survey(acts, exports, records, func(artifacts.Locator) (*destination.Known, string) { return &destination.Known{}, "" })
	got := map[string]string{}
	for _, a := range acts {
		for _, w := range a.Whereabouts {
			got[w.Path] = w.Destination + ", " + string(w.Reach)
		}
	}
	for path, want := range map[string]string{
		"/Windows/Temp/abcdefgh.tmp": "fetched, left the host", "/Users/eve/a.bin": "onedrive, reachable from outside", "/Users/eve/b.bin": "webroot, reachable from outside",
		"/Users/eve/c.bin": "asked, reachable from outside", "/Users/eve/d.bin": ", ", `C:\Windows\Temp\zzzzzzzz.tmp`: "fetched, left the host",
		`\\tsclient\C\sam`: "tsclient, left the host", `C:\Users\Public\sys on host DC01`: "public, staged",
	} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
	var reasons, attack []string
	for _, a := range acts {
		reasons, attack = append(reasons, a.For...), append(attack, a.Attack...)
	}
	if !slices.ContainsFunc(reasons, func(r string) bool {
		return strings.HasPrefix(r, "left the host: ") && strings.HasSuffix(r, " (+0)")
	}) || !slices.Contains(attack, "T1567.002") || !slices.Contains(attack, "T1039") {
		t.Errorf("%q %q", reasons, attack)
	}
}
