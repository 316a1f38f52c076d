package correlate

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"hivetriage/artifacts"
)

// MaxStarts bounds how many process starts are remembered; the newest are
// kept. At about 64 bytes each this is 16 MiB, twice that while they are gathered.
const MaxStarts = 1 << 18

// A Start is the little that is remembered of every process start: enough to
// find ancestors, siblings and children without holding the events.
type Start struct {
	Time       int64  // UnixNano
	Offset     int64  // of the record in its log
	GUID       uint64 // hash of the process GUID; 0 where the record has none
	ParentGUID uint64
	Host       uint64 // hash of the host's name
	PID        uint32
	ParentPID  uint32
	Log        uint32 // the caller's number of the log
}

// NewStart makes the Start of a process-creation event.
func NewStart(e *artifacts.Event, log int) Start {
	s := Start{Time: e.Began().UnixNano(), Offset: e.Offset, Host: hash(strings.ToLower(e.Host)),
		GUID: hash(e.Process.EntityID), PID: e.Process.PID, Log: uint32(log)}
	if p := e.Process.Parent; p != nil {
		s.ParentGUID, s.ParentPID = hash(p.EntityID), p.PID
	}
	return s
}

func hash(s string) uint64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// Starts is a bounded set of process starts. Add may be called from several
// goroutines; the other methods only after Seal.
type Starts struct {
	mu      sync.Mutex
	all     []Start // sorted by time once sealed
	limit   int     // 0: MaxStarts
	dropped bool
}

// Add remembers a process start.
func (s *Starts) Add(start Start) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, start)
	if len(s.all) >= 2*s.max() {
		s.trim()
	}
}

func (s *Starts) max() int {
	if s.limit > 0 {
		return s.limit
	}
	return MaxStarts
}

// trim keeps the newest starts. Whatever the order of Add, the kept set is
// the same, because the newest of all are the newest of every part.
func (s *Starts) trim() {
	slices.SortFunc(s.all, compareStarts)
	if over := len(s.all) - s.max(); over > 0 {
		s.all = slices.Delete(s.all, 0, over)
		s.dropped = true
	}
}

// Seal ends the adding. It reports whether starts were dropped.
func (s *Starts) Seal() (dropped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim()
	return s.dropped
}

func compareStarts(a, b Start) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Log, b.Log), cmp.Compare(a.Offset, b.Offset))
}

// Find returns the start of the process itself: by GUID, or by PID at the
// time of the record.
func (s *Starts) Find(host string, p *artifacts.Process, at time.Time) (Start, bool) {
	return s.latest(hash(strings.ToLower(host)), hash(p.EntityID), p.PID, at.Add(clockSlack).UnixNano())
}

// Parent returns the start of a process's parent: the one with the parent's
// GUID, or the newest one with its PID that is not younger than the child.
// PIDs are reused, so the newest is the only one that can have been alive.
func (s *Starts) Parent(child Start) (Start, bool) {
	parent, ok := s.latest(child.Host, child.ParentGUID, child.ParentPID, child.Time)
	if ok && parent.Log == child.Log && parent.Offset == child.Offset {
		return Start{}, false
	}
	return parent, ok
}

func (s *Starts) latest(host, guid uint64, pid uint32, notAfter int64) (Start, bool) {
	end, _ := slices.BinarySearchFunc(s.all, notAfter+1, func(a Start, t int64) int { return cmp.Compare(a.Time, t) })
	var byPID *Start
	for i := end - 1; i >= 0; i-- {
		start := &s.all[i]
		if start.Host != host {
			continue
		}
		if guid != 0 && start.GUID == guid {
			return *start, true
		}
		if pid != 0 && start.PID == pid && byPID == nil && (guid == 0 || start.GUID == 0) {
			byPID = start
			if guid == 0 {
				break
			}
		}
	}
	if byPID == nil {
		return Start{}, false
	}
	return *byPID, true
}

// Children returns the starts whose parent is the given process, the oldest
// first, at most limit of them. A PID that was given to another process ends
// the search.
func (s *Starts) Children(parent Start, limit int) []Start {
	from, _ := slices.BinarySearchFunc(s.all, parent.Time, func(a Start, t int64) int { return cmp.Compare(a.Time, t) })
	var children []Start
	for _, start := range s.all[from:] {
		if start.Host != parent.Host {
			continue
		}
		if start.PID == parent.PID && start.Time > parent.Time+int64(sameStart) {
			break // the PID was reused
		}
		byGUID := parent.GUID != 0 && start.ParentGUID == parent.GUID
		byPID := parent.PID != 0 && start.ParentPID == parent.PID && (parent.GUID == 0 || start.ParentGUID == 0)
		if !byGUID && !byPID {
			continue
		}
		if children = append(children, start); len(children) == limit {
			break
		}
	}
	return children
}
