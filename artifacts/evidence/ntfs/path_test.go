package ntfs

import (
	"strings"
	"testing"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

func TestLostParents(t *testing.T) {
	d := newDamaged(t)
	d.record("/gone/deeper")[22] |= recordInUse // the record was used again, as something else
	copy(d.record("/d0/d1/d2"), "JUNK")
	got, problems, _ := d.find()
	wantProblems(t, problems, "no record's signature")
	for _, path := range []string{"/$OrphanFiles/child.hiv", "/$OrphanFiles" + strings.TrimPrefix(deep(60), "/d0/d1/d2") + "/deep.hiv"} {
		if got[path] == nil {
			t.Errorf("no %s", path)
		}
	}
}

// A directory that is its own ancestor must end somewhere.
func TestCycle(t *testing.T) {
	d := newDamaged(t)
	a, _ := d.b.Lookup("/d0/d1")
	name := attributeOf(d.record("/d0"), attrFileName)[24:]
	for i := range 6 {
		name[i] = byte(a.Record >> (8 * i))
	}
	name[6], name[7] = byte(a.Sequence), byte(a.Sequence>>8)
	got, problems, _ := d.find()
	wantProblems(t, problems)
	if got["/$OrphanFiles/deep.hiv"] == nil {
		t.Error("no /$OrphanFiles/deep.hiv")
	}
}

func TestDeepPath(t *testing.T) {
	path := deep(300) + "/bottom"
	image, _ := build(t, ntfstest.Options{}, ntfstest.File{Path: path, Data: []byte("x")})
	entries, _ := find(t, openBytes(t, image), everything)
	if index(entries)[path] == nil {
		t.Error("a file 300 directories deep is not found by its path")
	}
}

func TestComponent(t *testing.T) {
	for in, want := range map[string]string{"a": "a", "..": `\u002e\u002e`, ".": `\u002e`, "a/../b": `a\u002f..\u002fb`, "...": "..."} {
		if got := component(utf16Of(in)); got != want {
			t.Errorf("component(%q) = %q, want %q", in, got, want)
		}
	}
}

func utf16Of(s string) []byte {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c), byte(c>>8))
	}
	return b
}

func TestPathCacheIsBounded(t *testing.T) {
	var p paths
	long := strings.Repeat("x", 1<<20)
	for i := range uint64(100) {
		p.put(i, long)
	}
	if p.size > maxPathCache || len(p.known) > 8 {
		t.Errorf("%d bytes in %d paths", p.size, len(p.known))
	}
	if s, ok := p.get(99); !ok || s != long {
		t.Error("the last path is not remembered")
	}
}
