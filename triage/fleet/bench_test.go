package fleet_test

import (
	"testing"

	"hivetriage/triage/fleet"
	"hivetriage/triage/fleet/fleettest"
)

// BenchmarkRollUp rolls up a thousand hosts of five acts and fifty groups of
// logons each; building the hosts' documents, which stands for reading them, is
// part of it and measured by itself in BenchmarkBuild.
func BenchmarkRollUp(b *testing.B) {
	large := fleettest.Large{Count: 1000, Hit: 1, Acts: 5, Logons: 50, Programs: 50}
	b.ReportAllocs()
	for b.Loop() {
		c, err := fleet.RollUp(b.Context(), large, fleet.Options{})
		if err != nil || len(c.Acts) != 5000 {
			b.Fatal(err, len(c.Acts))
		}
	}
}

// BenchmarkBuild builds the same documents twice, as RollUp asks for them.
func BenchmarkBuild(b *testing.B) {
	large := fleettest.Large{Count: 1000, Hit: 1, Acts: 5, Logons: 50, Programs: 50}
	for b.Loop() {
		for i := range 2 * large.Count {
			if c, _ := large.Case(i % large.Count); len(c.Acts) != 5 {
				b.Fatal(len(c.Acts))
			}
			if f, _ := large.Footprint(i % large.Count); len(f.Logons) != 50 {
				b.Fatal(len(f.Logons))
			}
		}
	}
}
