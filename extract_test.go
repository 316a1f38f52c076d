package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage"
)

// broken is evidence that cannot be read to its end.
type broken struct{ left int }

var errBroken = errors.New("chunk 3 is damaged")

func (b *broken) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errBroken
	}
	n := min(len(p), b.left)
	b.left -= n
	return n, nil
}

// TestExtraction writes what can be read under names of its own, for the owner
// only, and says what could not be.
func TestExtraction(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	x, err := newExtraction(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("hive"))
	whole := hex.EncodeToString(sum[:])
	for _, e := range []triage.Extracted{
		{ID: "exp-1", Hive: "SAM", SHA256: whole, Content: strings.NewReader("hive"), At: artifacts.Locator{Source: "s", Path: "/../../etc/passwd"}},
		{ID: "exp-2", Hive: "SYSTEM", Content: &broken{left: 10}, At: artifacts.Locator{Path: "/b"}},
		{ID: "exp-3", Hive: "SAM", SHA256: whole, Content: strings.NewReader("aGl2ZQ=="), At: artifacts.Locator{Path: "/c"}},
		{ID: "exp-4", Hive: "SECURITY", Why: "gone", At: artifacts.Locator{Path: "/d"}},
		{ID: "exp-1", Hive: "SAM", Content: strings.NewReader("again")}, // must not replace the first
		{ID: "exp-5", Hive: "SAM", Content: strings.NewReader("later")},
	} {
		x.take(e)
	}
	if err := x.finish(); err == nil || !errors.Is(err, os.ErrExist) {
		t.Errorf("a name that is taken: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Files []extractedFile }
	if err := json.Unmarshal(text, &manifest); err != nil || len(manifest.Files) != 6 {
		t.Fatalf("%v: %s", err, text)
	}
	for i, want := range []struct {
		file, problem string
		size          int64
	}{
		{"exp-1-sam.bin", "", 4}, {"exp-2-system.bin", "chunk 3 is damaged", 10}, {"exp-3-sam.bin", "encoded", 8}, {"", "gone", 0}, {"", "exists", 0}, {"", "", 0},
	} {
		got := manifest.Files[i]
		if got.File != want.file || got.Size != want.size || !strings.Contains(got.Problem, want.problem) || want.problem == "" && got.Problem != "" {
			t.Errorf("row %d: %+v, want %+v", i, got, want)
		}
		if want.size == 0 {
			continue
		}
		path := filepath.Join(dir, want.file)
		b, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if digest := sha256.Sum256(b); err != nil || hex.EncodeToString(digest[:]) != got.SHA256 || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v, %+v", path, err, info.Mode(), got)
		}
	}
	if list, _ := os.ReadDir(dir); len(list) != 4 {
		t.Errorf("%d files: %v", len(list), list)
	}
	if _, err := newExtraction(dir); err == nil {
		t.Error("a folder that is not empty was taken")
	}
}

// TestExtractionIsExact compares what is copied out of an image with its digests.
func TestExtractionIsExact(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--extract", dir, "--json", "-", filepath.Join("testdata", "workstation.E01")}, &out, &errs); code != exitFound {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var c struct {
		Exports []struct{ ID, SHA256, State string }
	}
	if err := json.NewDecoder(io.Reader(&out)).Decode(&c); err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, e := range c.Exports {
		files, _ := filepath.Glob(filepath.Join(dir, e.ID+"-*.bin"))
		if len(files) != 1 {
			continue
		}
		b, err := os.ReadFile(files[0])
		if sum := sha256.Sum256(b); err == nil && hex.EncodeToString(sum[:]) == e.SHA256 {
			same++
		}
	}
	if same != len(c.Exports) || same < 3 {
		t.Errorf("%d of %d exports are the same outside", same, len(c.Exports))
	}
}
