package collection

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/testdata/corpora"
)

// TestTools packs a folder with the tools that people use and reads it back.
func TestTools(t *testing.T) {
	want := map[string][]byte{"C/a b.bin": noise(200_000, 1), "C/Windows/b.bin": noise(70_000, 2), "C/Windows/c": []byte("x"), "C/Ünïcode.txt": noise(3000, 3)}
	dir := t.TempDir()
	for name, b := range want {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{
		"zip -qr a.zip C", "zip -qr0 a.zip C", "zip -qr -Z bzip2 a.zip C", "zip -qr -fz a.zip C", "zip -qr -P pw a.zip C", "zip -qr -fd a.zip C",
		"7z a -bd a.zip C -mm=Deflate", "7z a -bd a.zip C -ppw -mem=AES256", "7z a -bd a.zip C -ppw -mem=ZipCrypto",
		"7z a -bd a.7z C", "7z a -bd a.7z C -ms=off", "7z a -bd a.7z C -ppw -mhe=on", "7z a -bd a.7z C -ppw", "7z a -bd a.7z C -m0=PPMd", "7z a -bd a.7z C -m0=BZip2", "7z a -bd a.7z C -mx0",
		"tar cf a.tar C", "tar czf a.tar.gz C", "tar cJf a.tar.xz C", "tar --zstd -cf a.tar.zst C", "tar cjf a.tar.bz2 C", "tar --format=ustar -cf a.tar C", "tar --format=posix -cf a.tar C",
	} {
		t.Run(command, func(t *testing.T) {
			words := strings.Fields(command)
			if _, err := exec.LookPath(words[0]); err != nil {
				t.Skipf("%s is not installed", words[0])
			}
			i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "a.") })
			out := filepath.Join(t.TempDir(), words[i])
			words[i] = out
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir = dir
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("%s cannot do this here: %v %s", words[0], err, text)
			}
			s, err := openPath(t, out, "pw")
			if err != nil {
				t.Fatal(err)
			}
			for _, later := range []bool{false, true} {
				f := all(t, s, 2, later)
				if len(f.errors) > 0 || f.tally.Streams != int64(len(want)) || f.tally.Examined != f.tally.Streams || len(s.Problems()) > 0 {
					t.Errorf("%+v, errors %q, problems %s", f.tally, f.errors, texts(s.Problems()))
				}
				volume, _, _ := strings.Cut(s.Input().Kind, ".")
				for name, b := range want {
					if !bytes.Equal(f.data[volume+":/"+name], b) {
						t.Errorf("%s differs; there are %q", name, f.order)
					}
				}
			}
		})
	}
}

// TestToolsThatUseOtherMethods: what is not read is refused by name.
func TestToolsThatUseOtherMethods(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("7z is not installed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), noise(50_000, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"Deflate64", "LZMA", "PPMd"} {
		out := filepath.Join(dir, method+".zip")
		if text, err := exec.Command("7z", "a", "-bd", out, filepath.Join(dir, "x"), "-mm="+method).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, text)
		}
		s, err := openPath(t, out, "")
		if err != nil {
			t.Fatal(err)
		}
		if b := s.nodes[0].archive.list()[0].blocked; b == nil || !strings.Contains(b.Error(), method) {
			t.Errorf("%s: %v", method, b)
		}
	}
}

func TestLocked7z(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("7z is not installed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), noise(50_000, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, headers := range []string{"on", "off"} {
		out := filepath.Join(dir, headers+".7z")
		if text, err := exec.Command("7z", "a", "-bd", out, filepath.Join(dir, "x"), "-ppw", "-mhe="+headers).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, text)
		}
		for _, password := range []string{"", "wrong"} {
			s, err := openPath(t, out, password)
			switch {
			case headers == "on":
				if err == nil || !strings.Contains(err.Error(), "encrypted") {
					t.Errorf("encrypted headers with password %q: %v", password, err)
				}
			case err != nil:
				t.Error(err)
			default:
				if f := all(t, s, 1, false); len(f.errors) != 1 || !strings.HasSuffix(f.errors[0], " encrypted") {
					t.Errorf("password %q: %q", password, f.errors)
				}
			}
		}
	}
}

// TestCorpora opens real collections: every member is met.
func TestCorpora(t *testing.T) {
	corpora.Path(t, "collections")
	for _, path := range corpora.Glob(t, "collections/*.zip") {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		streams, empty := int64(0), int64(0)
		for _, f := range z.File {
			if !f.FileInfo().IsDir() {
				streams++
				if f.UncompressedSize64 == 0 {
					empty++
				}
			}
		}
		files := int64(len(z.File))
		z.Close()
		s, err := openPath(t, path, "")
		if err != nil {
			t.Fatal(err)
		}
		f := all(t, s, 2, false)
		if f.tally.Files != files || f.tally.Streams != streams || f.tally.Examined != streams-empty || s.Input().Collector != "Velociraptor" {
			t.Errorf("%s: %+v, %d members, %d files, %q", filepath.Base(path), f.tally, files, streams, f.errors)
		}
		fmt.Fprintln(t.Output(), filepath.Base(path), f.errors)
	}
}
