package batch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage/fleet"
)

// TestResumeKeeps: finished hosts are not run again, the rest are, and the
// bytes are those of one undisturbed run.
func TestResumeKeeps(t *testing.T) {
	c := fakeBatch(t, map[string]string{"a": "quiet", "b": "evidence", "c": "found", "d": "quiet", "e": "gap"})
	run(t, c)
	before, written := states(t, c.Output), statusTimes(t, c.Output)

	write := func(item int, word string) {
		t.Helper()
		if err := os.WriteFile(c.Plan.Items[item].Paths[0], []byte(word), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(0, "crash") // kept: it is not looked at
	write(1, "quiet") // failed: tried again
	write(2, "quiet") // changed
	c.Plan.Items[2].Parts[0].Head = "another"
	hosts := filepath.Join(c.Output, HostsName)
	if err := os.Rename(filepath.Join(hosts, "d"), filepath.Join(hosts, ".d.part")); err != nil { // not finished
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(hosts, ".d.part", ".note.txt.42"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, half := range []string{".case.json.42", filepath.Join(HostsName, "a", ".case.json.42"), "." + RecordName + ".42"} {
		put(t, filepath.Join(c.Output, half))
	}
	c.Resume = true
	var told []string
	c.Tell = func(e Event) { told = append(told, e.Host+" "+e.State) }
	run(t, c)
	if want := []string{"b again", "c changed"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	after, now := states(t, c.Output), statusTimes(t, c.Output)
	for name, kept := range map[string]bool{"a": true, "b": false, "c": false, "d": false, "e": true} {
		if same := after[name].Run == before[name].Run && now[name].Equal(written[name]); same != kept {
			t.Errorf("%s: kept %v, want %v", name, same, kept)
		}
		if after[name].State != fleet.Done {
			t.Errorf("%s is %s", name, after[name].State)
		}
	}
	write(0, "quiet")
	whole := c
	whole.Resume, whole.Output = false, filepath.Join(t.TempDir(), "case")
	run(t, whole)
	sameTrees(t, c.Output, whole.Output)
}

// TestRefused: a folder is written into only where it is of the same batch.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(t *testing.T, c *Config)
		want   string
	}{
		{"without --resume", func(t *testing.T, c *Config) { c.Resume = false }, "holds a batch already: give --resume"},
		{"settings", func(t *testing.T, c *Config) { c.Settings = []string{"--deep=true"} }, "its settings are the usual ones and now they are --deep=true"},
		{"version", func(t *testing.T, c *Config) { c.Tool.Version, c.Tool.Commit = "2", "abc" }, "it was begun by version 1 and this is 2 (abc)"},
		{"shard", func(t *testing.T, c *Config) { c.Shard, c.Shards = 1, 2 }, "it is the whole batch and shard 1 of 2 is asked for"},
		{"gone", func(t *testing.T, c *Config) { c.Plan.Items = c.Plan.Items[1:] }, "was in it and is not found any more"},
		{"a stranger's file", func(t *testing.T, c *Config) { put(t, filepath.Join(c.Output, "notes.txt")) }, "holds notes.txt, which is no output of a batch"},
		{"in a host", func(t *testing.T, c *Config) {
			c.Plan.Items[0].Parts[0].Head = "another"
			put(t, filepath.Join(c.Output, HostsName, "a", "mine.txt"))
		}, "mine.txt is no output of this program"},
		{"a link for a host", func(t *testing.T, c *Config) {
			c.Plan.Items[0].Parts[0].Head = "another"
			link(t, filepath.Join(c.Output, HostsName, "a"))
		}, "is no folder"},
		{"a link for a document", func(t *testing.T, c *Config) { link(t, filepath.Join(c.Output, HostsName, "a", StatusName)) }, "is no regular file"},
		{"no status", func(t *testing.T, c *Config) {
			if err := os.Remove(filepath.Join(c.Output, HostsName, "a", StatusName)); err != nil {
				t.Fatal(err)
			}
		}, "is no host of this batch"},
		{"no record", func(t *testing.T, c *Config) {
			if err := os.Remove(filepath.Join(c.Output, RecordName)); err != nil {
				t.Fatal(err)
			}
		}, "it is not of a batch"},
		{"a broken record", func(t *testing.T, c *Config) { put(t, filepath.Join(c.Output, RecordName)) }, "batch.json cannot be read: at byte 1: "},
		{"another document", func(t *testing.T, c *Config) {
			if err := os.WriteFile(filepath.Join(c.Output, RecordName), []byte(`{"schema":"x"}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, `is a document "x"`},
		{"a name that leads out", func(t *testing.T, c *Config) {
			if err := os.WriteFile(filepath.Join(c.Output, RecordName), []byte(`{"schema":"`+RecordSchema+`","schema_version":"1.0","items":[{"name":"../x"}]}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "cannot be a folder of its own"},
	} {
		t.Run(c.what, func(t *testing.T) {
			batch := fakeBatch(t, map[string]string{"a": "quiet", "b": "found"})
			run(t, batch)
			before := batch.Output
			batch.Resume = true
			c.change(t, &batch)
			kept := filesOf(t, before)
			_, err := Run(context.Background(), batch)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			for name, text := range kept {
				if now := filesOf(t, before); now[name] != text && !strings.Contains(name, "hosts/.a.") && !strings.Contains(name, "hosts/a") {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

// filesOf are the files of a folder as they are; links are not followed.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(path)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func put(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// link replaces what is at path with a link to something else of its kind.
func link(t *testing.T, path string) {
	t.Helper()
	away := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(away, path); err != nil {
		t.Skip("links cannot be made here:", err)
	}
}

// TestLock: two runs in one folder would remove each other's work.
func TestLock(t *testing.T) {
	c := fakeBatch(t, map[string]string{"a": "quiet"})
	if err := os.MkdirAll(c.Output, 0o700); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(filepath.Join(c.Output, lockName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "another run is at work") {
		t.Errorf("error %v", err)
	}
	unlock()
	run(t, c)
}

// TestReplace writes a file whole or not at all, and leaves one alone that has
// the bytes already.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string) {
		t.Helper()
		if err := replace(path, textWriter(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("%q, %v", got, err)
		}
	}
	long := strings.Repeat("0123456789abcdef", 10_000)
	write(long)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(long)
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Error("the same bytes were written again")
	}
	for _, text := range []string{long[:len(long)-1] + "X", "", long + "more", "short"} {
		write(text)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}
