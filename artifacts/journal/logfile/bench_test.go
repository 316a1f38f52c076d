package logfile

import (
	"bytes"
	"fmt"
	"testing"

	"hivetriage/artifacts/journal/logfile/logfiletest"
)

// BenchmarkNames goes through a log of Windows' usual size, full of names, and
// finds none of interest.
func BenchmarkNames(b *testing.B) {
	builder := logfiletest.New(logfiletest.Options{Pages: 64 << 20 / 4096})
	for i := range 150000 {
		builder.Add(logfiletest.Created(export(uint64(i), fmt.Sprintf("%x-some usual name.dat", i*7919))))
	}
	log := builder.Bytes()
	wanted := []byte("sam.save")
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		l := open(b, log)
		for _, err := range l.Names(b.Context(), func(n []byte) bool { return bytes.EqualFold(n, wanted) }) {
			b.Fatal(err)
		}
		if l.Tally().Names < 100000 {
			b.Fatal(l.Tally())
		}
	}
}
