// Package collection opens archives as evidence, in place: zip, 7z, cab and tar,
// packed or not, and single packed files. What a collector put into them goes
// back to its original drive and path. Nothing is ever written.
package collection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/artifacts"
)

const givePassword = "give the password in a file with --password-file or in HIVETRIAGE_PASSWORD"

// Options say how to open an archive.
type Options struct {
	Password string // never printed
}

// A Source is an archive with the volumes in it.
type Source struct {
	path, kind string
	password   string
	f          *os.File
	size       int64
	meter      meter
	slots      [maxDepth]slot
	nodes      []*node
	volumes    []*volume
	members    int
	problems   []*artifacts.Problem
	remarks    remarks
	inside     *InsideOptions // nil where the archive is evidence of its own
	locked     []Locked

	collector, host, hostBecause string
	because                      []string
}

// Open opens the archive at path, of the kind that Detect told. It fails where
// no member can be named.
func Open(ctx context.Context, path, kind string, opt Options) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close() // opened read-only: there is nothing to lose
		return nil, err
	}
	s := &Source{path: path, kind: kind, password: opt.Password, f: f, size: info.Size()}
	if err := s.build(ctx); err != nil {
		s.Close() // opened read-only: there is nothing to lose
		return nil, artifacts.Located(artifacts.Locator{Source: path}, err)
	}
	return s, nil
}

// build opens the archive and those in it, and places their members.
func (s *Source) build(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = artifacts.NewProblem(artifacts.Bug, -1, "reading the archive's members: %v", p)
		}
	}()
	top, err := s.openNode(s.f, s.size, s.kind, loneName(s.path), false)
	if err != nil {
		return err
	}
	if len(top.archive.list()) == 0 && len(top.archive.trouble()) > 0 {
		return top.archive.trouble()[0]
	}
	return s.plant(ctx, top, artifacts.Locator{Source: s.path})
}

// loneName is what the file in a packed file is called.
func loneName(path string) string {
	name := base(filepath.ToSlash(path))
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// openNode opens one archive by its kind. Slow says that r is itself an
// inflated stream.
func (s *Source) openNode(r io.ReaderAt, size int64, kind, name string, slow bool) (*node, error) {
	n := &node{source: s, kind: kind}
	switch packed, isTar := strings.CutPrefix(kind, "tar."); {
	case kind == "zip":
		n.archive = openZip(r, size, s.password, &s.meter, slow)
	case kind == "7z":
		z, err := open7z(r, size, s.password, &s.meter)
		if err != nil {
			return nil, err
		}
		n.archive = z
	case kind == "cab":
		c, err := openCab(r, size, &s.meter)
		if err != nil {
			return nil, err
		}
		n.archive = c
	case kind == "tar":
		n.archive = openStream(r, size, nil, false, "", &s.meter)
	case isTar:
		n.archive = openStream(r, size, packings[packed], false, "", &s.meter)
	case packings[kind] != nil:
		n.archive = openStream(r, size, packings[kind], true, name, &s.meter)
	default:
		return nil, artifacts.NewProblem(artifacts.Unsupported, -1, "not an archive that is read")
	}
	s.nodes = append(s.nodes, n)
	return n, nil
}

// Name returns the path as given.
func (s *Source) Name() string { return s.path }

// Input describes the evidence.
func (s *Source) Input() artifacts.Input {
	return artifacts.Input{Path: s.path, Kind: s.kind, Size: s.size, Collector: s.collector}
}

// Because says what the collector was recognised by.
func (s *Source) Because() []string { return s.because }

// Host is the computer's name in the collector's metadata, and where it
// stands; "" where none does.
func (s *Source) Host() (name, because string) { return s.host, s.hostBecause }

// Volumes yields a volume for every drive that the members come from, and one
// for the members that come from none.
func (s *Source) Volumes(ctx context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(yield func(artifacts.Volume, error) bool) {
		for _, v := range s.volumes {
			if ctx.Err() != nil || !yield(v, nil) {
				return
			}
		}
	}
}

// Media returns the bytes of the archive, until Close.
func (s *Source) Media() (io.ReaderAt, int64) { return s.f, s.size }

// Problems returns what could not be read of the archive as a whole.
func (s *Source) Problems() []*artifacts.Problem { return s.problems }

// Remarks returns what is to be known of the members' names. It keeps nothing
// from being examined.
func (s *Source) Remarks() []*artifacts.Problem { return s.remarks.problems(s.path) }

// Close closes the archive.
func (s *Source) Close() error {
	var all error
	for _, n := range s.nodes {
		all = errors.Join(all, n.archive.Close())
	}
	for i := range s.slots {
		s.slots[i].drop()
	}
	if s.f == nil {
		return all
	}
	return errors.Join(all, s.f.Close())
}

// remarks count what is worth knowing of names, by what it is.
type remarks struct {
	order []string
	count map[string]int
	first map[string]string
}

func (r *remarks) add(what, name string) {
	if r.count == nil {
		r.count, r.first = map[string]int{}, map[string]string{}
	}
	if r.count[what] == 0 {
		r.order = append(r.order, what)
		r.first[what] = name
	}
	r.count[what]++
}

func (r *remarks) problems(source string) []*artifacts.Problem {
	var out []*artifacts.Problem
	for _, what := range r.order {
		out = append(out, &artifacts.Problem{At: artifacts.Locator{Source: source}, Offset: -1, Kind: artifacts.Malformed,
			Err: fmt.Errorf("%d members %s; nothing is written or followed: the first is %q", r.count[what], what, r.first[what])})
	}
	return out
}
