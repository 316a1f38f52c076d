package triage

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
)

const (
	maxLaunches = 50_000 // programs whose starts are counted
	maxStrange  = 200    // programs outside Windows' folders, around the acts, whose files are looked for
)

// A launch is how often, and when, a program was started. One start can be
// told by Security and by Sysmon.
type launch struct {
	path        string           // as recorded first
	told        map[string]int64 // starts by provider
	first, last time.Time
}

// launches are the programs that the logs tell of, by path as command.Normal
// writes it.
type launches map[string]*launch

// count takes a process start. Records write a program's path in few ways, so
// it is made normal later.
func (m launches) count(e *artifacts.Event) {
	name := e.Process.Executable
	i := m[name]
	if i == nil {
		if name == "" || len(m) >= maxLaunches {
			return
		}
		i = &launch{path: strings.Clone(name), told: map[string]int64{}, first: e.Began(), last: e.Began()}
		m[i.path] = i
	}
	i.told[e.Provider]++
	i.add(&launch{first: e.Began(), last: e.Began()})
}

// starts is how often the program was started at least.
func (i *launch) starts() (most int64) {
	for _, n := range i.told {
		most = max(most, n)
	}
	return most
}

func (i *launch) add(other *launch) {
	for provider, n := range other.told {
		i.told[provider] += n
	}
	if other.first.Before(i.first) {
		i.first = other.first
	}
	if other.last.After(i.last) {
		i.last = other.last
	}
}

// take adds what one log counted.
func (m launches) take(others launches) {
	for name, other := range others {
		key := command.Normal(name)
		switch i := m[key]; {
		case i != nil:
			i.add(other)
		case len(m) < maxLaunches:
			m[key] = other
		}
	}
}

// usual are the folders, below a drive's root, of programs that were installed.
var usual = []string{`\windows\`, `\program files\`, `\program files (x86)\`, `\programdata\microsoft\`}

// writable are folders in those that users can write to.
var writable = []string{`\windows\temp\`, `\windows\tasks\`, `\windows\tracing\`, `\windows\debug\`}

// strange lists programs outside the usual folders that were started in a
// window around an act.
func (m launches) strange(w *wanted) (names []string) {
	for key, i := range m {
		_, below, ok := strings.Cut(key, ":")
		in := func(folder string) bool { return strings.HasPrefix(below, folder) }
		if !ok || slices.ContainsFunc(usual, in) && !slices.ContainsFunc(writable, in) {
			continue
		}
		if slices.ContainsFunc(w.spans, func(s span) bool { return !i.last.Before(s.from) && !i.first.After(s.to) }) {
			names = append(names, i.path)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxStrange)]
}
