package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// finish answers across the hosts that are in the folder, puts what that tells
// of a host into the host's own outputs, and writes those of the batch. Done
// again it writes the same bytes.
func (b *batch) finish(ctx context.Context) (*fleet.Case, error) {
	b.tell(stageAnswer)
	docs := b.load()
	left := []fleet.Left{}
	if b.record.Shard <= 1 { // the first shard tells of it
		for _, l := range b.record.Left {
			left = append(left, fleet.Left{Path: l.Path, Why: l.Why, Unread: l.Unread})
		}
	}
	all, err := fleet.RollUp(ctx, docs, fleet.Options{Tool: b.Tool, Run: b.Config.Run, Left: left})
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	b.tell(stageFiles)
	if err := b.enrich(ctx, docs, all); err != nil {
		return nil, interrupted(ctx, err)
	}
	all.Run.Finished = b.Now().UTC()
	for _, f := range b.CaseFiles {
		if err := replace(filepath.Join(b.Output, f.Name), func(w io.Writer) error { return f.Write(w, all) }); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// interrupted is ErrInterrupted for an error of ctx.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ErrInterrupted
	}
	return err
}

// enrich writes the outputs of hosts with acts again, with what the batch
// tells of them.
func (b *batch) enrich(ctx context.Context, docs *documents, all *fleet.Case) error {
	for i := range all.Hosts {
		h := &all.Hosts[i]
		if h.Acts == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := docs.read(h.Folder)
		if err != nil { // it was changed since it was rolled up
			h.Notes = append(h.Notes, "Its outputs were not written again: "+err.Error()+".")
			continue
		}
		all.Apply(c)
		for _, f := range b.Files {
			if err := replace(filepath.Join(b.Output, HostsName, h.Folder, f.Name), func(w io.Writer) error { return f.Write(w, c) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// documents are those of a batch's hosts, read from its folder one at a time.
type documents struct {
	folder string
	hosts  []fleet.Status
}

// load lists how the hosts of this folder ended. One that was not run is
// skipped.
func (b *batch) load() *documents {
	d := &documents{folder: b.Output, hosts: []fleet.Status{}}
	for _, p := range b.record.mine() {
		s, err := readStatus(b.Output, p.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.hosts = append(d.hosts, fleet.Status{Inputs: p.Paths, State: fleet.Skipped, Why: b.skippedWhy(p)})
		case err != nil:
			d.hosts = append(d.hosts, fleet.Status{Inputs: p.Paths, State: fleet.Skipped, Why: err.Error()})
		default:
			d.hosts = append(d.hosts, fleet.Status{Folder: p.Name, Inputs: s.Paths, State: s.State, Why: s.Why, Code: s.Code})
		}
	}
	return d
}

// skippedWhy says why an item has no folder when the answer is made: only a
// merge leaves any out.
func (b *batch) skippedWhy(p Planned) string {
	if why := b.refused[p.Name]; why != "" {
		return "it was not taken from its shard: " + why
	}
	if n := b.shards[p.Name]; n > 0 {
		return fmt.Sprintf("shard %d of the batch, which it is in, was not merged or is not finished", n)
	}
	return "it was not run"
}

// Hosts, Case and Footprint are what fleet.RollUp asks for.
func (d *documents) Hosts() []fleet.Status { return d.hosts }

// Case reads the case of host i; nil: it has none.
func (d *documents) Case(i int) (*triage.Case, error) {
	if d.hosts[i].Folder == "" {
		return nil, nil
	}
	c, err := d.read(d.hosts[i].Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return c, err
}

func (d *documents) read(name string) (*triage.Case, error) {
	var c triage.Case
	path := filepath.Join(HostsName, name, CaseName)
	if err := readJSON(d.folder, path, maxDocument, &c); err != nil {
		return nil, err
	}
	path = filepath.Join(d.folder, path)
	if c.Schema != triage.Schema || c.SchemaVersion != triage.SchemaVersion {
		return nil, fmt.Errorf("%s is a document %.80q of version %.80q, not %q of version %q", path, c.Schema, c.SchemaVersion, triage.Schema, triage.SchemaVersion)
	}
	return &c, nil
}

// Footprint reads what host i tells others; nil: it has none.
func (d *documents) Footprint(i int) (*footprint.Footprint, error) {
	if d.hosts[i].Folder == "" {
		return nil, nil
	}
	var f footprint.Footprint
	path := filepath.Join(HostsName, d.hosts[i].Folder, FootprintName)
	err := readJSON(d.folder, path, maxFootprint, &f)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Schema != footprint.Schema || f.SchemaVersion != footprint.SchemaVersion:
		return nil, fmt.Errorf("%s is a document %.80q of version %.80q", filepath.Join(d.folder, path), f.Schema, f.SchemaVersion)
	}
	return &f, nil
}
