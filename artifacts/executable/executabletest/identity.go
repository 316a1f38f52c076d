package executabletest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"time"
)

// An Identity is a certificate, its key, and who issued it.
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Issuer      *Identity // nil for one that signed itself
	Alone       bool      // signatures carry no certificate but this one
}

// A Person says what certificate to make.
type Person struct {
	Name, Organisation string
	From, To           time.Time // 2020 to 2040 where zero
	Authority          bool
	Usage              []x509.ExtKeyUsage // code signing where nil and no Authority
	RSA                bool               // an RSA key of 2,048 bits rather than one on the curve P-256
	Algorithm          x509.SignatureAlgorithm
	UnknownUsage       []asn1.ObjectIdentifier
	PathLen            int // for an Authority; zero: no limit
}

// NewIdentity makes an identity that signed itself.
func NewIdentity(p Person) *Identity { return issue(p, nil, nil) }

// Issue makes an identity that i vouches for.
func (i *Identity) Issue(p Person) *Identity { return issue(p, i, nil) }

// Certify makes another certificate for the key of an identity.
func (i *Identity) Certify(whose *Identity, p Person) *Identity { return issue(p, i, whose.Key) }

func issue(p Person, by *Identity, key crypto.Signer) *Identity {
	if p.From.IsZero() {
		p.From = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if p.To.IsZero() {
		p.To = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if p.Usage == nil && !p.Authority {
		p.Usage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: p.Name}, NotBefore: p.From, NotAfter: p.To,
		ExtKeyUsage: p.Usage, UnknownExtKeyUsage: p.UnknownUsage, KeyUsage: x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true, IsCA: p.Authority, MaxPathLen: p.PathLen, SignatureAlgorithm: p.Algorithm,
	}
	if p.Organisation != "" {
		template.Subject.Organization = []string{p.Organisation}
	}
	if p.Authority {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	if slices.Equal(p.Usage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) {
		// RFC 3161, 2.3: the one usage, and critical.
		template.ExtKeyUsage = nil
		template.ExtraExtensions = []pkix.Extension{{Id: oid{2, 5, 29, 37}, Critical: true, Value: sequence(marshal(oid{1, 3, 6, 1, 5, 5, 7, 3, 8}))}}
	}
	if key == nil {
		key = newKey(p.RSA)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.Certificate, by.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &Identity{Certificate: c, Key: key, Issuer: by}
}

func newKey(large bool) crypto.Signer {
	if large {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// bundle are the certificates that a signature by i carries.
func (i *Identity) bundle() []byte {
	all := i.Certificate.Raw
	for up := i.Issuer; up != nil && !i.Alone; up = up.Issuer {
		all = append(bytes.Clone(all), up.Certificate.Raw...)
	}
	return bytes.Clone(all)
}

// PEM are the certificate, those of its issuers, and the key, for tools.
func (i *Identity) PEM() (certificates, key []byte) {
	for up := i; up != nil; up = up.Issuer {
		certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: up.Certificate.Raw})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		panic(err)
	}
	return certificates, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// algorithm is how the key signs.
func (i *Identity) algorithm(h crypto.Hash) algorithm {
	if _, ok := i.Key.(*rsa.PrivateKey); ok {
		return algorithm{oid{1, 2, 840, 113549, 1, 1, 1}, null}
	}
	if h == crypto.SHA1 {
		return algorithm{OID: oid{1, 2, 840, 10045, 4, 1}}
	}
	return algorithm{OID: oid{1, 2, 840, 10045, 4, 3, map[crypto.Hash]int{crypto.SHA256: 2, crypto.SHA384: 3}[h]}}
}
