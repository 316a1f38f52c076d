package footprint

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/program"
)

// A programKey is what the records of one program share.
type programKey struct{ path, sha256, sha1 string }

// addStart counts the start of a program.
func (r *Reader) addStart(e *artifacts.Event) {
	source := "Security 4688"
	if e.Code == 1 {
		source = "Sysmon 1"
	}
	sha256, sha1 := digests(e.Process.Hashes)
	r.mergeProgram(&Program{Path: cut(command.Normal(e.Process.Executable)), SHA256: sha256, SHA1: sha1, Sources: []string{source}, Starts: 1, First: e.Began(), Last: e.Began()})
}

// digests reads Sysmon's "SHA1=...,SHA256=...".
func digests(text string) (sha256, sha1 string) {
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch {
		case strings.EqualFold(name, "SHA256") && digest(value, 64):
			sha256 = strings.ToLower(value)
		case strings.EqualFold(name, "SHA1") && digest(value, 40):
			sha1 = strings.ToLower(value)
		}
	}
	return sha256, sha1
}

// digest reports whether a text is so many hexadecimal digits, not all zeros.
func digest(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789abcdefABCDEF") == "" && strings.Trim(text, "0") != ""
}

// AddTrace takes an entry of another artefact: of drives and of addresses, or
// one that knows a program by its whole path, that it ran or stood there. It
// reports whether the entry is of use to a footprint only.
func (r *Reader) AddTrace(t *artifacts.Trace) bool {
	switch t.Artefact {
	case inMounts:
		r.addMount(t)
	case inInterface:
		r.addInterface(t)
		return true
	default:
		r.addKnown(t)
	}
	return false
}

// addKnown takes an entry that knows a program.
func (r *Reader) addKnown(t *artifacts.Trace) {
	if t.Deed != artifacts.Ran && t.Deed != artifacts.Existed {
		return
	}
	path := command.Normal(t.Program)
	if relative, _ := command.VolumePath(path); relative == "" {
		return
	}
	p := &Program{Path: cut(path), Sources: []string{cut(t.Artefact)}}
	if sha1 := t.Detail("SHA1"); digest(sha1, 40) {
		p.SHA1 = strings.ToLower(sha1)
	}
	for _, s := range t.Times {
		if seen := (program.Seen{Means: s.Means}); !seen.OfFile() {
			p.First, p.Last = earlier(p.First, s.Time), later(p.Last, s.Time)
		}
	}
	r.mergeProgram(p)
}

// AddFile takes a program whose file was read.
func (r *Reader) AddFile(e *program.Executable) {
	if e.SHA256 == "" || e.Unreliable != "" {
		return
	}
	p := &Program{Path: cut(command.Normal(e.Path)), SHA256: e.SHA256, SHA1: e.SHA1, Sources: []string{FromFile}}
	if e.Signature.Holds() {
		p.Signer = cut(e.Signature.Signer)
	}
	r.mergeProgram(p)
}

// FromFile is the source of a program whose own file was read.
const FromFile = "file"

func (r *Reader) mergeProgram(p *Program) {
	key := programKey{p.Path, p.SHA256, p.SHA1}
	g := r.programs[key]
	switch {
	case g == nil && len(r.programs) >= MaxPrograms:
		r.omitted.Programs++
	case g == nil:
		if r.programs == nil {
			r.programs = map[programKey]*Program{}
		}
		p.Path = strings.Clone(p.Path)
		r.programs[programKey{p.Path, p.SHA256, p.SHA1}] = p
	default:
		g.take(p)
	}
}

// take adds what is told of the same program.
func (p *Program) take(o *Program) {
	for _, s := range o.Sources {
		if !slices.Contains(p.Sources, s) {
			p.Sources = append(p.Sources, s)
		}
	}
	p.Starts += o.Starts
	p.First, p.Last = earlier(p.First, o.First), later(p.Last, o.Last)
	p.Signer = cmp.Or(p.Signer, o.Signer)
	p.SHA1 = cmp.Or(p.SHA1, o.SHA1)
}

func (r *Reader) takePrograms(o *Reader) {
	for _, key := range ordered(o.programs, comparePrograms) {
		r.mergeProgram(o.programs[key])
	}
}

func comparePrograms(a, b programKey) int {
	return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(b.sha256, a.sha256), strings.Compare(b.sha1, a.sha1))
}

// programsSeen are the programs by path and hash. What is known by one of its
// hashes only is that of the same path which has both.
func (r *Reader) programsSeen() []Program {
	list := make([]Program, 0, len(r.programs))
	for _, key := range ordered(r.programs, comparePrograms) { // those with more hashes first
		p := *r.programs[key]
		p.Name = command.Base(p.Path)
		p.Place, _ = command.VolumePath(p.Path)
		p.Sources = slices.Clone(p.Sources)
		same := -1
		for i := len(list) - 1; i >= 0 && list[i].Path == p.Path && same < 0; i-- {
			if o := &list[i]; p.SHA256 == "" && p.SHA1 != "" && o.SHA1 == p.SHA1 || p.SHA1 == "" && p.SHA256 != "" && o.SHA256 == p.SHA256 {
				same = i
			}
		}
		if same >= 0 {
			list[same].take(&p)
			continue
		}
		list = append(list, p)
	}
	for i := range list {
		slices.Sort(list[i].Sources)
	}
	return list
}

// told says what a reach of records tells of records.
func (r Reach) told(what string) Reach {
	r.Told = r.Records > 0
	switch {
	case r.Told:
		r.Because = "records of " + what + " from " + r.From.UTC().Format(time.RFC3339) + " to " + r.To.UTC().Format(time.RFC3339)
	default:
		r.Because = "the logs that were read hold no record of " + what
	}
	return r
}
