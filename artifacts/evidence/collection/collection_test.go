package collection

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

func members() []packed {
	return []packed{
		{"stored.bin", stored, noise(70_000, 1)}, {"Folder/", stored, nil}, {"Folder/deflated.bin", deflated, noise(300_000, 2)},
		{"Folder/zstd.bin", zstandard, noise(100_000, 3)}, {"empty", deflated, nil}, {"small", deflated, []byte("x")},
	}
}

// check compares a finding with what was packed.
func (f finding) check(t *testing.T, volume string, want []packed) {
	t.Helper()
	streams, empty := 0, 0
	for _, m := range want {
		if strings.HasSuffix(m.name, "/") {
			continue
		}
		streams++
		if len(m.data) == 0 {
			empty++
			continue
		}
		if got := f.data[volume+":/"+m.name]; !bytes.Equal(got, m.data) {
			t.Errorf("%s: %d bytes, want %d", m.name, len(got), len(m.data))
		}
	}
	if len(f.errors) > 0 || len(f.data) != streams-empty || f.tally.Streams != int64(streams) || f.tally.Empty != int64(empty) {
		t.Errorf("%d read, %+v, errors %q", len(f.data), f.tally, f.errors)
	}
}

func TestZip(t *testing.T) {
	b := zipOf(t, members()...)
	s := mustOpen(t, "a.zip", b, "")
	if in := s.Input(); in.Kind != "zip" || in.Size != int64(len(b)) || texts(s.Problems())+texts(s.Remarks()) != "" {
		t.Errorf("%+v %s %s", in, texts(s.Problems()), texts(s.Remarks()))
	}
	one := all(t, s, 1, false)
	one.check(t, "zip", members())
	for range 3 {
		if many := all(t, s, 8, true); !slices.Equal(many.order, one.order) || many.tally != one.tally {
			t.Errorf("%q with 8 workers, %q with 1", many.order, one.order)
		}
	}
	if at := memory.Load(); at != 0 {
		t.Errorf("%d bytes of buffers were not given back", at)
	}
}

func TestZipMethodsThatAreNotRead(t *testing.T) {
	s := mustOpen(t, "a.zip", zipOf(t, packed{"a", deflate64, []byte("aaaa")}, packed{"b", lzma, []byte("bbbb")}, packed{"c", ppmd, []byte("c")}, packed{"d", 77, []byte("d")}, packed{"e", stored, []byte("e")}), "")
	f := all(t, s, 2, false)
	if want := []string{"zip:/a unsupported", "zip:/b unsupported", "zip:/c unsupported", "zip:/d unsupported"}; !slices.Equal(f.errors, want) || f.tally.Failed != 4 || f.tally.Examined != 1 {
		t.Errorf("%q %+v", f.errors, f.tally)
	}
	if p := readable(deflate64); !strings.Contains(p.Error(), "Deflate64") {
		t.Error(p)
	}
}

// A zip without its directory, or with a damaged one, is read by its local
// headers.
func TestZipRecovery(t *testing.T) {
	b := zipOf(t, members()...)
	end := bytes.Index(b, []byte(directoryMagic))
	wiped := bytes.Clone(b)
	clear(wiped[end:])
	for name, damaged := range map[string][]byte{"cut": b[:end], "wiped": wiped, "cut inside": b[:len(b)-30]} {
		s := mustOpen(t, "a.zip", damaged, "")
		if !strings.Contains(texts(s.Problems()), "local headers") {
			t.Errorf("%s: %s", name, texts(s.Problems()))
		}
		all(t, s, 2, false).check(t, "zip", members())
	}
	s := mustOpen(t, "a.zip", b[:end/2], "")
	f := all(t, s, 2, false)
	if !bytes.Equal(f.data["zip:/stored.bin"], members()[0].data) || len(f.errors) != 1 {
		t.Errorf("the first half: %d members, %q", len(f.data), f.errors)
	}
	half := f.data["zip:/Folder/deflated.bin"]
	if len(half) == 0 || !bytes.HasPrefix(members()[2].data, half) {
		t.Errorf("%d bytes of the member that was cut", len(half))
	}
}

func TestZipChecksum(t *testing.T) {
	b := zipOf(t, packed{"a", stored, noise(10_000, 1)}, packed{"b", stored, noise(10_000, 2)})
	b[9000] ^= 1
	s := mustOpen(t, "a.zip", b, "")
	f := all(t, s, 1, false)
	if !slices.Equal(f.errors, []string{"zip:/a checksum"}) || len(f.data["zip:/a"]) != 10_000 || f.tally.Examined != 2 {
		t.Errorf("%q %+v", f.errors, f.tally)
	}
}

func TestEncryptedZip(t *testing.T) {
	want := []packed{{"a", deflated, noise(50_000, 1)}, {"b", deflated, noise(50_000, 2)}, {"c", deflated, noise(9_000, 3)}, {"d", deflated, noise(9_000, 4)}}
	b := encryptedZip(t, "open sesame", want...)
	all(t, mustOpen(t, "a.zip", b, "open sesame"), 2, false).check(t, "zip", want)

	s := mustOpen(t, "a.zip", b, "")
	f := all(t, s, 2, false)
	if told := texts(s.Problems()); f.tally.Failed != 4 || len(f.errors) != 0 || strings.Count(told, "\n") != 1 || !strings.Contains(told, "4 of 4 members are encrypted") || !strings.Contains(told, "--password-file") {
		t.Errorf("without a password: %+v %q %s", f.tally, f.errors, told)
	}
	s = mustOpen(t, "a.zip", b, "open says me")
	f = all(t, s, 2, false)
	for _, e := range f.errors {
		if !strings.HasSuffix(e, " encrypted") {
			t.Errorf("a wrong password: %s", e)
		}
	}
	if len(f.errors) != 4 {
		t.Errorf("a wrong password: %q", f.errors)
	}
	directory, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range directory.File {
		at, err := m.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		damaged := bytes.Clone(b)
		damaged[at+int64(m.CompressedSize64)/2] ^= 4
		if f := all(t, mustOpen(t, "a.zip", damaged, "open sesame"), 1, false); len(f.errors) != 1 {
			t.Errorf("%s: a changed byte gave %q", m.Name, f.errors)
		}
	}
}

func TestTar(t *testing.T) {
	data := map[string][]byte{"C/a.bin": noise(100_000, 1), "C/b.bin": noise(5, 2), "C/c.bin": noise(400_000, 3)}
	headers := []tar.Header{
		{Typeflag: tar.TypeDir, Name: "C/", Mode: 0o755}, {Typeflag: tar.TypeReg, Name: "C/a.bin", Mode: 0o644},
		{Typeflag: tar.TypeSymlink, Name: "C/link", Linkname: "/etc/shadow"}, {Typeflag: tar.TypeLink, Name: "C/hard", Linkname: "C/a.bin"},
		{Typeflag: tar.TypeReg, Name: "C/b.bin", Mode: 0o644}, {Typeflag: tar.TypeFifo, Name: "C/pipe"}, {Typeflag: tar.TypeReg, Name: "C/c.bin", Mode: 0o644},
	}
	b := tarOf(t, headers, data)
	for kind, file := range map[string][]byte{"tar": b, "tar.gz": gz(t, b)} {
		s := mustOpen(t, "a", file, "")
		if s.Input().Kind != kind || !strings.Contains(texts(s.Remarks()), "2 members are links") {
			t.Errorf("%s: %+v %s", kind, s.Input(), texts(s.Remarks()))
		}
		for _, later := range []bool{false, true} {
			f := all(t, s, 4, later)
			if f.tally != (artifacts.Tally{Files: 7, Streams: 6, Examined: 3, Empty: 3}) || len(f.errors) != 0 {
				t.Errorf("%s: %+v %q", kind, f.tally, f.errors)
			}
			for name, want := range data {
				if !bytes.Equal(f.data["tar:/"+name], want) {
					t.Errorf("%s: %s differs", kind, name)
				}
			}
		}
		cut := mustOpen(t, "a", file[:len(file)/2], "")
		if f := all(t, cut, 1, false); len(cut.Problems()) == 0 && len(f.errors) == 0 {
			t.Errorf("%s: the missing half was not noticed", kind)
		}
	}
}

func TestLone(t *testing.T) {
	want := noise(200_000, 1)
	b := gz(t, want)
	s := mustOpen(t, "Security.evtx.gz", b, "")
	if f := all(t, s, 1, false); !bytes.Equal(f.data["gz:/Security.evtx"], want) || len(f.errors) != 0 {
		t.Errorf("%q %+v", f.order, f.tally)
	}
	b[len(b)-6] ^= 1 // the CRC
	s = mustOpen(t, "Security.evtx.gz", b, "")
	if len(s.Problems()) != 1 || s.Problems()[0].Kind != artifacts.Checksum {
		t.Error(texts(s.Problems()))
	}
}

func TestNested(t *testing.T) {
	inner := []packed{{"deep/a.bin", deflated, noise(90_000, 1)}, {"b.bin", stored, noise(10, 2)}}
	zipped := zipOf(t, inner...)
	tarred := gz(t, tarOf(t, []tar.Header{{Typeflag: tar.TypeReg, Name: "t.bin", Mode: 0o644}}, map[string][]byte{"t.bin": noise(30_000, 3)}))
	b := zipOf(t, packed{"x/stored.zip", stored, zipped}, packed{"packed.zip", deflated, zipped}, packed{"t.tgz", deflated, tarred},
		packed{"twice.zip", deflated, zipOf(t, packed{"in.zip", stored, zipped})}, packed{"no.zip", deflated, []byte("no zip at all")})
	s := mustOpen(t, "a.zip", b, "")
	for _, later := range []bool{false, true} {
		f := all(t, s, 4, later)
		for _, place := range []string{"zip:/x/stored.zip!", "zip:/packed.zip!", "zip:/twice.zip!in.zip!"} {
			for _, m := range inner {
				if !bytes.Equal(f.data[place+m.name], m.data) {
					t.Errorf("%s%s differs; there are %q", place, m.name, f.order)
				}
			}
		}
		if !bytes.Equal(f.data["zip:/t.tgz!t.bin"], noise(30_000, 3)) || len(f.errors) != 0 || f.tally.Streams != 13 {
			t.Errorf("%q %+v %q", f.order, f.tally, f.errors)
		}
	}
	for range maxDepth {
		zipped = zipOf(t, packed{"in.zip", deflated, zipped})
	}
	s = mustOpen(t, "a.zip", zipped, "")
	if told := texts(s.Problems()); !strings.Contains(told, "limit: archives in archives are opened to a depth of 4") {
		t.Errorf("too deep: %s", told)
	}
}

func TestNames(t *testing.T) {
	tests := map[string]struct {
		clean  string
		traits []nameTrait
	}{
		`C\Windows\x`:              {"C/Windows/x", nil},
		"../../etc/passwd":         {"../../etc/passwd", []nameTrait{climbs}},
		"/etc/./passwd":            {"etc/passwd", []nameTrait{absolute}},
		`c:\x`:                     {"c:/x", []nameTrait{driveNamed}},
		"a\xffb\\c":                {`a\xFFb/c`, []nameTrait{notUTF8}},
		"":                         {"", nil},
		strings.Repeat("ä", 10000): {strings.Repeat("ä", maxName/2), []nameTrait{tooLong}},
	}
	for raw, want := range tests {
		clean, traits := cleanName(raw)
		if clean != want.clean || !slices.Equal(traits, want.traits) {
			t.Errorf("%.40q: %.40q %q", raw, clean, traits)
		}
	}
	if got := fromCP437("Ma\xe1e\x81"); got != "Maßeü" {
		t.Errorf("code page 437: %q", got)
	}
	s := mustOpen(t, "a.zip", zipOf(t, packed{"a", stored, []byte("1")}, packed{"A", stored, []byte("2")}, packed{"../a", stored, []byte("3")}, packed{"disk.aff4", stored, []byte("4")}), "")
	if told := texts(s.Remarks()); strings.Count(told, "\n") != 2 || !strings.Contains(told, "earlier one") || !strings.Contains(told, `the first is "../a"`) {
		t.Error(told)
	}
	if f := all(t, s, 1, false); !slices.Equal(f.errors, []string{"zip:/disk.aff4 unsupported"}) || len(f.data) != 4 {
		t.Errorf("%q %q", f.errors, f.order)
	}
}

// Content that does not stay in memory reads the same as content that does.
func TestContentWindow(t *testing.T) {
	want := noise(3*window+12345, 9)
	starts := 0
	c := &content{size: int64(len(want)), reopen: func() (io.ReadCloser, error) {
		starts++
		return io.NopCloser(bytes.NewReader(want)), nil
	}}
	defer c.Close()
	got := make([]byte, len(want))
	if n, err := c.ReadAt(got, 0); n != len(want) || err != nil || !bytes.Equal(got, want) || starts != 1 {
		t.Errorf("%d bytes, %v, %d starts", n, err, starts)
	}
	if len(c.buf) > 2*window+1<<20 {
		t.Errorf("%d bytes are held", len(c.buf))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		at, n := r.Int64N(c.size), r.IntN(100_000)
		b := make([]byte, n)
		got, err := c.ReadAt(b, at)
		expect := want[at:min(at+int64(n), c.size)]
		if !bytes.Equal(b[:got], expect) || (err == nil) != (got == n) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d, %v", n, at, got, err)
		}
	}
}

func TestLimits(t *testing.T) {
	b := zipOf(t, packed{"bomb", deflated, make([]byte, 64<<20)})
	s := mustOpen(t, "a.zip", b, "")
	f := all(t, s, 1, false)
	if !slices.Equal(f.errors, []string{"zip:/bomb limit"}) {
		t.Errorf("%q", f.errors)
	}
	if told := texts(s.Problems()); !strings.Contains(told, "1 of 1 members announce more than 1000 times their packed size") {
		t.Errorf("%q", told)
	}
	for _, c := range []struct {
		size, packed int64
		want         bool
	}{{1 << 20, 0, false}, {1<<20 + 1, 0, true}, {1<<20 + 1000, 1, false}, {1<<20 + 1001, 1, true}, {math.MaxInt64, math.MaxInt64, false}, {math.MaxInt64, math.MaxInt64 / 1001, true}} {
		if got := swells(c.size, c.packed); got != c.want {
			t.Errorf("%d out of %d: %v", c.size, c.packed, got)
		}
	}
	var m meter
	m.inflated.Store(maxInflated)
	var p *artifacts.Problem
	if err := m.grow(1, 1, -1); !errors.As(err, &p) || p.Kind != artifacts.Limit {
		t.Error(err)
	}
	if takeMemory(maxMemory + 1) {
		t.Error("more memory than there is")
	}
	if memory.Load() != 0 {
		t.Errorf("%d bytes are taken", memory.Load())
	}
}
