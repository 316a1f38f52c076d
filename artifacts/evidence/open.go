// Package evidence opens any input as a Source of volumes. It never interprets
// the content of the files in them.
package evidence

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/directory"
)

// A Mode says what the user called the input.
type Mode uint8

const (
	Any   Mode = iota // recognise by content
	Image             // a disk image, whatever its content
	Path              // a directory
)

// Options say how to open an input.
type Options struct {
	Mode      Mode
	Snapshots bool   // volume shadow copies of NTFS volumes are volumes, too
	Password  string // of encrypted archives; never printed
	// Lone, if not nil, is asked about a file's path and first bytes, up to
	// artifacts.MaxHead of them, and names the format of those that are
	// evidence on their own besides the formats that Open knows; else "".
	Lone func(path string, head []byte) string
	// Collections says that what OpenIn opens may be a collector's: a disk image
	// that lies in an archive of somebody's, not on a disk where it is a copy of
	// that computer's files.
	Collections bool
}

// A Reporter is a Source that meets trouble in its container while it is
// read. Problems is asked after the scan.
type Reporter interface {
	Problems() []*artifacts.Problem
}

// known are the formats of a file that is evidence on its own, by its first
// bytes: besides logs and hives, .reg files, and hives as base64.
var known = []struct{ magic, kind string }{
	{"ElfFile\x00", "evtx"},
	{"regf", "hive"},
	{"FILE0\x00", directory.Table},
	{"FILE*\x00", directory.Table},
	{"BAAD0\x00", directory.Table},
	{"Windows Registry Editor ", "hive"},
	{"\xEF\xBB\xBFWindows Registry Editor ", "hive"},
	{"\xFF\xFEW\x00i\x00n\x00d\x00o\x00w\x00s\x00 \x00R\x00e\x00g\x00", "hive"},
	{"REGEDIT4", "hive"},
	{"cmVnZ", "hive"},
	{"-----BEGIN CERTIFICATE-----\r\ncmVnZ", "hive"},
	{"-----BEGIN CERTIFICATE-----\ncmVnZ", "hive"},
}

// Open opens the evidence at path. In this order it is a directory, a single
// event log, hive or file table of NTFS by its first bytes, an archive (package collection), or a
// disk image: image.Open has the list of containers. Errors are one line each and say what to do.
//
// A source made from an image or from a single file also implements
// artifacts.Media, one made from an image Reporter.
func Open(ctx context.Context, path string, opt Options) (artifacts.Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if strings.HasPrefix(path, `\\.\`) { // a Windows device, which cannot be asked what it is
		return openAs(path, opt, false, "")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if info.IsDir() {
		return openAs(path, opt, true, "")
	}
	kind := ""
	if info.Mode().IsRegular() && opt.Mode != Image {
		if kind, err = loneKind(path, opt.Lone); err != nil {
			return nil, unreadable(path, err)
		}
	}
	if info.Mode().IsRegular() && kind == "" {
		if source, err := openArchive(ctx, path, opt); err != nil {
			return nil, unreadable(path, err)
		} else if source != nil {
			return source, nil
		}
	}
	return openAs(path, opt, false, kind)
}

func openAs(path string, opt Options, isDir bool, kind string) (artifacts.Source, error) {
	var source artifacts.Source
	var err error
	switch {
	case isDir && opt.Mode == Image:
		return nil, refused(path, "a directory, not an image: give it with --path")
	case !isDir && opt.Mode == Path && kind == "":
		return nil, refused(path, "not a directory: give a disk image with --image, and a single log or hive as it is")
	case isDir:
		source, err = directory.Open(path)
	case kind != "":
		source, err = directory.OpenFile(path, kind)
	default:
		return openImage(path, opt)
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	return source, nil
}

func loneKind(path string, lone func(string, []byte) string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // opened read-only: there is nothing to lose
	head := make([]byte, artifacts.MaxHead)
	n, _ := f.ReadAt(head, 0) // the image reader tells what is wrong with a file that cannot be read
	for _, l := range known {
		if bytes.HasPrefix(head[:n], []byte(l.magic)) {
			return l.kind, nil
		}
	}
	if lone == nil {
		return "", nil
	}
	return lone(path, head[:n]), nil
}

func refused(path, why string) *artifacts.Problem {
	p := artifacts.NewProblem(artifacts.Unsupported, -1, "%s", why)
	p.At.Source = path
	return p
}

// unreadable says in one line why an input cannot be opened and what to do.
func unreadable(path string, err error) *artifacts.Problem {
	var system *fs.PathError
	if !errors.As(err, &system) {
		return artifacts.Located(artifacts.Locator{Source: path}, err)
	}
	err = system.Err // without the path, which the place has
	advice := "copy the evidence to a readable place and try again"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = "check the path"
	case errors.Is(err, fs.ErrPermission):
		advice = "run as a user who may read it, for a device as root or administrator"
	}
	q := artifacts.NewProblem(artifacts.IO, -1, "%w: %s", err, advice)
	q.At.Source = path
	return q
}

var (
	_ artifacts.Source = (*directory.Source)(nil)
	_ artifacts.Source = (*directory.File)(nil)
	_ artifacts.Media  = (*directory.File)(nil)
	_ artifacts.Source = (*imageSource)(nil)
	_ artifacts.Media  = (*imageSource)(nil)
	_ Reporter         = (*imageSource)(nil)
)
