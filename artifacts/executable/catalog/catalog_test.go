package catalog_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/catalog"
	"hivetriage/artifacts/executable/executabletest"
	"hivetriage/artifacts/executable/signature"
)

var (
	made   = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	now    = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	signer = sync.OnceValue(func() *executabletest.Identity {
		return executabletest.NewIdentity(executabletest.Person{Name: "Root", Authority: true}).Issue(executabletest.Person{Name: "Publisher"})
	})
)

func verifier() signature.Verifier {
	return signature.Verifier{Now: now, Trust: []*x509.Certificate{signer().Issuer.Certificate}}
}

func program(name string) []byte {
	return executabletest.PE(executabletest.Spec{OriginalFilename: name})
}

// listed makes a catalog of files by SHA-256 and, with digits, by SHA-1.
func listed(names ...string) []byte {
	var files []executabletest.Listed
	for _, name := range names {
		files = append(files,
			executabletest.Listed{Digest: executabletest.ImageHash(program(name), crypto.SHA256), File: name},
			executabletest.Listed{Digest: executabletest.ImageHash(program(name), crypto.SHA1), Digits: true})
	}
	return executabletest.Catalog(made, files, executabletest.Signing{By: signer()})
}

func digests(t testing.TB, file []byte) executable.Digests {
	f, err := executable.Read(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f.Authenticode
}

func TestRead(t *testing.T) {
	b := listed("reg.exe", "cmd.exe")
	if !catalog.IsCatalog(b) || catalog.IsCatalog(program("x")) || catalog.IsCatalog(nil) || catalog.IsCatalog([]byte{0x30, 0xFF}) {
		t.Error("IsCatalog")
	}
	c, err := catalog.Read(bytes.NewReader(b), int64(len(b)), verifier())
	if err != nil {
		t.Fatal(err)
	}
	if c.Signature.State != signature.Valid || c.Signature.Signer.Name != "Publisher" || !c.Made.Equal(made) || c.Identifier != hex.EncodeToString([]byte("an identifier...")) || len(c.Members) != 4 {
		t.Errorf("%+v", c)
	}
	if d := digests(t, program("cmd.exe")); c.Members[2] != (catalog.Member{Digest: d.SHA256, File: "cmd.exe"}) || c.Members[3].Digest != d.SHA1 {
		t.Errorf("%+v", c.Members)
	}
}

func TestSearch(t *testing.T) {
	wanted := []executable.Digests{digests(t, program("reg.exe")), digests(t, program("net.exe"))}
	shorter := digests(t, program("reg.exe"))
	shorter.SHA256 = ""
	changed := listed("reg.exe")
	d, err := hex.DecodeString(wanted[0].SHA256)
	if err != nil {
		t.Fatal(err)
	}
	changed = bytes.ReplaceAll(changed, d, bytes.Repeat([]byte{7}, 32))
	forged := bytes.ReplaceAll(listed("other.exe"), executabletest.ImageHash(program("other.exe"), crypto.SHA256), d)
	for _, c := range []struct {
		name   string
		file   []byte
		wanted []executable.Digests
		found  []string
		state  signature.State
	}{
		{"listed by both", listed("cmd.exe", "reg.exe"), wanted, []string{wanted[0].SHA256, wanted[0].SHA1}, signature.Valid},
		{"by SHA-1 alone", listed("reg.exe"), []executable.Digests{shorter}, []string{shorter.SHA1}, signature.Valid},
		{"not listed", listed("cmd.exe"), wanted, nil, ""},
		{"nothing wanted", listed("reg.exe"), []executable.Digests{{}}, nil, ""},
		{"no catalog", program("reg.exe"), wanted, nil, ""},
		{"hash taken out", changed, wanted, []string{wanted[0].SHA1}, signature.Tampered},
		{"hash put in", forged, wanted, []string{wanted[0].SHA256}, signature.Tampered},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := catalog.NewSearch(verifier(), c.wanted...).Look(context.Background(), bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil || len(found) != len(c.found) {
				t.Fatalf("%+v, %v", found, err)
			}
			for i, f := range found {
				if f.Digest != c.found[i] || f.Catalog.Signature.State != c.state {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// The cheap question reads a catalog in windows that overlap.
func TestSearchInLargeCatalog(t *testing.T) {
	reg := program("reg.exe")
	for _, digits := range []bool{false, true} {
		for _, before := range []int{0, 5_280, 9_000} { // members, so that the wanted one lies about the end of the first window
			var files []executabletest.Listed
			for i := range before {
				sum := crypto.SHA256.New()
				fmt.Fprint(sum, i)
				files = append(files, executabletest.Listed{Digest: sum.Sum(nil)})
			}
			files = append(files, executabletest.Listed{Digest: executabletest.ImageHash(reg, crypto.SHA256), Digits: digits})
			b := executabletest.Catalog(made, files, executabletest.Signing{By: signer()})
			found, err := catalog.NewSearch(verifier(), digests(t, reg)).Look(context.Background(), bytes.NewReader(b), int64(len(b)))
			if err != nil || len(found) != 1 || found[0].Catalog.Signature.State != signature.Valid || len(found[0].Catalog.Members) != 1 {
				t.Errorf("%d members of %d bytes: %d found, %v", before, len(b), len(found), err)
			}
		}
	}
}

// Every place of a hash about the border of two windows is found.
func TestBorder(t *testing.T) {
	raw := executabletest.ImageHash(program("reg.exe"), crypto.SHA256)
	written := []byte{4, 0x81, 130}
	for _, c := range strings.ToUpper(hex.EncodeToString(raw)) + "\x00" {
		written = append(written, byte(c), 0)
	}
	search := catalog.NewSearch(verifier(), digests(t, program("reg.exe")))
	for _, octets := range [][]byte{append([]byte{4, 32}, raw...), written} {
		file := make([]byte, 1<<20+600)
		for at := 1<<20 - 300; at < 1<<20+10; at++ {
			clear(file[1<<20-301:])
			copy(file[at:], octets)
			var p *artifacts.Problem
			if _, err := search.Look(context.Background(), bytes.NewReader(file), int64(len(file))); !errors.As(err, &p) {
				t.Fatalf("the hash at %d was not seen", at) // seen, it is parsed, which fails
			}
		}
	}
}

func TestDamaged(t *testing.T) {
	b := listed("reg.exe")
	wanted := digests(t, program("reg.exe"))
	for name, file := range map[string][]byte{
		"cut":       b[:len(b)-10],
		"no signed": append([]byte{0x30, 4, 6, 2, 42, 3}, append([]byte{4, 32}, executabletest.ImageHash(program("reg.exe"), crypto.SHA256)...)...),
		"program":   executabletest.Sign(program("x"), executabletest.Signing{By: signer()}),
	} {
		c, err := catalog.Read(bytes.NewReader(file), int64(len(file)), verifier())
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != artifacts.Malformed || len(c.Members) != 0 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	if _, err := catalog.Read(bytes.NewReader(b), 1<<40, verifier()); err == nil {
		t.Error("a catalog of a terabyte was read")
	}
	if _, err := catalog.NewSearch(verifier(), wanted).Look(context.Background(), bytes.NewReader(b), int64(len(b))+1); err == nil {
		t.Error("reading beyond the end is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := catalog.NewSearch(verifier(), wanted).Look(ctx, bytes.NewReader(b), int64(len(b))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Catalogs that Windows shipped, in the sources of modules that the project is
// built with.
func TestRealCatalogs(t *testing.T) {
	for _, want := range []struct {
		module, name    string
		members         int
		made, one       string
		root, algorithm string
	}{
		{"www.velocidex.com/golang/go-pe", "testdata/ntexe.cat", 18, "2018-09-15T06:09:47Z",
			"1e520397902c237d6789b7ac53f8e96443bbe42e36f4a064802ae04dfd349491", "Microsoft Root Certificate Authority 2010", "SHA-256"},
		{"github.com/sassoftware/relic/v8", "functest/packages/hyperv.cat", 22, "2010-11-20T19:26:00Z",
			"0eb0437fc77cdabf1b479d3e39e0fc1f4e3d0897", "Microsoft Root Certificate Authority", "SHA-1"},
	} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", want.module).Output()
		b, rerr := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(want.name)))
		if err != nil || rerr != nil {
			t.Skipf("SKIPPED: the sources of %s are not here: %v %v", want.module, err, rerr)
		}
		c, err := catalog.Read(bytes.NewReader(b), int64(len(b)), signature.Verifier{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.Signature; s.State != signature.Valid || !s.Microsoft || !s.Proven || s.Signer.Name != "Microsoft Windows" || s.Root.Name != want.root || s.Digest != want.algorithm {
			t.Errorf("%s: %+v", want.name, s)
		}
		if len(c.Members) != want.members || c.Made.Format(time.RFC3339) != want.made || !slices.ContainsFunc(c.Members, func(m catalog.Member) bool { return m.Digest == want.one }) {
			t.Errorf("%s: %v %+v", want.name, c.Made, c.Members)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(listed("reg.exe"))
	f.Add(executabletest.Catalog(made, nil, executabletest.Signing{By: signer()}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := catalog.Read(bytes.NewReader(b), int64(len(b)), verifier())
		var p *artifacts.Problem
		if err != nil && !errors.As(err, &p) {
			t.Errorf("no Problem: %v", err)
		}
		if _, err := catalog.NewSearch(verifier(), executable.Digests{SHA1: strings.Repeat("0", 40)}).Look(context.Background(), bytes.NewReader(b), int64(len(b))); err != nil && !errors.As(err, &p) {
			t.Errorf("no Problem: %v", err)
		}
	})
}

// What a catalog that lists no wanted file costs, as nearly all do.
func BenchmarkLook(b *testing.B) {
	var files []executabletest.Listed
	for i := range 20_000 {
		sum := crypto.SHA256.New()
		fmt.Fprint(sum, i)
		files = append(files, executabletest.Listed{Digest: sum.Sum(nil), File: fmt.Sprintf("file%d.dll", i)})
	}
	file := executabletest.Catalog(made, files, executabletest.Signing{By: signer()})
	var wanted []executable.Digests
	for i := range 50 {
		wanted = append(wanted, digests(b, program(fmt.Sprint(i, ".exe"))))
	}
	s := catalog.NewSearch(verifier(), wanted...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := s.Look(context.Background(), bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	file := listed("reg.exe", "cmd.exe")
	v := verifier()
	for b.Loop() {
		if _, err := catalog.Read(bytes.NewReader(file), int64(len(file)), v); err != nil {
			b.Fatal(err)
		}
	}
}
