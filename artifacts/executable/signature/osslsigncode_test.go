package signature_test

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hivetriage/artifacts/executable/executabletest"
	"hivetriage/artifacts/executable/signature"
)

// A bench is a folder in which osslsigncode signs and verifies.
type bench struct {
	t   *testing.T
	dir string
	company
}

// benchCompany is a company with RSA keys; its authority signed itself.
var benchCompany = sync.OnceValue(func() company {
	root := executabletest.NewIdentity(executabletest.Person{Name: "Bench Root", Authority: true, RSA: true})
	return company{
		root: root, authority: executabletest.NewIdentity(executabletest.Person{Name: "Bench Self", RSA: true}),
		signer:  root.Issue(executabletest.Person{Name: "Bench Signer", RSA: true}),
		expired: root.Issue(executabletest.Person{Name: "Bench Old Signer", RSA: true, From: day("2021-01-01"), To: day("2022-01-01")}),
		stamper: root.Issue(executabletest.Person{Name: "Bench Clock", RSA: true, Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}),
	}
})

func newBench(t *testing.T) bench {
	if _, err := exec.LookPath("osslsigncode"); err != nil {
		t.Skip("SKIPPED: osslsigncode is not here; it signs and verifies what this program judges")
	}
	told, _ := exec.Command("osslsigncode", "--version").CombinedOutput() // its exit status differs by version
	var major, minor int
	if _, err := fmt.Sscanf(string(told), "osslsigncode %d.%d", &major, &minor); err != nil || major < 2 || major == 2 && minor < 9 {
		t.Skipf("SKIPPED: %.20q is older than osslsigncode 2.9, whose options these tests use", told)
	}
	b := bench{t: t, dir: t.TempDir(), company: benchCompany()}
	for name, who := range map[string]*executabletest.Identity{"root": b.root, "signer": b.signer, "expired": b.expired, "clock": b.stamper, "self": b.authority} {
		certificates, key := who.PEM()
		b.write(name+".pem", certificates)
		b.write(name+".key", key)
	}
	b.write("program.exe", program())
	return b
}

func (b bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b bench) write(name string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b bench) read(name string) []byte {
	b.t.Helper()
	data, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// run runs osslsigncode in the folder.
func (b bench) run(arguments ...string) (string, error) {
	c := exec.Command("osslsigncode", arguments...)
	c.Dir = b.dir
	out, err := c.CombinedOutput()
	return string(out), err
}

// sign lets osslsigncode sign a file; the arguments are words.
func (b bench) sign(in, out, who, arguments string) []byte {
	b.t.Helper()
	words := append([]string{"sign", "-certs", who + ".pem", "-key", who + ".key", "-in", in, "-out", out}, strings.Fields(arguments)...)
	if told, err := b.run(words...); err != nil {
		b.t.Fatalf("%v: %v\n%s", words, err, told)
	}
	return b.read(out)
}

func (b bench) verifier() signature.Verifier {
	return signature.Verifier{Now: now, Trust: []*x509.Certificate{b.root.Certificate}}
}

func TestSignedByOsslsigncode(t *testing.T) {
	b := newBench(t)
	stamp := fmt.Sprintf(" -TSA-certs clock.pem -TSA-key clock.key -TSA-time %d", day("2021-06-01").Unix())
	for i, c := range []struct {
		name, who, arguments string
		state                signature.State
		proven               bool
		digest               string
	}{
		{"good", "signer", "", signature.Valid, false, "SHA-256"},
		{"MD5", "signer", "-h md5", signature.Valid, false, "MD5"},
		{"SHA-1", "signer", "-h sha1", signature.Valid, false, "SHA-1"},
		{"SHA-384", "signer", "-h sha384", signature.Valid, false, "SHA-384"},
		{"SHA-512", "signer", "-h sha512", signature.Valid, false, "SHA-512"},
		{"page hashes", "signer", "-h sha256 -ph", signature.Valid, false, "SHA-256"},
		{"time-stamp", "signer", stamp, signature.Valid, true, "SHA-256"},
		{"expired", "expired", fmt.Sprint("-time ", day("2021-06-01").Unix()), signature.Expired, false, "SHA-256"},
		{"expired with time-stamp", "expired", stamp, signature.Valid, true, "SHA-256"},
		{"self-signed", "self", "", signature.Self, false, "SHA-256"},
		{"unsigned blob", "signer", "-addUnauthenticatedBlob", signature.Valid, false, "SHA-256"},
		{"names", "signer", "-n Tool -i https://example.com/", signature.Valid, false, "SHA-256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := b
			b.t = t
			file := b.sign("program.exe", fmt.Sprintf("signed%d.exe", i), c.who, c.arguments)
			got := judged(t, b.verifier(), file)
			if len(got) != 1 || got[0].State != c.state || got[0].Proven != c.proven || got[0].Digest != c.digest {
				t.Fatalf("%+v", got)
			}
			if c.proven && !got[0].Time.Equal(day("2021-06-01")) {
				t.Errorf("signed at %v", got[0].Time)
			}
			if c.name == "names" && (got[0].Program != "Tool" || got[0].URL != "https://example.com/") {
				t.Errorf("program %q, URL %q", got[0].Program, got[0].URL)
			}
			for _, s := range judged(t, b.verifier(), tampered(file)) {
				if s.State != signature.Tampered {
					t.Errorf("a changed file is %s", s.State)
				}
			}
		})
	}
}

func TestDoubleSignedByOsslsigncode(t *testing.T) {
	b := newBench(t)
	b.sign("program.exe", "once.exe", "signer", "-h sha1")
	all := judged(t, b.verifier(), b.sign("once.exe", "twice.exe", "self", "-h sha256 -nest"))
	if len(all) != 2 || all[0].State != signature.Valid || all[0].Digest != "SHA-1" || all[0].Nested ||
		all[1].State != signature.Self || all[1].Digest != "SHA-256" || !all[1].Nested {
		t.Errorf("%+v", all)
	}
}

// What the builder of this project signs is a signature to osslsigncode too,
// and what it spoils is none.
func TestVerifiedByOsslsigncode(t *testing.T) {
	b := newBench(t)
	stamp := func(legacy, broken bool) *executabletest.Stamp {
		return &executabletest.Stamp{By: b.stamper, At: day("2021-06-01"), Legacy: legacy, Broken: broken}
	}
	for i, c := range []struct {
		name    string
		signing executabletest.Signing
		change  func([]byte) []byte
		good    bool
	}{
		{"good", executabletest.Signing{By: b.signer, Program: "Tool"}, nil, true},
		{"SHA-1", executabletest.Signing{By: b.signer, Hash: crypto.SHA1}, nil, true},
		{"expired with time-stamp", executabletest.Signing{By: b.expired, Stamp: stamp(false, false)}, nil, true},
		{"expired with counter-signature", executabletest.Signing{By: b.expired, Stamp: stamp(true, false)}, nil, true},
		{"expired with a time-stamp of another", executabletest.Signing{By: b.expired, Stamp: stamp(false, true)}, nil, false},
		{"expired", executabletest.Signing{By: b.expired}, nil, false},
		{"nested", executabletest.Signing{By: b.signer, Nested: []executabletest.Signing{{By: b.signer}}}, nil, true},
		{"another key", executabletest.Signing{By: b.signer, Wrong: executabletest.Key}, nil, false},
		{"changed content", executabletest.Signing{By: b.signer, Wrong: executabletest.Content}, nil, false},
		{"tampered", executabletest.Signing{By: b.signer}, tampered, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := executabletest.Sign(program(), c.signing)
			if c.change != nil {
				file = c.change(file)
			}
			name := fmt.Sprintf("built%d.exe", i)
			b.write(name, file)
			told, err := b.run("verify", "-CAfile", "root.pem", "-TSA-CAfile", "root.pem", "-time", fmt.Sprint(now.Unix()), "-in", name)
			if good := err == nil; good != c.good {
				t.Errorf("osslsigncode: %v\n%s", err, told)
			}
			ours := !slices.ContainsFunc(judged(t, b.verifier(), file), func(s signature.Signature) bool { return s.State != signature.Valid })
			if ours != c.good {
				t.Errorf("this program says %v", ours)
			}
		})
	}
}

// A catalog: built here, signed again by osslsigncode, and verified by both.
func TestCatalogByOsslsigncode(t *testing.T) {
	b := newBench(t)
	listed := []executabletest.Listed{{Digest: executabletest.ImageHash(program(), crypto.SHA256), File: "program.exe"}}
	b.write("built.cat", executabletest.Catalog(time.Now(), listed, executabletest.Signing{By: b.signer}))
	b.sign("built.cat", "signed.cat", "signer", "")
	other := program()
	other[0x400] ^= 1
	b.write("other.exe", other)
	for _, name := range []string{"built.cat", "signed.cat"} {
		if told, err := b.run("verify", "-CAfile", "root.pem", "-catalog", name, "-in", "program.exe"); err != nil {
			t.Errorf("%s: %v\n%s", name, err, told)
		}
		if told, err := b.run("verify", "-CAfile", "root.pem", "-catalog", name, "-in", "other.exe"); err == nil {
			t.Errorf("%s vouches for another program\n%s", name, told)
		}
		list, all, err := b.verifier().List(b.read(name))
		if err != nil || len(list) == 0 || len(all) != 1 || all[0].State != signature.Valid {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
	}
}

// With the embedded roots osslsigncode comes to the same verdict on files that
// Microsoft and others signed.
func TestEmbeddedRootsByOsslsigncode(t *testing.T) {
	b := newBench(t)
	bundle, err := filepath.Abs("../roots/roots.pem")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range [][]byte{
		moduleFile(t, "www.velocidex.com/golang/go-pe", "testdata/acpiex.sys"),
		moduleFile(t, "golang.org/x/sys", "windows/testdata/ev-signed-file.exe"),
	} {
		for _, whole := range []bool{true, false} {
			if !whole {
				file = tampered(file)
			}
			name := fmt.Sprintf("real%d.exe", i)
			b.write(name, file)
			told, err := b.run("verify", "-CAfile", bundle, "-TSA-CAfile", bundle, "-ignore-crl", "-ignore-cdp", "-in", name)
			if good := err == nil; good != whole {
				t.Errorf("osslsigncode on %s: %v\n%s", name, err, told)
			}
			if got := judged(t, signature.Verifier{Now: now}, file)[0]; (got.State == signature.Valid) != whole {
				t.Errorf("this program on %s: %+v", name, got)
			}
		}
	}
}
