package prefetch

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	signature  = "SCCA"
	headerSize = 84
	nameChars  = 29 // of the program's name, at most
	flagBoot   = 1
)

// A layout says where a version keeps what. Offsets of the information are
// from its start, at 84 bytes of the file.
type layout struct {
	information int // bytes of it that every variant has
	times       int // offset of the times of the last runs, the latest first
	timesCount  int
	runs        int // offset of the run count
	metric      int // bytes of an entry of the list of files
	nameAt      int // offset in it of the offset and the length of the path
	chain       int // bytes of an entry of the trace chains
	volume      int // bytes of a volume's entry
}

var layouts = map[uint32]layout{
	17: {information: 68, times: 36, timesCount: 1, runs: 60, metric: 20, nameAt: 8, chain: 12, volume: 40},
	23: {information: 156, times: 44, timesCount: 1, runs: 68, metric: 32, nameAt: 12, chain: 12, volume: 104},
	26: {information: 224, times: 44, timesCount: 8, runs: 124, metric: 32, nameAt: 12, chain: 12, volume: 104},
	30: {information: 212, times: 44, timesCount: 8, runs: 124, metric: 32, nameAt: 12, chain: 8, volume: 96},
	31: {information: 212, times: 44, timesCount: 8, runs: 124, metric: 32, nameAt: 12, chain: 8, volume: 96},
}

// Versions 30 and 31 exist with an information of 224 bytes, behind which the
// list of files begins, and with one of 212, in which the run count comes eight
// bytes earlier.
const (
	longInformation  = 224
	shortInformation = 212
	shortRuns        = 116
)

func version(data []byte) uint32 { return binary.LittleEndian.Uint32(data) }

// A file is a Prefetch file, unpacked, and what was found in it.
type file struct {
	data   []byte
	packed bool
	layout layout

	name    string
	hash    uint32
	boot    bool
	ran     []time.Time // the latest first
	runs    uint32
	hashed  string // the device path that the hash is of, "" where it is not told
	metrics []metric
	volumes []volume

	problems []*artifacts.Problem
}

// A metric is an entry of the list of files.
type metric struct {
	path      string
	reference artifacts.FileReference // in the MFT; zero before version 23 and where it is not told
}

// maxProblems bounds what is kept of a file's faults.
const maxProblems = 8

// problem keeps a fault at an offset, or at the end of the file if that lies
// behind it.
func (f *file) problem(kind artifacts.Kind, offset int64, format string, args ...any) {
	if len(f.problems) < maxProblems {
		f.problems = append(f.problems, artifacts.NewProblem(kind, min(offset, int64(len(f.data))), format, args...))
	}
}

func (f *file) damaged() string {
	var why []string
	for _, p := range f.problems {
		why = append(why, p.Error())
	}
	return strings.Join(why, "; ")
}

// field is a 32-bit number of the information.
func (f *file) field(at int) uint32 { return binary.LittleEndian.Uint32(f.data[headerSize+at:]) }

// decode reads the header and all sections; what cannot be read is a problem.
func (f *file) decode() {
	b := f.data
	if stated := binary.LittleEndian.Uint32(b[12:]); int64(stated) != int64(len(b)) {
		kind := artifacts.Malformed
		if int64(stated) > int64(len(b)) {
			kind = artifacts.Truncated
		}
		f.problem(kind, 12, "the header states %d bytes, there are %d", stated, len(b))
	}
	f.name = text(b[16:76])
	if f.name == "" {
		f.problem(artifacts.Malformed, 16, "the name of the program is empty")
	}
	f.hash = binary.LittleEndian.Uint32(b[76:])
	f.boot = b[80]&flagBoot != 0
	for i := range f.layout.timesCount {
		ticks := binary.LittleEndian.Uint64(b[headerSize+f.layout.times+8*i:])
		if t := windows.Filetime(ticks); !t.IsZero() {
			f.ran = append(f.ran, t)
		} else if ticks != 0 {
			f.problem(artifacts.Malformed, int64(headerSize+f.layout.times+8*i), "a time of run is no FILETIME")
		}
	}
	f.runs = f.field(f.runsAt())
	f.readHashed()
	f.readMetrics()
	f.readVolumes()
}

// short reports whether the information is that of 212 bytes.
func (f *file) short() bool {
	return version(f.data) >= 30 && f.field(0) != headerSize+longInformation
}

func (f *file) runsAt() int {
	if f.short() {
		return shortRuns
	}
	return f.layout.runs
}

// section returns size bytes from at on, fewer with a problem where the file
// ends before.
func (f *file) section(what string, at, size int64) []byte {
	end := int64(len(f.data))
	if at+size > end {
		f.problem(artifacts.Truncated, at, "%s, %d bytes at %d, reaches behind the end at %d", what, size, at, end)
	}
	at = min(at, end)
	return f.data[at:min(at+size, end)]
}

// readHashed reads the device path that the hash is made of: two numbers behind
// the run count, its offset and its size in bytes. It is not always there.
func (f *file) readHashed() {
	if version(f.data) < 30 {
		return
	}
	at, size := int64(f.field(f.runsAt()+12)), int64(f.field(f.runsAt()+16))
	if at < headerSize || size < 2 || at+size > int64(len(f.data)) || size > 1<<16 {
		return
	}
	if s := text(f.data[at : at+size]); strings.HasPrefix(s, `\`) {
		f.hashed = s
	}
}

// readMetrics reads the list of files and their paths. A path may stand in the
// strings once: no more text is taken than there is.
func (f *file) readMetrics() {
	at, count := int64(f.field(0)), int64(f.field(4))
	entries := f.section("the list of files", at, count*int64(f.layout.metric))
	stringsAt, stringsSize := int64(f.field(16)), int64(f.field(20))
	names := f.section("the paths of the files", stringsAt, stringsSize)
	chains := int64(f.field(12))
	f.section("the trace chains", int64(f.field(8)), chains*int64(f.layout.chain))
	left := len(names)
	for i := 0; i+f.layout.metric <= len(entries); i += f.layout.metric {
		e := entries[i : i+f.layout.metric]
		from := int64(binary.LittleEndian.Uint32(e[f.layout.nameAt:]))
		size := 2 * int64(binary.LittleEndian.Uint32(e[f.layout.nameAt+4:]))
		if from+size > int64(len(names)) {
			f.problem(artifacts.Malformed, at+int64(i), "the path of a file lies outside of the paths")
			continue
		}
		if left -= int(size); left < 0 {
			f.problem(artifacts.Limit, at+int64(i), "the paths of the files overlap; the rest is not read")
			return
		}
		m := metric{path: windows.UTF16(names[from : from+size])}
		if f.layout.metric >= 32 {
			if int64(binary.LittleEndian.Uint32(e))+int64(binary.LittleEndian.Uint32(e[4:])) > chains {
				f.problem(artifacts.Malformed, at+int64(i), "the trace chain of a file lies outside of the trace chains")
			}
			m.reference = artifacts.NewFileReference(binary.LittleEndian.Uint64(e[24:]))
		}
		f.metrics = append(f.metrics, m)
	}
}

// readVolumes reads the volumes; offsets in their entries are from the start
// of the first.
func (f *file) readVolumes() {
	at, count, size := int64(f.field(24)), int64(f.field(28)), int64(f.field(32))
	b := f.section("the volumes", at, size)
	if count*int64(f.layout.volume) > int64(len(b)) {
		f.problem(artifacts.Malformed, at, "%d volumes in %d bytes", count, len(b))
		count = int64(len(b) / f.layout.volume)
	}
	left := len(b)
	for i := range int(count) {
		e := b[i*f.layout.volume:]
		v := volume{created: windows.Filetime(binary.LittleEndian.Uint64(e[8:])), serial: binary.LittleEndian.Uint32(e[16:])}
		from, size := int64(binary.LittleEndian.Uint32(e)), 2*int64(binary.LittleEndian.Uint32(e[4:]))
		if from+size > int64(len(b)) || left < int(size) {
			f.problem(artifacts.Malformed, at+int64(i*f.layout.volume), "the device path of a volume lies outside of the volumes")
		} else {
			v.device = windows.UTF16(b[from : from+size])
			left -= int(size)
		}
		f.volumes = append(f.volumes, v)
	}
}

// text decodes UTF-16 up to its end or the first NUL.
func text(b []byte) string {
	for i := 0; i+1 < len(b); i += 2 {
		if bytes.Equal(b[i:i+2], []byte{0, 0}) {
			return windows.UTF16(b[:i])
		}
	}
	return windows.UTF16(b)
}
