package ntfs

import (
	"bytes"
	"context"
	"io"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// tableOf returns the MFT records of the planted volume, one after the other.
func tableOf(f *testing.F) [][]byte {
	image, _ := build(f, ntfstest.Options{}, planted()...)
	v := openBytes(f, image)
	b := make([]byte, v.table.size)
	if err := v.table.readFull(b, 0); err != nil {
		f.Fatal(err)
	}
	var records [][]byte
	for at := 0; at < len(b); at += v.recordSize {
		records = append(records, b[at:at+v.recordSize])
	}
	return records
}

// FuzzRecord goes through the boot sector, fix-ups, the attribute walker, the
// run lists and the head plans.
func FuzzRecord(f *testing.F) {
	f.Add(bootSector(), []byte{})
	for _, r := range tableOf(f) {
		if !bytes.Equal(r, make([]byte, len(r))) {
			f.Add(bootSector(), r)
		}
	}
	f.Fuzz(func(t *testing.T, boot, record []byte) {
		g, err := parseBoot(boot)
		if err != nil {
			if g, err = parseBoot(bootSector()); err != nil {
				t.Fatal(err)
			}
		}
		if state := fix(record); state == recordStrange || state == recordUnused {
			return
		}
		h := parseHeader(record)
		v := &Volume{geometry: g, disk: bounded.New(bytes.NewReader(record), int64(len(record)))}
		v.table = &runs{disk: v.disk, clusterSize: v.clusterSize}
		var file file
		file.reset(1, h)
		_ = file.add(record, 1, h) // what it had before the error is used
		r := &tableReader{v: v, ask: &artifacts.Scan{Head: func([]byte) bool { return true }, Name: func(a, b []byte) bool { return true }}}
		r.streams(&file)
		for i := range file.data {
			s, err := v.joinRuns(&file.data[i].attribute, file.continuations(i))
			if err == nil && s.covered() < s.valid {
				t.Errorf("extents cover %d of %d bytes", s.covered(), s.valid)
			}
			for _, x := range s.extents {
				if x.count <= 0 || x.lcn < hole || x.lcn+x.count > v.clusters && x.lcn != hole {
					t.Errorf("extent %+v of %d clusters", x, v.clusters)
				}
			}
		}
		if c := r.tally; c.Streams != c.Examined+c.Empty+c.Failed+c.Gone+int64(len(r.refs)) {
			t.Errorf("tally %+v and %d refs", c, len(r.refs))
		}
	})
}

func FuzzRuns(f *testing.F) {
	f.Add([]byte("\x11\x05\x0A\x11\x03\xFB\x00"), int64(1000))
	f.Add([]byte("\x01\x10\x11\x04\x20"), int64(40))
	f.Fuzz(func(t *testing.T, b []byte, clusters int64) {
		g := geometry{clusterSize: 4096, clusters: clusters & (1<<50 - 1)}
		r := g.runs(&attribute{runs: b})
		var next int64
		for {
			x, ok, err := r.next()
			if !ok || err != nil {
				return
			}
			if x.vcn != next || x.count <= 0 || x.lcn != hole && (x.lcn < 0 || x.lcn > g.clusters-x.count) {
				t.Fatalf("extent %+v after %d, %d clusters", x, next, g.clusters)
			}
			if next = x.vcn + x.count; next < 0 || next > g.maxVCN() {
				t.Fatalf("extent %+v ends at %d", x, next)
			}
		}
	})
}

func FuzzDecompress(f *testing.F) {
	f.Add(msxca, 142)
	f.Add([]byte{0x03, 0xB0, 0x02, 'a', 0x04, 0x00}, 8)
	f.Add(mustCompress(text(4096)), 65536)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		size &= 1<<17 - 1
		one, two := bytes.Repeat([]byte{0xEE}, size), make([]byte, size)
		n, err := decompress(one, b)
		m, err2 := decompress(two, b)
		if !bytes.Equal(one, two) || n != m || (err == nil) != (err2 == nil) || n > size {
			t.Errorf("the result depends on what dst held: %d, %v and %d, %v", n, err, m, err2)
		}
	})
}

func FuzzSDS(f *testing.F) {
	image, _ := build(f, ntfstest.Options{}, planted()...)
	v := openBytes(f, image)
	file, err := v.loadFile(recordSecure)
	if err != nil {
		f.Fatal(err)
	}
	r, err := v.reader(file, 0)
	if err != nil {
		f.Fatal(err)
	}
	b := make([]byte, 2048)
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		f.Fatal(err)
	}
	f.Add(b, int64(0))
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		n := 0
		parseSDS(b, at, func(id uint32, descriptor []byte) {
			n++
			ownerSID(descriptor)
		})
		if n > len(b)/20 {
			t.Errorf("%d entries in %d bytes", n, len(b))
		}
	})
}

// FuzzVolume changes bytes of a small volume: each four bytes of edits are a
// place and a value, places counted from the structures that matter.
func FuzzVolume(f *testing.F) {
	b := ntfstest.New(ntfstest.Options{})
	for _, p := range planted() {
		if len(p.Data) > 300_000 {
			p.Data = p.Data[:300_000]
		}
		b.Add(p)
	}
	image, err := b.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	v := openBytes(f, image)
	table := v.table.place(0)
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0x30, 0xFF})
	f.Add([]byte{1, 0, 0, 0x10, 0})
	for _, path := range []string{"/plain.hiv", "/listed.hiv", "/compressed-hole.hiv", "/deleted.hiv"} {
		p, ok := b.Lookup(path)
		if !ok {
			f.Fatal(path)
		}
		at := int(p.Record) * 1024
		for _, off := range []int{20, 24, 0x38 + 4, 0x120, 0x140} {
			f.Add([]byte{1, byte((at + off) >> 16), byte((at + off) >> 8), byte(at + off), 0x41})
		}
	}
	f.Fuzz(func(t *testing.T, edits []byte) {
		hurt := bytes.Clone(image)
		for ; len(edits) >= 5; edits = edits[5:] {
			at := int64(edits[1])<<16 | int64(edits[2])<<8 | int64(edits[3])
			if edits[0]&1 != 0 {
				at += table
			}
			hurt[at%int64(len(hurt))] = edits[4]
		}
		exercise(t, hurt)
	})
}

// exercise does with a volume all that a caller can.
func exercise(t *testing.T, image []byte) {
	v, err := Open(bytes.NewReader(image), int64(len(image)), testAt, 0)
	if err != nil {
		return
	}
	s := everything
	s.Workers = 1
	for e, err := range v.Find(context.Background(), s) {
		if err != nil {
			if p := artifacts.Located(testAt, err); p.Kind == artifacts.Bug {
				t.Errorf("a panic: %v", p)
			}
			continue
		}
		e.Meta()
		e.Locator()
		c, err := e.Open(context.Background())
		if err != nil {
			continue
		}
		b := make([]byte, min(c.Size(), 1<<16))
		for _, at := range []int64{0, c.Size() / 2, c.Size() - 1} {
			n, err := c.ReadAt(b, max(at, 0))
			if n < len(b) && err == nil {
				t.Errorf("%v: %d of %d bytes without an error", e.Locator(), n, len(b))
			}
		}
		c.Close()
	}
	checkTally(t, v.Tally())
}
