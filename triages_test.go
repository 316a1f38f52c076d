package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
)

// TestManyCollections triages the collections of several hosts in one run: the
// exports of the manifest are found and no others, every host is named, and
// what was left of the hives of a host without a finding is told. The case does
// not depend on the number of workers.
func TestManyCollections(t *testing.T) {
	dir := t.TempDir()
	planted, err := scene.WriteTriages(dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--json", "-", "--workers"}
	var inputs, want []string
	for _, p := range planted {
		inputs = append(inputs, filepath.Join(dir, p.File))
		for _, e := range p.Exports {
			want = append(want, p.Host+" "+e.Path+" "+e.SHA256)
		}
	}
	run := func(workers string, inputs ...string) string {
		return string(withoutRun(t, triageIn(t, exitFound, append(append(slices.Clone(args), workers), inputs...)...)))
	}
	first := run("1", inputs...)
	for _, workers := range []string{"2", "8"} {
		if run(workers, inputs...) != first {
			t.Errorf("the case with %s workers differs", workers)
		}
	}
	var c struct {
		Hosts []struct {
			Name     string
			SID      string `json:"machine_sid"`
			TimeZone string `json:"time_zone"`
		}
		Exports []struct {
			SHA256    string
			At        struct{ Source, Path string }
			BelongsTo struct{ Host, Relation string } `json:"belongs_to"`
		}
		Coverage struct {
			Sources []struct {
				What, State, Why string
				Records          int64
			}
		}
	}
	if err := json.Unmarshal([]byte(first), &c); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range c.Exports {
		got = append(got, e.BelongsTo.Host+" "+e.At.Path+" "+e.SHA256)
		if e.BelongsTo.Relation != "this host" {
			t.Errorf("%s belongs to %+v", e.At.Path, e.BelongsTo)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("exports %q, planted %q", got, want)
	}
	if len(c.Hosts) != len(planted) {
		t.Fatalf("%d hosts: %+v", len(c.Hosts), c.Hosts)
	}
	quiet := 0
	for i, h := range c.Hosts {
		read := len(planted[i].Exports) > 0
		if !read {
			quiet++
		}
		if h.Name != planted[i].Host || h.SID != planted[i].SID || (h.TimeZone != "") != read {
			t.Errorf("host %+v, planted %s %s with %d exports", h, planted[i].Host, planted[i].SID, len(planted[i].Exports))
		}
	}
	told, rows := int64(0), 0
	for _, s := range c.Coverage.Sources {
		if s.What == "live hives" {
			told += s.Records
		}
		if s.What == "hive" && strings.Contains(s.Why, "told by the keys in its first") {
			rows++
		}
	}
	if want := 2 * quiet; told != int64(want) || rows != want || quiet < 2 { // SYSTEM and SOFTWARE of each
		t.Errorf("%d hives are told of in sum and %d one by one, want %d", told, rows, want)
	}
	oneCollection(t, filepath.Join(dir, planted[1].File), planted[1].Host)
}

// oneCollection expects all that is asked of a host to be read where its
// collection is given alone.
func oneCollection(t *testing.T, path, host string) {
	t.Helper()
	out := triageIn(t, exitClean, "--json", "-", path)
	var c struct {
		Hosts []struct {
			Name     string
			TimeZone string `json:"time_zone"`
			OS       string
		}
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Hosts) != 1 || c.Hosts[0].Name != host || c.Hosts[0].TimeZone == "" || c.Hosts[0].OS == "" || strings.Contains(out, "told by the keys") {
		t.Errorf("hosts %+v", c.Hosts)
	}
}
