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

// A check is one finding with the commands that show it.
type check struct {
	ID       string
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
			c.Exports = append(c.Exports, check{e.ID, commands})
		}
	}
	for _, r := range f.Records {
		if len(c.Records) == maxChecks {
			break
		}
		if commands := f.recordCheck(r.From); commands != nil {
			c.Records = append(c.Records, check{r.ID, commands})
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

// recordCheck finds a log record with evtxexport of libevtx. It is nil where
// the record has no number or the log's name is not fit for a shell line.
func (f *front) recordCheck(from correlate.From) []string {
	if from.RecordID == 0 {
		return nil
	}
	show := func(log string) string {
		return fmt.Sprintf("evtxexport -f xml %s | grep -B 10 -A 40 -F '<EventRecordID>%d</EventRecordID>'", log, from.RecordID)
	}
	if image, ok := f.imageArgs(from.Source, from.Volume); ok {
		quoted, ok := shellQuote(from.Path)
		if !ok {
			return nil
		}
		return []string{fmt.Sprintf("icat %s $(ifind -n %s %s) > log.evtx", image, quoted, image), show("log.evtx")}
	}
	path := from.Path
	if f.fileSystem(from.Source, from.Volume) == "directory" {
		path = strings.TrimSuffix(from.Source, "/") + path
	} else if from.Volume != "" {
		return nil
	}
	log, ok := shellQuote(path)
	if !ok {
		return nil
	}
	return []string{show(log)}
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
// Sleuth Kit; false if the case has no such volume.
func (f *front) imageArgs(source, name string) (string, bool) {
	info, ok := f.volume(source, name)
	if !ok || !strings.HasPrefix(info.FileSystem, "NTFS") {
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
