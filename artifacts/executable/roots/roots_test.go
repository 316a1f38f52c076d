package roots

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 382 {
		t.Errorf("%d roots, want 382", len(all))
	}
	lines := strings.Split(strings.TrimSpace(table), "\n")[1:]
	for i, root := range all {
		short, long := sha1.Sum(root.Certificate.Raw), sha256.Sum256(root.Certificate.Raw)
		if hex.EncodeToString(short[:]) != root.SHA1 || hex.EncodeToString(long[:]) != root.SHA256 {
			t.Errorf("%s: thumbprints %x %x, table says %s %s", root.Name, short, long, root.SHA1, root.SHA256)
		}
		if !root.Code.Trusted && !root.Time.Trusted {
			t.Errorf("%s is trusted for nothing", root.Name)
		}
		f := strings.Split(lines[i], "\t")
		if c := root.Certificate; c.NotBefore.Format("2006-01-02") != f[2] || c.NotAfter.Format("2006-01-02") != f[3] {
			t.Errorf("%s: valid %v to %v, table says %s to %s", root.Name, c.NotBefore, c.NotAfter, f[2], f[3])
		}
	}
}

// Thumbprints that Microsoft and the authorities publish on their own pages.
func TestPublishedThumbprints(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name, sha1 string
		product    bool
	}{
		{"Microsoft Root Authority", "a43489159a520f0d93d032ccaf37e7fe20a8b419", true},
		{"Microsoft Root Certificate Authority", "cdd4eeae6000ac7f40c3802c171e30148030c072", true},
		{"Microsoft Root Certificate Authority 2010", "3b1efd3a66ea28b16697394703a72ca340a05bd5", true},
		{"Microsoft Root Certificate Authority 2011", "8f43288ad272f3103b6fb1428485ea3014c0bcfe", true},
		{"Microsoft Identity Verification Root Certificate Authority 2020", "f40042e2e5f7e8ef8189fed15519aece42c3bfa2", false},
		{"DigiCert Assured ID Root CA", "0563b8630d62d75abbc8ab1e4bdfb5a899b24d43", false},
		{"DigiCert Trusted Root G4", "ddfb16cd4931c973a2037d3fc83a4d7d775d05e4", false},
		{"VeriSign Class 3 Public Primary Certification Authority - G5", "4eb6d578499b1ccf5f581ead56be3d9b6744a5e5", false},
		{"thawte Primary Root CA", "91c6d6ee3e8ac86384e548c299295c756c817b81", false},
		{"GlobalSign Root CA", "b1bc968bd4f49d622aa89a81f2150152a41d829c", false},
		{"USERTrust RSA Certification Authority", "2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e", false},
	} {
		i := slices.IndexFunc(all, func(r Root) bool { return r.SHA1 == want.sha1 })
		if i < 0 {
			t.Errorf("%s (%s) is missing", want.name, want.sha1)
		} else if all[i].Name != want.name || all[i].Product != want.product {
			t.Errorf("%s: named %q, product %v", want.name, all[i].Name, all[i].Product)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(table, "\n")[1]
	der := all[0].Certificate.Raw
	for what, c := range map[string]struct {
		line string
		der  []byte
	}{
		"fields":      {line[:40], der},
		"thumbprint":  {strings.Replace(line, all[0].SHA256[:4], "ffff", 1), der},
		"day":         {strings.Replace(line, "2023-02-01", "soon", 1), der},
		"certificate": {strings.Replace(line, all[0].SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1), nil},
	} {
		if _, err := parse(c.line, c.der); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	lines := strings.Split(strings.TrimSpace(table), "\n")[1:]
	all, err := All()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for i, line := range lines {
			if _, err := parse(line, all[i].Certificate.Raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}
