package roots

import (
	"crypto/x509"
	"encoding/binary"

	"hivetriage/artifacts"
)

// propertyCertificate is CERT_CERT_PROP_ID: the property of a stored
// certificate that is the certificate.
const propertyCertificate = 32

// Stored reads the certificate that Windows keeps in the registry, in the
// value Blob of a key below Microsoft\SystemCertificates\...\Certificates: a
// row of properties, each a number, a number that is always 1, a length and
// the bytes, in little-endian words of 32 bits.
func Stored(blob []byte) (*x509.Certificate, error) {
	for at := int64(0); ; {
		rest := blob[at:]
		if len(rest) < 12 {
			return nil, artifacts.NewProblem(artifacts.Malformed, at, "no certificate among the properties")
		}
		length := int64(binary.LittleEndian.Uint32(rest[8:]))
		if length > int64(len(rest)-12) {
			return nil, artifacts.NewProblem(artifacts.Truncated, at, "a property of %d bytes where %d are left", length, len(rest)-12)
		}
		if binary.LittleEndian.Uint32(rest) == propertyCertificate {
			c, err := x509.ParseCertificate(rest[12 : 12+length])
			if err != nil {
				return nil, artifacts.NewProblem(artifacts.Malformed, at+12, "the certificate: %w", err)
			}
			return c, nil
		}
		at += 12 + length
	}
}
