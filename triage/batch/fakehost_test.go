package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// fakeName is what this binary is called by where it stands for the program
// that triages one host.
const fakeName = "fakehost"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakeName {
		os.Exit(fakeHost(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeHost does what the first word of its evidence says.
func fakeHost(args []string) int {
	flag := func(name string) string { return args[slices.Index(args, name)+1] }
	text, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	word, _, _ := strings.Cut(string(text), " ")
	fmt.Fprintln(os.Stderr, `{"stage":"volume","done":1,"total":2,"memory":1000}`)
	out := flag("--output")
	switch word {
	case "quiet":
		return fakeOutputs(out, flag("--footprint"), 0)
	case "found":
		return fakeOutputs(out, flag("--footprint"), 1)
	case "gap":
		return fakeOutputs(out, flag("--footprint"), 3)
	case "crash":
		var none *triage.Case
		return len(none.Verdict)
	case "killed":
		self, _ := os.FindProcess(os.Getpid())
		self.Kill()
		select {}
	case "evidence":
		fmt.Fprintln(os.Stderr, `{"error":"host.raw: encrypted","cause":"evidence"}`)
		return 2
	case "full":
		os.WriteFile(filepath.Join(out, ".case.json.123"), []byte("half"), 0o600)
		fmt.Fprintln(os.Stderr, `{"error":"writing case.json: no space left on device","cause":"output"}`)
		return 2
	case "silent":
		return 0
	case "word":
		fmt.Fprint(os.Stderr, "something odd")
		return 7
	case "late": // writes what it has when it is interrupted
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		fmt.Fprintln(os.Stderr, `{"stage":"logs","done":0,"total":2}`)
		<-c
		return fakeOutputs(out, flag("--footprint"), 3)
	case "hang": // ignores the interruption
		signal.Ignore(os.Interrupt)
		fmt.Fprintln(os.Stderr, `{"stage":"hives","done":0,"total":2}`)
		io.Copy(io.Discard, os.Stdin) // as long as the batch is there
		return 2
	}
	return 9
}

// fakeOutputs writes the documents of a host on which nothing, or an act, was
// found.
func fakeOutputs(folder, foot string, code int) int {
	c := triage.Case{Schema: triage.Schema, SchemaVersion: triage.SchemaVersion, Verdict: "none", Complete: code != 3,
		Run: triage.RunInfo{Started: time.Now(), CommandLine: folder}}
	for _, f := range fakeFiles {
		var b bytes.Buffer
		if f.Write(&b, &c) != nil || os.WriteFile(filepath.Join(folder, f.Name), b.Bytes(), 0o644) != nil {
			return 2
		}
	}
	text, err := json.Marshal(footprint.Footprint{Schema: footprint.Schema, SchemaVersion: footprint.SchemaVersion})
	if err != nil || os.WriteFile(foot, text, 0o644) != nil {
		return 2
	}
	return code
}

var fakeFiles = []File{
	{"case.json", func(w io.Writer, c *triage.Case) error { return json.NewEncoder(w).Encode(c) }},
	{"note.txt", func(w io.Writer, c *triage.Case) error { _, err := fmt.Fprintln(w, c.Verdict); return err }},
}

var fakeCaseFiles = []CaseFile{{"case.json", func(w io.Writer, c *fleet.Case) error { return json.NewEncoder(w).Encode(c) }}}

// fakeBatch writes evidence, a file for each name with the word for the fake
// program, and the configuration of a batch of it.
func fakeBatch(t *testing.T, words map[string]string) Config {
	t.Helper()
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Output: filepath.Join(t.TempDir(), "case"), Plan: &Plan{Left: []Left{{Path: "README", Why: "a text"}}}, Shard: 1, Shards: 1,
		Tool: triage.Tool{Name: "hivetriage", Version: "1"}, Program: program, Name: fakeName,
		Jobs: 2, Workers: 2, Memory: 1 << 30, Files: fakeFiles, CaseFiles: fakeCaseFiles, Now: time.Now}
	names := []string{}
	for name := range words {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(words[name]+" "+strings.Repeat("x", i)), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Plan.Items = append(c.Plan.Items, item(name, path, words[name]))
	}
	return c
}

func item(name, path, head string) Item {
	return Item{Name: name, Paths: []string{path}, Kind: "file", Size: int64(100 + len(name)), Parts: []Part{{Path: name, Size: 1, Head: head}}}
}

// tree are the files of a folder with their bytes, without what two runs
// differ in.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			files[relative] = "folder"
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var document map[string]any
		if filepath.Ext(path) == ".json" {
			if err := json.Unmarshal(text, &document); err != nil {
				return err
			}
			delete(document, "run")
			if text, err = json.Marshal(document); err != nil {
				return err
			}
		}
		files[filepath.ToSlash(relative)] = string(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameTrees compares two folders.
func sameTrees(t *testing.T, got, want string) {
	t.Helper()
	a, b := tree(t, got), tree(t, want)
	for name, text := range b {
		if a[name] != text {
			t.Errorf("%s: %.300q, want %.300q", name, a[name], text)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			t.Errorf("%s is too much", name)
		}
	}
}

// states are how the hosts in a folder ended.
func states(t *testing.T, folder string) map[string]*Status {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, HostsName))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*Status{}
	for _, e := range entries {
		s, err := readStatus(folder, e.Name())
		if err != nil {
			t.Errorf("%s: %v", e.Name(), err)
			continue
		}
		out[e.Name()] = s
	}
	return out
}

// statusTimes are when the hosts' statuses were written.
func statusTimes(t *testing.T, folder string) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	for name := range states(t, folder) {
		info, err := os.Stat(filepath.Join(folder, HostsName, name, StatusName))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = info.ModTime()
	}
	return out
}

// run runs a batch that must succeed.
func run(t *testing.T, c Config) *fleet.Case {
	t.Helper()
	all, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
