package correlate

import (
	"path"
	"slices"
	"strings"

	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// attests reports whether a record takes part in an act.
func (r *Record) attests() bool { return r.Assessment == "export" || r.Assessment == "attempt" }

// OutputNames are the names, in lower case, of the files that the records
// sent copies to.
func OutputNames(records []Record) map[string]bool {
	names := map[string]bool{}
	for i := range records {
		if !records[i].attests() {
			continue
		}
		for _, t := range targets(&records[i]) {
			if relative, _ := command.VolumePath(t.Path); t.Local && relative != "" {
				names[path.Base(relative)] = true
			}
		}
	}
	return names
}

// OutputFolders are the folders, below the root of a drive and in lower case,
// of the files that the records sent copies to.
func OutputFolders(records []Record) []string {
	var folders []string
	for i := range records {
		if !records[i].attests() {
			continue
		}
		for _, t := range targets(&records[i]) {
			if relative, _ := command.VolumePath(t.Path); t.Local && relative != "" {
				folders = append(folders, path.Dir(relative))
			}
		}
	}
	return unique(folders)
}

// Output says which hive the records sent to the place of a file whose
// content is not known; "" if none.
func Output(records []Record, e *locate.Export) (hive string) {
	for i := range records {
		r := &records[i]
		if !r.attests() {
			continue
		}
		_, inTime := (&Known{}).writtenBy(r, e)
		for _, t := range targets(r) {
			if !t.Local || !t.Certain && !inTime || !pathsEqual(t, e) {
				continue
			}
			if slices.Contains(t.hives, e.Hive) || len(t.hives) == 0 && e.Hive != "" {
				return e.Hive
			}
			if len(t.hives) == 1 {
				return t.hives[0]
			}
			for _, h := range t.hives {
				if strings.Contains(strings.ToUpper(path.Base(e.At.Path)), h) {
					return h
				}
			}
		}
	}
	return ""
}
