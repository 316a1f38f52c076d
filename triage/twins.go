package triage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/encoded"
	"hivetriage/artifacts/hive/twin"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
	"hivetriage/triage/taken"
)

// compareTwins compares the exports of the evidence's own hosts with the hives
// that Windows went on to use: what changed there since bounds when the export
// was made. A live hive is read in full only if there is an export of it.
// Kinds are compared side by side: an export is of one.
func (r *run) compareTwins(ctx context.Context) {
	kinds := []hive.Kind{hive.System, hive.Security, hive.SAM}
	abreast(r.cfg.Workers, len(kinds), func(i int) { r.compareKind(ctx, kinds[i]) })
}

func (r *run) compareKind(ctx context.Context, kind hive.Kind) {
	for _, l := range r.live {
		if l.kind != kind || l.entry == nil || r.inSnapshot(l.at) {
			continue // a shadow copy shows no later state
		}
		var live *hive.Hive
		for i := range r.exports {
			e := &r.exports[i]
			if ctx.Err() != nil || !twins(e, l) {
				continue
			}
			var err error
			if live == nil {
				if live, err = r.openLive(ctx, l); live == nil {
					r.ledger.Note(coverage.Row{What: "live hive", At: &l.at, State: coverage.Failed,
						Why: "exports of it were not compared with it: " + why(l.at, err)})
					break
				}
			}
			if err := r.compareTwin(ctx, e, l, live); err != nil {
				r.ledger.Note(coverage.Row{What: "hive", At: &e.At, State: coverage.Partial, Why: "not compared with the live hive: " + why(e.At, err)})
			}
		}
	}
}

// twins reports whether an export is a copy of a live hive.
func twins(e *locate.Export, l liveHive) bool {
	if e.Hive != string(l.kind) || e.Form == formText || e.BelongsTo.Relation != locate.ThisHost || e.At.Disk() != l.at.Disk() {
		return false
	}
	if l.facts.MachineSID != "" {
		return e.BelongsTo.MachineSID == l.facts.MachineSID
	}
	return e.BelongsTo.MachineSID == "" && l.facts.ComputerName != "" && strings.EqualFold(e.BelongsTo.Host, l.facts.ComputerName)
}

// openLive reads a live hive in full, with its logs.
func (r *run) openLive(ctx context.Context, l liveHive) (*hive.Hive, error) {
	content, err := l.entry.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	content, _ = r.throughLogs(ctx, l.at, content) // told when it was read first
	return hive.Read(content, content.Size())
}

// openCopy reads an export in full, in whatever form it is.
func openCopy(ctx context.Context, entry artifacts.Entry) (hive.Identity, *hive.Hive, error) {
	file, err := entry.Open(ctx)
	if err != nil {
		return hive.Identity{}, nil, err
	}
	defer file.Close()
	content := artifacts.Content(file)
	head, err := headOf(content)
	if err != nil {
		return hive.Identity{}, nil, err
	}
	if encoding, ok := encoded.Detect(head); ok {
		plain, size, err := encoding.Open(content, content.Size())
		if err != nil {
			return hive.Identity{}, nil, err
		}
		content = decoded{plain, size}
	}
	id, err := hive.Identify(content, content.Size())
	h, readErr := hive.Read(content, content.Size())
	if h == nil {
		return id, nil, readErr
	}
	if _, ok := h.Key(""); !ok {
		return id, nil, err
	}
	return id, h, nil
}

// compareTwin brackets an export anew by its live twin. A panic in it is a
// bug that costs this comparison.
func (r *run) compareTwin(ctx context.Context, e *locate.Export, l liveHive, live *hive.Hive) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = artifacts.NewProblem(artifacts.Bug, -1, "%v", p)
		}
	}()
	entry := r.entries[e.At]
	if entry == nil {
		e.Taken = taken.Add(e.Taken, nil, nil, []string{"not compared with the live hive: what it lies in was read in one go"})
		return nil
	}
	id, h, err := openCopy(ctx, entry)
	if h == nil {
		return err
	}
	root, _ := h.Key("")
	same, path, ok := twin.Subtree(live, id)
	if !ok {
		e.Taken = taken.Add(e.Taken, nil, nil, []string{fmt.Sprintf("not compared with the live hive: it has no key %s", path)})
		return nil
	}
	t := twinFacts{at: l.at, method: e.Provenance.Method, whole: len(h.Problems) == 0, copied: h, live: live}
	t.tell(twin.Compare(root, same))
	e.Taken = taken.Add(e.Taken, t.bounds, t.conflicts, t.notes)
	return nil
}

// twinFacts turn a comparison into what it says of an export.
type twinFacts struct {
	at           artifacts.Locator // of the live hive
	method       string
	whole        bool // nothing is missing from the copy
	copied, live *hive.Hive

	bounds    []locate.Bound
	conflicts []locate.Conflict
	notes     []string
}

func (t *twinFacts) tell(c twin.Comparison) {
	t.notes = append(t.notes, fmt.Sprintf("compared with the live hive %s: of %s in both %d are unchanged, %d were written there since and %d in the copy later; %d are in the live hive only, %d in the copy only",
		t.at.Path, plural(c.Both(), "key", "keys"), c.Same, c.Changed, c.Older, c.Added, c.Removed))
	// A key save shows the hive as it was at that moment; the file of a live
	// hive lags behind, and what was written meanwhile is not in a copy of it.
	certainty := hive.Likely
	if c.Older == 0 && (t.method == hive.ByRegSaveKey || t.method == hive.ByRegSave) {
		certainty = hive.Certain
	}
	if k := c.FirstChange; k != nil {
		t.upper(k, certainty, fmt.Sprintf("the first change in the live hive since: key %s, written %s in the copy (%#x)", keyName(k.Path), stampText(k.Copy), k.CopyAt+4))
	}
	if k := c.FirstAdded; k != nil && t.whole {
		t.upper(k, hive.Likely, fmt.Sprintf("the first key that only the live hive has: %s", k.Path))
	}
	if k := c.LastOlder; k != nil {
		t.contradict(locate.NewerThanTwin, fmt.Sprintf("%s written later in the copy than in the live hive, the last of them %s: %s (%#x) and %s (%#x)",
			plural(c.Older, "key was", "keys were"), keyName(k.Path), stampText(k.Copy), k.CopyAt+4, stampText(k.Live), k.LiveAt+4),
			locate.Bound{Side: locate.NotBefore, Time: k.Copy, What: "key " + keyName(k.Path), From: locate.FromCopy, Offset: k.CopyAt + 4, Certainty: hive.Certain},
			locate.Bound{Side: locate.NotBefore, Time: k.Live, What: "key " + keyName(k.Path), From: locate.FromTwin, Offset: k.LiveAt + 4, Certainty: hive.Certain})
	}
	counters := fmt.Sprintf("its sequence numbers %d/%d are %%s the live hive's %d/%d",
		t.copied.Base.Primary, t.copied.Base.Secondary, t.live.Base.Primary, t.live.Base.Secondary)
	switch twin.CompareCounters(t.method, t.copied.Base, t.live.Base) {
	case twin.Ordered:
		t.notes = append(t.notes, fmt.Sprintf(counters, "not ahead of")+", as those of an earlier state of the same hive")
	case twin.Reverse:
		t.contradict(locate.CountersAhead, fmt.Sprintf(counters, "ahead of"))
	}
}

func (t *twinFacts) upper(k *twin.Change, certainty, what string) {
	t.bounds = append(t.bounds, locate.Bound{Side: locate.NotAfter, Time: k.Live, What: what, From: locate.FromTwin, Offset: k.LiveAt + 4, Certainty: certainty})
}

// contradict tells that the live hive is no later state of the copy, unless
// its last changes stand in its logs, where the copy may have them.
func (t *twinFacts) contradict(kind, what string, sides ...locate.Bound) {
	if t.live.Base.Dirty() {
		t.notes = append(t.notes, what+"; the last changes of the live hive stand in its transaction logs")
		return
	}
	t.conflicts = append(t.conflicts, locate.Conflict{Kind: kind, Sides: sides,
		What: what + ": the copy is of another installation, a machine was set back to an earlier state, or its clock was changed"})
}

func keyName(path string) string {
	if path == "" {
		return "(root)"
	}
	return path
}

func stampText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
