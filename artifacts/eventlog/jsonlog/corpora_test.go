package jsonlog

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/testdata/corpora"
)

// processes are the documents of the tests that look for commands.
var processes = []Selector{{Provider: providerSecurity, ID: 4688}, {Provider: providerSysmon, ID: 1}, {Provider: providerSysmon, ID: 11},
	{Provider: providerSecurity, ID: 4624}, {Provider: providerSecurity, ID: 4634}, {Provider: providerEventlog, ID: 1102},
	{Provider: providerEventlog, ID: 104}, {Provider: Endpoint}}

// realFile returns a file of the real data, out of its zip if it is in one.
func realFile(t testing.TB, name string) []byte {
	t.Helper()
	data := corpora.Read(t, name)
	if !strings.HasSuffix(name, ".zip") {
		return data
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err = io.ReadAll(f); err != nil {
		t.Fatal(err)
	}
	return data
}

// all reads a log and returns its events and problems.
func all(t testing.TB, data []byte, q Query) (events []artifacts.Event, problems []*artifacts.Problem, stats Stats) {
	t.Helper()
	l := Open(bytes.NewReader(data), int64(len(data)), artifacts.Locator{Source: "test"})
	for e, err := range l.Events(t.Context(), q) {
		if err == nil {
			events = append(events, e)
			continue
		}
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.At.Source != "test" || p.Offset < 0 || p.Offset > int64(len(data)) {
			t.Fatalf("an error without its place: %v", err)
		}
		problems = append(problems, p)
	}
	return events, problems, l.Stats()
}

// TestRealLogs holds real logs of NXLog and other forwarders against what is
// known of them: how many events of which kind, and the true times.
func TestRealLogs(t *testing.T) {
	for name, want := range map[string]struct {
		records int64
		perID   map[uint32]int64
	}{
		"json/positive/empire_shell_reg_dump_sam.zip":                                        {738, map[uint32]int64{4688: 1, 4624: 1, 1: 1, 11: 4, 4634: 1}},
		"json/positive/cmd_dumping_ntds_dit_file_volume_shadow_copy.zip":                     {16843, map[uint32]int64{4688: 15, 4624: 20, 1: 15, 11: 118, 104: 2, 4634: 15}},
		"json/lookalike/empire_ninjacopy_dumping_ntds_dit_file.zip":                          {13969, map[uint32]int64{4688: 17, 4624: 13, 1: 16, 11: 96, 104: 1, 4634: 10}},
		"json/lookalike/empire_persistence_registry_modification_run_keys_standard_user.zip": {40569, map[uint32]int64{4688: 546, 4624: 120, 1: 120, 11: 101, 4634: 58}},
		"ecs/derived_winlogbeat_Panache_AtomicRedTeam_chunks_a.ndjson":                       {132, map[uint32]int64{1: 132}},
		"ecs/winlogbeat_sysmon1_golden.json":                                                 {1, map[uint32]int64{1: 1}},
	} {
		data := realFile(t, name)
		if !IsLog(data[:min(len(data), artifacts.MaxHead)]) {
			t.Errorf("%s is not recognised", name)
		}
		events, problems, stats := all(t, data, Query{Select: processes})
		for _, p := range problems {
			t.Errorf("%s: %v", name, p)
		}
		if stats.Records != want.records || !maps.Equal(stats.PerID, want.perID) || stats.Damaged != 0 || stats.Bytes != int64(len(data)) {
			t.Errorf("%s: %+v, want %+v", name, stats, want)
		}
		for _, e := range events {
			if e.Time.Before(stats.Oldest) || e.Time.After(stats.Newest) {
				t.Errorf("%s: %v is not from %v to %v", name, e.Time, stats.Oldest, stats.Newest)
			}
			if e.Host == "" || e.Channel == "" || e.Provider == "" || !strings.HasPrefix(e.TimeNote, "time: ") || data[e.Offset] != '{' {
				t.Errorf("%s: incomplete event %+v", name, e)
			}
			if late := e.Time.Sub(e.Started); !e.Started.IsZero() && (late < -time.Second || late > time.Minute) {
				t.Errorf("%s: %v was recorded at %v: %s", name, e.Started, e.Time, e.TimeNote)
			}
		}
	}
}
