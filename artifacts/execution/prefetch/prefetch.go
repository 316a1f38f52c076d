// Package prefetch reads the files of Windows\Prefetch: which program ran, how
// often and when, from which volumes it loaded which files in its first ten
// seconds or so.
//
// The format is SCCA in its versions 17 (Windows XP), 23 (Vista, 7), 26 (8, 8.1),
// 30 (10) and 31 (11); since Windows 10 the file is wrapped in MAM, which is
// XPRESS Huffman of [MS-XCA] behind a header of 8 or, with a checksum, 12 bytes.
// Facts about SCCA come from the libyal project's "Windows Prefetch File (PF)
// format".
package prefetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// Artefact is the name that traces of this package carry.
const Artefact = "Prefetch"

// maxSize bounds a file, as it lies on the disk and unpacked. The largest that
// Windows writes, that of the boot, has a few megabytes.
const maxSize = 16 << 20

// Named reports whether path is called like a Prefetch file.
func Named(p string) bool { return strings.EqualFold(path.Ext(p), ".pf") }

// IsPrefetch reports whether head, a file's first bytes, begins a Prefetch
// file. Of a packed one it unpacks the beginning, because SuperFetch packs its
// databases in the same way; 512 bytes are enough for that.
func IsPrefetch(head []byte) bool {
	if h, ok := parseMAM(head); ok {
		head, _ = h.unpack(head, 8)
	}
	return len(head) >= 8 && string(head[4:8]) == signature && layouts[version(head)] != (layout{})
}

// Misnamed reports whether the name of a file, such as REG.EXE-A93A1343.pf,
// says something else than its trace: the file was renamed, or put there by
// hand. Files of the boot and of other phases have names of their own kinds.
func Misnamed(p string, t *artifacts.Trace) bool {
	name, ok := strings.CutSuffix(strings.ToUpper(path.Base(p)), ".PF")
	at := strings.LastIndexByte(name, '-')
	if !ok || at < 0 {
		return true
	}
	if t.Detail("Boot") != "" {
		return false
	}
	return !strings.EqualFold(name[:at], t.Entry) || name[at+1:] != t.Detail("Hash")
}

// Read yields the one trace of a Prefetch file, and what is wrong with the
// file. Times are those at which the program was started, the last eight since
// Windows 8, before that the last one alone. Entry is the program's name as the
// file states it, cut off by Windows at 29 characters; Program is its path
// where the hash of a listed path proves it, else that name. Details:
//
//	Hash            eight upper-case hexadecimal digits, as in the file's name
//	PathHash        how Hash and the paths agree
//	Version         17, 23, 26, 30 or 31
//	Packed          "MAM" where the file is
//	Boot            "yes" for the file of the boot, whose paths are of many programs
//	HashString      the device path that the file says the hash is of (30, 31)
//	FileReference   of Program in its volume's MFT
//	Volume          device path, serial number and time of creation, one for each
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		f, err := load(r, size)
		if f != nil {
			f.decode()
			if !yield(f.trace(), nil) {
				return
			}
			for _, p := range f.problems {
				if !yield(artifacts.Trace{}, p) {
					return
				}
			}
		}
		if err != nil {
			yield(artifacts.Trace{}, err)
		}
	}
}

// load reads the file and unpacks it. A file that is returned has its header;
// what else was wrong is among its problems.
func load(r io.ReaderAt, size int64) (*file, error) {
	if size > maxSize {
		return nil, artifacts.NewProblem(artifacts.Limit, 0, "a Prefetch file of %d bytes, read are at most %d", size, maxSize)
	}
	data := make([]byte, size)
	n, err := r.ReadAt(data, 0)
	if n < len(data) && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	f := &file{data: data[:n]}
	if n < len(data) {
		f.problem(artifacts.Truncated, int64(n), "%d bytes could be read of %d", n, size)
	}
	if h, ok := parseMAM(f.data); ok {
		f.packed = true
		if h.size > maxSize {
			return nil, artifacts.NewProblem(artifacts.Limit, 4, "a Prefetch file that unpacks to %d bytes, read are at most %d", h.size, maxSize)
		}
		if !h.sound(f.data) {
			f.problem(artifacts.Checksum, 8, "the checksum of the packed bytes does not fit them")
		}
		plain, err := h.unpack(f.data, int(h.size))
		if err != nil {
			f.problem(artifacts.Malformed, 0, "%v", err)
		}
		f.data = plain
	}
	if len(f.data) < 8 || string(f.data[4:8]) != signature {
		if len(f.problems) > 0 {
			return nil, f.problems[0]
		}
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "no Prefetch file: the signature SCCA is absent")
	}
	f.layout = layouts[version(f.data)]
	if f.layout == (layout{}) {
		return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "Prefetch version %d", version(f.data))
	}
	if len(f.data) < headerSize+f.layout.information {
		return nil, artifacts.NewProblem(artifacts.Truncated, int64(len(f.data)), "a Prefetch file's header of %d bytes, there are %d", headerSize+f.layout.information, len(f.data))
	}
	return f, nil
}

// trace says what a decoded file attests to.
func (f *file) trace() artifacts.Trace {
	t := artifacts.Trace{Entry: f.name, Artefact: Artefact, Deed: artifacts.Ran, Program: f.name, Count: int64(f.runs), Damaged: f.damaged()}
	for _, at := range f.ran {
		t.AddTime(at, "ran")
	}
	for _, m := range f.metrics {
		t.Paths = append(t.Paths, m.path)
	}
	program, how := f.program()
	t.AddDetail("Hash", fmt.Sprintf("%08X", f.hash))
	t.AddDetail("PathHash", how)
	t.AddDetail("Version", strconv.Itoa(int(version(f.data))))
	if f.packed {
		t.AddDetail("Packed", "MAM")
	}
	if f.boot {
		t.AddDetail("Boot", "yes")
	}
	t.AddDetail("HashString", f.hashed)
	if program.path != "" {
		t.Program = program.path
	}
	if program.reference != (artifacts.FileReference{}) {
		t.AddDetail("FileReference", program.reference.String())
	}
	for _, v := range f.volumes {
		t.AddDetail("Volume", v.String())
	}
	return t
}

// A volume is one from which the program loaded files.
type volume struct {
	device  string // \DEVICE\HARDDISKVOLUME2 or \VOLUME{creation-serial}
	created time.Time
	serial  uint32
}

func (v volume) String() string {
	s := fmt.Sprintf("%s serial %04X-%04X", v.device, v.serial>>16, v.serial&0xFFFF)
	if !v.created.IsZero() {
		s += " created " + v.created.Format(time.RFC3339Nano)
	}
	return s
}
