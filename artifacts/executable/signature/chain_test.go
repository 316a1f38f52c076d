package signature

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/executable/executabletest"
	"hivetriage/artifacts/executable/roots"
)

// judging makes a judge that knows one root.
func judging(root roots.Root) *judge {
	return &judge{pool: pool{bySubject: map[string][]*roots.Root{string(root.Certificate.RawSubject): {&root}}}, checks: maxChecks}
}

// Windows trusts some roots only for what was issued or signed before a day.
func TestLimitsOfRoots(t *testing.T) {
	root := executabletest.NewIdentity(executabletest.Person{Name: "Root", Authority: true})
	from := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	leaf := root.Issue(executabletest.Person{Name: "Signer", From: from}).Certificate
	at := from.AddDate(1, 0, 0)
	for _, c := range []struct {
		name   string
		use    roots.Use
		proven bool
		state  State
		why    string
	}{
		{"no limit", roots.Use{Trusted: true}, false, Valid, ""},
		{"not for this", roots.Use{}, true, Untrusted, "does not trust the root"},
		{"issued before", roots.Use{Trusted: true, IssuedBefore: from.AddDate(0, 0, 1)}, false, Valid, ""},
		{"issued on the day", roots.Use{Trusted: true, IssuedBefore: from}, false, Untrusted, "issued for code signing after 2021-01-01"},
		{"signed before", roots.Use{Trusted: true, SignedBefore: at.AddDate(0, 0, 1)}, true, Valid, ""},
		{"said to be signed before", roots.Use{Trusted: true, SignedBefore: at.AddDate(0, 0, 1)}, false, Untrusted, "done before 2022-01-02"},
		{"signed after", roots.Use{Trusted: true, SignedBefore: at}, true, Untrusted, "done before 2022-01-01"},
	} {
		j := judging(roots.Root{Certificate: root.Certificate, Name: "Root", Code: c.use})
		got := j.chain(leaf, nil, signing, at, c.proven)
		if got.state != c.state || !strings.Contains(strings.Join(got.because, ";"), c.why) {
			t.Errorf("%s: %s %q", c.name, got.state, got.because)
		}
		if other := j.chain(leaf, nil, stamping, at, c.proven); other.state != Misused {
			t.Errorf("%s: for time-stamping it is %s", c.name, other.state)
		}
	}
}

// Of two chains the valid one is taken, whichever is tried first.
func TestCrossSigned(t *testing.T) {
	root := executabletest.NewIdentity(executabletest.Person{Name: "Root", Authority: true})
	stranger := executabletest.NewIdentity(executabletest.Person{Name: "Stranger", Authority: true})
	authority := stranger.Issue(executabletest.Person{Name: "Authority", Authority: true})
	leaf := authority.Issue(executabletest.Person{Name: "Signer"}).Certificate
	crossed := root.Certify(authority, executabletest.Person{Name: "Authority", Authority: true})
	j := judging(roots.Root{Certificate: root.Certificate, Code: roots.Use{Trusted: true}})
	at := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, bag := range [][]*x509.Certificate{
		{authority.Certificate, stranger.Certificate, crossed.Certificate},
		{crossed.Certificate, stranger.Certificate, authority.Certificate},
	} {
		if got := j.chain(leaf, bag, signing, at, false); got.state != Valid || len(got.path) != 3 {
			t.Errorf("%s by way of %d certificates: %q", got.state, len(got.path), got.because)
		}
	}
}

// A heap of authorities of one name and key, each of which may have issued
// each other, is given up on.
func TestManyChains(t *testing.T) {
	authority := executabletest.NewIdentity(executabletest.Person{Name: "A", Authority: true})
	other := authority.Issue(executabletest.Person{Name: "B", Authority: true})
	leaf := authority.Issue(executabletest.Person{Name: "Signer"}).Certificate
	var bag []*x509.Certificate
	for range 30 {
		bag = append(bag, other.Certify(authority, executabletest.Person{Name: "A", Authority: true}).Certificate,
			authority.Certify(other, executabletest.Person{Name: "B", Authority: true}).Certificate)
	}
	j := judging(roots.Root{Certificate: executabletest.NewIdentity(executabletest.Person{Name: "Root", Authority: true}).Certificate})
	if got := j.chain(leaf, bag, signing, time.Now(), false); got.state != Untrusted || len(got.because) == 0 || j.checks > 0 {
		t.Errorf("%s %q, %d checks left", got.state, got.because, j.checks)
	}
}

func TestMicrosoft(t *testing.T) {
	for _, c := range []struct {
		name, organisation string
		want               bool
	}{
		{"Microsoft Windows", "Microsoft Corporation", true},
		{"Microsoft Corporation", "Microsoft Corporation", true},
		{"Microsoft Windows Publisher", "Microsoft Corporation", true},
		{"Microsoft Windows Hardware Compatibility Publisher", "Microsoft Corporation", false},
		{"Microsoft Windows Software Compatibility Publisher", "Microsoft Corporation", false},
		{"Microsoft 3rd Party Application Component", "Microsoft Corporation", false},
		{"Microsoft Windows Early Launch Anti-malware Publisher", "Microsoft Corporation", false},
		{"Somebody", "Microsoft Corporation", false},
		{"Microsoft Windows", "Somebody", false},
		{"Microsoft Windows", "", false},
	} {
		who := executabletest.NewIdentity(executabletest.Person{Name: c.name, Organisation: c.organisation})
		if got := microsoft(who.Certificate); got != c.want {
			t.Errorf("%s of %s: %v", c.name, c.organisation, got)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"name", "name"}, {"\xFF", "\uFFFD"}, {strings.Repeat("ä", 200), strings.Repeat("ä", 128) + "…"}, {"a" + strings.Repeat("ä", 200), "a" + strings.Repeat("ä", 127) + "…"},
	} {
		if got := shown(c.in); got != c.want {
			t.Errorf("%q gives %q", c.in, got)
		}
	}
}
