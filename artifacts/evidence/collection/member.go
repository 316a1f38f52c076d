package collection

import (
	"io"
	"path"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// sort says what a member is.
type sort uint8

const (
	isFile sort = iota
	isDir
	isLink  // symbolic or hard: never followed
	isOther // a device, a pipe
)

// A member is an entry of one archive.
type member struct {
	name   string // as cleanName writes it
	traits []nameTrait
	sort   sort
	size   int64
	times  artifacts.Times
	clock  time.Time // of the clock on the wall, where the archive has that
	local  bool      // times are clock, for want of better ones
	swells bool      // it announces more than it may grow to
	// blocked says why the content cannot be read; nil where it can.
	blocked *artifacts.Problem
}

// An archive is a list of members and a way to their content.
type archive interface {
	// list returns the members in the order of their content.
	list() []member
	// open returns the content of a member from its beginning. The reader
	// verifies checksums at its end. Head says that no more than
	// artifacts.MaxHead bytes will be read.
	open(i int, head bool) (io.ReadCloser, error)
	// forward reports whether members are cheap to open in their order only.
	forward() bool
	// trouble is what was wrong with the archive as a whole.
	trouble() []*artifacts.Problem
	io.Closer
}

// base is the last component of a name.
func base(name string) string { return path.Base("/" + name) }

// nests reports whether a member's name says that it is an archive that is
// opened, and diskImage whether it says that it is an image, which is not.
func nests(name string) bool {
	return hasSuffix(name, ".zip", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".txz", ".evtx.gz", ".evtx.zst", ".evtx.xz")
}

// diskImage knows the disk images that first bytes do not tell: AFF4 is a zip.
func diskImage(name string) bool { return hasSuffix(name, ".aff4", ".ad1") }

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if len(name) > len(s) && strings.EqualFold(name[len(name)-len(s):], s) && len(base(name)) > len(s) {
			return true
		}
	}
	return false
}
