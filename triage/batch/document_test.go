package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hivetriage/triage"
)

// TestReadCase: a document that is no case of one run costs little and is told
// of by name and offset.
func TestReadCase(t *testing.T) {
	for _, c := range []struct {
		what, text, want string // "": it can be read
	}{
		{"nothing", "", "at byte 0: "},
		{"half", `{"acts":[{"id":"a`, "at byte 17: "},
		{"more after it", "{}\n{}", "at byte 4: "},
		{"a NUL", "{\"verdict\":\"\x00\"}", "at byte 13: "},
		{"an escaped NUL", `{"verdict":"\u0000"}`, ""},
		{"no UTF-8", "{\"verdict\":\"\xff\"}", ""},
		{"a key twice", `{"acts":[{"id":"a"}],"acts":[{"id":"b"}]}`, ""},
		{"nested lists", strings.Repeat("[", 1_000_000), "nests more than 64 deep"},
		{"nested where nothing is read", `{"no":` + strings.Repeat(`{"no":`, 1_000_000), "nests more than 64 deep"},
		{"many empty exports", `{"exports":[` + strings.Repeat("{},", 1_500_000) + "{}]}", "more than 402653184 bytes of memory"},
		{"the same in other letters", `{"EXPORT\u0053":[` + strings.Repeat("{},", 1_500_000) + "{}]}", "more than 402653184 bytes of memory"},
		{"many within one", `{"acts":[{"whereabouts":[` + strings.Repeat("{},", 6_000_000) + "{}]}]}", "more than 402653184 bytes of memory"},
		{"many that nothing reads", `{"no":[` + strings.Repeat("{},", 1_500_000) + "{}]}", ""},
		{"a number out of range", `{"acts":[{"confidence":1` + strings.Repeat("0", 100_000) + "}]}", "at byte 100"},
		{"another type", `{"acts":{}}`, "at byte 9: "},
		{"year 9999999", `{"run":{"started":"9999999-01-01T00:00:00Z"}}`, "9999999"},
		{"a long time", `{"run":{"started":"` + strings.Repeat("1", 1<<20) + `"}}`, "parsing time"},
		{"year 0", `{"run":{"started":"0000-01-01T00:00:00Z"},"acts":[{"start":"9999-12-31T23:59:59-12:00"}]}`, ""},
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, CaseName), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var into triage.Case
		err := readJSON(folder, CaseName, maxDocument, &into)
		switch {
		case c.want == "":
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
		case err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), filepath.Join(folder, CaseName)+" cannot be read: "):
			t.Errorf("%s: error %.300v, want %q", c.what, err, c.want)
		case len(err.Error()) > len(folder)+maxErrors+200:
			t.Errorf("%s: an error of %d bytes", c.what, len(err.Error()))
		}
	}
}

// TestWeigh: what a text is weighed at is what its parts take.
func TestWeigh(t *testing.T) {
	type part struct {
		Name  string            `json:"name"`
		Flag  *bool             `json:"flag"`
		Of    []int64           `json:"of"`
		Words map[string]string `json:"words"`
	}
	type whole struct {
		Parts []part `json:"parts"`
	}
	size := int64(reflect.TypeFor[part]().Size())
	for _, c := range []struct {
		text string
		want int64
	}{
		{`{}`, 0},
		{`{"parts":[]}`, 0},
		{`{"parts":[{},{}]}`, 2 * size},
		{`{ "Parts" : [ { "name" : "ab" } , null ] }`, 2*size + 4},
		{`{"parts":[{"of":[1,2,3]}]}`, size + 24},
		{`{"parts":[{"flag":true}]}`, size + 1},
		{`{"parts":[{"words":{"a":"b"}}]}`, size + 16 + 3 + 3 + mapSlot},
		{`{"none":[{},{}],"parts":[{"none":[1,{"name":[{}]}]}]}`, size},
		{`{"parts":[{"name":"\"},{}"}]}`, size + 8},
		{`]]}}{"parts":[{`, size},
	} {
		s := scale{key: reflect.TypeFor[whole](), fields: map[reflect.Type]map[string]reflect.Type{}}
		if err := s.weigh([]byte(c.text)); err != nil || s.total != c.want {
			t.Errorf("%s: %d, %v; want %d", c.text, s.total, err, c.want)
		}
	}
}

// TestReadFile: only a file in the folder itself is read, and nothing is waited
// for.
func TestReadFile(t *testing.T) {
	for _, c := range []struct {
		what string
		make func(t *testing.T, folder string)
		want string
	}{
		{"none", func(t *testing.T, folder string) {}, "no such file"},
		{"a folder", func(t *testing.T, folder string) { must(t, os.Mkdir(filepath.Join(folder, "a", CaseName), 0o700)) }, "no regular file but a folder"},
		{"a pipe", func(t *testing.T, folder string) { makePipe(t, filepath.Join(folder, "a", CaseName)) }, "no regular file but a named pipe"},
		{"a link", func(t *testing.T, folder string) {
			put(t, filepath.Join(folder, "a", CaseName))
			link(t, filepath.Join(folder, "a", CaseName))
		}, "no regular file but a link"},
		{"a link for its folder", func(t *testing.T, folder string) {
			put(t, filepath.Join(folder, "a", CaseName))
			link(t, filepath.Join(folder, "a"))
		}, "a is no folder but a link"},
		{"a large one", func(t *testing.T, folder string) {
			put(t, filepath.Join(folder, "a", CaseName))
			must(t, os.Truncate(filepath.Join(folder, "a", CaseName), maxDocument+1))
		}, "it has 268435457 bytes, and at most 268435456 are read"},
	} {
		t.Run(c.what, func(t *testing.T) {
			folder := t.TempDir()
			must(t, os.Mkdir(filepath.Join(folder, "a"), 0o700))
			c.make(t, folder)
			if _, err := readFile(folder, filepath.Join("a", CaseName), maxDocument); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := readFile(filepath.Join(t.TempDir(), "none"), CaseName, maxDocument); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckRecord: a record is of shards and items that there can be.
func TestCheckRecord(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(r *Record)
		want   string
	}{
		{"as it is", func(r *Record) {}, ""},
		{"out of the folder", func(r *Record) { r.Items[0].Name = "../a" }, "cannot be a folder of its own"},
		{"absolute", func(r *Record) { r.Items[0].Name = "/etc" }, "cannot be a folder of its own"},
		{"a device", func(r *Record) { r.Items[0].Name = "NUL" }, "cannot be a folder of its own"},
		{"a device with an extension", func(r *Record) { r.Items[0].Name = "com1.raw" }, "cannot be a folder of its own"},
		{"a drive", func(r *Record) { r.Items[0].Name = "C:a" }, "cannot be a folder of its own"},
		{"a backslash", func(r *Record) { r.Items[0].Name = `..\a` }, "cannot be a folder of its own"},
		{"control characters", func(r *Record) { r.Items[0].Name = "a\x1b[2J" }, "cannot be a folder of its own"},
		{"hidden", func(r *Record) { r.Items[0].Name = ".a" }, "cannot be a folder of its own"},
		{"twice", func(r *Record) { r.Items[0].Name = "B" }, "cannot be a folder of its own"},
		{"a long name", func(r *Record) { r.Items[0].Name = strings.Repeat("a", 100_000) }, "cannot be a folder of its own"},
		{"more shards than there are", func(r *Record) { r.Shard = 3 }, "is of shard 3 of 2"},
		{"less than none", func(r *Record) { r.Shards = -1 }, "of -1"},
		{"without end", func(r *Record) { r.Shards = 1 << 40 }, "of 1099511627776"},
		{"an item of no shard", func(r *Record) { r.Items[1].Shard = 9 }, "in shard 9 of 2"},
		{"less than nothing", func(r *Record) { r.Items[1].Size = -1 }, "with -1 bytes"},
		{"another item", func(r *Record) { r.Items[1].Identity = "x" }, "its items are not those of its plan"},
	} {
		batch := fakeBatch(t, map[string]string{"a": "quiet", "b": "found"})
		batch.Shard, batch.Shards = 1, 2
		r := batch.record()
		c.change(r)
		err := r.check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %.300v, want %q", c.what, err, c.want)
		}
		if err != nil && len(err.Error()) > 2*maxErrors {
			t.Errorf("%s: an error of %d bytes", c.what, len(err.Error()))
		}
	}
}

// TestMergeHostile: a shard's host that is not as a run leaves it is told as not
// triaged, the rest is merged, and nothing outside of the output is touched.
func TestMergeHostile(t *testing.T) {
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, host string) {
			must(t, os.WriteFile(filepath.Join(host, name), []byte(text), 0o600))
		}
	}
	status := func(old, now string) func(*testing.T, string) {
		return func(t *testing.T, host string) {
			text, err := os.ReadFile(filepath.Join(host, StatusName))
			must(t, err)
			if !strings.Contains(string(text), old) {
				t.Fatalf("no %q in %s", old, text)
			}
			must(t, os.WriteFile(filepath.Join(host, StatusName), []byte(strings.Replace(string(text), old, now, 1)), 0o600))
		}
	}
	for _, c := range []struct {
		what   string
		change func(t *testing.T, host string)
		want   string // why it is not triaged; "": it is
	}{
		{"a broken status", write(StatusName, "mine"), "status.json cannot be read: at byte 1: "},
		{"a huge status", func(t *testing.T, host string) {
			must(t, os.Truncate(filepath.Join(host, StatusName), maxStatus+1))
		}, "at most 1048576 are read"},
		{"of another host", status(`"name": "a"`, `"name": "../a"`), "is not the status of a"},
		{"of other evidence", status(`"identity": "`, `"identity": "x`), "from other evidence"},
		{"no end", status(`"state": "done"`, `"state": "\u001b[2J"`), "none does"},
		{"a link for a status", func(t *testing.T, host string) { link(t, filepath.Join(host, StatusName)) }, "status.json cannot be read"},
		{"a link for the host", func(t *testing.T, host string) { link(t, host) }, "a is no folder but a link"},
		{"a link for the case", func(t *testing.T, host string) { link(t, filepath.Join(host, CaseName)) }, "case.json is no regular file"},
		{"a pipe for the case", func(t *testing.T, host string) {
			must(t, os.Remove(filepath.Join(host, CaseName)))
			makePipe(t, filepath.Join(host, CaseName))
		}, "case.json is no regular file"},
		{"a folder for the footprint", func(t *testing.T, host string) {
			must(t, os.Remove(filepath.Join(host, FootprintName)))
			must(t, os.Mkdir(filepath.Join(host, FootprintName), 0o700))
		}, "footprint.json is no regular file"},
		{"a broken case", write(CaseName, `{"schema":`), "case.json cannot be read: at byte 10: "},
		{"another case", write(CaseName, `{"schema":"`+strings.Repeat("x", 10_000)+`"}`), "is a document"},
		{"no case", func(t *testing.T, host string) { must(t, os.Remove(filepath.Join(host, CaseName))) }, "it has no case document"},
		{"a broken footprint", write(FootprintName, "[1]"), ""},
		{"a huge output", func(t *testing.T, host string) {
			must(t, os.Truncate(filepath.Join(host, "note.txt"), maxOutput+1))
		}, "note.txt cannot be read: it has 4294967297 bytes"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := fakeBatch(t, map[string]string{"a": "quiet", "b": "found"})
			folders := shards(t, b, 1)
			c.change(t, filepath.Join(folders[0], HostsName, "a"))
			b.Plan, b.Output = nil, filepath.Join(t.TempDir(), "case")
			for range 2 { // again it is the same
				all, err := Merge(context.Background(), folders, b)
				must(t, err)
				switch {
				case c.want == "" && (len(all.NotTriaged) != 0 || len(all.Hosts) != 2 || !strings.Contains(all.Hosts[0].Unread+all.Hosts[1].Unread, "footprint.json cannot be read")):
					t.Errorf("hosts %+v, not triaged %+v", all.Hosts, all.NotTriaged)
				case c.want != "" && (len(all.NotTriaged) != 1 || !strings.Contains(all.NotTriaged[0].Why, c.want) || len(all.Hosts) != 1 || all.Hosts[0].Folder != "b" || all.Complete):
					t.Errorf("hosts %+v, not triaged %.1000v, want %q", all.Hosts, all.NotTriaged, c.want)
				}
				entries, err := os.ReadDir(filepath.Join(b.Output, HostsName))
				must(t, err)
				for _, e := range entries {
					if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
						t.Errorf("%s stays", e)
					}
				}
				b.Resume = true
			}
		})
	}
}

// TestMergeTakesBack: a host that an earlier merge brought and that is bad by
// now is not kept.
func TestMergeTakesBack(t *testing.T) {
	b := fakeBatch(t, map[string]string{"a": "quiet", "b": "found"})
	folders := shards(t, b, 1)
	b.Plan, b.Output = nil, filepath.Join(t.TempDir(), "case")
	_, err := Merge(context.Background(), folders, b)
	must(t, err)
	put(t, filepath.Join(folders[0], HostsName, "a", "new"))
	must(t, os.Rename(filepath.Join(folders[0], HostsName, "a", "new"), filepath.Join(folders[0], HostsName, "a", StatusName)))
	b.Resume = true
	all, err := Merge(context.Background(), folders, b)
	must(t, err)
	if _, err := os.Lstat(filepath.Join(b.Output, HostsName, "a")); !errors.Is(err, fs.ErrNotExist) || len(all.Hosts) != 1 || len(all.NotTriaged) != 1 {
		t.Errorf("%v, %d hosts", err, len(all.Hosts))
	}
}

// TestMergeKeepsModes: a file in a shard that others may read, such as one that
// is another file by a hard link, is copied and stays as it is.
func TestMergeKeepsModes(t *testing.T) {
	b := fakeBatch(t, map[string]string{"a": "found"})
	folders := shards(t, b, 1)
	away, note := filepath.Join(t.TempDir(), "away"), filepath.Join(folders[0], HostsName, "a", "note.txt")
	must(t, os.WriteFile(away, []byte("mine"), 0o644))
	must(t, os.Remove(note))
	if err := os.Link(away, note); err != nil {
		t.Skip("no hard links here:", err)
	}
	b.Plan, b.Output = nil, filepath.Join(t.TempDir(), "case")
	_, err := Merge(context.Background(), folders, b)
	must(t, err)
	before, err := os.Stat(away)
	must(t, err)
	after, err := os.Stat(filepath.Join(b.Output, HostsName, "a", "note.txt"))
	must(t, err)
	if before.Mode().Perm() != 0o644 || os.SameFile(before, after) {
		t.Errorf("%s, the same file: %v", before.Mode(), os.SameFile(before, after))
	}
}

// TestResumeHostile: a host's folder that is a link is not followed, and one
// whose documents are broken is triaged again.
func TestResumeHostile(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(t *testing.T, host string)
		want   string // error; "": it is triaged again
	}{
		{"a link for the host", func(t *testing.T, host string) {
			put(t, filepath.Join(host, ".note.txt.123"))
			link(t, host)
		}, "a is no folder"},
		{"a link for an output", func(t *testing.T, host string) { link(t, filepath.Join(host, "note.txt")) }, "note.txt is no regular file"},
		{"a pipe for the case", func(t *testing.T, host string) {
			must(t, os.Remove(filepath.Join(host, CaseName)))
			makePipe(t, filepath.Join(host, CaseName))
		}, "case.json is no regular file"},
		{"a broken status", func(t *testing.T, host string) { put(t, filepath.Join(host, StatusName)) }, ""},
		{"no case", func(t *testing.T, host string) { must(t, os.Remove(filepath.Join(host, CaseName))) }, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := fakeBatch(t, map[string]string{"a": "quiet", "b": "found"})
			run(t, b)
			again := ""
			b.Resume, b.Tell = true, func(e Event) { again += fmt.Sprint(e.Host, " ", e.State) }
			host := filepath.Join(b.Output, HostsName, "a")
			c.change(t, host)
			before := filesOf(t, host+"/")
			all, err := Run(context.Background(), b)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || len(filesOf(t, host+"/")) != len(before) {
					t.Errorf("error %v, want %q; %d files of %d", err, c.want, len(filesOf(t, host+"/")), len(before))
				}
				return
			}
			must(t, err)
			if again != "a "+Again || len(all.Hosts) != 2 || len(all.NotTriaged) != 0 {
				t.Errorf("%q, %d hosts", again, len(all.Hosts))
			}
		})
	}
}
