package image

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
)

// maxProblems is how many problems of one container are kept; what comes
// after is told by one more that says so.
const maxProblems = 10_000

// A problemLog collects the damage of one container, each once.
type problemLog struct {
	at artifacts.Locator

	mu   sync.Mutex
	seen map[problemKey]*artifacts.Problem
	lost bool
}

type problemKey struct {
	offset int64
	text   string
}

func newProblemLog(at artifacts.Locator) *problemLog {
	return &problemLog{at: at, seen: make(map[problemKey]*artifacts.Problem)}
}

// add notes p and returns it.
func (l *problemLog) add(p *artifacts.Problem) *artifacts.Problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := problemKey{p.Offset, p.Err.Error()}
	if _, ok := l.seen[key]; ok {
		return p
	}
	if len(l.seen) >= maxProblems {
		l.lost = true
		return p
	}
	l.seen[key] = p
	return p
}

func (l *problemLog) all() []*artifacts.Problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*artifacts.Problem, 0, len(l.seen)+1)
	for _, p := range l.seen {
		list = append(list, artifacts.Located(l.at, p))
	}
	slices.SortFunc(list, func(a, b *artifacts.Problem) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Err.Error(), b.Err.Error()))
	})
	if l.lost {
		p := artifacts.NewProblem(artifacts.Limit, -1, "more than %d problems in this image; the rest is not listed", maxProblems)
		list = append(list, artifacts.Located(l.at, p))
	}
	return list
}
