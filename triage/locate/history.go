package locate

import (
	"fmt"
	"path"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// The kinds of Happening.
const (
	HappenedCreated = "created"
	HappenedWritten = "written" // the last write to its data
	HappenedRenamed = "renamed" // also: moved to another folder
	HappenedLinked  = "linked"
	HappenedDeleted = "deleted"
	HappenedNamed   = "named"  // the transaction log handles a name of it
	HappenedListed  = "listed" // the index of a folder has a name of it
)

// A Happening is one thing that a journal of the file system, or the index of
// a folder, tells of the file that holds an export.
type Happening struct {
	Time   time.Time         `json:"time,omitzero"` // zero: the journal does not tell when
	Kind   string            `json:"kind"`
	What   string            `json:"what"` // "created as /Temp/sam.save", "renamed to ...", "deleted"
	Path   string            `json:"path,omitempty"`
	USN    uint64            `json:"usn,omitempty"` // of a record of the change journal
	LSN    uint64            `json:"lsn,omitempty"` // of a record of the transaction log
	From   artifacts.Locator `json:"from"`          // the journal, or the index
	Offset int64             `json:"offset"`        // of the record in it
}

// RemoteName reports whether a name is one under which impacket's secretsdump
// saves a hive.
func RemoteName(name string) bool { return remoteNames.MatchString(strings.ToLower(name)) }

// Journaled judges a file of which only name and place are known: its size is
// not. What Reported needs a size for is weaker here.
func Journaled(p Place) (Lead, bool) {
	name := strings.ToLower(path.Base(p.Path))
	hive, copied := placeTells(p, name)
	if hive == "" {
		return Lead{}, false
	}
	p.Hive = hive
	l := Lead{Hive: hive, Copied: copied, Location: Classify(p)}
	if l.Location.Class == Normal || l.Location.Class == Informational {
		return Lead{}, false
	}
	switch {
	case copied:
		l.Why = fmt.Sprintf("only copies of %s are named like this", hive)
	case strings.Contains(p.Path, "/$OrphanFiles/"):
		l.Weak = true
		l.Why = fmt.Sprintf("its name is %s's, but its folder is not known any more: it may have been a place where Windows keeps one", hive)
	case strings.HasSuffix(name, ".dat"):
		l.Weak = true
		l.Why = fmt.Sprintf("its name is %s's, but other programs name their files like this too, and its size is not known", hive)
	default:
		l.Why = fmt.Sprintf("its name is %s's, and no %s belongs there", hive, hive)
	}
	return l, true
}
