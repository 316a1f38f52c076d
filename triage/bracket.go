package triage

import (
	"fmt"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/triage/locate"
	"hivetriage/triage/taken"
)

// afterFile is by how much a key may be newer than the file that holds it
// before its time is taken for an error.
const afterFile = 24 * time.Hour

// bracket says when a copy was made, by what it and its file tell. h may be
// nil. encoded says that the file holds the hive in another form.
func bracket(e *locate.Export, id hive.Identity, h *hive.Hive, encoded bool) locate.Taken {
	limit := e.Times.SI.Modified
	if !limit.IsZero() {
		limit = limit.Add(afterFile)
	}
	stamps, later := hive.Stamps(id, h, limit)
	// What keeps copies writes over its file.
	kept := e.Location.Class == locate.Informational
	file := taken.File{Times: e.Times, Clock: e.Clock,
		Whole: e.At.Stream == "" && e.At.Member == "" && e.State != stateCarved && !kept}
	method := e.Provenance.Method
	file.Fresh = file.Whole && !encoded && (method == hive.ByRegSaveKey || method == hive.ByRegSave)
	var bounds []locate.Bound
	for i, s := range stamps {
		side := locate.NotBefore
		if s.Bound == hive.Exact {
			side = locate.ExactTime
		}
		if i == 0 && side == locate.NotBefore && h != nil {
			file.Newest = s.Time
		}
		bounds = append(bounds, locate.Bound{Side: side, Time: s.Time, What: s.What, From: locate.FromCopy, Offset: s.Offset, Certainty: s.Certainty})
	}
	more, conflicts, notes := file.Bounds()
	if later > 0 {
		notes = append(notes, fmt.Sprintf("%s after %s, a day after the file's last write, and passed over", plural(later, "key bears a time", "keys bear times"), limit.UTC().Format(time.RFC3339)))
	}
	return taken.Bracket(append(bounds, more...), conflicts, notes)
}

// belongsTo is what a copy says of its host.
func belongsTo(f hive.HostFacts) locate.BelongsTo {
	return locate.BelongsTo{Host: f.ComputerName, MachineSID: f.MachineSID, Domain: f.Domain, DomainSID: f.DomainSID,
		DomainGUID: f.DomainGUID, DNSDomain: f.DNSDomain, Product: f.ProductType, TimeZone: zone(f)}
}
