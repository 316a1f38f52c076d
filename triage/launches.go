package triage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

const (
	maxLaunches   = 50_000 // programs whose starts are counted
	maxStartTimes = 64     // times of starts that are kept of one program
	maxStrange    = 200    // programs around the acts, beside those in the acts, whose files are looked for

	oneStart    = time.Second      // within which two records tell one start
	beforeACopy = 10 * time.Second // in which a program that makes a copy is started before it
	afterACopy  = 2 * time.Second  // by which clocks of two records differ
)

// A launchKey names a program: that of a computer, by its path.
type launchKey struct{ host, path string }

// A launch is how often, and when, a program was started. One start can be
// told by Security and by Sysmon.
type launch struct {
	host, path  string           // as recorded first
	told        map[string]int64 // starts by provider
	times       []int64          // UnixNano of the earliest starts; maxStartTimes of them once logs are taken
	first, last time.Time
}

// launches are the programs that logs tell of. The zero value has none.
type launches struct {
	all    map[launchKey]*launch
	beyond int64 // starts of programs that are not counted
}

// count takes a process start. Records write a host and a path in few ways, so
// they are made the same later.
func (m *launches) count(e *artifacts.Event) {
	path, began := e.Process.Executable, e.Began()
	if path == "" {
		return
	}
	i := m.all[launchKey{e.Host, path}]
	if i == nil {
		if len(m.all) >= maxLaunches {
			m.beyond++
			return
		}
		i = &launch{host: strings.Clone(e.Host), path: strings.Clone(path), told: map[string]int64{}}
		if m.all == nil {
			m.all = map[launchKey]*launch{}
		}
		m.all[launchKey{i.host, i.path}] = i
	}
	i.told[e.Provider]++
	i.span(began, began)
	if i.times = append(i.times, began.UnixNano()); len(i.times) == 2*maxStartTimes {
		i.keepEarliest()
	}
}

// keepEarliest keeps the same times in whatever order they were met.
func (i *launch) keepEarliest() {
	slices.Sort(i.times)
	i.times = slices.Clip(i.times[:min(len(i.times), maxStartTimes)])
}

func (i *launch) span(first, last time.Time) {
	if i.first.IsZero() || first.Before(i.first) {
		i.first = first
	}
	if last.After(i.last) {
		i.last = last
	}
}

// days is on how many days in UTC the starts whose times are kept lie; all of
// them where the earliest and the last are.
func (i *launch) days() int {
	days := map[string]bool{}
	for _, t := range append(i.distinct(), i.last) {
		days[t.UTC().Format(time.DateOnly)] = true
	}
	return len(days)
}

// starts is how often the program was started at least.
func (i *launch) starts() (most int64) {
	for _, n := range i.told {
		most = max(most, n)
	}
	return most
}

// distinct are the times of starts, each once, in order.
func (i *launch) distinct() (times []time.Time) {
	for _, n := range i.times {
		if t := time.Unix(0, n).UTC(); len(times) == 0 || t.Sub(times[len(times)-1]) > oneStart {
			times = append(times, t)
		}
	}
	return times
}

// take adds what one log counted. From here on, hosts are without their
// domains, and paths as command.Normal writes them.
func (m *launches) take(others launches) {
	m.beyond += others.beyond
	for _, other := range others.all {
		key := launchKey{shortHost(other.host), command.Normal(other.path)}
		i := m.all[key]
		switch {
		case i != nil:
			for provider, n := range other.told {
				i.told[provider] += n
			}
			i.span(other.first, other.last)
			i.times = append(i.times, other.times...)
			i.keepEarliest()
			if cmp.Or(strings.Compare(other.path, i.path), strings.Compare(other.host, i.host)) < 0 { // whatever the order of a map
				i.host, i.path = other.host, other.path
			}
		case len(m.all) < maxLaunches:
			if m.all == nil {
				m.all = map[launchKey]*launch{}
			}
			other.keepEarliest()
			m.all[key] = other
		default:
			m.beyond += other.starts()
		}
	}
}

// shortHost is a computer's name in lower case, without its domain.
func shortHost(name string) string {
	short, _, _ := strings.Cut(strings.ToLower(name), ".")
	return short
}

// usual are the folders, below a drive's root, of programs that were installed.
var usual = []string{"/windows/", "/program files/", "/program files (x86)/", "/programdata/microsoft/"}

// writable are folders in those that users can write to.
var writable = []string{"/windows/temp/", "/windows/tasks/", "/windows/tracing/", "/windows/debug/"}

// inUsualFolder reports whether programs lie at a place, as command.VolumePath
// writes it, that were installed by an administrator.
func inUsualFolder(relative string) bool {
	in := func(folder string) bool { return strings.HasPrefix(relative, folder) }
	return slices.ContainsFunc(usual, in) && !slices.ContainsFunc(writable, in)
}

// around lists the programs that may have to do with the acts: those outside
// the usual folders that were started in the window around an act, and, from
// any folder, those that were started just before a copy came to be.
func (m *launches) around(w *wanted, copied []time.Time) (found []*launch) {
	for _, i := range m.all {
		relative, _ := command.VolumePath(i.path)
		if relative != "" && (!inUsualFolder(relative) && w.overlaps(i.first, i.last) || slices.ContainsFunc(i.times, func(n int64) bool { return justBefore(time.Unix(0, n), copied) })) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b *launch) int {
		return cmp.Or(strings.Compare(shortHost(a.host), shortHost(b.host)), strings.Compare(command.Normal(a.path), command.Normal(b.path)))
	})
	return found
}

// justBefore reports whether a start fits one of the copies' times.
func justBefore(start time.Time, copied []time.Time) bool {
	return slices.ContainsFunc(copied, func(t time.Time) bool {
		lag := t.Sub(start)
		return lag >= -afterACopy && lag <= beforeACopy
	})
}

// copyTimes are when the copies came to be.
func (r *run) copyTimes() (times []time.Time) {
	for i := range r.exports {
		if t := correlate.Created(&r.exports[i]); !t.IsZero() {
			times = append(times, t)
		}
	}
	return times
}
