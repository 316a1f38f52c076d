package batch

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
	"hivetriage/triage"
)

// A file is a regular file and what its first bytes tell of it.
type file struct {
	name, path string
	size       int64
	modified   time.Time
	class      evidence.Class
	format     string // as triage.Probe names it
	named      bool   // only its name tells the class: it does not begin like one
	why        string // it is no evidence
	unread     bool   // it could not be looked at, or not be told to be evidence
}

// probe looks at a file's first bytes. It never opens what is not a regular
// file: a pipe would be waited for.
func probe(path string) *file {
	x := &file{name: filepath.Base(path), path: path}
	head, err := x.read()
	if err != nil {
		x.why, x.unread = "this file cannot be read: "+cause(err), true
		x.byName()
		return x
	}
	x.class, x.format = triage.Probe(path, head)
	switch {
	case x.format == "rar archive": // which images and archives are refused is told in one place
		x.class = evidence.Archive
	case x.class == evidence.Archive && document(head):
		x.class, x.why = evidence.Nothing, "a document or a program's package, packed as a zip"
	case x.class == evidence.Nothing:
		x.why = notEvidence(x.name, head)
		x.unread = rawDiskNames[strings.ToLower(filepath.Ext(x.name))] && (len(head) == 0 || !isText(head))
		x.byName()
	}
	return x
}

func (x *file) read() ([]byte, error) {
	info, err := os.Stat(x.path) // a link was given by the user
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("no regular file: " + kindOfMode(info.Mode()))
	}
	x.size, x.modified = info.Size(), info.ModTime().UTC()
	f, err := os.Open(x.path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // opened read-only: there is nothing to lose
	head := make([]byte, min(artifacts.MaxHead, max(info.Size(), 0)))
	n, err := io.ReadFull(f, head)
	if err == io.ErrUnexpectedEOF || err == io.EOF { // it became shorter meanwhile
		err = nil
	}
	return head[:n], err
}

// byNames are the endings of names, in lower case, that promise a format which
// begins in a way of its own. A file that is called like that and does not begin
// so is damaged, empty or encrypted: its run tells. Raw images are not among
// them: a dump of a computer's memory is called like one.
var byNames = map[string]evidence.Class{
	".e01": evidence.Disk, ".ex01": evidence.Disk, ".s01": evidence.Disk, ".l01": evidence.Disk, ".lx01": evidence.Disk, ".ad1": evidence.Disk, ".aff": evidence.Disk, ".aff4": evidence.Disk,
	".vhd": evidence.Disk, ".vhdx": evidence.Disk, ".avhd": evidence.Disk, ".avhdx": evidence.Disk, ".vmdk": evidence.Disk, ".qcow2": evidence.Disk, ".vdi": evidence.Disk, ".wim": evidence.Disk,
	".zip": evidence.Archive, ".7z": evidence.Archive, ".cab": evidence.Archive, ".tar": evidence.Archive, ".tgz": evidence.Archive, ".gz": evidence.Archive, ".xz": evidence.Archive, ".zst": evidence.Archive, ".rar": evidence.Archive,
	".evtx": evidence.Lone,
}

// byName gives a file the class that its name promises.
func (x *file) byName() {
	if class, found := byNames[strings.ToLower(filepath.Ext(x.name))]; found {
		x.class, x.named = class, true
		if class == evidence.Lone {
			x.format = "evtx"
		}
	}
}

// kind is what an item of this file alone is called.
func (x *file) kind() string {
	kind := "artefact"
	switch x.class {
	case evidence.Disk:
		kind = "disk image"
	case evidence.Archive:
		kind = "archive"
	case evidence.Lone:
		if k, known := loneKinds[x.format]; known {
			kind = k
		}
	}
	switch {
	case x.unread:
		return kind + " by its name, unreadable"
	case x.named && x.size == 0:
		return kind + " by its name, empty"
	case x.named:
		return kind + " by its name alone"
	}
	return kind
}

// loneKinds names the formats of files that are evidence on their own.
var loneKinds = map[string]string{"evtx": "event log", "json log": "event log", "hive": "hive", "$MFT": "file table"}

// document tells whether a zip is an office document, a book or a program's
// package by the name of its first member, which those formats prescribe or
// their writers put first.
func document(head []byte) bool {
	const fixed = 30 // bytes of a member's header before its name
	if len(head) < fixed || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	name := string(head[fixed:])
	for _, first := range []string{"[Content_Types].xml", "_rels/", "mimetype", "META-INF/", "AndroidManifest.xml", "docProps/"} {
		if strings.HasPrefix(name, first) {
			return true
		}
	}
	return false
}

// rawNames are the endings of names that raw images have, and dumps of memory.
var rawNames = map[string]bool{".dd": true, ".raw": true, ".img": true, ".bin": true, ".001": true, ".mem": true, ".vmem": true, ".dmp": true, ".lime": true}

// rawDiskNames are those of them that disks have rather than memory: one that
// cannot be told to be a disk may be a host that is missing.
var rawDiskNames = map[string]bool{".dd": true, ".img": true}

// notEvidence says what a file is that nothing here reads.
func notEvidence(name string, head []byte) string {
	switch {
	case len(head) == 0:
		return "empty"
	case rawNames[strings.ToLower(filepath.Ext(name))]:
		return "it does not begin like a disk or a volume: a dump of memory, or a disk that is encrypted or damaged; give it with --image to see"
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "a PDF document"
	case isText(head):
		return "text"
	}
	return "no disk image, archive, log or hive begins like this"
}

// isText tells whether bytes are text, in UTF-8 or, by its mark, in UTF-16.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) {
		return true
	}
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && n == 1:
			return !utf8.FullRune(head) // cut within a character
		case r < ' ' && r != '\t' && r != '\r' && r != '\n' && r != '\f' && r != 0x1b:
			return false
		}
		head = head[n:]
	}
	return true
}

// outputMarks are what outputs of this program have near their beginning, by
// the file's name: those of a batch, of one run, and of copies that were taken
// out.
var outputMarks = map[string]string{
	RecordName: `"schema": "hivetriage/`, CaseName: `"schema": "hivetriage/`, StatusName: `"schema": "hivetriage/`,
	"manifest.json": `"note": "These files are copies of registry hives and hold credentials`,
}

// isOutput tells whether a folder has outputs of this program: copies of hives
// in it are those that were found before.
func isOutput(dir string, entries []fs.DirEntry) bool {
	for _, e := range entries {
		mark, known := outputMarks[e.Name()]
		if !known || !e.Type().IsRegular() {
			continue
		}
		x := &file{path: filepath.Join(dir, e.Name())}
		if head, err := x.read(); err == nil && bytes.Contains(head, []byte(mark)) {
			return true
		}
	}
	return false
}
