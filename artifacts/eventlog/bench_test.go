package eventlog

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"www.velocidex.com/golang/evtx"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
)

// benchLog returns a log of about 16 MB in which every n-th record is a 4688
// and the others are of a provider that nobody asks for.
func benchLog(n int) []byte {
	w := eventlogtest.New(eventlogtest.Options{Literal: true})
	for i := range 24000 {
		r := eventlogtest.Record{Provider: "Microsoft-Windows-Bits-Client", ID: uint16(3 + i%20), Channel: "Microsoft-Windows-Bits-Client/Operational",
			Computer: "WS.example.org", Data: []eventlogtest.Field{
				{Name: "name", Type: eventlogtest.String, Value: "Font Download"},
				{Name: "url", Type: eventlogtest.String, Value: fmt.Sprintf("https://fs.example.org/fs/windows/config.json?%d", i)},
				{Name: "bytesTransferred", Type: eventlogtest.UInt64, Value: uint64(i)},
			}}
		if i%n == n-1 {
			r = eventlogtest.Security4688(at, "WS.example.org", eventlogtest.NewProcess{Subject: admin, PID: uint64(i), Image: `C:\Windows\System32\svchost.exe`,
				ParentPID: 0x2B4, CommandLine: fmt.Sprintf(`C:\Windows\System32\svchost.exe -k netsvcs -p -s %d`, i), ParentImage: `C:\Windows\System32\services.exe`})
		}
		r.Time = at.Add(time.Duration(i) * time.Second)
		w.Add(r)
	}
	return w.Bytes()
}

func benchEvents(b *testing.B, log []byte, q Query, want int) {
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		l, err := Open(bytes.NewReader(log), int64(len(log)), artifacts.Locator{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range l.Events(context.Background(), q) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != want {
			b.Fatalf("%d events, want %d", n, want)
		}
	}
}

func BenchmarkFewHits(b *testing.B)      { benchEvents(b, benchLog(1000), Query{Select: known}, 24) }
func BenchmarkThirdDecoded(b *testing.B) { benchEvents(b, benchLog(3), Query{Select: known}, 8000) }
func BenchmarkThirdMatched(b *testing.B) {
	match := func(e *artifacts.Event) bool { return e.Process.CommandLine == "" }
	benchEvents(b, benchLog(3), Query{Select: known, Match: match}, 0)
}
func BenchmarkCountOnly(b *testing.B) { benchEvents(b, benchLog(1000), Query{}, 0) }

// BenchmarkVelocidexFewHits reads the log of BenchmarkFewHits with
// velocidex/evtx, for the ratio.
func BenchmarkVelocidexFewHits(b *testing.B) {
	log := benchLog(1000)
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		chunks, err := evtx.GetChunks(bytes.NewReader(log))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, c := range chunks {
			records, err := c.Parse(0)
			if err != nil {
				b.Fatal(err)
			}
			n += len(records)
		}
		if n != 24000 {
			b.Fatalf("%d records", n)
		}
	}
}

// BenchmarkHolds reads the log of BenchmarkFewHits for records that are asked
// for if they have a text that none of them has.
func BenchmarkHolds(b *testing.B) {
	log := benchLog(1000)
	var q Query
	for id := range uint32(20) {
		q.Select = append(q.Select, Selector{Provider: "Microsoft-Windows-Bits-Client", ID: 3 + id, Data: true, Holds: "offreg.dll"})
	}
	benchEvents(b, log, q, 0)
}

// BenchmarkAsked is a log of accesses to shares that are asked for a name.
func BenchmarkAsked(b *testing.B) {
	w := eventlogtest.New(eventlogtest.Options{})
	for i := range 16000 {
		w.Add(eventlogtest.Security5145(at.Add(time.Duration(i)*time.Second), "WS.example.org", eventlogtest.ShareAccess{Subject: admin, IP: "10.0.0.9", Port: "49811",
			Share: `\\*\projects`, ShareLocal: `\??\D:\projects`, Target: fmt.Sprintf(`2026\sheet%06d.dwg`, i), Mask: 0x120089}))
	}
	ask := func(v Values) bool { return bytes.HasSuffix(v("RelativeTargetName"), []byte("sam.save")) }
	keep := func(e *artifacts.Event) bool { return e.Value("RelativeTargetName") == "" }
	benchEvents(b, w.Bytes(), Query{Select: []Selector{{Provider: providerSecurity, ID: 5145, Data: true, Ask: ask}}, Match: keep}, 0)
}
