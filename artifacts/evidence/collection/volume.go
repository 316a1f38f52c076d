package collection

import (
	"context"
	"io"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// Unplaced is what a volume calls its file system where no collector was
// recognised: its paths are the names in the archive.
const Unplaced = "archive"

// A volume is what an archive holds of one drive, or what comes from none.
type volume struct {
	name   string
	info   artifacts.VolumeInfo
	source *Source
	files  []*file

	mu    sync.Mutex
	tally artifacts.Tally
}

// A file is a member in its place.
type file struct {
	node   *node
	index  int
	at     artifacts.Locator
	times  artifacts.Times
	local  bool // of a zone that is not known
	state  artifacts.Allocation
	noted  layout.Digests
	sparse *layout.Sparse // nil where the member is the whole file
	opened bool           // an archive whose members stand in a volume themselves
	ahead  *readAhead     // nil where the head was not read before Find, or is used up

	mu      sync.Mutex
	current *content // while Find stands at this file of a stream
	front   []byte   // while Find stands at this file: its first bytes, or nil
}

func (f *file) member() *member { return &f.node.archive.list()[f.index] }

// locate finds the place of a member: where the collector took it from, or
// where it lies in the archive.
func (s *Source) locate(b branch, l *layout.Layout, i int) (*volume, *file) {
	m := &b.node.archive.list()[i]
	f := &file{node: b.node, index: i, times: m.times, local: m.local, state: artifacts.Allocated}
	if l != nil {
		if p, ok := l.Place(m.name); ok && !p.Metadata {
			if !l.OwnTimes || p.Times != (artifacts.Times{}) {
				f.times, f.local = p.Times, false
			}
			f.noted, f.sparse = p.Digests, p.Sparse
			f.state = p.Allocation()
			v := s.volume(l.VolumeName(p), l.VolumeInfo(p))
			f.at = artifacts.Locator{Source: s.path, Volume: v.name, Path: p.Path, Stream: p.Stream}
			return v, f
		}
	}
	f.at = b.at
	name, info := b.at.Volume, artifacts.VolumeInfo{FileSystem: Unplaced}
	if l != nil {
		name, info = l.VolumeName(layout.Placement{}), l.VolumeInfo(layout.Placement{})
	}
	v := s.volume(name, info)
	f.at.Volume = v.name
	if b.depth > 1 {
		f.at.Member = join(b.at.Member, m.name)
	} else {
		f.at.Path = "/" + m.name
	}
	return v, f
}

// volume returns the volume of a name, a new one if there is none yet.
func (s *Source) volume(name string, info artifacts.VolumeInfo) *volume {
	for _, v := range s.volumes {
		if v.name == name {
			return v
		}
	}
	v := &volume{name: name, source: s, info: info}
	s.volumes = append(s.volumes, v)
	return v
}

func (v *volume) add(f *file) {
	v.files = append(v.files, f)
	v.info.Size += f.member().size
}

// Name returns the name as in Locator.Volume.
func (v *volume) Name() string { return v.name }

// Info describes the volume. Its size is the sum of the members' sizes.
func (v *volume) Info() artifacts.VolumeInfo { return v.info }

// Tally returns the counts of the last Find that was run to its end.
func (v *volume) Tally() artifacts.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally
}

// Streamed reports whether members are cheap to open in their order only.
func (v *volume) Streamed() bool {
	for _, n := range v.source.nodes {
		if n.archive.forward() {
			return true
		}
	}
	return false
}

// Locator tells where the member comes from.
func (f *file) Locator() artifacts.Locator { return f.at }

// Size is the size that the archive states, of a sparse file with its holes.
func (f *file) Size() int64 {
	if f.sparse != nil {
		return f.sparse.Size
	}
	return f.member().size
}

// Meta has the times that the collector or the archive kept. Which of them
// belong to the original file depends on who made the archive.
func (f *file) Meta() artifacts.Meta {
	return artifacts.Meta{Times: f.times, LocalTimes: f.local, Allocation: f.state}
}

// Open inflates the member as far as it is read.
func (f *file) Open(context.Context) (artifacts.Content, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil {
		return f.whole(shared{f.current}), nil
	}
	if b := f.member().blocked; b != nil {
		return nil, artifacts.Located(f.at, b)
	}
	return f.whole(f.content()), nil
}

func (f *file) content() *content {
	c := newContent(f.member().size, func() (io.ReadCloser, error) { return f.node.archive.open(f.index, false) })
	c.front = f.front
	if f.noted.Known() {
		c.compare = func(r io.Reader) error { return f.noted.Verify(context.Background(), r) }
	}
	return c
}

// whole puts the holes back into a sparse file.
func (f *file) whole(c artifacts.Content) artifacts.Content {
	if f.sparse == nil {
		return c
	}
	return f.sparse.Expand(c)
}

// show lets Open hand out c until it is called again with nil.
func (f *file) show(c *content) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current = c
}

// begin lets Open know the first bytes until it is called again with nil.
func (f *file) begin(front []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.front = front
}

// shared is content that somebody else closes.
type shared struct{ *content }

func (shared) Close() error { return nil }

// Inflated says that all of it is inflated anyway.
func (shared) Inflated() bool { return false }
