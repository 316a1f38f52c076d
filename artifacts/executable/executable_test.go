package executable_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/executabletest"
)

var full = executabletest.Spec{
	OriginalFilename: "reg.exe", InternalName: "reg", FileDescription: "Registry Console Tool", CompanyName: "Microsoft Corporation",
	ProductName: "Microsoft® Windows® Operating System", FileVersion: "10.0.19041.1 (WinBuild.160101.0800)", FixedVersion: [4]uint16{10, 0, 19041, 1},
}

func TestRead(t *testing.T) {
	with := func(change func(*executabletest.Spec)) []byte {
		s := full
		change(&s)
		return executabletest.PE(s)
	}
	for _, c := range []struct {
		name  string
		file  []byte
		check func(f executable.Facts) bool
	}{
		{"version", executabletest.PE(full), func(f executable.Facts) bool {
			return f.Version == executable.Version{OriginalFilename: full.OriginalFilename, InternalName: full.InternalName, FileDescription: full.FileDescription,
				CompanyName: full.CompanyName, ProductName: full.ProductName, FileVersion: full.FileVersion, FixedFile: "10.0.19041.1", FixedProduct: "10.0.19041.1"}
		}},
		{"headers", executabletest.PE(full), func(f executable.Facts) bool {
			return f.PE && f.Machine == "x64" && f.Subsystem == "console" && !f.DLL && !f.DotNet && !f.Reproducible && f.Overlay == 0 && f.Certificates == executable.Span{} &&
				f.Compiled.Equal(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC))
		}},
		{"x86", with(func(s *executabletest.Spec) { s.Machine, s.Subsystem = 0x14C, 2 }), func(f executable.Facts) bool {
			return f.Machine == "x86" && f.Subsystem == "GUI" && f.Version.OriginalFilename == "reg.exe"
		}},
		{"unknown numbers", with(func(s *executabletest.Spec) { s.Machine, s.Subsystem = 0x1234, 99 }), func(f executable.Facts) bool {
			return f.Machine == "machine 0x1234" && f.Subsystem == "subsystem 0x0063"
		}},
		{"reproducible", with(func(s *executabletest.Spec) { s.Reproducible = true }), func(f executable.Facts) bool { return f.Reproducible && f.Compiled.IsZero() }},
		{"library of .NET", with(func(s *executabletest.Spec) { s.DLL, s.DotNet = true, true }), func(f executable.Facts) bool { return f.DLL && f.DotNet }},
		{"overlay", with(func(s *executabletest.Spec) { s.Overlay = make([]byte, 77) }), func(f executable.Facts) bool { return f.Overlay == 77 }},
		{"no version", executabletest.PE(executabletest.Spec{}), func(f executable.Facts) bool { return f.Version == executable.Version{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := executable.Read(context.Background(), bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil {
				t.Fatal(err)
			}
			if !c.check(f) {
				t.Errorf("%+v", f)
			}
			long, short := sha256.Sum256(c.file), sha1.Sum(c.file)
			if f.SHA256 != hex.EncodeToString(long[:]) || f.SHA1 != hex.EncodeToString(short[:]) || f.SHA1Head != "" || f.Size != int64(len(c.file)) {
				t.Errorf("hashes: %+v", f)
			}
			if want := hex.EncodeToString(executabletest.ImageHash(c.file, crypto.SHA256)); f.Authenticode.SHA256 != want {
				t.Errorf("image hash %s, want %s", f.Authenticode.SHA256, want)
			}
			if want := hex.EncodeToString(executabletest.ImageHash(c.file, crypto.SHA1)); f.Authenticode.SHA1 != want {
				t.Errorf("image hash %s, want %s", f.Authenticode.SHA1, want)
			}
		})
	}
}

// A signature changes neither the image hash nor the overlay.
func TestSigned(t *testing.T) {
	plain := executabletest.PE(executabletest.Spec{Overlay: []byte("appended")})
	signed := executabletest.Sign(plain, executabletest.Signing{By: executabletest.NewIdentity(executabletest.Person{Name: "somebody"})})
	f, err := executable.Read(context.Background(), bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(executabletest.ImageHash(plain, crypto.SHA256)); f.Authenticode.SHA256 != want {
		t.Errorf("image hash %s, want %s", f.Authenticode.SHA256, want)
	}
	if f.Overlay != 8 || f.Certificates.Offset != int64(len(plain)) || f.Certificates.Length == 0 {
		t.Errorf("overlay %d, certificates %+v", f.Overlay, f.Certificates)
	}
	sum, err := executable.Digest(context.Background(), bytes.NewReader(signed), f, crypto.SHA384)
	if want := executabletest.ImageHash(plain, crypto.SHA384); err != nil || !bytes.Equal(sum, want) {
		t.Errorf("SHA-384 %x, %v, want %x", sum, err, want)
	}
}

// Amcache names files by the SHA-1 of their first 30 MiB.
func TestHead(t *testing.T) {
	for _, more := range []int{0, 1, 300_000} {
		file := executabletest.PE(executabletest.Spec{Code: bytes.Repeat([]byte("code"), 100)})
		file = append(file, make([]byte, executable.HeadSize+more-len(file))...)
		f, err := executable.Read(context.Background(), bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if more > 0 {
			sum := sha1.Sum(file[:executable.HeadSize])
			want = hex.EncodeToString(sum[:])
		}
		if whole := sha1.Sum(file); f.SHA1Head != want || f.SHA1 != hex.EncodeToString(whole[:]) {
			t.Errorf("%d more bytes: head %q, want %q", more, f.SHA1Head, want)
		}
	}
}

func TestDamaged(t *testing.T) {
	file := executabletest.PE(full)
	changed := func(at int, value uint32) []byte {
		b := bytes.Clone(file)
		binary.LittleEndian.PutUint32(b[at:], value)
		return b
	}
	const optional = 0x80 + 24
	for _, c := range []struct {
		name string
		file []byte
		kind artifacts.Kind
		pe   bool
	}{
		{"text", []byte(strings.Repeat("no program ", 20)), artifacts.Unsupported, false},
		{"empty", nil, artifacts.Truncated, false},
		{"only DOS", file[:64], artifacts.Truncated, false},
		{"DOS program", changed(60, 8), artifacts.Unsupported, false},
		{"cut in the optional header", file[:optional+50], artifacts.Truncated, false},
		{"neither PE32 nor PE32+", changed(optional, 0x999), artifacts.Malformed, false},
		{"short optional header", changed(optional-4, 0x22_0010), artifacts.Malformed, false},
		{"long optional header", changed(optional-4, 0x22_FFF0), artifacts.Malformed, false},
		{"many sections", changed(0x80+4, 0xFFFF_8664), artifacts.Malformed, true},
		{"certificates beyond the end", changed(optional+112+32+4, 1<<20), artifacts.Malformed, true},
		{"resources in no section", changed(optional+112+16, 0xFF_0000), artifacts.Malformed, true},
		{"no version block", bytes.Replace(file, []byte("V\x00S\x00_\x00"), []byte("X\x00S\x00_\x00"), 1), artifacts.Malformed, true},
		{"cut in the resources", file[:len(file)-0x300], artifacts.Truncated, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := executable.Read(context.Background(), bytes.NewReader(c.file), int64(len(c.file)))
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != c.kind {
				t.Errorf("%v, want %v", err, c.kind)
			}
			if f.PE != c.pe {
				t.Errorf("PE is %v", f.PE)
			}
			if sum := sha256.Sum256(c.file); f.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("SHA-256 %s", f.SHA256)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	file := executabletest.PE(full)
	if f, err := executable.Read(ctx, bytes.NewReader(file), int64(len(file))); !errors.Is(err, context.Canceled) || f.SHA256 != "" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestParseVersionDamaged(t *testing.T) {
	block := func(key string, kind, length uint16, value []byte) []byte {
		b := []byte{0, 0, byte(length), byte(length >> 8), byte(kind), 0}
		for _, c := range key + "\x00" {
			b = append(b, byte(c), 0)
		}
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		b = append(b, value...)
		binary.LittleEndian.PutUint16(b, uint16(len(b)))
		return b
	}
	name := []byte("r\x00e\x00g\x00\x00\x00")
	entry := block("OriginalFilename", 1, 4, name)
	root := func(children []byte) []byte { return block("VS_VERSION_INFO", 0, 0, children) }
	many := bytes.Repeat(block("x", 0, 0, nil), 5000)
	for _, c := range []struct {
		name   string
		b      []byte
		wanted string
		fails  bool
	}{
		{"whole", root(block("StringFileInfo", 1, 0, block("040904B0", 1, 0, entry))), "reg", false},
		{"length of the value in bytes", root(block("StringFileInfo", 1, 0, block("040904B0", 1, 0, block("OriginalFilename", 1, 8, name)))), "reg", false},
		{"length of the value zero", root(block("StringFileInfo", 1, 0, block("040904B0", 1, 0, block("OriginalFilename", 1, 0, name)))), "reg", false},
		{"another block first", root(append(block("VarFileInfo", 1, 0, nil), block("StringFileInfo", 1, 0, block("040904B0", 1, 0, entry))...)), "reg", false},
		{"block that says more than there is", root(append(block("StringFileInfo", 1, 0, block("040904B0", 1, 0, entry))[:0:0], 0xFF, 0x7F, 0, 0, 0, 0)), "", true},
		{"too many blocks", root(many), "", true},
		{"empty", nil, "", true},
		{"zeros", make([]byte, 64), "", true},
	} {
		v, err := executable.ParseVersion(c.b)
		if v.OriginalFilename != c.wanted || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", c.name, v.OriginalFilename, err)
		}
	}
}

// windowsFiles are programs of Windows in the sources of a module that the
// project is built with.
func windowsFiles(t *testing.T, names ...string) [][]byte {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "www.velocidex.com/golang/go-pe").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skip("SKIPPED: the sources of go-pe, which hold programs of Windows, are not here")
	}
	var all [][]byte
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, "testdata", name))
		if err != nil {
			t.Skipf("SKIPPED: %v", err)
		}
		all = append(all, b)
	}
	return all
}

func TestWindowsFiles(t *testing.T) {
	files := windowsFiles(t, "notepad.exe", "dmdskres.dll", "acpiex.sys")
	for i, want := range []struct{ original, version, subsystem, image string }{
		{"NOTEPAD.EXE", "10.0.19041.1320", "GUI", "2bde128e2ac8f053782808184ce8bdc50a1bfef8"},
		{"WKSCLI.DLL", "10.0.19041.546", "console", "657a8f4b98b48e4c562809246bd2d6555f1fbe87"},
		{"acpiex.sys", "10.0.17763.1", "native", "d6655dae2c6cd265203075ca9dcca071b711da7f"},
	} {
		f, err := executable.Read(context.Background(), bytes.NewReader(files[i]), int64(len(files[i])))
		if err != nil {
			t.Error(err)
		}
		if f.Version.OriginalFilename != want.original || f.Version.FixedFile != want.version || f.Subsystem != want.subsystem || f.Authenticode.SHA1 != want.image || !f.Reproducible {
			t.Errorf("%+v", f)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(executabletest.PE(full))
	f.Add(executabletest.PE(executabletest.Spec{Machine: 0x14C, Reproducible: true, DotNet: true, Overlay: []byte("x"), OriginalFilename: "a"}))
	f.Add(executabletest.Sign(executabletest.PE(executabletest.Spec{}), executabletest.Signing{By: executabletest.NewIdentity(executabletest.Person{Name: "a"})}))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := executable.Read(context.Background(), bytes.NewReader(b), int64(len(b)))
		var p *artifacts.Problem
		if err != nil && !errors.As(err, &p) {
			t.Errorf("no Problem: %v", err)
		}
		if facts.Overlay < 0 || facts.Overlay > int64(len(b)) || facts.SHA256 == "" {
			t.Errorf("%+v", facts)
		}
	})
}

func FuzzParseVersion(f *testing.F) {
	file := executabletest.PE(full)
	f.Add(file[bytes.Index(file, []byte("V\x00S\x00_\x00"))-6:])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := executable.ParseVersion(b); err != nil {
			if _, ok := err.(*artifacts.Problem); !ok {
				t.Errorf("no Problem: %v", err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	spec := full
	spec.Code = make([]byte, 1<<20)
	file := executabletest.PE(spec)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := executable.Read(context.Background(), bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
	}
}
