package eventlog

import (
	"testing"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// TestAll: every record comes with its data, whatever is selected.
func TestAll(t *testing.T) {
	w := eventlogtest.New(eventlogtest.Options{})
	w.Add(eventlogtest.System7045(at, "WS", other.SID, "x", `C:\x.exe`))
	w.Add(eventlogtest.KernelGeneral16(at, "WS", other.SID, `\??\C:\x`))
	w.Add(eventlogtest.Sysmon11(at, "WS", eventlogtest.SysmonFile{PID: 4, Image: "System", Target: `C:\Temp\x`}))
	log := w.Bytes()
	for _, c := range []struct {
		query Query
		want  int
	}{{Query{All: true}, 3}, {Query{All: true, Select: []Selector{{ID: 16}}}, 3}, {Query{Select: []Selector{{ID: 16, Data: true}}}, 1}, {Query{}, 0}} {
		events, problems, stats := read(log, c.query)
		if len(events) != c.want || len(problems) != 0 || stats.Records != 3 {
			t.Errorf("%+v: %d events, %d problems, %d records", c.query, len(events), len(problems), stats.Records)
		}
		for _, e := range events {
			if len(e.Data) == 0 {
				t.Errorf("%+v: event %d has no data", c.query, e.Code)
			}
		}
	}
}
