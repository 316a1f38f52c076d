package triage

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/rule"
)

// TestFoundFiles: a file that the kernel made is held against the share rule
// with what the evidence has of it; what only the source could tell stays open.
func TestFoundFiles(t *testing.T) {
	const share = "a4c7473a-5cb4-4bc1-9d06-e4a75adbc494"
	record := func(pid uint32, sid string) correlate.Record {
		return correlate.Record{Kind: "file", File: `C:\share\x.bin`, Process: &artifacts.Process{PID: pid, Executable: "System"}, User: artifacts.User{SID: sid}}
	}
	export := func(form, state string, size int64) locate.Export {
		return locate.Export{At: artifacts.Locator{Source: "a", Volume: "v", Path: "/share/x.bin"}, Form: form, State: state, Size: size}
	}
	for _, row := range []struct {
		name    string
		record  correlate.Record
		export  locate.Export
		outcome string // "" if the record is left as it is
		missing string
	}{
		{"a hive by System", record(4, ""), export("regf", "live", 65536), "cannot be evaluated", "user.id"},
		{"for a domain account", record(4, "S-1-5-21-1-2-3-1104"), export("regf", "live", 65536), "matches", ""},
		{"deleted since", record(4, "S-1-5-21-1-2-3-1104"), export("regf", "deleted", 65536), "matches", ""},
		{"a small one", record(4, ""), export("regf", "live", 8192), "does not match", ""},
		{"by reg.exe", record(4120, ""), export("regf", "live", 65536), "does not match", ""},
		{"a text export", record(4, ""), export("reg", "live", 65536), "", ""},
		{"known by name alone", record(4, ""), export("regf", locate.StateReported, 65536), "", ""},
	} {
		r := &run{exports: []locate.Export{row.export}}
		f := row.record
		r.ruleFound(&f)
		i := slices.IndexFunc(f.Rules, func(m rule.Match) bool { return m.ID == share })
		switch {
		case row.outcome == "":
			if f.Rules != nil {
				t.Errorf("%s: was evaluated", row.name)
			}
		case i < 0:
			t.Errorf("%s: was not evaluated", row.name)
		case f.Rules[i].Outcome() != row.outcome || strings.Join(f.Rules[i].NotRecorded, " ") != row.missing:
			t.Errorf("%s: %s for want of %q, want %s", row.name, f.Rules[i].Outcome(), f.Rules[i].NotRecorded, row.outcome)
		}
	}
}
