package executabletest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf16"
)

// A Signing says who signs and how.
type Signing struct {
	By      *Identity
	Hash    crypto.Hash // SHA-256 where zero
	Program string      // what the signer calls the program
	Stamp   *Stamp
	Nested  []Signing // further signatures within this one
	Wrong   Wrong
	Junk    int    // empty values of an attribute that nobody knows
	Sum     []byte // what is signed as the hash of the file, instead of its hash
}

// A Stamp is a time-stamp over a signature.
type Stamp struct {
	By     *Identity
	At     time.Time
	Legacy bool // a counter-signature of PKCS#9 rather than a token of RFC 3161
	Broken bool // over other bytes than the signature's
}

// A Wrong is what a forger did.
type Wrong int

const (
	Nothing    Wrong = iota
	Key              // signed with another key than the certificate's
	Attributes       // no signed attributes
	Content          // the content was changed after signing
)

type (
	oid       = asn1.ObjectIdentifier
	algorithm struct {
		OID    oid
		Params asn1.RawValue `asn1:"optional"`
	}
	digestInfo struct {
		Algorithm algorithm
		Digest    []byte
	}
	attribute struct {
		Type   oid
		Values asn1.RawValue
	}
)

var (
	null       = asn1.RawValue{Tag: asn1.TagNull}
	hashes     = map[crypto.Hash]oid{crypto.SHA1: {1, 3, 14, 3, 2, 26}, crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2}}
	signedData = oid{1, 2, 840, 113549, 1, 7, 2}
	plainData  = oid{1, 2, 840, 113549, 1, 7, 1}
	tstInfo    = oid{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	spcData    = oid{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}
	trustList  = oid{1, 3, 6, 1, 4, 1, 311, 10, 1}
)

// Sign adds a certificate table with a signature to a program file.
func Sign(pe []byte, s Signing) []byte {
	file := padded(append([]byte(nil), pe...), 8)
	message := s.message(spcData, func(h crypto.Hash) []byte {
		if s.Sum != nil {
			return indirectData(h, s.Sum)
		}
		return indirectData(h, ImageHash(file, h))
	})
	length := 8 + len(message)
	entry := make([]byte, 8, length+8)
	put(entry, uint32(length))
	binary.LittleEndian.PutUint16(entry[4:], 0x200)
	binary.LittleEndian.PutUint16(entry[6:], 2)
	table := padded(append(entry, message...), 8)
	put(file[tableEntry(file):], uint32(len(file)), uint32(len(table)))
	return append(file, table...)
}

// ImageHash is the Authenticode hash of a program file without a signature.
func ImageHash(pe []byte, h crypto.Hash) []byte {
	file := padded(append([]byte(nil), pe...), 8)
	sum, entry := h.New(), tableEntry(file)
	checksum := int(binary.LittleEndian.Uint32(file[60:])) + 24 + 64
	sum.Write(file[:checksum])
	sum.Write(file[checksum+4 : entry])
	sum.Write(file[entry+8:])
	return sum.Sum(nil)
}

// tableEntry is where the data directory of the certificate table lies.
func tableEntry(file []byte) int {
	optional := int(binary.LittleEndian.Uint32(file[60:])) + 24
	if binary.LittleEndian.Uint16(file[optional:]) == 0x20B {
		return optional + 112 + 32
	}
	return optional + 96 + 32
}

// A Listed is a file in a catalog.
type Listed struct {
	Digest []byte // Authenticode hash, SHA-1 or SHA-256
	File   string
	Digits bool // the tag is the hash in digits, as before Windows 8
}

// Catalog writes a catalog file.
func Catalog(made time.Time, files []Listed, s Signing) []byte {
	return s.message(trustList, func(crypto.Hash) []byte {
		var members []byte
		for _, f := range files {
			h := crypto.SHA1
			if len(f.Digest) == crypto.SHA256.Size() {
				h = crypto.SHA256
			}
			attributes := attributeOf(spcData, indirectData(h, f.Digest))
			if f.File != "" {
				pair := sequence(marshal(asn1.RawValue{Tag: asn1.TagBMPString, Bytes: bigEndian("File")}), marshal(0x10010001), marshal(wide(f.File)))
				attributes = append(attributes, attributeOf(oid{1, 3, 6, 1, 4, 1, 311, 12, 2, 1}, pair)...)
			}
			tag := f.Digest
			if f.Digits {
				tag = wide(strings.ToUpper(hex.EncodeToString(f.Digest)))
			}
			members = append(members, sequence(marshal(tag), set(attributes))...)
		}
		version := algorithm{oid{1, 3, 6, 1, 4, 1, 311, 12, 1, 3}, null}
		return sequence(sequence(marshal(oid{1, 3, 6, 1, 4, 1, 311, 12, 1, 1})), marshal([]byte("an identifier...")),
			marshal(made.UTC()), marshal(version), sequence(members))
	})
}

// message makes the PKCS#7 message over a content that depends on the hash
// function.
func (s Signing) message(kind oid, content func(crypto.Hash) []byte) []byte {
	if s.Hash == 0 {
		s.Hash = crypto.SHA256
	}
	body := content(s.Hash)
	var raw asn1.RawValue
	must(asn1.Unmarshal(body, &raw))
	attributes := attributeOf(oid{1, 2, 840, 113549, 1, 9, 3}, marshal(kind))
	if s.Program != "" {
		name := explicit(0, marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Bytes: bigEndian(s.Program)}))
		attributes = append(attributes, attributeOf(oid{1, 3, 6, 1, 4, 1, 311, 2, 1, 12}, sequence(name))...)
	}
	if s.Wrong == Content {
		raw.Bytes = append(append([]byte(nil), raw.Bytes[:len(raw.Bytes)-1]...), raw.Bytes[len(raw.Bytes)-1]^1)
	}
	info, signature := s.signerInfo(raw.Bytes, attributes)
	var unsigned []byte
	if s.Stamp != nil {
		unsigned = s.Stamp.attribute(signature)
	}
	for _, n := range s.Nested {
		unsigned = append(unsigned, attributeOf(oid{1, 3, 6, 1, 4, 1, 311, 2, 4, 1}, n.message(kind, content))...)
	}
	if s.Junk > 0 {
		unsigned = append(unsigned, attributeOf(oid{1, 2, 3}, bytes.Repeat(marshal(null), s.Junk))...)
	}
	certificates := s.By.bundle()
	if s.Stamp != nil && s.Stamp.Legacy {
		certificates = append(certificates, s.Stamp.By.bundle()...)
	}
	return wrap(s.Hash, sequence(marshal(kind), explicit(0, body)), certificates, sequence(append(info, tagged(1, unsigned)...)))
}

// signerInfo is a SignerInfo without its sequence and unsigned attributes,
// and the signature in it.
func (s Signing) signerInfo(content, attributes []byte) (info, signature []byte) {
	sum := s.Hash.New()
	sum.Write(content)
	attributes = append(attributes, attributeOf(oid{1, 2, 840, 113549, 1, 9, 4}, marshal(sum.Sum(nil)))...)
	signed := sum.Sum(nil)
	if s.Wrong != Attributes {
		over := s.Hash.New()
		over.Write(set(attributes))
		signed = over.Sum(nil)
	} else {
		attributes = nil
	}
	key := s.By.Key
	if s.Wrong == Key {
		key = newKey(false)
	}
	signature, err := key.Sign(rand.Reader, signed, s.Hash)
	if err != nil {
		panic(err)
	}
	c := s.By.Certificate
	info = append(marshal(1), sequence(c.RawIssuer, marshal(c.SerialNumber))...)
	info = append(info, marshal(algorithm{hashes[s.Hash], null})...)
	info = append(info, tagged(0, attributes)...)
	info = append(info, marshal(s.By.algorithm(s.Hash))...)
	return append(info, marshal(signature)...), signature
}

// attribute is the unsigned attribute with a time-stamp over a signature.
func (t *Stamp) attribute(signature []byte) []byte {
	if t.Broken {
		signature = append([]byte{0xFF}, signature...)
	}
	by := Signing{By: t.By, Hash: crypto.SHA256}
	if t.Legacy {
		signed := append(attributeOf(oid{1, 2, 840, 113549, 1, 9, 3}, marshal(plainData)), attributeOf(oid{1, 2, 840, 113549, 1, 9, 5}, marshal(t.At.UTC()))...)
		info, _ := by.signerInfo(signature, signed)
		return attributeOf(oid{1, 2, 840, 113549, 1, 9, 6}, sequence(info))
	}
	sum := crypto.SHA256.New()
	sum.Write(signature)
	at := marshal(asn1.RawValue{Tag: asn1.TagGeneralizedTime, Bytes: []byte(t.At.UTC().Format("20060102150405Z"))})
	info := sequence(marshal(1), marshal(oid{1, 2, 3, 4}), marshal(digestInfo{algorithm{hashes[crypto.SHA256], null}, sum.Sum(nil)}), marshal(big.NewInt(7)), at)
	inner, _ := by.signerInfo(info, attributeOf(oid{1, 2, 840, 113549, 1, 9, 3}, marshal(tstInfo)))
	token := wrap(crypto.SHA256, sequence(marshal(tstInfo), explicit(0, marshal(info))), t.By.bundle(), sequence(inner))
	return attributeOf(oid{1, 3, 6, 1, 4, 1, 311, 3, 3, 1}, token)
}

// wrap is a ContentInfo with signed data.
func wrap(h crypto.Hash, content, certificates, signer []byte) []byte {
	body := sequence(marshal(1), set(marshal(algorithm{hashes[h], null})), content, tagged(0, certificates), set(signer))
	return sequence(marshal(signedData), explicit(0, body))
}

// indirectData is an SpcIndirectDataContent with a hash of a PE image.
func indirectData(h crypto.Hash, sum []byte) []byte {
	obsolete := explicit(2, marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Bytes: bigEndian("<<<Obsolete>>>")}))
	image := sequence(marshal(asn1.BitString{}), explicit(0, obsolete))
	return sequence(sequence(marshal(oid{1, 3, 6, 1, 4, 1, 311, 2, 1, 15}), image), marshal(digestInfo{algorithm{hashes[h], null}, sum}))
}

func attributeOf(kind oid, value []byte) []byte {
	return marshal(attribute{kind, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: value}})
}

func sequence(parts ...[]byte) []byte { return compound(asn1.ClassUniversal, asn1.TagSequence, parts) }
func set(parts ...[]byte) []byte      { return compound(asn1.ClassUniversal, asn1.TagSet, parts) }
func explicit(tag int, b []byte) []byte {
	return compound(asn1.ClassContextSpecific, tag, [][]byte{b})
}

// tagged is an implicitly tagged set, nothing where it is empty.
func tagged(tag int, b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return explicit(tag, b)
}

func compound(class, tag int, parts [][]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return marshal(asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: all})
}

func marshal(v any) []byte {
	b, err := asn1.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("executabletest: %T: %v", v, err))
	}
	return b
}

func must(_ []byte, err error) {
	if err != nil {
		panic(err)
	}
}

// bigEndian is UTF-16 with the high byte first.
func bigEndian(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}
