// Package profile reads what a user's hives, NTUSER.DAT and UsrClass.dat,
// tell of what the user did: programs started, commands typed, files and
// folders chosen, shares and computers connected to, and what runs when the
// user logs on. Each function takes the root of a hive that is browsed or
// loaded, reads only the keys that it needs, and yields one trace for each
// entry. Whose hive it is the caller knows.
//
// A list of what was used most recently tells one time only: that of its key,
// which is when the newest entry came to its place. Other entries have none.
//
// Errors are *artifacts.Problem with the offset of the value in the file; what
// the reader of the hive itself meets is in hive.Browser.Err. Where it is not
// said otherwise the places and layouts of the values are those of
// winreg-kb and of hives examined.
package profile

import (
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// The artefacts that the traces of this package are of, beside those of
// registry.RunKeys.
const (
	InUserAssist    = "UserAssist"
	InRunMRU        = "RunMRU"
	InComDlg32      = "ComDlg32"
	InRecentDocs    = "RecentDocs"
	InTypedPaths    = "TypedPaths"
	InMountPoints   = "MountPoints2"
	InNetworkDrives = "NetworkDrives"
	InRemoteDesktop = "TerminalServerClient"
	InSevenZip      = "7-Zip"
	InWinRAR        = "WinRAR"
	InRegedit       = "Regedit"
	InSysinternals  = "SysinternalsEULA"
	InLogonScript   = "LogonScript"
	InShellBags     = "ShellBags"
	InOneDrive      = "OneDrive"
)

// What the times mean.
const (
	LastRan         = "last ran"
	NewestWritten   = "most recent entry written"
	KeyWritten      = "key last written"
	LicenseAccepted = "license accepted"
)

type traces = iter.Seq2[artifacts.Trace, error]

// Read goes through all that this package reads, in an NTUSER.DAT, a
// UsrClass.dat, or an export of Software in the former.
func Read(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, read := range []func(hive.Node) traces{
			UserAssist, RunMRU, ComDlg32, RecentDocs, TypedPaths, MountPoints, NetworkDrives, RemoteDesktop,
			SevenZip, WinRAR, Regedit, Sysinternals, Startup, ShellBags, OneDrive,
		} {
			for t, err := range read(root) {
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

const (
	explorer  = `Software\Microsoft\Windows\CurrentVersion\Explorer`
	maxData   = 64 << 10 // bytes of a value that are read
	maxValues = 4096     // values of one key
	maxVisits = 1 << 18  // keys and values that one function looks at: in a damaged hive lists may lead to the same keys again and again
)

// A place is a key and its path.
type place struct {
	hive.Node
	path string
	left *int // of maxVisits
}

// find finds a key below the root, also where the root is the first key of the
// path: in an export of that key.
func find(root hive.Node, path string) (place, bool) {
	if root == nil {
		return place{}, false
	}
	left := maxVisits
	if n, ok := hive.Find(root, path); ok {
		return place{n, path, &left}, true
	}
	if first, rest, below := strings.Cut(path, `\`); below && strings.EqualFold(root.Name(), first) {
		n, ok := hive.Find(root, rest)
		return place{n, path, &left}, ok
	}
	return place{}, false
}

func (p place) below(name string) (place, bool) {
	n, ok := hive.Find(p.Node, name)
	return place{n, p.path + `\` + name, p.left}, ok
}

// keys yields the keys below; an error is the last element.
func (p place) keys() iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		for n := range p.Children() {
			if err := p.visit(); err != nil {
				yield(place{}, err)
				return
			}
			if !yield(place{n, p.path + `\` + n.Name(), p.left}, nil) {
				return
			}
		}
	}
}

// visit counts a key or a value that is looked at.
func (p place) visit() error {
	if *p.left--; *p.left < 0 {
		return artifacts.NewProblem(artifacts.Limit, p.Offset(), "%s: more than %d keys and values", p.path, maxVisits)
	}
	return nil
}

// An item is a value and its place in the list of its key.
type item struct {
	hive.Datum
	in   place
	rank int // 0 is the newest, -1 is not in the list
}

// items returns the values of the key but for its list, the newest first:
// MRUListEx has 32-bit numbers, MRUList letters.
func (p place) items() ([]item, error) {
	var order []string
	var failed error
	for _, list := range []string{"MRUListEx", "MRUList"} {
		d, ok := hive.FindValue(p.Node, list)
		if !ok {
			continue
		}
		b, err := bytesOf(d)
		failed = errors.Join(failed, err)
		if list == "MRUList" {
			order = append(order, strings.Split(untilNUL(b), "")...)
			continue
		}
		for ; len(b) >= 4 && binary.LittleEndian.Uint32(b) != 0xffffffff; b = b[4:] {
			order = append(order, strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b)), 10))
		}
	}
	ranks := make(map[string]int, len(order))
	for i, name := range order {
		if _, twice := ranks[strings.ToLower(name)]; !twice {
			ranks[strings.ToLower(name)] = i
		}
	}
	all, err := p.rank(func(name string) (int, bool) {
		if strings.HasPrefix(strings.ToUpper(name), "MRULIST") {
			return 0, false
		}
		r, ok := ranks[strings.ToLower(name)]
		if !ok {
			r = -1
		}
		return r, true
	})
	return all, errors.Join(failed, err)
}

// numbered returns the values that are called prefix and a number, which
// counts from first, the newest.
func (p place) numbered(prefix string, first int) ([]item, error) {
	return p.rank(func(name string) (int, bool) {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			return 0, false
		}
		n, err := strconv.Atoi(name[len(prefix):])
		return n - first, err == nil && n >= first
	})
}

// rank sorts the values that of wants by the rank that it gives them; the
// unranked are last.
func (p place) rank(of func(name string) (int, bool)) ([]item, error) {
	var all []item
	for d := range p.Data() {
		if err := p.visit(); err != nil {
			return all, err
		}
		rank, ok := of(d.Name())
		if !ok {
			continue
		}
		if len(all) == maxValues {
			return all, artifacts.NewProblem(artifacts.Limit, p.Offset(), "%s has more than %d values", p.path, maxValues)
		}
		all = append(all, item{d, p, rank})
	}
	slices.SortStableFunc(all, func(a, b item) int {
		if (a.rank < 0) != (b.rank < 0) {
			return b.rank - a.rank
		}
		return a.rank - b.rank
	})
	return all, nil
}

// trace is what all entries of a list have. The newest has the key's time.
func (i item) trace(artefact string, deed artifacts.Deed) artifacts.Trace {
	t := artifacts.Trace{Artefact: artefact, Deed: deed, Offset: i.Offset(), Entry: i.in.path + `\` + i.Name()}
	if i.rank == 0 {
		t.AddTime(i.in.LastWritten(), NewestWritten)
	}
	if i.rank >= 0 {
		t.AddDetail("place in the list", strconv.Itoa(i.rank+1))
	}
	return t
}

// trace is that of the key itself.
func (p place) trace(artefact string, deed artifacts.Deed) artifacts.Trace {
	t := artifacts.Trace{Artefact: artefact, Deed: deed, Offset: p.Offset(), Entry: p.path}
	t.AddTime(p.LastWritten(), KeyWritten)
	return t
}

// bytesOf reads a value's data.
func bytesOf(d hive.Datum) ([]byte, error) {
	b, err := d.Data(maxData)
	switch {
	case errors.Is(err, hive.ErrSecret):
		return nil, artifacts.NewProblem(artifacts.Unsupported, d.Offset(), "value %q: %w", d.Name(), err)
	case err != nil:
		return b, artifacts.Located(artifacts.Locator{}, err)
	case d.Length() > maxData:
		return b, artifacts.NewProblem(artifacts.Limit, d.Offset(), "value %q has %d bytes", d.Name(), d.Length())
	}
	return b, nil
}

// textOf reads a value's string, up to its first NUL.
func textOf(d hive.Datum) (string, error) {
	b, err := bytesOf(d)
	return untilNUL(b), err
}

func untilNUL(b []byte) string {
	s, _, _ := strings.Cut(windows.UTF16(b), "\x00")
	return s
}

// cutText splits data into the string at its beginning and what follows its
// NUL.
func cutText(b []byte) (s string, rest []byte, ok bool) {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return windows.UTF16(b[:i]), b[i+2:], true
		}
	}
	return windows.UTF16(b), nil, false
}

// tell yields joined problems one by one.
func tell(err error, yield func(artifacts.Trace, error) bool) bool {
	if err == nil {
		return true
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !tell(e, yield) {
				return false
			}
		}
		return true
	}
	return yield(artifacts.Trace{}, err)
}

// each yields the traces that make makes of the items of a list. A trace
// without artefact is left out.
func each(all []item, err error, yield func(artifacts.Trace, error) bool, make func(item) (artifacts.Trace, error)) bool {
	if !tell(err, yield) {
		return false
	}
	for _, i := range all {
		t, err := make(i)
		if t.Artefact != "" {
			if err != nil {
				t.Damaged = strings.ReplaceAll(err.Error(), "\n", "; ")
			}
			if !yield(t, nil) {
				return false
			}
		}
		if !tell(err, yield) || t.Artefact == "" && spent(err) {
			return false
		}
	}
	return true
}

// spent reports whether the reader of the hive has come to its limit: it reads
// no other value then.
func spent(err error) bool {
	var p *artifacts.Problem
	return errors.As(err, &p) && p.Kind == artifacts.Limit
}
