package signature_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/executabletest"
	"hivetriage/artifacts/executable/roots"
	"hivetriage/artifacts/executable/signature"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

var now = day("2026-11-23")

// A company is a root, an authority below it, signers and a time-stamper.
type company struct {
	root, authority, signer, expired, stamper *executabletest.Identity
}

var ours = sync.OnceValue(func() company {
	root := executabletest.NewIdentity(executabletest.Person{Name: "Test Root", Authority: true})
	authority := root.Issue(executabletest.Person{Name: "Test Authority", Authority: true})
	return company{
		root: root, authority: authority,
		signer:  authority.Issue(executabletest.Person{Name: "Test Signer", Organisation: "Testers"}),
		expired: authority.Issue(executabletest.Person{Name: "Test Signer", From: day("2021-01-01"), To: day("2022-01-01")}),
		stamper: root.Issue(executabletest.Person{Name: "Test Clock", Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}),
	}
})

func verifier() signature.Verifier {
	return signature.Verifier{Now: now, Trust: []*x509.Certificate{ours().root.Certificate}}
}

// judged reads and judges a file.
func judged(t testing.TB, v signature.Verifier, file []byte) []signature.Signature {
	t.Helper()
	r := bytes.NewReader(file)
	facts, _ := executable.Read(context.Background(), r, int64(len(file))) // damage is told by the signature too
	all, err := v.File(context.Background(), r, facts)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func program() []byte {
	return executabletest.PE(executabletest.Spec{OriginalFilename: "tool.exe", Code: bytes.Repeat([]byte{0x90}, 3000)})
}

// tampered changes a byte of the code.
func tampered(file []byte) []byte {
	file = bytes.Clone(file)
	file[0x400+100] ^= 1
	return file
}

func TestStates(t *testing.T) {
	c := ours()
	sign := func(s executabletest.Signing) []byte { return executabletest.Sign(program(), s) }
	stamp := &executabletest.Stamp{By: c.stamper, At: day("2021-06-01")}
	alone := *c.signer
	alone.Alone = true
	for _, s := range []struct {
		name    string
		file    []byte
		state   signature.State
		proven  bool
		because string
	}{
		{"unsigned", program(), signature.Unsigned, false, ""},
		{"good", sign(executabletest.Signing{By: c.signer}), signature.Valid, false, "revocation was not checked"},
		{"good with time-stamp", sign(executabletest.Signing{By: c.signer, Stamp: stamp}), signature.Valid, true, ""},
		{"SHA-1", sign(executabletest.Signing{By: c.signer, Hash: crypto.SHA1}), signature.Valid, false, "SHA-1, which can be forged"},
		{"SHA-384", sign(executabletest.Signing{By: c.signer, Hash: crypto.SHA384}), signature.Valid, false, ""},
		{"expired without time-stamp", sign(executabletest.Signing{By: c.expired}), signature.Expired, false, "no trusted time-stamp"},
		{"expired with time-stamp", sign(executabletest.Signing{By: c.expired, Stamp: stamp}), signature.Valid, true, ""},
		{"expired with counter-signature", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01"), Legacy: true}}), signature.Valid, true, ""},
		{"time-stamp after the end", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2023-06-01")}}), signature.Expired, true, "not on 2023-06-01"},
		{"time-stamp over another signature", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01"), Broken: true}}), signature.Expired, false, "proves nothing"},
		{"counter-signature over another", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01"), Broken: true, Legacy: true}}), signature.Expired, false, "proves nothing"},
		{"time-stamp by a signer of code", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{By: c.signer, At: day("2021-06-01")}}), signature.Expired, false, "not made for time-stamping"},
		{"time-stamp by nobody known", sign(executabletest.Signing{By: c.expired, Stamp: &executabletest.Stamp{At: day("2021-06-01"),
			By: executabletest.NewIdentity(executabletest.Person{Name: "clock", Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})}}), signature.Expired, false, "proves nothing"},
		{"tampered", tampered(sign(executabletest.Signing{By: c.signer, Stamp: stamp})), signature.Tampered, false, "changed after it was signed"},
		{"appended", append(sign(executabletest.Signing{By: c.signer}), "12345678"...), signature.Tampered, false, "changed after it was signed"},
		{"another key", sign(executabletest.Signing{By: c.signer, Wrong: executabletest.Key}), signature.Tampered, false, "does not fit the key"},
		{"changed content", sign(executabletest.Signing{By: c.signer, Wrong: executabletest.Content}), signature.Tampered, false, "changed after it was signed"},
		{"no signed attributes", sign(executabletest.Signing{By: c.signer, Wrong: executabletest.Attributes}), signature.Tampered, false, "no signed attributes"},
		{"self-signed", sign(executabletest.Signing{By: executabletest.NewIdentity(executabletest.Person{Name: "Microsoft Windows", Organisation: "Microsoft Corporation"})}), signature.Self, false, "signed by the signer"},
		{"unknown root", sign(executabletest.Signing{By: executabletest.NewIdentity(executabletest.Person{Name: "Microsoft Root Certificate Authority 2010", Authority: true}).Issue(executabletest.Person{Name: "x"})}), signature.Untrusted, false, "does not trust as it comes"},
		{"issuer missing", sign(executabletest.Signing{By: &alone}), signature.Untrusted, false, `issuer "CN=Test Authority" is neither`},
		{"server certificate", sign(executabletest.Signing{By: c.authority.Issue(executabletest.Person{Name: "www", Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})}), signature.Misused, false, "not made for code signing"},
		{"issued by a signer", sign(executabletest.Signing{By: c.signer.Issue(executabletest.Person{Name: "x"})}), signature.Untrusted, false, "may not issue others"},
		{"authority for servers", sign(executabletest.Signing{By: c.root.Issue(executabletest.Person{Name: "y", Authority: true, Usage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}).Issue(executabletest.Person{Name: "x"})}), signature.Untrusted, false, "not made for issuing certificates for code signing"},
		{"too many authorities", sign(executabletest.Signing{By: c.root.Issue(executabletest.Person{Name: "a", Authority: true, PathLen: 1}).Issue(executabletest.Person{Name: "b", Authority: true}).
			Issue(executabletest.Person{Name: "c", Authority: true}).Issue(executabletest.Person{Name: "x"})}), signature.Untrusted, false, "allows 1 authorities"},
		{"lifetime", sign(executabletest.Signing{By: c.authority.Issue(executabletest.Person{Name: "x", From: day("2021-01-01"), To: day("2022-01-01"),
			UnknownUsage: []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 311, 10, 3, 13}}}), Stamp: stamp}), signature.Expired, true, "whatever the time-stamp"},
		{"RSA and SHA-1 in the chain", sign(executabletest.Signing{By: c.root.Issue(executabletest.Person{Name: "old", Authority: true, RSA: true}).
			Issue(executabletest.Person{Name: "old signer", RSA: true, Algorithm: x509.SHA1WithRSA})}), signature.Valid, false, "chain is signed by way of SHA-1"},
	} {
		t.Run(s.name, func(t *testing.T) {
			all := judged(t, verifier(), s.file)
			if len(all) != 1 {
				t.Fatalf("%d signatures", len(all))
			}
			got := all[0]
			if got.State != s.state || got.Proven != s.proven || got.Microsoft {
				t.Errorf("%s, proven %v, want %s, %v: %q", got.State, got.Proven, s.state, s.proven, got.Because)
			}
			if said := strings.Join(got.Because, "; "); !strings.Contains(said, s.because) {
				t.Errorf("because %q, want %q", said, s.because)
			}
		})
	}
}

func TestWhatIsTold(t *testing.T) {
	c := ours()
	at := time.Date(2021, 6, 1, 12, 30, 0, 0, time.UTC)
	got := judged(t, verifier(), executabletest.Sign(program(), executabletest.Signing{By: c.signer, Program: "Näme", Stamp: &executabletest.Stamp{By: c.stamper, At: at}}))[0]
	if got.Signer.Name != "Test Signer" || got.Signer.Organisation != "Testers" || got.Issuer != "Test Authority" || got.Root.Name != "Test Root" || got.Program != "Näme" || got.Digest != "SHA-256" || !got.Time.Equal(at) {
		t.Errorf("%+v", got)
	}
	if want := hex.EncodeToString(c.signer.Certificate.SerialNumber.Bytes()); got.Signer.Serial != want || len(got.Signer.SHA1) != 40 {
		t.Errorf("serial %s, want %s; SHA-1 %s", got.Signer.Serial, want, got.Signer.SHA1)
	}
}

func TestNested(t *testing.T) {
	c := ours()
	inner := executabletest.Signing{By: c.signer, Nested: []executabletest.Signing{{By: executabletest.NewIdentity(executabletest.Person{Name: "self"})}}}
	file := executabletest.Sign(program(), executabletest.Signing{By: c.expired, Hash: crypto.SHA1, Nested: []executabletest.Signing{inner, {By: c.signer, Hash: crypto.SHA384}}})
	all := judged(t, verifier(), file)
	var states []signature.State
	for _, s := range all {
		states = append(states, s.State)
	}
	if want := []signature.State{signature.Expired, signature.Valid, signature.Self, signature.Valid}; !slices.Equal(states, want) {
		t.Errorf("%v, want %v", states, want)
	}
	if all[0].Nested || !all[1].Nested || all[1].Digest != "SHA-256" || all[3].Digest != "SHA-384" {
		t.Errorf("%+v", all)
	}
	if best := signature.Best(all); best.State != signature.Valid || best.Digest != "SHA-256" {
		t.Errorf("best is %+v", best)
	}
	for _, s := range judged(t, verifier(), tampered(file)) {
		if s.State != signature.Tampered {
			t.Errorf("a changed file has a signature that is %s", s.State)
		}
	}
}

// Deep and wide nesting ends.
func TestTooManyNested(t *testing.T) {
	c := ours()
	deep := executabletest.Signing{By: c.signer}
	for range 10 {
		deep = executabletest.Signing{By: c.signer, Nested: []executabletest.Signing{deep}}
	}
	wide := executabletest.Signing{By: c.signer, Nested: slices.Repeat([]executabletest.Signing{{By: c.signer}}, 40)}
	for name, c := range map[string]struct {
		signing executabletest.Signing
		want    int
	}{"deep": {deep, 6}, "wide": {wide, 17}} {
		all := judged(t, verifier(), executabletest.Sign(program(), c.signing))
		if len(all) != c.want || all[len(all)-1].State != signature.Malformed || all[len(all)-2].State != signature.Valid {
			t.Errorf("%s: %d signatures, the last %+v", name, len(all), all[len(all)-1])
		}
	}
}

func TestExtraLendsNoTrust(t *testing.T) {
	c := ours()
	alone := *c.signer
	alone.Alone = true
	file := executabletest.Sign(program(), executabletest.Signing{By: &alone})
	v := verifier()
	v.Extra = []*x509.Certificate{c.authority.Certificate}
	if got := judged(t, v, file)[0]; got.State != signature.Valid {
		t.Errorf("with the issuer: %s: %q", got.State, got.Because)
	}
	v = signature.Verifier{Now: now, Extra: []*x509.Certificate{c.authority.Certificate, c.root.Certificate}}
	if got := judged(t, v, file)[0]; got.State != signature.Untrusted || got.Root.Name != "Test Root" || !strings.Contains(got.Because[0], "this computer keeps") {
		t.Errorf("with the root as a mere extra: %+v", got)
	}
}

func TestMalformed(t *testing.T) {
	good := executabletest.Sign(program(), executabletest.Signing{By: ours().signer})
	facts, err := executable.Read(context.Background(), bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	at := int(facts.Certificates.Offset)
	changed := func(change func(b []byte)) []byte {
		b := bytes.Clone(good)
		change(b)
		return b
	}
	for name, file := range map[string][]byte{
		"another type":     changed(func(b []byte) { b[at+6] = 1 }),
		"length":           changed(func(b []byte) { b[at+1] = 0xFF }),
		"short length":     changed(func(b []byte) { b[at], b[at+1] = 4, 0 }),
		"zeros":            changed(func(b []byte) { clear(b[at:]) }),
		"no sequence":      changed(func(b []byte) { b[at+8] = 0x31 }),
		"another message":  changed(func(b []byte) { b[at+22]++ }),
		"indefinite":       changed(func(b []byte) { b[at+9] = 0x80 }),
		"table outside":    good[:len(good)-100],
		"nothing in table": changed(func(b []byte) { clear(b[at+8:]) }),
	} {
		all := judged(t, verifier(), file)
		if len(all) != 1 || all[0].State != signature.Malformed || len(all[0].Because) == 0 {
			t.Errorf("%s: %+v", name, all)
		}
	}
	padded := changed(func(b []byte) {
		binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at)) // the entry holds the padding
		b[len(b)-1] = 'x'
	})
	if !bytes.HasSuffix(good, []byte{0}) {
		t.Skip("SKIPPED: the signature happens to need no padding")
	}
	if got := judged(t, verifier(), padded)[0]; got.State != signature.Valid || !strings.Contains(strings.Join(got.Because, ";"), "lie behind the signature") {
		t.Errorf("padding that is no padding: %+v", got)
	}
}

// What is told of a signature is short, whatever is in it.
func TestLongReasons(t *testing.T) {
	file := executabletest.Sign(program(), executabletest.Signing{By: ours().signer, Sum: make([]byte, 1<<20)})
	got := judged(t, verifier(), file)[0]
	if got.State != signature.Tampered || len(got.Because) != 1 || len(got.Because[0]) > 1100 || !strings.HasSuffix(got.Because[0], "…") {
		t.Errorf("%s: %d reasons, the first of %d bytes", got.State, len(got.Because), len(got.Because[0]))
	}
}

// A message of very many small elements is refused before it is read.
func TestTooManyElements(t *testing.T) {
	message := executabletest.Catalog(now, nil, executabletest.Signing{By: ours().signer, Junk: 100_000})
	_, all, err := verifier().List(message)
	if err != nil || len(all) != 1 || all[0].State != signature.Malformed || !strings.Contains(all[0].Because[0], "more than 65536") {
		t.Errorf("%+v, %v", all, err)
	}
}

// moduleFile reads a file of the sources of a module that the project is
// built with.
func moduleFile(t *testing.T, module, name string) []byte {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	b, rerr := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(name)))
	if err != nil || rerr != nil {
		t.Skipf("SKIPPED: the sources of %s are not here: %v %v", module, err, rerr)
	}
	return b
}

// Files that Windows and others shipped, judged against the embedded roots.
func TestRealFiles(t *testing.T) {
	const goPE = "www.velocidex.com/golang/go-pe"
	for _, c := range []struct {
		module, name string
		state        signature.State
		signer, root string
		program      string
		at           string
		microsoft    bool
	}{
		{goPE, "testdata/acpiex.sys", signature.Valid, "Microsoft Windows", "Microsoft Root Certificate Authority 2010", "Microsoft Windows", "2018-09-15T01:28:25Z", true},
		{goPE, "testdata/notepad.exe", signature.Unsigned, "", "", "", "0001-01-01T00:00:00Z", false},   // in a catalog
		{goPE, "testdata/dmdskres.dll", signature.Malformed, "", "", "", "0001-01-01T00:00:00Z", false}, // a section was added over the signature
		{"golang.org/x/sys", "windows/testdata/ev-signed-file.exe", signature.Valid, "WireGuard LLC", "DigiCert High Assurance EV Root CA", "Go Project EV Signing Test", "2021-11-23T17:04:26Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := judged(t, signature.Verifier{Now: now}, moduleFile(t, c.module, c.name))
			got := all[0]
			if got.State != c.state || got.Signer.Name != c.signer || got.Root.Name != c.root || got.Program != c.program || got.Time.Format(time.RFC3339) != c.at || got.Microsoft != c.microsoft {
				t.Errorf("%+v", got)
			}
		})
	}
	file := moduleFile(t, goPE, "testdata/acpiex.sys")
	file[0x500] ^= 1
	if got := judged(t, signature.Verifier{Now: now}, file)[0]; got.State != signature.Tampered || got.Microsoft || got.Signer.Name != "Microsoft Windows" {
		t.Errorf("with one bit changed: %+v", got)
	}
}

// The list of trusted roots that the table of package roots was made from is
// signed by Microsoft, and names every root of the table with its SHA-256.
func TestListOfRoots(t *testing.T) {
	b, err := os.ReadFile("../roots/testdata/authroot.stl")
	if err != nil {
		t.Fatal(err)
	}
	list, all, err := signature.Verifier{Now: now}.List(b)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	// Its signer signs lists, not programs.
	if got := all[0]; got.State != signature.Misused || got.Signer.Name != "Microsoft Certificate Trust List Publisher" || got.Root.Name != "Microsoft Root Certificate Authority 2010" {
		t.Errorf("%+v", got)
	}
	table, err := roots.All()
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, root := range table {
		sum, err := hex.DecodeString(root.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(list, sum) {
			missing = append(missing, root.Name)
		}
	}
	slices.Sort(missing)
	if want := []string{"Copyright (c) 1997 Microsoft Corp.", "Microsoft Authenticode(tm) Root Authority"}; !slices.Equal(missing, want) {
		t.Errorf("not in Microsoft's list: %q", missing)
	}
	b[len(b)/2] ^= 1
	if _, all, _ := (signature.Verifier{Now: now}).List(b); all[0].State != signature.Tampered {
		t.Errorf("with one bit changed: %+v", all[0])
	}
}

func FuzzFile(f *testing.F) {
	c := ours()
	f.Add(executabletest.Sign(executabletest.PE(executabletest.Spec{}), executabletest.Signing{By: c.signer, Program: "x", Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01")}}))
	f.Add(executabletest.Sign(executabletest.PE(executabletest.Spec{}), executabletest.Signing{By: c.signer, Hash: crypto.SHA1, Nested: []executabletest.Signing{{By: c.expired}}, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01"), Legacy: true}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		all := judged(t, verifier(), b)
		if len(all) == 0 {
			t.Error("no signature, not even none")
		}
		for _, s := range all {
			if strings.Contains(strings.Join(s.Because, ";"), "library failed") {
				t.Errorf("a panic of the library: %q", s.Because)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	c := ours()
	f.Add(executabletest.Catalog(now, []executabletest.Listed{{Digest: make([]byte, 20), File: "a"}}, executabletest.Signing{By: c.signer, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01")}}))
	f.Add(executabletest.Catalog(now, nil, executabletest.Signing{By: c.signer, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01"), Legacy: true}, Nested: []executabletest.Signing{{By: c.expired}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, all, err := verifier().List(b)
		if err != nil || len(all) == 0 {
			t.Errorf("%v, %v", all, err)
		}
		for _, s := range all {
			if strings.Contains(strings.Join(s.Because, ";"), "library failed") {
				t.Errorf("a panic of the library: %q", s.Because)
			}
		}
	})
}

func BenchmarkFile(b *testing.B) {
	c := ours()
	file := executabletest.Sign(program(), executabletest.Signing{By: c.signer, Stamp: &executabletest.Stamp{By: c.stamper, At: day("2021-06-01")}})
	facts, err := executable.Read(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	v := verifier()
	for b.Loop() {
		if _, err := v.File(context.Background(), bytes.NewReader(file), facts); err != nil {
			b.Fatal(err)
		}
	}
}
