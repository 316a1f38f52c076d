package replay

import (
	"bytes"
	"strings"
	"testing"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/replay/replaytest"
)

func TestInspect(t *testing.T) {
	s := states()
	pages, length := replaytest.Diff(s[0], s[3])
	entries := replaytest.HvLE(s[0], replaytest.Between(138, s[0], s[2]), replaytest.Between(139, s[2], s[3]))
	torn := bytes.Clone(entries)
	torn[len(torn)-1]++
	for _, c := range []struct {
		name   string
		data   []byte
		reason Reason // 0: it can be read
		want   Contents
		told   string
	}{
		{"HvLE", entries, 0, Contents{Format: HvLE, From: 138, To: 139, Entries: 2}, `(HvLE) of "\\SystemRoot\\System32\\Config\\SAM": changes 138 to 139`},
		{"torn", torn, 0, Contents{Format: HvLE, From: 138, To: 138, Entries: 1}, "then the hash of the pages of entry 139 is wrong"},
		{"DIRT", replaytest.DIRT(s[0], 138, 1, length, pages), 0, Contents{Format: DIRT, From: 138, To: 138, Entries: 1}, "(DIRT)"},
		{"torn DIRT", replaytest.DIRT(s[0], 138, 1, length, pages)[:2048], Torn, Contents{Format: DIRT}, ""},
		{"header alone", replaytest.HvLE(s[0]), Empty, Contents{}, ""},
		{"another first entry", replaytest.HvLE(s[0], replaytest.Entry{Sequence: 5}, replaytest.Entry{Sequence: 9}), 0, Contents{Format: HvLE, From: 5, To: 5, Entries: 1}, "entry 5 is followed by entry 9"},
		{"torn first entry", torn[:2048], Torn, Contents{Format: HvLE}, ""},
		{"a hive", s[0], NotALog, Contents{}, ""},
		{"nothing", nil, Empty, Contents{}, ""},
	} {
		got, why := Inspect(log("SAM.LOG1", c.data))
		if (why == nil) != (c.reason == 0) || why != nil && why.Reason != c.reason {
			t.Errorf("%s: %v", c.name, why)
			continue
		}
		if got.Format != c.want.Format || got.From != c.want.From || got.To != c.want.To || got.Entries != c.want.Entries {
			t.Errorf("%s: %+v", c.name, got)
		}
		if why == nil && !strings.Contains(got.String(), c.told) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	// The pages of a log alone tell what hive they are of.
	if kind, because, ok := hive.Vote(bytes.NewReader(entries), int64(len(entries))); kind != hive.SAM || !ok {
		t.Errorf("%s %q", kind, because)
	}
}
