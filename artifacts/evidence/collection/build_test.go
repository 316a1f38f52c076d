package collection

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	encrypted "github.com/yeka/zip"

	"hivetriage/artifacts"
)

// A packed is a member for the builders.
type packed struct {
	name   string
	method uint16
	data   []byte
}

// noise is n bytes that compress to about half.
func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return b
}

func zipOf(t testing.TB, members ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zstd.ZipMethodWinZip, zstd.ZipCompressor())
	for _, m := range members {
		if m.method != stored && m.method != deflated && m.method != zstandard {
			w, err := z.CreateRaw(&zip.FileHeader{Name: m.name, Method: m.method, CompressedSize64: uint64(len(m.data)), UncompressedSize64: uint64(len(m.data))})
			put(t, w, m.data, err)
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		put(t, w, m.data, err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encryptedZip(t testing.TB, password string, members ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := encrypted.NewWriter(&b)
	for i, m := range members {
		w, err := z.Encrypt(m.name, password, []encrypted.EncryptionMethod{encrypted.StandardEncryption, encrypted.AES128Encryption, encrypted.AES192Encryption, encrypted.AES256Encryption}[i%4])
		put(t, w, m.data, err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, w io.Writer, data []byte, err error) {
	t.Helper()
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func tarOf(t testing.TB, headers []tar.Header, data map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range headers {
		headers[i].Size = int64(len(data[headers[i].Name]))
		if err := w.WriteHeader(&headers[i]); err != nil {
			t.Fatal(err)
		}
		put(t, w, data[headers[i].Name], nil)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	put(t, w, data, nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// opened writes bytes into a file and opens it.
func opened(t testing.TB, name string, b []byte, password string) (*Source, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return openPath(t, path, password)
}

func openPath(t testing.TB, path, password string) (*Source, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), path, Detect(f, info.Size()), Options{Password: password})
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

func mustOpen(t testing.TB, name string, b []byte, password string) *Source {
	t.Helper()
	s, err := opened(t, name, b, password)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A finding is what became of a source's members.
type finding struct {
	order  []string
	data   map[string][]byte
	errors []string // places and kinds
	tally  artifacts.Tally
}

// all reads every member of every volume, while Find stands at it or, later,
// after it has ended.
func all(t testing.TB, s *Source, workers int, later bool) finding {
	t.Helper()
	f := finding{data: map[string][]byte{}}
	for v, err := range s.Volumes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		var entries []artifacts.Entry
		scan := artifacts.Scan{Workers: workers, Head: func(head []byte) bool { return true }}
		for e, err := range v.Find(context.Background(), scan) {
			switch {
			case err != nil:
				f.fail(err)
			case later:
				entries = append(entries, e)
			default:
				f.read(e)
			}
		}
		for _, e := range entries {
			f.read(e)
		}
		tally := v.Tally()
		if sum := tally.Examined + tally.Empty + tally.Failed + tally.Gone; sum != tally.Streams {
			t.Errorf("%s: %+v does not add up", v.Name(), tally)
		}
		f.tally.Files += tally.Files
		f.tally.Streams += tally.Streams
		f.tally.Examined += tally.Examined
		f.tally.Empty += tally.Empty
		f.tally.Failed += tally.Failed
	}
	return f
}

func (f *finding) fail(err error) {
	p := artifacts.Located(artifacts.Locator{}, err)
	f.errors = append(f.errors, fmt.Sprintf("%s %s", place(p.At), p.Kind))
}

func place(at artifacts.Locator) string {
	if at.Member == "" {
		return at.Volume + ":" + at.Path
	}
	return at.Volume + ":" + at.Path + "!" + at.Member
}

func (f *finding) read(e artifacts.Entry) {
	name := place(e.Locator())
	f.order = append(f.order, name)
	c, err := e.Open(context.Background())
	if err != nil {
		f.fail(err)
		return
	}
	defer c.Close()
	b := make([]byte, c.Size())
	n, err := c.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		f.fail(artifacts.Located(e.Locator(), err))
	}
	f.data[name] = b[:n]
}

// texts are the problems of a source, one a line.
func texts(problems []*artifacts.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s %s: %v\n", place(p.At), p.Kind, p.Err)
	}
	return b.String()
}
