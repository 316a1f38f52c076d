package report

import (
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// checks are commands of other programs with which a person can check the
// case's findings.
type checks struct {
	Exports []check
	Records []check
}

// A check is one finding, or several that lie in one log, with the commands
// that show it.
type check struct {
	IDs      []string
	Commands []string
}

// maxChecks is how many findings of a kind are given with their commands; the
// others are checked alike.
const maxChecks = 10

// sectorSize is what fls and icat count a volume's offset in.
const sectorSize = 512

func newChecks(f *front) checks {
	var c checks
	for _, e := range f.Exports {
		if len(c.Exports) == maxChecks {
			break
		}
		if commands := f.exportCheck(e.At, e.MFTRecord); commands != nil {
			c.Exports = append(c.Exports, check{[]string{e.ID}, commands})
		}
	}
	type log struct{ source, volume, path string }
	var logs []log
	records := map[log][]*correlate.Record{}
	for i := range f.Records {
		r := &f.Records[i]
		l := log{r.From.Source, r.From.Volume, r.From.Path}
		if records[l] == nil {
			logs = append(logs, l)
		}
		if r.From.RecordID != 0 && len(records[l]) < maxChecks {
			records[l] = append(records[l], r)
		}
	}
	for _, l := range logs {
		if len(c.Records) == maxChecks {
			break
		}
		if k := f.logCheck(records[l]); k.Commands != nil {
			c.Records = append(c.Records, k)
		}
	}
	return c
}

// exportCheck reads an export's bytes with The Sleuth Kit. It is nil where a
// command cannot say which stream is meant: off NTFS, for a named stream whose
// attribute number is unknown, and for names that no shell line should carry.
func (f *front) exportCheck(at artifacts.Locator, record uint64) []string {
	image, ok := f.imageArgs(at.Source, at.Volume)
	if !ok || record == 0 {
		return nil
	}
	if at.Stream != "" {
		return []string{fmt.Sprintf("istat %s %d", image, record)}
	}
	return []string{
		fmt.Sprintf("istat %s %d", image, record),
		fmt.Sprintf("icat -r %s %d | sha256sum", image, record),
	}
}

// logCheck finds records of one log with evtxexport of libevtx. It has no
// commands where the log's name is not fit for a shell line.
func (f *front) logCheck(records []*correlate.Record) check {
	if len(records) == 0 {
		return check{}
	}
	var ids []string
	wanted := ""
	for _, r := range records {
		ids = append(ids, r.ID)
		wanted += fmt.Sprintf(" -e '<EventRecordID>%d<'", r.From.RecordID)
	}
	from := records[0].From
	path, commands, log := from.Path, []string(nil), "log.evtx"
	image, onImage := f.imageArgs(from.Source, from.Volume)
	switch {
	case onImage:
	case f.fileSystem(from.Source, from.Volume) == "directory":
		path = strings.TrimSuffix(from.Source, "/") + path
	case from.Volume != "":
		return check{}
	}
	quoted, ok := shellQuote(path)
	if !ok {
		return check{}
	}
	if onImage {
		commands = append(commands, fmt.Sprintf("icat %s $(ifind -n %s %s) > %s", image, quoted, image, log))
	} else {
		log = quoted
	}
	return check{ids, append(commands, fmt.Sprintf("evtxexport -f xml %s | grep -B 10 -A 40 -F%s", log, wanted))}
}

// volume finds a volume among those that were covered.
func (f *front) volume(source, name string) (artifacts.VolumeInfo, bool) {
	for _, v := range f.Coverage.Volumes {
		if v.Source == source && v.Name == name {
			return v.Info, true
		}
	}
	return artifacts.VolumeInfo{}, false
}

func (f *front) fileSystem(source, name string) string {
	info, _ := f.volume(source, name)
	return info.FileSystem
}

// imageArgs are the arguments that name an NTFS volume of an image to The
// Sleuth Kit; false if the case has no such volume, or if it lies in an image
// in the evidence, which would have to be taken out first.
func (f *front) imageArgs(source, name string) (string, bool) {
	info, ok := f.volume(source, name)
	if !ok || !strings.HasPrefix(info.FileSystem, "NTFS") || (artifacts.Locator{Volume: name}).Disk() != "" {
		return "", false
	}
	image, ok := shellQuote(source)
	if ok && info.Offset > 0 {
		image = fmt.Sprintf("-o %d %s", info.Offset/sectorSize, image)
	}
	return image, ok
}

// shellQuote makes one argument for a POSIX shell out of a text. It refuses
// what a person could not see or retype, and what looks like an option.
func shellQuote(s string) (string, bool) {
	if s == "" || s[0] == '-' || visible(s) != s {
		return "", false
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", true
}
