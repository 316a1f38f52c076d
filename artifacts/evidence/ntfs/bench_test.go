package ntfs

import (
	"bytes"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// small is a plausible file of at most 16 KiB.
func small(i int) ntfstest.File {
	f := ntfstest.Plausible(i)
	f.Size = min(f.Size, 16<<10)
	return f
}

func filled(b *testing.B, n int) *Volume {
	w := ntfstest.New(ntfstest.Options{})
	for _, f := range planted() {
		w.Add(f)
	}
	w.Fill(n, small)
	image, err := w.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	return openBytes(b, image)
}

// The pass over the file table alone.
func BenchmarkTable(b *testing.B) {
	v := filled(b, 20_000)
	b.SetBytes(v.table.size)
	s := artifacts.Scan{Workers: 1, Name: func(name, stream []byte) bool { return false }}
	for b.Loop() {
		for _, err := range v.Find(b.Context(), s) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// Both passes.
func BenchmarkHeads(b *testing.B) {
	v := filled(b, 20_000)
	s := artifacts.Scan{Workers: 2, Head: func(head []byte) bool { return bytes.HasPrefix(head, []byte("regf\x00")) }}
	for b.Loop() {
		for _, err := range v.Find(b.Context(), s) {
			if err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(v.Tally().Bytes)
	}
}

func BenchmarkDecompress(b *testing.B) {
	image, _ := build(b, ntfstest.Options{}, ntfstest.File{Path: "/x", Data: text(4 << 20), Layout: ntfstest.Layout{Compressed: true}})
	benchmarkContent(b, image)
}

func BenchmarkPlainContent(b *testing.B) {
	image, _ := build(b, ntfstest.Options{}, ntfstest.File{Path: "/x", Data: text(16 << 20)})
	benchmarkContent(b, image)
}

func benchmarkContent(b *testing.B, image []byte) {
	v := openBytes(b, image)
	for e, err := range v.Find(b.Context(), artifacts.Scan{Workers: 1, Name: func(name, stream []byte) bool { return string(name) == "x" }}) {
		if err != nil {
			b.Fatal(err)
		}
		c, err := e.Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		p := make([]byte, 1<<20)
		b.SetBytes(c.Size())
		for b.Loop() {
			for at := int64(0); at < c.Size(); at += int64(len(p)) {
				if n, err := c.ReadAt(p[:min(int64(len(p)), c.Size()-at)], at); err != nil {
					b.Fatal(n, err)
				}
			}
		}
	}
}
