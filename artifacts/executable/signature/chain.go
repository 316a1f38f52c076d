package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hivetriage/artifacts/executable/roots"
)

// Limits of building a chain.
const (
	maxChain  = 10
	maxChecks = 400 // signatures of certificates checked for one file
)

// A purpose is what a chain is wanted for.
type purpose struct {
	usage x509.ExtKeyUsage
	name  string
	use   func(*roots.Root) roots.Use
}

var (
	signing  = purpose{x509.ExtKeyUsageCodeSigning, "code signing", func(r *roots.Root) roots.Use { return r.Code }}
	stamping = purpose{x509.ExtKeyUsageTimeStamping, "time-stamping", func(r *roots.Root) roots.Use { return r.Time }}
)

// A pool finds trusted roots by their names.
type pool struct{ bySubject map[string][]*roots.Root }

var embedded = sync.OnceValues(func() (pool, error) {
	all, err := roots.All()
	if err != nil {
		return pool{}, err
	}
	p := pool{bySubject: make(map[string][]*roots.Root, len(all))}
	for i := range all {
		p.bySubject[string(all[i].Certificate.RawSubject)] = append(p.bySubject[string(all[i].Certificate.RawSubject)], &all[i])
	}
	return p, nil
})

// trusted is the root that a certificate is, nil if it is none.
func (j *judge) trusted(c *x509.Certificate) *roots.Root {
	for _, root := range j.pool.bySubject[string(c.RawSubject)] {
		if bytes.Equal(root.Certificate.Raw, c.Raw) {
			return root
		}
	}
	for _, root := range j.v.Trust {
		if root.Equal(c) {
			return &roots.Root{Certificate: c, Name: nameOf(c), Code: roots.Use{Trusted: true}, Time: roots.Use{Trusted: true}}
		}
	}
	return nil
}

// A chain is the best that was found for a certificate.
type chain struct {
	state   State
	path    []*x509.Certificate // from the signer up
	root    *roots.Root         // nil where it does not end in a trusted one
	because []string
}

// rank orders verdicts on chains, the best first.
var rank = map[State]int{Valid: 0, Expired: 1, Misused: 2, Untrusted: 3, Self: 4}

// A climb is the search for a chain from one certificate.
type climb struct {
	j      *judge
	bag    []*x509.Certificate
	want   purpose
	at     time.Time
	proven bool
	best   chain
	found  bool
}

// chain looks for a chain from a certificate to a trusted root by way of the
// bag of certificates, and judges the best at a time.
func (j *judge) chain(leaf *x509.Certificate, bag []*x509.Certificate, want purpose, at time.Time, proven bool) chain {
	c := climb{j: j, bag: slices.Concat(bag, j.v.Extra), want: want, at: at, proven: proven}
	c.up([]*x509.Certificate{leaf})
	return c.best
}

// up extends a path by every issuer that fits, depth first, until a valid
// chain is found.
func (c *climb) up(path []*x509.Certificate) {
	last := path[len(path)-1]
	root := c.j.trusted(last)
	if root != nil {
		c.consider(path, root, "")
	}
	if c.done() {
		return
	}
	if bytes.Equal(last.RawIssuer, last.RawSubject) {
		if root == nil {
			c.consider(path, nil, c.j.untrusted(last))
		}
		return
	}
	if len(path) == maxChain {
		c.consider(path, nil, fmt.Sprintf("the chain is longer than %d certificates", maxChain))
		return
	}
	climbed := false
	for _, issuer := range c.issuers(last) {
		if c.j.checks--; c.j.checks < 0 {
			break
		}
		if slices.ContainsFunc(path, issuer.Equal) || signedBy(last, issuer) != nil {
			continue
		}
		climbed = true
		if c.up(append(slices.Clip(path), issuer)); c.done() {
			return
		}
	}
	if !climbed && root == nil {
		c.consider(path, nil, fmt.Sprintf("the certificate of the issuer %q is neither in the signature nor among the roots of Windows", shown(last.Issuer.String())))
	}
}

// untrusted says why a chain that ends in a certificate is not trusted.
func (j *judge) untrusted(end *x509.Certificate) string {
	why := fmt.Sprintf("the chain ends in %q, which Windows does not trust as it comes", nameOf(end))
	if slices.ContainsFunc(j.v.Extra, end.Equal) {
		why += "; it is among the certificates that this computer keeps"
	}
	return why
}

func (c *climb) done() bool { return c.found && c.best.state == Valid }

// issuers are the certificates that may have issued one, trusted roots first.
func (c *climb) issuers(of *x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	add := func(issuer *x509.Certificate) {
		if !bytes.Equal(issuer.RawSubject, of.RawIssuer) || !usable(issuer) {
			return
		}
		if len(of.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(of.AuthorityKeyId, issuer.SubjectKeyId) {
			return
		}
		if !slices.ContainsFunc(found, issuer.Equal) {
			found = append(found, issuer)
		}
	}
	for _, root := range c.j.pool.bySubject[string(of.RawIssuer)] {
		add(root.Certificate)
	}
	for _, root := range c.j.v.Trust {
		add(root)
	}
	for _, issuer := range c.bag {
		add(issuer)
	}
	return found
}

// consider judges a path and keeps it if it is better than the best so far.
func (c *climb) consider(path []*x509.Certificate, root *roots.Root, why string) {
	found := chain{state: Untrusted, path: slices.Clone(path), root: root}
	switch {
	case root != nil:
		found.state, why = c.verdict(path, root)
	case len(path) == 1 && bytes.Equal(path[0].RawIssuer, path[0].RawSubject):
		found.state, why = Self, "the signer's certificate is signed by the signer"
	}
	if why != "" {
		found.because = []string{why}
	}
	if !c.found || rank[found.state] < rank[c.best.state] {
		c.best, c.found = found, true
	}
}

// verdict judges a path that ends in a trusted root.
func (c *climb) verdict(path []*x509.Certificate, root *roots.Root) (State, string) {
	use := c.want.use(root)
	leaf := path[0]
	if !serves(leaf, c.want.usage) {
		return Misused, fmt.Sprintf("the certificate of %q is not made for %s", nameOf(leaf), c.want.name)
	}
	if !use.Trusted {
		return Untrusted, fmt.Sprintf("Windows does not trust the root %q for %s", root.Name, c.want.name)
	}
	if !use.IssuedBefore.IsZero() && !leaf.NotBefore.Before(use.IssuedBefore) {
		return Untrusted, fmt.Sprintf("Windows does not trust what the root %q issued for %s after %s", root.Name, c.want.name, use.IssuedBefore.Format(time.DateOnly))
	}
	if !use.SignedBefore.IsZero() && !(c.proven && c.at.Before(use.SignedBefore)) {
		return Untrusted, fmt.Sprintf("Windows trusts the root %q for %s only for what was done before %s", root.Name, c.want.name, use.SignedBefore.Format(time.DateOnly))
	}
	for i, authority := range path[1:] {
		if why := mayIssue(authority, i, c.want, i == len(path)-2); why != "" {
			return Untrusted, why
		}
	}
	for _, link := range path {
		if c.at.Before(link.NotBefore) || c.at.After(link.NotAfter) {
			return Expired, fmt.Sprintf("the certificate of %q is valid from %s to %s, not on %s", nameOf(link),
				link.NotBefore.UTC().Format(time.DateOnly), link.NotAfter.UTC().Format(time.DateOnly), c.at.UTC().Format(time.DateOnly))
		}
	}
	return Valid, ""
}

// mayIssue says why an authority with a number of authorities below it may
// not stand in a chain, "" if it may. Roots may be certificates of version 1,
// which say nothing of themselves.
func mayIssue(c *x509.Certificate, below int, want purpose, root bool) string {
	switch {
	case !root && (!c.BasicConstraintsValid || !c.IsCA):
		return fmt.Sprintf("the certificate of %q may not issue others", nameOf(c))
	case c.BasicConstraintsValid && (c.MaxPathLen > 0 || c.MaxPathLenZero) && below > c.MaxPathLen:
		return fmt.Sprintf("the certificate of %q allows %d authorities below it, and there are %d", nameOf(c), c.MaxPathLen, below)
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return fmt.Sprintf("the key of %q may not sign certificates", nameOf(c))
	case len(c.UnhandledCriticalExtensions) > 0:
		return fmt.Sprintf("the certificate of %q has the critical extension %v, which this program does not know", nameOf(c), c.UnhandledCriticalExtensions[0])
	case !root && !serves(c, want.usage):
		return fmt.Sprintf("the certificate of %q is not made for issuing certificates for %s", nameOf(c), want.name)
	}
	return ""
}

// serves tells whether a certificate's extended key usage, if it has one,
// allows a use.
func serves(c *x509.Certificate, usage x509.ExtKeyUsage) bool {
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, usage) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// signedBy checks the signature of a certificate. The standard library
// refuses SHA-1 and MD5, which the signatures of older programs were made
// with; the report says so where they are met.
func signedBy(c, issuer *x509.Certificate) error {
	var function crypto.Hash
	var sum []byte
	switch c.SignatureAlgorithm {
	case x509.MD5WithRSA:
		s := md5.Sum(c.RawTBSCertificate)
		function, sum = crypto.MD5, s[:]
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		s := sha1.Sum(c.RawTBSCertificate)
		function, sum = crypto.SHA1, s[:]
	default:
		return issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	}
	switch key := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, function, sum, c.Signature)
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(key, sum, c.Signature) {
			return nil
		}
	}
	return errors.New("the signature does not fit the key")
}

// old names the outdated hash functions of the certificates of a path below
// its root.
func old(path []*x509.Certificate) []string {
	var names []string
	for _, c := range path[:len(path)-1] {
		name := ""
		switch c.SignatureAlgorithm {
		case x509.MD5WithRSA:
			name = "MD5"
		case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
			name = "SHA-1"
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// nameOf is what a certificate calls its subject: the common name, or the
// next best.
func nameOf(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if name == "" && len(c.Subject.OrganizationalUnit) > 0 {
		name = c.Subject.OrganizationalUnit[0]
	}
	if name == "" {
		name = strings.Join(c.Subject.Organization, ", ")
	}
	return shown(name)
}
