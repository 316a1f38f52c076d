package layout

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"

	"hivetriage/artifacts"
)

// Digests are what a collector noted of a file's content, in lower-case
// hexadecimal; "" where it noted none. Of a sparse file they cover what was
// stored.
type Digests struct {
	MD5, SHA1, SHA256 string
}

// strongest returns the one that is checked.
func (d Digests) strongest() (name, want string, h hash.Hash) {
	switch {
	case d.SHA256 != "":
		return "SHA-256", d.SHA256, sha256.New()
	case d.SHA1 != "":
		return "SHA-1", d.SHA1, sha1.New()
	case d.MD5 != "":
		return "MD5", d.MD5, md5.New()
	}
	return "", "", nil
}

// Known reports whether there is anything to check.
func (d Digests) Known() bool { return d != Digests{} }

const copySize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// Verify compares a member's content with the strongest of the digests. The
// problem is of kind Checksum where they differ and names both.
func (d Digests) Verify(ctx context.Context, content io.Reader) error {
	name, want, h := d.strongest()
	if h == nil {
		return nil
	}
	buf := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buf)
	if _, err := io.CopyBuffer(h, &interruptible{ctx, content}, buf[:]); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return artifacts.NewProblem(artifacts.Checksum, -1, "the %s of the collected file is %s, the collector noted %s", name, got, want)
	}
	return nil
}

type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
