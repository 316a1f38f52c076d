package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hivetriage/report"
	"hivetriage/testdata/scene"
	"hivetriage/triage"
	"hivetriage/triage/batch"
	"hivetriage/triage/fleet"
)

// A batchRun is a batch that was triaged without being disturbed.
type batchRun struct {
	m                scene.BatchManifest
	evidence, folder string
	took             time.Duration
}

// undisturbed triages the smallest batch that has one of everything, once.
var undisturbed = sync.OnceValues(func() (batchRun, error) {
	evidence, err := images()
	if err != nil {
		return batchRun{}, err
	}
	r := batchRun{evidence: filepath.Join(evidence, "batch"), folder: filepath.Join(evidence, "batch-case")}
	if r.m, err = scene.WriteBatch(r.evidence, 20); err != nil {
		return r, err
	}
	began := time.Now()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"--batch", r.evidence, "--output", r.folder, "--quiet"}, &out, &errs)
	if r.took = time.Since(began); code != exitFound || out.Len() > 0 {
		return r, fmt.Errorf("exit code %d\n%s%s", code, &out, &errs)
	}
	return r, nil
})

func batchOnce(t *testing.T) batchRun {
	t.Helper()
	r, err := undisturbed()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// program is this program as a process of its own.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Args[0] = "hivetriage"
	cmd.Stderr = &errs
	return cmd, &errs
}

func codeOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// TestBatchKilled: killed at any moment, and taken up again, the batch is the
// one that was not disturbed.
func TestBatchKilled(t *testing.T) {
	whole := batchOnce(t)
	folder := ""
	begin := func() { folder = filepath.Join(t.TempDir(), "case") }
	args := func() []string { return []string{"--batch", whole.evidence, "--output", folder, "--quiet", "--resume"} }
	begin()
	for kills := 0; kills < 10; {
		cmd, errs := program(t, args()...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		after := time.Duration(rand.Int64N(int64(whole.took/4) + 1))
		select {
		case <-time.After(after):
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			<-ended
			kills++
		case err := <-ended:
			if codeOf(err) != exitFound {
				t.Fatalf("exit code %d\n%s", codeOf(err), errs)
			}
			sameCase(t, folder, whole.folder)
			begin()
		}
	}
	cmd, errs := program(t, args()...)
	if err := cmd.Run(); codeOf(err) != exitFound {
		t.Fatalf("%v\n%s", err, errs)
	}
	sameCase(t, folder, whole.folder)
}

// TestBatchInterrupted: Ctrl-C ends the batch, with no process left and no
// half folder, and says how to go on.
func TestBatchInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent a Ctrl-C here")
	}
	whole := batchOnce(t)
	folder := filepath.Join(t.TempDir(), "case")
	cmd, errs := program(t, "--batch", whole.evidence, "--output", folder, "--quiet")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if parts, _ := filepath.Glob(filepath.Join(folder, "hosts", ".*.part", "*")); len(parts) > 0 {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); codeOf(err) != exitUnusable || !strings.Contains(errs.String(), "interrupted; what is finished stays in") || !strings.Contains(errs.String(), "--resume") {
		t.Fatalf("%v\n%s", err, errs)
	}
	if parts, _ := filepath.Glob(filepath.Join(folder, "hosts", ".*")); len(parts) > 0 {
		t.Errorf("%q are left", parts)
	}
	cmd, errs = program(t, "--batch", whole.evidence, "--output", folder, "--quiet", "--resume")
	if err := cmd.Run(); codeOf(err) != exitFound {
		t.Fatalf("%v\n%s", err, errs)
	}
	sameCase(t, folder, whole.folder)
}

// TestBatchDiskFull: the batch ends with a clear error, and goes on when there
// is room.
func TestBatchDiskFull(t *testing.T) {
	whole := batchOnce(t)
	disk := t.TempDir()
	if text, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=3m", "none", disk).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %v %s", err, text)
	}
	t.Cleanup(func() {
		if text, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, text)
		}
	})
	folder := filepath.Join(disk, "case")
	cmd, errs := program(t, "--batch", whole.evidence, "--output", folder, "--quiet")
	if err := cmd.Run(); codeOf(err) != exitUnusable || !strings.Contains(errs.String(), "no space left on device") || !strings.Contains(errs.String(), "--resume goes on with it") {
		t.Fatalf("%v\n%s", err, errs)
	}
	if text, err := exec.Command("mount", "-o", "remount,size=100m", disk).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, text)
	}
	cmd, errs = program(t, "--batch", whole.evidence, "--output", folder, "--quiet", "--resume")
	if err := cmd.Run(); codeOf(err) != exitFound {
		t.Fatalf("%v\n%s", err, errs)
	}
	sameCase(t, folder, whole.folder)
}

// TestBatchShards: shards that are merged are one run.
func TestBatchShards(t *testing.T) {
	whole := batchOnce(t)
	const n = 3
	work := t.TempDir()
	merge := []string{"--output", filepath.Join(work, "case"), "--quiet", "--merge"}
	for i := 1; i <= n; i++ {
		shard := filepath.Join(work, fmt.Sprintf("case-%d", i))
		cmd, errs := program(t, "--batch", whole.evidence, "--output", shard, "--quiet", "--shard", fmt.Sprintf("%d/%d", i, n))
		if err := cmd.Run(); codeOf(err) == exitUnusable {
			t.Fatalf("shard %d: %v\n%s", i, err, errs)
		}
		merge = append(merge, shard)
	}
	triageIn(t, exitFound, merge...)
	sameCase(t, filepath.Join(work, "case"), whole.folder)
}

// sameCase compares two folders of a batch, run aside; and each host's outputs
// with what its case document gives.
func sameCase(t *testing.T, got, want string) {
	t.Helper()
	names := entries(t, filepath.Join(want, "hosts"))
	if had := entries(t, filepath.Join(got, "hosts")); !slices.Equal(had, names) {
		t.Fatalf("hosts %q, want %q", had, names)
	}
	if had, all := entries(t, got), entries(t, want); !slices.Equal(had, all) {
		t.Errorf("the folder has %q, want %q", had, all)
	}
	sameFile(t, got, want, batch.RecordName)
	if !bytes.Equal(caseAside(t, filepath.Join(got, "case.json")), caseAside(t, filepath.Join(want, "case.json"))) {
		t.Errorf("the cases differ: %s", firstDifference(caseAside(t, filepath.Join(got, "case.json")), caseAside(t, filepath.Join(want, "case.json"))))
	}
	for _, name := range names {
		a, b := filepath.Join(got, "hosts", name), filepath.Join(want, "hosts", name)
		if had, all := entries(t, a), entries(t, b); !slices.Equal(had, all) {
			t.Errorf("%s has %q, want %q", name, had, all)
			continue
		}
		if _, err := os.Stat(filepath.Join(b, batch.CaseName)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		sameFile(t, a, b, batch.FootprintName)
		one, other := caseIn[triage.Case](t, a), caseIn[triage.Case](t, b)
		rendersAs(t, a, one)
		one.Run, other.Run = triage.RunInfo{}, triage.RunInfo{}
		var x, y bytes.Buffer
		if err := errors.Join(report.JSON(&x, one), report.JSON(&y, other)); err != nil || !bytes.Equal(x.Bytes(), y.Bytes()) {
			t.Errorf("the cases of %s differ (%v): %s", name, err, firstDifference(x.Bytes(), y.Bytes()))
		}
	}
}

// caseIn reads the case document of a folder.
func caseIn[C any](t *testing.T, folder string) *C {
	t.Helper()
	var c C
	text, err := os.ReadFile(filepath.Join(folder, batch.CaseName))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

// rendersAs holds the files of a host against its case.
func rendersAs(t *testing.T, folder string, c *triage.Case) {
	t.Helper()
	for _, f := range report.Files() {
		var text bytes.Buffer
		if err := f.Write(&text, c); err != nil {
			t.Fatal(err)
		}
		if had, err := os.ReadFile(filepath.Join(folder, f.Name)); err != nil || !bytes.Equal(had, text.Bytes()) {
			t.Errorf("%s of %s is not of its case (%v): %s", f.Name, folder, err, firstDifference(had, text.Bytes()))
		}
	}
}

// caseAside is the document of a batch without its run.
func caseAside(t *testing.T, path string) []byte {
	t.Helper()
	var c fleet.Case
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Run = triage.RunInfo{}
	var out bytes.Buffer
	if err := report.BatchJSON(&out, &c); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sameFile(t *testing.T, a, b, name string) {
	t.Helper()
	one, err := os.ReadFile(filepath.Join(a, name))
	other, errOther := os.ReadFile(filepath.Join(b, name))
	if err := errors.Join(err, errOther); err != nil || !bytes.Equal(one, other) {
		t.Errorf("%s of %s differs from that of %s (%v): %s", name, a, b, err, firstDifference(one, other))
	}
}

func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
