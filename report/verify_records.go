package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/triage/correlate"
)

// A file is one of the evidence that records come from.
type file struct{ source, volume, path string }

// byFile puts records together that lie in one file, in the order in which the
// files come, at most maxChecks of each.
func byFile(records []correlate.Record, of func(*correlate.Record) bool) (groups [][]*correlate.Record) {
	index := map[file]int{}
	for i := range records {
		r := &records[i]
		if !of(r) {
			continue
		}
		l := file{r.From.Source, r.From.Volume, r.From.Path}
		n, known := index[l]
		if !known {
			n = len(groups)
			index[l] = n
			groups = append(groups, nil)
		}
		if len(groups[n]) < maxChecks {
			groups[n] = append(groups[n], r)
		}
	}
	return groups
}

// recordChecks find the records of event logs.
func (f *front) recordChecks() (checks []check) {
	for _, records := range byFile(f.Records, func(r *correlate.Record) bool { return r.From.Artefact == "" && r.From.RecordID != 0 }) {
		if k := f.logCheck(records); k.Commands != nil && len(checks) < maxChecks {
			checks = append(checks, k)
		}
	}
	return checks
}

// logCheck finds records of one log. It has no commands where the log's name is
// not fit for a shell line.
func (f *front) logCheck(records []*correlate.Record) check {
	if len(records) == 0 {
		return check{}
	}
	from := records[0].From
	setup, log, ok := f.fileArg(from.Source, from.Volume, from.Path)
	if !ok {
		return check{}
	}
	var ids []string
	if !strings.EqualFold(path.Ext(from.Path), ".evtx") { // a log in lines of JSON
		for _, r := range records {
			ids = append(ids, r.ID)
			setup = append(setup, fmt.Sprintf("tail -c +%d %s | head -n 1", r.From.Offset+1, log))
		}
		return check{ids, setup}
	}
	wanted, numbers, codes := "", []string(nil), []string(nil)
	for _, r := range records {
		ids = append(ids, r.ID)
		wanted += fmt.Sprintf(" -e '<EventRecordID>%d<'", r.From.RecordID)
		numbers = append(numbers, fmt.Sprint(r.From.RecordID))
		if !slices.Contains(codes, r.From.EventCode) && r.From.EventCode != "" {
			codes = append(codes, r.From.EventCode)
		}
	}
	return check{ids, append(setup,
		fmt.Sprintf("evtxexport -f xml %s | grep -B 10 -A 40 -F%s", log, wanted),
		fmt.Sprintf("Get-WinEvent -FilterHashtable @{Path='.\\%s'; Id=%s} | Where-Object { $_.RecordId -in %s } | Format-List *",
			strings.ReplaceAll(path.Base(from.Path), "'", "''"), strings.Join(codes, ","), strings.Join(numbers, ",")))}
}

// artefactTools show an artefact of the given name; %s is its file.
var artefactTools = map[string]string{
	"Prefetch":        "sccainfo %s",
	"LNK":             "lnkinfo %s",
	"SRUM":            "esedbexport -t srum %s",
	"BITS":            "esedbexport -t qmgr %s",
	"Amcache":         "rip.pl -r %s -p amcache",
	"BAM":             "rip.pl -r %s -p bam",
	"ShimCache":       "rip.pl -r %s -p appcompatcache",
	"UserAssist":      "rip.pl -r %s -p userassist",
	"RecentDocs":      "rip.pl -r %s -p recentdocs",
	"ComDlg32":        "rip.pl -r %s -p comdlg32",
	"RunMRU":          "rip.pl -r %s -p runmru",
	"Service":         "rip.pl -r %s -p services",
	"TaskCache":       "rip.pl -r %s -p taskcache",
	"RecycleBin":      "rifiuti-vista %s",
	"PSReadLine":      "cat -vn %s",
	"ScheduledTask":   "cat -v %s",
	"WER":             "cat -v %s",
	"Renamed program": "exiftool -OriginalFileName %s",
}

// artefactChecks show what other artefacts tell.
func (f *front) artefactChecks() (checks []check) {
	told := func(r *correlate.Record) bool { return artefactTools[r.From.Artefact] != "" }
	for _, records := range byFile(f.Records, told) {
		from := records[0].From
		setup, name, ok := f.fileArg(from.Source, from.Volume, from.Path)
		if !ok || len(checks) == maxChecks {
			continue
		}
		var ids []string
		for _, r := range records {
			ids = append(ids, r.ID)
			if c := fmt.Sprintf(artefactTools[r.From.Artefact], name); !slices.Contains(setup, c) {
				setup = append(setup, c)
			}
		}
		checks = append(checks, check{ids, setup})
	}
	return checks
}

// programChecks compute the digests of the programs' files.
func (f *front) programChecks() (checks []check) {
	for i := range f.Executables {
		e := &f.Executables[i]
		if e.At == nil || e.At.Member != "" || e.At.Stream != "" || e.SHA256 == "" || e.State != "live" || len(checks) == maxChecks {
			continue
		}
		setup, name, ok := f.fileArg(e.At.Source, e.At.Volume, e.At.Path)
		if !ok {
			continue
		}
		setup = append(setup, "sha256sum "+name)
		if s := e.Signature; s != nil && s.Signer != "" && s.Catalog == "" {
			setup = append(setup, "osslsigncode verify -in "+name)
		}
		checks = append(checks, check{Commands: setup})
	}
	return checks
}

// fileArg names a file of the evidence to a shell: the commands that take it
// out of an image first, if it lies in one, and the name. ok is false where no
// command can: for what lies in an archive or in an image in the evidence, and
// for names that no shell line should carry.
func (f *front) fileArg(source, volume, name string) (setup []string, arg string, ok bool) {
	if image, onImage := f.imageArgs(source, volume); onImage {
		quoted, fit := shellQuote(name)
		base, fit2 := shellQuote(path.Base(name))
		if !fit || !fit2 {
			return nil, "", false
		}
		return []string{fmt.Sprintf("icat %s $(ifind -n %s %s) > %s", image, quoted, image, base)}, base, true
	}
	switch {
	case f.fileSystem(source, volume) == "directory":
		name = strings.TrimSuffix(source, "/") + name
	case volume != "":
		return nil, "", false
	}
	arg, ok = shellQuote(name)
	return nil, arg, ok
}
