package correlate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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
func Join(exports []locate.Export, records []Record) []Act {
	j := joiner{exports: exports}
	for i := range records {
		if records[i].attests() {
			j.records = append(j.records, &records[i])
		}
	}
	slices.SortStableFunc(j.records, compareRecords)
	j.bondRecords()
	j.bondExports()
	return j.acts()
}

// maxNeighbours bounds how many later records each record is compared with,
// so that a flood of commands costs time in proportion to its size. Records
// beyond it are still joined through those between.
const maxNeighbours = 64

// maxUntimed is how many records without a time are compared with all others.
const maxUntimed = 256

type joiner struct {
	records []*Record
	exports []locate.Export
	bonds   []bond
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
			if why := joinRecords(j.records[a], j.records[b]); why != "" {
				j.bonds = append(j.bonds, bond{a: a, b: b, why: why})
			}
		}
	}
}

func (j *joiner) bondExports() {
	attested := make([]bool, len(j.exports)) // by path
	satisfied := make(map[*Record]map[string]bool)
	for x := range j.exports {
		for r, record := range j.records {
			if !sameDisk(record, &j.exports[x]) {
				continue
			}
			if why, doubt := joinExport(record, &j.exports[x]); why != "" {
				j.bonds = append(j.bonds, bond{a: r, b: len(j.records) + x, kind: recordExport, why: why, doubt: doubt, timed: record.Export != ""})
				attested[x] = true
				if satisfied[record] == nil {
					satisfied[record] = map[string]bool{}
				}
				satisfied[record][j.exports[x].Hive] = true
			}
		}
	}
	for x := range j.exports {
		if attested[x] {
			continue
		}
		for r, record := range j.records {
			if satisfied[record][j.exports[x].Hive] || !sameDisk(record, &j.exports[x]) {
				continue
			}
			if why := joinRenamed(record, &j.exports[x]); why != "" {
				j.bonds = append(j.bonds, bond{a: r, b: len(j.records) + x, kind: recordExport, why: why})
			}
		}
	}
	for a := range j.exports {
		for b := a + 1; b < len(j.exports); b++ {
			if why := joinCopies(&j.exports[a], &j.exports[b]); why != "" {
				j.bonds = append(j.bonds, bond{a: len(j.records) + a, b: len(j.records) + b, kind: exportExport, why: why})
			}
		}
	}
}

// sameDisk tells a record and an export of one machine from those of a machine
// and of its guest, whose disk image lies on it: a path means another file there.
func sameDisk(r *Record, e *locate.Export) bool {
	return OneDisk(artifacts.Locator{Volume: r.From.Volume}, e.At)
}

// OneDisk reports whether two places are not those of a machine and of its
// guest.
func OneDisk(a, b artifacts.Locator) bool { return a.Disk() == b.Disk() }

// sameBytes ends the reason of two exports with the same digest.
const sameBytes = " hold the same bytes"

// joinCopies says why two exports are of one act.
func joinCopies(a, b *locate.Export) string {
	if a.SHA256 != "" && a.SHA256 == b.SHA256 {
		return "the exports at " + place(a.At) + " and " + place(b.At) + sameBytes
	}
	if a.At.Source != b.At.Source || a.At.Disk() != b.At.Disk() {
		return ""
	}
	ta, tb := written(a), written(b)
	if ta.IsZero() || tb.IsZero() || ta.Sub(tb).Abs() > oneDump {
		return ""
	}
	return "the exports at " + place(a.At) + " and " + place(b.At) + " were written within " + short(ta.Sub(tb).Abs())
}

// id is that of a node's record or export.
func (j *joiner) id(node int) string {
	if node < len(j.records) {
		return j.records[node].ID
	}
	return j.exports[node-len(j.records)].ID
}

// acts gathers what the bonds connect.
func (j *joiner) acts() []Act {
	n := len(j.records) + len(j.exports)
	root := make([]int, n)
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, b := range j.bonds {
		if x, y := find(b.a), find(b.b); x != y {
			root[max(x, y)] = min(x, y)
		}
	}
	groups := map[int]*group{}
	of := func(i int) *group {
		r := find(i)
		if groups[r] == nil {
			groups[r] = &group{id: j.id}
		}
		return groups[r]
	}
	for i, record := range j.records {
		g := of(i)
		g.records = append(g.records, record)
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
