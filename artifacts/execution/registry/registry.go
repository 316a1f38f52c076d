// Package registry reads what a computer's own hives tell of programs: which
// stood on its disks, which ran, which Windows is told to run, and what was
// attached. Each function takes the root of a hive that is browsed or loaded,
// reads only the keys that it needs, and yields one trace for each entry.
//
// What a reader of the hive itself meets, such as a list that cannot be read,
// is in hive.Browser.Err; the errors of the functions are *artifacts.Problem
// of single entries, with the offset of the entry's value or key in the file.
// Offset of a Trace is the same.
//
// Strings stand as they were recorded: paths may begin with a device or a
// variable. No value is read that holds credentials.
package registry

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// The artefacts that the traces of this package are of.
const (
	InAmcache        = "Amcache"
	InShimCache      = "ShimCache"
	InBAM            = "BAM"
	InDAM            = "DAM"
	InService        = "Service"
	InTaskCache      = "TaskCache"
	InRunKey         = "RunKey"
	InImageOptions   = "IFEO"
	InSilentExit     = "SilentProcessExit"
	InUSB            = "USBSTOR"
	InMountedDevices = "MountedDevices"
	InShare          = "NetworkShare"
)

// What times mean.
const (
	keyWritten   = "key last written"
	fileModified = "file modified"
)

const maxText = 1 << 16 // bytes of a text value that is read: a command line has 32767 characters at most

// Registry value types.
const (
	regSZ       = 1
	regExpandSZ = 2
	regDWord    = 4
	regMultiSZ  = 7
	regQWord    = 11
)

var le = binary.LittleEndian

// An entry is a key of which some values are read.
type entry struct {
	key    hive.Node
	path   string // below the root
	values map[string]hive.Datum
	failed error // the first value that could not be read
}

// open finds the named values of a key in one pass; it reads none of them.
func open(key hive.Node, path string, names ...string) *entry {
	e := &entry{key: key, path: path, values: make(map[string]hive.Datum, len(names))}
	for d := range key.Data() {
		for _, name := range names {
			if _, have := e.values[name]; !have && strings.EqualFold(d.Name(), name) {
				e.values[name] = d
			}
		}
	}
	return e
}

// data returns at most limit bytes of a value that was named to open, nil if
// there is none.
func (e *entry) data(name string, limit int) []byte {
	d, ok := e.values[name]
	if !ok {
		return nil
	}
	b, err := d.Data(limit)
	if err != nil && e.failed == nil {
		e.failed = problem(err, d.Offset())
	}
	return b
}

// text returns a REG_SZ or REG_EXPAND_SZ up to its first NUL, "" for others.
func (e *entry) text(name string) string {
	d, ok := e.values[name]
	if !ok || d.Type() != regSZ && d.Type() != regExpandSZ {
		return ""
	}
	return untilNUL(e.data(name, maxText))
}

// number returns a REG_DWORD or REG_QWORD.
func (e *entry) number(name string) (uint64, bool) {
	d, ok := e.values[name]
	if !ok || d.Type() != regDWord && d.Type() != regQWord {
		return 0, false
	}
	switch b := e.data(name, 8); len(b) {
	case 4:
		return uint64(le.Uint32(b)), true
	case 8:
		return le.Uint64(b), true
	}
	return 0, false
}

// filetime returns the FILETIME that 8 bytes of any type hold, zero if they
// hold none.
func (e *entry) filetime(name string) time.Time {
	if b := e.data(name, 8); len(b) == 8 {
		return windows.Filetime(le.Uint64(b))
	}
	return time.Time{}
}

// trace begins a trace of the entry.
func (e *entry) trace(artefact string, deed artifacts.Deed) artifacts.Trace {
	return artifacts.Trace{Offset: e.key.Offset(), Entry: e.path, Artefact: artefact, Deed: deed}
}

// give yields a trace, and behind it what could not be read for it.
func (e *entry) give(t artifacts.Trace, yield func(artifacts.Trace, error) bool) bool {
	err := e.failed
	e.failed = nil
	if err != nil {
		t.Damaged = err.Error()
	}
	return yield(t, nil) && (err == nil || yield(artifacts.Trace{}, err))
}

// problem gives an error of the hive its place.
func problem(err error, offset int64) error {
	var p *artifacts.Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, hive.ErrSecret):
		return artifacts.NewProblem(artifacts.Unsupported, offset, "registry: %w", err)
	}
	return artifacts.NewProblem(artifacts.Malformed, offset, "registry: %w", err)
}

func untilNUL(b []byte) string {
	s, _, _ := strings.Cut(windows.UTF16(b), "\x00")
	return s
}

// controlSets returns the control sets of a SYSTEM, the current one first,
// which is ControlSet001 where Select does not tell.
func controlSets(root hive.Node) []hive.Node {
	if root == nil {
		return nil
	}
	var current uint32
	var sets []hive.Node
	for key := range root.Children() {
		switch name := strings.ToLower(key.Name()); {
		case name == "select":
			current = hive.NumberOf(key, "Current").Value
		case len(name) == len("controlset001") && strings.HasPrefix(name, "controlset"):
			sets = append(sets, key)
		}
	}
	rank := func(set hive.Node) int {
		if name := set.Name(); cmp.Or(current, 1) == setNumber(name) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(sets, func(a, b hive.Node) int { return cmp.Compare(rank(a), rank(b)) })
	return sets
}

// currentSet finds a key in the current control set of a SYSTEM; path is that
// of the key below the root.
func currentSet(root hive.Node, below string) (key hive.Node, path string, ok bool) {
	sets := controlSets(root)
	if len(sets) == 0 {
		return nil, "", false
	}
	key, ok = hive.Find(sets[0], below)
	return key, sets[0].Name() + `\` + below, ok
}

// setNumber is the number that the name of a control set ends with.
func setNumber(name string) uint32 {
	var n uint32
	for _, c := range name[len("ControlSet"):] {
		n = 10*n + uint32(c-'0')
	}
	return n
}
