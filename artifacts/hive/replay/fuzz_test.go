package replay

import (
	"bytes"
	"io"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/replay/replaytest"
)

// FuzzApply replays any two files over any hive: nothing panics, the overlay
// can be read to its end, is no longer than the limits allow, and is the hive
// itself if nothing was applied.
func FuzzApply(f *testing.F) {
	s := states()
	h := host
	for i := range s {
		s[i] = hivetest.SAM(h, hivetest.RegSave)
		h.Users = append(h.Users, hivetest.User{Name: "u", RID: uint32(2000 + i)})
	}
	dirty := replaytest.Numbered(s[0], 138, 137)
	first, second := replaytest.Between(138, s[0], s[1]), replaytest.Between(139, s[1], s[2])
	pages, length := replaytest.Diff(s[0], s[2])
	f.Add(dirty, replaytest.HvLE(dirty, first), replaytest.HvLE(dirty, second))
	f.Add(dirty, replaytest.HvLE(dirty, first, second), []byte{})
	f.Add(dirty, replaytest.DIRT(dirty, 138, 1, length, pages), []byte("text"))
	f.Add(s[0], replaytest.HvLE(dirty, first), make([]byte, 512))
	f.Fuzz(func(t *testing.T, hive, one, two []byte) {
		if len(hive)+len(one)+len(two) > 1<<20 {
			t.Skip()
		}
		// Hashes and checksums would keep almost all mutations out.
		one, two = sealed(one), sealed(two)
		o, r, err := Apply(bytes.NewReader(hive), int64(len(hive)), log("1", one), log("2", two))
		if err == nil && (r.State == 0 || r.State == Clean && len(r.Applied) > 0 || (r.State == Replayed) != (len(r.Applied) > 0)) {
			t.Errorf("%+v", r)
		}
		if o.Size() > max(int64(len(hive)), int64(len(hive))+maxGrow) {
			t.Errorf("%d bytes from %d", o.Size(), len(hive))
		}
		r.Because()
		if n := int64(len(o.sectors)) * sector; n > int64(len(one)+len(two)+sector) {
			t.Errorf("%d bytes kept from logs of %d", n, len(one)+len(two))
		}
		b := make([]byte, min(o.Size(), 1<<20))
		if n, err := o.ReadAt(b, 0); n != len(b) || err != nil && err != io.EOF {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
		if r.State != Replayed && !bytes.Equal(b, hive[:min(len(hive), len(b))]) {
			t.Error("nothing was applied, and the hive is another")
		}
	})
}

// sealed makes checksum and hashes of a log fit it.
func sealed(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) < sector {
		return b
	}
	le.PutUint32(b[508:], hivetest.Checksum(b))
	for at := sector; at+entryHeader <= len(b); {
		size := int(le.Uint32(b[at+4:]))
		if string(b[at:at+4]) != "HvLE" || size < entryHeader || size > len(b)-at {
			break
		}
		replaytest.Seal(b[at : at+size])
		at += size
	}
	return b
}

// BenchmarkApply replays 1,000 changed blocks in 50 entries over an 11 MB
// SYSTEM and reads the result once.
func BenchmarkApply(b *testing.B) {
	h := host
	h.Filler = 11_500_000
	hive := replaytest.Numbered(hivetest.SYSTEM(h, hivetest.Live), 138, 137)
	var entries []replaytest.Entry
	for i := range 50 {
		e := replaytest.Entry{Sequence: uint32(138 + i), Bins: int(le.Uint32(hive[40:]))}
		for j := range 20 {
			at := (i*37 + j*101) % 2000 * 4096
			e.Pages = append(e.Pages, replaytest.Page{Offset: at, Data: hive[baseSize+at:][:4096]})
		}
		entries = append(entries, e)
	}
	l := replaytest.HvLE(hive, entries...)
	buf := make([]byte, len(hive))
	b.SetBytes(int64(len(hive) + len(l)))
	b.ReportAllocs()
	for b.Loop() {
		o, r, err := Apply(bytes.NewReader(hive), int64(len(hive)), log("SYSTEM.LOG1", l))
		if err != nil || r.State != Replayed || r.Applied[0].Pages != 1000 {
			b.Fatal(r, err)
		}
		if n, err := o.ReadAt(buf, 0); n != len(buf) {
			b.Fatal(n, err)
		}
	}
}
