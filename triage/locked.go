package triage

import (
	"fmt"
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// leads returns the exports that the names and sizes of encrypted members tell
// of: each that is called as only copies are, or like a hive.
func (a *archives) leads(file archive, locked []collection.Locked) hiveFact {
	f := hiveFact{row: coverage.Row{State: coverage.Unsupported}}
	at, meta := file.entry.Locator(), file.entry.Meta()
	hives := map[string]bool{}
	for _, l := range locked {
		lead, ok := locate.Reported(locate.Place{Path: at.Path + "/" + l.Member, Size: l.Size})
		if !ok || lead.Weak {
			continue
		}
		hives[lead.Hive] = true
		if len(f.exports) < maxReported {
			f.exports = append(f.exports, a.lead(file, meta, l, lead))
		}
	}
	if len(hives) < 3 {
		return f
	}
	for _, e := range f.exports {
		e.IdentifiedBy = append(e.IdentifiedBy, "the archive has members called like all three hives, with sizes that fit")
	}
	return f
}

func (a *archives) lead(file archive, meta artifacts.Meta, l collection.Locked, lead locate.Lead) *locate.Export {
	e := &locate.Export{
		At: inArchive(file.entry.Locator(), l.Member), Hive: lead.Hive, Form: "regf", State: locate.StateReported, Size: l.Size,
		Deleted: state(meta) == artifacts.Deleted.String() || state(meta) == artifacts.Overwritten.String(),
		Times:   locate.FileTimes{SI: meta.Times}, OwnerSID: meta.Owner,
		IdentifiedBy: []string{fmt.Sprintf("by name and size only: an encrypted member of %s archive, %s, %d bytes", article(file.kind), l.Member, l.Size), lead.Why},
		Provenance:   locate.Provenance{Method: "unknown", Confidence: "unknown", Because: []string{"the content is encrypted"}},
		Taken:        locate.Taken{Because: []string{}},
		BelongsTo:    locate.BelongsTo{Relation: "unknown", Because: "the content is encrypted"},
		Integrity:    locate.Integrity{Problems: []string{"encrypted: whether it is a hive, and whose, cannot be told without the password (--password-file)", memberTimes}},
	}
	if n := meta.NTFS; n != nil {
		e.Times = locate.FileTimes{SI: n.SI, FN: n.FN}
		e.MFTRecord, e.Links, e.Short = n.Record, slices.Clone(n.Links), n.Short
	}
	if !e.Times.SI.Modified.IsZero() && !meta.LocalTimes {
		e.Taken.NotAfter = e.Times.SI.Modified
		e.Taken.Because = append(e.Taken.Because, "not after: the archive's last write (SI modified)")
	}
	if meta.LocalTimes {
		e.Clock = locate.LocalClock
	}
	e.Location = locate.Inside(locate.Place{Path: e.At.Path, Stream: e.At.Stream, Hive: e.Hive, Size: e.Size}, file.kind)
	e.ID = locate.ExportID(*e)
	return e
}
