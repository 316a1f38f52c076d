package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// A forest says which nodes are of one act.
type forest struct {
	parent []int
	people []map[string]bool // of a root: the people that its records tell of; nil if they tell of none
}

// forest connects what the bonds do so far.
func (j *joiner) forest() *forest {
	n := len(j.records) + len(j.exports)
	f := &forest{make([]int, n), make([]map[string]bool, n)}
	for i := range f.parent {
		f.parent[i] = i
		if i < len(j.records) {
			f.people[i] = people(j.records[i].User)
		}
	}
	for _, b := range j.bonds {
		f.join(b.a, b.b)
	}
	return f
}

func (f *forest) root(i int) int {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

func (f *forest) join(a, b int) {
	x, y := f.root(a), f.root(b)
	if x == y {
		return
	}
	low, high := min(x, y), max(x, y)
	f.parent[high] = low
	if f.people[low] == nil {
		f.people[low] = f.people[high]
	}
	maps.Copy(f.people[low], f.people[high])
}

// strangers reports whether records tell of people on both sides, and of
// nobody on both.
func (f *forest) strangers(x, y int) bool {
	for who := range f.people[x] {
		if f.people[y][who] {
			return false
		}
	}
	return len(f.people[x]) > 0 && len(f.people[y]) > 0
}

// people is who an account is, by SID and by name; nil for those that are of a
// machine or of Windows.
func people(u artifacts.User) map[string]bool {
	if strings.HasSuffix(u.Name, "$") || windowsOwn(u) {
		return nil
	}
	who := map[string]bool{}
	if u.SID != "" {
		who[u.SID] = true
	}
	if u.Name != "" {
		who[strings.ToLower(u.Name)] = true
	}
	if len(who) == 0 {
		return nil
	}
	return who
}

// windowsOwn reports whether an account is one of Windows' own.
func windowsOwn(u artifacts.User) bool {
	return slices.Contains([]string{"S-1-5-18", "S-1-5-19", "S-1-5-20"}, u.SID) || strings.EqualFold(u.Domain, "NT AUTHORITY") || wellKnownSessions[u.LogonID]
}

// bondCopies joins exports with each other: those of the same bytes, and those
// that were written about the same time. The time alone joins no acts of two
// people; the nearest come first.
func (j *joiner) bondCopies() {
	type timed struct {
		bond
		gap time.Duration
	}
	all, near := j.forest(), []timed{}
	for a := range j.exports {
		count := 0
		for b := a + 1; b < len(j.exports); b++ {
			x, y := len(j.records)+a, len(j.records)+b
			if j.exports[a].SHA256 != "" && j.exports[a].SHA256 == j.exports[b].SHA256 {
				j.bonds = append(j.bonds, bond{a: x, b: y, kind: exportExport, why: bothExports(&j.exports[a], &j.exports[b]) + sameBytes})
				all.join(x, y)
				continue
			}
			if gap, ok := writtenTogether(&j.exports[a], &j.exports[b]); ok && count < maxNeighbours {
				near = append(near, timed{bond{a: x, b: y, kind: exportExport, why: bothExports(&j.exports[a], &j.exports[b]) + " were written within " + short(gap)}, gap})
				count++
			}
		}
	}
	slices.SortStableFunc(near, func(a, b timed) int { return cmp.Or(cmp.Compare(a.gap, b.gap), a.a-b.a, a.b-b.b) })
	for _, n := range near {
		x, y := all.root(n.a), all.root(n.b)
		if x != y && all.strangers(x, y) {
			continue
		}
		all.join(n.a, n.b)
		j.bonds = append(j.bonds, n.bond)
	}
}

// sameBytes ends the reason of two exports with the same digest.
const sameBytes = " hold the same bytes"

func bothExports(a, b *locate.Export) string {
	return "the exports at " + place(a.At) + " and " + place(b.At)
}

// writtenTogether reports whether two exports of one disk were written about
// the same time, and how far apart. The files of two accounts are no one act.
func writtenTogether(a, b *locate.Export) (time.Duration, bool) {
	if a.At.Source != b.At.Source || a.At.Disk() != b.At.Disk() || isAccount(a.OwnerSID) && isAccount(b.OwnerSID) && a.OwnerSID != b.OwnerSID {
		return 0, false
	}
	ta, tb := written(a), written(b)
	gap := ta.Sub(tb).Abs()
	return gap, !ta.IsZero() && !tb.IsZero() && gap <= oneDump
}
