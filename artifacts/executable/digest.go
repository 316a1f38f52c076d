package executable

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"

	"hivetriage/artifacts"
)

// chunk is how much is read at a time for hashing.
const chunk = 256 << 10

// hash reads the whole file once. l is nil where the file is no portable
// executable.
func (f *Facts) hash(ctx context.Context, r io.ReaderAt, l *layout) error {
	whole := []hash.Hash{sha256.New(), sha1.New()}
	var image []hash.Hash
	var left []Span
	if l != nil {
		image = []hash.Hash{sha256.New(), sha1.New()}
		left = l.left(f.Certificates)
	}
	err := stream(ctx, r, f.Size, func(at int64, b []byte) {
		if f.Size > HeadSize && at < HeadSize && at+int64(len(b)) >= HeadSize {
			whole[1].Write(b[:HeadSize-at])
			f.SHA1Head = hexSum(whole[1])
			whole[1].Write(b[HeadSize-at:])
		} else {
			whole[1].Write(b)
		}
		whole[0].Write(b)
		feed(image, left, at, b)
	})
	if err != nil {
		f.SHA1Head = ""
		return err
	}
	f.SHA256, f.SHA1 = hexSum(whole[0]), hexSum(whole[1])
	if image != nil {
		pad(image, f)
		f.Authenticode = Digests{SHA256: hexSum(image[0]), SHA1: hexSum(image[1])}
	}
	return nil
}

// Digest is the Authenticode hash of a file whose facts are f by any hash
// function, for signatures made over another one than Facts.Authenticode.
func Digest(ctx context.Context, r io.ReaderAt, f Facts, function crypto.Hash) ([]byte, error) {
	l, err := readLayout(r, f.Size)
	if l == nil {
		return nil, err
	}
	h := []hash.Hash{function.New()}
	left := l.left(f.Certificates)
	if err := stream(ctx, r, f.Size, func(at int64, b []byte) { feed(h, left, at, b) }); err != nil {
		return nil, err
	}
	pad(h, &f)
	return h[0].Sum(nil), nil
}

// left are the parts that a signature is not made over, in the order of the
// file: the checksum, the entry of the certificate table, and that table.
func (l *layout) left(table Span) []Span {
	spans := []Span{l.checksum, l.entry, table}
	slices.SortFunc(spans, func(a, b Span) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	return spans
}

// pad adds the zeros that a signer puts before the certificate table so that
// it begins at a multiple of eight. A signed file has them already.
func pad(hashes []hash.Hash, f *Facts) {
	if f.Certificates != (Span{}) || f.Size%8 == 0 {
		return
	}
	for _, h := range hashes {
		h.Write(make([]byte, 8-f.Size%8))
	}
}

// feed writes what of b, which lies at an offset of the file, is not within
// the spans.
func feed(hashes []hash.Hash, spans []Span, at int64, b []byte) {
	if len(hashes) == 0 {
		return
	}
	end := at + int64(len(b))
	for _, s := range spans {
		if s.Length == 0 || s.Offset >= end || s.Offset+s.Length <= at {
			continue
		}
		if s.Offset > at {
			write(hashes, b[:s.Offset-at])
		}
		next := min(s.Offset+s.Length, end)
		b, at = b[next-at:], next
	}
	write(hashes, b)
}

func write(hashes []hash.Hash, b []byte) {
	for _, h := range hashes {
		h.Write(b)
	}
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// stream hands out the bytes of a file in order.
func stream(ctx context.Context, r io.ReaderAt, size int64, each func(at int64, b []byte)) error {
	buffer := make([]byte, min(size, chunk))
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buffer[:min(size-at, chunk)]
		n, err := r.ReadAt(b, at)
		if n < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return &artifacts.Problem{Offset: at + int64(n), Kind: artifacts.IO, Err: err}
		}
		each(at, b)
		at += int64(n)
	}
	return nil
}
