package correlate

import (
	"fmt"
	"testing"
	"time"

	"hivetriage/triage/locate"
)

// BenchmarkJoin joins a flood: 20,000 commands of several kinds of people
// and the copies that some of them made.
func BenchmarkJoin(b *testing.B) {
	for name, apart := range map[string]time.Duration{"burst": 10 * time.Millisecond, "year": 25 * time.Minute} {
		b.Run(name, func(b *testing.B) {
			var records []Record
			var exports []locate.Export
			for i := range 20_000 {
				when := at(time.Duration(i) * apart)
				r := save(ID("rec", fmt.Sprint(i)), []string{"SAM", "SECURITY", "SYSTEM"}[i%3], fmt.Sprintf(`C:\Users\Public\%d.save`, i), when, uint32(i+1), uint32(i%7))
				r.User.LogonID = fmt.Sprintf("%#x", 0x1000+i%500)
				records = append(records, r)
				if i%400 == 0 {
					exports = append(exports, export(fmt.Sprintf("exp-%d", i), "SAM", fmt.Sprintf("/Users/Public/%d.save", i), when.Add(time.Second)))
				}
			}
			for b.Loop() {
				if len(Join(exports, records, Known{})) == 0 {
					b.Fatal("no acts")
				}
			}
		})
	}
}
