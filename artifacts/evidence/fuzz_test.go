package evidence

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
	"hivetriage/artifacts/evidence/image/qcow2/qcow2test"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vmdk/vmdktest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// fuzzSeeds are small inputs of many kinds.
func fuzzSeeds(f *testing.F) [][]byte {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("C/Windows/System32/config/SAM")
	if err == nil {
		_, err = w.Write([]byte("regf and more"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		f.Fatal(err)
	}
	stick := fattest.New(fattest.Options{Kind: fattest.FAT12, Size: 64 << 10})
	stick.Add(fattest.File{Path: "/a/sam.save", Data: []byte("regf and more")})
	windows := ntfstest.New(ntfstest.Options{})
	windows.Add(ntfstest.File{Path: "/a/sam.save", Data: append([]byte("regf"), make([]byte, 9000)...), Streams: []ntfstest.Stream{{Name: "s", Data: []byte("regf")}}})
	fat, ntfs := must(stick.Bytes()), must(windows.Bytes())
	disk := partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(fat)}, partitiontest.Options{}).Bytes()
	packed, _ := qcow2test.Disk(fat, qcow2test.Layout{Compressed: true})
	return [][]byte{[]byte("regf"), []byte("ElfFile\x00"), []byte("FILE0"), []byte("\x1f\x8b\x08"), []byte("MSCF"), []byte("7z\xbc\xaf\x27\x1c"),
		archive.Bytes(), fat, ntfs, disk, packed, vhdtest.Fixed(fat, [16]byte{1}),
		vmdktest.Sparse(fat, vmdktest.Layout{Compressed: true, Descriptor: vmdktest.Text{Type: "streamOptimized", Extents: []string{`RW 128 SPARSE "x"`}}.String()})}
}

// FuzzOpen opens bytes as whatever they seem to be and reads all that is in
// them: tallies add up, and content is as long as it says.
func FuzzOpen(f *testing.F) {
	for _, b := range fuzzSeeds(f) {
		f.Add(b)
	}
	path := filepath.Join(f.TempDir(), "evidence")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path, Options{Snapshots: true})
		if err != nil {
			return
		}
		defer s.Close()
		for v, err := range s.Volumes(t.Context()) {
			if err != nil {
				continue
			}
			scan := artifacts.Scan{Workers: 1, Head: func([]byte) bool { return true }}
			for e, err := range v.Find(t.Context(), scan) {
				if err == nil {
					readSome(t, e)
				}
			}
			if n := v.Tally(); n.Examined+n.Empty+n.Failed+n.Gone != n.Streams {
				t.Errorf("%s: %+v does not add up", v.Name(), n)
			}
		}
	})
}

// readSome reads the beginning and the end of an entry.
func readSome(t *testing.T, e artifacts.Entry) {
	c, err := e.Open(t.Context())
	if err != nil {
		return
	}
	defer c.Close()
	b := make([]byte, 4096)
	for _, off := range []int64{0, max(0, c.Size()-100)} {
		n, err := c.ReadAt(b, off)
		if err == nil && n < len(b) || err == io.EOF && off+int64(n) != c.Size() {
			t.Errorf("%v: %d bytes at %d of %d: %v", e.Locator(), n, off, c.Size(), err)
		}
	}
}
