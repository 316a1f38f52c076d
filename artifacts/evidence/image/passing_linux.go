package image

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// directAlignment is what O_DIRECT asks of offsets, lengths and memory on
// disks with sectors of 512 bytes; larger sectors refuse what is less aligned.
const directAlignment = 512

// A passingFile is the same file opened a second time, with O_DIRECT, when it
// is first needed.
type passingFile struct {
	once    sync.Once
	direct  *os.File // nil where that is of no use, or not possible
	refused atomic.Bool
}

// ReadPassing reads past the system's cache, or the usual way what cannot be
// read so.
func (f *rawFile) ReadPassing(p []byte, off int64) (int, error) {
	f.passing.once.Do(func() {
		if !cached(f.File) {
			f.passing.direct = openDirect(f.File)
		}
	})
	whole := len(p) / directAlignment * directAlignment
	if f.passing.direct == nil || f.passing.refused.Load() || whole == 0 ||
		off%directAlignment != 0 || uintptr(unsafe.Pointer(&p[0]))%directAlignment != 0 {
		return f.ReadAt(p, off)
	}
	done, err := f.passing.direct.ReadAt(p[:whole], off)
	if errors.Is(err, unix.EINVAL) {
		f.passing.refused.Store(true)
	}
	if done == len(p) {
		return done, nil
	}
	n, err := f.ReadAt(p[done:], off+int64(done)) // the end of the file, or where there was an error
	return done + n, err
}

// cached reports whether all of a file is in the system's cache, false where
// the system does not tell: Linux does since 6.5. Asked for a part of a file
// it would tell of what it has read ahead, which reading that keeps up.
func cached(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	var pages unix.Cachestat_t
	err = unix.Cachestat(uint(f.Fd()), new(unix.CachestatRange), &pages, 0) // a length of 0: to the end
	return err == nil && info.Size() > 0 && int64(pages.Cache)*int64(os.Getpagesize()) >= info.Size()
}

// openDirect opens a file for reading past the system's cache, nil where its
// file system or its place does not allow it.
func openDirect(f *os.File) *os.File {
	direct, err := os.OpenFile(f.Name(), os.O_RDONLY|unix.O_DIRECT, 0)
	if err != nil {
		return nil
	}
	a, errA := f.Stat()
	b, errB := direct.Stat()
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		direct.Close() // opened read-only: there is nothing to lose
		return nil
	}
	return direct
}

func (p *passingFile) close() {
	if p.direct != nil {
		p.direct.Close() // opened read-only: there is nothing to lose
	}
}
