// Package benign knows what legitimately copies SAM, SECURITY and SYSTEM, and
// says of an act whether that explains it. It opens nothing.
package benign

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// Facts are an act and what is known around it.
type Facts struct {
	Act     *correlate.Act
	Records []*correlate.Record // of the act
	Exports []*locate.Export    // of the act
	Habits  Habits              // of the case
	// Signer tells whose signature a program has, and whether it holds: Valid,
	// Unsigned, NotChecked, or in a word why it does not. It may be nil.
	Signer func(host, path string) (signer, state string)

	lines map[*correlate.Record][]artifacts.Process // what lineage found
}

// The states of a signature.
const (
	Valid      = "valid"
	Unsigned   = "unsigned"
	NotChecked = "not checked"
)

// A matcher is a row with its patterns compiled.
type matcher struct {
	Row
	places, makers []*regexp.Regexp
	names          map[string]bool // base names of its programs
}

var matchers = compile(Table)

func compile(rows []Row) []matcher {
	all := make([]matcher, len(rows))
	for i, row := range rows {
		m := matcher{Row: row, names: map[string]bool{}}
		for _, p := range row.Places {
			m.places = append(m.places, locate.Pattern(p))
		}
		for _, p := range row.Makers {
			m.makers = append(m.makers, locate.Pattern(p))
		}
		for _, n := range row.Names {
			m.names[n] = true
		}
		all[i] = m
	}
	return all
}

// Bounds of what is told of an act, and of the acts that are read: what has
// more records is no agent's or job's copy.
const (
	maxExplanations = 4
	maxMembers      = 256 // records, or copies
)

// Explain returns the harmless readings of an act that something in it fits,
// the complete ones first, then those with the most that fits.
func Explain(f Facts) []correlate.Explanation {
	var all []correlate.Explanation
	f.lines = map[*correlate.Record][]artifacts.Process{}
	if len(f.Records) > maxMembers || len(f.Exports) > maxMembers {
		return nil
	}
	images, places := f.named()
	for i := range matchers {
		if !matchers[i].meets(images, places, f.Exports) {
			continue
		}
		if e, ok := f.judge(&matchers[i]); ok {
			all = append(all, e)
		}
	}
	if e, ok := f.habit(); ok {
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b correlate.Explanation) int {
		return cmp.Or(rank(b)-rank(a), len(b.For)-len(a.For), len(a.Against)-len(b.Against))
	})
	return all[:min(len(all), maxExplanations)]
}

// named lists, each once, the programs of an act and the places of its copies.
func (f *Facts) named() (images, places map[string]bool) {
	images, places = map[string]bool{}, map[string]bool{}
	for _, rec := range f.Records {
		if rec.Process != nil {
			for _, p := range f.lineage(rec) {
				images[p.Executable] = true
			}
			for i := range rec.Commands {
				if path, certain := outputOf(rec, &rec.Commands[i]); certain {
					places[path] = true
				}
			}
		}
		if rec.File != "" {
			places[rec.File] = true
		}
	}
	return images, places
}

// meets reports whether anything of an act may be a row's.
func (m *matcher) meets(images, places map[string]bool, exports []*locate.Export) bool {
	r := reading{matcher: m}
	for image := range images {
		if r.makes(image) || r.namedAlike(command.Base(image)) {
			return true
		}
	}
	for path := range places {
		file, _ := command.SplitStream(path)
		if relative, _ := command.VolumePath(file); relative != "" && matches(m.places, relative) {
			return true
		}
	}
	return slices.ContainsFunc(exports, func(x *locate.Export) bool { return r.at(x.At.Path) })
}

func rank(e correlate.Explanation) int {
	switch {
	case e.Complete:
		return 2
	case len(e.Against) == 0:
		return 1
	}
	return 0
}

// A reading gathers what fits a row and what does not.
type reading struct {
	*matcher
	facts     *Facts
	e         correlate.Explanation
	places    int             // copies at one of its places
	elsewhere int             // copies at none, or at one that was not recorded
	made      int             // records by its programs
	own       bool            // one of them is no program that much else runs in
	named     bool            // something has the name of one of its programs
	vouched   bool            // a signature or version data say that a program is the row's
	asked     map[string]bool // programs whose signature was asked for
}

func (r *reading) fits(format string, args ...any) {
	r.e.For = appendOnce(r.e.For, fmt.Sprintf(format, args...))
}

func (r *reading) misfit(format string, args ...any) {
	r.e.Against = appendOnce(r.e.Against, fmt.Sprintf(format, args...))
}

func (r *reading) open(format string, args ...any) {
	r.e.Open = appendOnce(r.e.Open, fmt.Sprintf(format, args...))
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// judge reads an act as a row's doing. ok is false where nothing of it fits.
func (f *Facts) judge(m *matcher) (correlate.Explanation, bool) {
	r := &reading{matcher: m, facts: f, asked: map[string]bool{},
		e: correlate.Explanation{Row: m.ID, Name: m.Name, For: []string{}, Against: []string{}, Open: []string{}, Settles: m.Settles}}
	for _, rec := range f.Records {
		r.record(rec)
	}
	for _, x := range f.Exports {
		r.export(x)
	}
	if !r.own && r.places == 0 && !r.named {
		return r.e, false // a program that much else runs in speaks for none of it
	}
	r.hives()
	f.surroundings(&r.e, m.Packs)
	switch {
	case r.made == 0 && len(f.Records) > 0:
		r.misfit("none of its programs took part")
	case r.made == 0:
		r.open("no record says which program made the copies")
	}
	if len(m.Places) == 0 {
		r.open("where it keeps its copies is not documented")
	}
	if m.Vouched && r.made > 0 && !r.vouched {
		r.open("its program has no folder of its own, and neither a signature nor version data in the records say that it is genuine")
	}
	if m.Person != "" {
		r.open("%s", m.Person)
	}
	r.e.Complete = r.made > 0 && r.places > 0 && r.elsewhere == 0 && len(r.e.Against) == 0 && (!m.Vouched || r.vouched) && m.Person == "" && !m.Keys
	return r.e, true
}

// hives compares what was taken with what the row takes.
func (r *reading) hives() {
	if r.Keys {
		r.misfit("it never copies a whole hive, and %s were copied", strings.Join(r.facts.Act.Hives, ", "))
		return
	}
	for _, h := range r.facts.Act.Hives {
		if r.Hives != nil && !slices.Contains(r.Hives, h) {
			r.misfit("it has no use for %s, which was copied as well", h)
		}
	}
}

// export reads a copy's place.
func (r *reading) export(x *locate.Export) {
	place := x.At.Place()
	switch {
	case x.At.Stream != "":
		r.misfit("a copy is hidden in an alternate data stream: %s", place)
	case x.At.Member != "" && !r.Packs:
		r.misfit("a copy lies in an archive: %s", place)
	case r.at(x.At.Path):
		r.fits("the copy at %s lies where it keeps its own", place)
		r.places++
		if x.Gone() && !r.Cleans {
			r.misfit("the copy at %s was deleted, which it does not do", place)
		}
	default:
		r.misfit("a copy lies at %s, which is none of its places", place)
		r.elsewhere++
	}
}

// at reports whether a path inside a volume, or below a folder that stands for
// a drive, is one of the row's places.
func (r *reading) at(path string) bool {
	path = strings.ToLower(path)
	if matches(r.matcher.places, path) {
		return true
	}
	for i := range path {
		if i > 0 && path[i] == '/' && locate.DriveRoot(path[:i]) && matches(r.matcher.places, path[i:]) {
			return true
		}
	}
	return false
}

func matches(patterns []*regexp.Regexp, path string) bool {
	return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(path) })
}

// sign asks for the signature of one of the row's programs.
func (r *reading) sign(host string, p *artifacts.Process) {
	if r.asked[strings.ToLower(p.Executable)] {
		return
	}
	r.asked[strings.ToLower(p.Executable)] = true
	if name := strings.ToLower(p.OriginalFileName); name != "" && len(r.names) > 0 {
		if !r.names[name] {
			r.misfit("%s has the name %s in its version data", p.Executable, p.OriginalFileName)
		} else {
			r.fits("%s has the name %s in its version data", p.Executable, p.OriginalFileName)
			r.vouched = true
		}
	}
	signer, state := "", NotChecked
	if r.facts.Signer != nil {
		signer, state = r.facts.Signer(host, p.Executable)
	}
	switch {
	case state == NotChecked || state == "":
		r.open("the signature of %s was not checked", p.Executable)
	case state != Valid:
		r.misfit("the signature of %s is %s", p.Executable, state)
	case len(r.Signers) == 0:
		r.fits("%s is signed by %s", p.Executable, signer)
	case slices.ContainsFunc(r.Signers, func(s string) bool { return strings.Contains(strings.ToLower(signer), s) }):
		r.fits("%s is signed by %s, as it should be", p.Executable, signer)
		r.vouched = true
	default:
		r.misfit("%s is signed by %s, which is not its maker", p.Executable, signer)
	}
}
