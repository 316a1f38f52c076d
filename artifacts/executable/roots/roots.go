// Package roots holds the root certificates that Windows trusts for signed
// programs and for time-stamps: the members of Microsoft's root programme, as
// its list of trusted roots (authroot.stl) of 2026-10-23 names them, and two
// roots of Microsoft from the nineties which that list no longer has.
// roots.tsv says of each what it is trusted for, roots.pem holds the
// certificates in the same order. The list is signed by Microsoft and gives
// the SHA-1 and SHA-256 thumbprints; a test holds the two against it.
package roots

import (
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"time"
)

//go:embed roots.tsv
var table string

//go:embed roots.pem
var bundle []byte

// A Root is a root certificate and what Windows trusts it for.
type Root struct {
	Certificate *x509.Certificate
	SHA256      string // thumbprint, lower-case hexadecimal
	SHA1        string
	Name        string
	Product     bool // Microsoft's own: what it issues is part of Windows or signed by Microsoft for it
	Code        Use  // signing programs
	Time        Use  // time-stamping
}

// A Use says whether and until when a root is trusted for a purpose.
type Use struct {
	Trusted      bool
	IssuedBefore time.Time // certificates issued later are not trusted; zero: no such limit
	SignedBefore time.Time // what was signed later, or at no proven time, is not trusted; zero: no such limit
}

// load parses the embedded roots, once.
var load = sync.OnceValues(func() ([]Root, error) {
	var all []Root
	rest := bundle
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("roots.pem has fewer certificates than roots.tsv has lines")
		}
		root, err := parse(strings.TrimSuffix(line, "\n"), block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, root)
	}
	if block, _ := pem.Decode(rest); block != nil {
		return nil, fmt.Errorf("roots.pem has more certificates than roots.tsv has lines")
	}
	return all, nil
})

// parse makes a Root of a line of the table and its certificate.
func parse(line string, der []byte) (Root, error) {
	f := strings.Split(line, "\t")
	if len(f) != 12 {
		return Root{}, fmt.Errorf("roots.tsv: %d fields in %q", len(f), line)
	}
	sum := sha256.Sum256(der)
	if hex.EncodeToString(sum[:]) != f[0] {
		return Root{}, fmt.Errorf("roots.pem has %x where roots.tsv has %s", sum, f[0])
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return Root{}, fmt.Errorf("root %s (%s): %w", f[0], f[11], err)
	}
	root := Root{Certificate: certificate, SHA256: f[0], SHA1: f[1], Name: f[11], Product: f[4] == "product"}
	root.Code.Trusted, root.Time.Trusted = f[5] == "code", f[6] == "time"
	for i, day := range []*time.Time{&root.Code.IssuedBefore, &root.Code.SignedBefore, &root.Time.IssuedBefore, &root.Time.SignedBefore} {
		if f[7+i] == "-" {
			continue
		}
		if *day, err = time.Parse(time.DateOnly, f[7+i]); err != nil {
			return Root{}, fmt.Errorf("roots.tsv: %w", err)
		}
	}
	return root, nil
}

// All returns the embedded roots in the order of the table. The error is one
// of the program's own data, not of the evidence.
func All() ([]Root, error) { return load() }
