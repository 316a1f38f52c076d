package layout

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A collector is a row of the list of those that are known.
type collector struct {
	name, short string
	ownTimes    bool // see Layout.OwnTimes
	percent     bool // names are percent-encoded
	// recognise looks for the collector's marks and fills in the layout. It is
	// false where they are missing.
	recognise func(l *Layout, x *index) bool
}

// collectors are asked in this order: those with marks of their own first,
// what merely looks like a drive last.
var collectors = []collector{
	{"Velociraptor", "velociraptor", false, true, velociraptor},
	{"DFIR-ORC", "orc", false, false, orc},
	{"dissect acquire", "acquire", true, false, acquire},
	{"Tanium", "tanium", true, false, tanium},
	{"UAC", "uac", true, false, uac},
	{"Defender for Endpoint investigation package", "defender", false, false, defender},
	{"ir-rescue", "ir-rescue", true, false, rescue},
	{"KAPE", "kape", true, false, kape},
	{"CyLR", "cylr", true, false, cylr},
	{DriveFolders, "drives", true, false, plain},
}

func (l *Layout) because(format string, args ...any) {
	if text := valid(fmt.Sprintf(format, args...)); !slices.Contains(l.Because, text) && len(l.Because) < 8 {
		l.Because = append(l.Because, text)
	}
}

// plain knows nothing but folders that are drives.
func plain(l *Layout, x *index) bool {
	l.add(x.driveRoots(false))
	for _, r := range l.roots {
		if strings.Contains(r.prefix, "%") {
			l.percent = true
		}
	}
	l.because("%d folders are named like drives and hold what a Windows drive holds", len(l.roots))
	return len(l.roots) > 0
}

// copyLog is the log beside a KAPE collection.
const copyLog = "_copylog.csv"

// kape knows the log of copies, or the names KAPE gives to NTFS' streams.
// CopyLog.csv: https://ericzimmerman.github.io/KapeDocs/.
func kape(l *Layout, x *index) bool {
	l.add(x.driveRoots(false))
	for _, r := range l.roots {
		if x.exists(r.prefix+"/$Extend/$J") && x.exists(r.prefix+"/$Secure_$SDS") {
			l.because("$Extend/$J and $Secure_$SDS are named as KAPE does")
		}
	}
	for i, name := range x.names {
		if strings.HasSuffix(x.folded[i], copyLog) && !x.onDrive(name) && l.copyLog(x, name) {
			l.because("%s is KAPE's log of copies", path.Base(name))
		}
	}
	if len(l.Because) == 0 {
		return false
	}
	machine := regexp.MustCompile(`Machine name: ([^,\s]+)`)
	for i, name := range x.names {
		skipped := strings.HasSuffix(strings.TrimSuffix(x.folded[i], ".csv"), "_skiplog") || strings.HasSuffix(x.folded[i], "_skiplog.csv.csv")
		switch console := strings.HasSuffix(x.folded[i], "_consolelog.txt"); {
		case !skipped && !console || x.onDrive(name):
		case skipped:
			l.skipLog(x, name)
		default:
			if m := machine.FindStringSubmatch(text(x.content(l, name))); m != nil && l.Host == "" {
				l.Host, l.HostBecause = valid(m[1]), path.Base(name)
			}
		}
	}
	return true
}

// copyLog takes original paths, times and digests from KAPE's log. Where no
// drive's folder was found by its content, those beside the log count.
func (l *Layout) copyLog(x *index, log string) bool {
	t := x.table(l, log)
	if !t.has("SourceFile", "DestinationFile") {
		delete(l.metadata, fold(log))
		return false
	}
	base := folder(log)
	for _, name := range x.inside(base) {
		if r, ok := x.driveRoot(join(base, name), false); ok && len(x.children[fold(r.prefix)]) > 0 {
			l.add([]root{r})
		}
	}
	for row := range t.rows {
		f := fact{times: t.times(row, "CreatedOnUtc", "ModifiedOnUtc", "", "LastAccessedOnUtc"), digests: Digests{SHA1: digest(t.get(row, "SourceFileSha1"), 40)}}
		f.place, _ = windowsPath(t.get(row, "SourceFile"))
		if i, ok := x.suffix(base, t.cell(row, "DestinationFile")); ok {
			l.byMember[x.folded[i]] = f
		}
	}
	return true
}

// suffix finds the member that a path on the collecting computer became.
func (x *index) suffix(base, destination string) (int, bool) {
	name := make([]byte, 0, 256)
	var begins []int // of the components in name
	for part := range strings.FieldsFuncSeq(destination, func(r rune) bool { return r == '\\' || r == '/' }) {
		if len(name) > 0 {
			name = append(name, '/')
		}
		begins = append(begins, len(name))
		name = appendFold(name, part)
	}
	for _, at := range begins[max(0, len(begins)-maxDepth):] {
		if i, found := x.lookup(base, name[at:]); found {
			return i, true
		}
	}
	return 0, false
}

// lookup finds a member by its folder, "" for the top, and its folded name below.
func (x *index) lookup(base string, name []byte) (i int, found bool) {
	if base == "" {
		i, found = x.byName[string(name)]
	} else {
		i, found = x.byName[fold(base)+"/"+string(name)]
	}
	return i, found
}

// skipLog tells how many files were left out.
func (l *Layout) skipLog(x *index, log string) {
	t := x.table(l, log)
	if !t.has("SourceFile") {
		return
	}
	n, example := 0, ""
	for row := range t.rows {
		if n++; n == 1 {
			example = t.get(row, "SourceFile")
		}
	}
	if n > 0 {
		l.problem(log, absent, "%d files are not in the collection, because their content had been copied before or was not wanted; the first is %q", n, example)
	}
}

// cylr knows CyLR's log, or the name it gives to the journal.
func cylr(l *Layout, x *index) bool {
	l.add(x.driveRoots(false))
	for _, r := range l.roots {
		if strings.Contains(path.Base(r.prefix), ":") {
			continue
		}
		if x.exists(r.prefix + "/$Extend/$UsnJrnl$J") {
			l.because("$Extend/$UsnJrnl$J is named as CyLR does")
		}
		for _, name := range x.inside(r.base) {
			if folded := fold(name); strings.HasPrefix(folded, "cylr") && strings.HasSuffix(folded, ".log") {
				l.because("%s is CyLR's log", name)
				l.metadata[fold(join(r.base, name))] = true
			}
		}
	}
	return len(l.Because) > 0
}

// tanium knows file/X beside collector/.
func tanium(l *Layout, x *index) bool {
	for _, name := range x.named("file") {
		base := folder(name)
		texts := slices.ContainsFunc(x.inside(join(base, "collector")), func(n string) bool { return strings.HasSuffix(fold(n), ".txt") })
		if !texts {
			continue
		}
		for _, drive := range x.inside(name) {
			if r, ok := x.driveRoot(join(name, drive), false); ok && len(r.drive) == 1 {
				r.base = base
				l.add([]root{r})
				l.because("file/%s lies beside texts in collector", drive)
			}
		}
	}
	return len(l.roots) > 0
}

// uac knows [root] beside uac.log. A Windows volume may be mounted inside.
func uac(l *Layout, x *index) bool {
	for _, name := range x.named("[root]") {
		base := folder(name)
		if !slices.ContainsFunc(x.inside(base), func(n string) bool { return fold(n) == "uac.log" || fold(n) == "uac.log.stderr" }) {
			continue
		}
		l.because("[root] lies beside uac.log")
		l.metadata[fold(join(base, "uac.log"))] = true
		l.add([]root{{prefix: name, base: base, drive: unixRoot}})
		for _, windows := range append(x.folders["windows"], x.folders["winnt"]...) {
			mount, inside := strings.CutPrefix(folder(windows), name+"/")
			if inside && x.isWindows(folder(windows)) {
				l.add([]root{{prefix: folder(windows), base: base, drive: valid(mount)}})
			}
		}
	}
	return len(l.roots) > 0
}

// acquire knows the trees fs/c:, sysvol and fs/$fs$/fsN.
func acquire(l *Layout, x *index) bool {
	for _, fs := range x.named("fs") {
		base := folder(fs)
		for _, name := range x.inside(fs) {
			letter := strings.TrimRight(name, ":_")
			if len(letter) == 1 && len(name) == 2 && unicodeLetter(letter[0]) {
				l.add([]root{{prefix: join(fs, name), base: base, drive: strings.ToUpper(letter)}})
				l.because("fs/%s is a drive of acquire", name)
			}
			if name != "$fs$" {
				continue
			}
			for _, anonymous := range x.inside(join(fs, name)) {
				if digits(strings.TrimPrefix(fold(anonymous), "fs")) {
					l.add([]root{{prefix: join(join(fs, name), anonymous), base: base, drive: fold(anonymous)}})
					l.because("fs/$fs$/%s is a volume without a letter", anonymous)
				}
			}
		}
	}
	for _, r := range x.driveRoots(false) {
		if fold(path.Base(r.prefix)) == "sysvol" {
			l.add([]root{r})
			l.because("sysvol is the system drive of acquire")
		}
	}
	if len(l.roots) == 0 {
		return false
	}
	for _, name := range x.names {
		if strings.HasSuffix(fold(name), "_report.json") && !strings.Contains(name, "/fs/") {
			l.hostFrom(x, name)
		}
	}
	return true
}
