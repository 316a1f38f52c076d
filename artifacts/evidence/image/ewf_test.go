package image

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"math/rand/v2"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
)

// testMedia has compressible text, noise and zeros, and ends inside a chunk.
func testMedia(size int) []byte {
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	b := make([]byte, size)
	for at := 0; at < size; at += 8192 {
		part := b[at:min(at+8192, size)]
		switch (at / 8192) % 5 {
		case 0, 1:
			for i := range part {
				part[i] = byte(rng.Uint32())
			}
		case 2:
			for i := range part {
				part[i] = "the quick brown fox "[(i+at/8192)%20]
			}
		}
	}
	return b
}

func segmentsOf(set []imagetest.Segment) []segment {
	parts := make([]segment, len(set))
	for i, s := range set {
		parts[i].name = s.Name
		if s.Data != nil {
			parts[i].r, parts[i].size = bytes.NewReader(s.Data), int64(len(s.Data))
		}
	}
	return parts
}

func openSegments(t testing.TB, set []imagetest.Segment) (*ewf, *problemLog) {
	t.Helper()
	log := newProblemLog(artifacts.Locator{Source: "disk.E01"})
	e, err := newEWF(segmentsOf(set), log)
	if err != nil {
		t.Fatal(err)
	}
	return e, log
}

func buildE01(t testing.TB, media []byte, opt imagetest.Options) []imagetest.Segment {
	t.Helper()
	set, err := imagetest.E01("disk", bytes.NewReader(media), int64(len(media)), opt)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var layouts = map[string]imagetest.Options{
	"plain":       {ChunkSectors: 8},
	"stored":      {ChunkSectors: 8, Stored: true},
	"segments":    {ChunkSectors: 8, SegmentSize: 64 << 10},
	"many tables": {ChunkSectors: 8, TableEntries: 3, BaseOffset: true},
	"base offset": {ChunkSectors: 16, SegmentSize: 100 << 10, BaseOffset: true},
	"4096 sector": {ChunkSectors: 1, SectorSize: 4096},
	"defaults":    {},
}

func TestEWFReadsWhatWasWritten(t *testing.T) {
	media := testMedia(71 * 4096)
	for name, opt := range layouts {
		t.Run(name, func(t *testing.T) {
			e, log := openSegments(t, buildE01(t, media, opt))
			if e.size != int64(len(media)) {
				t.Fatalf("size %d, want %d", e.size, len(media))
			}
			got := make([]byte, len(media))
			if n, err := e.ReadAt(got, 0); n != len(media) || err != nil || !bytes.Equal(got, media) {
				t.Fatalf("read %d bytes, error %v, equal %v", n, err, bytes.Equal(got, media))
			}
			rng := rand.New(rand.NewPCG(7, 7))
			for range 300 {
				off, n := rng.IntN(len(media)), rng.IntN(40000)
				want := media[off:min(off+n, len(media))]
				got := make([]byte, n)
				read, _ := e.ReadAt(got, int64(off))
				if !bytes.Equal(got[:read], want) {
					t.Fatalf("%d bytes at %d differ", n, off)
				}
			}
			md, sh := md5.Sum(media), sha1.Sum(media)
			if e.stored["MD5"] != hex.EncodeToString(md[:]) || e.stored["SHA1"] != hex.EncodeToString(sh[:]) {
				t.Errorf("stored digests %v", e.stored)
			}
			if problems := log.all(); len(problems) != 0 {
				t.Errorf("problems in an intact image: %v", problems)
			}
		})
	}
}

// sealedDescriptor gives a changed section descriptor its checksum.
func sealedDescriptor(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(b), adler32.Checksum(b))
}

// smallMedia is 6 KiB with text, noise and zeros.
func smallMedia() []byte {
	mixed := testMedia(3 * 8192) // noise, noise, text
	return slices.Concat(mixed[16384:16384+2560], mixed[:1024], make([]byte, 2048), mixed[20000:20000+512])
}

// reseal gives what a fuzzer changed its checksums back, so that the fields
// behind them are read.
func reseal(data []byte) {
	seal := func(at, n int) {
		if n >= 4 && at <= len(data)-n {
			binary.LittleEndian.PutUint32(data[at+n-4:], adler32.Checksum(data[at:at+n-4]))
		}
	}
	for at := ewfHeaderSize; at <= len(data)-ewfDescriptorSize; {
		seal(at, ewfDescriptorSize)
		body := at + ewfDescriptorSize
		next := binary.LittleEndian.Uint64(data[at+16:])
		switch kind := string(data[at : at+6]); {
		case kind == "volume" || kind == "data\x00\x00":
			seal(body, 1052)
		case kind[:5] == "table" && body <= len(data)-tableHeader:
			seal(body, tableHeader)
			count := binary.LittleEndian.Uint32(data[body:])
			seal(body+tableHeader, int(min(count, 1000))*4+4)
		case kind == "digest":
			seal(body, 80)
		}
		if next <= uint64(at) || next > uint64(len(data)) {
			return
		}
		at = int(next)
	}
}

func FuzzEWF(f *testing.F) {
	for _, opt := range []imagetest.Options{{ChunkSectors: 2}, {ChunkSectors: 4, Stored: true, BaseOffset: true}, {ChunkSectors: 1, TableEntries: 3}} {
		f.Add(buildE01(f, smallMedia(), opt)[0].Data, []byte{}, true)
	}
	two := buildE01(f, slices.Concat(smallMedia(), smallMedia()), imagetest.Options{ChunkSectors: 2, SegmentSize: 10 << 10, Stored: true})
	f.Add(two[0].Data, two[1].Data, false)
	f.Fuzz(func(t *testing.T, first, second []byte, resealed bool) {
		if resealed {
			first, second = bytes.Clone(first), bytes.Clone(second)
			reseal(first)
			reseal(second)
		}
		set := []imagetest.Segment{{Name: "disk.E01", Data: first}, {Name: "disk.E02", Data: second}}
		log := newProblemLog(artifacts.Locator{Source: "disk.E01"})
		e, err := newEWF(segmentsOf(set), log)
		if err != nil {
			return
		}
		b := make([]byte, 10_000)
		for at := int64(0); at < min(e.size, 1<<18); at += int64(len(b)) {
			n, err := e.ReadAt(b, at)
			if n < len(b) && err == nil {
				t.Fatalf("%d bytes without an error", n)
			}
		}
		if n, err := e.ReadAt(b[:10], e.size-5); n > 5 || err == nil {
			t.Fatalf("read %d bytes at the end, %v", n, err)
		}
		log.all()
	})
}

func BenchmarkE01Sequential(b *testing.B) {
	const size = 64 << 20
	mixed := testMedia(size)
	for name, media := range map[string][]byte{"zeros": make([]byte, size), "text": bytes.Repeat([]byte("compressible text, as logs are; "), size/32), "mixed": mixed} {
		e, _ := openSegments(b, buildE01(b, media, imagetest.Options{}))
		for reader, step := range map[string]int{"1MiB": 1 << 20, "4KiB": 4 << 10} {
			b.Run(name+"/"+reader, func(b *testing.B) {
				buf := make([]byte, step)
				b.SetBytes(size)
				for b.Loop() {
					for at := int64(0); at < size; at += int64(step) {
						if _, err := e.ReadAt(buf, at); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
