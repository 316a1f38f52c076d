package triage

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/journal/usn"
	"hivetriage/triage/correlate"
)

// maxPacked bounds the notices of archives that were made around the acts.
const maxPacked = 200

// packedNames are the ends of names of archives.
var packedNames = []string{".zip", ".7z", ".rar", ".cab", ".tar", ".tgz", ".gz", ".wim"}

func isPackedName(name []byte) bool {
	for _, end := range packedNames {
		if len(name) > len(end) && bytes.EqualFold(name[len(name)-len(end):], []byte(end)) {
			return true
		}
	}
	return false
}

// A madeArchive is an archive in the evidence and when it was created there.
type madeArchive struct {
	at      artifacts.Locator
	created time.Time
	owner   string // SID
}

// keepMade keeps the place and the time of an archive.
func (r *run) keepMade(entry artifacts.Entry) {
	at, meta := entry.Locator(), entry.Meta()
	if len(r.packed) < maxMade && at.Stream == "" && isPackedName([]byte(path.Base(at.Path))) && !meta.Times.Created.IsZero() && !meta.LocalTimes && !r.inSnapshot(at) {
		r.packed = append(r.packed, madeArchive{at, meta.Times.Created, meta.Owner})
	}
}

// packers look for archives that were made after an act, in a folder of its
// copies or by its account.
type packers struct {
	r     *run
	spans []span
	// folders of copies, in lower case below the drive's root, by disk
	folders map[diskKey]map[string]bool
	users   map[string]bool // names of profiles, in lower case, and SIDs of the accounts
	found   []correlate.Notice
	known   map[string]bool
}

// A diskKey is a disk in the evidence.
type diskKey struct{ source, disk string }

func diskOf(at artifacts.Locator) diskKey { return diskKey{at.Source, at.Disk()} }

// readPacked finds archives that were made after the acts: files of the
// evidence, and names in change journals.
func (r *run) readPacked(ctx context.Context) []correlate.Notice {
	p := packers{r: r, folders: map[diskKey]map[string]bool{}, users: map[string]bool{}, known: map[string]bool{}}
	for _, a := range r.acts {
		if !a.Start.IsZero() {
			p.spans = append(p.spans, span{a.Start, a.End.Add(r.cfg.Window)})
		}
		for _, id := range []string{a.Actor.Name, a.Actor.SID} {
			if id != "" && !strings.EqualFold(id, "SYSTEM") && id != "S-1-5-18" {
				p.users[strings.ToLower(id)] = true
			}
		}
	}
	for _, e := range r.exports {
		p.addFolder(e.At, e.At.Path)
		for _, h := range e.History {
			p.addFolder(e.At, h.Path)
		}
	}
	for _, m := range r.packed {
		p.take(m.at, m.at.Path, m.created, m.owner, correlate.From{Source: m.at.Source, Volume: m.at.Volume, Path: m.at.Path, Artefact: "file table"})
	}
	for _, v := range r.journaled(ctx) {
		p.readChanges(ctx, v)
		v.done()
	}
	return p.found
}

func (p *packers) addFolder(at artifacts.Locator, file string) {
	if file == "" {
		return
	}
	if p.folders[diskOf(at)] == nil {
		p.folders[diskOf(at)] = map[string]bool{}
	}
	for _, below := range belowDrive(path.Dir(file)) {
		p.folders[diskOf(at)][below] = true
	}
}

// take tells of an archive, if it has to do with an act.
func (p *packers) take(at artifacts.Locator, file string, created time.Time, owner string, from correlate.From) {
	key := at.Source + "\x00" + at.Disk() + strings.ToLower(file)
	if len(p.found) >= maxPacked || p.known[key] || !(&wanted{spans: p.spans}).in(created) {
		return
	}
	why := ""
	for _, below := range belowDrive(path.Dir(file)) {
		if p.folders[diskOf(at)][below] {
			why = "in a folder where a copy lies or lay"
		}
	}
	user := userOf(artifacts.Locator{Path: file})
	if why == "" && (p.users[strings.ToLower(owner)] || user.Name != "" && p.users[strings.ToLower(user.Name)]) {
		why = "by the account that made the copies, or in its profile"
	}
	if why == "" {
		return
	}
	p.known[key] = true
	user.SID = owner
	p.found = append(p.found, correlate.Notice{Time: created, Last: created, Count: 1, Host: p.r.hostOf(at), User: user, Kind: "archive",
		What: fmt.Sprintf("an archive was made %s: %s", why, file), From: from})
}

// readChanges finds the archives that a volume's change journals tell of. What
// cannot be read of them was told when they were read first.
func (p *packers) readChanges(ctx context.Context, v *journaled) {
	s := &stories{r: p.r, v: v, files: map[artifacts.FileReference]*fileStory{}, folders: map[artifacts.FileReference][]folderName{}, places: map[artifacts.FileReference]string{}}
	for _, j := range v.journals {
		if j.kind != changeJournal {
			continue
		}
		content, err := j.entry.Open(ctx)
		if err != nil {
			continue
		}
		for rec, err := range usn.Open(content, content.Size()).Find(ctx, func(h *usn.Head) bool {
			return !h.Directory() && h.Reason&(usn.FileCreate|usn.RenameNewName) != 0 && isPackedName(h.Name)
		}) {
			if err != nil {
				continue
			}
			at := artifacts.Locator{Source: v.source, Volume: v.volume}
			p.take(at, v.root+s.path(rec.Parent, rec.Name, rec.USN), rec.Time, "", correlate.From{Source: j.at.Source, Volume: j.at.Volume, Path: j.at.Path, Offset: rec.Offset, Artefact: "change journal"})
		}
		content.Close()
	}
}
