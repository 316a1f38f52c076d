package collection

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"hivetriage/artifacts"
)

// Compression methods of zip members (APPNOTE.TXT 4.4.5).
const (
	stored    = 0
	deflated  = 8
	deflate64 = 9
	bzipped   = 12
	lzma      = 14
	zstandard = 93
	xzPacked  = 95
	ppmd      = 98
	aesMarker = 99 // the method proper is in the AES extra field
)

var methodNames = map[uint16]string{
	1: "Shrink", 6: "Implode", deflate64: "Deflate64", 10: "PKWARE DCL Implode", lzma: "LZMA", 18: "IBM TERSE", 19: "IBM LZ77",
	xzPacked: "XZ", 96: "JPEG variant", 97: "WavPack", ppmd: "PPMd",
}

// readable returns the Problem with a method that is not read.
func readable(method uint16) *artifacts.Problem {
	switch method {
	case stored, deflated, bzipped, zstandard:
		return nil
	}
	name := methodNames[method]
	if name == "" {
		name = "an unknown method"
	}
	return artifacts.NewProblem(artifacts.Unsupported, -1, "compressed with %s (method %d), which is not read: unpack it, e.g. with 7z, and give the folder with --path", name, method)
}

// unpack undoes one of zip's compression methods. Few says that no more than
// artifacts.MaxHead bytes will be read.
func unpack(method uint16, packed io.Reader, few bool) (io.ReadCloser, error) {
	switch method {
	case stored:
		return io.NopCloser(packed), nil
	case deflated:
		return inflate(packed, few), nil
	case bzipped:
		return io.NopCloser(bzip2.NewReader(packed)), nil
	case zstandard:
		return unzstd(packed)
	}
	return nil, readable(method)
}

// maxZstdWindow bounds the memory of a zstd decoder.
const maxZstdWindow = 128 << 20

func unzstd(packed io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return d.IOReadCloser(), nil
}

// A checked reader watches an unpacked stream: it counts against the limits
// and compares length and CRC-32 at the end.
type checked struct {
	r      io.ReadCloser
	meter  *meter
	total  int64
	packed int64 // -1: unknown
	size   int64 // -1: unknown
	sum    hash.Hash32
	crc    uint32
	finish func() error // asked at the end; may be nil
	err    error
}

// check wraps a stream. Without a CRC, sum is nil.
func check(r io.ReadCloser, m *meter, size, packed int64, crc uint32, verify bool) *checked {
	c := &checked{r: r, meter: m, packed: packed, size: size, crc: crc}
	if verify {
		c.sum = crc32.NewIEEE()
	}
	return c
}

func (c *checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.total += int64(n)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	if err == nil {
		err = c.meter.grow(int64(n), c.total, c.packed)
	}
	c.err = c.judge(err)
	return n, c.err
}

func (c *checked) judge(err error) error {
	var p *artifacts.Problem
	switch {
	case err == nil || errors.As(err, &p):
		return err
	case err == io.ErrUnexpectedEOF:
		return artifacts.NewProblem(artifacts.Truncated, c.total, "the packed content ends early")
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch):
		return artifacts.NewProblem(artifacts.Checksum, c.total, "%w", err)
	case err != io.EOF:
		return artifacts.NewProblem(artifacts.Malformed, c.total, "%w", err)
	case c.size >= 0 && c.total < c.size:
		return artifacts.NewProblem(artifacts.Truncated, c.total, "the content ends after %d of %d bytes", c.total, c.size)
	case c.size >= 0 && c.total > c.size:
		return artifacts.NewProblem(artifacts.Malformed, c.size, "the content is longer than the archive says")
	case c.sum != nil && c.sum.Sum32() != c.crc:
		return artifacts.NewProblem(artifacts.Checksum, -1, "the CRC-32 of the content is %08x, the archive says %08x", c.sum.Sum32(), c.crc)
	}
	if c.finish != nil {
		if err := c.finish(); err != nil {
			return err
		}
	}
	return io.EOF
}

func (c *checked) Close() error { return c.r.Close() }
