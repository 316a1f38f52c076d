package qcow2

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"hivetriage/artifacts"
)

// maxWindow bounds the memory of a Zstandard frame; QEMU's have 2 MiB.
const maxWindow = 8 << 20

// A decoder is what the decompression of one cluster needs.
type decoder struct {
	zstd   bool
	buf    []byte
	packed bytes.Reader
	flate  io.ReadCloser
	frame  *zstd.Decoder
}

// inflated returns a compressed cluster. The format has no checksum of it:
// damage that still inflates to a whole cluster is not noticed.
func (d *Disk) inflated(cluster int64, desc uint64) ([]byte, *artifacts.Problem) {
	if data, ok := d.shared.clusters.Get(d.key(cluster)); ok {
		return data, nil
	}
	// The descriptor is the offset in the low bits and, above it, the number of
	// 512-byte sectors after the one the data begins in.
	low := 62 - (d.clusterBits - 8)
	off := int64(desc & (1<<low - 1))
	length := (int64(desc>>low)+1)*512 - off%512
	if off >= d.file {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "%s: the compressed cluster %d at offset %d lies outside the file of %d bytes", d.name, cluster, off, d.file)
	}
	c := d.decode.Get().(*decoder)
	defer d.decode.Put(c)
	length = min(length, d.file-off) // the last sector of the file may be short
	if int64(cap(c.buf)) < length {
		c.buf = make([]byte, max(length, d.cluster))
	}
	c.buf = c.buf[:length]
	n, err := d.r.ReadAt(c.buf, off)
	if bad := short(d.name, off, n, len(c.buf), err); bad != nil {
		return nil, bad
	}
	data := make([]byte, d.cluster)
	if err := c.unpack(data); err != nil {
		return nil, artifacts.NewProblem(artifacts.Malformed, -1, "%s: the compressed cluster %d at offset %d is damaged: %w", d.name, cluster, off, err)
	}
	d.shared.clusters.Put(d.key(cluster), data, len(data))
	return data, nil
}

// unpack fills data from c.buf, where other bytes may follow the stream.
func (c *decoder) unpack(data []byte) error {
	c.packed.Reset(c.buf)
	r, err := c.stream()
	if err != nil {
		return err
	}
	n, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return artifacts.NewProblem(artifacts.Malformed, -1, "it holds %d bytes of %d", n, len(data))
	}
	return err
}

// stream begins a decompression of c.packed.
func (c *decoder) stream() (io.Reader, error) {
	if !c.zstd {
		if c.flate == nil {
			c.flate = flate.NewReader(&c.packed)
			return c.flate, nil
		}
		return c.flate, c.flate.(flate.Resetter).Reset(&c.packed, nil)
	}
	if c.frame == nil {
		var err error
		// One worker, so that no goroutine outlives the decoder.
		c.frame, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
	}
	return c.frame, c.frame.Reset(&c.packed)
}
