package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/testdata/corpora"
)

func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed (Debian: ewf-tools)", name)
	}
	return path
}

func sumMedia(t testing.TB, m *Image) string {
	t.Helper()
	h := sha256.New()
	if n, err := io.Copy(h, io.NewSectionReader(m, 0, m.Size())); n != m.Size() || err != nil {
		t.Fatalf("read %d of %d bytes: %v", n, m.Size(), err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestRealImages(t *testing.T) {
	dir := corpora.Path(t, "images")
	tests := []struct {
		file     string
		size     int64
		segments int
		md5      string
	}{
		{"image-split.E01", 1474560, 2, "38ea5af8a80e16e46c095c9110242fc0"},
		{"image-split.E02", 1474560, 2, "38ea5af8a80e16e46c095c9110242fc0"},
		{"test.ntfs.dd.E01", 10485760, 1, "8b4382280340597b7930b4b34742afba"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			m, err := Open(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if m.Kind() != "ewf" || m.Size() != tt.size || len(m.Segments()) != tt.segments || m.Stored()["MD5"] != tt.md5 {
				t.Errorf("%s, %d bytes, segments %v, digests %v", m.Kind(), m.Size(), m.Segments(), m.Stored())
			}
			got := sumMedia(t, m)
			if problems := m.Problems(); len(problems) != 0 {
				t.Errorf("problems: %v", problems)
			}
			if want := exported(t, filepath.Join(dir, tt.file)); got != want {
				t.Errorf("SHA-256 %s, ewfexport's raw has %s", got, want)
			}
		})
	}
}

// exported is the SHA-256 of what ewfexport makes of an image.
func exported(t *testing.T, path string) string {
	t.Helper()
	export := tool(t, "ewfexport")
	out := filepath.Join(t.TempDir(), "out")
	if text, err := exec.Command(export, "-q", "-u", "-f", "raw", "-t", out, path).CombinedOutput(); err != nil {
		t.Fatalf("ewfexport: %v\n%s", err, text)
	}
	data, err := os.ReadFile(out + ".raw")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestWrittenImagesPassEwfverify(t *testing.T) {
	verify := tool(t, "ewfverify")
	media := testMedia(71 * 4096)
	for name, opt := range layouts {
		t.Run(name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "disk")
			for _, s := range buildE01(t, media, opt) {
				if err := os.WriteFile(base+filepath.Ext(s.Name), s.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if text, err := exec.Command(verify, "-q", base+".E01").CombinedOutput(); err != nil {
				t.Errorf("ewfverify: %v\n%s", err, text)
			}
		})
	}
}

// TestFormatsOfEwfacquire reads what libewf writes in the manner of other
// programs. Those without sectors sections are also read with damaged tables.
func TestFormatsOfEwfacquire(t *testing.T) {
	acquire := tool(t, "ewfacquire")
	media := testMedia(3_000 * 512)
	dir := writeFiles(t, map[string][]byte{"media": media})
	for _, format := range []string{"ewf", "smart", "ftk", "encase1", "encase2", "encase5", "encase6", "linen7", "ewfx"} {
		t.Run(format, func(t *testing.T) {
			base := filepath.Join(dir, format)
			args := []string{"-u", "-q", "-t", base, "-f", format, "-c", "fast", "-S", "1048576", "-m", "fixed", "-M", "logical",
				"-D", "x", "-e", "x", "-E", "x", "-C", "x", "-N", "x", filepath.Join(dir, "media")}
			if text, err := exec.Command(acquire, args...).CombinedOutput(); err != nil {
				t.Fatalf("ewfacquire: %v\n%s", err, text)
			}
			paths, err := filepath.Glob(base + ".[EeSs]01")
			if err != nil || len(paths) != 1 {
				t.Fatal(paths, err)
			}
			m, err := Open(paths[0])
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got := make([]byte, len(media))
			if _, err := m.ReadAt(got, 0); err != nil || m.Size() != int64(len(media)) || !bytes.Equal(got, media) || len(m.Problems()) != 0 {
				t.Errorf("%d bytes, equal %v, %v, problems %v", m.Size(), bytes.Equal(got, media), err, m.Problems())
			}
			if format == "smart" || format == "encase1" {
				flipTable(t, paths[0], media)
			}
		})
	}
}

// flipTable changes each byte of the first table's first entries.
func flipTable(t *testing.T, path string, media []byte) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("table\x00")) + ewfDescriptorSize
	for i := at; i < at+tableHeader+16; i++ {
		mask := byte(1) << (i % 8)
		data[i] ^= mask
		parts := []segment{{filepath.Base(path), bytes.NewReader(data), int64(len(data))}}
		if e, err := newEWF(parts, newProblemLog(artifacts.Locator{Source: path})); err == nil {
			readable(t, e, media)
		}
		data[i] ^= mask
	}
}
