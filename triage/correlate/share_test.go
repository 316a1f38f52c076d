package correlate

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// TestFetchedLater: that a copy was fetched after it was made is no doubt about
// it, and joins the two; whoever wrote it over the share brought it.
func TestFetchedLater(t *testing.T) {
	exports := []locate.Export{export("e1", "SAM", "/Windows/Temp/s1.tmp", at(0))}
	share := Record{ID: "r1", Time: at(90 * time.Second), Kind: "share", Host: "WS1", Hives: []string{"SAM"}, Assessment: "attempt", Address: "10.9.9.9",
		File: `\\*\ADMIN$\Temp\s1.tmp`, Destination: `C:\Windows\Temp\s1.tmp`, User: artifacts.User{SID: "S-1-5-21-1-2-3-1001"}, From: From{Source: "disk.raw", Volume: "gpt:1", EventCode: "5145"}}
	acts := Join(exports, []Record{share}, Known{})
	if len(acts) != 1 || len(acts[0].Against) != 0 || !strings.Contains(strings.Join(acts[0].For, " "), "and was created 1m30s before") {
		t.Errorf("%+v", acts)
	}
	for wrote, row := range map[bool]string{false: "asked", true: "brought"} {
		share.Wrote = wrote
		if r := read(&share); r.Wrote != wrote || r.Certain || r.From != "10.9.9.9" {
			t.Errorf("%s: %+v", row, r)
		}
	}
}
