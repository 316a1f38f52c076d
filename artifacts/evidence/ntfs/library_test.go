package ntfs

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"www.velocidex.com/golang/go-ntfs/parser"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// The library must really be what reads plain streams.
func TestLibraryReadsPlainStreams(t *testing.T) {
	image, _ := build(t, ntfstest.Options{MFTFragments: 3}, planted()...)
	entries, _ := find(t, openBytes(t, image), everything)
	got := index(entries)
	for path, want := range map[string]bool{
		"/plain.hiv": true, "/fragmented.hiv": true, "/host.txt:big": true, "/directory:hidden": true, "/linked.hiv": true,
		"/listed.hiv": false, "/compressed.hiv": false, "/sparse.hiv": false, "/valid.hiv": false,
		"/deleted.hiv": false, "/overwritten.hiv": false, "/empty": false,
	} {
		c, err := got[path].Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := c.(*content).ReaderAt.(*guarded); ok != want {
			t.Errorf("%s is read by the library: %v, want %v", path, ok, want)
		}
	}
}

type brokenReader struct{ mode string }

func (b brokenReader) ReadAt(p []byte, off int64) (int, error) {
	switch b.mode {
	case "panic":
		panic("broken")
	case "error":
		return 0, errors.New("broken")
	case "short":
		return len(p) / 2, io.EOF
	default:
		return len(p) / 2, nil
	}
}

func TestLibraryFailureFallsBack(t *testing.T) {
	s := &runs{disk: openBytes(t, mustBuild(t)).disk, clusterSize: 4096, extents: []extent{{0, 0, 2}}, size: 8000, valid: 8000}
	want := make([]byte, 8000)
	if _, err := s.ReadAt(want, 0); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"panic", "error", "short", "silent"} {
		g := &guarded{theirs: brokenReader{mode}, ours: s}
		b, err := io.ReadAll(io.NewSectionReader(g, 0, s.size))
		if err != nil || !bytes.Equal(b, want) {
			t.Errorf("%s: %d bytes, %v", mode, len(b), err)
		}
	}
}

func mustBuild(t *testing.T) []byte {
	image, _ := build(t, ntfstest.Options{})
	return image
}

// The traps of go-ntfs v0.2.1 that this package works around. Where one of
// these fails because the library was mended, the way around it can go.
func TestLibraryTraps(t *testing.T) {
	image, b := build(t, ntfstest.Options{}, planted()...)
	ctx, err := parser.GetNTFSContext(bytes.NewReader(image), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := contents(planted())
	entry := func(path string) *parser.MFT_ENTRY {
		p, ok := b.Lookup(path)
		if !ok {
			t.Fatal(path)
		}
		e, err := ctx.GetMFT(int64(p.Record))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Run("compressed stream with a hole", func(t *testing.T) {
		const path = "/compressed-hole.hiv"
		r, err := parser.OpenStream(ctx, entry(path), attrData, parser.WILDCARD_STREAM_ID, parser.WILDCARD_STREAM_NAME)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want[path]))
		n, err := r.ReadAt(got, 0)
		if n == len(got) && bytes.Equal(got, want[path]) {
			t.Errorf("the library reads it right now (%d bytes, %v)", n, err)
		}
	})
	t.Run("deep directory", func(t *testing.T) {
		const path = "/deep.hiv"
		if p := parser.GetFullPath(ctx, entry(deep(60)+path)); !strings.Contains(p, "DirTooDeep") {
			t.Errorf("the library resolves it right now: %s", p)
		}
	})
	t.Run("file in a deleted directory", func(t *testing.T) {
		if p := parser.GetFullPath(ctx, entry("/gone/deeper/child.hiv")); strings.Contains(p, "gone/deeper/child.hiv") {
			t.Errorf("the library resolves it right now: %s", p)
		}
	})
}
