package collection

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// packedInside returns a zip of a member that is wanted, one that is not, and a zip
// with a wanted one in it.
func packedInside(t *testing.T) []byte {
	t.Helper()
	write := func(members map[string]string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range []string{"want.bin", "other.bin", "inner.zip"} {
			if content, ok := members[name]; ok {
				w, err := z.Create(name)
				if err == nil {
					_, err = w.Write([]byte(content))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	inner := write(map[string]string{"want.bin": "regf within"})
	return write(map[string]string{"want.bin": "regf", "other.bin": "regf too", "inner.zip": string(inner)})
}

func tarInside(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzInside(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	if _, err := g.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInside(t *testing.T) {
	z := packedInside(t)
	for _, c := range []struct {
		name string
		data []byte
		kind string // as the archive tells it in the end
		want []string
		err  string
	}{
		{"x.zip", z, "zip", []string{"want.bin", "inner.zip!want.bin"}, ""},
		{"cut.zip", z[:len(z)-30], "", nil, "without a central directory"},
		{"x.tgz", tarInside(t, "d/want.bin", "regf"), "tar.gz", []string{"d/want.bin"}, ""},
		{"x.gz", gzInside(t, "regf"), "gz", []string{"x"}, ""},
		{"text.gz", gzInside(t, "text"), "gz", nil, ""},
		{"cut.gz", gzInside(t, "regf")[:6], "", nil, "EOF"},
		{"short.7z", []byte("7z\xbc\xaf\x27\x1c"), "", nil, "ends in its first header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := context.Background()
			regf := func(head []byte) bool { return strings.HasPrefix(string(head), "regf") }
			inside, err := OpenInside(ctx, bytes.NewReader(c.data), int64(len(c.data)), KindOf(c.data), c.name,
				InsideOptions{Member: func(name string, _ int64) bool { return strings.HasSuffix(name, "want.bin") || name == "x" }, Head: regf})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || inside.Kind() != c.kind {
				t.Fatalf("%v, kind %q", err, inside.Kind())
			}
			defer inside.Close()
			var got []string
			for v := range inside.Volumes(ctx) {
				for e, err := range v.Find(ctx, artifacts.Scan{Head: regf, Workers: 1}) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, Member(e.Locator()))
				}
			}
			if !slices.Equal(got, c.want) || len(inside.Locked()) > 0 || len(inside.Problems()) > 0 {
				t.Errorf("members %q, want %q; %v", got, c.want, inside.Problems())
			}
			if _, examined := inside.Members(); int(examined) < len(c.want) {
				t.Errorf("%d were examined", examined)
			}
		})
	}
}

// TestInsideLimit has an archive stop where it was told to.
func TestInsideLimit(t *testing.T) {
	data := gzInside(t, "regf"+strings.Repeat("\x00", 1<<20))
	inside, err := OpenInside(context.Background(), bytes.NewReader(data), int64(len(data)), "gz", "x.gz",
		InsideOptions{Member: func(string, int64) bool { return true }, Head: func([]byte) bool { return true }, MaxInflated: 1 << 16})
	if err != nil || len(inside.Problems()) != 1 || inside.Problems()[0].Kind != artifacts.Limit {
		t.Fatalf("%v, %v", err, inside.Problems())
	}
}
