package correlate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// A bond is one reason why two facts belong to one act.
type bond struct {
	a, b  int // nodes: records first, then exports
	kind  bondKind
	why   string
	doubt string
	timed bool // by nothing but the time at which the record's program ran
}

type bondKind uint8

const (
	recordRecord bondKind = iota
	recordExport
	exportExport
)

// Join groups the exports and the records that attest to a copy into acts,
// the oldest first. Records that only look like a copy, or only come near one,
// make no act. Commands
// whose output is gone and exports without a command are acts too.
func Join(exports []locate.Export, records []Record, known Known) []Act {
	known.Machines = slices.Clone(known.Machines)
	j := joiner{exports: exports, known: &known}
	for i := range records {
		if records[i].attests() {
			j.records = append(j.records, &records[i])
		}
	}
	slices.SortStableFunc(j.records, compareRecords)
	j.learnShares()
	for _, r := range j.records {
		j.targets = append(j.targets, known.targets(r))
	}
	j.linked = j.forest()
	j.bondRecords()
	j.bondAcross()
	j.bondExports()
	j.bondCopies()
	return j.acts()
}

// maxNeighbours bounds how many later records each record is compared with,
// so that a flood of commands costs time in proportion to its size. Records
// beyond it are still joined through those between.
const maxNeighbours = 64

// maxUntimed is how many records without a time are compared with all others.
const maxUntimed = 256

type joiner struct {
	known   *Known
	records []*Record
	targets [][]target // of each record
	exports []locate.Export
	bonds   []bond
	linked  *forest // of the records, by their bonds so far
}

func (j *joiner) bondRecords() {
	for a := range j.records {
		neighbours := maxNeighbours
		if j.records[a].Time.IsZero() { // the first ones
			neighbours = len(j.records)
			if a >= maxUntimed {
				neighbours = maxUntimed
			}
		}
		listed := false // with the next one of the same file: that one is with those behind it
		for b := a + 1; b < min(len(j.records), a+1+neighbours); b++ {
			if beside(j.records[a], j.records[b]) {
				if listed {
					continue
				}
				listed = true
			}
			j.bondPair(a, b)
		}
	}
}

// bondPair joins two records. Those that are of one act already are asked only
// whether they tell of one process.
func (j *joiner) bondPair(a, b int) {
	p, q := j.records[a].process(), j.records[b].process()
	one := p.EntityID != "" && p.EntityID == q.EntityID || p.PID != 0 && p.PID == q.PID
	if !one && j.linked.root(a) == j.linked.root(b) {
		return
	}
	if why := j.known.joinRecords(j.records[a], j.records[b]); why != "" {
		j.bonds = append(j.bonds, bond{a: a, b: b, why: why})
		j.linked.join(a, b)
	}
}

// bondAcross compares the last records before a clock was set with the first
// ones behind it: by their times they may lie far apart.
func (j *joiner) bondAcross() {
	for i := range j.known.Clocks {
		c := &j.known.Clocks[i]
		if (c.After.Sub(c.Before)).Abs() <= clockSlack {
			continue
		}
		before := j.around(c.Host, c.Before.Add(-oneDump), c.Before.Add(clockSlack))
		after := j.around(c.Host, c.After.Add(-clockSlack), c.After.Add(oneDump))
		for _, a := range before[max(0, len(before)-maxNeighbours):] {
			for _, b := range after[:min(len(after), maxNeighbours)] {
				if low, high := min(a, b), max(a, b); high-low > maxNeighbours {
					j.bondPair(low, high)
				}
			}
		}
	}
}

// around lists the records of a host whose times lie between two.
func (j *joiner) around(host string, from, to time.Time) (found []int) {
	first, _ := slices.BinarySearchFunc(j.records, from, func(r *Record, t time.Time) int { return r.Time.Compare(t) })
	for i := first; i < len(j.records) && !j.records[i].Time.After(to); i++ {
		if sameHost(j.records[i].Host, host) {
			found = append(found, i)
		}
	}
	return found
}

// bondExports joins exports with the records that lead to them: by their
// places, and where none does, by hive and time.
func (j *joiner) bondExports() {
	led := j.leading()
	attested := make([]bool, len(j.exports))
	satisfied := make([]map[string]bool, len(j.records))
	for x := range j.exports {
		e := &j.exports[x]
		for _, r := range led.to(e) {
			why, doubt := j.known.joinExport(j.records[r], j.targets[r], e)
			if why == "" {
				continue
			}
			j.bonds = append(j.bonds, bond{a: r, b: len(j.records) + x, kind: recordExport, why: why, doubt: doubt, timed: j.records[r].Export != ""})
			attested[x] = true
			if satisfied[r] == nil {
				satisfied[r] = map[string]bool{}
			}
			satisfied[r][e.Hive] = true
		}
	}
	for x := range j.exports {
		e := &j.exports[x]
		if attested[x] {
			continue
		}
		for _, r := range j.before(written(e)) {
			record := j.records[r]
			if satisfied[r][e.Hive] || !sameDisk(record, e) || j.known.stranger(record, e.At) {
				continue
			}
			if why := j.known.joinRenamed(record, e); why != "" {
				j.bonds = append(j.bonds, bond{a: r, b: len(j.records) + x, kind: recordExport, why: why})
			}
		}
	}
}

// before lists the records from which a copy that was written then may come,
// in order: those shortly before it, and, where the clock was set since, those
// shortly before that.
func (j *joiner) before(when time.Time) (found []int) {
	if when.IsZero() {
		return nil
	}
	const slack = clockSlack + 2*time.Second // the coarsest precision
	spans := [][2]time.Time{{when.Add(-renameDelay - slack), when.Add(slack)}}
	for _, c := range j.known.Clocks {
		spans = append(spans, [2]time.Time{c.Before.Add(-renameDelay - slack), c.Before.Add(slack)})
	}
	for _, span := range spans {
		first, _ := slices.BinarySearchFunc(j.records, span[0], func(r *Record, t time.Time) int { return r.Time.Compare(t) })
		for i := first; i < len(j.records) && !j.records[i].Time.After(span[1]); i++ {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// A lead finds the records that may lead to an export.
type lead struct {
	byName   map[string][]int // the last component of a target
	byExport map[string][]int // the id of the export that a record is about
	short    []int            // with 8.3 names
}

func (j *joiner) leading() lead {
	l := lead{byName: map[string][]int{}, byExport: map[string][]int{}}
	for i, r := range j.records {
		if r.Export != "" {
			l.byExport[r.Export] = append(l.byExport[r.Export], i)
			continue
		}
		for _, t := range j.targets[i] {
			if name := path.Base(t.relative); t.relative != "" {
				l.byName[name] = append(l.byName[name], i)
				if strings.Contains(t.relative, "~") {
					l.short = append(l.short, i)
				}
			}
		}
	}
	return l
}

// to lists the records in order.
func (l *lead) to(e *locate.Export) []int {
	found := append(slices.Clone(l.byExport[e.ID]), l.short...)
	for _, key := range keys(e) {
		found = append(found, l.byName[key]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// sameDisk tells a record and an export of one machine from those of a machine
// and of its guest, whose disk image lies on it: a path means another file there.
func sameDisk(r *Record, e *locate.Export) bool {
	return OneDisk(artifacts.Locator{Volume: r.From.Volume}, e.At)
}

// OneDisk reports whether two places are not those of a machine and of its
// guest.
func OneDisk(a, b artifacts.Locator) bool { return a.Disk() == b.Disk() }

// id is that of a node's record or export.
func (j *joiner) id(node int) string {
	if node < len(j.records) {
		return j.records[node].ID
	}
	return j.exports[node-len(j.records)].ID
}

// acts gathers what the bonds connect.
func (j *joiner) acts() []Act {
	all := j.forest()
	groups := map[int]*group{}
	of := func(i int) *group {
		r := all.root(i)
		if groups[r] == nil {
			groups[r] = &group{id: j.id, known: j.known, targets: map[*Record][]target{}}
		}
		return groups[r]
	}
	for i, record := range j.records {
		g := of(i)
		g.records = append(g.records, record)
		g.targets[record] = j.targets[i]
	}
	for x := range j.exports {
		g := of(len(j.records) + x)
		g.exports = append(g.exports, &j.exports[x])
	}
	for _, b := range j.bonds {
		g := of(b.a)
		g.bonds = append(g.bonds, b)
	}
	acts := make([]Act, 0, len(groups))
	for _, g := range groups {
		acts = append(acts, g.act())
	}
	slices.SortFunc(acts, func(a, b Act) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID))
	})
	return acts
}

// A group is the members of one act.
type group struct {
	records []*Record
	exports []*locate.Export
	bonds   []bond
	id      func(node int) string
	known   *Known
	targets map[*Record][]target
	certain map[string]string // what a destination as written stands for, once a record decides it
}

func (g *group) act() Act {
	a := Act{Exports: []string{}, Records: []string{}, Hives: []string{}, Chain: []ChainNode{}}
	slices.SortFunc(g.records, compareRecords)
	for _, r := range g.records {
		a.Records = append(a.Records, r.ID)
		a.Hives = append(a.Hives, r.Hives...)
		a.span(r.Time)
	}
	for _, e := range g.exports {
		a.Exports = append(a.Exports, e.ID)
		a.Hives = append(a.Hives, e.Hive)
		if len(g.records) == 0 {
			a.span(written(e))
		}
	}
	slices.Sort(a.Hives)
	a.Hives = slices.Compact(a.Hives)
	slices.Sort(a.Exports)
	a.ID = ID("act", append(slices.Clone(a.Exports), a.Records...)...)
	a.Actor = g.actor()
	g.weigh(&a)
	a.Attack = g.attack()
	a.Whereabouts = g.whereabouts()
	return a
}

func (a *Act) span(t time.Time) {
	if t.IsZero() {
		return
	}
	if a.Start.IsZero() || t.Before(a.Start) {
		a.Start = t
	}
	if t.After(a.End) {
		a.End = t
	}
}

func compareRecords(a, b *Record) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.From.Path, b.From.Path),
		cmp.Compare(a.From.Offset, b.From.Offset), strings.Compare(a.ID, b.ID))
}

// SortRecords orders records by time, log and place in the log.
func SortRecords(records []Record) {
	slices.SortStableFunc(records, func(a, b Record) int { return compareRecords(&a, &b) })
}

// ID returns a short id that depends on the given parts alone.
func ID(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + "-" + hex.EncodeToString(sum[:6])
}
