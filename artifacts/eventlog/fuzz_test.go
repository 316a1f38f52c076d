package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/testdata/corpora"
)

// fuzzLogs are the logs that patches are applied to: the writer's, and real
// ones where there are any.
func fuzzLogs(f *testing.F) [][]byte {
	inline := records()
	for i := range inline {
		inline[i].Inline = true
	}
	found := [][]byte{
		eventlogtest.New(eventlogtest.Options{}).Add(records()...).Bytes(),
		eventlogtest.New(eventlogtest.Options{Literal: true, Slack: records()[7:]}).Add(records()...).Bytes(),
		eventlogtest.New(eventlogtest.Options{}).Add(inline...).Bytes(),
	}
	for _, pattern := range []string{"positive/2fcda7e2*.evtx", "positive/ID4688*.evtx", "negative/ID4103,4104*.evtx", "negative/Sysmon_UACME_63.evtx"} {
		for _, path := range corpora.Glob(f, "evtx/"+pattern) {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			found = append(found, b[:firstChunkAt+chunkSize])
		}
	}
	return found
}

// check asserts what holds of every log.
func check(t *testing.T, log []byte) {
	all := every()
	for i := range all {
		all[i].Data = i%2 == 0
	}
	events, problems, s := read(log, Query{Select: all})
	for _, err := range problems {
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind == artifacts.Bug || p.Offset < 0 || p.Offset > int64(len(log)) {
			t.Errorf("%#v: %v", err, err)
		}
	}
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil || bytes.Contains(text, []byte(`\ufffd`)) && !utf8.Valid(text) {
			t.Errorf("%+v: %v", e, err)
		}
		for _, s := range []string{e.Host, e.Channel, e.Provider, e.User.Name, e.Target.Name} {
			if !utf8.ValidString(s) || len(s) > maxRecordText {
				t.Errorf("%q is not text", s)
			}
		}
		size := 0
		for _, d := range e.Data {
			size += len(d.Value)
			if !utf8.ValidString(d.Name) || !utf8.ValidString(d.Value) {
				t.Errorf("%q is not text", d)
			}
		}
		if len(e.Data) > maxData || size > maxDataText || len(e.Data) > 0 && e.Code%2 != 0 {
			t.Errorf("%d data of %d bytes in event %d", len(e.Data), size, e.Code)
		}
		if e.Offset < 0 || e.Offset >= int64(len(log)) {
			t.Errorf("record at %d of %d", e.Offset, len(log))
		}
	}
	if int64(len(events)) > s.Records+s.RecoveredFromSlack {
		t.Errorf("%d events, %+v", len(events), s)
	}
}

// FuzzLog patches a log: each three bytes of patch are an offset in the first
// chunk and the byte to write there.
func FuzzLog(f *testing.F) {
	logs := fuzzLogs(f)
	for i := range logs {
		f.Add(uint8(i), true, false, []byte{0x18, 0x02, 0x41, 0x30, 0x03, 0xFF})
		f.Add(uint8(i), false, true, []byte{0x30, 0x00, 0x41})
	}
	f.Fuzz(func(t *testing.T, which uint8, sealed, cut bool, patch []byte) {
		log := bytes.Clone(logs[int(which)%len(logs)])
		for ; len(patch) >= 3; patch = patch[3:] {
			log[firstChunkAt+int(patch[0])+int(patch[1])<<8] = patch[2]
		}
		if chunk := log[firstChunkAt:]; sealed && int(chunk[chunkFreeAt+2])|int(chunk[chunkFreeAt+3]) == 0 && chunk[chunkFreeAt+1] >= 2 {
			seal(log, 0)
		}
		if cut && len(patch) > 0 {
			log = log[:firstChunkAt+int(patch[0])<<8]
		}
		check(t, log)
	})
}

// FuzzBytes reads any bytes as a log, as a chunk and as a record's BinXML.
func FuzzBytes(f *testing.F) {
	f.Add([]byte("ElfFile\x00"))
	f.Add([]byte("ElfChnk\x00"))
	for _, log := range fuzzLogs(f)[:3] {
		f.Add(log[firstChunkAt+chunkHeaderSize+recordHeaderSize:][:4096])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b)
		if len(b) < chunkSize-1000 {
			check(t, forged(func(f *forge) { f.b = append(f.b, b...) }))
		}
	})
}

// FuzzTemplate compiles any bytes as a definition.
func FuzzTemplate(f *testing.F) {
	for _, log := range fuzzLogs(f) {
		f.Add(log[firstChunkAt+chunkHeaderSize:][:4096], uint16(recordHeaderSize+4+10+templateHeaderSize), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, start uint16, deps bool) {
		if len(b) > chunkSize || int(start) > len(b) {
			return
		}
		for in := document; in <= userRecord; in++ {
			work := maxChunkWork
			c := compiler{chunk: b, pos: int(start), end: len(b), deps: deps, whole: !deps, work: &work}
			var whole, probe template
			if c.run(&whole, in) == nil && c.pos > len(b) {
				t.Errorf("ends at %d of %d", c.pos, len(b))
			}
			to := uint32(0)
			for _, l := range whole.leaves {
				if l.from >= l.to || l.from < to || int(l.to) > len(whole.parts) {
					t.Fatalf("leaf %+v after %d", l, to)
				}
				if to = l.to; int64(l.name.at)+int64(l.name.n) > int64(len(b)) || l.told != untold && deps {
					t.Fatalf("leaf %+v", l)
				}
			}
			for _, p := range whole.parts {
				if p.kind == partText && int(p.at+p.n) > len(b) {
					t.Fatalf("part %+v", p)
				}
			}
			// Probing gives the beginning of the same.
			c.pos, c.probe, c.deps = int(start), true, deps
			if c.run(&probe, in) == nil && len(probe.leaves) > len(whole.leaves) {
				t.Errorf("%d leaves of %d", len(probe.leaves), len(whole.leaves))
			}
		}
	})
}
