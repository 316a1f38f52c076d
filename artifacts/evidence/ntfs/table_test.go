package ntfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/testdata/corpora"
)

// tableBytes is the content of the volume's $MFT.
func tableBytes(t testing.TB, v *Volume) []byte {
	t.Helper()
	b := make([]byte, v.table.size)
	if err := v.table.readFull(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

// findInTable opens the table in b and finds every stream.
func findInTable(t testing.TB, b []byte) ([]artifacts.Entry, []*artifacts.Problem) {
	t.Helper()
	table, err := OpenTable(bytes.NewReader(b), int64(len(b)), artifacts.Locator{Source: "$MFT", Volume: "C:", Path: "/$MFT"})
	if err != nil {
		t.Fatal(err)
	}
	var entries []artifacts.Entry
	var problems []*artifacts.Problem
	for e, err := range table.Find(t.Context(), everything) {
		if err != nil {
			problems = append(problems, artifacts.Located(artifacts.Locator{}, err))
			continue
		}
		entries = append(entries, e)
	}
	checkTally(t, table.Tally())
	return entries, problems
}

// TestTable expects of the table alone the names, sizes and times that the
// volume tells.
func TestTable(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	v := openBytes(t, image)
	inVolume, _ := find(t, v, everything)
	entries, problems := findInTable(t, tableBytes(t, v))
	wantProblems(t, problems)
	want, got := index(inVolume), index(entries)
	if len(got) != len(want) {
		t.Errorf("%d streams, the volume has %d", len(got), len(want))
	}
	resident := 0
	for path, w := range want {
		e := got[path]
		if e == nil {
			t.Errorf("no %s", path)
			continue
		}
		m, n := e.Meta(), w.Meta()
		if e.Size() != w.Size() || m.Times != n.Times || m.NTFS.FN != n.NTFS.FN || m.NTFS.Record != n.NTFS.Record ||
			m.NTFS.Sequence != n.NTFS.Sequence || m.NTFS.Resident != n.NTFS.Resident || !slices.Equal(m.NTFS.Links, n.NTFS.Links) {
			t.Errorf("%s: %d bytes, %+v, want %d, %+v", path, e.Size(), m, w.Size(), n)
		}
		if (m.Allocation == artifacts.Allocated) != (n.Allocation == artifacts.Allocated) || m.Owner != "" {
			t.Errorf("%s: %v, owner %q, want %v", path, m.Allocation, m.Owner, n.Allocation)
		}
		if at := e.Locator(); at.Source != "$MFT" || at.Volume != "C:" {
			t.Errorf("place %+v", at)
		}
		b, err := read(e)
		var p *artifacts.Problem
		switch {
		case !m.NTFS.Resident && (!errors.As(err, &p) || p.Kind != artifacts.Unsupported):
			t.Errorf("%s: the content of clusters was read: %v", path, err)
		case m.NTFS.Resident:
			resident++
			if content, _ := read(w); err != nil || !bytes.Equal(b, content) {
				t.Errorf("%s: resident content differs, %v", path, err)
			}
		}
	}
	if resident < 10 {
		t.Errorf("%d resident streams", resident)
	}
	if m := got["/deleted.hiv"].Meta(); m.Allocation != artifacts.Deleted {
		t.Errorf("the deleted file is %v", m.Allocation)
	}
}

// The owners are those that the volume tells, once $SDS is there as well.
func TestTableOwners(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	v := openBytes(t, image)
	inVolume, _ := find(t, v, everything)
	want := index(inVolume)
	sds, err := read(want["/$Secure:$SDS"])
	if err != nil {
		t.Fatal(err)
	}
	b := tableBytes(t, v)
	table, err := OpenTable(bytes.NewReader(b), int64(len(b)), testAt)
	if err != nil {
		t.Fatal(err)
	}
	table.Owners(bytes.NewReader(sds), int64(len(sds)))
	known := 0
	for e, err := range table.Find(t.Context(), everything) {
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Meta().Owner; got != want[pathOf(e)].Meta().Owner {
			t.Errorf("%s: owner %q", pathOf(e), got)
		} else if got != "" {
			known++
		}
	}
	if known == 0 {
		t.Error("no owner is known")
	}
}

// A list of attributes that lies in clusters is told, and does not hide the
// file's name.
func TestTableWithListElsewhere(t *testing.T) {
	d := newDamaged(t)
	list := attributeOf(d.record("/listed.hiv"), attrList)
	list[8] = 1 // not resident
	entries, problems := findInTable(t, tableBytes(t, openBytes(t, d.image)))
	wantProblems(t, problems, "do not stand in the table")
	if index(entries)["/listed.hiv"] == nil {
		t.Error("no /listed.hiv")
	}
}

func TestOpenTable(t *testing.T) {
	d := newDamaged(t)
	whole := tableBytes(t, d.v)
	for name, tt := range map[string]struct {
		hurt  func([]byte) []byte
		fails string
		told  []string
	}{
		"whole":               {func(b []byte) []byte { return b }, "", nil},
		"first record BAAD":   {func(b []byte) []byte { copy(b, "BAAD"); return b }, "", []string{"is torn"}},
		"no stated size":      {func(b []byte) []byte { clear(b[28:32]); return b }, "", nil},
		"cut in a record":     {func(b []byte) []byte { return b[:len(b)-100] }, "", []string{"ends within a record"}},
		"nothing":             {func(b []byte) []byte { return nil }, "no MFT record", nil},
		"something else":      {func(b []byte) []byte { copy(b, "regf"); return b }, "no MFT record", nil},
		"too short":           {func(b []byte) []byte { return b[:500] }, "no MFT record", nil},
		"sizes that disagree": {func(b []byte) []byte { b = b[:1500]; clear(b[28:32]); copy(b[1024:], "NONE"); return b }, "states a size", nil},
	} {
		b := tt.hurt(bytes.Clone(whole))
		_, err := OpenTable(bytes.NewReader(b), int64(len(b)), testAt)
		if tt.fails != "" || err != nil {
			var p *artifacts.Problem
			if tt.fails == "" || !errors.As(err, &p) || p.Kind != artifacts.Malformed || !strings.Contains(err.Error(), tt.fails) || p.At.Source == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		entries, problems := findInTable(t, b)
		t.Log(name, len(entries))
		wantProblems(t, problems, tt.told...)
		if index(entries)["/Windows/System32/config/SAM"] == nil {
			t.Errorf("%s: a file is missing", name)
		}
	}
}

// A machine's real table opens whole.
func TestRealTable(t *testing.T) {
	b := corpora.Read(t, "machine", "$MFT")
	entries, problems := findInTable(t, b)
	wantProblems(t, problems)
	got := index(entries)
	t.Log(len(got))
	if got["/$MFT"] == nil || got["/$MFT"].Size() < int64(len(b)) {
		t.Errorf("%d streams, $MFT among them: %v", len(got), got["/$MFT"])
	}
}

// FuzzTable changes bytes of a table: each four bytes of edits are a place and
// a value.
func FuzzTable(f *testing.F) {
	image, _ := build(f, ntfstest.Options{}, planted()...)
	table := tableBytes(f, openBytes(f, image))
	f.Add([]byte{}, uint32(len(table)))
	f.Add([]byte{0, 0, 0, 'B', 0, 0, 29, 0}, uint32(5000))
	f.Add([]byte{0, 0xA0, 22, 0, 0, 0xA4, 0x40, 0xFF}, uint32(len(table)))
	f.Fuzz(func(t *testing.T, edits []byte, size uint32) {
		hurt := bytes.Clone(table[:min(int(size), len(table))])
		for ; len(edits) >= 4 && len(hurt) > 0; edits = edits[4:] {
			at := binary.BigEndian.Uint32(edits) >> 8
			hurt[int(at)%len(hurt)] = edits[3]
		}
		v, err := OpenTable(bytes.NewReader(hurt), int64(len(hurt)), testAt)
		if err != nil {
			return
		}
		for e, err := range v.Find(t.Context(), everything) {
			if err != nil {
				if p := artifacts.Located(testAt, err); p.Kind == artifacts.Bug {
					t.Errorf("a panic: %v", p)
				}
				continue
			}
			m := e.Meta()
			if b, err := read(e); err == nil && (int64(len(b)) != e.Size() || !m.NTFS.Resident) {
				t.Errorf("%v: %d of %d bytes", e.Locator(), len(b), e.Size())
			}
		}
		checkTally(t, v.Tally())
	})
}
