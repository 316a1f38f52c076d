// Package shelllink reads what Windows keeps of the files that somebody
// opened: shortcuts (LNK, [MS-SHLLINK]), the lists of shell items in them and
// in the registry, and jump lists.
//
// Facts that [MS-SHLLINK] does not have are those of the specifications of
// libfwsi (shell items) and dtformats (jump lists).
package shelllink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// The names of the artefacts.
const (
	LNK      = "LNK"
	JumpList = "JumpList"
)

// What the times of these artefacts mean. Those of the target are what the
// file system had when the link was written.
const (
	TargetCreated  = "target created, as the link recorded it"
	TargetModified = "target modified, as the link recorded it"
	TargetAccessed = "target accessed, as the link recorded it"
	LastOpened     = "last opened"
)

// maxLink bounds what is read of one link, bytes. Strings have 64 Ki
// characters at most, and property stores are small.
const maxLink = 2 << 20

// Read reads a shortcut: one trace, even of a damaged one. Errors are
// *artifacts.Problems.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, artifacts.Located(artifacts.Locator{}, err))
			return
		}
		b := make([]byte, max(min(size, maxLink), 0))
		n, err := r.ReadAt(b, 0)
		if n < len(b) && !errors.Is(err, io.EOF) && !yield(artifacts.Trace{}, artifacts.Located(artifacts.Locator{}, err)) {
			return
		}
		link, err := Parse(b[:n])
		if link.Length > 0 {
			t := link.trace(LNK, "")
			t.Damaged = text(err)
			if behind := size - link.Length; behind > 0 && err == nil {
				t.Details = append(t.Details, artifacts.Datum{Name: "bytes behind the link", Value: strconv.FormatInt(behind, 10)})
			}
			if !yield(t, nil) {
				return
			}
		}
		tell(err, 0, yield)
	}
}

// tell yields the problems in err, moved by off bytes.
func tell(err error, off int64, yield func(artifacts.Trace, error) bool) bool {
	for _, problem := range problems(err) {
		if problem.Offset >= 0 {
			problem.Offset += off
		}
		if !yield(artifacts.Trace{}, problem) {
			return false
		}
	}
	return true
}

// problems takes joined errors apart.
func problems(err error) []*artifacts.Problem {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []*artifacts.Problem{artifacts.Located(artifacts.Locator{}, err)}
	}
	var all []*artifacts.Problem
	for _, e := range joined.Unwrap() {
		all = append(all, problems(e)...)
	}
	return all
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// Path is the place of the target: what LinkInfo tells, else the environment
// block, else the item list, else the relative path. The item list comes first
// where LinkInfo's letters are not known, since its names are UTF-16.
func (l *Link) Path() string {
	switch {
	case l.Foreign && (strings.HasPrefix(l.Target.Path, `\\`) || strings.Contains(l.Target.Path, `:\`)):
		return l.Target.Path
	case l.Local != "":
		return join(l.Local, l.Suffix)
	case l.Share != "":
		return join(l.Share, l.Suffix)
	case l.Environment != "":
		return l.Environment
	case l.Target.Path != "":
		return l.Target.Path
	}
	return l.Relative
}

// trace tells what the link attests to.
func (l *Link) trace(artefact, entry string) artifacts.Trace {
	t := artifacts.Trace{Artefact: artefact, Entry: entry, Deed: artifacts.Opened, Host: l.Tracker.Machine, Times: l.times(), Details: l.details()}
	target := l.Path()
	t.Paths = appendPath(appendPath(t.Paths, target), l.Target.Path)
	if target != "" && (l.Arguments != "" || runs(target)) {
		t.Program = target
		t.Command = command(target, l.Arguments)
	}
	return t
}

// appendPath adds a path that is not there yet.
func appendPath(paths []string, path string) []string {
	if path == "" || slices.ContainsFunc(paths, func(p string) bool { return strings.EqualFold(p, path) }) {
		return paths
	}
	return append(paths, path)
}

// runs reports whether a target is a program.
func runs(target string) bool {
	switch _, name, _ := cutLast(target, "."); strings.ToLower(name) {
	case "exe", "com", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "hta", "msc", "scr", "pif", "cpl", "msi":
		return true
	}
	return false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func command(target, arguments string) string {
	if strings.ContainsRune(target, ' ') {
		target = `"` + target + `"`
	}
	if arguments == "" {
		return target
	}
	return target + " " + arguments
}

// times are those of the target, the oldest first. The item list has them only
// with a resolution of 2 seconds: they serve where the header has none.
func (l *Link) times() []artifacts.Stamp {
	return stamps(
		artifacts.Stamp{Time: known(l.Created, l.Target.Created), Means: TargetCreated},
		artifacts.Stamp{Time: known(l.Modified, l.Target.Modified), Means: TargetModified},
		artifacts.Stamp{Time: known(l.Accessed, l.Target.Accessed), Means: TargetAccessed})
}

func known(t, or time.Time) time.Time {
	if t.IsZero() {
		return or
	}
	return t
}

// stamps leaves out zero times and puts the oldest first.
func stamps(all ...artifacts.Stamp) []artifacts.Stamp {
	all = slices.DeleteFunc(all, func(s artifacts.Stamp) bool { return s.Time.IsZero() })
	slices.SortStableFunc(all, func(a, b artifacts.Stamp) int { return a.Time.Compare(b.Time) })
	return all
}

var driveTypes = [...]string{"", "", "removable", "fixed", "remote", "optical", "RAM disk"}

// details are what else the link holds, without what is empty.
func (l *Link) details() []artifacts.Datum {
	var d data
	if l.Size != 0 {
		d.add("target size", strconv.FormatUint(uint64(l.Size), 10))
	}
	if l.Drive < uint32(len(driveTypes)) {
		d.add("drive type", driveTypes[l.Drive])
	}
	if l.Serial != 0 {
		d.add("volume serial", fmt.Sprintf("%04X-%04X", l.Serial>>16, l.Serial&0xffff))
	}
	d.add("volume label", l.Label)
	d.add("share", l.Share)
	d.add("mapped drive", l.Device)
	d.add("comment", l.Comment)
	d.add("relative path", l.Relative)
	d.add("working directory", l.WorkingDir)
	d.add("arguments", l.Arguments)
	d.add("icon", l.Icon)
	d.add("environment path", l.Environment)
	if l.Target.File.Record != 0 {
		d.add("MFT reference", l.Target.File.String())
	}
	d.tracker(l.Tracker)
	if l.Target.Skipped > 0 {
		d.add("shell items not read", fmt.Sprintf("%d of %d, %d bytes", l.Target.Skipped, l.Target.Items, l.Target.Bytes))
	}
	if l.Properties > 0 {
		d.add("property store not read", fmt.Sprintf("%d bytes", l.Properties))
	}
	return d
}

type data []artifacts.Datum

func (d *data) add(name, value string) {
	if value != "" {
		*d = append(*d, artifacts.Datum{Name: name, Value: value})
	}
}

func (d *data) tracker(t Tracker) {
	d.add("machine", t.Machine)
	d.add("droid volume", t.Volume)
	d.add("droid object", t.Object)
	if t.BirthVolume != t.Volume || t.BirthObject != t.Object {
		d.add("birth droid volume", t.BirthVolume)
		d.add("birth droid object", t.BirthObject)
	}
	d.add("MAC address in the object identifier", t.MAC)
	if !t.Made.IsZero() {
		d.add("time in the object identifier", t.Made.Format(time.RFC3339Nano))
	}
}
