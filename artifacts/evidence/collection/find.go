package collection

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
)

// batch is how many heads are read before their verdicts are yielded.
const batch = 1024

// Find yields the wanted members in the order of the archive, and among them
// those that could not be read as errors. A member that is encrypted is told
// with all others of its archive by Source.Problems.
func (v *volume) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		s := &search{v: v, ctx: ctx, ask: ask, yield: yield}
		for rest := v.files; len(rest) > 0; {
			if err := ctx.Err(); err != nil {
				s.interrupted(rest, err)
				return
			}
			n := run(rest)
			ok := true
			if rest[0].node.archive.forward() {
				ok = s.inOrder(rest[0])
			} else {
				ok = s.together(rest[:n])
			}
			if !ok {
				return
			}
			rest = rest[n:]
		}
		v.mu.Lock()
		v.tally = s.tally
		v.mu.Unlock()
	}
}

// run is how many of the first files can be read at once.
func run(files []*file) int {
	n := 1
	for n < len(files) && n < batch && !files[0].node.archive.forward() && !files[n].node.archive.forward() {
		n++
	}
	return n
}

// A search is one run of Find.
type search struct {
	v     *volume
	ctx   context.Context
	ask   artifacts.Scan
	yield func(artifacts.Entry, error) bool
	tally artifacts.Tally
	done  int64
}

func (s *search) interrupted(rest []*file, err error) {
	s.yield(nil, &artifacts.Problem{At: artifacts.Locator{Source: s.v.source.path, Volume: s.v.name}, Offset: -1, Kind: artifacts.Limit,
		Err: fmt.Errorf("%d members were not examined: %w", len(rest), err)})
}

// A verdict is what became of one member's head.
type verdict struct {
	wanted bool
	read   int
	front  []byte // of the head of a wanted member that was closed again
	err    error
}

// together judges members that can be read in any order, with all workers.
func (s *search) together(files []*file) bool {
	verdicts := make([]verdict, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(s.ask.Workers, 1), len(files)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				verdicts[i] = s.examine(files[i])
			}
		})
	}
	wg.Wait()
	for i, f := range files {
		f.begin(verdicts[i].front)
		ok := s.settle(f, verdicts[i])
		f.begin(nil)
		if !ok {
			return false
		}
	}
	return true
}

// examine reads the head of a member. A panic in a decoder costs this member.
func (s *search) examine(f *file) (v verdict) {
	m := f.member()
	if m.sort != isFile || m.size == 0 || m.blocked != nil {
		return s.skip(m)
	}
	defer func() {
		if p := recover(); p != nil {
			v = verdict{err: artifacts.NewProblem(artifacts.Bug, -1, "%v", p)}
		}
	}()
	if f.ahead == nil {
		f.prepare()
	}
	ahead := f.ahead
	f.ahead = nil
	defer heads.Put(ahead.buf)
	if ahead.err != nil {
		return verdict{read: ahead.n, err: ahead.err}
	}
	head := ahead.buf[:ahead.n]
	if v = s.judge(f, head); v.wanted {
		v.front = bytes.Clone(head[:min(ahead.n, frontSize)])
	}
	return v
}

// frontSize is how much of a wanted member Find keeps while it stands at it:
// its first bytes are asked for once more.
const frontSize = 512

// head reads the first bytes of the member.
func (f *file) head(buf *[artifacts.MaxHead]byte) (int, error) {
	r, err := f.node.archive.open(f.index, true)
	if err != nil {
		return 0, err
	}
	defer r.Close() // memory only
	head := buf[:min(f.member().size, artifacts.MaxHead)]
	n, err := io.ReadFull(r, head)
	if n == len(head) {
		err = nil
	}
	return n, err
}

// skip is the verdict on a member that has no content to judge.
func (s *search) skip(m *member) (v verdict) {
	if m.sort == isFile && m.blocked != nil {
		v.err = m.blocked
	}
	return v
}

func (s *search) judge(f *file, head []byte) verdict {
	if f.opened {
		return verdict{read: len(head)}
	}
	named := s.ask.Name != nil && s.ask.Name([]byte(f.lastName()), []byte(f.at.Stream))
	return verdict{read: len(head), wanted: s.ask.Head != nil && s.ask.Head(head) || named}
}

// lastName is the last component of the original path or of the member.
func (f *file) lastName() string {
	if f.at.Member != "" {
		return base(f.at.Member)
	}
	return base(f.at.Path)
}

// inOrder judges one member of a stream and keeps it open while it is looked
// at, so that it is inflated once.
func (s *search) inOrder(f *file) (ok bool) {
	m := f.member()
	if m.sort != isFile || m.size == 0 || m.blocked != nil {
		return s.settle(f, s.skip(m))
	}
	if l, listed := f.node.archive.(*stream); listed && l.head(f.index) != nil {
		v := s.judge(f, l.head(f.index))
		if !v.wanted {
			return s.settle(f, v)
		}
		return s.hold(f, f.content(), v)
	}
	c := f.content()
	head := make([]byte, min(m.size, artifacts.MaxHead))
	n, err := c.ReadAt(head, 0)
	if n < len(head) {
		c.Close() // memory only
		return s.settle(f, verdict{read: n, err: err})
	}
	return s.hold(f, c, s.judge(f, head))
}

// hold settles a file while its content is open.
func (s *search) hold(f *file, c *content, v verdict) bool {
	f.show(c)
	defer func() {
		f.show(nil)
		c.Close() // memory only
	}()
	return s.settle(f, v)
}

// settle counts a member and yields it if it is wanted or lost.
func (s *search) settle(f *file, v verdict) bool {
	m := f.member()
	s.tally.Files++
	s.done += m.size
	if s.ask.Progress != nil {
		s.ask.Progress(s.done, s.v.info.Size)
	}
	if m.sort == isDir {
		return true
	}
	s.tally.Streams++
	s.tally.Bytes += int64(v.read)
	switch {
	case v.err != nil:
		s.tally.Failed++
		if s.v.source.inside != nil && isEncrypted(v.err) {
			s.v.source.locked = append(s.v.source.locked, Locked{Member(f.at), m.size})
			return true
		}
		if m.blocked != nil && m.blocked.Kind == artifacts.Encrypted {
			return true
		}
		return s.yield(nil, artifacts.Located(f.at, v.err))
	case m.sort != isFile || m.size == 0:
		s.tally.Empty++
	default:
		s.tally.Examined++
	}
	if diskImage(m.name) && m.size > 0 && m.sort == isFile {
		p := artifacts.NewProblem(artifacts.Unsupported, -1, "a disk image of a format that is not read: convert it to raw or E01 and give it with --image")
		if !s.yield(nil, artifacts.Located(f.at, p)) {
			return false
		}
	}
	return !v.wanted || s.yield(f, nil)
}
