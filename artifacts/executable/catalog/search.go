package catalog

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/signature"
)

// Reading for the cheap question. The longest thing looked for is a hash of
// 64 digits in UTF-16 with a zero, and three bytes before it.
const (
	window  = 1 << 20
	overlap = 3 + 130
)

// A Search looks for files in catalogs, as Windows keeps them by the thousand
// below System32\CatRoot. It is not for several goroutines at once.
type Search struct {
	verifier signature.Verifier
	wanted   map[string]struct{} // hashes as bytes
	buffer   []byte
}

// A Found is a wanted file and the catalog that lists it. The members of the
// Catalog are only those that were wanted.
type Found struct {
	Digest  string // the one of executable.Digests that the catalog lists
	Catalog Catalog
}

// NewSearch makes a search for files by their Authenticode hashes.
func NewSearch(v signature.Verifier, wanted ...executable.Digests) *Search {
	s := &Search{verifier: v, wanted: map[string]struct{}{}, buffer: make([]byte, window)}
	for _, d := range wanted {
		for _, digest := range []string{d.SHA1, d.SHA256} {
			if raw, err := hex.DecodeString(digest); err == nil && len(raw) > 0 {
				s.wanted[string(raw)] = struct{}{}
			}
		}
	}
	return s
}

// Look returns what a catalog lists of the wanted files. A catalog that does
// not have the bytes of a wanted hash anywhere is not parsed.
func (s *Search) Look(ctx context.Context, r io.ReaderAt, size int64) ([]Found, error) {
	has, err := s.mentions(ctx, r, size)
	if !has {
		return nil, err
	}
	c, err := Read(r, size, s.verifier)
	var members []Member
	for _, m := range c.Members {
		raw, herr := hex.DecodeString(m.Digest)
		if _, ok := s.wanted[string(raw)]; ok && herr == nil {
			members = append(members, m)
		}
	}
	var found []Found
	c.Members = members
	seen := map[string]bool{}
	for _, m := range members {
		if !seen[m.Digest] {
			seen[m.Digest] = true
			found = append(found, Found{Digest: m.Digest, Catalog: c})
		}
	}
	return found, err
}

// mentions is the cheap question: whether a wanted hash stands in the file.
func (s *Search) mentions(ctx context.Context, r io.ReaderAt, size int64) (bool, error) {
	for at := int64(0); at < size; at += window - overlap {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		b := s.buffer[:min(size-at, window)]
		if n, err := r.ReadAt(b, at); n < len(b) {
			return false, &artifacts.Problem{Offset: at + int64(n), Kind: artifacts.IO, Err: err}
		}
		if s.within(b) {
			return true, nil
		}
		if at+int64(len(b)) == size {
			break
		}
	}
	return false, nil
}

// within goes from one octet string of the length of a hash to the next. DER
// writes the type 4, the length, and the bytes; lengths above 127 have a byte
// 0x81 before them.
func (s *Search) within(b []byte) bool {
	for {
		i := bytes.IndexByte(b, 4)
		if i < 0 || i+2 > len(b) {
			return false
		}
		b = b[i+1:]
		length, from := int(b[0]), 1
		if length == 0x81 && len(b) > 1 {
			length, from = int(b[1]), 2
		}
		switch length {
		case 20, 32:
			if len(b) >= from+length {
				if _, ok := s.wanted[string(b[from:from+length])]; ok {
					return true
				}
			}
		case 80, 82, 128, 130:
			if len(b) >= from+length && s.written(b[from:from+length]) {
				return true
			}
		}
	}
}

// written tells whether b is a wanted hash in hexadecimal digits of UTF-16.
func (s *Search) written(b []byte) bool {
	var raw [32]byte
	n := len(b) / 4
	for i := range n {
		high, low := digit(b[4*i:]), digit(b[4*i+2:])
		if high < 0 || low < 0 {
			return false
		}
		raw[i] = byte(high<<4 | low)
	}
	_, ok := s.wanted[string(raw[:n])]
	return ok
}

// digit is the value of a hexadecimal digit in UTF-16, -1 for anything else.
func digit(b []byte) int {
	if b[1] != 0 {
		return -1
	}
	switch c := b[0]; {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
