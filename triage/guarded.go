package triage

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/access"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/coverage"
	"hivetriage/triage/settings"
)

// guard remembers who may read the live hives, those in shadow copies too:
// what the access lists of their files say, where the evidence has them. What
// a shadow copy holds as it is on the volume has the same list.
func (r *run) guard(ctx context.Context, live []liveHive) {
	for _, l := range live {
		if l.entry != nil {
			r.readAccess(ctx, l.entry, l.at, l.kind)
		}
	}
}

// guardTable is guard for a file of which a collected file table tells.
func (r *run) guardTable(ctx context.Context, t fileTable, entry artifacts.Entry) {
	at := entry.Locator()
	at.Path = t.root + at.Path
	for _, kind := range []hive.Kind{hive.SAM, hive.Security, hive.System} {
		if strings.EqualFold(path.Base(at.Path), string(kind)) && r.isLive(at, kind) && entry.Meta().Allocation == artifacts.Allocated {
			if r.hasDescriptors(t) {
				r.readAccess(ctx, entry, at, kind)
			}
		}
	}
}

func (r *run) hasDescriptors(t fileTable) bool {
	return slices.ContainsFunc(r.descriptors, func(d fileTable) bool {
		return d.at.Source == t.at.Source && d.at.Volume == t.at.Volume && d.root == t.root && d.failed == ""
	})
}

func (r *run) readAccess(ctx context.Context, entry artifacts.Entry, at artifacts.Locator, kind hive.Kind) {
	guarded, ok := entry.(artifacts.Guarded)
	if !ok || kind == hive.Software {
		return
	}
	key, a := liveHive{at: at}.host(), settings.Access{Hive: string(kind), Path: at.Path}
	if info := r.snapshots[keyOf(at)]; info != nil {
		a.Shadow, key.volume = at.Volume, info.Of
	}
	b, err := guarded.Descriptor(ctx)
	if err == nil {
		a.List, err = access.Parse(b)
	}
	if err != nil {
		r.ledger.Note(coverage.Row{What: "access list", At: &at, State: coverage.Failed, Why: why(at, err)})
		return
	}
	r.access[key] = append(r.access[key], a)
}

// accessOf returns who may read the live hives in a folder, and how many
// shadow copies there are of the volume.
func (r *run) accessOf(key hostKey) (all []settings.Access, shadows int) {
	all = r.access[key]
	slices.SortStableFunc(all, func(a, b settings.Access) int {
		return cmp.Or(strings.Compare(a.Shadow, b.Shadow), strings.Compare(a.Hive, b.Hive))
	})
	for volume, info := range r.snapshots {
		if volume.source == key.source && info.Of == key.volume {
			shadows++
		}
	}
	if live := r.liveVolumes[volumeKey{key.source, key.volume}]; live != nil {
		shadows += len(live.stores) // those that were not opened
	}
	return all, shadows
}
