package jsonlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

// TestDamage: damage costs the documents that it touches, and each is told
// with its place.
func TestDamage(t *testing.T) {
	good := nestedBeat
	cut := good[:300]
	at := int64(len(good) + 1)
	big := `{"EventID":4688,"Message":"` + strings.Repeat("x", maxDocument) + `"}`
	pretty := "{\n  \"a\": [\n" + "    1,\n"
	for name, c := range map[string]struct {
		text   string
		events int
		kind   artifacts.Kind // of the only problem, 0: none
		at     int64
	}{
		"whole":              {good + "\n" + good + "\n", 2, 0, 0},
		"cut line":           {good + "\n" + cut + "\n" + good, 2, artifacts.Malformed, at},
		"cut in a value":     {good + "\n" + cut[:strings.LastIndex(cut, ":")+1] + "\n" + good, 2, artifacts.Malformed, at},
		"cut at the end":     {good + "\n" + cut, 1, artifacts.Truncated, at},
		"cut between":        {good + "\n" + pretty + good + "\n", 2, artifacts.Malformed, at},
		"text":               {good + "\nno JSON at all\n" + good, 2, artifacts.Malformed, at},
		"zeros":              {good + "\n" + strings.Repeat("\x00", 5000) + "\n" + good, 2, artifacts.Malformed, at},
		"zeros before":       {good + "\n" + strings.Repeat("\x00", 5000) + good, 2, artifacts.Malformed, at},
		"too large":          {good + "\n" + big + "\n" + good, 2, artifacts.Limit, at},
		"too large in array": {"[" + good + "," + big + "," + good + "]", 2, artifacts.Limit, at + 1},
		"bad escape":         {good + "\n" + strings.Replace(good, `reg save`, "reg \x01\\", 1) + "}\n" + good, 2, artifacts.Malformed, at},
		"one after another":  {good + good + good, 3, 0, 0},
		"in one line":        {good + "," + good + "\n" + good, 3, 0, 0},
		"unwanted":           {strings.ReplaceAll(good, "4688", "4689"), 0, 0, 0},
		"deep":               {strings.Repeat("[", 100000) + "\n" + good, 1, 0, 0},
		"deep objects":       {strings.Replace(good, "{", strings.Repeat(`{"a":`, 2000)+"1"+strings.Repeat("}", 1999)+",", 1), 0, artifacts.Malformed, 0},
	} {
		events, problems, stats := all(t, []byte(c.text), Query{Select: processes})
		if len(events) != c.events || (len(problems) == 1) != (c.kind != 0) || stats.Damaged != int64(len(problems)) {
			t.Errorf("%s: %d events, want %d; problems %v", name, len(events), c.events, problems)
			continue
		}
		if c.kind != 0 && (problems[0].Kind != c.kind || problems[0].Offset != c.at) {
			t.Errorf("%s: %v, want one of kind %v at %d", name, problems[0], c.kind, c.at)
		}
		for _, e := range events {
			if !strings.HasPrefix(c.text[e.Offset:], good) || e.Process.PID != 8168 {
				t.Errorf("%s: an event at %d: %+v", name, e.Offset, e.Process)
			}
		}
	}
}

// TestSizes: where the window ends in a document makes no difference.
func TestSizes(t *testing.T) {
	for _, pad := range []int{0, 1, 1000, windowSize/2 - 10, windowSize - 2000, windowSize - 1} {
		for _, separator := range []string{"\n", ",", "\n  ", ""} {
			text := strings.Repeat(" ", pad) + strings.Repeat(nestedBeat+separator, 8)
			if separator == "," {
				text = "[" + text + "]"
			}
			events, problems, stats := all(t, []byte(text), Query{Select: processes})
			if len(events) != 8 || len(problems) != 0 || stats.Records != 8 {
				t.Errorf("%d, %q: %d events, %v, %+v", pad, separator, len(events), problems, stats)
			}
		}
	}
}

// A brokenReader cannot be read beyond an offset.
type brokenReader struct {
	data []byte
	to   int64
	err  error
}

func (b brokenReader) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) <= b.to {
		return copy(p, b.data[at:]), nil
	}
	if at > b.to {
		return 0, b.err
	}
	return copy(p, b.data[at:b.to]), b.err
}

func TestUnreadable(t *testing.T) {
	text := []byte(nestedBeat + "\n" + nestedBeat + "\n" + nestedBeat)
	to := int64(2*len(nestedBeat) + 2)
	for err, kind := range map[error]artifacts.Kind{io.ErrUnexpectedEOF: artifacts.Truncated, errors.New("bad sector"): artifacts.IO} {
		events, problems := 0, []*artifacts.Problem{}
		for _, err := range Open(brokenReader{text, to, err}, int64(len(text)), artifacts.Locator{}).Events(t.Context(), Query{Select: processes}) {
			var p *artifacts.Problem
			if errors.As(err, &p) {
				problems = append(problems, p)
			} else {
				events++
			}
		}
		if events != 2 || len(problems) != 1 || problems[0].Kind != kind || problems[0].Offset != to {
			t.Errorf("%v: %d events, %v", err, events, problems)
		}
	}
}

// TestQuery: bounds, and the questions before and after decoding.
func TestQuery(t *testing.T) {
	text := []byte(nestedBeat + "\n" + nxlog12 + "\n" + nxlog)
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		query Query
		want  int
	}{
		"none":      {Query{}, 0},
		"other":     {Query{Select: []Selector{{Provider: providerSysmon, ID: 4688}}}, 0},
		"any":       {Query{Select: []Selector{{ID: 4688}}}, 3},
		"since":     {Query{Select: processes, Since: noon}, 1},
		"until":     {Query{Select: processes, Until: noon}, 2},
		"pick":      {Query{Select: processes, Pick: func(id uint32, at int64) bool { return id == 4688 && at == 0 }}, 1},
		"match":     {Query{Select: processes, Match: func(e *artifacts.Event) bool { return e.Offset > 0 }}, 2},
		"all":       {Query{All: true}, 3},
		"all after": {Query{All: true, Since: noon}, 1},
		"too high":  {Query{Select: []Selector{{ID: 1 << 20}}}, 0},
	} {
		if events, problems, stats := all(t, text, c.query); len(events) != c.want || len(problems) != 0 || stats.Records != 3 {
			t.Errorf("%s: %d events, want %d; %v", name, len(events), c.want, problems)
		}
	}
	if events, _, _ := all(t, text, Query{All: true}); events[1].Value("NewProcessName") == "" {
		t.Errorf("all: no data: %+v", events[1])
	}
	events, _, _ := all(t, text, Query{Select: []Selector{{ID: 4688, Data: true}}})
	for i, name := range []string{"", "NewProcessName", "NewProcessName"} {
		if name != "" && events[i].Value(name) != `C:\Windows\System32\reg.exe` {
			t.Errorf("data of event %d: %v", i, events[i].Data)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for e, err := range Open(bytes.NewReader(text), int64(len(text)), artifacts.Locator{}).Events(ctx, Query{Select: processes}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %+v, %v", e, err)
		}
	}
}

// FuzzEvents: whatever the bytes, every document is counted once, offsets lie
// in the file, and reading ends.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{nestedBeat, dottedBeat, beat6, nxlog, helk, evtxDump, evtxDumpQualified, velociraptor, evtxECmd,
		`{"took":1,"hits":{"hits":[{"_source":` + nestedBeat + "}]}}", "[" + nestedBeat + ",\n" + nxlog + "]", nestedBeat[:300] + "\n" + nestedBeat,
		"Record 1\n{\n  \"EventID\": 1\n}\n", `{"data":{"win":{}}}`, "{{{{\n{\"", "[[]]{}{}\x00{"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		IsLog(data)
		events, problems, stats := all(t, data, Query{Select: append([]Selector{{ID: 4688, Data: true}}, processes...)})
		if int64(len(problems)) != stats.Damaged || int64(len(events)) > stats.Records || stats.Bytes != int64(len(data)) {
			t.Fatalf("%d events, %d problems, %+v", len(events), len(problems), stats)
		}
		for i, e := range events {
			if data[e.Offset] != '{' || i > 0 && e.Offset <= events[i-1].Offset {
				t.Fatalf("an event at %d", e.Offset)
			}
		}
	})
}
