package eventlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
)

// seal makes a chunk's checksums right again.
func seal(log []byte, chunk int) {
	b := log[firstChunkAt+chunk*chunkSize:][:chunkSize]
	free := binary.LittleEndian.Uint32(b[chunkFreeAt:])
	binary.LittleEndian.PutUint32(b[chunkDataCRCAt:], crc32.ChecksumIEEE(b[chunkHeaderSize:free]))
	sum := crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[128:chunkHeaderSize])
	binary.LittleEndian.PutUint32(b[chunkHeaderCRCAt:], sum)
}

// frames returns the log offsets of a chunk's records.
func frames(log []byte, chunk int) []int {
	start := firstChunkAt + chunk*chunkSize
	var at []int
	for pos := chunkHeaderSize; ; {
		r, ok := recordAt(log[start:][:chunkSize], pos)
		if !ok {
			return at
		}
		at = append(at, start+pos)
		pos += r.size
	}
}

// kinds returns the kinds and offsets of problems.
func kinds(t *testing.T, problems []error) (k []artifacts.Kind, at []int64) {
	for _, err := range problems {
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.At.Path != "/x.evtx" {
			t.Fatalf("%#v is no Problem with a place", err)
		}
		k, at = append(k, p.Kind), append(at, p.Offset)
	}
	return k, at
}

func TestDamage(t *testing.T) {
	const perChunk, total = 20, 100 // five chunks
	plain := long(total, eventlogtest.Options{RecordsPerChunk: perChunk})
	second := int64(firstChunkAt + chunkSize)
	third := frames(plain, 1)[2]
	for name, c := range map[string]struct {
		change  func(log []byte) []byte
		kinds   []artifacts.Kind
		offset  int64 // of the first problem
		records int64
		damaged int // events that say so
		lost    int64
		bad     int64 // chunks
	}{
		"nothing":       {func(b []byte) []byte { return b }, nil, 0, total, 0, 0, 0},
		"data checksum": {func(b []byte) []byte { eventlogtest.SpoilData(b, 1); return b }, []artifacts.Kind{artifacts.Checksum}, second + chunkDataCRCAt, total, perChunk, 0, 1},
		"header checksum": {func(b []byte) []byte { eventlogtest.SpoilHeader(b, 1); return b },
			[]artifacts.Kind{artifacts.Checksum}, second + chunkHeaderCRCAt, total, perChunk, 0, 1},
		"both checksums": {func(b []byte) []byte { eventlogtest.SpoilHeader(b, 1); eventlogtest.SpoilData(b, 1); return b },
			[]artifacts.Kind{artifacts.Checksum, artifacts.Checksum}, second + chunkHeaderCRCAt, total, perChunk, 0, 1},
		"chunk header of zeros": {func(b []byte) []byte { clear(b[second:][:chunkHeaderSize]); return b },
			[]artifacts.Kind{artifacts.Malformed}, second, total, perChunk, 0, 1},
		"record size too large": {func(b []byte) []byte { binary.LittleEndian.PutUint32(b[third+4:], 70000); seal(b, 1); return b },
			[]artifacts.Kind{artifacts.Malformed}, int64(third), total - 1, 0, 0, 0},
		"record size zero": {func(b []byte) []byte { clear(b[third+4 : third+8]); seal(b, 1); return b },
			[]artifacts.Kind{artifacts.Malformed}, int64(third), total - 1, 0, 0, 0},
		"record signature": {func(b []byte) []byte { b[third] = 0; seal(b, 1); return b },
			[]artifacts.Kind{artifacts.Malformed}, int64(third), total - 1, 0, 0, 0},
		"record size not repeated": {func(b []byte) []byte { b[frames(b, 1)[3]-1] = 9; seal(b, 1); return b }, nil, 0, total, 1, 0, 0},
		"template beyond its chunk": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[third+recordHeaderSize+fragmentHeaderSize+6:], 0xFFFFFFF0)
			seal(b, 1)
			return b
		}, []artifacts.Kind{artifacts.Malformed}, int64(third), total, 0, 0, 0},
		"free space beyond the chunk": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[second+chunkFreeAt:], chunkSize+1)
			return b
		}, []artifacts.Kind{artifacts.Checksum, artifacts.Malformed}, second + chunkHeaderCRCAt, total, perChunk, 0, 1},
		"file header of zeros":   {func(b []byte) []byte { clear(b[:firstChunkAt]); return b }, []artifacts.Kind{artifacts.Malformed}, 0, total, 0, 0, 0},
		"file header cut off":    {func(b []byte) []byte { return b[firstChunkAt:] }, []artifacts.Kind{artifacts.Malformed}, 0, total, 0, 0, 0},
		"file header's checksum": {func(b []byte) []byte { b[24]++; return b }, []artifacts.Kind{artifacts.Checksum}, fileHeaderCRCAt, total, 0, 0, 0},
		"garbage for a chunk": {func(b []byte) []byte { copy(b[second:], bytes.Repeat([]byte("garbage."), chunkSize/8)); return b },
			[]artifacts.Kind{artifacts.Malformed}, second, total - perChunk, 0, 0, 1},
		"padded with zeros":  {func(b []byte) []byte { return append(b, make([]byte, 5000)...) }, nil, 0, total, 0, 0, 0},
		"cut between chunks": {func(b []byte) []byte { return b[:second] }, []artifacts.Kind{artifacts.Truncated}, second, perChunk, 0, 0, 0},
		"cut inside a record": {func(b []byte) []byte { return b[:third+40] },
			[]artifacts.Kind{artifacts.Truncated, artifacts.Truncated}, int64(third) + 40, perChunk + 2, 2, 0, 1},
		"cut inside a chunk header": {func(b []byte) []byte { return b[:second+100] },
			[]artifacts.Kind{artifacts.Truncated, artifacts.Truncated}, second + 100, perChunk, 0, 0, 1},
	} {
		events, problems, s := read(c.change(bytes.Clone(plain)), Query{Select: every()})
		k, offsets := kinds(t, problems)
		damaged := 0
		for _, e := range events {
			if e.Damaged != "" {
				damaged++
			}
		}
		if !slices.Equal(k, c.kinds) || len(offsets) > 0 && offsets[0] != c.offset {
			t.Errorf("%s: %v, want %v from %d", name, problems, c.kinds, c.offset)
		}
		if s.Records != c.records || damaged != c.damaged || s.LostInSlack != c.lost || s.BadChunks != c.bad {
			t.Errorf("%s: %d events, %d of them damaged, %+v", name, len(events), damaged, s)
		}
		if s.Truncated != strings.HasPrefix(name, "cut ") {
			t.Errorf("%s: truncated %v", name, s.Truncated)
		}
	}
}

func TestTooShort(t *testing.T) {
	for _, n := range []int{0, 7, 127} {
		if l, err := Open(bytes.NewReader(make([]byte, n)), int64(n), artifacts.Locator{}); l != nil || err == nil {
			t.Errorf("%d bytes: %v, %v", n, l, err)
		}
	}
	events, problems, s := read(eventlogtest.New(eventlogtest.Options{}).Bytes(), Query{Select: every()})
	if len(events) != 0 || len(problems) != 0 || s.Records != 0 || s.Truncated {
		t.Errorf("empty log: %v %v %+v", events, problems, s)
	}
	if !IsLog([]byte("ElfFile\x00")) || IsLog([]byte("ElfFile")) || IsLog(nil) {
		t.Error("IsLog")
	}
}

// TestUnclosed reads logs whose headers lag behind, as they do while Windows
// runs and after a power failure.
func TestUnclosed(t *testing.T) {
	log := long(1000, eventlogtest.Options{Dirty: true, StaleChunks: 3, Uncounted: 4})
	events, problems, s := read(log, Query{Select: every()})
	if len(events) != 1000 || len(problems) != 0 || !s.Dirty || s.Truncated || s.RecoveredFromSlack != 0 {
		t.Errorf("%d events, %v, %+v", len(events), problems, s)
	}
	for _, e := range events {
		if e.Damaged != "" {
			t.Errorf("record %d: %s", e.RecordID, e.Damaged)
		}
	}
}

func TestSlack(t *testing.T) {
	old := eventlogtest.Security4688(at.Add(-time.Hour), "WS", eventlogtest.NewProcess{Subject: admin, PID: 8, Image: `C:\reg.exe`, CommandLine: `reg save hklm\sam s`})
	old.RecordID = 7
	gone := eventlogtest.Sysmon1(at.Add(-time.Hour), "WS", eventlogtest.SysmonProcess{PID: 9, Image: `C:\x.exe`})
	gone.RecordID = 8
	log := eventlogtest.New(eventlogtest.Options{Literal: true, Slack: []eventlogtest.Record{old, gone}}).Add(records()...).Bytes()
	events, problems, s := read(log, Query{Select: []Selector{{ID: 4688}}})
	if len(problems) != 0 || s.Records != 10 || s.RecoveredFromSlack != 2 || s.LostInSlack != 0 || s.PerID[4688] != 2 || len(events) != 3 {
		t.Fatalf("%d events, %v, %+v", len(events), problems, s)
	}
	if e := events[2]; e.Damaged != fromSlack || e.RecordID != 7 || e.Process.CommandLine != `reg save hklm\sam s` || e.Offset <= events[1].Offset {
		t.Errorf("%+v", e)
	}
	if _, _, s := read(log, Query{}); s.RecoveredFromSlack != 2 {
		t.Errorf("counting alone: %+v", s)
	}

	// Overwriting the definition of its template loses the record.
	spoiled := bytes.Clone(log)
	i := bytes.LastIndex(spoiled, recordMagic)
	def := binary.LittleEndian.Uint32(spoiled[i+recordHeaderSize+fragmentHeaderSize+6:])
	spoiled[firstChunkAt+int(def)+4] ^= 0xFF // its GUID
	if _, _, s := read(spoiled, Query{Select: every()}); s.RecoveredFromSlack != 1 || s.LostInSlack != 1 {
		t.Errorf("without the template: %+v", s)
	}

	// A copy of a live record is not an event of its own.
	copied := records()[0]
	copied.RecordID = 1
	log = eventlogtest.New(eventlogtest.Options{Slack: []eventlogtest.Record{copied, old, old}}).Add(records()...).Bytes()
	events, _, s = read(log, Query{Select: []Selector{{ID: 4688}}, Workers: 2})
	if len(events) != 3 || s.RecoveredFromSlack != 1 || s.CopiesInSlack != 2 {
		t.Errorf("%d events, %+v", len(events), s)
	}
	if events, _, _ = read(log, Query{Select: every(), Since: at}); len(events) != 10 {
		t.Errorf("%d events since the first live one", len(events))
	}
}
