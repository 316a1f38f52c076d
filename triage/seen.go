package triage

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/journal/recyclebin"
	"hivetriage/triage/attest"
	"hivetriage/triage/command"
	"hivetriage/triage/program"
)

// maxRunsOfProgram bounds the entries that are kept of one program's runs.
const maxRunsOfProgram = 64

// A sighting is what one artefact's file tells of one program.
type sighting struct {
	name, host string // of the program as recorded
	seen       []program.Seen
	runs       []artifacts.Trace
	binned     []artifacts.Locator
}

// seePrograms asks the other artefacts of the programs: when each kind first
// knew of them, when they ran, and whether their files lie in the Recycle Bin.
// Programs that only such an artefact tells of are wanted from then on, if they
// ran around an act as launches.around asks of those in the logs.
func (r *run) seePrograms(ctx context.Context, w *wanted, p *wantedPrograms) {
	concerned := map[string]bool{}
	for source := range r.concerned() {
		concerned[source.Name()] = true
	}
	copied := r.copyTimes()
	found := make([]map[launchKey]*sighting, len(r.traces))
	abreast(r.cfg.Workers, len(r.traces), func(i int) {
		f := r.traces[i]
		if ctx.Err() != nil || f.failed || !concerned[f.at.Source] {
			return
		}
		found[i] = map[launchKey]*sighting{}
		f.each(ctx, r, func(t *artifacts.Trace) { see(found[i], t, f.at, w, copied, p) })
	})
	strange := 0
	for i, one := range found {
		for _, key := range slices.SortedFunc(maps.Keys(one), func(a, b launchKey) int {
			return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.path, b.path))
		}) {
			s := one[key]
			known := len(p.byPath[key]) > 0
			if !known && strange == maxStrange {
				p.beyond++
				continue
			}
			e := p.add(s.host, s.name)
			if e == nil {
				continue
			}
			if !known {
				strange++
				e.moment = inUsualFolder(e.relative)
			}
			e.from[r.ownPlace(r.traces[i].at)] = true
			e.take(s)
			for _, at := range s.binned {
				base := at.Path[strings.LastIndexByte(at.Path, '/')+1:]
				p.names[base] = append(p.names[base], e)
			}
		}
	}
	for _, e := range p.all {
		slices.SortFunc(e.Seen, func(a, b program.Seen) int {
			return cmp.Or(cmp.Compare(boolToInt(a.OfFile()), boolToInt(b.OfFile())), a.Time.Compare(b.Time), strings.Compare(a.Artefact, b.Artefact))
		})
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// see notes what an entry tells of a program that is wanted, or is to be.
func see(found map[launchKey]*sighting, t *artifacts.Trace, at artifacts.Locator, w *wanted, copied []time.Time, p *wantedPrograms) {
	name := t.Program
	removed := t.Artefact == recyclebin.RecycleBin && len(t.Paths) > 0
	if removed {
		name = t.Paths[0]
	}
	relative, _ := command.VolumePath(name)
	if relative == "" {
		return
	}
	_, stream := command.SplitStream(command.Normal(name))
	key := launchKey{shortHost(t.Host), relative + ":" + stream}
	ran := t.Deed == artifacts.Ran && slices.ContainsFunc(t.Times, func(s artifacts.Stamp) bool {
		return attest.IsRun(s) && (!inUsualFolder(relative) && w.in(s.Time) || justBefore(s.Time, copied))
	})
	if len(p.byPath[key]) == 0 && !ran {
		return
	}
	s := found[key]
	if s == nil {
		s = &sighting{name: name, host: t.Host}
		found[key] = s
	}
	switch {
	case removed:
		s.binned = append(s.binned, folded(artifacts.Locator{Source: at.Source, Volume: at.Volume, Path: recyclebin.Content(at.Path)}))
	case t.Deed == artifacts.Ran && len(s.runs) < maxRunsOfProgram:
		s.runs = append(s.runs, *t)
	}
	if stamp, ok := firstKnown(t.Times); ok {
		s.seen = firstOfKind(s.seen, program.Seen{Artefact: t.Artefact, Time: stamp.Time, Means: stamp.Means, Path: at.Place()})
	}
}

// firstKnown is the earliest time at which an artefact knew a program: times
// that are the file's own count where it has no others.
func firstKnown(times []artifacts.Stamp) (first artifacts.Stamp, ok bool) {
	own := func(s artifacts.Stamp) bool { return (&program.Seen{Means: s.Means}).OfFile() }
	for _, s := range times {
		switch {
		case s.Time.IsZero():
		case !ok, own(first) && !own(s), own(first) == own(s) && s.Time.Before(first.Time):
			first, ok = s, true
		}
	}
	return first, ok
}

// take adds what one artefact's file told.
func (e *wantedProgram) take(s *sighting) {
	for _, seen := range s.seen {
		e.Seen = firstOfKind(e.Seen, seen)
	}
	e.runs = append(e.runs, s.runs[:min(len(s.runs), maxRunsOfProgram-len(e.runs))]...)
	e.binned = append(e.binned, s.binned...)
}

// firstOfKind keeps the first time of each kind of artefact.
func firstOfKind(list []program.Seen, s program.Seen) []program.Seen {
	for i, other := range list {
		if other.Artefact == s.Artefact {
			if other.OfFile() && !s.OfFile() || other.OfFile() == s.OfFile() && s.Time.Before(other.Time) {
				list[i] = s
			}
			return list
		}
	}
	return append(list, s)
}
