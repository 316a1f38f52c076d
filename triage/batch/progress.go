package batch

import (
	"slices"
	"strings"
	"time"
)

// progressEvery is how often progress is told.
const progressEvery = 250 * time.Millisecond

// longest is the most time left that is told.
const longest = 365 * 24 * time.Hour

// Stages of a batch.
const (
	stageHosts  = "hosts"
	stageAnswer = "answer" // across hosts
	stageFiles  = "files"  // are written
)

// Progress is where a batch stands.
type Progress struct {
	Stage           string // "hosts", "answer", "files"
	Hosts, AllHosts int    // done, also those of an earlier run
	Done, Total     int64  // bytes of evidence
	Left            time.Duration
	Running         []Running // by name
}

// Running is where one host stands.
type Running struct {
	Name        string `json:"name"`
	Stage       string `json:"stage,omitempty"` // as triage.Progress has it; "" until it tells
	Done, Total int64  `json:"-"`
	Share       int    `json:"share"` // of the stage, in percent
}

// How much of a run is over when its stage begins and when it ends, as a part
// of 1: reading the evidence is most of it.
var stageSpans = map[string][2]float64{"volume": {0, 0.7}, "archives": {0, 0.7}, "deep": {0, 0.7}, "hives": {0.7, 0.75}, "logs": {0.75, 0.9}, "context": {0.9, 0.95}, "rules": {0.95, 1}, "hash": {0.95, 1}}

// tell tells progress.
func (b *batch) tell(stage string) {
	if b.Progress == nil {
		return
	}
	p := Progress{Stage: stage, AllHosts: len(b.items), Hosts: len(b.ended)}
	for _, item := range b.items {
		p.Total += item.Size
		if b.ended[item.Name] {
			p.Done += item.Size
		}
	}
	for _, c := range b.running {
		h := c.heard.progress()
		r := Running{Name: c.item.Name, Stage: h.Stage, Done: h.Done, Total: h.Total}
		if h.Total > 0 && h.Done >= 0 {
			share := min(float64(h.Done)/float64(h.Total), 1)
			r.Share = int(100 * share)
			span := stageSpans[h.Stage]
			p.Done += int64(float64(c.item.Size) * (span[0] + (span[1]-span[0])*share))
		}
		p.Running = append(p.Running, r)
	}
	slices.SortFunc(p.Running, func(x, y Running) int { return strings.Compare(x.Name, y.Name) })
	if did := p.Done - b.kept; did > 0 && p.Total > p.Done {
		p.Left = time.Duration(min(float64(time.Since(b.began))*float64(p.Total-p.Done)/float64(did), float64(longest)))
	}
	b.Progress(p)
}
