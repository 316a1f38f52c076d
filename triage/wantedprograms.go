package triage

import (
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/triage/command"
	"hivetriage/triage/program"
)

// A wantedProgram is a program around the acts, and what was found of it.
type wantedProgram struct {
	program.Executable
	host     string              // without its domain, in lower case; "" where it is not known
	relative string              // as command.VolumePath writes it; "" of one that is on no local volume
	stream   string              // name of the alternate data stream that it was started from
	drive    string              // "c", "" where the records name the volume
	from     map[ownPlace]bool   // where the records lie that the computer wrote itself
	moment   bool                // wanted only because it was started just before a copy
	starts   []time.Time         // in the logs
	runs     []artifacts.Trace   // what other artefacts tell of its runs
	binned   []artifacts.Locator // where it lies in the Recycle Bin, in lower case

	entry artifacts.Entry // the file; nil where it was read as it was met
	near  int
	facts executable.Facts
}

// An ownPlace is where the files of one computer lie: a disk, or the folder on
// it that is one of several computers' collected files.
type ownPlace struct{ source, disk, root string }

// wantedPrograms are the programs around the acts.
type wantedPrograms struct {
	all    []*wantedProgram
	byPath map[launchKey][]*wantedProgram // by host, and by place below the root and stream
	names  map[string][]*wantedProgram    // by the last component of the path
	short  []*wantedProgram               // those with 8.3 names in their paths
	beyond int                            // programs that are not looked for

	zones    map[artifacts.Locator]*program.Zone // marks of the web by file, paths in lower case
	lists    []artifacts.Entry                   // catalogs
	streamed []artifacts.Volume                  // that may hold more of them
	catalogs map[ownPlace]int                    // that could be read
}

func newWantedPrograms() *wantedPrograms {
	return &wantedPrograms{byPath: map[launchKey][]*wantedProgram{}, names: map[string][]*wantedProgram{},
		zones: map[artifacts.Locator]*program.Zone{}, catalogs: map[ownPlace]int{}}
}

// add wants a program of a host. Names without a folder are not wanted: they
// may stand for any file. Records that name the volume in place of the drive's
// letter are of the program that has it.
func (p *wantedPrograms) add(host, name string) *wantedProgram {
	normal := command.Normal(name)
	relative, drive := command.VolumePath(name)
	_, stream := command.SplitStream(normal)
	if relative == "" && !strings.HasPrefix(normal, `\\`) {
		return nil
	}
	key := launchKey{shortHost(host), relative + ":" + stream}
	if relative == "" {
		key.path = normal
	}
	for _, e := range p.byPath[key] {
		switch {
		case e.drive == drive || drive == "":
			return e
		case e.drive == "":
			e.Path, e.drive = name, drive
			return e
		}
	}
	if len(p.all) == maxExecutables {
		p.beyond++
		return nil
	}
	e := &wantedProgram{Executable: program.Executable{Path: name, Host: host, State: program.NotFound, Acts: []string{}},
		host: key.host, relative: relative, stream: stream, drive: drive, from: map[ownPlace]bool{}}
	p.all = append(p.all, e)
	p.byPath[key] = append(p.byPath[key], e)
	if relative != "" {
		base := path.Base(relative)
		p.names[base] = append(p.names[base], e)
		if strings.Contains(relative, "~") {
			p.short = append(p.short, e)
		}
	}
	return e
}

// in notes that a program has to do with an act, and where the record lies
// that says so.
func (e *wantedProgram) in(act string, r *run, at artifacts.Locator) {
	if e == nil {
		return
	}
	e.moment = false
	if act != "" && !slices.Contains(e.Acts, act) {
		e.Acts = append(e.Acts, act)
	}
	if !strings.Contains(strings.ToLower(at.Path), "forwardedevents") { // which other computers wrote
		e.from[r.ownPlace(at)] = true
	}
}

// programsOf lists the programs in the chains and the records of the acts, and
// those that were started around them.
func (r *run) programsOf(w *wanted) *wantedPrograms {
	p := newWantedPrograms()
	members := r.members()
	for i, a := range r.acts {
		host, at := "", artifacts.Locator{}
		for _, rec := range members[i] {
			from := artifacts.Locator{Source: rec.From.Source, Volume: rec.From.Volume, Path: rec.From.Path}
			for q := rec.Process; q != nil; q = q.Parent {
				p.add(rec.Host, q.Executable).in(a.ID, r, from)
			}
			if rec.Process != nil && host == "" {
				host, at = rec.Host, from
			}
		}
		for _, n := range a.Chain {
			p.add(host, n.Process.Executable).in(a.ID, r, at)
		}
	}
	copied := r.copyTimes()
	strange := r.launched.around(w, copied)
	p.beyond += max(len(strange)-maxStrange, 0)
	for _, i := range strange[:min(len(strange), maxStrange)] {
		known := len(p.all)
		if e := p.add(i.host, i.path); e != nil && len(p.all) > known {
			e.moment = inUsualFolder(e.relative)
		}
	}
	for key, i := range r.launched.all {
		relative, _ := command.VolumePath(key.path)
		_, stream := command.SplitStream(key.path)
		for _, e := range p.byPath[launchKey{key.host, relative + ":" + stream}] {
			if command.Normal(e.Path) == key.path {
				e.Starts, e.First, e.Last, e.Days, e.starts = i.starts(), i.first, i.last, i.days(), i.distinct()
			}
		}
	}
	return p
}

// is reports whether a file at a place of a volume, in lower case, is the
// program by its path. The root may be a folder of unpacked evidence.
func (e *wantedProgram) is(lower, stream string) bool {
	if e.relative == "" || !strings.EqualFold(stream, e.stream) {
		return false
	}
	windows := strings.ReplaceAll(e.relative, "/", `\`)
	return slices.ContainsFunc(belowDrive(lower), func(below string) bool {
		return below == windows || strings.Contains(windows, "~") && eightDotThree(windows, below)
	})
}

// eightDotThree reports whether a path with 8.3 names may stand for another
// one: component by component it is the same, or begins with the first letters
// and ends with the beginning of the extension.
func eightDotThree(short, long string) bool {
	a, b := strings.Split(short, `\`), strings.Split(long, `\`)
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool {
		l := b[0]
		b = b[1:]
		return s != l && !command.Shortens(s, l)
	})
}

// hostAt names the computer whose files lie at a place, by the hives that lie
// beside them; "" where none do.
func (r *run) hostAt(at artifacts.Locator) (name, root string) {
	volume, lower := at.Volume, strings.ToLower(at.Path)
	if info := r.snapshots[keyOf(at)]; info != nil {
		volume = info.Of
	}
	for _, h := range r.hosts {
		top := strings.TrimSuffix(h.key.dir, "windows/system32/config")
		if h.key.source == at.Source && h.key.volume == volume && strings.HasPrefix(lower, top) && len(top) >= len(root) {
			name, root = h.Name, top
		}
	}
	return name, root
}

// ownPlace tells whose files lie at a place.
func (r *run) ownPlace(at artifacts.Locator) ownPlace {
	own := ownPlace{at.Source, at.Disk(), ""}
	n := 0
	for _, h := range r.hosts {
		if h.key.source == at.Source && h.Disk == at.Disk() {
			n++
		}
	}
	if n > 1 { // on one disk
		_, own.root = r.hostAt(at)
	}
	return own
}

// nearness says how surely a file at a place is one of the computer that a
// program ran on: 0 where it is another's.
func (r *run) nearness(e *wantedProgram, at artifacts.Locator) int {
	host, _ := r.hostAt(at)
	switch {
	case host != "" && shortHost(host) == e.host && (e.drive == "" || e.drive == "c"):
		return 3
	case host != "" && shortHost(host) == e.host, e.from[r.ownPlace(at)]:
		return 2
	case host != "":
		return 0
	}
	if host = r.hostOf(at); host != "" && (e.host == "" || shortHost(host) == e.host) {
		return 1
	}
	return 0
}
