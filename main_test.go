package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hivetriage/testdata/scene"
	"hivetriage/triage"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	testscript.Main(cleaner{m}, map[string]func(){"hivetriage": main})
}

// A cleaner runs the tests and removes what they shared.
type cleaner struct{ m *testing.M }

func (c cleaner) Run() int {
	defer func() {
		if imagesDir != "" {
			os.RemoveAll(imagesDir)
		}
	}()
	return c.m.Run()
}

// imagesDir is where images has written, "" before.
var imagesDir string

// images writes the machines' images once into a folder.
var images = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hivetriage-evidence")
	if err != nil {
		return "", err
	}
	imagesDir = dir
	for name, machine := range map[string]*scene.Machine{"workstation": scene.Workstation(), "clean": scene.Clean()} {
		raw, err := machine.Raw()
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".raw"), raw, 0o444); err != nil {
			return "", err
		}
		if _, err := machine.WriteE01(filepath.Join(dir, name), 0); err != nil {
			return "", err
		}
	}
	for _, kind := range scene.StickKinds {
		raw, err := scene.Stick(kind)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "stick-"+string(kind)+".raw"), raw, 0o444)
		}
		if err != nil {
			return "", err
		}
	}
	raw, err := scene.EFI()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "efi.raw"), raw, 0o444)
	}
	if err != nil {
		return "", err
	}
	for name, disk := range map[string]func() ([]byte, error){"hidden.raw": scene.Hidden, "shadowed.raw": scene.Shadowed, "journaled.raw": scene.Journaled, "remembered.raw": scene.Remembered, "controller.raw": scene.Controller} {
		raw, err := disk()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o444)
		}
		if err != nil {
			return "", err
		}
	}
	if err := writePacked(dir); err != nil {
		return "", err
	}
	if err := writeNested(dir); err != nil {
		return "", err
	}
	if err := writeCopied(dir); err != nil {
		return "", err
	}
	for name, members := range map[string][]scene.Member{"kape": scene.Workstation().KAPE(), "velociraptor": scene.Workstation().Velociraptor()} {
		if err := scene.WriteFolder(filepath.Join(dir, "workstation-"+name), members); err != nil {
			return "", err
		}
	}
	triaged, err := scene.Workstation().Triage()
	if err == nil {
		err = scene.WriteFolder(filepath.Join(dir, "workstation-triage"), triaged)
	}
	if err != nil {
		return "", err
	}
	journaled, err := scene.JournaledTriage()
	if err == nil {
		err = scene.WriteFolder(filepath.Join(dir, "journaled-triage"), journaled)
	}
	if err != nil {
		return "", err
	}
	if err := writeArchives(dir); err != nil {
		return "", err
	}
	if err := writeDisks(dir); err != nil {
		return "", err
	}
	for _, damage := range scene.Damages {
		if _, err := scene.WriteDamaged(filepath.Join(dir, string(damage)), damage); err != nil {
			return "", err
		}
	}
	return dir, nil
})

// TestScripts runs the program as a user would; testdata/script holds a file
// for every way of calling it.
func TestScripts(t *testing.T) {
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EVIDENCE", dir)
			env.Setenv("ROOT", root)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "split": split},
	})
}

// exits runs a command and checks its exit code: exits 1 hivetriage ...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// split cuts a file into parts of a size: split size file prefix writes
// prefix.001, prefix.002, ...
func split(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: split size file prefix")
	}
	size, err := strconv.Atoi(args[0])
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	for i := 1; len(data) > 0; i++ {
		n := min(size, len(data))
		ts.Check(os.WriteFile(ts.MkAbs(args[2]+"."+leading(i)), data[:n], 0o644))
		data = data[n:]
	}
}

func leading(i int) string { return ("000" + strconv.Itoa(i))[len(strconv.Itoa(i)):] }

// fixedClock makes two runs alike.
func fixedClock() time.Time { return time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC) }

// triageIn runs the program in a folder and returns what it printed.
func triageIn(t *testing.T, want int, args ...string) (stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := runAt(context.Background(), args, &out, &errs, fixedClock); got != want {
		t.Fatalf("%q: exit code %d, want %d\n%s", args, got, want, errs.String())
	}
	return out.String()
}

// inEvidence copies images into a fresh working folder, so that reports name
// them by their bare names.
func inEvidence(t *testing.T, names ...string) {
	t.Helper()
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, name), data, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(work)
}

// TestWorkersDoNotMatter runs with 1 and 8 workers and twice: the same case,
// apart from run.
func TestWorkersDoNotMatter(t *testing.T) {
	inEvidence(t, "workstation.E01")
	first := withoutRun(t, triageIn(t, exitFound, "--workers", "1", "--json", "-", "workstation.E01"))
	for _, workers := range []string{"1", "2", "8"} {
		again := withoutRun(t, triageIn(t, exitFound, "--workers", workers, "--json", "-", "workstation.E01"))
		if !bytes.Equal(first, again) {
			t.Errorf("the case with %s workers differs", workers)
		}
	}
}

func withoutRun(t *testing.T, document string) []byte {
	t.Helper()
	var c map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &c); err != nil {
		t.Fatal(err)
	}
	delete(c, "run")
	out, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLargeDisk: on a disk with thousands of files everything that was planted
// is found with its content, and nothing else is called an export.
func TestLargeDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.raw")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := scene.WriteLarge(f, scene.LargeOptions{Files: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var c triage.Case
	if err := json.Unmarshal([]byte(triageIn(t, exitFound, "--json", "-", "--image", path)), &c); err != nil {
		t.Fatal(err)
	}
	planted := map[string]string{}
	for _, e := range manifest.Exports {
		planted[e.Path+":"+e.Stream] = strings.Join([]string{e.Hive, e.State, e.SHA256, strconv.FormatUint(e.Record, 10)}, " ")
	}
	if len(planted) < 12 || len(c.Exports) != len(planted) {
		t.Errorf("%d exports, %d are planted", len(c.Exports), len(planted))
	}
	for _, e := range c.Exports {
		got := strings.Join([]string{e.Hive, e.State, e.SHA256, strconv.FormatUint(e.MFTRecord, 10)}, " ")
		if want := planted[e.At.Path+":"+e.At.Stream]; got != want {
			t.Errorf("%s:%s is %s, planted was %q", e.At.Path, e.At.Stream, got, want)
		}
	}
}

// TestInterrupted: a run that is told to end writes what it has and says that
// it is incomplete.
func TestInterrupted(t *testing.T) {
	inEvidence(t, "workstation.raw")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"--json", "-", "workstation.raw"}, &out, &errs)
	if code != exitIncomplete {
		t.Errorf("exit code %d, want %d\n%s", code, exitIncomplete, errs.String())
	}
	var c struct {
		Complete bool
		Coverage struct {
			Sources []struct{ What, Why string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	told := false
	for _, row := range c.Coverage.Sources {
		told = told || row.What == "run"
	}
	if c.Complete || !told {
		t.Errorf("complete %v, told %v", c.Complete, told)
	}
}
