package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// jsonLines reads JSON lines back.
func jsonLines(t *testing.T, kind string, c *triage.Case) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range bytes.Lines(render(t, kind, c)) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%s: %v in %.200q", kind, err, line)
		}
		all = append(all, m)
	}
	return all
}

// TestTimesketchFields: each line has the fields that Timesketch's importer
// asks for, with one time in both of its forms, and they stand in order.
func TestTimesketchFields(t *testing.T) {
	cases := checkedCases(t)
	for name, c := range cases {
		last := 0.0
		for i, row := range jsonLines(t, "timesketch.jsonl", c) {
			for _, field := range []string{"message", "datetime", "timestamp_desc", "data_type", "source_short"} {
				if s, ok := row[field].(string); !ok || s == "" {
					t.Errorf("%s, line %d: %s is %v", name, i, field, row[field])
				}
			}
			at, err := time.Parse("2006-01-02T15:04:05.000000-07:00", row["datetime"].(string))
			if err != nil {
				t.Errorf("%s, line %d: %v", name, i, err)
			}
			micro := row["timestamp"].(float64)
			if int64(micro) != at.UnixMicro() || micro < last {
				t.Errorf("%s, line %d: timestamp %.0f, datetime %v, the line before %.0f", name, i, micro, at, last)
			}
			last = micro
			if _, isList := row["tag"].([]any); !isList {
				t.Errorf("%s, line %d: tag is %v", name, i, row["tag"])
			}
		}
		for line := range bytes.Lines(render(t, "timesketch.jsonl", c)) {
			if len(line) > 64<<10 {
				t.Errorf("%s: a line of %d bytes", name, len(line))
			}
		}
	}
}

// TestTimesketchRows: which rows a case gives.
func TestTimesketchRows(t *testing.T) {
	tags := map[string]int{}
	for _, row := range jsonLines(t, "timesketch.jsonl", confirmedCase()) {
		tags[row["tag"].([]any)[0].(string)]++
	}
	// ten moments, four records, a notice and the first and last of another, an
	// exact time with six file times and one file time
	for tag, want := range map[string]int{"timeline": 10, "record": 4, "notice": 3, "export": 8} {
		if tags[tag] != want {
			t.Errorf("%d rows of %s, want %d", tags[tag], tag, want)
		}
	}
}

// TestTimesketchTimes: what a time means is said, and what has none is left
// out.
func TestTimesketchTimes(t *testing.T) {
	c := &triage.Case{
		Exports: []locate.Export{{ID: "e", Hive: "SAM", Clock: locate.LocalClock, Times: locate.FileTimes{SI: sampleSYSTEM().Times.SI}}},
		Records: []correlate.Record{
			{ID: "typed", Kind: "script", Line: "reg save", NotAfter: at(1, 2, 3, 0), From: correlate.From{Artefact: "PSReadLine"}},
			{ID: "never", Kind: "script"},
			{ID: "start", Kind: "process", Time: at(1, 2, 4, 0), From: correlate.From{Path: "/a/Security.EVTX", EventCode: "4688", RecordID: 7}},
		},
	}
	var got []string
	for _, row := range jsonLines(t, "timesketch.jsonl", c) {
		got = append(got, strings.Join([]string{row["case_ref"].(string), row["timestamp_desc"].(string), row["data_type"].(string), row["source_short"].(string)}, "|"))
	}
	want := []string{
		"typed|Not After: Its File Last Written|hivetriage:record|PSREADLINE",
		"start|Process Start|windows:evtx:record|EVT",
		"e|Creation Time ($STANDARD_INFORMATION, local time, zone unknown)|hivetriage:export|FILE",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
