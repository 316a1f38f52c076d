// Package imagetest is what the tests of the readers of disk images share:
// files in memory that name one another, what is on a disk, and ways of
// reading it.
package imagetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hivetriage/artifacts"
)

// A Disk is an opened image.
type Disk interface {
	io.ReaderAt
	Size() int64
}

// A Folder is a set of files by name.
type Folder map[string][]byte

// Sibling opens a file as an image asks for those beside it.
func (f Folder) Sibling(name string) (io.ReaderAt, int64, error) {
	b, ok := f[name]
	if !ok {
		return nil, 0, artifacts.NewProblem(artifacts.Truncated, -1, "%w: put %q beside it", fs.ErrNotExist, name)
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

// ReadFolder reads the files of a folder.
func ReadFolder(t testing.TB, dir string) Folder {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := make(Folder)
	for _, e := range entries {
		if f[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// QemuImg runs qemu-img; without it the test is skipped.
func QemuImg(t testing.TB, args ...string) {
	t.Helper()
	path, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Skip("SKIPPED: qemu-img is not installed (Debian: qemu-utils)")
	}
	if text, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %v: %v\n%s", args, err, text)
	}
}

// Media is random bytes with stretches of zeros, of which the first 128 KiB
// are one, and of text.
func Media(size int) []byte {
	media := make([]byte, size)
	rng := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < size; at += 8192 {
		part := media[at:min(at+8192, size)]
		switch rng.IntN(4) {
		case 0:
		case 1:
			copy(part, bytes.Repeat([]byte("a registry hive "), 512))
		default:
			for i := range part {
				part[i] = byte(rng.Uint32())
			}
		}
	}
	clear(media[:min(size, 128<<10)])
	return media
}

// Check reads a disk whole and in odd pieces.
func Check(t testing.TB, d Disk, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := d.ReadAt(got, 0); n != len(want) || err != nil || d.Size() != int64(len(want)) || !bytes.Equal(got, want) {
		t.Fatalf("read %d of %d bytes (size %d), equal %v: %v", n, len(want), d.Size(), bytes.Equal(got, want), err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		off, n := rng.IntN(len(want)), rng.IntN(20_000)
		b := make([]byte, n)
		got, err := d.ReadAt(b, int64(off))
		if w := want[off:min(off+n, len(want))]; !bytes.Equal(b[:got], w) || (err == io.EOF) != (len(w) < n) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d, %v", n, off, got, err)
		}
	}
	if n, err := d.ReadAt(make([]byte, 1), d.Size()); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// Opened checks what holds of every file that is opened as a disk: the error
// is a *artifacts.Problem, and a read gives all bytes or an error.
func Opened(t testing.TB, d Disk, err error) {
	t.Helper()
	if err != nil {
		var p *artifacts.Problem
		if !errors.As(err, &p) {
			t.Errorf("no Problem: %v", err)
		}
		return
	}
	for _, off := range []int64{0, d.Size() / 2, max(0, d.Size()-5000)} {
		p := make([]byte, 10_000)
		if n, err := d.ReadAt(p, off); err == nil && n != len(p) {
			t.Errorf("%d bytes without an error", n)
		}
	}
}

// Pieces reads a damaged disk in pieces, at most a MiB: how many were right,
// and how many gave an error. It returns the media offset of wrong bytes
// without an error, or -1.
func Pieces(t testing.TB, d Disk, media []byte) (good, bad int, wrong int64) {
	t.Helper()
	p := make([]byte, 4096)
	wrong = -1
	for off := int64(0); off < d.Size() && off < 1<<20; off += int64(len(p)) {
		n, err := d.ReadAt(p, off)
		var problem *artifacts.Problem
		switch {
		case err == nil && n == len(p) || err == io.EOF && off+int64(n) == d.Size():
			good++
		case errors.As(err, &problem) && problem.Offset == off+int64(n):
			bad++
		default:
			t.Fatalf("%d bytes at %d, error %v", n, off, err)
		}
		if wrong < 0 && !bytes.Equal(p[:n], media[min(off, int64(len(media))):min(off+int64(n), int64(len(media)))]) {
			wrong = off
		}
	}
	return good, bad, wrong
}
