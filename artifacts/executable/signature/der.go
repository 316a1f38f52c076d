package signature

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/sassoftware/relic/v8/lib/pkcs7"
)

// Limits of one signature. Those of Windows files have about 2,000 elements
// and ten certificates.
const (
	maxElements     = 1 << 16
	maxDepth        = 128
	maxCertificates = 64
	maxKeyBits      = 8_192
)

var errTooMuch = fmt.Errorf("more than %d elements or %d levels", maxElements, maxDepth)

// outermost returns the first element of b and what follows it.
func outermost(b []byte) (element, rest []byte, err error) {
	var raw asn1.RawValue
	rest, err = asn1.Unmarshal(b, &raw)
	if err != nil {
		return nil, nil, err
	}
	return raw.FullBytes, rest, nil
}

// bounded counts the elements of a SignedData in all its parts but the
// content, so that reading it cannot cost many times its size.
func bounded(message []byte) error {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue // tagged 0, with the SignedData in it
	}
	if _, err := asn1.Unmarshal(message, &outer); err != nil {
		return err
	}
	var data asn1.RawValue
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil {
		return err
	}
	if !outer.Type.Equal(pkcs7.OidSignedData) {
		return fmt.Errorf("a PKCS#7 message of type %v and not signed data", outer.Type)
	}
	left := maxElements
	parts := data.Bytes
	for i := 0; len(parts) > 0; i++ {
		var part asn1.RawValue
		rest, err := asn1.Unmarshal(parts, &part)
		if err != nil {
			return err
		}
		if i != 2 { // the content
			if err := count(part.FullBytes, &left, maxDepth); err != nil {
				return err
			}
		}
		parts = rest
	}
	return nil
}

// count walks all elements of b down to the primitive ones.
func count(b []byte, left *int, depth int) error {
	for len(b) > 0 {
		if *left--; *left < 0 || depth < 0 {
			return errTooMuch
		}
		var raw asn1.RawValue
		rest, err := asn1.Unmarshal(b, &raw)
		if err != nil {
			return err
		}
		if raw.IsCompound {
			if err := count(raw.Bytes, left, depth-1); err != nil {
				return err
			}
		}
		b = rest
	}
	return nil
}

// parseAll parses certificates. Those that cannot be parsed are left out, as
// nothing may depend on them; a key so large that checking it would take
// minutes is refused.
func parseAll(raw pkcs7.RawCertificates) ([]*x509.Certificate, error) {
	if len(raw) > maxCertificates {
		return nil, fmt.Errorf("%d certificates; up to %d are read", len(raw), maxCertificates)
	}
	certs, _ := raw.Parse() // the error names one of those left out
	for _, c := range certs {
		if !usable(c) {
			return nil, fmt.Errorf("the key of %s is larger than %d bits", nameOf(c), maxKeyBits)
		}
	}
	return certs, nil
}

func usable(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return !ok || key.N.BitLen() <= maxKeyBits
}

// guarded runs a step of the signature library and makes an error of a panic
// in it.
func guarded(step func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the signature library failed: %v", r)
		}
	}()
	return step()
}

var errAttributes = errors.New("it has no signed attributes")
