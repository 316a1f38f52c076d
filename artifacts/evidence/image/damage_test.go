package image

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
)

// readable reads every chunk on its own: which are right, which give an error.
// Wrong bytes without an error fail the test.
func readable(t *testing.T, e *ewf, media []byte) (good, bad int) {
	t.Helper()
	for at := int64(0); at < e.size; at += e.chunkSize {
		b := make([]byte, min(e.chunkSize, e.size-at))
		n, err := e.ReadAt(b, at)
		if at+int64(n) > int64(len(media)) || !bytes.Equal(b[:n], media[at:at+int64(n)]) {
			t.Fatalf("wrong bytes at %d, error %v", at, err)
		}
		var p *artifacts.Problem
		switch {
		case err == nil && n == len(b):
			good++
		case errors.As(err, &p) && n == 0:
			bad++
		default:
			t.Fatalf("%d of %d bytes at %d, error %v", n, len(b), at, err)
		}
	}
	return good, bad
}

// TestEveryFlip changes each byte of an image in turn: what is read afterwards
// is what was written, or an error.
func TestEveryFlip(t *testing.T) {
	media := smallMedia()
	for name, opt := range map[string]imagetest.Options{
		"compressed": {ChunkSectors: 2, TableEntries: 4},
		"stored":     {ChunkSectors: 2, TableEntries: 3, Stored: true, BaseOffset: true},
	} {
		t.Run(name, func(t *testing.T) {
			set := buildE01(t, media, opt)
			data := set[0].Data
			var failed, intact, unopened int
			for i := range data {
				data[i] ^= 0x41
				log := newProblemLog(artifacts.Locator{Source: "disk.E01"})
				e, err := newEWF(segmentsOf(set), log)
				if err != nil {
					unopened++
				} else if e.size != int64(len(media)) {
					t.Fatalf("byte %d: the media is %d bytes", i, e.size)
				} else if _, bad := readable(t, e, media); bad > 0 {
					failed++
					if len(log.all()) == 0 {
						t.Fatalf("byte %d: %d bad chunks and no problem", i, bad)
					}
				} else {
					intact++
				}
				data[i] ^= 0x41
			}
			// Every chunk byte is a failure, but for unused bits at the end of a
			// zlib stream and its level; header and padding are not.
			chunkBytes := sectorBytes(data)
			if failed < chunkBytes*9/10 || intact == 0 || unopened == 0 {
				t.Errorf("%d flips failed of %d chunk bytes, %d harmless, %d unopened", failed, chunkBytes, intact, unopened)
			}
		})
	}
}

// sectorBytes counts the bytes in sectors sections.
func sectorBytes(data []byte) int {
	log := newProblemLog(artifacts.Locator{Source: ""})
	w := walker{log: log, part: segment{"", bytes.NewReader(data), int64(len(data))}}
	total := 0
	for at := int64(ewfHeaderSize); ; {
		s, p := w.descriptor(at)
		if p != nil || s.kind == "done" {
			return total
		}
		if s.kind == "sectors" {
			total += int(s.size)
		}
		at = s.next
	}
}

// A flip in one chunk leaves the others readable, and one long read ends
// before the bad chunk.
func TestBadChunk(t *testing.T) {
	media := testMedia(64 * 4096)
	set := buildE01(t, media, imagetest.Options{ChunkSectors: 8, Stored: true})
	data := set[0].Data
	at := bytes.Index(data, media[20*4096:20*4096+64])
	data[at+100]++
	e, log := openSegments(t, set)
	if good, bad := readable(t, e, media); good != 63 || bad != 1 {
		t.Errorf("%d good, %d bad", good, bad)
	}
	got := make([]byte, len(media))
	n, err := e.ReadAt(got, 0)
	var p *artifacts.Problem
	if n != 20*4096 || !errors.As(err, &p) || p.Kind != artifacts.Checksum || p.Offset != 20*4096 || !bytes.Equal(got[:n], media[:n]) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	n, err = e.ReadAt(got[:5000], 19*4096+10)
	if n != 4096-10 || err == nil {
		t.Errorf("small read: %d bytes, %v", n, err)
	}
	problems := log.all()
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "disk.E01 at offset") {
		t.Errorf("problems %v", problems)
	}
}

func TestSecondTableServes(t *testing.T) {
	media := testMedia(16 * 4096)
	for _, inside := range []int{0, 30} { // the header of the table, its entries
		set := buildE01(t, media, imagetest.Options{ChunkSectors: 8})
		data := set[0].Data
		table := bytes.Index(data, []byte("table\x00"))
		data[table+ewfDescriptorSize+inside] ^= 1
		e, log := openSegments(t, set)
		if good, bad := readable(t, e, media); good != 16 || bad != 0 {
			t.Errorf("%d good, %d bad", good, bad)
		}
		if problems := log.all(); len(problems) != 1 || problems[0].Kind != artifacts.Checksum {
			t.Errorf("problems %v", problems)
		}
		second := bytes.Index(data, []byte("table2\x00"))
		data[second+ewfDescriptorSize+inside] ^= 1
		e, _ = openSegments(t, set)
		if good, bad := readable(t, e, media); good != 0 || bad != 16 {
			t.Errorf("both damaged: %d good, %d bad", good, bad)
		}
	}
}

func TestTruncatedFile(t *testing.T) {
	media := testMedia(64 * 4096)
	set := buildE01(t, media, imagetest.Options{ChunkSectors: 8, TableEntries: 16, Stored: true})
	whole := set[0].Data
	for _, length := range []int{len(whole) - 1, len(whole) - 76, len(whole) * 3 / 4, len(whole) / 2, len(whole) / 4} {
		set[0].Data = whole[:length]
		e, log := openSegments(t, set)
		good, bad := readable(t, e, media)
		problems := log.all()
		if len(problems) == 0 && bad > 0 || length < len(whole)*9/10 && bad == 0 {
			t.Fatalf("%d bytes: %d good, %d bad, problems %v", length, good, bad, problems)
		}
		if want := 16 * (length * 4 / len(whole)); good < want-16 {
			t.Errorf("%d bytes: only %d good", length, good)
		}
		if bad == 0 {
			continue
		}
		last := problems[len(problems)-1]
		if last.Kind != artifacts.Truncated || !strings.Contains(last.Error(), "disk.E01 at offset") {
			t.Errorf("%d bytes: %v", length, last)
		}
	}
	set[0].Data = whole[:1000]
	if _, err := newEWF(segmentsOf(set), newProblemLog(artifacts.Locator{Source: ""})); err == nil || !strings.Contains(err.Error(), "disk.E01") {
		t.Errorf("1000 bytes: %v", err)
	}
}

func TestMissingSegments(t *testing.T) {
	media := testMedia(200 * 4096)
	whole := buildE01(t, media, imagetest.Options{ChunkSectors: 8, SegmentSize: 64 << 10})
	if len(whole) < 6 {
		t.Fatalf("%d segments", len(whole))
	}
	last := len(whole) - 1
	tests := map[string]struct {
		missing []int
		all     bool // no chunk is lost but those of the missing segments
	}{
		"second":          {[]int{1}, true},
		"second to third": {[]int{1, 2}, true},
		"last":            {[]int{last}, true},
		"two apart":       {[]int{1, 4}, false},
	}
	perSegment := chunksIn(t, whole)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set := slices.Clone(whole)
			lost := 0
			for _, i := range tt.missing {
				set[i].Data = nil
				lost += perSegment[i]
			}
			if name == "last" {
				set = set[:last]
			}
			e, log := openSegments(t, set)
			good, bad := readable(t, e, media)
			if bad < lost || tt.all && bad != lost || good == 0 {
				t.Errorf("%d good, %d bad, %d were in the missing segments", good, bad, lost)
			}
			text := ""
			for _, p := range log.all() {
				text += p.Error() + "\n"
			}
			for _, i := range tt.missing {
				if i != last && !strings.Contains(text, whole[i].Name) {
					t.Errorf("%s is not named in\n%s", whole[i].Name, text)
				}
			}
			if text == "" {
				t.Error("no problem")
			}
		})
	}
	t.Run("first", func(t *testing.T) {
		set := slices.Clone(whole)
		set[0].Data = nil
		e, _ := openSegments(t, set) // the data section has the media's size too
		if good, bad := readable(t, e, media); bad != perSegment[0] || good == 0 {
			t.Errorf("%d good, %d bad", good, bad)
		}
	})
}

// chunksIn counts the chunks of each segment.
func chunksIn(t *testing.T, set []imagetest.Segment) []int {
	e, _ := openSegments(t, set)
	counts := make([]int, len(set))
	for _, g := range e.groups {
		counts[g.part] += int(g.count)
	}
	return counts
}

func TestSegmentsInTheWrongPlace(t *testing.T) {
	media := testMedia(200 * 4096)
	set := buildE01(t, media, imagetest.Options{ChunkSectors: 8, SegmentSize: 64 << 10})
	set[1].Data, set[2].Data = set[2].Data, set[1].Data
	e, log := openSegments(t, set)
	if good, bad := readable(t, e, media); good == 0 || bad == 0 {
		t.Errorf("%d good, %d bad", good, bad)
	}
	if problems := log.all(); len(problems) == 0 || !strings.Contains(problems[0].Error()+problems[len(problems)-1].Error(), "by its header") {
		t.Errorf("problems %v", log.all())
	}
}

func TestSectionChainThatGoesBack(t *testing.T) {
	media := testMedia(16 * 4096)
	set := buildE01(t, media, imagetest.Options{ChunkSectors: 8})
	data := set[0].Data
	at := bytes.Index(data, []byte("sectors\x00"))
	data[at+16], data[at+17], data[at+18] = ewfHeaderSize, 0, 0
	copy(data[at:], sealedDescriptor(data[at:at+72]))
	e, log := openSegments(t, set)
	if good, bad := readable(t, e, media); good != 0 || bad != 16 {
		t.Errorf("%d good, %d bad", good, bad)
	}
	if problems := log.all(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "points back") {
		t.Errorf("problems %v", problems)
	}
}

func TestReadsFromManyGoroutines(t *testing.T) {
	media := testMedia(128 * 4096)
	e, _ := openSegments(t, buildE01(t, media, imagetest.Options{ChunkSectors: 8, SegmentSize: 100 << 10}))
	errs := make(chan error, 8)
	for g := range 8 {
		go func() {
			rng := rand.New(rand.NewPCG(uint64(g), 1))
			for range 200 {
				off := rng.IntN(len(media))
				b := make([]byte, rng.IntN(60000))
				n, _ := e.ReadAt(b, int64(off))
				if !bytes.Equal(b[:n], media[off:off+n]) || n != min(len(b), len(media)-off) {
					errs <- errors.New("wrong bytes")
					return
				}
			}
			errs <- nil
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}
