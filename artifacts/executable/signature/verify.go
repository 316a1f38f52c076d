package signature

import (
	"context"
	"crypto"
	_ "crypto/md5" // of old signatures
	"crypto/sha1"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sassoftware/relic/v8/lib/pkcs7"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
)

// Limits of the signatures of one file.
const (
	maxTable    = 16 << 20 // bytes of the certificate table
	maxMessages = 16
	maxNesting  = 4
	maxName     = 256  // bytes of a name that is shown
	maxSaid     = 1024 // bytes of a reason
)

// Entries of the certificate table: a length, a revision and a type.
const (
	entryHeader    = 8
	typeSignedData = 2
)

// File judges the signatures in the certificate table of a program file whose
// facts were read before. There is at least one element: a file without a
// signature has one that is Unsigned. The first signature is the one that
// Windows shows; nested ones follow the one that holds them. The error is one
// of reading the file.
func (v Verifier) File(ctx context.Context, r io.ReaderAt, f executable.Facts) ([]Signature, error) {
	if f.Certificates.Length == 0 {
		return []Signature{{State: Unsigned}}, nil
	}
	broken := Signature{State: Malformed}
	if f.Certificates.Length > maxTable || f.Certificates.Offset < 0 || f.Certificates.Offset+f.Certificates.Length > f.Size {
		broken.say("the certificate table of %d bytes at %d is not in the file, or larger than %d", f.Certificates.Length, f.Certificates.Offset, maxTable)
		return []Signature{broken}, nil
	}
	table := make([]byte, f.Certificates.Length)
	if n, err := r.ReadAt(table, f.Certificates.Offset); n < len(table) {
		broken.say("the certificate table could not be read")
		return []Signature{broken}, &artifacts.Problem{Offset: f.Certificates.Offset + int64(n), Kind: artifacts.IO, Err: err}
	}
	j, err := v.judge(oidIndirect)
	if err != nil {
		return nil, err
	}
	j.image = images(ctx, r, f)
	return j.table(table), ctx.Err()
}

// List judges the signatures over a signed list of Windows: a catalog, or a
// certificate trust list. It returns the list, without its own tag and
// length. An error is one of the program's own data.
func (v Verifier) List(message []byte) (list []byte, all []Signature, err error) {
	j, err := v.judge(oidList)
	if err != nil {
		return nil, nil, err
	}
	message, _, cut := outermost(message)
	if cut == nil {
		cut = bounded(message)
	}
	if cut != nil {
		s := Signature{State: Malformed}
		s.say("it cannot be read: %v", cut)
		return nil, []Signature{s}, nil
	}
	all = j.message(message, false, 0)
	if m, err := pkcs7.Unmarshal(message); err == nil && m.Content.ContentInfo.ContentType.Equal(oidList) {
		list, _ = m.Content.ContentInfo.Bytes() // all says so where there is none
	}
	return list, all, nil
}

// Best is the signature that speaks for a file with several: the first one
// that is valid and Microsoft's own, else the first that is valid, else the
// first.
func Best(all []Signature) Signature {
	if len(all) == 0 {
		return Signature{State: Unsigned}
	}
	best := all[0]
	for _, s := range all {
		if s.Microsoft {
			return s
		}
		if s.State == Valid && best.State != Valid {
			best = s
		}
	}
	return best
}

func (v Verifier) judge(content asn1.ObjectIdentifier) (*judge, error) {
	p, err := embedded()
	if err != nil {
		return nil, artifacts.NewProblem(artifacts.Bug, -1, "the embedded roots: %w", err)
	}
	if v.Now.IsZero() {
		v.Now = time.Now()
	}
	return &judge{v: v, pool: p, content: content, left: maxMessages, checks: maxChecks}, nil
}

// images gives the hashes of the file that signatures are made over. SHA-1
// and SHA-256 are among the facts, others are made once when asked for.
func images(ctx context.Context, r io.ReaderAt, f executable.Facts) func(crypto.Hash) ([]byte, error) {
	made := map[crypto.Hash][]byte{}
	return func(function crypto.Hash) ([]byte, error) {
		known := map[crypto.Hash]string{crypto.SHA1: f.Authenticode.SHA1, crypto.SHA256: f.Authenticode.SHA256}[function]
		if known != "" {
			return hex.DecodeString(known)
		}
		if sum := made[function]; sum != nil {
			return sum, nil
		}
		sum, err := executable.Digest(ctx, r, f, function)
		made[function] = sum
		return sum, err
	}
}

// table judges every entry of a certificate table. Entries begin at multiples
// of eight.
func (j *judge) table(b []byte) []Signature {
	var all []Signature
	for len(b) >= entryHeader && j.left > 0 {
		length := int64(binary.LittleEndian.Uint32(b))
		kind := binary.LittleEndian.Uint16(b[6:])
		if length == 0 {
			break // padding
		}
		if length < entryHeader || length > int64(len(b)) {
			s := Signature{State: Malformed}
			s.say("an entry of the certificate table has a length of %d in %d", length, len(b))
			return append(all, s)
		}
		all = append(all, j.entry(kind, b[entryHeader:length])...)
		b = b[min((length+7)&^7, int64(len(b))):]
	}
	if len(all) == 0 {
		s := Signature{State: Malformed}
		s.say("there is no signature where the headers say that it lies")
		all = append(all, s)
	}
	return all
}

// entry judges one entry of the certificate table.
func (j *judge) entry(kind uint16, b []byte) []Signature {
	if kind != typeSignedData {
		s := Signature{State: Malformed}
		s.say("an entry of the certificate table is of type %d, which Windows does not use", kind)
		return []Signature{s}
	}
	message, rest, err := outermost(b)
	if err != nil {
		s := Signature{State: Malformed}
		s.say("it cannot be read: %v", err)
		return []Signature{s}
	}
	all := j.message(message, false, 0)
	if behind := len(strings.TrimRight(string(rest), "\x00")); behind > 0 {
		all[0].say("%d bytes lie behind the signature in its table: nothing vouches for them", behind)
	}
	return all
}

// microsoft tells whether a certificate, issued under one of Microsoft's
// product roots, is for what Microsoft makes itself, not for what it signs
// for others.
func microsoft(c *x509.Certificate) bool {
	if len(c.Subject.Organization) != 1 || c.Subject.Organization[0] != "Microsoft Corporation" {
		return false
	}
	name := strings.ToLower(c.Subject.CommonName)
	for _, others := range []string{"3rd party", "third party", "compatibility", "anti-malware", "antimalware", "windows phone", "marketplace", "uefi ca"} {
		if strings.Contains(name, others) {
			return false
		}
	}
	return strings.HasPrefix(name, "microsoft")
}

// opus is what the signer calls the program, and the address for more of it:
// SpcSpOpusInfo, whose two optional parts are each a choice within a tag.
func opus(si *pkcs7.SignerInfo) (name, url string) {
	var info asn1.RawValue
	oid := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 12}
	if err := si.AuthenticatedAttributes.GetOne(oid, &info); err != nil {
		return "", ""
	}
	for parts := info.Bytes; len(parts) > 0; {
		var part, choice asn1.RawValue
		rest, err := asn1.Unmarshal(parts, &part)
		if err != nil {
			break
		}
		parts = rest
		if _, err := asn1.Unmarshal(part.Bytes, &choice); err != nil {
			continue
		}
		switch {
		case part.Tag == 0:
			name = shown(text(choice))
		case part.Tag == 1 && choice.Tag == 0:
			url = shown(string(choice.Bytes))
		}
	}
	return name, url
}

// text is an SpcString: UTF-16 with the high byte first, or ASCII.
func text(raw asn1.RawValue) string {
	if raw.Tag != 0 {
		return string(raw.Bytes)
	}
	units := make([]uint16, 0, maxName)
	for b := raw.Bytes; len(b) >= 2 && len(units) < maxName; b = b[2:] {
		units = append(units, binary.BigEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// shown is a name of the evidence as text of a bounded length.
func shown(s string) string { return cut(s, maxName) }

// cut is valid text of at most a number of bytes, and a mark where it was
// longer.
func cut(s string, most int) string {
	if len(s) > most {
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func issuerName(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}

func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}
