package directory_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/directory"
)

func put(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// find runs Find and renders the entries and errors, one a line.
func find(t *testing.T, s artifacts.Source, ask artifacts.Scan) (string, artifacts.Tally) {
	t.Helper()
	var out strings.Builder
	var tally artifacts.Tally
	for v, err := range s.Volumes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range v.Find(context.Background(), ask) {
			var p *artifacts.Problem
			switch {
			case errors.As(err, &p):
				fmt.Fprintf(&out, "! %s %s\n", p.At.Path, p.Kind)
			case err != nil:
				t.Fatalf("%v is not a Problem", err)
			default:
				fmt.Fprintf(&out, "%s %d\n", e.Locator().Path, e.Size())
			}
		}
		tally = v.Tally()
		if tally.Streams != tally.Examined+tally.Empty+tally.Failed+tally.Gone {
			t.Errorf("the tally does not add up: %+v", tally)
		}
	}
	return out.String(), tally
}

func isRegf(head []byte) bool { return bytes.HasPrefix(head, []byte("regf")) }

func isEvtx(name, stream []byte) bool {
	return len(stream) == 0 && bytes.HasSuffix(bytes.ToLower(name), []byte(".evtx"))
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b/sam.txt", "regf and more")
	put(t, dir, "b/deeper/Security.EVTX", "")
	put(t, dir, "a/System.evtx", "destroyed")
	put(t, dir, "a/note.txt", "hello")
	put(t, dir, "z", "regf"+strings.Repeat("x", 10_000))
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := "/a/System.evtx 9\n/b/deeper/Security.EVTX 0\n/b/sam.txt 13\n/z 10004\n"
	for _, workers := range []int{0, 1, 8} {
		var last, planned int64
		got, tally := find(t, s, artifacts.Scan{Name: isEvtx, Head: isRegf, Workers: workers,
			Progress: func(done, total int64) { last, planned = done, total }})
		if got != want {
			t.Errorf("%d workers: got\n%swant\n%s", workers, got, want)
		}
		bytes := int64(9 + 5 + 13 + 4096)
		if tally != (artifacts.Tally{Files: 9, Streams: 5, Examined: 4, Empty: 1, Bytes: bytes}) || last != bytes || planned != bytes {
			t.Errorf("tally %+v, progress %d of %d", tally, last, planned)
		}
	}
	if got, tally := find(t, s, artifacts.Scan{Name: isEvtx, Workers: 2}); got != "/a/System.evtx 9\n/b/deeper/Security.EVTX 0\n" || tally.Bytes != 0 {
		t.Errorf("by name: %s %+v", got, tally)
	}
}

func TestEntry(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "SAM", "regf content")
	when := time.Date(2024, 3, 1, 12, 0, 0, 123456700, time.UTC)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for v := range s.Volumes(context.Background()) {
		if v.Name() != "" || v.Info().FileSystem != "directory" {
			t.Errorf("volume %q %+v", v.Name(), v.Info())
		}
		for e, err := range v.Find(context.Background(), artifacts.Scan{Head: isRegf}) {
			if err != nil {
				t.Fatal(err)
			}
			if at := (artifacts.Locator{Source: dir, Path: "/SAM"}); e.Locator() != at {
				t.Errorf("locator %+v", e.Locator())
			}
			m := e.Meta()
			if !m.Times.Modified.Equal(when) || m.Times.Modified.Location() != time.UTC || !m.Times.Created.IsZero() || m.Allocation != artifacts.Allocated || m.NTFS != nil {
				t.Errorf("meta %+v", m)
			}
			c, err := e.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
			if string(b) != "regf content" || err != nil || c.Close() != nil {
				t.Errorf("content %q, %v", b, err)
			}
			other := put(t, dir, "other", "regf of someone else")
			if err := os.Rename(path, filepath.Join(dir, "away")); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Open(context.Background()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("removed file: %v", err)
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Open(context.Background()); err == nil {
				t.Error("a replaced file was opened")
			}
		}
	}
}

func TestManyFilesComeInOrder(t *testing.T) {
	dir := t.TempDir()
	var want strings.Builder
	for i := range 2500 {
		name := fmt.Sprintf("d%02d/f%04d", i/100, i)
		put(t, dir, name, "regf")
		fmt.Fprintf(&want, "/%s 4\n", name)
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	ask := artifacts.Scan{Workers: 7, Head: func(b []byte) bool { calls.Add(1); return isRegf(b) }}
	if got, _ := find(t, s, ask); got != want.String() || calls.Load() != 2500 {
		t.Errorf("%d calls, order right: %v", calls.Load(), got == want.String())
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		put(t, dir, fmt.Sprint(i), "regf")
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for v := range s.Volumes(context.Background()) {
		for e, err := range v.Find(ctx, artifacts.Scan{Head: isRegf}) {
			if e != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("%v, %v", e, err)
			}
		}
	}
}

func TestSingleFile(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "logs/Security.evtx", "ElfFile\x00 and the rest")
	s, err := directory.OpenFile(path, "evtx")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if in := s.Input(); in.Kind != "evtx" || in.Path != path || in.Size != 21 || s.Name() != path {
		t.Errorf("input %+v", in)
	}
	media, size := s.Media()
	if b, err := io.ReadAll(io.NewSectionReader(media, 0, size)); err != nil || len(b) != 21 {
		t.Errorf("media %q, %v", b, err)
	}
	got, tally := find(t, s, artifacts.Scan{Name: isEvtx, Head: isRegf})
	if got != path+" 21\n" || tally != (artifacts.Tally{Files: 1, Streams: 1, Examined: 1, Bytes: 21}) {
		t.Errorf("got %q, tally %+v", got, tally)
	}
	for v := range s.Volumes(context.Background()) {
		if v.Info().FileSystem != "log" || v.Name() != "" {
			t.Errorf("volume %q %+v", v.Name(), v.Info())
		}
	}
	if _, err := directory.OpenFile(dir, "evtx"); err == nil {
		t.Error("a directory is no single file")
	}
	if _, err := directory.Open(path); err == nil {
		t.Error("a file is no directory")
	}
}

func TestUnreadableFile(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("SKIPPED: permissions do not stop this user")
	}
	dir := t.TempDir()
	secret := put(t, dir, "a", "regf")
	put(t, dir, "b", "regf")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, tally := find(t, s, artifacts.Scan{Head: isRegf}); got != "! /a io\n/b 4\n" || tally.Failed != 1 {
		t.Errorf("got %q, tally %+v", got, tally)
	}
}
