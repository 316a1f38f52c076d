package triage

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/replay/replaytest"
	"hivetriage/triage/coverage"
)

// savedTime is when the copy in these tests was made.
var savedTime = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// machineWith is a host with one account, whose password was set at set.
func machineWith(set time.Time) hivetest.Host {
	return hivetest.Host{Name: "LOGGED", SID: "S-1-5-21-41-42-43", Time: savedTime.Add(-time.Hour), Saved: savedTime,
		Setup: &hivetest.Setup{Accounts: []hivetest.Account{{RID: 1001, Name: "anna", Control: hivetest.Normal, PasswordSet: set, LM: hivetest.NoHashAES, NT: hivetest.HashAES}}}}
}

// logged is a folder with a copied SAM and the live one, whose newest change,
// a password, stands in its log only.
func logged() (files map[string][]byte, log []byte) {
	before, after := machineWith(savedTime.Add(-24*time.Hour)), machineWith(savedTime.Add(5*time.Hour))
	live := replaytest.Numbered(hivetest.SAM(before, hivetest.Live), 138, 137)
	later := hivetest.SAM(after, hivetest.Live)
	log = replaytest.HvLE(live, replaytest.Between(137, live, later))
	return map[string][]byte{
		"C/Windows/System32/config/SAM":    live,
		"C/Windows/System32/config/SYSTEM": hivetest.SYSTEM(before, hivetest.Live),
		"C/Users/Public/sam.save":          hivetest.SAM(before, hivetest.RegSaveKey),
	}, log
}

// standing is what the case says of anna, and the row of the live SAM.
func standing(t *testing.T, c *Case) (string, coverage.Row) {
	t.Helper()
	state := ""
	for _, r := range c.Exposure {
		if r.Name == "anna" {
			state = r.Standing
		}
	}
	i := slices.IndexFunc(c.Coverage.Sources, func(r coverage.Row) bool {
		return r.What == "hive" && r.At != nil && strings.HasSuffix(r.At.Path, "/config/SAM")
	})
	if i < 0 {
		t.Fatal("no row of the live SAM")
	}
	return state, c.Coverage.Sources[i]
}

// TestLiveHiveWithItsLog: the change that stands in the log only counts; a log
// that is torn, or another hive's, changes nothing and is told.
func TestLiveHiveWithItsLog(t *testing.T) {
	_, good := logged()
	torn := slices.Clone(good)
	torn[600] ^= 0xff
	other := hivetest.Host{Name: "OTHER", SID: "S-1-5-21-51-52-53", Time: savedTime}
	otherLive := hivetest.SECURITY(other, hivetest.Live)
	foreign := replaytest.HvLE(otherLive, replaytest.Between(137, otherLive, otherLive))
	for _, row := range []struct {
		name     string
		log      []byte
		standing string
		state    coverage.State
		why      string
	}{
		{"with its log", good, "changed since", coverage.Read, "replayed from SAM.LOG1 (HvLE): 1 entries, 137 to 137"},
		{"without a log", nil, "unchanged", coverage.Partial, "no log could be applied"},
		{"with a torn log", torn, "unchanged", coverage.Partial, "torn"},
		{"with another hive's log", foreign, "unchanged", coverage.Partial, "foreign"},
	} {
		files, _ := logged()
		if row.log != nil {
			files["C/Windows/System32/config/SAM.LOG1"] = row.log
		}
		state, live := standing(t, folder(t, files))
		if state != row.standing || live.State != row.state || !strings.Contains(live.Why, row.why) {
			t.Errorf("%s: %q, %s, %q", row.name, state, live.State, live.Why)
		}
	}
}

// TestCopyBesideItsLog: a copy is read as it is, and the log beside it told.
func TestCopyBesideItsLog(t *testing.T) {
	files, log := logged()
	files["C/Users/Public/SAM"] = files["C/Windows/System32/config/SAM"]
	files["C/Users/Public/SAM.LOG1"] = log
	files["C/Users/Public/data.bin"] = log
	c := folder(t, files)
	told := false
	for _, e := range c.Exports {
		if strings.HasSuffix(e.At.Path, "/Public/SAM") {
			told = slices.ContainsFunc(e.Integrity.Problems, func(p string) bool { return strings.Contains(p, "the logs beside it hold changes") })
		}
	}
	if !told {
		t.Errorf("the log beside the copy is not told: %+v", c.Exports)
	}
	loose := 0
	for _, r := range c.Coverage.Sources {
		if r.What == "transaction log" && strings.Contains(r.Why, "its pages are pieces of that hive") {
			loose++
		}
	}
	if loose != 2 {
		t.Errorf("%d logs out of their place are told, want 2", loose)
	}
}
