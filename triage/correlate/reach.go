package correlate

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// A Surveyor tells what is known of the places of the disk that something lies
// on, and why the volume that it is on can be carried away.
type Surveyor func(at artifacts.Locator) (known *destination.Known, medium string)

// reachPoints are those of where a copy went: that makes it no more of a copy.
const reachPoints = 0

// Survey says of every copy of the acts how far it came, as far as the places
// where it lies, lay or was sent, and who asked for it over a share, tell.
func Survey(acts []Act, exports []locate.Export, records []Record, of Surveyor) {
	s := survey{of: of, exports: map[string]*locate.Export{}}
	for i := range exports {
		s.exports[exports[i].ID] = &exports[i]
	}
	for i := range records {
		if records[i].Kind == "share" && records[i].Assessment != "benign" && records[i].Address != "" {
			s.shares = append(s.shares, &records[i])
		}
	}
	for i := range acts {
		a := &acts[i]
		for k := range a.Whereabouts {
			w := &a.Whereabouts[k]
			a.Take(w, s.judge(a, w))
		}
		a.tellReach()
	}
}

// Take enters what the places of a copy tell.
func (a *Act) Take(w *Whereabouts, v destination.Verdict) {
	w.Reach, w.Why, w.Server = v.Reach, v.Why, v.Server
	if len(v.Rows) > 0 {
		w.Destination = v.Rows[0]
	}
	a.Attack = unique(append(a.Attack, v.Attack...))
}

// tellReach adds to the reasons which copies came further than where they
// were made.
func (a *Act) tellReach() {
	for _, reach := range []destination.Reach{destination.Left, destination.Reachable, destination.Removable} {
		var told, ids []string
		for _, w := range a.Whereabouts {
			if w.Reach == reach {
				told = append(told, w.Path)
				if w.Export != "" {
					ids = append(ids, w.Export)
				}
			}
		}
		if n := len(told); n > maxTold {
			told = append(told[:maxTold], fmt.Sprintf("and %d more", n-maxTold))
		}
		if len(told) > 0 {
			a.because(For, reachPoints, ids, "%s: %s", reach, strings.Join(told, ", "))
		}
	}
}

type survey struct {
	of      Surveyor
	exports map[string]*locate.Export
	shares  []*Record
}

func (s *survey) judge(a *Act, w *Whereabouts) destination.Verdict {
	if w.Export == "" {
		return s.judgeSent(a, w)
	}
	e := s.exports[w.Export]
	known, medium := s.of(e.At)
	p := destination.Place{Path: e.At.Path, Stream: e.At.Stream, Member: e.At.Member, Medium: medium}
	if e.Deleted || e.State == "deleted" || e.State == "overwritten" {
		p.Lies = destination.Lay
	}
	for _, r := range s.shares {
		if a.hears(r, e.At) && sameDisk(r, e) && slices.ContainsFunc(targets(r), func(t target) bool { return pathsEqual(t, e) }) {
			p.Reads = append(p.Reads, read(r))
			w.Shares += " " + r.ID
		}
	}
	best := destination.Judge(p, known)
	for _, link := range e.Links {
		best = farther(best, "it is also "+link, destination.Judge(destination.Place{Path: link, Lies: p.Lies}, known))
	}
	for _, h := range e.History {
		if h.Path != "" && !strings.EqualFold(h.Path, e.At.Path) {
			best = farther(best, "it was at "+h.Path, destination.Judge(destination.Place{Path: h.Path, Lies: destination.Lay}, known))
		}
	}
	return best
}

// farther adds what another place of a copy tells, where it came farther there.
func farther(v destination.Verdict, where string, other destination.Verdict) destination.Verdict {
	if destination.Compare(other.Reach, v.Reach) >= 0 {
		return v
	}
	other.Why = where + ", where " + other.Why
	if v.Why != "" {
		other.Why += "; now " + v.Why
	}
	other.Rows = append(other.Rows, v.Rows...)
	other.Attack = append(other.Attack, v.Attack...)
	return other
}

// judgeSent judges where a command sent a copy that was not found.
func (s *survey) judgeSent(a *Act, w *Whereabouts) destination.Verdict {
	path, stream := command.SplitStream(w.Sent)
	p := destination.Place{Path: path, Stream: stream, Lies: destination.Told}
	if w.At == (artifacts.Locator{}) { // on a host of which nothing is known
		return destination.Judge(p, nil)
	}
	known, _ := s.of(w.At) // not found: the volume that the record is on is another one, maybe
	for _, r := range s.shares {
		if a.hears(r, w.At) && slices.ContainsFunc(targets(r), func(t target) bool { return strings.EqualFold(t.Path, path) }) {
			p.Reads = append(p.Reads, read(r))
			w.Shares += " " + r.ID
		}
	}
	return destination.Judge(p, known)
}

// hears reports whether a record is about the machine that a place of the act
// is on: it is of the act, or from the same source.
func (a *Act) hears(r *Record, at artifacts.Locator) bool {
	return r.From.Source == at.Source || slices.Contains(a.Records, r.ID)
}

// read is what a record of a share tells of who asked for the file.
func read(r *Record) destination.Read {
	return destination.Read{From: r.Address, Record: stamp(r.Time) + ", " + r.From.Cite(), Certain: r.Assessment == "export", Wrote: r.Wrote}
}

// place is where the record's file lies.
func (f From) place() artifacts.Locator {
	return artifacts.Locator{Source: f.Source, Volume: f.Volume, Path: f.Path}
}
