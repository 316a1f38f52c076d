//go:build unix

package directory_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/directory"
)

// Links, pipes and sockets are neither followed nor opened; a link inside of
// the tree needs no mention, because the walk meets its target.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	put(t, outside, "SAM", "regf")
	put(t, dir, "Users/x/SAM", "regf")
	for name, target := range map[string]string{
		"Documents and Settings": "Users", "a outside": outside, "b nothing": "gone", "c loop": "c loop", "d up": "..", "e file": filepath.Join(outside, "SAM"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	if l, err := net.Listen("unix", socket); err == nil {
		defer l.Close()
	} else {
		put(t, dir, "s", "") // the path is too long for a socket here
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := "! /a outside unsupported\n! /b nothing unsupported\n! /c loop unsupported\n! /d up unsupported\n! /e file unsupported\n! /pipe unsupported\n! /s unsupported\n/Users/x/SAM 4\n"
	if got, tally := find(t, s, artifacts.Scan{Head: isRegf}); got != want || tally.Streams != 1 || tally.Files != 4 {
		t.Errorf("got\n%swant\n%stally %+v", got, want, tally)
	}
}

func TestRootThatIsALink(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "real/SAM", "regf")
	link := filepath.Join(dir, "link")
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	s, err := directory.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := find(t, s, artifacts.Scan{Head: isRegf}); got != "/SAM 4\n" {
		t.Errorf("got %q", got)
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "S\xe4M\xff é"), []byte("regf"), 0o644); err != nil {
		t.Skipf("SKIPPED: this file system wants UTF-8: %v", err)
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := find(t, s, artifacts.Scan{Head: isRegf}); got != `/S\xE4M\xFF é 4`+"\n" {
		t.Errorf("got %q", got)
	}
}

// A file that disappears or that the system cannot read is an error of its
// own; the walk goes on.
func TestFileThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	gone := put(t, dir, "a", "regf")
	put(t, dir, "b", "regf")
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	removed := false
	ask := artifacts.Scan{Workers: 1, Head: isRegf, Name: func(name, _ []byte) bool {
		if !removed {
			removed = true
			if err := os.Remove(gone); err != nil {
				t.Error(err)
			}
		}
		return false
	}}
	if got, tally := find(t, s, ask); got != "! /a io\n/b 4\n" || tally.Failed != 1 || tally.Examined != 1 {
		t.Errorf("got %q, tally %+v", got, tally)
	}
}
