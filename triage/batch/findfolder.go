package batch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/artifacts/evidence"
)

// maxDepth is how many folders below a root are looked at.
const maxDepth = 128

// kindFolders are the names, in lower case, that folders have by what was put
// into them: logs of a host lie in one, its hives in the next. Where all that
// was found in a folder lies in such ones, and loose in it, it is of one host.
var kindFolders = map[string]bool{
	"evtx": true, "evt": true, "logs": true, "log": true, "eventlogs": true, "event logs": true, "event_logs": true, "winevt": true, "winevtx": true,
	"registry": true, "reg": true, "hives": true, "hive": true, "config": true, "ntuser": true, "users": true, "mft": true, "ntfs": true, "filesystem": true,
	"prefetch": true, "amcache": true, "jumplists": true, "lnk": true, "recent": true, "tasks": true, "srum": true, "sru": true, "wer": true, "powershell": true, "defender": true,
}

// A looked is what was found in a folder and all below it.
type looked struct {
	dir   string
	apart bool      // something below it was left out that a run would read
	items int       // that are in the plan
	loose []*file   // logs, hives and artefacts that no item has yet
	below []*looked // folders named after a kind with nothing but loose files in them
}

// look searches a folder.
func (f *finder) look(dir string, depth int) *looked {
	l := &looked{dir: dir}
	if f.ctx.Err() != nil {
		return l
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.leave(dir, "this folder cannot be listed: "+cause(err), true)
	}
	switch {
	case depth > maxDepth:
		f.leave(dir, fmt.Sprintf("more than %d folders deep: not looked at", maxDepth), true)
		l.apart = true
		return l
	case f.isOurs(dir):
		f.leave(dir, "the folder of this batch's own outputs: left out", false)
		l.apart = true
		return l
	}
	if err == nil && len(entries) == 0 {
		f.leave(dir, "an empty folder: if it was made for a host, that host's evidence is missing", true)
		return l
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	list := listing(dir, names)
	whole := evidence.WholeFolder(list)
	if mayHaveOthers[whole] && holdsOthers(f.regular(dir, entries, false)) {
		switch whole {
		case evidence.DriveFolders:
			f.beside(l, evidence.Drives(list), entries, depth)
			return l
		case evidence.WindowsAlone:
			f.beside(l, nil, entries, depth)
			return l
		}
		whole = "" // the $MFT is one file among others
	}
	if whole != "" {
		f.addFolder(dir)
		l.items++
		return l
	}
	if isOutput(dir, entries) { // no collection: one may hold a file that claims to be ours
		f.leave(dir, "outputs of this program: left out", false)
		l.apart = true
		return l
	}
	f.inside(l, entries, nil, depth)
	return l
}

// isOurs tells whether a folder is that of this batch's outputs.
func (f *finder) isOurs(dir string) bool {
	if f.output == nil {
		return false
	}
	info, err := os.Stat(dir)
	return err == nil && os.SameFile(info, f.output)
}

// listing lists folders below dir, none of them through a link.
func listing(dir string, names []string) func(string) []string {
	return func(inside string) []string {
		if inside == "" {
			return names
		}
		path := filepath.Join(dir, filepath.FromSlash(inside))
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() {
			return nil
		}
		entries, _ := os.ReadDir(path) // what cannot be listed shows no marks; the search or the run tells of it
		list := make([]string, len(entries))
		for i, e := range entries {
			list[i] = e.Name()
		}
		return list
	}
}

// holdsOthers tells whether there are archives or disk images among files: hosts
// of their own.
func holdsOthers(files []*file) bool {
	for _, x := range files {
		if x.class == evidence.Archive || x.class == evidence.Disk {
			return true
		}
	}
	return false
}

// mayHaveOthers are the marks of a host that the evidence of others may lie
// beside, in a folder that holds what they sent.
var mayHaveOthers = map[string]bool{evidence.DriveFolders: true, evidence.WindowsAlone: true, evidence.TableAlone: true}

// beside takes the drives in a folder as one host, and what lies beside them as
// others. Without drives the folder itself is the host's, as the paths of its
// files are below it; what lies beside is then read twice, which is told.
func (f *finder) beside(l *looked, drives []string, entries []fs.DirEntry, depth int) {
	taken := map[string]bool{}
	var paths []string
	for _, d := range drives {
		path := filepath.Join(l.dir, d)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			taken[d] = true
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		paths = []string{l.dir}
		for _, e := range entries {
			low := strings.ToLower(e.Name())
			taken[e.Name()] = low == "windows" || low == "winnt" || low == "$extend"
		}
		f.leave(l.dir, "a folder of Windows lies in it beside archives or images: it is triaged as a host, with them in it, and they are by themselves", false)
	}
	f.addFolders(paths, baseName(l.dir))
	l.items++
	f.inside(l, entries, taken, depth)
}

// inside looks at what lies in a folder that is not a host's as a whole.
func (f *finder) inside(l *looked, entries []fs.DirEntry, taken map[string]bool, depth int) {
	g := f.group(f.regular(l.dir, entries, true), l.dir, depth > 0 || !f.alone)
	for _, x := range g.items {
		f.addGroup(x)
		l.items++
	}
	l.loose = g.loose
	for _, e := range entries {
		if !e.IsDir() || taken[e.Name()] || f.ctx.Err() != nil {
			continue
		}
		sub := f.look(filepath.Join(l.dir, e.Name()), depth+1)
		l.apart = l.apart || sub.apart
		if sub.items == 0 && sub.any() && kindFolders[strings.ToLower(e.Name())] {
			l.below = append(l.below, sub)
			continue
		}
		l.items += f.settle(sub)
	}
	f.tellOthers(l.dir, g)
}

// any tells whether a folder has loose files, itself or below it.
func (l *looked) any() bool { return len(l.loose) > 0 || len(l.below) > 0 }

// settle makes items of the loose files: one of the folder where nothing else
// was found in it and nothing left out, else one of the files and one of each
// folder below. It returns how many items there are now.
func (f *finder) settle(l *looked) int {
	switch {
	case !l.any():
	case l.items == 0 && !l.apart && (len(l.loose) != 1 || len(l.below) > 0):
		f.addLoose(l)
		l.items++
	default:
		l.items += f.addFiles(l.loose, l.dir)
		for _, sub := range l.below {
			l.items += f.settle(sub)
		}
	}
	l.loose, l.below = nil, nil
	return l.items
}

// regular probes the files of a folder. With tell it notes what is neither a
// file nor a folder, and what cannot be read.
func (f *finder) regular(dir string, entries []fs.DirEntry, tell bool) []*file {
	var files []*file
	for _, e := range entries {
		if f.ctx.Err() != nil {
			return files
		}
		path := filepath.Join(dir, e.Name())
		switch mode := e.Type(); {
		case mode.IsDir():
		case mode.IsRegular():
			files = append(files, probe(path))
		case tell && mode&(fs.ModeSymlink|fs.ModeIrregular) != 0:
			why, out := f.link(path)
			f.leave(path, why, out)
		case tell:
			f.leave(path, fmt.Sprintf("neither a file nor a folder (%s): not opened", kindOfMode(mode)), false)
		}
	}
	return files
}

// link says where a link leads. Out is true where that is not looked at.
func (f *finder) link(path string) (why string, out bool) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "a link to nothing that can be reached", false
	}
	rel, err := filepath.Rel(f.home, target)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "a link out of the folder that was given: not followed; give what it leads to, too", true
	}
	return "a link to something in the same folder given: it is looked at where it lies", false
}
