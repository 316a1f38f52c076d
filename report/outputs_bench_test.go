package report

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"hivetriage/triage"
)

// manyRecords is a case of n records, n/10 exports and one act of all.
func manyRecords(n int) *triage.Case {
	c := confirmedCase()
	a := &c.Acts[0]
	for i := range n {
		r := sampleRecords()[i%4]
		r.ID, r.Time = fmt.Sprint("rec-many-", i), r.Time.Add(1e9)
		r.From.RecordID += uint64(i)
		c.Records = append(c.Records, r)
		a.Records = append(a.Records, r.ID)
		if i%10 == 0 {
			e := sampleSAM()
			e.ID, e.At.Path = fmt.Sprint("exp-many-", i), fmt.Sprintf("/Users/%d/sam.hiv", i)
			c.Exports = append(c.Exports, e)
			a.Exports = append(a.Exports, e.ID)
		}
	}
	return c
}

// BenchmarkOutputs renders a case of 10,000 records in each form.
func BenchmarkOutputs(b *testing.B) {
	c := manyRecords(10_000)
	for _, f := range Files() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Write(io.Discard, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestOutputsTakeLittleRoom: for a case of 10,000 records no form takes more
// than 64 MiB, even if nothing of it were given back.
func TestOutputsTakeLittleRoom(t *testing.T) {
	const most = 64 << 20
	c := manyRecords(10_000)
	for _, f := range Files() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := f.Write(io.Discard, c); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > most {
			t.Errorf("%s takes %d bytes, %d at most", f.Name, n, most)
		}
	}
}
