package layout

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// accessors are Velociraptor's ways of reading files: the folders below
// uploads.
var accessors = map[string]bool{"auto": true, "ntfs": true, "lazy_ntfs": true, "mft": true, "ntfs_vss": true, "file": true}

// beside are the files that Velociraptor puts beside uploads.
var beside = []string{"uploads.json", "client_info.json", "collection_context.json", "requests.json", "log.json", "uploads.json.index", "log.json.index"}

// velociraptor knows uploads/ACCESSOR with a file of the collector beside it.
// The format: https://docs.velociraptor.app/docs/offline_triage/ and the
// container writer of the project.
func velociraptor(l *Layout, x *index) bool {
	for _, uploads := range x.named("uploads") {
		base := folder(uploads)
		mark := slices.IndexFunc(beside, func(n string) bool { _, ok := x.byName[fold(join(base, n))]; return ok })
		if mark < 0 {
			continue
		}
		for _, accessor := range x.inside(uploads) {
			if accessors[fold(accessor)] {
				l.because("uploads/%s lies beside %s", accessor, beside[mark])
				l.uploads(x, base, join(uploads, accessor))
			}
		}
		l.collectorFiles(x, base)
	}
	return len(l.roots) > 0
}

// uploads takes the volumes below an accessor's folder; what lies in none of
// them comes from a system without drives.
func (l *Layout) uploads(x *index, base, accessor string) {
	l.add([]root{{prefix: accessor, base: base, drive: unixRoot}})
	for _, name := range x.inside(accessor) {
		if drive, snapshot, ok := driveFolder(decode(name)); ok {
			l.add([]root{{prefix: join(accessor, name), base: base, drive: drive, snapshot: snapshot}})
		}
	}
}

// collectorFiles reads what the collector wrote about itself and its uploads.
func (l *Layout) collectorFiles(x *index, base string) {
	for _, name := range beside {
		if _, found := x.byName[fold(join(base, name))]; found {
			l.metadata[fold(join(base, name))] = true
		}
	}
	l.hostFrom(x, join(base, "client_info.json"))
	l.uploaded(x, base)
	results := join(base, "results")
	for _, name := range x.inside(results) {
		switch decoded := decode(name); {
		case strings.HasSuffix(decoded, "/Uploads.json"), strings.HasSuffix(name, "%2FUploads.json"),
			strings.HasSuffix(decoded, "All File Metadata.json"), strings.HasSuffix(decoded, "All Matches Metadata.json"):
			l.described(x, join(results, name))
		}
		l.metadata[fold(join(results, name))] = true
	}
	for _, name := range x.names {
		stored, found := strings.CutSuffix(name, ".idx")
		if !found || !strings.HasPrefix(fold(name), fold(join(base, "uploads/"))) {
			continue
		}
		if i, exists := x.byName[fold(stored)]; exists && !x.members[i].Dir {
			l.index(x, name, stored, x.members[i].Size)
		}
	}
}

// index reads the ranges of a sparse file; a file that merely has such a name
// stays what it is.
func (l *Layout) index(x *index, name, stored string, size int64) {
	b := x.content(l, name)
	s, err := ParseIndex(b)
	if err != nil {
		delete(l.metadata, fold(name))
		if bytes.Contains(bytes.ToLower(b), []byte(`"ranges"`)) {
			l.problem(name, artifacts.Malformed, "the index of a sparse file: %w", err)
		}
		return
	}
	if s.Stored > size {
		l.problem(stored, artifacts.Truncated, "%d bytes of the file were collected, its index needs %d", size, s.Stored)
	}
	if _, journal := x.names, fold(path.Base(stored)); s.Size > maxExpanded && !strings.HasSuffix(journal, "$j") {
		l.problem(name, artifacts.Limit, "the file would have %d bytes with its holes, the limit is %d: it is read as it was stored", s.Size, int64(maxExpanded))
		return
	}
	l.sparse[fold(stored)] = s
}

// An upload is a row of any of Velociraptor's tables of files. Keys are read
// whatever their case.
type upload struct {
	SourceFile       string
	SourceFileSha256 string
	Created          stamp
	Changed          stamp
	Modified         stamp
	LastAccessed     stamp
	VFSPath          string   `json:"vfs_path"`
	Components       []string `json:"_Components"`
	Type             string
}

// uploaded maps members to the paths that uploads.json has for them, which
// differ where a name was too long for the archive.
func (l *Layout) uploaded(x *index, base string) {
	name := join(base, "uploads.json")
	for row := range jsonRows[upload](x, l, name) {
		p, ok := windowsPath(row.VFSPath)
		if !ok || len(row.Components) < 2 || row.Type == "idx" || p.drive == "" {
			continue
		}
		parts := make([]string, len(row.Components))
		for i, c := range row.Components {
			parts[i] = encode(c)
		}
		member := join(base, strings.Join(parts, "/"))
		if i, found := x.byName[fold(member)]; found && !x.members[i].Dir {
			f := l.byMember[fold(member)]
			f.place = p
			l.byMember[fold(member)] = f
		}
	}
}

// encode escapes a component as Velociraptor does.
func encode(component string) string {
	const always = `?"*:|<>%/\`
	var b strings.Builder
	for i := 0; i < len(component); i++ {
		c := component[i]
		edge := (i == 0 || i == len(component)-1) && c == '.' || i == len(component)-1 && c == ' '
		if strings.IndexByte(always, c) >= 0 || edge || c < ' ' {
			b.WriteString("%" + strings.ToUpper(string([]byte{"0123456789abcdef"[c>>4], "0123456789abcdef"[c&15]})))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// described takes times and digests of files.
func (l *Layout) described(x *index, name string) {
	for row := range jsonRows[upload](x, l, name) {
		p, ok := windowsPath(row.SourceFile)
		if !ok {
			continue
		}
		f := l.byPlace[p.key()]
		f.times = artifacts.Times{
			Created: newer(f.times.Created, row.Created), Modified: newer(f.times.Modified, row.Modified),
			Changed: newer(f.times.Changed, row.Changed), Accessed: newer(f.times.Accessed, row.LastAccessed),
		}
		f.digests.SHA256 = first(digest(row.SourceFileSha256, 64), f.digests.SHA256)
		l.byPlace[p.key()] = f
	}
}

func newer(old time.Time, s stamp) time.Time {
	if t := time.Time(s); !t.IsZero() {
		return t
	}
	return old
}

// A stamp is a time in text or in seconds since 1970, or nothing.
type stamp time.Time

// UnmarshalJSON never fails: a value that is no time is none.
func (s *stamp) UnmarshalJSON(b []byte) error {
	var written string
	var seconds float64
	switch {
	case json.Unmarshal(b, &written) == nil:
		*s = stamp(moment(written))
	case json.Unmarshal(b, &seconds) == nil && seconds > 0 && seconds < 1e11:
		*s = stamp(plausible(time.Unix(0, int64(seconds*1e7)*100)))
	}
	return nil
}
