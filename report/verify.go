package report

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// A checkGroup is a kind of finding with the commands of other programs by
// which a person can check it.
type checkGroup struct {
	Title  string
	About  string // which programs, and what they must show
	Checks []check
}

// A check is one finding, or several that lie in one file, with the commands
// that show it.
type check struct {
	IDs      []string // of exports and records; empty for what has no id
	Commands []string // lines for a POSIX shell, or for PowerShell where they begin with Get-WinEvent
}

// maxChecks is how many findings of a kind are given with their commands; the
// others are checked alike.
const maxChecks = 10

// sectorSize is what fls and icat count a volume's offset in.
const sectorSize = 512

// Checks are the commands for this case, by kind of finding. What lies in an
// archive, or in an image in the evidence, would have to be taken out first:
// there are no commands for that.
func (f *front) Checks() []checkGroup {
	all := []checkGroup{
		{"The evidence itself", "The digests of the files and of what the images hold. ewfverify of libewf compares an E01 image with the digests in it; img_cat is of The Sleuth Kit.", f.inputChecks()},
		{"Copies of hives", "With The Sleuth Kit: istat shows the file's times and streams in its MFT record, and the SHA-256 of its bytes must be the one above. A named stream is read with the attribute number that istat gives (icat … record-128-number). reglookup -t KEY lists a hive's keys with their times and none of their values.", f.exportChecks()},
		{"File names in the change journal", "The names in $UsnJrnl:$J, each with about its offset there: a record begins some 60 bytes before the name in it.", f.journalChecks()},
		{"Hosts, settings and accounts", "Live hives, with reglookup and RegRipper (rip.pl).", f.hiveChecks()},
		{"Log records", "With evtxexport of libevtx, or on Windows with Get-WinEvent on the log as it was taken from the image.", f.recordChecks()},
		{"Other artefacts", "sccainfo is of libscca, lnkinfo of liblnk, esedbexport of libesedb, rip.pl is RegRipper.", f.artefactChecks()},
		{"Programs", "The SHA-256 must be the one under Programs; osslsigncode checks a signature that the file carries itself.", f.programChecks()},
	}
	return slices.DeleteFunc(all, func(g checkGroup) bool { return len(g.Checks) == 0 })
}

// inputChecks compute the digests of the evidence.
func (f *front) inputChecks() (checks []check) {
	for _, in := range f.Inputs[:min(len(f.Inputs), maxChecks)] {
		quoted, ok := shellQuote(in.Path)
		if !ok {
			continue
		}
		var commands []string
		switch in.Kind {
		case "directory":
			continue
		case "ewf":
			commands = []string{"ewfverify " + quoted, "img_cat " + quoted + " | sha256sum"}
		case "vhd", "vhdx", "vmdk", "qcow2":
			commands = []string{"qemu-img convert -O raw " + quoted + " media.raw && sha256sum media.raw"}
		case "split raw":
			parts, fit := f.segmentArgs(in)
			if !fit {
				continue
			}
			commands = []string{"cat " + parts + " | sha256sum"}
		default:
			commands = []string{"sha256sum " + quoted}
		}
		checks = append(checks, check{Commands: commands})
	}
	return checks
}

// segmentArgs are the files of a split image, which lie beside the one that
// was named.
func (f *front) segmentArgs(in artifacts.Input) (string, bool) {
	var parts []string
	for _, s := range in.Segments {
		quoted, ok := shellQuote(path.Join(path.Dir(in.Path), path.Base(s)))
		if !ok {
			return "", false
		}
		parts = append(parts, quoted)
	}
	return strings.Join(parts, " "), len(parts) > 0
}

func (f *front) exportChecks() (checks []check) {
	for _, e := range f.Exports {
		if len(checks) == maxChecks {
			break
		}
		commands := f.exportCheck(e.At, e.MFTRecord)
		if commands == nil && e.SHA256 != "" && e.At.Member == "" {
			if setup, name, ok := f.fileArg(e.At.Source, e.At.Volume, e.At.Path); ok && setup == nil && e.At.Stream == "" {
				commands = []string{"sha256sum " + name, "reglookup -t KEY " + name}
			}
		}
		if commands != nil {
			checks = append(checks, check{[]string{e.ID}, commands})
		}
	}
	return checks
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
		fmt.Sprintf("icat -r %s %d > export.hiv && reglookup -t KEY export.hiv", image, record),
	}
}

// journalNames prints the names in a volume's change journal, which record 11
// of the file table, $Extend, has in its folder; %[1]s is the volume.
const journalNames = `icat %[1]s $(fls %[1]s 11 | sed -n 's/^r\/r \([0-9-]*\):.*\$UsnJrnl:\$J$/\1/p') | strings -t d -el | grep -iF -e %[2]s`

// journalChecks find the names of the exports whose history a change journal
// tells.
func (f *front) journalChecks() (checks []check) {
	for i := range f.Exports {
		e := &f.Exports[i]
		image, ok := f.imageArgs(e.At.Source, e.At.Volume)
		name, quotable := shellQuote(path.Base(e.At.Path))
		told := false
		for _, h := range e.History {
			told = told || strings.HasSuffix(h.From.Path, "$UsnJrnl")
		}
		if ok && quotable && told && len(checks) < maxChecks {
			checks = append(checks, check{[]string{e.ID}, []string{fmt.Sprintf(journalNames, image, name)}})
		}
	}
	return checks
}

// controlSet is how a host's facts name the control set that they were read
// from.
var controlSet = regexp.MustCompile(`ControlSet\d{3}`)

// liveHives are the commands that show what a live hive tells of the host, by
// the file's name. FILE is the file, and SET the control set.
var liveHives = map[string][]string{
	"SYSTEM":   {"reglookup -p /SET/Control/ComputerName/ComputerName FILE", "reglookup -p /SET/Control/TimeZoneInformation FILE", "rip.pl -r FILE -p timezone"},
	"SOFTWARE": {"reglookup -p '/Microsoft/Windows NT/CurrentVersion/ProductName' FILE", "reglookup -p /Microsoft/Windows/CurrentVersion/Policies/System/Audit FILE"},
	"SECURITY": {"rip.pl -r FILE -p auditpol"},
	"SAM":      {"rip.pl -r FILE -p samparse"},
}

// hiveChecks show what the live hives tell. SOFTWARE lies beside SYSTEM.
func (f *front) hiveChecks() (checks []check) {
	set := "ControlSet001"
	for _, h := range f.Hosts {
		for _, because := range h.Because {
			set = cmp.Or(controlSet.FindString(because), set)
		}
	}
	for _, r := range f.Coverage.Sources {
		at := located(r.At)
		dir, name := path.Split(at.Path)
		if r.What != "hive" || liveHives[strings.ToUpper(name)] == nil || !strings.EqualFold(path.Base(dir), "config") || at.Member != "" {
			continue
		}
		checks = append(checks, f.hiveCheck(at, name, set))
		if beside := dir + "SOFTWARE"; strings.EqualFold(name, "SYSTEM") && f.set(beside) {
			at.Path = beside
			checks = append(checks, f.hiveCheck(at, "SOFTWARE", set))
		}
	}
	checks = slices.DeleteFunc(checks, func(k check) bool { return k.Commands == nil })
	return checks[:min(len(checks), maxChecks)]
}

// set reports whether a host's settings were read from a hive.
func (f *front) set(hive string) bool {
	for _, h := range f.Hosts {
		for _, s := range h.Settings {
			if strings.EqualFold(s.Path, hive) {
				return true
			}
		}
	}
	return false
}

// hiveCheck shows what one live hive tells.
func (f *front) hiveCheck(at artifacts.Locator, name, set string) check {
	commands, file, ok := f.fileArg(at.Source, at.Volume, at.Path)
	if !ok {
		return check{}
	}
	for _, t := range liveHives[strings.ToUpper(name)] {
		commands = append(commands, strings.NewReplacer("FILE", file, "SET", set).Replace(t))
	}
	return check{Commands: commands}
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
