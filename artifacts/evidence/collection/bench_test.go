package collection

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
)

// BenchmarkHeads opens a zip of 400 members and reads the head of each.
func BenchmarkHeads(b *testing.B) {
	var members []packed
	data := noise(64<<10, 1)
	for i := range 400 {
		members = append(members, packed{fmt.Sprintf("C/Windows/%03d.bin", i), deflated, data})
	}
	bytes := zipOf(b, members...)
	path := filepath.Join(b.TempDir(), "a.zip")
	if err := os.WriteFile(path, bytes, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(members) * len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(context.Background(), path, "zip", Options{})
		if err != nil {
			b.Fatal(err)
		}
		for v := range s.Volumes(context.Background()) {
			for _, err := range v.Find(context.Background(), artifacts.Scan{Workers: 2, Head: func([]byte) bool { return false }}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		s.Close()
	}
}

// BenchmarkContent inflates one member.
func BenchmarkContent(b *testing.B) {
	data := noise(32<<20, 1)
	s := mustOpen(b, "a.zip", zipOf(b, packed{"a", deflated, data}), "")
	b.SetBytes(int64(len(data)))
	buf := make([]byte, len(data))
	for b.Loop() {
		c, err := s.volumes[0].files[0].Open(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.ReadAt(buf, 0); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
