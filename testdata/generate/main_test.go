package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
)

func TestGenerate(t *testing.T) {
	for _, c := range []struct {
		name    string
		options options
		files   []string // written
		stdout  string
		err     string
	}{
		{name: "no output", options: options{kind: "clean"}, err: "-out is missing"},
		{name: "unknown", options: options{kind: "disk", out: "x"}, err: `unknown -kind "disk"`},
		{name: "no folder", options: options{kind: "clean", out: "none/x.raw"}, err: "none/x.raw"},
		{name: "workstation", options: options{kind: "workstation", out: "w.E01"}, files: []string{"w.E01"}},
		{name: "clean", options: options{kind: "clean", out: "c.raw"}, files: []string{"c.raw"}},
		{name: "truncated", options: options{kind: "truncated", out: "t.E01"}, files: []string{"t.E01"}, stdout: "t.E01\n"},
		{name: "large", options: options{kind: "large", out: "l.raw", files: 10}, files: []string{"l.raw", "l.raw.json"}},
		{name: "triages", options: options{kind: "triages", out: "t", files: 1}, files: []string{"t", "t.json"}},
		{name: "batch", options: options{kind: "batch", out: "b", files: 20}, files: []string{"b", "b.json"}},
		{name: "small batch", options: options{kind: "batch", out: "b", files: 19}, err: "it has at least 20"},
		{name: "collection", options: options{kind: "collection", out: "c", size: 2 << 20}, files: []string{"c"}},
		{name: "packed collection", options: options{kind: "collection", out: "c.zip", size: 2 << 20}, files: []string{"c.zip"}},
		{name: "log", options: options{kind: "log", out: "l.evtx", size: 100000, every: 2}, files: []string{"l.evtx"}, stdout: " records\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var stdout bytes.Buffer
			err := generate(c.options, &stdout)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := filepath.Glob("*")
			if err != nil || strings.Join(got, " ") != strings.Join(c.files, " ") {
				t.Errorf("wrote %q, want %q (%v)", got, c.files, err)
			}
			if !strings.HasSuffix(stdout.String(), c.stdout) {
				t.Errorf("printed %q, want %q", stdout.String(), c.stdout)
			}
		})
	}
}

func TestManifest(t *testing.T) {
	out := filepath.Join(t.TempDir(), "l.raw")
	if err := generate(options{kind: "large", out: out, files: 10}, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m scene.Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || info.Size() != m.Size || m.Files != 10 || len(m.Exports) != 15 {
		t.Errorf("manifest says %d bytes, %d files, %d exports (%v)", m.Size, m.Files, len(m.Exports), err)
	}
}
