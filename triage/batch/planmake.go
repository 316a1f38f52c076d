package batch

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxCompared is the most bytes of one file that are read to tell whether it is
// a copy of another.
const maxCompared = 4 << 30

// plan puts what was found in order.
func (f *finder) plan() (*Plan, error) {
	slices.SortFunc(f.found, func(a, b *evidenceItem) int {
		return cmp.Or(natural(a.Parts[0].Path, b.Parts[0].Path), natural(a.Paths[0], b.Paths[0]))
	})
	f.found = f.withoutCopies(f.found)
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	f.tellUnpacked()
	nameItems(f.found)
	p := &Plan{Left: f.left}
	for _, e := range f.found {
		p.Items = append(p.Items, e.Item)
	}
	slices.SortFunc(p.Left, func(a, b Left) int { return cmp.Or(natural(a.Path, b.Path), strings.Compare(a.Why, b.Why)) })
	if f.unseen > 0 {
		p.Left = append(p.Left, Left{Why: fmt.Sprintf("%d more rows than the %d that are listed", f.unseen, maxLeft), Unread: true})
	}
	return p, nil
}

// withoutCopies drops the items whose bytes are those of an earlier one, and
// tells of them. Folders are not compared: that they list the same files, sizes
// and times is told.
func (f *finder) withoutCopies(items []*evidenceItem) []*evidenceItem {
	first := map[string][]*evidenceItem{}
	var kept []*evidenceItem
	for _, e := range items {
		key, known := likeness(e)
		copied := false
		for _, other := range first[key] {
			same, why := f.same(e, other)
			if same {
				f.leave(e.Paths[0], "the same bytes as "+shown(other.Paths[0])+": triaged once, as that", false)
				copied = true
				break
			}
			if why != "" {
				f.leave(e.Paths[0], "perhaps a copy of "+shown(other.Paths[0])+": "+why+"; both are triaged", false)
				break
			}
		}
		if copied {
			continue
		}
		if known {
			first[key] = append(first[key], e)
		}
		kept = append(kept, e)
	}
	return kept
}

// likeness is the same for items that may be copies; known is false where a part
// could not be read.
func likeness(e *evidenceItem) (key string, known bool) {
	var b strings.Builder
	b.WriteString(e.Kind)
	for _, p := range e.Parts {
		writeFields(&b, fmt.Sprint(p.Size), p.Head)
		if p.Head == "" {
			return "", false
		}
	}
	return b.String(), true
}

// same tells whether two items with the same likeness have the same bytes. Why
// says what keeps that from being known.
func (f *finder) same(a, b *evidenceItem) (same bool, why string) {
	if strings.HasPrefix(a.Kind, "folder") {
		return false, "the same files with the same sizes and times"
	}
	for i := range a.Parts {
		if size := a.Parts[i].Size; size > maxCompared {
			return false, fmt.Sprintf("the same size and the same first MiB; %d bytes are too many to be compared", size)
		}
	}
	for i, p := range a.Parts {
		if p.Size <= headSize {
			continue
		}
		x, err := f.whole(a, i)
		if err != nil {
			return false, ""
		}
		y, err := f.whole(b, i)
		if err != nil || x != y {
			return false, ""
		}
	}
	return true, ""
}

// whole is the digest of all bytes of a part, computed once.
func (f *finder) whole(e *evidenceItem, i int) (string, error) {
	if e.whole == nil {
		e.whole = make([]string, len(e.Parts))
	}
	if e.whole[i] == "" {
		sum, err := digest(f.ctx.Err, e.files[i], maxCompared)
		if err != nil {
			return "", err
		}
		e.whole[i] = sum
	}
	return e.whole[i], nil
}

// tellUnpacked tells of folders that have the name of an archive beside them.
func (f *finder) tellUnpacked() {
	archives := map[string]*evidenceItem{}
	for _, e := range f.found {
		if strings.HasPrefix(e.Kind, "archive") {
			archives[strings.ToLower(path.Join(path.Dir(e.Parts[0].Path), e.base))] = e
		}
	}
	for _, e := range f.found {
		if other := archives[strings.ToLower(e.Parts[0].Path)]; other != nil && strings.HasPrefix(e.Kind, "folder") {
			f.leave(e.Paths[0], "named like the archive "+shown(other.Paths[0])+" beside it: perhaps the same collection, unpacked; both are triaged", false)
		}
	}
}
