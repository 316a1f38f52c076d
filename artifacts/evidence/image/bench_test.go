package image

import (
	"bytes"
	"compress/zlib"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/lru"
)

// BenchmarkE01Heads reads what a scan does, 4 KiB here and there, from several
// goroutines, and beside it only inflates the chunks that this takes.
func BenchmarkE01Heads(b *testing.B) {
	const size, chunk, head, apart = 32 << 20, 32 << 10, 4 << 10, 56 << 10
	media := make([]byte, size)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range media {
		media[i] = byte(rng.Uint32()) | 1
	}
	e, _ := openSegments(b, buildE01(b, media, imagetest.Options{}))
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size / apart * chunk)
		for b.Loop() {
			e.chunks = lru.NewSlots[[]byte](chunkBudget / chunk)
			together(8, size/apart, func(i int64, buf []byte) {
				if _, err := e.ReadAt(buf[:head], i*apart); err != nil {
					b.Error(err)
				}
			})
		}
	})
	b.Run("inflate", func(b *testing.B) {
		var stored [][]byte
		for i := range int64(size / apart) {
			var out bytes.Buffer
			w, err := zlib.NewWriterLevel(&out, zlib.BestCompression) // as imagetest does
			if err != nil {
				b.Fatal(err)
			}
			if _, err := w.Write(media[i*apart/chunk*chunk:][:chunk]); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			stored = append(stored, out.Bytes())
		}
		decoders := sync.Pool{New: func() any { return new(blocks.Zlib) }}
		b.SetBytes(size / apart * chunk)
		for b.Loop() {
			together(runtime.GOMAXPROCS(0), size/apart, func(i int64, buf []byte) {
				d := decoders.Get().(*blocks.Zlib)
				defer decoders.Put(d)
				if _, _, err := d.Inflate(buf, stored[i]); err != nil {
					b.Error(err)
				}
			})
		}
	})
}

// together calls work with each number, from so many goroutines.
func together(workers int, count int64, work func(i int64, buf []byte)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			buf := make([]byte, 32<<10)
			for i := next.Add(1) - 1; i < count; i = next.Add(1) - 1 {
				work(i, buf)
			}
		})
	}
	group.Wait()
}
