package usn

import (
	"bytes"
	"testing"

	"hivetriage/artifacts/journal/usn/usntest"
)

// FuzzFind reads whatever the bytes are: offsets ascend and lie in the
// stream, counts agree, and a hole in front changes nothing but the offsets.
func FuzzFind(f *testing.F) {
	f.Add(many(60))
	mixed := usntest.New(1 << 20)
	for v := range 4 {
		mixed.Add(usntest.Change{Version: v + 1, Time: noon, Record: 30, Parent: 5, Reason: 0x100, Name: "a.tmp"})
		mixed.Pad(8 * v)
	}
	f.Add(mixed.Raw([]byte{1, 2, 3}).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64<<10 {
			return
		}
		records, problems, tally := find(t, bytes.NewReader(b), int64(len(b)), all)
		if int64(len(records)) != tally.Records || min(tally.Places, maxProblems) != int64(len(problems)) || tally.Damaged > int64(len(b)) || tally.Bytes != int64(len(b)) {
			t.Fatalf("%d records, %d problems, %+v", len(records), len(problems), tally)
		}
		last := int64(-1)
		for _, r := range records {
			if r.Offset <= last || r.Offset >= int64(len(b)) || r.Name == "" {
				t.Fatalf("%+v behind %d", r, last)
			}
			last = r.Offset
		}
		h := &holed{t: nil, hole: 1 << 40, data: b}
		again, _, _ := find(t, h, h.hole+int64(len(b)), all)
		if len(again) != len(records) {
			t.Fatalf("%d records behind a hole, %d without", len(again), len(records))
		}
	})
}
