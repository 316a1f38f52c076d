package logfile

import (
	"bytes"
	"testing"

	"hivetriage/artifacts/journal/logfile/logfiletest"
)

// FuzzNames reads whatever the bytes are: nothing panics or hangs, places lie
// in the log and the counts agree.
func FuzzNames(f *testing.F) {
	for _, opt := range []logfiletest.Options{{Major: 1, Minor: 1, Pages: 8}, {Pages: 40}} {
		b := logfiletest.New(opt)
		for i := range 20 {
			b.Add(logfiletest.Created(export(uint64(i+30), "sam.save")))
			b.Add(logfiletest.Removed(export(uint64(i+30), "security.save")))
		}
		b.Add(append(logfiletest.Added(export(9, "long")), make([]byte, 9000)...))
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 256<<10 {
			return
		}
		l, err := Open(bytes.NewReader(b), int64(len(b)))
		if l == nil {
			if err == nil {
				t.Fatal("neither a log nor an error")
			}
			return
		}
		found, problems, tally := names(t, l, all)
		if int64(len(found)) != tally.Names || int64(len(problems)) > maxProblems+1 || tally.Torn > tally.Pages || tally.Names > 0 && tally.Records == 0 {
			t.Fatalf("%d names, %d problems, %+v", len(found), len(problems), tally)
		}
		for _, n := range found {
			if n.Offset < 0 || n.Offset >= int64(len(b)) || n.Name == "" || n.Operation == "" || n.LSN == 0 {
				t.Fatalf("%+v", n)
			}
		}
	})
}
