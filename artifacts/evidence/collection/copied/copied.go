// Package copied reads what a collector copied to a volume, as KAPE does that
// is told to make a VHDX: a volume of a disk image whose root holds the
// collected drives and the collector's own files. The copies go back to their
// original places; whatever else is on the volume stays what it is.
package copied

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// maxMembers bounds the files of a volume that are listed. One with more is
// read as the volume that it is.
const maxMembers = 1 << 20

// A fileSystem is a volume of a disk image that can tell cheaply what is in
// its root.
type fileSystem interface {
	artifacts.Volume
	artifacts.Swept
	RootNames() []string
}

// A Collection is a volume that a collector made.
type Collection struct {
	*layout.Layout
	volume fileSystem
	drives []*drive
	rest   *rest

	mu         sync.Mutex
	mismatches []*artifacts.Problem // digests that do not fit
}

// Recognise looks at the names in the volume's root and, only where they may
// be all of a collection, lists its files. The result is nil for any other
// volume. Folders that are merely named like drives make no collection:
// somebody may have copied hives there.
func Recognise(ctx context.Context, source string, volume artifacts.Volume) *Collection {
	v, ok := volume.(fileSystem)
	if !ok || !layout.MayBeVolume(v.RootNames()) {
		return nil
	}
	var members []layout.Member
	files, twice := map[string]artifacts.Entry{}, map[string]bool{}
	all := artifacts.Scan{Name: func(name, stream []byte) bool { return true }, Workers: 1}
	for e, err := range volume.Find(ctx, all) {
		if err != nil {
			continue // told when the volume is scanned
		}
		meta, name := e.Meta(), nameOf(e.Locator())
		first, _, _ := strings.Cut(name, "/")
		if meta.Allocation != artifacts.Allocated || layout.OwnOfVolume(first) {
			continue
		}
		if files[name] != nil {
			twice[name] = true // on a damaged volume
			continue
		}
		if len(members) == maxMembers {
			return nil
		}
		files[name] = e
		members = append(members, layout.Member{Name: name, Size: e.Size(), Modified: meta.Times.Modified})
	}
	l := layout.Recognise(members, func(name string) ([]byte, error) { return read(ctx, files[name]) })
	if l == nil || l.Collector == layout.DriveFolders || ctx.Err() != nil {
		return nil
	}
	c := &Collection{Layout: l, volume: v}
	c.deal(source, slices.DeleteFunc(members, func(m layout.Member) bool { return twice[m.Name] }), files)
	return c
}

// nameOf is the name of a stream as a member of the collection.
func nameOf(at artifacts.Locator) string {
	name := strings.TrimPrefix(at.Path, "/")
	if at.Stream != "" {
		name += ":" + at.Stream
	}
	return name
}

func read(ctx context.Context, e artifacts.Entry) ([]byte, error) {
	content, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer content.Close() // opened read-only: there is nothing to lose
	return io.ReadAll(io.NewSectionReader(content, 0, min(content.Size(), layout.MaxMetadata)))
}

// deal gives every collected file to the volume of its drive, in the order of
// the files on the volume that they lie on.
func (c *Collection) deal(source string, members []layout.Member, files map[string]artifacts.Entry) {
	taken := map[artifacts.Locator]bool{}
	drives := map[string]*drive{}
	for _, m := range members {
		p, ok := c.Place(m.Name)
		if !ok || p.Metadata {
			continue
		}
		name := c.volume.Name() + "/" + c.VolumeName(p)
		d := drives[name]
		if d == nil {
			d = &drive{name: name, info: c.VolumeInfo(p), source: source}
			if s := d.info.Snapshot; s != nil {
				s.Of = c.volume.Name() + "/" + s.Of
			}
			drives[name], c.drives = d, append(c.drives, d)
		}
		e := files[m.Name]
		f := &file{stored: e, collection: c, placed: p, at: artifacts.Locator{Source: source, Volume: name, Path: p.Path, Stream: p.Stream}}
		taken[e.Locator()] = true
		d.files = append(d.files, f)
		d.info.Size += f.Size()
	}
	slices.SortFunc(c.drives, func(a, b *drive) int { return strings.Compare(a.name, b.name) })
	c.rest = &rest{fileSystem: c.volume, taken: taken, drives: c.drives}
}

// Volumes are the collected drives and, last, the volume that they lie on,
// with the files that were not collected, among them all that are deleted.
func (c *Collection) Volumes() []artifacts.Volume {
	var all []artifacts.Volume
	for _, d := range c.drives {
		all = append(all, d)
	}
	if r, ok := c.volume.(references); ok {
		return append(all, &ntfsRest{c.rest, r})
	}
	return append(all, c.rest)
}

// Trouble returns what is wrong with the collector's metadata, and the files
// opened so far whose digest is not the one in them.
func (c *Collection) Trouble(source string) []*artifacts.Problem {
	var all []*artifacts.Problem
	for _, p := range c.Problems {
		q := *p
		q.At = artifacts.Locator{Source: source, Volume: c.volume.Name()}
		if p.At.Member != "" {
			q.At.Path = "/" + p.At.Member
		}
		all = append(all, &q)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.mismatches, func(a, b *artifacts.Problem) int { return a.At.Compare(b.At) })
	return append(all, c.mismatches...)
}

// differs notes a file whose digest does not fit.
func (c *Collection) differs(p *artifacts.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mismatches = append(c.mismatches, p)
}
