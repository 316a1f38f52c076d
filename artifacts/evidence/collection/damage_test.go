package collection

import (
	"archive/tar"
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
)

// samples are small archives of every kind.
func samples(t testing.TB) map[string][]byte {
	zipped := zipOf(t, packed{"C/Windows/a.bin", deflated, noise(3000, 1)}, packed{"b", stored, noise(500, 2)}, packed{"z", zstandard, noise(900, 3)}, packed{"empty", stored, nil})
	tarred := tarOf(t, []tar.Header{{Typeflag: tar.TypeReg, Name: "C/a", Mode: 0o644}, {Typeflag: tar.TypeSymlink, Name: "l", Linkname: "/"}, {Typeflag: tar.TypeReg, Name: "b", Mode: 0o644}},
		map[string][]byte{"C/a": noise(3000, 1), "b": noise(700, 2)})
	return map[string][]byte{
		"zip": zipped, "tar": tarred, "tar.gz": gz(t, tarred), "gz": gz(t, noise(2000, 5)),
		"nested.zip": zipOf(t, packed{"data.zip", deflated, zipped}, packed{"t.tar", stored, tarred}, packed{"x.evtx.gz", stored, gz(t, noise(900, 4))}),
		"locked.zip": encryptedZip(t, "p", packed{"a", deflated, noise(800, 1)}, packed{"b", deflated, noise(800, 2)}),
	}
}

// exercise opens bytes as an archive, if they are one, and reads all of it.
func exercise(t testing.TB, b []byte) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if Detect(bytes.NewReader(b), int64(len(b))) == "" {
		return
	}
	s, err := openPath(t, path, "p")
	if err != nil {
		return
	}
	f := all(t, s, 2, false)
	if f.tally.Failed > int64(len(f.errors)) {
		t.Errorf("%d members failed, %d errors", f.tally.Failed, len(f.errors))
	}
	s.Close()
	if n := memory.Load(); n != 0 {
		t.Errorf("%d bytes of buffers were not given back", n)
	}
}

// TestMutated changes bytes of archives and cuts them: no panic, no hang.
func TestMutated(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, b := range samples(t) {
		for range 60 {
			damaged := bytes.Clone(b)
			for range 1 + r.IntN(8) {
				damaged[r.IntN(len(damaged))] = byte(r.IntN(256))
			}
			if r.IntN(4) == 0 {
				damaged = damaged[:r.IntN(len(damaged))]
			}
			exercise(t, damaged)
		}
	}
}

// TestChecksumOfPackedTar: the checksum that follows a tar's end is compared.
func TestChecksumOfPackedTar(t *testing.T) {
	b := gz(t, tarOf(t, []tar.Header{{Typeflag: tar.TypeReg, Name: "a.bin", Mode: 0o644}}, map[string][]byte{"a.bin": noise(30_000, 3)}))
	if s := mustOpen(t, "a", b, ""); len(s.Problems()) != 0 {
		t.Error(texts(s.Problems()))
	}
	b[len(b)-6] ^= 1
	if s := mustOpen(t, "a", b, ""); len(s.Problems()) != 1 || s.Problems()[0].Kind != artifacts.Checksum {
		t.Error(texts(s.Problems()))
	}
}

func FuzzSource(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { exercise(t, b) })
}

// FuzzZipRecovery reads bytes by their local headers alone.
func FuzzZipRecovery(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m meter
		z := &zipArchive{r: bytes.NewReader(b), size: int64(len(b)), password: "p", meter: &m}
		z.recover()
		if len(z.members) > len(b)/localHeader || len(z.members) != len(z.content) {
			t.Fatalf("%d members in %d bytes", len(z.members), len(b))
		}
		for i := range z.members {
			drain(t, z, i)
		}
	})
}

func FuzzTar(f *testing.F) {
	for name, b := range samples(f) {
		f.Add(b, name == "tar.gz")
	}
	f.Fuzz(func(t *testing.T, b []byte, zipped bool) {
		var m meter
		var pack packing
		if zipped {
			pack = packings["gz"]
		}
		s := openStream(bytes.NewReader(b), int64(len(b)), pack, false, "", &m)
		defer s.Close()
		for i := range s.list() {
			drain(t, s, i)
		}
	})
}

// drain reads one member as far as a fuzzer has time for.
func drain(t *testing.T, a archive, i int) {
	r, err := a.open(i, false)
	if err != nil {
		return
	}
	defer r.Close()
	buf := make([]byte, 64<<10)
	for range 64 {
		if _, err := r.Read(buf); err != nil {
			return
		}
	}
}
