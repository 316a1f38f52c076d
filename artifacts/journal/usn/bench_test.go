package usn

import (
	"bytes"
	"testing"
)

// BenchmarkFind goes through as many records as a busy machine's journal has
// and finds none of interest.
func BenchmarkFind(b *testing.B) {
	stream := many(300000)
	wanted := []byte("sam.save")
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		j := Open(bytes.NewReader(stream), int64(len(stream)))
		for _, err := range j.Find(b.Context(), func(h *Head) bool { return bytes.EqualFold(h.Name, wanted) }) {
			b.Fatal(err)
		}
		if j.Tally().Records != 300000 {
			b.Fatal(j.Tally())
		}
	}
}

// BenchmarkZeros passes over what was dropped.
func BenchmarkZeros(b *testing.B) {
	stream := make([]byte, 64<<20)
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		for _, err := range Open(bytes.NewReader(stream), int64(len(stream))).Find(b.Context(), all) {
			b.Fatal(err)
		}
	}
}
