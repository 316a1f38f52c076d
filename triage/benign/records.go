package benign

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// record reads one record of the act.
func (r *reading) record(rec *correlate.Record) {
	switch rec.Kind {
	case "process":
		r.process(rec)
	case "file":
		r.file(rec)
	case "execution", "journal": // what ran or changed when; they have neither parent nor destination
	default:
		r.misfit("a record of another kind tells of the act, which it does not leave: %s", rec.Kind)
	}
}

func (r *reading) process(rec *correlate.Record) {
	if rec.Process == nil {
		return
	}
	lineage := r.facts.lineage(rec)
	maker := slices.IndexFunc(lineage, func(p artifacts.Process) bool { return r.makes(p.Executable) })
	for i := range lineage {
		name := command.Base(lineage[i].Executable)
		if i != maker && r.namedAlike(name) && !r.makes(lineage[i].Executable) {
			r.named = true
			r.misfit("%s has the name of its program, but lies elsewhere", lineage[i].Executable)
		}
	}
	if maker < 0 {
		r.misfit("%s was started by %s, none of its programs", imageOf(rec.Process), parentOf(lineage))
	} else {
		p := &lineage[maker]
		r.makerIs(p)
		if maker == 0 {
			r.fits("its program %s did it", p.Executable)
		} else {
			r.fits("its program %s started %s", p.Executable, command.Base(lineage[0].Executable))
		}
		r.sign(rec.Host, p)
		r.between(lineage[:maker])
	}
	r.actor(rec)
	r.destinations(rec)
}

// between reads the programs that the row's own had do the copying.
func (r *reading) between(through []artifacts.Process) {
	for _, p := range through {
		name := command.Base(p.Executable)
		switch original := strings.ToLower(p.OriginalFileName); {
		case !slices.Contains(r.Through, name):
			r.misfit("%s took part, which it does not use", p.Executable)
		case !ofWindows(p.Executable):
			r.misfit("%s took part, which is not the program of Windows of this name", p.Executable)
		case original != "" && original != name && strings.TrimSuffix(original, ".mui") != name:
			r.misfit("%s is a renamed %s", p.Executable, p.OriginalFileName)
		}
	}
}

// ofWindows reports whether a program lies where Windows has its own.
func ofWindows(path string) bool {
	path = command.Normal(path)
	folder := path[:max(0, strings.LastIndexByte(path, '\\'))]
	if len(folder) > 2 && folder[1] == ':' {
		folder = folder[2:]
	}
	switch folder {
	case `\windows\system32`, `\windows\syswow64`, `\windows\system32\wbem`, `\windows\system32\windowspowershell\v1.0`, `\windows\syswow64\windowspowershell\v1.0`, "":
		return true
	}
	return false
}

// makes reports whether a path is one of the row's programs. Those that are
// installed lie on the system's drive, which is C: but for a few computers.
func (r *reading) makes(path string) bool {
	relative, drive := command.VolumePath(path)
	if relative == "" || !r.Vouched && drive != "" && drive != "c" {
		return false
	}
	return matches(r.makers, relative)
}

// hosting are programs of Windows that services, tasks and scripts of all kinds
// run in.
var hosting = map[string]bool{"svchost.exe": true, "taskhost.exe": true, "taskhostex.exe": true, "taskhostw.exe": true, "cscript.exe": true, "wscript.exe": true, "powershell.exe": true}

// makerIs counts one of the row's programs.
func (r *reading) makerIs(p *artifacts.Process) {
	r.made++
	r.own = r.own || !hosting[command.Base(p.Executable)]
}

// namedAlike reports whether a program has a name that only the row's have.
func (r *reading) namedAlike(name string) bool {
	return r.names[name] && !slices.Contains(r.Through, name) && !common[name]
}

// common are names that say nothing where they lie elsewhere.
var common = map[string]bool{"setup.exe": true, "svchost.exe": true, "cscript.exe": true, "wscript.exe": true, "powershell.exe": true, "asc.exe": true, "acquire.exe": true, "taskhost.exe": true}

// file reads a file that was created: by a process of the act whose own record
// is there, or by one of the row's programs.
func (r *reading) file(rec *correlate.Record) {
	if rec.Process != nil {
		known := slices.ContainsFunc(r.facts.Records, func(o *correlate.Record) bool {
			return o.Kind == "process" && o.Process != nil && sameProcess(o.Process, rec.Process)
		})
		switch {
		case known:
		case r.makes(rec.Process.Executable):
			r.makerIs(rec.Process)
			r.fits("its program %s wrote the file", rec.Process.Executable)
			r.sign(rec.Host, rec.Process)
			r.actor(rec)
		default:
			r.misfit("%s wrote the file, none of its programs", imageOf(rec.Process))
		}
	}
	r.destination(rec.File, true)
}

func sameProcess(a, b *artifacts.Process) bool {
	if a.EntityID != "" && b.EntityID != "" {
		return a.EntityID == b.EntityID
	}
	return a.PID != 0 && a.PID == b.PID && command.Base(a.Executable) == command.Base(b.Executable)
}

// actor compares who ran a process with who the row runs as.
func (r *reading) actor(rec *correlate.Record) {
	u := rec.User
	switch {
	case !r.Service:
	case system(u):
		r.fits("it ran as LocalSystem, as its service does")
	case u == (artifacts.User{}) || u.Name == "" && u.SID == "":
		r.open("the account was not recorded")
	default:
		r.misfit("it ran as %s, while its service runs as LocalSystem", nameOf(u))
	}
}

// system reports whether an account is the computer itself.
func system(u artifacts.User) bool {
	return u.SID == "S-1-5-18" || u.LogonID == "0x3e7" || u.SID == "" && strings.EqualFold(u.Name, "SYSTEM")
}

func nameOf(u artifacts.User) string {
	if u.Domain != "" {
		return u.Domain + `\` + u.Name
	}
	if u.Name == "" {
		return u.SID
	}
	return u.Name
}

// destinations compares where the commands wrote with the row's places.
func (r *reading) destinations(rec *correlate.Record) {
	for i := range rec.Commands {
		c := &rec.Commands[i]
		if !c.Copies() {
			continue
		}
		for _, d := range c.Disguise {
			r.misfit("the command was disguised: %s", d)
		}
		if c.Remote != "" {
			r.misfit("the command was for another host: %s", c.Remote)
		}
		if c.Destination == "" {
			r.elsewhere++
			r.open("the command does not say where it wrote")
			continue
		}
		path, certain := outputOf(rec, c)
		r.destination(path, certain)
	}
}

// outputOf is where a command wrote; certain if the record decides it.
func outputOf(rec *correlate.Record, c *command.Command) (path string, certain bool) {
	for _, output := range c.Outputs() {
		for _, candidate := range command.Resolve(output.File, rec.Process.WorkingDirectory, rec.Process.Executable, rec.User.Name) {
			if candidate.Certain {
				if candidate.Stream != "" {
					return candidate.Path + ":" + candidate.Stream, true
				}
				return candidate.Path, true
			}
		}
	}
	return c.Destination, false
}

// destination compares one output with the row's places.
func (r *reading) destination(path string, certain bool) {
	file, stream := command.SplitStream(path)
	relative, _ := command.VolumePath(file)
	switch {
	case !certain:
		r.elsewhere++
		r.open("the folder of %s was not recorded", path)
	case stream != "":
		r.misfit("the output is hidden in an alternate data stream: %s", path)
	case relative != "" && matches(r.matcher.places, relative):
		r.places++
		r.fits("the output %s lies where it keeps its own", path)
	case len(r.Places) == 0:
		r.open("whether %s is a place of its own is not documented", path)
	default:
		r.elsewhere++
		r.misfit("the output went to %s, which is none of its places", path)
	}
}

// lineage is a record's process and those above it, as far as the record, the
// act's other records and its chain tell.
func (f *Facts) lineage(rec *correlate.Record) []artifacts.Process {
	if line, known := f.lines[rec]; known {
		return line
	}
	var line []artifacts.Process
	p := rec.Process
	for p != nil && len(line) < maxLineage {
		line = append(line, *p)
		up := p.Parent
		if up == nil {
			break
		}
		if fuller := f.fuller(rec.Host, up); fuller != nil {
			up = fuller
		}
		p = up
	}
	f.lines[rec] = line
	return line
}

// maxLineage bounds the ancestors of a process.
const maxLineage = 16

// fuller finds the record of a process that is known as somebody's parent.
func (f *Facts) fuller(host string, parent *artifacts.Process) *artifacts.Process {
	if parent.Parent != nil {
		return parent
	}
	for i := range f.Act.Chain {
		n := &f.Act.Chain[i]
		if (n.Relation == "ancestor" || n.Relation == "command") && sameProcess(&n.Process, parent) {
			p := n.Process
			if up := f.above(i); up >= 0 {
				p.Parent = &f.Act.Chain[up].Process
			}
			return &p
		}
	}
	for _, rec := range f.Records {
		if rec.Kind == "process" && rec.Process != nil && strings.EqualFold(rec.Host, host) && sameProcess(rec.Process, parent) {
			return rec.Process
		}
	}
	return nil
}

// above is the index of the node that a node of the chain stands under; -1 if
// there is none. The chain lists each process before those that it started.
func (f *Facts) above(i int) int {
	for j := i - 1; j >= 0; j-- {
		if f.Act.Chain[j].Depth < f.Act.Chain[i].Depth {
			return j
		}
	}
	return -1
}

func imageOf(p *artifacts.Process) string {
	if p == nil || p.Executable == "" {
		return "a process that was not recorded"
	}
	return p.Executable
}

func parentOf(line []artifacts.Process) string {
	if len(line) < 2 || line[1].Executable == "" {
		return "a process that was not recorded"
	}
	return line[1].Executable
}

// Programs that pack files or take them elsewhere.
var (
	packers = []string{"7z.exe", "7za.exe", "7zr.exe", "rar.exe", "winrar.exe", "makecab.exe", "tar.exe"}
	movers  = []string{"rclone.exe", "curl.exe", "winscp.exe", "pscp.exe", "psftp.exe", "scp.exe", "sftp.exe", "ftp.exe", "bitsadmin.exe", "certutil.exe"}
)

// surroundings reads what was done beside the copying.
func (f *Facts) surroundings(e *correlate.Explanation, packs bool) {
	against := func(format string, args ...any) { e.Against = appendOnce(e.Against, fmt.Sprintf(format, args...)) }
	for _, n := range f.Act.Chain {
		if n.Relation != "child" && n.Relation != "sibling" {
			continue
		}
		name := command.Base(n.Process.Executable)
		switch {
		case slices.Contains(movers, name):
			against("beside it ran %s, which takes files elsewhere", n.Process.Executable)
		case slices.Contains(packers, name) && !packs:
			against("beside it ran %s, which packs files", n.Process.Executable)
		}
	}
	for _, w := range f.Act.Whereabouts {
		if strings.HasPrefix(w.Path, `\\`) && !strings.HasPrefix(w.Path, `\\?\`) && !strings.HasPrefix(w.Path, `\\.\`) {
			against("a copy went to another computer: %s", w.Path)
		}
	}
}
