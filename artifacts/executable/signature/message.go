package signature

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sassoftware/relic/v8/lib/pkcs7"
	"github.com/sassoftware/relic/v8/lib/pkcs9"
	"github.com/sassoftware/relic/v8/lib/x509tools"
)

// Object identifiers of Authenticode.
var (
	oidIndirect = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}   // SpcIndirectDataContent: the hash of a file
	oidNested   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 4, 1}   // a further signature
	oidList     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 1}     // a certificate trust list, which catalogs are
	oidLifetime = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 10, 3, 13} // the signature ends with the certificate, time-stamp or not
)

// A judge judges the signatures of one file.
type judge struct {
	v       Verifier
	pool    pool
	content asn1.ObjectIdentifier             // what the messages are to hold
	image   func(crypto.Hash) ([]byte, error) // the hash of the file; nil where the content itself is what is signed
	left    int                               // messages that may still be judged
	checks  int                               // signatures of certificates that may still be checked
}

// unchecked is told of every signature that was judged.
const unchecked = "revocation was not checked: that needs a network"

// message judges one PKCS#7 message and those nested in it.
func (j *judge) message(der []byte, nested bool, depth int) []Signature {
	s := Signature{State: Malformed, Nested: nested}
	if j.left--; j.left < 0 {
		s.say("more than %d signatures: the rest was not judged", maxMessages)
		return []Signature{s}
	}
	var message *pkcs7.ContentInfoSignedData
	err := bounded(der)
	if err == nil {
		err = guarded(func() (err error) { message, err = pkcs7.Unmarshal(der); return err })
	}
	if err != nil {
		s.say("it cannot be read: %v", err)
		return []Signature{s}
	}
	certs, err := j.signer(message, &s)
	if err != nil {
		s.say("it cannot be checked: %v", err)
		return []Signature{s}
	}
	sig := pkcs7.Signature{SignerInfo: &message.Content.SignerInfos[0], Intermediates: certs.all, Certificate: certs.signer}
	s.State = Valid
	if err := j.intact(message, sig, &s); err != nil {
		s.say("%v", err)
	} else {
		j.trust(sig, &s)
	}
	return append([]Signature{s}, j.within(sig.SignerInfo, depth)...)
}

// holders are the certificates of a message.
type holders struct {
	signer *x509.Certificate
	all    []*x509.Certificate
}

// signer finds the certificate of the signer and fills in what the message
// says of itself.
func (j *judge) signer(m *pkcs7.ContentInfoSignedData, s *Signature) (holders, error) {
	var h holders
	var err error
	if h.all, err = parseAll(m.Content.Certificates); err != nil {
		return h, err
	}
	if n := len(m.Content.SignerInfos); n != 1 {
		return h, fmt.Errorf("it has %d signers and not one", n)
	}
	si := &m.Content.SignerInfos[0]
	if si.IssuerAndSerialNumber.SerialNumber == nil {
		return h, errors.New("its signer has no serial number")
	}
	if h.signer, err = si.FindCertificate(h.all); err != nil {
		return h, errors.New("it does not hold the certificate of its signer")
	}
	s.Signer, s.Issuer = describe(h.signer), shown(issuerName(h.signer))
	function, err := x509tools.PkixDigestToHashE(si.DigestAlgorithm)
	if err != nil || !function.Available() {
		return h, fmt.Errorf("its hash function %v is not known", si.DigestAlgorithm.Algorithm)
	}
	s.Digest = function.String()
	if !m.Content.ContentInfo.ContentType.Equal(j.content) {
		return h, fmt.Errorf("it signs content of type %v and not %v", m.Content.ContentInfo.ContentType, j.content)
	}
	if at, err := si.SigningTime(); err == nil {
		s.Time = at.UTC()
	}
	s.Program, s.URL = opus(si)
	return h, nil
}

// intact checks the links from the key of the signer to the bytes of the
// file: the signature over the attributes, the attribute with the hash of the
// content, and the hash of the file in the content.
func (j *judge) intact(m *pkcs7.ContentInfoSignedData, sig pkcs7.Signature, s *Signature) error {
	content, err := m.Content.ContentInfo.Bytes()
	if err != nil || len(content) == 0 {
		s.State = Malformed
		return errors.New("it has no content")
	}
	if err := covered(sig.SignerInfo, m.Content.ContentInfo.ContentType, content); err != nil {
		s.State = Tampered
		return err
	}
	if err := guarded(func() error { _, err := sig.SignerInfo.Verify(content, false, sig.Intermediates); return err }); err != nil {
		s.State = Tampered
		return fmt.Errorf("the signature does not fit the key of the signer: %w", err)
	}
	if j.image == nil {
		return nil
	}
	var indirect struct {
		Data   asn1.RawValue
		Digest pkcs9.MessageImprint
	}
	full, err := contentElement(m)
	if err == nil {
		_, err = asn1.Unmarshal(full, &indirect)
	}
	if err != nil {
		s.State = Malformed
		return fmt.Errorf("its content cannot be read: %w", err)
	}
	function, err := x509tools.PkixDigestToHashE(indirect.Digest.HashAlgorithm)
	if err != nil || !function.Available() {
		s.State = Malformed
		return fmt.Errorf("its hash function %v for the file is not known", indirect.Digest.HashAlgorithm.Algorithm)
	}
	s.Digest = function.String()
	sum, err := j.image(function)
	if err != nil {
		s.State = Malformed
		return fmt.Errorf("the file could not be hashed: %w", err)
	}
	if !bytes.Equal(sum, indirect.Digest.HashedMessage) {
		s.State = Tampered
		return fmt.Errorf("the file was changed after it was signed: its %s is %x, and %x was signed", function, sum, indirect.Digest.HashedMessage)
	}
	return nil
}

// contentElement is the content of a message with its own tag and length.
func contentElement(m *pkcs7.ContentInfoSignedData) ([]byte, error) {
	var raw asn1.RawValue
	err := m.Content.ContentInfo.Unmarshal(&raw)
	return raw.FullBytes, err
}

// covered checks that a signer's attributes speak of this content: its type
// and its hash (RFC 5652, 11.1 and 11.2).
func covered(si *pkcs7.SignerInfo, kind asn1.ObjectIdentifier, content []byte) error {
	var named asn1.ObjectIdentifier
	var sum []byte
	if len(si.AuthenticatedAttributes) == 0 {
		return errAttributes
	}
	if err := si.AuthenticatedAttributes.GetOne(pkcs7.OidAttributeContentType, &named); err != nil || !named.Equal(kind) {
		return fmt.Errorf("its signed attributes speak of content of type %v and not %v", named, kind)
	}
	if err := si.AuthenticatedAttributes.GetOne(pkcs7.OidAttributeMessageDigest, &sum); err != nil {
		return errors.New("its signed attributes have no hash of the content")
	}
	function, err := x509tools.PkixDigestToHashE(si.DigestAlgorithm)
	if err != nil || !function.Available() {
		return fmt.Errorf("its hash function %v is not known", si.DigestAlgorithm.Algorithm)
	}
	h := function.New()
	h.Write(content)
	if !bytes.Equal(h.Sum(nil), sum) {
		return errors.New("what was signed was changed after it was signed: its hash does not fit")
	}
	return nil
}

// trust judges an intact signature: its time-stamp, then the chain of the
// signer at the proven time, or now.
func (j *judge) trust(sig pkcs7.Signature, s *Signature) {
	at := j.v.Now
	if stamp, ok := j.stamped(sig, s); ok {
		s.Time, s.Proven = stamp, true
		at = stamp
	}
	proven := s.Proven
	if proven && lifetime(sig.Certificate) {
		at, proven = j.v.Now, false
		s.say("the certificate says that the signature ends with it, whatever the time-stamp")
	}
	c := j.chain(sig.Certificate, sig.Intermediates, signing, at, proven)
	s.State = c.state
	for _, why := range c.because {
		s.say("%s", why)
	}
	if c.state == Expired && !proven {
		s.say("and no trusted time-stamp proves that it was made before")
	}
	if c.root != nil {
		s.Root = describe(c.root.Certificate)
		s.Microsoft = c.state == Valid && c.root.Product && microsoft(sig.Certificate)
	} else if top := c.path[len(c.path)-1]; len(c.path) > 1 {
		s.Root = describe(top)
	}
	for _, name := range old(c.path) {
		s.say("a certificate of the chain is signed by way of %s, which can be forged", name)
	}
	if s.Digest == crypto.SHA1.String() || s.Digest == crypto.MD5.String() {
		s.say("it is made by way of %s, which can be forged", s.Digest)
	}
	s.say(unchecked)
}

// stamped is the time that a trusted authority vouches for.
func (j *judge) stamped(sig pkcs7.Signature, s *Signature) (time.Time, bool) {
	stamp, err := readStamp(sig)
	if err != nil {
		s.say("its time-stamp proves nothing: %v", err)
		return time.Time{}, false
	}
	if stamp == nil {
		return time.Time{}, false
	}
	at := stamp.SigningTime.UTC()
	c := j.chain(stamp.Certificate, stamp.Intermediates, stamping, at, true)
	if c.state == Valid {
		return at, true
	}
	s.say("its time-stamp of %s by %q proves nothing: %s", at.Format(time.RFC3339), nameOf(stamp.Certificate), strings.Join(c.because, "; "))
	return time.Time{}, false
}

// readStamp finds and checks the time-stamp of a signature: a token of RFC
// 3161, or a counter-signature of PKCS#9, both over the signature's bytes.
// It is nil where there is none.
func readStamp(sig pkcs7.Signature) (*pkcs9.CounterSignature, error) {
	attributes := sig.SignerInfo.UnauthenticatedAttributes
	for _, oid := range []asn1.ObjectIdentifier{pkcs9.OidAttributeTimeStampToken, pkcs9.OidSpcTimeStampToken} {
		if !attributes.Exists(oid) {
			continue
		}
		var token pkcs7.ContentInfoSignedData
		if err := attributes.GetOne(oid, &token); err != nil {
			return nil, err
		}
		if err := wellFormed(&token); err != nil {
			return nil, err
		}
		break
	}
	var counter pkcs7.SignerInfo
	if err := attributes.GetOne(pkcs9.OidAttributeCounterSign, &counter); err == nil {
		if err := covered(&counter, pkcs7.OidData, sig.SignerInfo.EncryptedDigest); err != nil {
			return nil, err
		}
	}
	var stamp *pkcs9.CounterSignature
	err := guarded(func() (err error) { stamp, err = pkcs9.VerifyPkcs7(sig); return err })
	return stamp, err
}

// wellFormed checks what the library takes for granted of a token.
func wellFormed(token *pkcs7.ContentInfoSignedData) error {
	content := token.Content.ContentInfo
	if !content.ContentType.Equal(pkcs9.OidTSTInfo) {
		return fmt.Errorf("it holds content of type %v", content.ContentType)
	}
	if len(token.Content.SignerInfos) != 1 {
		return fmt.Errorf("it has %d signers", len(token.Content.SignerInfos))
	}
	b, err := content.Bytes()
	if err != nil || len(b) == 0 {
		return errors.New("it has no content")
	}
	if _, err := parseAll(token.Content.Certificates); err != nil {
		return err
	}
	return covered(&token.Content.SignerInfos[0], content.ContentType, b)
}

// within judges the signatures that are nested in an attribute of another.
func (j *judge) within(si *pkcs7.SignerInfo, depth int) []Signature {
	var all []Signature
	for _, attribute := range si.UnauthenticatedAttributes {
		if !attribute.Type.Equal(oidNested) {
			continue
		}
		for values := attribute.Values.Bytes; len(values) > 0; {
			message, rest, err := outermost(values)
			if err != nil || depth >= maxNesting || j.left <= 0 {
				s := Signature{State: Malformed, Nested: true}
				s.say("a further signature was not read: it is cut off, or there are too many")
				return append(all, s)
			}
			all = append(all, j.message(message, true, depth+1)...)
			values = rest
		}
	}
	return all
}

func (s *Signature) say(format string, args ...any) {
	s.Because = append(s.Because, cut(fmt.Sprintf(format, args...), maxSaid))
}

func lifetime(c *x509.Certificate) bool {
	for _, usage := range c.UnknownExtKeyUsage {
		if usage.Equal(oidLifetime) {
			return true
		}
	}
	return false
}

func describe(c *x509.Certificate) Certificate {
	serial := shown(hex.EncodeToString(c.SerialNumber.Bytes()))
	if serial == "" {
		serial = "00"
	}
	return Certificate{
		Name: nameOf(c), Organisation: shown(strings.Join(c.Subject.Organization, ", ")), Serial: serial,
		SHA1: thumbprint(c), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
	}
}
