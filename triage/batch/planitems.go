package batch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hivetriage/artifacts/evidence"
)

// maxGiven is how many loose files one item has at most where their folder is
// not theirs alone: a command line names them.
const maxGiven = 100

// addFolder makes an item of a folder.
func (f *finder) addFolder(dir string) { f.addFolders([]string{dir}, baseName(dir)) }

// addFolders makes one item of several folders of a host.
func (f *finder) addFolders(paths []string, base string) {
	e := &evidenceItem{Item: Item{Paths: paths, Kind: "folder"}, base: base}
	for _, p := range paths {
		part := f.folderPart(p)
		e.Parts = append(e.Parts, part)
		e.Size += part.Size
	}
	f.found = append(f.found, e)
}

// addGroup makes an item of an image or an archive.
func (f *finder) addGroup(s *set) {
	kind := s.open[0].kind()
	if s.host {
		kind = "disk images"
	}
	base := s.base
	if !s.host {
		base = stem(base)
	}
	f.add(s.files, s.open, kind, base)
}

func (f *finder) add(files, open []*file, kind, base string) {
	e := &evidenceItem{Item: Item{Kind: kind}, base: base}
	for _, x := range files {
		part := f.filePart(x)
		e.files = append(e.files, x.path)
		e.Parts = append(e.Parts, part)
		e.Size += part.Size
	}
	for _, x := range open {
		e.Paths = append(e.Paths, x.path)
	}
	f.found = append(f.found, e)
}

// addLoose makes one item of a folder in which nothing but loose files was
// found.
func (f *finder) addLoose(l *looked) {
	f.addFolder(l.dir)
	f.found[len(f.found)-1].Kind = "folder of logs and artefacts"
}

// addFiles makes one item of loose files, of more where they are too many to be
// named on one command line, and returns how many.
func (f *finder) addFiles(files []*file, dir string) (items int) {
	for chunk := range slices.Chunk(files, maxGiven) {
		if len(files) == 1 {
			f.add(chunk, chunk, files[0].kind(), stem(files[0].name))
		} else {
			f.add(chunk, chunk, "loose logs and artefacts", baseName(dir))
		}
		items++
	}
	return items
}

// listed bounds the rows of one folder's files that are no evidence: of more
// there is one row that counts them.
const listed = 20

// tellOthers notes the files of a folder that are no evidence.
func (f *finder) tellOthers(dir string, g *grouped) {
	var plain, beside []Left
	for _, x := range g.others {
		path := shown(x.path)
		if of := g.owner(x.name); of != "" && !x.unread {
			beside = append(beside, Left{Path: path, Why: "belongs to " + shown(of)})
			continue
		}
		if x.unread {
			f.leave(x.path, x.why, true)
			continue
		}
		if slices.ContainsFunc(collectorLogs, func(log string) bool { return strings.HasSuffix(strings.ToLower(x.name), log) }) {
			x.why = "named like a log of KAPE's; nothing beside it is named by the same time"
		}
		plain = append(plain, Left{Path: path, Why: x.why})
	}
	f.tellBounded(dir, plain, "files that are no evidence")
	f.tellBounded(dir, beside, "files that belong to evidence beside them")
}

// tellBounded notes rows one by one, or in one where there are many.
func (f *finder) tellBounded(dir string, rows []Left, what string) {
	if len(rows) <= listed {
		for _, r := range rows {
			f.leave(r.Path, r.Why, false)
		}
		return
	}
	f.leave(dir, fmt.Sprintf("%d %s, the first of them %s (%s)", len(rows), what, filepath.Base(rows[0].Path), rows[0].Why), false)
}

// besideEndings are endings of names, in lower case, of what collectors and
// imaging programs write beside their output: "WS01.zip.sha256", "WS01.E01.txt".
var besideEndings = []string{".txt", ".log", ".json", ".csv", ".xml", ".md5", ".sha1", ".sha256", ".sha512", ".hash", ".hashes", ".sig", ".asc", ".info", ".html", ".pdf", ".idx", ".vmx", ".vmxf", ".nvram", ".vmsd"}

// collectorLogs are what KAPE names its logs by, behind its output's name.
var collectorLogs = []string{"_consolelog.txt", "_copylog.csv", "_skiplog.csv", "_skiplog.csv.csv"}

// owner names the item beside a file that the file's name says it belongs to, ""
// where it says so of none: the item's whole name or its stem with an ending of
// the list, or the time that KAPE puts before its logs and its output's name.
func (g *grouped) owner(name string) string {
	low := strings.ToLower(name)
	for _, s := range g.items {
		for _, x := range s.files {
			whole, short := strings.ToLower(x.name), strings.ToLower(stem(x.name))
			if rest, found := strings.CutPrefix(low, whole); found && slices.Contains(besideEndings, rest) {
				return x.name
			}
			if rest, found := strings.CutPrefix(low, short); found && (slices.Contains(besideEndings, rest) || slices.Contains(collectorLogs, rest)) {
				return x.name
			}
			for _, log := range collectorLogs {
				if stamp, found := strings.CutSuffix(low, log); found && len(stamp) >= len("2026-03-14t101010") && strings.HasPrefix(whole, stamp) {
					return x.name
				}
			}
		}
	}
	return ""
}

// named looks at files that were given by their names. Of a set any file stands
// for all of it; what else lies in the folder is not looked at.
func (f *finder) named(dir string, names []string) {
	given := map[string]bool{}
	var files []*file
	siblings := false
	for _, name := range names {
		x := probe(filepath.Join(dir, name))
		given[name] = true
		files = append(files, x)
		_, _, numbered := segmentOf(x)
		siblings = siblings || numbered || x.class == evidence.Disk
	}
	if siblings {
		for _, name := range siblingsOf(dir, given) {
			files = append(files, probe(filepath.Join(dir, name)))
		}
	}
	isGiven := func(x *file) bool { return given[x.name] }
	g := f.group(files, dir, true)
	g.items = slices.DeleteFunc(g.items, func(s *set) bool { return !slices.ContainsFunc(s.files, isGiven) })
	for _, s := range g.items {
		f.addGroup(s)
	}
	g.loose = slices.DeleteFunc(g.loose, func(x *file) bool { return !isGiven(x) })
	f.addFiles(g.loose, dir)
	g.others = slices.DeleteFunc(g.others, func(x *file) bool { return !isGiven(x) })
	f.tellOthers(dir, g)
}

// siblingsOf are the names of the other files in a folder, links to some among
// them: a run opens these, too.
func siblingsOf(dir string, given map[string]bool) (names []string) {
	entries, _ := os.ReadDir(dir) // where it cannot be listed the files given stand alone
	for _, e := range entries {
		if e.Type()&^fs.ModeSymlink == 0 && !given[e.Name()] {
			names = append(names, e.Name())
		}
	}
	return names
}
