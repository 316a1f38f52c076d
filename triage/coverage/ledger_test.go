package coverage

import (
	"errors"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

func TestLedgerBalances(t *testing.T) {
	var l Ledger
	l.Volume(VolumeRow{Source: "b", Tally: artifacts.Tally{Streams: 10, Examined: 6, Empty: 2, Failed: 1, Gone: 1, Bytes: 100}})
	l.Volume(VolumeRow{Source: "a", Tally: artifacts.Tally{Streams: 1, Examined: 1, Bytes: 1}})
	for _, state := range []State{Read, Partial, Failed, Unsupported, Skipped} {
		l.Want()
		l.Stream(Row{What: "hive", State: state, Bytes: 10})
	}
	l.Want()
	l.Stream(Row{State: Read, Bytes: 1}) // counted, not listed
	c, err := l.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	want := Totals{Streams: 11, Examined: 7, Wanted: 6, Read: 2, Partial: 1, Failed: 1, Unsupported: 1, Skipped: 1, Bytes: 152}
	if c.Totals != want {
		t.Errorf("totals %+v, want %+v", c.Totals, want)
	}
	if len(c.Sources) != 5 || c.Volumes[0].Source != "a" {
		t.Errorf("sources %d, first volume %q", len(c.Sources), c.Volumes[0].Source)
	}
}

func TestLedgerTellsWhatWasLost(t *testing.T) {
	var lost Ledger
	lost.Want()
	if _, err := lost.Coverage(); err == nil || !strings.Contains(err.Error(), "1 streams were wanted, 0") {
		t.Errorf("a lost stream gave %v", err)
	}
	var tally Ledger
	tally.Volume(VolumeRow{Name: "gpt:2", Tally: artifacts.Tally{Streams: 3, Examined: 2}})
	if _, err := tally.Coverage(); err == nil || !strings.Contains(err.Error(), "gpt:2") {
		t.Errorf("a wrong tally gave %v", err)
	}
}

func TestProblemRows(t *testing.T) {
	at := artifacts.Locator{Source: "disk.raw", Volume: "gpt:3"}
	var l Ledger
	for _, kind := range []artifacts.Kind{artifacts.Encrypted, artifacts.Malformed, artifacts.Limit} {
		l.Problem("volume", &artifacts.Problem{At: at, Offset: -1, Kind: kind, Err: errors.New("why")}, kind != artifacts.Limit)
	}
	c, err := l.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	states := []State{c.Sources[0].State, c.Sources[1].State, c.Sources[2].State}
	if states[0] != Failed || states[1] != Skipped || states[2] != Unsupported {
		t.Errorf("states %v", states)
	}
	if c.Sources[0].Why != "malformed: why" {
		t.Errorf("why %q repeats its place or lost its kind", c.Sources[0].Why)
	}
	if c.Complete() {
		t.Error("a gap left the coverage complete")
	}
}
