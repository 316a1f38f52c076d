package report

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
)

// Sizes of the large case: what a server's months of logs can give.
const (
	largeRecords   = 10_000
	largeExports   = 1_000
	largeMoments   = 50_000
	largeNotices   = 10_000
	largeActs      = 200
	largeSources   = 10_000
	largeExposures = 3_000
)

// largeCase is a case that is too long to be shown in full.
func largeCase() *triage.Case {
	c := confirmedCase()
	start := at(0, 0, 0, 0)
	c.Exports, c.Records, c.Timeline = nil, nil, nil
	for i := range largeExports {
		e := sampleSAM()
		e.ID, e.At.Path = fmt.Sprintf("exp-%d", i+1), fmt.Sprintf("/Users/Public/%d/sam.dat", i)
		c.Exports = append(c.Exports, e)
	}
	samples := sampleRecords()
	for i := range largeRecords {
		r := samples[i%len(samples)]
		r.ID, r.Time = fmt.Sprintf("rec-%d", i+1), start.Add(time.Duration(i)*time.Second)
		r.From.RecordID = uint64(i + 1)
		c.Records = append(c.Records, r)
	}
	for i := range largeMoments {
		m := triage.Moment{Time: start.Add(time.Duration(i) * time.Second), What: fmt.Sprintf("C:\\Users\\Public\\%d\\a.dat created", i), Kind: "file", Ref: fmt.Sprintf("rec-%d", i%largeRecords+1)}
		c.Timeline = append(c.Timeline, m)
	}
	for i := range largeActs {
		a := sampleAct()
		a.ID, a.Records, a.Exports = fmt.Sprintf("act-%d", i+1), nil, nil
		for k := range largeRecords / largeActs {
			a.Records = append(a.Records, fmt.Sprintf("rec-%d", i*largeRecords/largeActs+k+1))
		}
		for k := range largeExports / largeActs {
			a.Exports = append(a.Exports, fmt.Sprintf("exp-%d", i*largeExports/largeActs+k+1))
		}
		c.Acts = append(c.Acts, a)
	}
	c.Acts = c.Acts[1:]
	for i := range largeNotices {
		c.Notices = append(c.Notices, correlate.Notice{Time: start.Add(time.Duration(i) * time.Second), Kind: "sigma", What: fmt.Sprintf("a rule of number %d matches", i), Host: "WS-041", User: sampleUser, From: samples[0].From, Count: 1})
	}
	for i := range largeSources {
		row := c.Coverage.Sources[i%3]
		row.At = &artifacts.Locator{Source: sampleImage, Volume: sampleVolume, Path: fmt.Sprintf("/Windows/%d.evtx", i)}
		c.Coverage.Sources = append(c.Coverage.Sources, row)
	}
	for i := range largeExposures {
		row := c.Exposure[0]
		row.Name = fmt.Sprintf("user%d", i)
		c.Exposure = append(c.Exposure, row)
	}
	return c
}

// TestHTMLTellsLimits: what a long case leaves out of the page is told there.
func TestHTMLTellsLimits(t *testing.T) {
	page := render(t, "html", largeCase())
	if len(page) > 16<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	_, text := elements(t, page)
	for _, want := range []string{
		"48,000 more events are in the JSON document", "100 records are told in full", "the other 9,900 are in the table", "The 100 surest acts are told here; 100 more are",
		"100 exports are told in full", "8,002 more rows are in the JSON document", "and 38 more", "Rows 201 to 700", "Rows 9,701 to 10,000",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestLeading(t *testing.T) {
	list := []int{3, 1, 2, 1, 3, 1}
	rank := func(n *int) int { return *n }
	for n, want := range map[int]string{0: "[]", 2: "[1 1]", 4: "[1 2 1 1]", 6: "[3 1 2 1 3 1]", 9: "[3 1 2 1 3 1]"} {
		if got := fmt.Sprint(leading(list, n, rank)); got != want {
			t.Errorf("the first %d: %s, want %s", n, got, want)
		}
	}
}

func TestChunks(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1-1", openRows: "1-200", openRows + 1: "1-200 201-201", openRows + chunkRows + 7: "1-200 201-700 701-707", 5000: "1-200 201-700 701-1000"} {
		var got []string
		rows := 0
		for _, c := range chunks(1000, make([]string, n)) {
			got = append(got, fmt.Sprintf("%d-%d", c.First, c.Last))
			rows += len(c.Rows.([]string))
			if c.Rest != (c.First > 1) {
				t.Errorf("%d rows: %+v", n, c)
			}
		}
		if strings.Join(got, " ") != want || rows != min(n, 1000) {
			t.Errorf("%d rows: %v with %d rows, want %s", n, got, rows, want)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	c := largeCase()
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}
