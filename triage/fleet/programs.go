package fleet

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/triage"
	"hivetriage/triage/command"
	"hivetriage/triage/footprint"
	"hivetriage/triage/program"
)

// What tells that a program is the same on two hosts.
const (
	bySHA256 = "SHA-256"
	bySHA1   = "SHA-1"
	byPath   = "path"
	bySigner = "signer"
)

// measures are in the order of what they are worth.
var measures = []string{bySHA256, bySHA1, byPath, bySigner}

// programs are those of the acts' chains, and who knows them.
type programs struct {
	rows  []*wanted
	byKey map[string]*wanted
	// marks are what is looked for on hosts: a measure and its value.
	marks map[string][]*wanted
	able  map[string]map[*machine]bool // who could tell, by measure
}

// A wanted is a program around acts.
type wanted struct {
	row   Program
	paths map[string]bool
	known map[string]map[*machine]bool // by measure
	by    map[string]bool
	marks map[string]bool // that are looked for
}

// programKey is what makes two executables of cases one row: the hash, and
// where there is none the path.
func programKey(e *program.Executable) string {
	if e.SHA256 != "" && e.Unreliable == "" {
		return bySHA256 + "\x00" + strings.ToLower(e.SHA256)
	}
	return byPath + "\x00" + command.Normal(e.Path)
}

// marksOf are the things by which an executable is looked for.
func marksOf(e *program.Executable) map[string]string {
	all := map[string]string{byPath: command.Normal(e.Path)}
	if e.Unreliable == "" {
		all[bySHA256], all[bySHA1] = strings.ToLower(e.SHA256), strings.ToLower(e.SHA1)
		if e.Signature.Holds() {
			all[bySigner] = strings.ToLower(e.Signature.Signer)
		}
	}
	return all
}

// want takes the programs of a case's acts.
func (p *programs) want(h *host, c *triage.Case) {
	if p.byKey == nil {
		p.byKey, p.marks, p.able = map[string]*wanted{}, map[string][]*wanted{}, map[string]map[*machine]bool{}
	}
	for i := range c.Executables {
		e := &c.Executables[i]
		if len(e.Acts) == 0 {
			continue
		}
		key := programKey(e)
		w := p.byKey[key]
		if w == nil {
			w = &wanted{row: Program{Name: command.Base(command.Normal(e.Path)), Paths: []string{}, Acts: []Ref{}}, paths: map[string]bool{}, known: map[string]map[*machine]bool{}, by: map[string]bool{}, marks: map[string]bool{}}
			p.byKey[key] = w
			p.rows = append(p.rows, w)
		}
		if path := command.Normal(e.Path); len(w.paths) < maxPaths && !w.paths[path] {
			w.paths[path] = true
			w.row.Paths = append(w.row.Paths, path)
		}
		for by, value := range marksOf(e) {
			if value != "" {
				w.by[by] = true
				p.look(by, value, w)
			}
		}
		if e.Unreliable == "" {
			w.row.SHA256, w.row.SHA1 = cmp.Or(w.row.SHA256, strings.ToLower(e.SHA256)), cmp.Or(w.row.SHA1, strings.ToLower(e.SHA1))
			if e.Signature.Holds() {
				w.row.Signer = cmp.Or(w.row.Signer, e.Signature.Signer)
			}
		}
		for _, id := range e.Acts {
			if len(w.row.Acts) < MaxRefs {
				w.row.Acts = append(w.row.Acts, h.ref(id))
			}
		}
		h.runs = append(h.runs, ran{w, marksOf(e)})
	}
}

// A ran is a program that a host's own case tells of, with what it knows of it.
type ran struct {
	program *wanted
	marks   map[string]string
}

// look lets hosts be asked for a mark.
func (p *programs) look(by, value string, w *wanted) {
	key := by + "\x00" + value
	if !w.marks[key] && len(p.marks[key]) < maxMarks {
		w.marks[key] = true
		p.marks[key] = append(p.marks[key], w)
	}
}

// hear takes which of the programs a host knows, and by what it could tell.
func (p *programs) hear(h *host, f *footprint.Footprint) {
	if h.machine == nil {
		return
	}
	heard := map[string]bool{}
	know := func(by, value string) {
		if value == "" {
			return
		}
		if p.able[by] == nil {
			p.able[by] = map[*machine]bool{}
		}
		p.able[by][h.machine] = true
		key := by + "\x00" + value
		of := p.marks[key]
		if len(of) == 0 || heard[key] {
			return
		}
		heard[key] = true
		for _, w := range of {
			if w.known[by] == nil {
				w.known[by] = map[*machine]bool{}
			}
			w.known[by][h.machine] = true
		}
	}
	for _, own := range h.runs {
		for by, value := range own.marks {
			know(by, value)
		}
	}
	if f == nil || p.byKey == nil {
		return
	}
	for i := range f.Programs {
		x := &f.Programs[i]
		know(bySHA256, x.SHA256)
		know(bySHA1, x.SHA1)
		know(byPath, x.Path)
		know(bySigner, strings.ToLower(x.Signer))
	}
}

// measure says on how many computers a program is known by one thing.
func (p *programs) measure(w *wanted, by string) program.Prevalence {
	return program.Prevalence{Hosts: len(w.known[by]), Of: len(p.able[by]), By: by}
}

// best is the measure that says most: a hash where more than one computer
// could tell, else the path.
func (p *programs) best(w *wanted) program.Prevalence {
	var best program.Prevalence
	for _, by := range []string{bySHA256, bySHA1} {
		if m := p.measure(w, by); w.by[by] && m.Of > max(best.Of, 1) {
			best = m
		}
	}
	if best.By == "" {
		best = p.measure(w, byPath)
	}
	return best
}

// finish writes the programs, the rarest first.
func (p *programs) finish(c *Case) {
	c.Programs = []Program{}
	for _, w := range p.rows {
		slices.Sort(w.row.Paths)
		slices.SortFunc(w.row.Acts, compareRefs)
		w.row.Prevalence = p.best(w)
		w.row.Measures = []program.Prevalence{}
		for _, by := range measures {
			if w.by[by] {
				w.row.Measures = append(w.row.Measures, p.measure(w, by))
			}
		}
		w.row.Folders = []string{}
		for m := range w.known[w.row.By] {
			w.row.Folders = append(w.row.Folders, m.folder())
		}
		slices.Sort(w.row.Folders)
		w.row.Folders = w.row.Folders[:min(len(w.row.Folders), MaxFolders)]
		c.Programs = append(c.Programs, w.row)
	}
	slices.SortFunc(c.Programs, func(a, b Program) int {
		return cmp.Or(a.Prevalence.Hosts-b.Prevalence.Hosts, strings.Compare(a.Name, b.Name), strings.Compare(a.SHA256, b.SHA256), slices.Compare(a.Paths, b.Paths))
	})
	if more := len(c.Programs) - MaxPrograms; more > 0 {
		c.Programs, c.Omitted.Programs = c.Programs[:MaxPrograms], more
	}
}

// Apply puts what the batch knows into the case of one of its hosts: on how
// many hosts each program of its acts is known, which the guide's first step
// then tells. What a batch before this one knew is taken out. It reports whether
// anything was changed.
func (c *Case) Apply(host *triage.Case) bool {
	if len(host.Acts) == 0 {
		return false
	}
	byKey := map[string]*Program{}
	for i := range c.Programs {
		p := &c.Programs[i]
		if p.SHA256 != "" {
			byKey[bySHA256+"\x00"+p.SHA256] = p
			continue
		}
		for _, path := range p.Paths {
			byKey[byPath+"\x00"+path] = p
		}
	}
	changed := false
	for i := range host.Executables {
		e := &host.Executables[i]
		before := e.Prevalence
		e.Prevalence = nil
		if p := byKey[programKey(e)]; p != nil && len(e.Acts) > 0 && p.Prevalence.Of > 1 {
			known := p.Prevalence
			e.Prevalence = &known
		}
		changed = changed || (before == nil) != (e.Prevalence == nil) || before != nil && *before != *e.Prevalence
	}
	if changed {
		host.RetellChain()
	}
	return changed
}
