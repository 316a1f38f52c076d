package image

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
)

func writeFiles(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// cut splits b into parts of the given size, named base.<number>.
func cut(b []byte, size int, names ...string) map[string][]byte {
	files := make(map[string][]byte)
	for _, name := range names {
		n := min(size, len(b))
		files[name], b = b[:n], b[n:]
	}
	return files
}

func TestOpenSplitRaw(t *testing.T) {
	media := testMedia(35_000)
	tests := map[string]struct {
		files map[string][]byte
		open  string
		drop  string
		size  int64
		holes int
		kind  string
	}{
		"from the first":         {cut(media, 10_000, "d.001", "d.002", "d.003", "d.004"), "d.001", "", 35_000, 0, kindSplit},
		"from the third":         {cut(media, 10_000, "d.001", "d.002", "d.003", "d.004"), "d.003", "", 35_000, 0, kindSplit},
		"from zero":              {cut(media, 10_000, "d.000", "d.001", "d.002", "d.003"), "d.002", "", 35_000, 0, kindSplit},
		"two digits":             {cut(media, 10_000, "d.dd.00", "d.dd.01", "d.dd.02", "d.dd.03"), "d.dd.01", "", 35_000, 0, kindSplit},
		"five digits":            {cut(media, 10_000, "d.00001", "d.00002", "d.00003", "d.00004"), "d.00001", "", 35_000, 0, kindSplit},
		"odd sizes":              {map[string][]byte{"d.001": media[:1], "d.002": media[1:20_000], "d.003": {}, "d.004": media[20_000:]}, "d.001", "", 35_000, 0, kindSplit},
		"second missing":         {cut(media, 10_000, "d.001", "d.002", "d.003", "d.004"), "d.001", "d.002", 35_000, 1, kindSplit},
		"first missing":          {cut(media, 10_000, "d.001", "d.002", "d.003", "d.004"), "d.002", "d.001", 35_000, 1, kindSplit},
		"missing, odd sizes":     {map[string][]byte{"d.001": media[:5000], "d.002": media[5000:9000], "d.003": {1}, "d.004": media[10_000:]}, "d.001", "d.003", 9000, 1, kindSplit},
		"one file with a number": {map[string][]byte{"d.001": media}, "d.001", "", 35_000, 0, kindRaw},
		"years":                  {map[string][]byte{"d.2023": media[:100], "d.2024": media}, "d.2024", "", 35_000, 0, kindRaw},
		"other base":             {map[string][]byte{"a.002": media[:100], "b.001": media}, "b.001", "", 35_000, 0, kindRaw},
		"no number":              {map[string][]byte{"disk.dd": media}, "disk.dd", "", 35_000, 0, kindRaw},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			delete(tt.files, tt.drop)
			m, err := Open(filepath.Join(writeFiles(t, tt.files), tt.open))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.Size() != tt.size || m.Kind() != tt.kind || len(m.Problems()) != tt.holes {
				t.Fatalf("%d bytes, %s, problems %v", m.Size(), m.Kind(), m.Problems())
			}
			checkHoles(t, m, media, tt.holes)
			if tt.holes > 0 && !strings.Contains(m.Problems()[0].Error(), tt.drop) {
				t.Errorf("%s is not named in %v", tt.drop, m.Problems())
			}
			if n, err := m.ReadAt(make([]byte, 10), m.Size()); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
		})
	}
}

// checkHoles reads everywhere, across the borders of segments too.
func checkHoles(t *testing.T, m *Image, media []byte, holes int) {
	t.Helper()
	bad := 0
	for off := int64(0); off < m.Size(); off += 700 {
		b := make([]byte, 1500)
		n, err := m.ReadAt(b, off)
		if !bytes.Equal(b[:n], media[off:off+int64(n)]) {
			t.Fatalf("wrong bytes at %d", off)
		}
		if int64(n) < min(1500, m.Size()-off) {
			var p *artifacts.Problem
			if !errors.As(err, &p) {
				t.Fatalf("%d bytes at %d: %v", n, off, err)
			}
			bad++
		}
	}
	if (bad > 0) != (holes > 0 && m.Size() == int64(len(media))) {
		t.Errorf("%d short reads", bad)
	}
}

func TestOpenE01Names(t *testing.T) {
	media := testMedia(150 * 4096)
	set := buildE01(t, media, imagetest.Options{ChunkSectors: 8, SegmentSize: 4 << 10, Stored: true})
	if len(set) < 110 || !strings.HasSuffix(set[99].Name, ".EAA") {
		t.Fatalf("%d segments, the hundredth is %s", len(set), set[99].Name)
	}
	files := map[string][]byte{"disk.EXE": []byte("MZ"), "disk.txt": nil}
	for _, s := range set {
		files[s.Name] = s.Data
	}
	dir := writeFiles(t, files)
	for _, name := range []string{"disk.E01", "disk.E50", "disk.EAB"} {
		m, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(media))
		if _, err := m.ReadAt(got, 0); err != nil || !bytes.Equal(got, media) || len(m.Problems()) != 0 || len(m.Segments()) != len(set) {
			t.Errorf("%s: %v, problems %v", name, err, m.Problems())
		}
		m.Close()
	}
	if err := os.Remove(filepath.Join(dir, "disk.E07")); err != nil {
		t.Fatal(err)
	}
	m, err := Open(filepath.Join(dir, "disk.E01"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if p := m.Problems(); len(p) != 1 || !strings.Contains(p[0].Error(), "disk.E07") {
		t.Errorf("problems %v", p)
	}
	if good, bad := readable(t, m.media.(*ewf), media); good < 140 || bad == 0 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}

func TestEWFNumbers(t *testing.T) {
	for n, ext := range map[int]string{1: "E01", 99: "E99", 100: "EAA", 125: "EAZ", 126: "EBA", 775: "EZZ", 776: "FAA", maxEWFSegments: "ZZZ"} {
		if got := ewfExtension(n, 'E'); got != ext {
			t.Errorf("%d: %s, want %s", n, got, ext)
		}
		if got, ok := ewfNumber(strings.ToLower(ext), 'E'); got != n || !ok {
			t.Errorf("%s: %d %v, want %d", ext, got, ok, n)
		}
	}
	for _, ext := range []string{"", "E0", "E00", "E001", "F01", "DAA", "E0A", "EA1", "dd"} {
		if n, ok := ewfNumber(ext, 'E'); ok {
			t.Errorf("%q is segment %d", ext, n)
		}
	}
}

func TestRefusedByName(t *testing.T) {
	var aff4 bytes.Buffer
	z := zip.NewWriter(&aff4)
	for _, name := range []string{"container.description", "information.turtle"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tail := func(magic string) string {
		return strings.Repeat("\x33", 4096) + magic + strings.Repeat("\x00", 512-len(magic))
	}
	tests := map[string]struct{ content, want, advice string }{
		"Ex01":      {"EVF2\r\n\x81\x00", "Ex01", "ewfexport"},
		"L01":       {"LVF\x09\r\n\xff\x00", "L01", "--path"},
		"AFF":       {"AFF10\r\n\x00", "AFF", "affconvert"},
		"AFF4":      {aff4.String(), "AFF4", "aff4imager"},
		"rar":       {"Rar!\x1a\x07", "rar", "unpack"},
		"DMG":       {tail("koly"), "DMG", "qemu-img"},
		"WIM":       {"MSWIM\x00\x00\x00", "WIM", "wimlib"},
		"encrypted": {"ADCRYPT\x00", "encrypted", "decrypt"},
		"empty":     {"", "empty", "again"},
	}
	for name, tt := range tests {
		path := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path)
		var p *artifacts.Problem
		if m != nil || !errors.As(err, &p) || p.At.Source != path {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, tt.want) || !strings.Contains(text, tt.advice) || strings.Contains(text, "\n") {
			t.Errorf("%s: %q", name, text)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "--path") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// sectorReader refuses what a Windows device refuses.
type sectorReader struct {
	t      *testing.T
	sector int64
	data   []byte
}

func (r sectorReader) ReadAt(p []byte, off int64) (int, error) {
	if off%r.sector != 0 || int64(len(p))%r.sector != 0 || off+int64(len(p)) > int64(len(r.data)) {
		r.t.Errorf("read of %d bytes at %d", len(p), off)
		return 0, errors.New("unaligned")
	}
	return copy(p, r.data[off:]), nil
}

func TestAlignedReader(t *testing.T) {
	for _, sector := range []int64{512, 4096} {
		data := testMedia(5*4096 + int(sector)*3)
		a := alignedReader{sectorReader{t, sector, data}, int64(len(data))}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			off, n := rng.IntN(len(data)+100), rng.IntN(3*4096)
			b := make([]byte, n)
			got, err := a.ReadAt(b, int64(off))
			want := data[min(off, len(data)):min(off+n, len(data))]
			if !bytes.Equal(b[:got], want) || (err == io.EOF) != (got < n || off >= len(data)) || err != nil && err != io.EOF {
				t.Fatalf("%d bytes at %d: %d, %v", n, off, got, err)
			}
		}
	}
}

// stopsAt fails beyond an offset, as a failing disk does.
type stopsAt struct{ sectorReader }

func (r stopsAt) ReadAt(p []byte, off int64) (int, error) {
	if off >= 8192 {
		return 0, errors.New("bad sector")
	}
	n, err := r.sectorReader.ReadAt(p[:min(int64(len(p)), 8192-off)], off)
	if err == nil && n < len(p) {
		err = errors.New("bad sector")
	}
	return n, err
}

func TestAlignedReaderKeepsWhatItGot(t *testing.T) {
	data := testMedia(5 * 4096)
	a := alignedReader{stopsAt{sectorReader{t, 512, data}}, int64(len(data))}
	b := make([]byte, 10_000)
	n, err := a.ReadAt(b, 100)
	if n != 8092 || err == nil || !bytes.Equal(b[:n], data[100:8192]) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestProblemLogIsBounded(t *testing.T) {
	log := newProblemLog(artifacts.Locator{Source: "x"})
	for i := range maxProblems + 5 {
		for range 2 {
			log.add(artifacts.NewProblem(artifacts.Checksum, int64(maxProblems-i), "chunk"))
		}
	}
	all := log.all()
	if len(all) != maxProblems+1 || all[0].Offset > all[1].Offset || all[maxProblems].Kind != artifacts.Limit {
		t.Errorf("%d problems, first %v, last %v", len(all), all[0], all[len(all)-1])
	}
}
