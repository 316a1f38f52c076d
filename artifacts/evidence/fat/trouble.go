package fat

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"hivetriage/artifacts"
)

// maxTroubles bounds the problems that one scan tells one by one; how many
// more there were is told in one.
const maxTroubles = 1000

// A trouble is a problem with a directory or a file.
type trouble struct {
	kind artifacts.Kind
	at   int64 // byte of the volume, -1 where none applies
	dir  int32 // index of the directory, or of the one that the file is in
	name string
	text string
}

// troubles gathers what went wrong, whichever worker met it: the first
// maxTroubles by their place are kept, the others counted.
type troubles struct {
	list []trouble
	more int64
}

func (t *troubles) add(x trouble) {
	t.list = append(t.list, x)
	if len(t.list) >= 4*maxTroubles {
		t.prune()
	}
}

// prune sorts, and keeps the first maxTroubles.
func (t *troubles) prune() {
	slices.SortStableFunc(t.list, func(a, b trouble) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.dir, b.dir), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind), cmp.Compare(a.text, b.text))
	})
	if len(t.list) > maxTroubles {
		t.more += int64(len(t.list) - maxTroubles)
		clear(t.list[maxTroubles:])
		t.list = t.list[:maxTroubles]
	}
}

// head takes in the error that keeps a file's beginning from being read.
func (t *troubles) head(f *file, err error) {
	kind, text := artifacts.IO, err.Error()
	var p *artifacts.Problem
	if errors.As(err, &p) {
		kind, text = p.Kind, p.Err.Error()
		if p.Offset >= 0 {
			text = fmt.Sprintf("%s (byte %d of the volume)", text, p.Offset)
		}
	}
	t.add(trouble{kind: kind, at: f.at, dir: f.parent, name: f.name, text: "the beginning cannot be read: " + text})
}

// problems returns what was kept, each with its place.
func (w *walk) problems() []*artifacts.Problem {
	t, v := &w.troubles, w.v
	t.prune()
	all := make([]*artifacts.Problem, 0, len(t.list)+1)
	for _, x := range t.list {
		p := &artifacts.Problem{At: v.at, Offset: x.at, Kind: x.kind, Err: errors.New(x.text)}
		if p.At.Path = w.path(x.dir); x.name != "" || p.At.Path == "" {
			p.At.Path += "/" + x.name
		}
		all = append(all, p)
	}
	if t.more > 0 {
		p := artifacts.NewProblem(artifacts.Limit, -1, "%d further files or directories with problems are not told one by one", t.more)
		p.At = v.at
		all = append(all, p)
	}
	return all
}
