package command

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/technique"
)

// A copier is a program that copies files.
type copier struct {
	name      string // as told in Command.Tool
	programs  []string
	technique int
	// locked says that the tool reads files that are in use, given its
	// arguments; nil: it does not.
	locked func(args []word) bool
	// read finds what is copied, and to where.
	read func(args []word) (from []hiveFile, to string)
}

var copiers = []copier{
	{"esentutl.exe", []string{"esentutl.exe"}, technique.Esentutl, hasAny("/vss", "/vssrec"), readEsentutl},
	{"print.exe", []string{"print.exe"}, technique.RawRead, nil, readPrint},
	{"certutil.exe", []string{"certutil.exe"}, technique.RawRead, nil, readLastIsTarget},
	{"copy", []string{"copy.exe", "move.exe"}, technique.RawRead, nil, readCopy},
	{"xcopy.exe", []string{"xcopy.exe"}, technique.RawRead, nil, readCopy},
	{"robocopy.exe", []string{"robocopy.exe"}, technique.RawRead, hasAny("/b", "/zb"), readRobocopy},
	{"expand.exe", []string{"expand.exe", "extrac32.exe", "makecab.exe"}, technique.RawRead, nil, readLastIsTarget},
	{"an archiver", []string{"7z.exe", "7za.exe", "7zr.exe", "rar.exe", "winrar.exe", "tar.exe", "zip.exe"}, technique.RawRead, nil, readArchiver},
	{"RawCopy", []string{"rawcopy.exe", "rawcopy64.exe", "rawccopy.exe", "rawccopy64.exe"}, technique.RawRead, always, readRawCopy},
	{"Copy-Item", []string{"copy-item.exe", "cpi.exe", "cp.exe", "move-item.exe"}, technique.PowerShell, nil, readCopyItem},
	{"Invoke-NinjaCopy", []string{"invoke-ninjacopy.exe"}, technique.RawRead, always, readCopyItem},
	{"[IO.File]::Copy", []string{fileCopyMethod}, technique.PowerShell, nil, readCopy},
	{"Compress-Archive", []string{"compress-archive.exe"}, technique.PowerShell, nil, readCopyItem},
	{"type", []string{"type.exe", "more.exe"}, technique.RawRead, nil, readCopy},
}

// fileCopyMethod stands for the .NET method in a script, as a program's name.
const fileCopyMethod = "[io.file]::copy"

// copierNames finds a copier by a program's name.
var copierNames = func() map[string]*copier {
	byName := map[string]*copier{}
	for i := range copiers {
		for _, name := range copiers[i].programs {
			byName[name] = &copiers[i]
		}
	}
	return byName
}()

func hasAny(options ...string) func([]word) bool {
	return func(args []word) bool {
		return slices.ContainsFunc(args, func(w word) bool { return slices.Contains(options, plain(w)) })
	}
}

func always([]word) bool { return true }

// copyCommand reads a call as a copy of a credential hive's file.
func copyCommand(id identity, words []word, output string) (c Command, ok bool) {
	tool := id.copier()
	if tool == nil || len(words) < 2 {
		return c, false
	}
	args := words[1:]
	from, to := tool.read(args)
	if len(from) == 0 {
		return c, false
	}
	if to == "" && tool.name == "type" {
		to = output
	}
	because, disguise := id.explain(id.knownName())
	c = Command{Tool: tool.name, Verb: "copy", Source: from[0].path, Destination: strings.Trim(to, `"'`), Impact: "export", Because: []string{because}}
	if disguise != "" {
		c.Disguise = []string{disguise}
	}
	c.Technique = from[0].place.technique(tool.technique)
	for _, f := range from {
		c.Hives = append(c.Hives, f.hives...)
		c.Because = append(c.Because, fmt.Sprintf("%q is %s.", f.path, f.place.says()))
	}
	slices.Sort(c.Hives)
	c.Hives = slices.Compact(c.Hives)
	c.judgeCopy(from, tool.locked != nil && tool.locked(args))
	return c, true
}

// judgeCopy sets the impact of a copy.
func (c *Command) judgeCopy(from []hiveFile, locked bool) {
	switch {
	case c.Destination == "" && c.Tool == "type":
		c.Impact = "access"
		c.Because = append(c.Because, "The file is printed; no destination is known.")
	case from[0].place != livePlace:
	case locked:
		c.Because = append(c.Because, c.Tool+" is told to read files that are in use.")
	default:
		c.Impact = "attempt"
		c.Because = append(c.Because, c.Tool+" opens the file as any program does, which fails while Windows runs: only the copy itself would show that it worked.")
	}
}

// copier returns the copier that a program is, or nil.
func (id identity) copier() *copier {
	return copierNames[id.knownName()]
}

// knownName is the name by which a table finds the program: that of its
// image, argv[0] or its version resource.
func (id identity) knownName() string {
	for _, name := range []string{id.imageName, id.calledName, strings.ToLower(strings.TrimSpace(id.original))} {
		if copierNames[name] != nil || dumperNames[name] != nil {
			return name
		}
	}
	return ""
}

// hiveFiles returns the hives' files among the arguments.
func hiveFiles(args []word) []hiveFile {
	var found []hiveFile
	for _, w := range args {
		if f, ok := hiveFileOf(w.text); ok {
			found = append(found, f)
		}
	}
	return found
}
