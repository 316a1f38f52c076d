// Package signature judges Authenticode signatures without a network: what
// they say, whether they fit the file, who signed and when, and whether the
// chain ends in a root that Windows trusts. Sources: Authenticode PE
// specification, RFC 5652, RFC 5280, RFC 3161, [MS-CAESO].
package signature

import (
	"crypto/x509"
	"time"
)

// A State says how a signature was found.
type State string

const (
	Valid     State = "valid"
	Untrusted State = "untrusted root" // it holds, and its chain ends in no root of the pool
	Self      State = "self-signed"    // it holds, and the signer vouches for itself
	Expired   State = "expired"        // a certificate was not valid at the proven time, or now where no time is proven
	Misused   State = "wrong purpose"  // it holds, and the certificate is not made for signing programs
	Tampered  State = "tampered"       // the file, or what is signed, was changed after signing
	Malformed State = "malformed"      // the bytes are no signature that can be checked
	Unsigned  State = "unsigned"
)

// A Signature is one signature of a file and the verdict on it.
type Signature struct {
	State   State
	Signer  Certificate
	Issuer  string      // who issued the signer's certificate
	Root    Certificate // where the chain ends, zero where it ends nowhere
	Time    time.Time   // when it was signed, UTC; zero where that is not said
	Proven  bool        // a time-stamp authority vouches for Time
	Digest  string      // "SHA-256", "SHA-1", "MD5"
	Program string      // what the signer calls the program
	URL     string      // and where the signer says more is to be read
	Nested  bool        // a further signature inside another

	Microsoft bool // valid, from a Microsoft product root, and the signer is Microsoft
	Because   []string
}

// A Certificate is whom a certificate names.
type Certificate struct {
	Name         string // common name
	Organisation string
	Serial       string // lower-case hexadecimal
	SHA1         string // thumbprint, lower-case hexadecimal
	NotBefore    time.Time
	NotAfter     time.Time
}

// A Verifier judges signatures against the embedded roots. The zero value
// works and takes the time of the run as now. It may be used by several
// goroutines at once.
type Verifier struct {
	Now   time.Time           // for signatures without a proven time; zero is the time of the run
	Extra []*x509.Certificate // further certificates of the evidence; they complete chains and lend no trust
	Trust []*x509.Certificate // further roots that the caller trusts
}
