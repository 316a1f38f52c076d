package collection

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/layout"
)

// A node is one archive of an input.
type node struct {
	source  *Source
	kind    string
	archive archive
}

// A slot keeps one unpacked archive of a depth in reach. Archives are read one
// after the other, so one is enough.
type slot struct {
	mu      sync.Mutex
	owner   *nested
	content *content
}

func (s *slot) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.content != nil {
		s.content.Close() // memory only
	}
	s.owner, s.content = nil, nil
}

// nested reads the bytes of an archive that is a member of another.
type nested struct {
	slot   *slot
	size   int64
	reopen func() (io.ReadCloser, error)
}

func (n *nested) ReadAt(p []byte, off int64) (int, error) {
	n.slot.mu.Lock()
	defer n.slot.mu.Unlock()
	if n.slot.owner != n {
		if n.slot.content != nil {
			n.slot.content.Close() // memory only
		}
		n.slot.owner, n.slot.content = n, newContent(n.size, n.reopen)
	}
	return n.slot.content.ReadAt(p, off)
}

// A branch is a node in its place.
type branch struct {
	node  *node
	at    artifacts.Locator // of the archive: Member is "" for the outermost
	depth int               // 1 for the outermost
}

// plant places the members of the outermost archive and of those in it.
func (s *Source) plant(ctx context.Context, top *node, at artifacts.Locator) error {
	at.Volume, _, _ = strings.Cut(top.kind, ".")
	return s.place(ctx, branch{top, at, 1})
}

// place enters the members of one archive into the volumes.
func (s *Source) place(ctx context.Context, b branch) error {
	members := b.node.archive.list()
	for _, p := range b.node.archive.trouble() {
		s.problems = append(s.problems, artifacts.Located(b.at, p))
	}
	if s.members += len(members); s.members > maxMembers {
		return s.refuse(b, artifacts.Limit, "more than %d members in all archives of this input: the %d of this one are not examined", maxMembers, len(members))
	}
	var l *layout.Layout
	if s.inside == nil {
		l = s.recognise(b)
	}
	seen := make(map[string]bool, len(members))
	locked, swollen := 0, 0
	for i := range members {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := &members[i]
		if s.inside == nil {
			s.remark(m, seen)
		} else if m.sort != isFile || m.size == 0 || !nests(m.name) && !s.inside.Member(m.name, m.size) {
			continue
		}
		if m.blocked != nil && m.blocked.Kind == artifacts.Encrypted {
			locked++
		}
		if m.swells {
			swollen++
		}
		v, f := s.locate(b, l, i)
		v.add(f)
		if m.sort == isFile && m.size > 0 && m.blocked == nil && nests(m.name) {
			if err := s.descend(ctx, b, i, f); err != nil {
				return err
			}
		}
	}
	if locked > 0 && s.inside == nil {
		s.problems = append(s.problems, artifacts.Located(b.at, artifacts.NewProblem(artifacts.Encrypted, -1,
			"%d of %d members are encrypted, and no password was given: %s", locked, len(members), givePassword)))
	}
	if swollen > 0 {
		s.problems = append(s.problems, artifacts.Located(b.at, artifacts.NewProblem(artifacts.Limit, -1,
			"%d of %d members announce more than %d times their packed size, as bombs do: none of them is read beyond that", swollen, len(members), int64(ratio))))
	}
	return nil
}

// refuse notes why an archive is not opened.
func (s *Source) refuse(b branch, kind artifacts.Kind, format string, args ...any) error {
	s.problems = append(s.problems, artifacts.Located(b.at, artifacts.NewProblem(kind, -1, format, args...)))
	return nil
}

func (s *Source) remark(m *member, seen map[string]bool) {
	for _, t := range m.traits {
		s.remarks.add(string(t), m.name)
	}
	switch m.sort {
	case isLink:
		s.remarks.add("are links", m.name)
	case isOther:
		s.remarks.add("are neither files nor folders", m.name)
	case isFile:
		folded := strings.ToLower(m.name)
		if seen[folded] {
			s.remarks.add("have the name of an earlier one, apart from upper and lower case", m.name)
		}
		seen[folded] = true
	}
}

// recognise asks which collector made an archive.
func (s *Source) recognise(b branch) *layout.Layout {
	members := b.node.archive.list()
	names := make(map[string]int, len(members))
	list := make([]layout.Member, len(members))
	for i, m := range members {
		list[i] = layout.Member{Name: m.name, Size: m.size, Modified: m.times.Modified, Dir: m.sort == isDir}
		if _, taken := names[m.name]; !taken {
			names[m.name] = i
		}
	}
	l := layout.Recognise(list, func(name string) ([]byte, error) {
		i, ok := names[name]
		if !ok {
			return nil, fmt.Errorf("%s is not in the archive", name)
		}
		c := newContent(members[i].size, func() (io.ReadCloser, error) { return b.node.archive.open(i, false) })
		defer c.Close()
		text := make([]byte, min(members[i].size, maxMetadata))
		n, err := c.ReadAt(text, 0)
		if err == io.EOF {
			err = nil
		}
		return text[:n], err
	})
	if l == nil {
		return nil
	}
	if s.collector == "" {
		s.collector, s.because, s.host, s.hostBecause = l.Collector, l.Because, l.Host, l.HostBecause
	} else if s.host == "" {
		s.host, s.hostBecause = l.Host, l.HostBecause
	}
	for _, p := range l.Problems {
		q := *p
		q.At = b.at
		q.At.Member = join(b.at.Member, p.At.Member)
		s.problems = append(s.problems, &q)
	}
	return l
}

// maxMetadata is the most of a collector's own file that is read.
const maxMetadata = 64 << 20

// join joins the members of nested archives for a Locator.
func join(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "!" + inner
}

// descend opens an archive that is a member of another. One that is no
// archive in spite of its name stays a file.
func (s *Source) descend(ctx context.Context, b branch, i int, f *file) error {
	m := &b.node.archive.list()[i]
	inner := branch{at: f.at, depth: b.depth + 1}
	if inner.depth > maxDepth {
		return s.refuse(inner, artifacts.Limit, "archives in archives are opened to a depth of %d: this one is not", maxDepth)
	}
	var r io.ReaderAt
	slow := b.node.archive.forward() || m.size > maxBuffered
	if z, ok := b.node.archive.(*zipArchive); ok {
		if section := z.plain(i); section != nil {
			r, slow = section, z.slow
		}
	}
	if r == nil {
		r = &nested{slot: &s.slots[b.depth-1], size: m.size, reopen: func() (io.ReadCloser, error) { return b.node.archive.open(i, false) }}
	}
	kind := Detect(r, m.size)
	if kind == "" {
		return nil
	}
	n, err := s.openNode(r, m.size, kind, loneName(m.name), slow)
	if err != nil {
		s.problems = append(s.problems, artifacts.Located(inner.at, err))
		return nil
	}
	f.opened = true
	inner.node = n
	return s.place(ctx, inner)
}
