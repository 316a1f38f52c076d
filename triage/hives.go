package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/encoded"
	"hivetriage/artifacts/hive/text"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
)

// A liveHive is one of the hives that Windows itself runs on.
type liveHive struct {
	entry artifacts.Entry // nil where it cannot be opened again
	at    artifacts.Locator
	kind  hive.Kind
	facts hive.HostFacts
	rest  *postponed // nil where all was read that is wanted
}

// A hiveFact is what reading one hive gave.
type hiveFact struct {
	row     coverage.Row
	exports []*locate.Export
	copies  []expose.Hives // what each of the exports tells of accounts
	live    *liveHive
	entry   artifacts.Entry // to read it again; nil where that cannot be done
}

// readHives reads every hive that the scan found and left, several at a time.
func (r *run) readHives(ctx context.Context) {
	facts := make([]hiveFact, len(r.hives))
	report := r.progress("hives", "")
	abreast(r.cfg.Workers, len(r.hives), func(i int) {
		facts[i] = r.readHive(ctx, r.hives[i])
		facts[i].entry = r.hives[i]
		report(int64(i+1), int64(len(r.hives)))
	})
	r.entries = map[artifacts.Locator]artifacts.Entry{}
	for _, f := range append(r.hiveFacts, facts...) {
		if f.live == nil || f.live.rest == nil {
			r.ledger.Stream(f.row)
		}
		if f.live != nil {
			f.live.entry = f.entry
			r.live = append(r.live, *f.live)
		}
		for i, e := range f.exports {
			if len(f.copies) > 0 { // an encrypted member has none
				r.copies[copyOf(e)] = f.copies[i]
			}
			r.entries[e.At] = f.entry
			if e.Location.Class == locate.Informational || e.Location.Class == locate.Normal {
				r.known = append(r.known, *e)
			} else {
				r.exports = append(r.exports, *e)
			}
		}
	}
	r.guard(ctx, r.live)
	r.live = r.ownHives(r.live)
	r.readRest(ctx, r.findings())
	r.hosts = hostsFromHives(r.live)
	if len(r.live) == 0 {
		r.ledger.Note(coverage.Row{What: "Windows installation", State: coverage.Absent, Gap: !r.wholeVolume(),
			Why: "no live SAM, SECURITY or SYSTEM hive is in the evidence: it is not a whole Windows system, and copies on the rest of the machine cannot be told"})
	}
	r.exports, r.known = r.once(r.exports), r.once(r.known)
	for _, list := range [][]locate.Export{r.exports, r.known} {
		slices.SortFunc(list, compareExports)
	}
	numberDuplicates(r.exports, r.known)
	r.assign()
	r.compareTwins(ctx)
}

// wholeVolume reports whether a file system was read as a whole, rather than
// logs or files that somebody picked.
func (r *run) wholeVolume() bool {
	c, _ := r.ledger.Coverage() // it balances at the end only; the volumes are known by now
	return slices.ContainsFunc(c.Volumes, func(v coverage.VolumeRow) bool { return strings.HasPrefix(v.Info.FileSystem, "NTFS") })
}

func compareExports(a, b locate.Export) int {
	return cmp.Or(a.Times.SI.Created.Compare(b.Times.SI.Created), a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
}

// numberDuplicates keeps ids unique when two volumes hold the same file.
func numberDuplicates(lists ...[]locate.Export) {
	seen := map[string]int{}
	for _, list := range lists {
		for i := range list {
			id := list[i].ID
			if seen[id]++; seen[id] > 1 {
				list[i].ID = fmt.Sprintf("%s-%d", id, seen[id])
			}
		}
	}
}

// readHive reads one hive, in many inputs' run no more of it than the front
// where that is enough.
func (r *run) readHive(ctx context.Context, entry artifacts.Entry) hiveFact {
	return r.openHive(ctx, entry, r.frugal())
}

// openHive reads one hive. A panic in it is a bug that costs this hive only.
func (r *run) openHive(ctx context.Context, entry artifacts.Entry, frugal bool) (f hiveFact) {
	at := entry.Locator()
	defer func() {
		if p := recover(); p != nil {
			f = hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Failed, Gap: true, Why: fmt.Sprintf("bug: %v", p)}}
		}
	}()
	if ctx.Err() != nil {
		return hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Skipped, Gap: true, Why: "interrupted"}}
	}
	content, err := entry.Open(ctx)
	if err != nil {
		return hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Failed, Gap: true, Why: why(at, err)}}
	}
	defer content.Close()
	head, err := headOf(content)
	if encoding, ok := encoded.Detect(head); ok {
		return r.encodedHive(ctx, entry, content, encoding)
	}
	if err == nil && text.IsExport(head) {
		return r.textHive(ctx, entry, content)
	}
	if frugal {
		if f, ok := r.front(entry, content); ok {
			return f
		}
	}
	content, note := r.throughLogs(ctx, at, content)
	id, err := hive.Identify(content, content.Size())
	f = r.identifiedHive(ctx, entry, content, id, err)
	note.tell(&f.row, at)
	if _, ok := entry.(*carvedEntry); ok && len(f.exports) == 0 {
		f.row = coverage.Row{State: f.row.State} // remains of other hives: counted, not listed
	}
	return f
}

// identifiedHive does what a hive's kind asks for. err is what was wrong when
// it was identified.
func (r *run) identifiedHive(ctx context.Context, entry artifacts.Entry, content artifacts.Content, id hive.Identity, err error) hiveFact {
	at := entry.Locator()
	switch id.Kind {
	case hive.SAM, hive.Security, hive.System:
		return r.credentialHive(ctx, entry, content, id, err)
	case hive.Software:
		return r.softwareHive(at, content, err)
	case hive.Unknown:
		if h, _ := hive.Read(content, content.Size()); h != nil { // what is wrong with it, err says
			switch rest := h.Identity(); rest.Kind {
			case hive.SAM, hive.Security, hive.System:
				return r.fragment(ctx, entry, content, rest, err)
			}
		}
		return hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Partial, Gap: true,
			Why: "its kind could not be told: " + why(at, err)}}
	}
	if err != nil {
		return hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Partial, Why: why(at, err)}}
	}
	return hiveFact{row: coverage.Row{State: coverage.Read}} // of no interest: counted, not listed
}

// softwareHive reads what the live SOFTWARE hive says of the system, without
// loading it: it can be large.
func (r *run) softwareHive(at artifacts.Locator, content artifacts.Content, err error) hiveFact {
	f := hiveFact{row: coverage.Row{State: coverage.Read}}
	if !r.isLive(at, hive.Software) {
		return f
	}
	facts, peekErr := hive.Peek(content, content.Size(), hive.Software)
	if problem := cmp.Or(err, peekErr); problem != nil {
		f.row = coverage.Row{What: "hive", At: &at, State: coverage.Partial, Why: why(at, problem)}
	}
	f.live = &liveHive{at: at, kind: hive.Software, facts: facts}
	return f
}

func (r *run) isLive(at artifacts.Locator, kind hive.Kind) bool {
	return locate.Live(locate.Place{Path: at.Path, Stream: at.Stream, Hive: string(kind), Size: 1, State: "live", Unpacked: r.unpacked[at.Source]})
}

func (r *run) credentialHive(ctx context.Context, entry artifacts.Entry, content artifacts.Content, id hive.Identity, identifyErr error) hiveFact {
	at, meta := entry.Locator(), entry.Meta()
	place := locate.Place{Path: at.Path, Stream: at.Stream, Hive: string(id.Kind), Size: content.Size(),
		State: stateOf(entry, meta), Unpacked: r.unpacked[at.Source], Provenance: provenance(id, nil, content.Size())}
	if classify(entry, place).Class == locate.Normal {
		return r.normalHive(at, meta, content, id, identifyErr)
	}
	h, readErr := hive.Read(content, content.Size())
	place.Provenance = provenance(id, h, content.Size())
	row := coverage.Row{What: "hive", At: &at, State: coverage.Read, Bytes: content.Size()}
	if problem := cmp.Or(readErr, identifyErr); problem != nil {
		row.State, row.Why = coverage.Partial, why(at, problem)
	}
	var facts hive.HostFacts
	if h != nil {
		facts = hive.Facts(h, id.Kind)
	}
	e := describe(entry, meta, id, h)
	e.Location, e.Provenance = classify(entry, place), place.Provenance
	_, encoded := content.(decoded)
	e.Taken = bracket(e, id, h, encoded)
	sum, err := digest(ctx, content, content.Size(), nil)
	if err != nil {
		row.State, row.Why = coverage.Partial, why(at, err)
		e.Integrity.Complete = false
		e.Integrity.Problems = append(e.Integrity.Problems, "the content could not be read whole, so it has no digest: "+why(at, err))
	}
	e.SHA256 = sum
	for _, problem := range []error{identifyErr, readErr} {
		if problem != nil {
			e.Integrity.Complete = false
			e.Integrity.Problems = append(e.Integrity.Problems, why(at, problem))
		}
	}
	e.Integrity.Problems = slices.Compact(e.Integrity.Problems)
	if h != nil && cmp.Or(readErr, identifyErr) != nil {
		e.Integrity.Problems = append(e.Integrity.Problems, h.Coverage().String())
	}
	if missing := r.missingChanges(ctx, at, content); missing != "" {
		e.Integrity.Problems = append(e.Integrity.Problems, missing)
	}
	e.BelongsTo = belongsTo(facts)
	if c, ok := entry.(*carvedEntry); ok {
		c.tell(e)
	}
	e.ID = locate.ExportID(*e)
	return hiveFact{row: row, exports: []*locate.Export{e}, copies: []expose.Hives{contents(h, id.Kind, e.Integrity.Complete)}}
}

// normalHive takes what a hive in its normal place tells of its host, from a
// few of its keys: in an archive it need not be inflated to its end for that.
func (r *run) normalHive(at artifacts.Locator, meta artifacts.Meta, content artifacts.Content, id hive.Identity, identifyErr error) hiveFact {
	f := hiveFact{row: coverage.Row{What: "hive", At: &at, State: coverage.Read}}
	problem := identifyErr
	if at.Member == "" && r.isLive(at, id.Kind) && (meta.Allocation == artifacts.InSnapshot || state(meta) == "live") {
		facts, err := hive.Peek(content, content.Size(), id.Kind)
		f.live = &liveHive{at: at, kind: id.Kind, facts: facts}
		problem = cmp.Or(err, identifyErr)
	}
	if problem != nil {
		f.row.State, f.row.Why = coverage.Partial, why(at, problem)
	}
	return f
}

// provenance says how a copy was taken; h may be nil.
func provenance(id hive.Identity, h *hive.Hive, size int64) (p locate.Provenance) {
	p.Method, p.Confidence, p.Because = hive.Provenance(id, h, size)
	p.Because = notNil(p.Because)
	return p
}

// describe fills in what the hive and its file tell.
func describe(entry artifacts.Entry, meta artifacts.Meta, id hive.Identity, h *hive.Hive) *locate.Export {
	e := &locate.Export{
		At: entry.Locator(), Hive: string(id.Kind), Form: "regf", State: stateOf(entry, meta), Size: entry.Size(),
		Times: locate.FileTimes{SI: meta.Times}, OwnerSID: meta.Owner,
		IdentifiedBy: id.Because,
		Integrity:    locate.Integrity{Complete: true, Problems: []string{}},
	}
	if n := meta.NTFS; n != nil {
		e.Times = locate.FileTimes{SI: n.SI, FN: n.FN}
		e.MFTRecord, e.Links, e.Short = n.Record, n.Links, n.Short
	}
	if meta.Unreliable != "" {
		e.Integrity.Complete = false
		e.Integrity.Problems = append(e.Integrity.Problems, meta.Unreliable)
	}
	if meta.LocalTimes {
		e.Clock = locate.LocalClock
	}
	return e
}

// state is the export's state. Folders show live files only; NTFS leaves open
// what became of a deleted file's clusters where $Bitmap cannot be read.
func state(meta artifacts.Meta) string {
	switch {
	case meta.Allocation != artifacts.Unknown:
		return meta.Allocation.String()
	case meta.NTFS == nil:
		return artifacts.Allocated.String()
	}
	return artifacts.Deleted.String()
}
