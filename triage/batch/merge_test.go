package batch

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/triage/fleet"
)

func textWriter(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

var mergeWords = map[string]string{"a": "quiet", "b": "found", "c": "evidence", "d": "gap", "e": "quiet"}

// shards runs a batch in parts and returns their folders.
func shards(t *testing.T, c Config, n int) (folders []string) {
	t.Helper()
	work := t.TempDir()
	for i := 1; i <= n; i++ {
		part := c
		part.Shard, part.Shards, part.Output = i, n, filepath.Join(work, fmt.Sprint("case-", i))
		run(t, part)
		folders = append(folders, part.Output)
	}
	return folders
}

// TestMerge: shards that are merged are one run.
func TestMerge(t *testing.T) {
	c := fakeBatch(t, mergeWords)
	run(t, c)
	for _, n := range []int{1, 2, 4} {
		merged := c
		merged.Plan, merged.Output = nil, filepath.Join(t.TempDir(), "case")
		folders := shards(t, c, n)
		before := []map[string]string{}
		for _, f := range folders {
			before = append(before, filesOf(t, f))
		}
		if _, err := Merge(context.Background(), folders, merged); err != nil {
			t.Fatal(err)
		}
		sameTrees(t, merged.Output, c.Output)
		for i, f := range folders {
			for name, text := range filesOf(t, f) {
				if before[i][name] != text {
					t.Errorf("%s was changed", name)
				}
			}
		}
	}
}

// TestMergeMissing: what a missing shard would hold is told as not triaged, and
// can be added.
func TestMergeMissing(t *testing.T) {
	c := fakeBatch(t, mergeWords)
	run(t, c)
	folders := shards(t, c, 3)
	merged := c
	merged.Plan, merged.Output = nil, filepath.Join(t.TempDir(), "case")
	all, err := Merge(context.Background(), []string{folders[2], folders[0]}, merged)
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, m := range all.NotTriaged {
		if m.State == fleet.Skipped {
			missing++
			if !strings.Contains(m.Why, "shard 2 of the batch") {
				t.Errorf("%v: %s", m.Inputs, m.Why)
			}
		}
	}
	if missing == 0 || all.Complete || all.Counts.Inputs != len(mergeWords) {
		t.Errorf("%d of %d missing, complete %v", missing, all.Counts.Inputs, all.Complete)
	}
	if _, err := Merge(context.Background(), folders, merged); err == nil || !strings.Contains(err.Error(), "give --resume") {
		t.Errorf("error %v", err)
	}
	merged.Resume = true
	if _, err := Merge(context.Background(), folders, merged); err != nil {
		t.Fatal(err)
	}
	sameTrees(t, merged.Output, c.Output)
}

func TestMergeRefused(t *testing.T) {
	c := fakeBatch(t, mergeWords)
	two := shards(t, c, 2)
	three := shards(t, c, 3)
	deep, other := c, c
	deep.Settings = []string{"--deep=true"}
	deepTwo := shards(t, deep, 2)
	other.Plan = &Plan{Items: c.Plan.Items[1:]}
	otherTwo := shards(t, other, 2)
	strange := shards(t, c, 2)
	put(t, filepath.Join(strange[0], HostsName, anyHost(t, strange[0]), "mine.txt"))
	for _, m := range []struct {
		what    string
		folders []string
		version string
		output  string
		want    string
	}{
		{"none", nil, "1", "", "no folder of a shard"},
		{"no batch", []string{t.TempDir()}, "1", "", "is not the folder of a batch"},
		{"twice", []string{two[0], two[1], two[0]}, "1", "", "are both shard 1 of 2"},
		{"of another division", []string{two[0], three[1]}, "1", "", "one is shard 1 of 2, the other shard 2 of 3"},
		{"other settings", []string{two[0], deepTwo[1]}, "1", "", "the settings of one are the usual ones, of the other --deep=true"},
		{"other evidence", []string{two[0], otherTwo[1]}, "1", "", "they found different evidence"},
		{"another version", two, "2", "", "made by version 1 and this is 2"},
		{"into a shard", two, "1", filepath.Join(two[0], "case"), "lie in one another"},
		{"a stranger's file", strange, "1", "", "mine.txt is no output of this program"},
	} {
		merged := c
		merged.Output, merged.Tool.Version = filepath.Join(t.TempDir(), "case"), m.version
		if m.output != "" {
			merged.Output = m.output
		}
		if _, err := Merge(context.Background(), m.folders, merged); err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s: error %v, want %q", m.what, err, m.want)
		}
	}
}

// anyHost is the name of a host in a folder.
func anyHost(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, HostsName))
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s has no hosts: %v", folder, err)
	}
	return entries[0].Name()
}
