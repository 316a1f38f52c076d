package ntfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// damaged is a volume whose planted files can be hurt one by one.
type damaged struct {
	t     *testing.T
	image []byte
	b     *ntfstest.Builder
	v     *Volume // of the whole image
}

func newDamaged(t *testing.T) *damaged {
	image, b := build(t, ntfstest.Options{}, planted()...)
	return &damaged{t, image, b, openBytes(t, bytes.Clone(image))}
}

// record returns the raw bytes of the planted file's record.
func (d *damaged) record(path string) []byte {
	d.t.Helper()
	p, ok := d.b.Lookup(path)
	if !ok {
		d.t.Fatalf("%s was not planted", path)
	}
	return d.number(p.Record)
}

func (d *damaged) number(n uint64) []byte {
	at := d.v.table.place(int64(n) * int64(d.v.recordSize))
	return d.image[at : at+int64(d.v.recordSize)]
}

// find returns what is found after the damage.
func (d *damaged) find() (map[string]artifacts.Entry, []*artifacts.Problem, artifacts.Tally) {
	d.t.Helper()
	v := openBytes(d.t, d.image)
	entries, problems := find(d.t, v, everything)
	problems = slices.DeleteFunc(problems, func(p *artifacts.Problem) bool { return p.Err.Error() == unreliableWOF })
	return index(entries), problems, v.Tally()
}

// attribute returns the bytes of the first attribute of the kind.
func attributeOf(record []byte, kind uint32) []byte {
	for at := int(binary.LittleEndian.Uint16(record[20:])); ; {
		length := int(binary.LittleEndian.Uint32(record[at+4:]))
		if binary.LittleEndian.Uint32(record[at:]) == kind {
			return record[at : at+length]
		}
		at += length
	}
}

func TestBackups(t *testing.T) {
	for _, c := range []struct {
		name string
		hurt func(d *damaged)
		want []string
	}{
		{"boot sector wiped", func(d *damaged) { clear(d.image[:512]) }, []string{"boot sector is damaged"}},
		{"boot sector points nowhere", func(d *damaged) { d.image[0x30] = 0xFF; d.image[0x38] = 0xFE }, []string{"boot sector is damaged"}},
		{"record of $MFT wiped", func(d *damaged) { clear(d.number(0)) }, []string{"copy in $MFTMirr"}},
		{"record of $MFT torn", func(d *damaged) { d.number(0)[510] ^= 1 }, []string{"copy in $MFTMirr", "record 0 is torn"}},
		{"record of $Volume strange", func(d *damaged) { copy(d.number(3), "junk") }, []string{"$Volume cannot be read", "record 3 has no record's signature"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDamaged(t)
			c.hurt(d)
			got, problems, _ := d.find()
			wantProblems(t, problems, c.want...)
			if b, err := read(got["/plain.hiv"]); err != nil || len(b) != 200_004 {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	image, _ := build(t, ntfstest.Options{})
	both := bytes.Clone(image)
	clear(both[:512])
	clear(both[len(both)-512:])
	noTable := bytes.Clone(image)
	v := openBytes(t, image)
	clear(noTable[v.tableStart():][:1024])
	clear(noTable[v.mirror*v.clusterSize:][:1024])
	for name, b := range map[string][]byte{
		"empty": nil, "short": image[:300], "no boot sectors": both, "no table": noTable, "zeros": make([]byte, 1<<20),
	} {
		v, err := Open(bytes.NewReader(b), int64(len(b)), testAt, 0)
		var p *artifacts.Problem
		if v != nil || !errors.As(err, &p) || p.At != testAt {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

func TestDamagedRecords(t *testing.T) {
	for _, c := range []struct {
		name    string
		hurt    func(d *damaged)
		want    []string
		missing []string
		failed  int64
		gone    int64
	}{
		{name: "torn record", hurt: func(d *damaged) { d.record("/plain.hiv")[1022] ^= 1 }, want: []string{"checksum at offset"}},
		{name: "BAAD", hurt: func(d *damaged) { copy(d.record("/plain.hiv"), "BAAD") }, want: []string{"is torn"}},
		{name: "no signature", hurt: func(d *damaged) { copy(d.record("/plain.hiv"), "XXXX") }, want: []string{"no record's signature"}, missing: []string{"/plain.hiv"}},
		{name: "attribute of no length", hurt: func(d *damaged) { binary.LittleEndian.PutUint32(attributeOf(d.record("/plain.hiv"), attrData)[4:], 0) },
			want: []string{"loses attributes"}, missing: []string{"/plain.hiv"}},
		{name: "attribute beyond the record", hurt: func(d *damaged) {
			binary.LittleEndian.PutUint32(attributeOf(d.record("/plain.hiv"), attrData)[4:], 0xFFFFFFF8)
		},
			want: []string{"loses attributes"}, missing: []string{"/plain.hiv"}},
		{name: "runs leave the volume", hurt: func(d *damaged) { copy(attributeOf(d.record("/plain.hiv"), attrData)[64:], "\x41\x31\xFF\xFF\xFF\x7F") },
			want: []string{"lie outside of the volume"}, failed: 1},
		{name: "no runs", hurt: func(d *damaged) { attributeOf(d.record("/plain.hiv"), attrData)[64] = 0 },
			want: []string{"without clusters"}, failed: 1},
		{name: "no runs, deleted", hurt: func(d *damaged) { attributeOf(d.record("/deleted.hiv"), attrData)[64] = 0 }, gone: 1},
		{name: "bad runs, deleted", hurt: func(d *damaged) { attributeOf(d.record("/deleted.hiv"), attrData)[64] = 0x99 }, gone: 1},
		{name: "negative size", hurt: func(d *damaged) { attributeOf(d.record("/plain.hiv"), attrData)[55] = 0x80 },
			want: []string{"stream of -"}, failed: 1},
		{name: "encrypted", hurt: func(d *damaged) { attributeOf(d.record("/plain.hiv"), attrData)[13] = 0x40 },
			want: []string{"1 streams are encrypted by EFS"}, failed: 1},
		{name: "compression unit too large", hurt: func(d *damaged) { attributeOf(d.record("/compressed.hiv"), attrData)[34] = 12 },
			want: []string{"unsupported: MFT record"}, failed: 1},
		{name: "attribute list of junk", hurt: func(d *damaged) { clear(attributeOf(d.record("/listed.hiv"), attrList)[32:]) },
			want: []string{"entries cannot be used"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDamaged(t)
			_, _, before := d.find()
			c.hurt(d)
			got, problems, tally := d.find()
			wantProblems(t, problems, c.want...)
			for _, path := range c.missing {
				if got[path] != nil {
					t.Errorf("%s is still there", path)
				}
			}
			if tally.Failed != c.failed || tally.Gone != c.gone {
				t.Errorf("tally %+v, want %d failed, %d gone", tally, c.failed, c.gone)
			}
			if lost := before.Files + before.Deleted - tally.Files - tally.Deleted; lost > 1 {
				t.Errorf("%d files lost", lost)
			}
		})
	}
}

// What the attribute list does not name any more is judged all the same.
func TestOrphanExtension(t *testing.T) {
	d := newDamaged(t)
	p, _ := d.b.Lookup("/listed.hiv")
	clear(d.number(p.Record))
	v := openBytes(t, d.image)
	entries, _ := find(t, v, regf)
	var found artifacts.Entry
	for _, e := range entries {
		if e.Size() == 1<<20+4 && e.Meta().NTFS.Record != d.mustRecord("/fragmented.hiv") {
			found = e
		}
	}
	if found == nil {
		t.Fatal("the stream in extension records is lost with its base record")
	}
	if m := found.Meta(); found.Locator().Path[:len(orphans)] != orphans || m.Unreliable == "" {
		t.Errorf("%v, unreliable %q", found.Locator(), m.Unreliable)
	}
	if b, err := read(found); err == nil {
		t.Errorf("%d bytes were read without an error though most extents are unknown", len(b))
	}
}

func (d *damaged) mustRecord(path string) uint64 {
	p, ok := d.b.Lookup(path)
	if !ok {
		d.t.Fatal(path)
	}
	return p.Record
}

// badSectors fails to read certain bytes, like a dying disk.
type badSectors struct {
	io.ReaderAt
	bad [][2]int64
}

func (r *badSectors) ReadAt(p []byte, off int64) (int, error) {
	for _, x := range r.bad {
		if off < x[1] && off+int64(len(p)) > x[0] {
			return 0, errors.New("bad sector")
		}
	}
	return r.ReaderAt.ReadAt(p, off)
}

func TestBadSectors(t *testing.T) {
	d := newDamaged(t)
	_, _, before := d.find()
	plain, fragmented, deleted := d.mustRecord("/Windows/System32/config/SAM"), d.mustRecord("/fragmented.hiv"), d.mustRecord("/deleted.hiv")
	f, i, err := d.v.loadStream(uint32(fragmented), d.offset("/fragmented.hiv"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.v.joinRuns(&f.data[i].attribute, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := d.v.table.place(int64(plain) * 1024)
	gone := d.v.table.place(int64(deleted) * 1024)
	r := &badSectors{bytes.NewReader(d.image), [][2]int64{{at + 512, at + 1024}, {gone, gone + 512}, {s.place(0), s.place(0) + 512}}}
	v := open(t, r, int64(len(d.image)))
	entries, problems := find(t, v, everything)
	wantProblems(t, problems, "/fragmented.hiv: io: MFT record", "cannot be read", "cannot be read", "WOF")
	got := index(entries)
	if got["/Windows/System32/config/SAM"] != nil || got["/deleted.hiv"] != nil {
		t.Error("files from lost records")
	}
	if _, err := read(got["/fragmented.hiv"]); err == nil {
		t.Error("a bad sector reads without an error")
	}
	if b, err := read(got["/plain.hiv"]); err != nil || len(b) != 200_004 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	c := v.Tally()
	if c.Files != before.Files-1 || c.Deleted != before.Deleted-1 || c.Failed != 1 || c.Examined != before.Examined-3 {
		t.Errorf("tally %+v, before %+v", c, before)
	}
}

// offset returns the place of the unnamed stream's attribute in its record.
func (d *damaged) offset(path string) uint16 {
	f, err := d.v.loadFile(uint32(d.mustRecord(path)))
	if err != nil {
		d.t.Fatal(err)
	}
	return f.data[0].offset
}

func TestTruncatedImage(t *testing.T) {
	d := newDamaged(t)
	half := d.image[:len(d.image)*19/20]
	v := openBytes(t, half)
	entries, problems := find(t, v, everything)
	if len(problems) == 0 || problems[0].Kind != artifacts.Truncated || len(entries) == 0 {
		t.Fatalf("%d entries, problems %v", len(entries), problems)
	}
	for _, e := range entries {
		b, err := read(e)
		if err == nil && int64(len(b)) != e.Size() {
			t.Errorf("%s: %d of %d bytes without an error", pathOf(e), len(b), e.Size())
		}
	}
}

func tiny(i int) ntfstest.File {
	return ntfstest.File{Path: fmt.Sprintf("/tiny/%d", i), Data: []byte("x")}
}

// Problems beyond the limit are counted, whoever met them.
func TestManyTroubles(t *testing.T) {
	b := ntfstest.New(ntfstest.Options{})
	b.Fill(5000, tiny)
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v := openBytes(t, image)
	for n := int64(100); n < 5000; n += 2 {
		image[v.table.place(n*1024)+510] ^= 1
	}
	for _, workers := range []int{1, 4} {
		s := everything
		s.Workers = workers
		_, problems := find(t, v, s)
		if len(problems) != maxTroubles+1 {
			t.Fatalf("%d problems", len(problems))
		}
		wantProblems(t, problems[maxTroubles:], "1450 further records")
	}
}

func TestRunsOfLostRecordsAreOneProblem(t *testing.T) {
	b := ntfstest.New(ntfstest.Options{})
	b.Fill(5000, tiny)
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v := openBytes(t, image)
	for n := int64(100); n < 4000; n++ {
		copy(image[v.table.place(n*1024):], "junk")
	}
	_, problems := find(t, v, everything)
	wantProblems(t, problems, "MFT records 100 to 3999 (3900): has no record's signature")
}
