package triage

import (
	"path"
	"strings"

	"hivetriage/triage/correlate"
)

// indexedFolders are the folders into which copies are put, and whose indexes
// are read for names that are gone; "*" is any name. Those above them are read
// on the way.
var indexedFolders = []string{
	"/Windows/Temp", "/Windows/System32", "/Windows/SysWOW64", "/Windows/Tasks", "/Windows/Debug", "/Windows/Tracing",
	"/Windows/SYSVOL/domain/scripts", "/Windows/SYSVOL/sysvol/*/scripts",
	"/Temp", "/Tmp", "/PerfLogs", "/Intel", "/inetpub/wwwroot", "/$Recycle.Bin/*", "/ProgramData/*",
	"/Users/Public/*", "/Users/*/Desktop", "/Users/*/Downloads", "/Users/*/Documents", "/Users/*/Music", "/Users/*/AppData/Local/Temp", "/Users/*/AppData/Roaming",
	"/Documents and Settings/*/Desktop", "/Documents and Settings/*/My Documents", "/Documents and Settings/*/Local Settings/Temp",
}

// A folderTree is a folder that is to be read, with those below it by their
// names in lower case.
type folderTree map[string]folderTree

func (t folderTree) add(folder string) {
	for name := range strings.SplitSeq(strings.ToLower(strings.Trim(folder, "/")), "/") {
		if name == "" {
			continue
		}
		if t[name] == nil {
			t[name] = folderTree{}
		}
		t = t[name]
	}
}

// chosenFolders are the folders of a volume whose indexes are read: those
// above, those of the exports on it, and those that commands sent copies to.
func (s *stories) chosenFolders() folderTree {
	chosen := folderTree{}
	for _, folder := range indexedFolders {
		chosen.add(folder)
	}
	for _, folder := range correlate.OutputFolders(s.r.records) {
		chosen.add(folder)
	}
	for i := range s.r.exports {
		e := &s.r.exports[i]
		if !s.holds(e) {
			continue
		}
		for _, p := range append([]string{e.At.Path}, e.Links...) {
			chosen.add(path.Dir(strings.TrimPrefix(p, s.v.root)))
		}
	}
	return chosen
}
