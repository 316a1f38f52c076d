package qcow2

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

// maxWindow bounds the memory of a Zstandard frame; QEMU's have 2 MiB.
const maxWindow = 8 << 20

// A cluster is the memory of one compressed cluster, and what is known of it.
type cluster struct {
	packed []byte
	data   []byte
	have   int // bytes of data that are inflated
	given  int // bytes of packed that are in in
	in     bytes.Reader
	flate  io.ReadCloser // a flate.Resetter
}

// give begins the deflate stream with its first n bytes. A decoder goes on
// until its window of 32 KiB is full, however little is read of it, unless its
// input ends.
func (c *cluster) give(n int) {
	c.given, c.have = min(n, len(c.packed)), 0
	c.in.Reset(c.packed[:c.given])
	if again, ok := c.flate.(flate.Resetter); !ok || again.Reset(&c.in, nil) != nil {
		c.flate = flate.NewReader(&c.in)
	}
}

// inflate goes on until want bytes are there, with all of the stream where
// those that were given do not do. Damage behind them is told to whoever asks
// for more.
func (c *cluster) inflate(want int) error {
	for c.have < want {
		n, err := c.flate.Read(c.data[c.have:])
		c.have += n
		switch {
		case err == nil || c.have >= want:
		case err == io.ErrUnexpectedEOF && c.given < len(c.packed):
			c.give(len(c.packed))
		default:
			return err
		}
	}
	return nil
}

// notCompressed is what bytes that deflate leaves as they are have around them
// in a cluster, at most.
const notCompressed = 256

// inflate reads the bytes of a compressed cluster from a byte inside it on. A
// deflate stream is inflated no further than that: the head of a file is often
// all that is asked for. The format has no checksum of it: damage behind those
// bytes, and damage that still inflates to a whole cluster, is not noticed.
func (d *Disk) inflate(p []byte, number int64, desc uint64, inside int64) (bad *artifacts.Problem) {
	// The descriptor is the offset in the low bits and, above it, the number of
	// 512-byte sectors after the one the data begins in.
	low := 62 - (d.clusterBits - 8)
	off := int64(desc & (1<<low - 1))
	length := (int64(desc>>low)+1)*512 - off%512
	want := int(inside) + len(p)
	d.shared.clusters.Use(d.key(number), func(c *cluster, filled bool) bool {
		if !filled {
			if bad = d.load(c, number, off, length); bad != nil {
				return false
			}
			c.give(want + notCompressed)
		}
		if c.have < want {
			if err := d.unpack(c, want); err != nil {
				bad = artifacts.NewProblem(artifacts.Malformed, -1, "%s: the compressed cluster %d at offset %d is damaged: %w", d.name, number, off, err)
				return false
			}
		}
		copy(p, c.data[inside:])
		return true
	})
	return bad
}

// load reads what a cluster is compressed to.
func (d *Disk) load(c *cluster, number, off, length int64) *artifacts.Problem {
	if off >= d.file {
		return artifacts.NewProblem(artifacts.Truncated, -1, "%s: the compressed cluster %d at offset %d lies outside the file of %d bytes", d.name, number, off, d.file)
	}
	length = min(length, d.file-off) // the last sector of the file may be short
	c.packed = slices.Grow(c.packed[:0], int(length))[:length]
	c.data = slices.Grow(c.data[:0], int(d.cluster))[:d.cluster]
	n, err := d.r.ReadAt(c.packed, off)
	if bad := blocks.Short(d.name, off, n, len(c.packed), err); bad != nil {
		return bad
	}
	return nil
}

// unpack inflates at least the first bytes of a cluster. Other bytes may
// follow the stream.
func (d *Disk) unpack(c *cluster, want int) (err error) {
	if d.zstd {
		c.have, err = d.shared.unpackZstd(c.data, c.packed)
	} else {
		err = c.inflate(want)
	}
	if err == nil && c.have < want || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return artifacts.NewProblem(artifacts.Malformed, -1, "it holds %d bytes of %d", c.have, len(c.data))
	}
	return err
}

// unpackZstd fills data and returns how much there was.
func (s *shared) unpackZstd(data, packed []byte) (int, error) {
	z, ok := s.zstd.Get().(*zstd.Decoder)
	if !ok {
		var err error
		// One worker, so that no goroutine outlives the decoder.
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return 0, err
		}
	}
	defer s.zstd.Put(z)
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return 0, err
	}
	return io.ReadFull(z, data)
}
