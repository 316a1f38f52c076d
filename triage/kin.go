package triage

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// kin are the processes that records attest to, and those that started them.
type kin struct {
	entities map[string]bool
	pids     map[kinKey][]time.Time // when they were met
	images   []string               // their base names, in lower case, each once
}

// A kinKey is a process number on a host, with the program's base name.
type kinKey struct {
	host  string
	pid   uint32
	image string
}

// kinSpan is how long a process number is taken to mean the same process of
// the same program.
const kinSpan = 6 * time.Hour

// maxKinImages is how many names a record is searched for; where there are
// more, every record is decoded.
const maxKinImages = 48

func kinOf(records []correlate.Record) kin {
	k := kin{entities: map[string]bool{}, pids: map[kinKey][]time.Time{}}
	for _, rec := range records {
		if rec.Assessment == "benign" {
			continue
		}
		for p := rec.Process; p != nil; p = p.Parent {
			name := strings.ToLower(imageName(p.Executable))
			if name == "" {
				continue
			}
			if p.EntityID != "" {
				k.entities[p.EntityID] = true
			}
			key := kinKey{strings.ToLower(rec.Host), p.PID, name}
			k.pids[key] = append(k.pids[key], rec.Time)
			k.images = append(k.images, name)
		}
	}
	slices.Sort(k.images)
	k.images = slices.Compact(k.images)
	if len(k.images) > maxKinImages {
		k.images = []string{""}
	}
	return k
}

// has reports whether an event is of one of the processes.
func (k *kin) has(e *artifacts.Event) bool {
	p := e.Process
	if p == nil {
		return false
	}
	if p.EntityID != "" && k.entities[p.EntityID] {
		return true
	}
	key := kinKey{strings.ToLower(e.Host), p.PID, strings.ToLower(imageName(p.Executable))}
	return slices.ContainsFunc(k.pids[key], func(t time.Time) bool { return e.Time.Sub(t).Abs() <= kinSpan })
}
