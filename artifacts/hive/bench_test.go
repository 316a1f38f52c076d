package hive

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"www.velocidex.com/golang/regparser"

	"hivetriage/artifacts/hive/hivetest"
)

// benchSystem is a SYSTEM of about 11 MB.
func benchSystem(b *testing.B) []byte {
	h := workstation
	h.Filler = 11_500_000
	data := hivetest.SYSTEM(h, hivetest.RegSave)
	b.SetBytes(int64(len(data)))
	return data
}

// BenchmarkRead loads and checks a hive: the whole way from bytes to a tree.
func BenchmarkRead(b *testing.B) {
	data := benchSystem(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWalk visits every key and value of a hive that was read.
func BenchmarkWalk(b *testing.B) {
	data := benchSystem(b)
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		values, bytes := 0, 0
		h.Walk(func(k Key) bool {
			for v := range k.Values() {
				values++
				bytes += v.Length()
			}
			return true
		})
		if values != h.Values {
			b.Fatalf("%d values, want %d", values, h.Values)
		}
	}
	b.ReportMetric(float64(h.Keys), "keys")
	b.ReportMetric(float64(h.Values), "values")
}

// BenchmarkFile reads a hive file, checks it and visits every key and value.
func BenchmarkFile(b *testing.B) {
	f := benchFile(b)
	for b.Loop() {
		info, err := f.Stat()
		if err != nil {
			b.Fatal(err)
		}
		h, err := Read(f, info.Size())
		if err != nil {
			b.Fatal(err)
		}
		values := 0
		h.Walk(func(k Key) bool {
			for range k.Values() {
				values++
			}
			return true
		})
		if values != h.Values {
			b.Fatalf("%d values, want %d", values, h.Values)
		}
	}
}

func benchFile(b *testing.B) *os.File {
	f, err := os.Create(filepath.Join(b.TempDir(), "SYSTEM"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	if _, err := f.Write(benchSystem(b)); err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkRegparser is the same visit with regparser, of a hive in memory:
// once following references alone, once reading names and data, which is what
// regparser offers for a value's type and length to mean anything.
func BenchmarkRegparser(b *testing.B) {
	data := benchSystem(b)
	want, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("References", func(b *testing.B) { benchRegparser(b, bytes.NewReader(data), want, false) })
	b.Run("NamesAndData", func(b *testing.B) { benchRegparser(b, bytes.NewReader(data), want, true) })
	b.Run("FileReferences", func(b *testing.B) { benchRegparser(b, benchFile(b), want, false) })
	b.Run("FileNamesAndData", func(b *testing.B) { benchRegparser(b, benchFile(b), want, true) })
}

func benchRegparser(b *testing.B, r io.ReaderAt, want *Hive, content bool) {
	b.SetBytes(want.Size)
	for b.Loop() {
		registry, err := regparser.NewRegistry(r)
		if err != nil {
			b.Fatal(err)
		}
		keys, values := 0, 0
		queue := []*regparser.CM_KEY_NODE{registry.OpenKey("")}
		for len(queue) > 0 {
			k := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			keys++
			for _, v := range k.Values() {
				values++
				if content {
					_, _ = v.ValueName(), v.ValueData()
				}
			}
			if content {
				_ = k.Name()
			}
			queue = append(queue, k.Subkeys()...)
		}
		if keys != want.Keys || values != want.Values {
			b.Fatalf("%d keys and %d values, want %d and %d", keys, values, want.Keys, want.Values)
		}
	}
}

func BenchmarkIdentify(b *testing.B) {
	data := benchSystem(b)
	b.SetBytes(0)
	b.ReportAllocs()
	for b.Loop() {
		if id, err := Identify(bytes.NewReader(data), int64(len(data))); err != nil || id.Kind != System {
			b.Fatal(id.Kind, err)
		}
	}
}
