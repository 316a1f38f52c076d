package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
)

// A stixObject is one object of a bundle.
type stixObject map[string]any

// stixTime is the form of STIX's times: UTC, here in milliseconds.
const stixTime = "2006-01-02T15:04:05.000Z"

// ageless is when objects were created that are of no particular time.
var ageless = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// STIX writes a STIX 2.1 bundle: what was observed (files, processes, accounts,
// addresses, registry keys), the techniques and where they were sighted, and a
// report that holds it together. Ids are made of content; only the report's,
// its times and the bundle's id change from run to run.
func STIX(w io.Writer, c *triage.Case) error {
	likely := 4 * (len(c.Records) + len(c.Exports)) // objects
	b := &bundle{front: newFront(c), lines: make([]string, 0, likely), ids: make([]string, 0, likely), has: make(map[string]bool, likely),
		files: map[string]string{}, made: map[any]string{}}
	b.tool = b.object(ageless, stixObject{"type": "identity", "name": "hivetriage", "identity_class": "system", "description": "Triage of credential hive dumping"})
	for _, name := range b.hostNames() {
		b.hosts = append(b.hosts, b.object(ageless, stixObject{"type": "identity", "name": name, "identity_class": "system"}))
	}
	for i := range c.Exports {
		b.export(&c.Exports[i])
	}
	for i := range c.Exposure {
		b.exposed(&c.Exposure[i])
	}
	seen := map[string][]string{} // observed-data by the id of what was observed
	for i := range c.Exports {
		e := &c.Exports[i]
		from := firstTime(e.Taken.Exact, e.Taken.NotBefore, e.Taken.NotAfter, e.Times.SI.Created)
		seen[e.ID] = b.observed(from, b.files[e.ID], b.registryKey(e.Hive))
	}
	for i := range c.Records {
		r := &c.Records[i]
		seen[r.ID] = b.observed(firstTime(r.Time, r.NotAfter), b.record(r)...)
	}
	for i := range c.Acts {
		b.act(&c.Acts[i], seen)
	}
	return b.write(w, b.report())
}

// write writes the bundle, an object on each line.
func (b *bundle) write(w io.Writer, report string) error {
	buffered := bufio.NewWriter(w)
	fmt.Fprintf(buffered, "{\"type\": \"bundle\", \"id\": \"bundle--%s\", \"objects\": [\n", ours.uuid([]byte(report)))
	for i, line := range b.lines {
		if i > 0 {
			buffered.WriteByte(',')
		}
		buffered.WriteString(line)
		buffered.WriteByte('\n')
	}
	buffered.WriteString("]}\n")
	return buffered.Flush()
}

// A bundle gathers objects, each once.
type bundle struct {
	*front
	lines []string        // the objects, written already
	ids   []string        // of the objects
	has   map[string]bool // ids
	room  []byte          // in which a line is written
	tool  string          // ids of identities
	hosts []string
	files map[string]string // ids of the files of exports
	made  map[any]string    // ids of what is named again and again
}

// once makes what a key stands for when it is first asked for.
func (b *bundle) once(key any, make func() string) string {
	id, ok := b.made[key]
	if !ok {
		id = make()
		b.made[key] = id
	}
	return id
}

func (b *bundle) take(o stixObject, id string) string {
	if !b.has[id] {
		b.has[id] = true
		o["id"], o["spec_version"] = id, "2.1"
		j := jsonWriter{buf: b.room[:0]}
		j.stix(o, nil)
		b.lines, b.ids, b.room = append(b.lines, string(j.buf)), append(b.ids, id), j.buf
	}
	return id
}

// object adds an object that is no observable and returns its id.
func (b *bundle) object(created time.Time, o stixObject) string {
	if created = normalTime(created); created.IsZero() {
		created = ageless
	}
	o["created"] = created.Format(stixTime)
	o["modified"] = o["created"]
	if b.tool != "" {
		o["created_by_ref"] = b.tool
	}
	return b.take(o, objectID(&b.room, o))
}

// observable adds an observable without what it leaves empty.
func (b *bundle) observable(o stixObject, toldBy string) string {
	for name, value := range o {
		if value == "" || value == nil {
			delete(o, name)
		}
	}
	return b.take(o, observableID(&b.room, o, toldBy))
}

// firstTime is the first time that is known.
func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if t = normalTime(t); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// observed adds an observation of objects and returns its id, in a list as
// sightings want it. What has no time cannot be one.
func (b *bundle) observed(at time.Time, ids ...string) []string {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	if at.IsZero() || len(ids) == 0 {
		return nil
	}
	when := at.Format(stixTime)
	return []string{b.object(at, stixObject{"type": "observed-data", "first_observed": when, "last_observed": when, "number_observed": 1, "object_refs": ids})}
}

// act adds a sighting of each of an act's techniques.
func (b *bundle) act(a *correlate.Act, seen map[string][]string) {
	var refs []string
	for _, id := range slices.Concat(a.Exports, a.Records) {
		refs = append(refs, seen[id]...)
	}
	slices.Sort(refs)
	refs = slices.Compact(refs)
	for _, id := range a.Attack {
		o := stixObject{"type": "sighting", "sighting_of_ref": b.attackPattern(id), "count": 1, "confidence": min(max(a.Confidence, 0), 100),
			"description": verdictTitle(a.Verdict) + ": " + strings.Join(a.For, " ")}
		if len(refs) > 0 {
			o["observed_data_refs"] = refs
		}
		if len(b.hosts) > 0 {
			o["where_sighted_refs"] = b.hosts
		}
		start, end := normalTime(a.Start), normalTime(a.End)
		if !start.IsZero() {
			o["first_seen"] = start.Format(stixTime)
			if end.After(start) {
				o["last_seen"] = end.Format(stixTime)
			}
		}
		b.object(start, o)
	}
}

func (b *bundle) attackPattern(id string) string {
	return b.object(ageless, stixObject{"type": "attack-pattern", "name": cmp.Or(techniqueName(id), id),
		"external_references": []stixObject{{"source_name": "mitre-attack", "external_id": id, "url": techniqueURL(id)}}})
}

// related adds a relationship between two objects.
func (b *bundle) related(from, to, description string) {
	if from != "" && to != "" {
		b.object(ageless, stixObject{"type": "relationship", "relationship_type": "related-to", "source_ref": from, "target_ref": to, "description": description})
	}
}

// report adds the report that refers to all other objects.
func (b *bundle) report() string {
	published := firstTime(b.Run.Finished, ageless)
	o := stixObject{"type": "report", "name": strings.Join(append([]string{verdictTitle(b.Verdict)}, b.hostNames()...), ", "), "published": published.Format(stixTime),
		"report_types": []string{"observed-data"}, "object_refs": b.ids}
	if len(b.Summary) > 0 {
		o["description"] = strings.Join(b.Summary, "\n")
	}
	if b.Run.CaseID != "" {
		o["external_references"] = []stixObject{{"source_name": "case", "external_id": b.Run.CaseID}}
	}
	return b.object(published, o)
}
