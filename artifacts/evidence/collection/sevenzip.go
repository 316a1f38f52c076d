package collection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/bodgit/sevenzip"

	"hivetriage/artifacts"
)

// A sevenZip reads 7z. Its members lie in folders that are compressed as one
// stream each, so the order of reading matters.
type sevenZip struct {
	mu      sync.Mutex // the library keeps the readers of folders in a pool
	r       *sevenzip.Reader
	meter   *meter
	members []member
	packed  int64 // size of the archive
	cut     *artifacts.Problem

	password string
}

// max7zHeader is the most of a header that is read, bytes.
const max7zHeader = 256 << 20

// guard7z looks at the start header before the library trusts it: version 2
// bytes at 6, CRC-32 of what follows at 8, then the offset of the header
// behind these 32 bytes, its size and its CRC-32 (7zFormat.txt).
func guard7z(r io.ReaderAt, size int64) error {
	var b [32]byte
	if n, _ := r.ReadAt(b[:], 0); n < len(b) {
		return artifacts.NewProblem(artifacts.Truncated, 0, "the 7z archive ends in its first header")
	}
	if crc32.ChecksumIEEE(b[12:]) != binary.LittleEndian.Uint32(b[8:]) {
		return artifacts.NewProblem(artifacts.Checksum, 8, "the checksum of the 7z archive's first header does not fit")
	}
	offset, length := binary.LittleEndian.Uint64(b[12:]), binary.LittleEndian.Uint64(b[20:])
	switch behind := uint64(size - int64(len(b))); {
	case offset > behind || length > behind-offset:
		return artifacts.NewProblem(artifacts.Truncated, size, "the 7z archive's list of members lies behind its end: the file was cut off")
	case length > max7zHeader:
		return artifacts.NewProblem(artifacts.Limit, -1, "the list of members has %d bytes, the limit is %d", length, max7zHeader)
	}
	return nil
}

func open7z(r io.ReaderAt, size int64, password string, m *meter) (z *sevenZip, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = artifacts.NewProblem(artifacts.Malformed, -1, "the 7z archive's header cannot be read: %v", p)
		}
	}()
	if err := guard7z(r, size); err != nil {
		return nil, err
	}
	reader, err := sevenzip.NewReaderWithPassword(r, size, password)
	if err != nil {
		return nil, problem7z(err, password)
	}
	z = &sevenZip{r: reader, meter: m, packed: size, password: password}
	if len(reader.File) > maxMembers {
		z.cut = artifacts.NewProblem(artifacts.Limit, -1, "%d members beyond the first %d are not examined", len(reader.File)-maxMembers, maxMembers)
		reader.File = reader.File[:maxMembers]
	}
	for _, f := range reader.File {
		m := member{size: int64(f.UncompressedSize)}
		m.name, m.traits = cleanName(f.Name)
		m.times = artifacts.Times{Created: f.Created.UTC(), Modified: f.Modified.UTC(), Accessed: f.Accessed.UTC()}
		switch mode := f.Mode(); {
		case mode.IsDir():
			m.sort = isDir
		case !mode.IsRegular():
			m.sort = isLink
		case m.size < 0:
			m.size = 0
			m.blocked = artifacts.NewProblem(artifacts.Malformed, -1, "the archive states an impossible size")
		}
		z.members = append(z.members, m)
	}
	return z, nil
}

// problem7z tells a missing or wrong password from damage: what is decrypted
// with a wrong key looks damaged.
func problem7z(err error, password string) *artifacts.Problem {
	var p *artifacts.Problem
	if errors.As(err, &p) {
		return p
	}
	var read *sevenzip.ReadError
	if errors.As(err, &read) && read.Encrypted {
		if password == "" {
			return artifacts.NewProblem(artifacts.Encrypted, -1, "encrypted, and no password was given: %s", givePassword)
		}
		return wrongPassword()
	}
	return artifacts.NewProblem(artifacts.Malformed, -1, "7z: %w", err)
}

func (z *sevenZip) list() []member { return z.members }
func (z *sevenZip) forward() bool  { return true }
func (z *sevenZip) Close() error   { return nil }

func (z *sevenZip) trouble() []*artifacts.Problem {
	if z.cut != nil {
		return []*artifacts.Problem{z.cut}
	}
	return nil
}

func (z *sevenZip) open(i int, _ bool) (io.ReadCloser, error) {
	if z.members[i].blocked != nil {
		return nil, z.members[i].blocked
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	r := &sevenZipReader{z: z}
	err := r.guarded(func() (err error) {
		r.r, err = z.r.File[i].Open()
		return err
	})
	if err != nil {
		return nil, err
	}
	f := z.r.File[i]
	return check(r, z.meter, z.members[i].size, z.packed, f.CRC32, f.CRC32 != 0), nil
}

// A sevenZipReader turns the library's errors and panics into Problems.
type sevenZipReader struct {
	z *sevenZip
	r io.ReadCloser
}

func (r *sevenZipReader) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = artifacts.NewProblem(artifacts.Malformed, -1, "7z: %v", p)
		}
	}()
	if err := do(); err != nil && err != io.EOF {
		return problem7z(err, r.z.password)
	} else if err != nil {
		return io.EOF
	}
	return nil
}

func (r *sevenZipReader) Read(p []byte) (n int, err error) {
	err = r.guarded(func() (err error) {
		n, err = r.r.Read(p)
		return err
	})
	return n, err
}

func (r *sevenZipReader) Close() error {
	return r.guarded(func() error {
		if err := r.r.Close(); err != nil {
			return fmt.Errorf("closing: %w", err)
		}
		return nil
	})
}
