// Package catalog reads Windows catalog files (.cat): signed lists of the
// Authenticode hashes of files that carry no signature themselves. A catalog
// is a PKCS#7 message whose content is a certificate trust list (RFC 5652,
// and CTL_INFO, CAT_NAMEVALUE and SPC_INDIRECT_DATA of Microsoft's wincrypt,
// mscat and wintrust headers).
package catalog

import (
	"encoding/asn1"
	"encoding/hex"
	"io"
	"time"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable/signature"
	"hivetriage/artifacts/internal/windows"
)

// Limits of one catalog. The largest of Windows have about 10 MB.
const (
	maxCatalog = 64 << 20
	maxMembers = 1 << 20
	maxFile    = 1 << 10 // bytes of a member's name
)

// A Catalog is what a catalog file says.
type Catalog struct {
	Identifier string    // of the list, hexadecimal
	Made       time.Time // UTC
	Members    []Member
	Signature  signature.Signature // of the catalog itself, the best if it has several
}

// A Member is one file that a catalog lists.
type Member struct {
	Digest string // Authenticode hash, lower-case hexadecimal
	File   string // its name, where the catalog gives one
}

var (
	oidIndirect  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}
	oidNameValue = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 12, 2, 1}
)

// IsCatalog tells whether a file that begins with head may be a catalog: a
// PKCS#7 message with signed data.
func IsCatalog(head []byte) bool {
	signedData := "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"
	if len(head) < 2+len(signedData) || head[0] != 0x30 {
		return false
	}
	at := 2
	if head[1] > 0x80 {
		at += int(head[1] & 0x7F)
	}
	return at+len(signedData) <= len(head) && string(head[at:at+len(signedData)]) == signedData
}

// Read reads and verifies a catalog of size bytes. The Catalog holds what
// could be read also where there is an error.
func Read(r io.ReaderAt, size int64, v signature.Verifier) (Catalog, error) {
	if size > maxCatalog {
		return Catalog{}, artifacts.NewProblem(artifacts.Limit, 0, "a catalog of %d bytes; up to %d are read", size, maxCatalog)
	}
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); int64(n) < size {
		return Catalog{}, &artifacts.Problem{Offset: int64(n), Kind: artifacts.IO, Err: err}
	}
	list, all, err := v.List(b)
	if err != nil {
		return Catalog{}, err
	}
	c := Catalog{Signature: signature.Best(all)}
	if len(list) == 0 {
		why := "no list in it"
		if len(c.Signature.Because) > 0 {
			why = c.Signature.Because[0]
		}
		return c, artifacts.NewProblem(artifacts.Malformed, 0, "no catalog: %s", why)
	}
	if err := c.read(list); err != nil {
		return c, artifacts.NewProblem(artifacts.Malformed, 0, "the list of the catalog: %w", err)
	}
	return c, nil
}

// read goes through the parts of a CTL_INFO: what it is for, an identifier
// and a number that may be missing, when it was made, when the next is to be,
// the hash function, the members, extensions.
func (c *Catalog) read(list []byte) error {
	times := 0
	sequences := 0
	for len(list) > 0 {
		var part asn1.RawValue
		rest, err := asn1.Unmarshal(list, &part)
		if err != nil {
			return err
		}
		list = rest
		switch {
		case part.Class != asn1.ClassUniversal:
			return nil // extensions
		case part.Tag == asn1.TagOctetString:
			c.Identifier = hex.EncodeToString(part.Bytes[:min(len(part.Bytes), 64)])
		case part.Tag == asn1.TagUTCTime || part.Tag == asn1.TagGeneralizedTime:
			if times++; times == 1 {
				if _, err := asn1.Unmarshal(part.FullBytes, &c.Made); err != nil {
					return err
				}
			}
		case part.Tag == asn1.TagSequence:
			if sequences++; sequences == 3 { // the first two are the use and the hash function
				return c.members(part.Bytes)
			}
		}
	}
	return nil
}

func (c *Catalog) members(list []byte) error {
	for len(list) > 0 {
		var member struct {
			Tag        []byte
			Attributes asn1.RawValue `asn1:"optional"`
		}
		rest, err := asn1.Unmarshal(list, &member)
		if err != nil {
			return err
		}
		list = rest
		if len(c.Members) == maxMembers {
			return artifacts.NewProblem(artifacts.Limit, 0, "more than %d members", maxMembers)
		}
		m := Member{Digest: tagged(member.Tag)}
		if err := m.describe(member.Attributes.Bytes); err != nil {
			return err
		}
		if m.Digest != "" {
			c.Members = append(c.Members, m)
		}
	}
	return nil
}

// describe reads the attributes of a member that tell its hash and its name.
func (m *Member) describe(attributes []byte) error {
	for len(attributes) > 0 {
		var a struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		rest, err := asn1.Unmarshal(attributes, &a)
		if err != nil {
			return err
		}
		attributes = rest
		switch {
		case a.Type.Equal(oidIndirect):
			if digest := indirect(a.Value.Bytes); digest != "" {
				m.Digest = digest
			}
		case a.Type.Equal(oidNameValue):
			if name, value := nameValue(a.Value.Bytes); name == "File" {
				m.File = value
			}
		}
	}
	return nil
}

// tagged is the hash that a member's tag gives: the hash itself, or its hexadecimal
// digits in UTF-16 with or without a zero; "" for other tags.
func tagged(tag []byte) string {
	switch len(tag) {
	case 20, 32:
		return hex.EncodeToString(tag)
	case 80, 82, 128, 130:
		raw, err := hex.DecodeString(digits(tag))
		if err == nil && (len(raw) == 20 || len(raw) == 32) {
			return hex.EncodeToString(raw)
		}
	}
	return ""
}

// digits are the ASCII characters of UTF-16 up to the last zero.
func digits(b []byte) string {
	if n := len(b); b[n-1] == 0 && b[n-2] == 0 {
		b = b[:n-2]
	}
	return windows.UTF16(b)
}

// indirect is the hash in an SPC_INDIRECT_DATA, "" if it has none of a length
// that Windows uses for files.
func indirect(b []byte) string {
	var data struct {
		About  asn1.RawValue
		Digest struct {
			Algorithm asn1.RawValue
			Hash      []byte
		}
	}
	if _, err := asn1.Unmarshal(b, &data); err != nil || (len(data.Digest.Hash) != 20 && len(data.Digest.Hash) != 32) {
		return ""
	}
	return hex.EncodeToString(data.Digest.Hash)
}

// nameValue reads a CAT_NAMEVALUE: a name with the high byte first, flags, and
// a value with the low byte first.
func nameValue(b []byte) (name, value string) {
	var pair struct {
		Name  asn1.RawValue
		Flags int
		Value []byte
	}
	if _, err := asn1.Unmarshal(b, &pair); err != nil || pair.Name.Tag != asn1.TagBMPString || len(pair.Name.Bytes) > maxFile {
		return "", ""
	}
	var units []uint16
	for b := pair.Name.Bytes; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	text := pair.Value[:min(len(pair.Value), maxFile)]
	for len(text) >= 2 && text[len(text)-1] == 0 && text[len(text)-2] == 0 {
		text = text[:len(text)-2]
	}
	return string(utf16.Decode(units)), windows.UTF16(text)
}
