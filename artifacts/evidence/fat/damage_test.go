package fat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

var le = binary.LittleEndian

// small are volumes that are cheap to change and to scan.
var small = map[string]fattest.Options{
	fat12: {Kind: fattest.FAT12, Size: 256 << 10},
	fat16: {Kind: fattest.FAT16, Size: 4 << 20},
	fat32: {Kind: fattest.FAT32, Size: 256 << 10}, // fewer clusters than FAT32 may have, which nobody checks
	exfat: {Kind: fattest.ExFAT, Size: 256 << 10},
}

// link writes an entry of the first FAT.
func link(v *Volume, image []byte, cluster, next uint32) {
	t := image[v.table:]
	switch v.kind {
	case fat16:
		le.PutUint16(t[2*cluster:], uint16(next))
	case fat12:
		at, old := cluster+cluster/2, le.Uint16(t[cluster+cluster/2:])
		if cluster%2 == 1 {
			le.PutUint16(t[at:], old&15|uint16(next)<<4)
		} else {
			le.PutUint16(t[at:], old&0xf000|uint16(next)&0xfff)
		}
	default:
		le.PutUint32(t[4*cluster:], next)
	}
}

// TestChains breaks the chain of a file behind its third cluster.
func TestChains(t *testing.T) {
	for kind, opt := range small {
		image, b := build(t, opt, fattest.File{Path: "/pieces", Data: hiveLike(1, 5000), Fragmented: true}, fattest.File{Path: "/other", Data: hiveLike(2, 600), Chained: true})
		placed, _ := b.Lookup("/pieces")
		other, _ := b.Lookup("/other")
		third := placed.Clusters[2]
		for name, c := range map[string]struct {
			next uint32
			why  string
		}{
			"a circle":      {placed.Clusters[1], "circle"},
			"itself":        {third, "circle"},
			"nowhere":       {0x0ffffff0, "leads to cluster"},
			"cluster 1":     {1, "leads to cluster 1"},
			"a free one":    {0, "free cluster"},
			"bad":           {0xfffffff7, "leads to cluster"},
			"an early end":  {0xffffffff, "hold 1536 of 5000 bytes"},
			"another file":  {other.First, "hold 2560 of 5000 bytes"},
			"free clusters": {placed.Clusters[2] + 1, "free cluster"},
		} {
			broken := bytes.Clone(image)
			v := openBytes(t, broken)
			link(v, broken, third, c.next)
			v = openBytes(t, broken)
			entries, problems := find(t, v, artifacts.Scan{Head: isHive})
			if c := v.Tally(); c.Failed != 1 || len(entries) != 1 { // the head takes eight clusters
				t.Errorf("%s, %s: %+v", kind, name, c)
			}
			told := len(problems) == 1 && problems[0].At.Path == "/pieces" && strings.Contains(problems[0].Error(), c.why)
			if !told {
				t.Errorf("%s, %s: problems %v", kind, name, problems)
			}
			entries, _ = find(t, openBytes(t, broken), artifacts.Scan{Name: func(name, _ []byte) bool { return string(name) == "pieces" }})
			if len(entries) != 1 || !strings.Contains(entries[0].Meta().Unreliable, c.why) {
				t.Errorf("%s, %s: %d entries", kind, name, len(entries))
				continue
			}
			got, err := read(entries[0])
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != artifacts.Malformed || len(got) < 3*512 || !bytes.Equal(got[:3*512], hiveLike(1, 5000)[:3*512]) {
				t.Errorf("%s, %s: read %d bytes, %v", kind, name, len(got), err)
			}
		}
	}
}

// TestDirectories makes directories that lead astray.
func TestDirectories(t *testing.T) {
	for kind, opt := range small {
		image, b := build(t, opt, fattest.File{Path: "/one/a.hiv", Data: hiveLike(1, 600)}, fattest.File{Path: "/two/b.hiv", Data: hiveLike(2, 600)},
			fattest.File{Path: "/one/below/c.hiv", Data: hiveLike(3, 600)})
		one, _ := b.Lookup("/one")
		two, _ := b.Lookup("/two")
		below, _ := b.Lookup("/one/below")
		first := func(image []byte, entry int64, cluster uint32) { // of a directory's short entry or set
			if kind != exfat {
				le.PutUint16(image[entry+26:], uint16(cluster))
				le.PutUint16(image[entry+20:], uint16(cluster>>16))
				return
			}
			le.PutUint32(image[entry+32+20:], cluster)
			set := image[entry : entry+32*int64(1+image[entry+1])]
			le.PutUint16(set[2:], setSum(set))
		}
		for name, c := range map[string]struct {
			change func(v *Volume, image []byte)
			files  int
			why    string
		}{
			"untouched":         {func(*Volume, []byte) {}, 3, ""},
			"its own child":     {func(v *Volume, b []byte) { first(b, below.Entry, one.First) }, 2, "belongs to another directory"},
			"shared":            {func(v *Volume, b []byte) { first(b, two.Entry, one.First) }, 2, "belongs to another directory"},
			"outside":           {func(v *Volume, b []byte) { first(b, two.Entry, 0xfff0) }, 2, "of"},
			"beyond all bounds": {func(v *Volume, b []byte) { first(b, two.Entry, 0x0ffffff0) }, 2, "of"},
		} {
			broken := bytes.Clone(image)
			c.change(openBytes(t, broken), broken)
			v := openBytes(t, broken)
			entries, problems := find(t, v, artifacts.Scan{Head: isHive})
			if len(entries) != c.files || (len(problems) != 0) != (c.why != "") {
				t.Errorf("%s, %s: %d files, problems %v", kind, name, len(entries), problems)
			}
			for _, p := range problems {
				if !strings.Contains(p.Error(), c.why) || p.Kind != artifacts.Malformed {
					t.Errorf("%s, %s: %v", kind, name, p)
				}
			}
		}
	}
}

// TestDeep: more directories in each other than any path has.
func TestDeep(t *testing.T) {
	path := strings.Repeat("/d", maxDepth+3) + "/x.hiv"
	image, _ := build(t, fattest.Options{Kind: fattest.FAT16, Size: 8 << 20}, fattest.File{Path: path, Data: hiveLike(1, 600)})
	entries, problems := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if len(entries) != 0 || len(problems) != 1 || problems[0].Kind != artifacts.Limit {
		t.Errorf("%d entries, %v", len(entries), problems)
	}
}

func TestTruncated(t *testing.T) {
	for name, opt := range volumes {
		image, b := build(t, opt, planted()...)
		placed, _ := b.Lookup("/small")
		v, err := Open(bytes.NewReader(image), placed.Offset, place, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		entries, problems := find(t, v, artifacts.Scan{Head: isHive})
		if len(entries) < 3 || len(problems) < 2 || problems[0].Kind != artifacts.Truncated {
			t.Errorf("%s: %d entries, problems %v", name, len(entries), problems)
		}
		for _, p := range problems[1:] {
			if p.Kind != artifacts.Truncated {
				t.Errorf("%s: %v", name, p)
			}
		}
		for _, size := range []int64{0, 1, 511, 512, v.table, v.heap} {
			if v, err := Open(bytes.NewReader(image), size, place, 0); err == nil {
				if _, problems := find(t, v, artifacts.Scan{Head: isHive}); len(problems) == 0 {
					t.Errorf("%s: no problem with the first %d bytes", name, size)
				}
			}
		}
	}
}

// The one FAT that is kept up to date is the one that is read.
func TestActiveFAT(t *testing.T) {
	image, b := build(t, small[fat32], fattest.File{Path: "/x.hiv", Data: hiveLike(1, 5000), Fragmented: true})
	v := openBytes(t, image)
	image[40] = 0x81
	placed, _ := b.Lookup("/x.hiv")
	link(v, image, placed.First, 0)
	entries, problems := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if len(entries) != 1 || len(problems) != 0 {
		t.Errorf("%d entries, problems %v", len(entries), problems)
	}
}

// Entry sets whose checksum does not fit are told and used; those that cannot
// be told are problems of their directory.
func TestEntrySets(t *testing.T) {
	image, b := build(t, small[exfat], fattest.File{Path: "/a.hiv", Data: hiveLike(1, 600)}, fattest.File{Path: "/b.hiv", Data: hiveLike(2, 600)})
	a, _ := b.Lookup("/a.hiv")
	for name, c := range map[string]struct {
		at    int64
		value byte
		kind  artifacts.Kind
		files int
	}{
		"checksum":      {2, 0, artifacts.Checksum, 2},
		"few entries":   {1, 1, artifacts.Malformed, 1},
		"many entries":  {1, 19, artifacts.Malformed, 1},
		"no stream":     {32, 0xc1, artifacts.Malformed, 1},
		"deleted half":  {32, 0x40, artifacts.Malformed, 1},
		"no name":       {32 + 3, 0, artifacts.Malformed, 1},
		"long name":     {32 + 3, 16, artifacts.Malformed, 1},
		"name missing":  {64, 0xc0, artifacts.Malformed, 1},
		"impossible":    {32 + 31, 0x80, artifacts.Malformed, 1},
		"empty content": {32 + 20, 0, artifacts.Malformed, 1},
	} {
		broken := bytes.Clone(image)
		broken[a.Entry+c.at] = c.value
		switch name {
		case "checksum":
			broken[a.Entry+c.at] = image[a.Entry+c.at] ^ 1
		case "empty content":
			le.PutUint32(broken[a.Entry+32+20:], 0)
		}
		entries, problems := find(t, openBytes(t, broken), artifacts.Scan{Head: isHive})
		if len(entries) != c.files || len(problems) == 0 || problems[0].Kind != c.kind {
			t.Errorf("%s: %d files, problems %v", name, len(entries), problems)
		}
		for _, e := range entries {
			if told := strings.Contains(e.Meta().Unreliable, "checksum"); told != (name == "checksum" && e.Locator().Path == "/a.hiv") {
				t.Errorf("%s: %s %q", name, e.Locator().Path, e.Meta().Unreliable)
			}
		}
	}
}

func TestNoBitmap(t *testing.T) {
	image, b := build(t, small[exfat], fattest.File{Path: "/a.hiv", Data: hiveLike(1, 600), Deleted: true})
	a, _ := b.Lookup("/a.hiv")
	image[a.Entry-64] = 0x01 // the bitmap's entry is the second before the files
	entries, problems := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if len(entries) != 1 || len(problems) != 1 || !strings.Contains(problems[0].Error(), "no allocation bitmap") {
		t.Fatalf("%d entries, problems %v", len(entries), problems)
	}
	if m := entries[0].Meta(); m.Allocation != artifacts.Deleted || !strings.Contains(m.Unreliable, "cannot be told") {
		t.Errorf("%+v", m)
	}
}

// What is left of a deleted file on exFAT: a chain that nobody cleared, bytes
// that were never written.
func TestExFATDeleted(t *testing.T) {
	data := hiveLike(1, 5000)
	image, b := build(t, small[exfat], fattest.File{Path: "/pieces.hiv", Data: data, Deleted: true, Fragmented: true},
		fattest.File{Path: "/short.hiv", Data: data, Valid: 700})
	entries, _ := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	if got, err := read(entries[0]); err != nil || !bytes.Equal(got, data) || !strings.Contains(entries[0].Meta().Unreliable, "chain left in the FAT") {
		t.Errorf("%d bytes, %v, %+v", len(got), err, entries[0].Meta())
	}
	want := append(bytes.Clone(data[:700]), make([]byte, 4300)...)
	if got, err := read(entries[1]); err != nil || !bytes.Equal(got, want) || !strings.Contains(entries[1].Meta().Unreliable, "first 700 of 5000") {
		t.Errorf("%d bytes, %v, %+v", len(got), err, entries[1].Meta())
	}
	placed, _ := b.Lookup("/pieces.hiv")
	link(openBytes(t, image), image, placed.Clusters[3], 0) // the chain is broken now
	entries, _ = find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if m := entries[0].Meta(); !strings.Contains(m.Unreliable, "taken to follow each other") {
		t.Errorf("%+v", m)
	}
}

// A file that was renamed leaves a deleted entry with the same clusters.
func TestRenamed(t *testing.T) {
	for kind, opt := range small {
		data := hiveLike(1, 3000)
		image, _ := build(t, opt, fattest.File{Path: "/SAM.save", Data: data, Deleted: true}, fattest.File{Path: "/other.hiv", Data: data, Deleted: true},
			fattest.File{Path: "/fin/holiday.jpg", Data: data, Over: "/SAM.save"})
		entries, _ := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
		if len(entries) != 3 {
			t.Errorf("%s: %d entries", kind, len(entries))
			continue
		}
		for _, e := range entries {
			m := e.Meta()
			if told := strings.Contains(m.Unreliable, "it begins where /fin/holiday.jpg does"); told != (e.Locator().Path == "/SAM.save") {
				t.Errorf("%s: %s: %+v", kind, e.Locator().Path, m)
			}
		}
	}
}

// TestGone: deleted files of which not even the first cluster can be told are
// counted, and no problem.
func TestGone(t *testing.T) {
	for kind, opt := range small {
		image, b := build(t, opt, fattest.File{Path: "/gone.hiv", Data: hiveLike(1, 600), Deleted: true})
		placed, _ := b.Lookup("/gone.hiv")
		if kind == exfat {
			le.PutUint32(image[placed.Entry+52:], 0)
		} else {
			le.PutUint16(image[placed.Entry+26:], 0)
		}
		v := openBytes(t, image)
		entries, problems := find(t, v, artifacts.Scan{Head: isHive})
		if c := v.Tally(); len(entries) != 0 || len(problems) != 0 || c.Gone != 1 || c.Deleted != 1 {
			t.Errorf("%s: %d entries, problems %v, %+v", kind, len(entries), problems, c)
		}
	}
}

// Windows clears half of a deleted file's first cluster on FAT32; the file is
// found behind the first 65536 clusters all the same, and so is a directory.
func TestHalfLost(t *testing.T) {
	data := hiveLike(1, 5000)
	image, b := build(t, fattest.Options{Kind: fattest.FAT32, Size: 40 << 20},
		fattest.File{Path: "/filler", Data: make([]byte, 66_000*512), Deleted: true},
		fattest.File{Path: "/SAM.save", Data: data, Deleted: true, HalfLost: true},
		fattest.File{Path: "/folder", Directory: true, Deleted: true, HalfLost: true},
		fattest.File{Path: "/folder/inside.hiv", Data: hiveLike(2, 3000), Deleted: true, HalfLost: true},
		fattest.File{Path: "/never.txt", Data: bytes.Repeat([]byte("text"), 2000), Deleted: true, HalfLost: true})
	entries, problems := find(t, openBytes(t, image), artifacts.Scan{Head: isHive})
	if len(entries) != 2 || len(problems) != 0 {
		t.Fatalf("%d entries, problems %v", len(entries), problems)
	}
	for i, want := range []struct {
		path string
		data []byte
	}{{"/SAM.save", data}, {"/folder/inside.hiv", hiveLike(2, 3000)}} {
		placed, _ := b.Lookup(want.path)
		got, err := read(entries[i])
		m := entries[i].Meta()
		if err != nil || entries[i].Locator().Path != want.path || !bytes.Equal(got, want.data) || m.Allocation != artifacts.Deleted ||
			!strings.Contains(m.Unreliable, fmt.Sprintf("cluster %d is the first that is free", placed.First)) {
			t.Errorf("%s: %d bytes, %v, %+v", entries[i].Locator().Path, len(got), err, m)
		}
	}
}

// Many problems are counted behind the first thousand.
func TestManyTroubles(t *testing.T) {
	b := fattest.New(fattest.Options{Kind: fattest.ExFAT, Size: 2 << 20})
	for i := range 1100 {
		b.Add(fattest.File{Path: fmt.Sprintf("/d/%04d", i), Data: []byte("x")})
	}
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1100 {
		p, _ := b.Lookup(fmt.Sprintf("/d/%04d", i))
		image[p.Entry+2]++
	}
	_, problems := find(t, openBytes(t, image), everything)
	if len(problems) != maxTroubles+1 || problems[maxTroubles].Kind != artifacts.Limit || !strings.Contains(problems[maxTroubles].Error(), "100 further") {
		t.Errorf("%d problems, the last %v", len(problems), problems[len(problems)-1])
	}
}
