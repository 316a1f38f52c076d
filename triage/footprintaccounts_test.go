package triage_test

import (
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
)

// TestFootprintAccounts: a footprint tells the local accounts of the host's own
// SAM, and none where there is no SAM.
func TestFootprintAccounts(t *testing.T) {
	h := hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour), Users: []hivetest.User{{Name: "backup", RID: 1001}, {Name: "Administrator", RID: 500}}}
	files := map[string][]byte{
		"C/Windows/System32/config/SAM":    hivetest.SAM(h, hivetest.Live),
		"C/Windows/System32/config/SYSTEM": hivetest.SYSTEM(h, hivetest.Live),
	}
	f := footed(t, collected(t, files), 2, true).Footprint
	if len(f.Hosts) != 1 || len(f.Hosts[0].Accounts) != 2 {
		t.Fatalf("hosts %+v", f.Hosts)
	}
	for i, want := range []string{"Administrator", "backup"} {
		if a := f.Hosts[0].Accounts[i]; a.Name != want || a.RID != []uint32{500, 1001}[i] || a.Path != "/Windows/System32/config/SAM" || a.Offset == 0 {
			t.Errorf("account %+v", a)
		}
	}
	delete(files, "C/Windows/System32/config/SAM")
	if f := footed(t, collected(t, files), 2, true).Footprint; len(f.Hosts) != 1 || f.Hosts[0].Accounts == nil || len(f.Hosts[0].Accounts) != 0 {
		t.Errorf("without a SAM: hosts %+v", f.Hosts)
	}
}
