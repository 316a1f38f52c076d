package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
	"hivetriage/triage/fleet"
)

// TestBatchSameHost: an image in segments is one input, and with a collection
// of the same computer one host, whose acts count once.
func TestBatchSameHost(t *testing.T) {
	evidence, folder := t.TempDir(), filepath.Join(t.TempDir(), "case")
	machine := scene.Workstation()
	segments, err := machine.WriteE01(filepath.Join(evidence, "disk"), 128<<10)
	if err != nil || len(segments) < 2 {
		t.Fatal(segments, err)
	}
	var members []scene.Member
	for _, f := range machine.Files() {
		if f.Stream == "" {
			members = append(members, scene.Member{Name: "C" + f.Path, Data: f.Data, Modified: f.Times.Modified})
		}
	}
	err = create(filepath.Join(evidence, "collected.zip"), func(f *os.File) error { return writeZip(f, members) })
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"--batch", evidence, "--output", folder, "--quiet"}, &out, &errs); code != exitFound {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	c := caseIn[fleet.Case](t, folder)
	if k := c.Counts; k.Inputs != 2 || k.Triaged != 2 || k.Hosts != 1 || k.Hit != 1 || len(c.Spread) != 1 || k.Left != 0 {
		t.Fatalf("counts %+v, %d arrivals, %+v", k, len(c.Spread), c.NotTriaged)
	}
	for _, h := range c.Hosts {
		if len(h.SameAs) != 1 || h.Machine != c.Hosts[0].Machine || h.Acts == 0 {
			t.Errorf("%s: same as %+v, of %s, %d acts", h.Folder, h.SameAs, h.Machine, h.Acts)
		}
	}
	if k := c.Counts; len(c.Distinct()) != k.Acts || k.Acts >= len(c.Acts) || !strings.Contains(c.Summary[0], " 1 of 1 host") {
		t.Errorf("%d acts, %d told: %s", k.Acts, len(c.Acts), c.Summary[0])
	}
}
