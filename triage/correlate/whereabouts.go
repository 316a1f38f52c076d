package correlate

import (
	"hivetriage/triage/locate"
	"slices"
	"strings"
)

// notFound is the state of a copy that a record tells of and that does not lie
// where the record says it went.
const notFound = "not found on this evidence"

// whereabouts lists where each copy is, then where commands sent copies that
// were not found there nor, renamed, elsewhere.
func (g *group) whereabouts() []Whereabouts {
	all := []Whereabouts{}
	for _, e := range g.exports {
		all = append(all, Whereabouts{Path: place(e.At), State: e.State, SHA256: e.SHA256, Export: e.ID, How: g.came(e), At: e.At})
	}
	var missing []Whereabouts
	for _, r := range g.records {
		for _, c := range r.Commands {
			if c.Copies() && c.Remote != "" {
				missing = append(missing, Whereabouts{Path: c.Destination + " on host " + c.Remote, State: notFound, Sent: c.Destination})
			}
		}
		if ts := g.targets[r]; len(ts) > 0 && !g.found(r, ts) {
			path, certain := g.bestTarget(r, ts)
			w := Whereabouts{Path: path, State: notFound, Sent: path, At: r.From.place()}
			if !certain {
				w.Path += " (its folder was not recorded)"
			}
			missing = append(missing, w)
		}
	}
	slices.SortFunc(missing, func(a, b Whereabouts) int { return strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)) })
	missing = slices.CompactFunc(missing, func(a, b Whereabouts) bool { return strings.EqualFold(a.Path, b.Path) })
	return append(all, missing...)
}

// found reports whether a record's output is among the exports: at one of its
// targets, or renamed or moved.
func (g *group) found(r *Record, ts []target) bool {
	return slices.ContainsFunc(g.exports, func(e *locate.Export) bool {
		if _, _, renamed := g.known.writtenAfter(r, e); renamed {
			return true
		}
		return slices.ContainsFunc(ts, func(t target) bool {
			lies, _ := t.lies(e)
			return lies || r.File != "" && t.nameOnly() && slices.Contains(keys(e), strings.ToLower(t.Path))
		})
	})
}

// bestTarget is the place that a record, or another record with the same
// destination, decides; else the destination as it was written, which is not
// certain.
func (g *group) bestTarget(r *Record, ts []target) (path string, certain bool) {
	written := strings.ToLower(ts[0].written)
	for _, t := range ts {
		if t.Certain && !t.nameOnly() && strings.ToLower(t.written) == written {
			return pathAndStream(t.Path, t.Stream), true
		}
	}
	if g.certain == nil {
		g.certain = map[string]string{}
		for _, other := range g.records {
			for _, t := range g.targets[other] {
				if key := strings.ToLower(t.written); t.Certain && !t.nameOnly() && g.certain[key] == "" {
					g.certain[key] = pathAndStream(t.Path, t.Stream)
				}
			}
		}
	}
	if path := g.certain[written]; path != "" {
		return path, true
	}
	return ts[0].written, false
}
