package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/collection/cabtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/testdata/scene"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
)

// mutationsEach is how many damaged copies of a fixture are read.
const mutationsEach = 24

// mutationTime is far more than a run needs: one that takes it hangs.
const mutationTime = 30 * time.Second

// A mutable is evidence in one form, to be damaged.
type mutable struct {
	name    string
	program string
	write   func(dir string) (string, error) // the file to open, with others beside it
	// sealed: checksums cover the content, so that no other content is told
	// of without a problem.
	sealed bool
	// part is which bytes are changed, the fixture's length being given; nil
	// is all of them.
	part func(size int) (from, to int)
}

// mutables are every form of a disk that this repository writes, bare volumes
// of every file system, and every kind of archive.
func mutables(t *testing.T) (list []mutable) {
	t.Helper()
	media, err := scene.StickGPT(scene.StickNTFS)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		if f.program == "" {
			list = append(list, mutable{name: f.name, sealed: f.kind == "ewf", write: func(dir string) (string, error) { return f.write(dir, media) }})
		}
	}
	raw := forms[0]
	for _, kind := range scene.StickKinds {
		volume, err := scene.StickVolume(kind)
		if err != nil {
			t.Fatal(err)
		}
		// A FAT's directories, tables and files are at its beginning.
		list = append(list, mutable{name: string(kind), part: first(len(volume) / 4), write: func(dir string) (string, error) { return raw.write(dir, volume) }})
	}
	// Headers and region tables of a VHDX have checksums, and the entries of its log.
	plain := vhdxtest.Build(media, vhdxtest.Options{Fixed: true})
	before := bytes.Clone(media)
	clear(before[len(before)/2:][:64<<10])
	dirty, _ := vhdxtest.Dirty(vhdxtest.Build(before, vhdxtest.Options{Fixed: true}), plain, vhdxtest.Log{ID: [16]byte{3}, PerEntry: 20})
	list = append(list,
		mutable{name: "structures of a VHDX", sealed: true, part: first(vhdxtest.LogAt), write: one(plain)},
		mutable{name: "log of a VHDX", sealed: true, write: one(dirty), part: func(int) (int, int) { return vhdxtest.LogAt, vhdxtest.LogAt + vhdxtest.LogSize/8 }})
	members := under("case/C", small(), member("case/notes.txt", "nothing"))
	for _, p := range packings[1:] {
		list = append(list, mutable{name: p.kind, program: p.program, sealed: true, write: func(dir string) (string, error) {
			path := filepath.Join(dir, "collected")
			return path, p.write(path, members)
		}})
	}
	var plainTar bytes.Buffer
	w := tar.NewWriter(&plainTar)
	var cab []cabtest.File
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m.Name, Size: int64(len(m.Data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.Data); err != nil {
			t.Fatal(err)
		}
		cab = append(cab, cabtest.File{Name: m.Name, Data: m.Data})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return append(list, mutable{name: "tar", write: one(plainTar.Bytes())},
		mutable{name: "cab", sealed: true, write: one(cabtest.Write(cabtest.Options{Method: 1}, cab...))})
}

func first(n int) func(int) (int, int) { return func(size int) (int, int) { return 0, min(n, size) } }

// one writes a single file.
func one(b []byte) func(dir string) (string, error) {
	return func(dir string) (string, error) {
		path := filepath.Join(dir, "evidence")
		return path, os.WriteFile(path, b, 0o644)
	}
}

// TestMutations damages evidence of every form and triages it: nothing panics
// or hangs, and where checksums cover the content none that was changed is
// told of without a problem.
func TestMutations(t *testing.T) {
	for n, m := range mutables(t) {
		t.Run(m.name, func(t *testing.T) {
			needs(t, m.program)
			dir := t.TempDir()
			path, err := m.write(dir)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := triaged(t, path)
			if err != nil || len(whole.Exports) == 0 {
				t.Fatalf("undamaged: %v, %+v", err, whole)
			}
			var genuine []string
			for _, e := range whole.Exports {
				genuine = append(genuine, e.SHA256)
			}
			names, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			names = slices.DeleteFunc(names, isFolder)
			r := rand.New(rand.NewPCG(uint64(n), 3))
			opened := 0
			for range mutationsEach {
				name := names[r.IntN(len(names))]
				original, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				damaged, how := m.damage(r, original)
				rewrite(t, name, damaged)
				c, err := triaged(t, path)
				if err == nil {
					opened++
					m.check(t, how, c, whole, genuine)
				}
				rewrite(t, name, original)
			}
			fmt.Fprintf(t.Output(), "%d of %d damaged copies opened\n", opened, mutationsEach)
		})
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.IsDir()
}

func rewrite(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// damage changes up to eight bytes, or cuts the end off, and says how.
func (m mutable) damage(r *rand.Rand, original []byte) (damaged []byte, how string) {
	from, to := 0, len(original)
	if m.part != nil {
		from, to = m.part(len(original))
	}
	if r.IntN(5) == 0 && m.part == nil {
		at := r.IntN(len(original))
		return original[:at], fmt.Sprintf("cut at %d", at)
	}
	damaged = bytes.Clone(original)
	for range 1 + r.IntN(8) {
		at := from + r.IntN(to-from)
		damaged[at] ^= byte(1 + r.IntN(255))
		how += fmt.Sprintf("byte %d ", at)
	}
	return damaged, how
}

func triaged(t *testing.T, path string) (*triage.Case, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mutationTime)
	defer cancel()
	c, err := triage.Run(ctx, triage.Config{Inputs: []triage.Input{{Path: path}}, Workers: 2, Window: time.Hour, Now: fixedClock})
	if ctx.Err() != nil {
		t.Fatalf("%s was not read in %v", path, mutationTime)
	}
	return c, err
}

// check holds the case of a damaged copy against that of the whole one.
func (m mutable) check(t *testing.T, how string, c, whole *triage.Case, genuine []string) {
	t.Helper()
	told := false
	for _, row := range c.Coverage.Sources {
		if bytes.Contains([]byte(row.Why), []byte("bug")) {
			t.Errorf("%s: %+v", how, row)
		}
		told = told || row.State == coverage.Failed || row.State == coverage.Partial || row.State == coverage.Unsupported
	}
	if !m.sealed {
		return
	}
	for _, e := range c.Exports {
		if !slices.Contains(genuine, e.SHA256) && len(e.Integrity.Problems) == 0 && !told {
			t.Errorf("%s: %s %s is new and no problem is told", how, e.At.Path, e.SHA256)
		}
	}
	if len(c.Exports) < len(whole.Exports) && !told {
		t.Errorf("%s: %d exports of %d and no problem is told: %+v", how, len(c.Exports), len(whole.Exports), c.Coverage.Sources)
	}
}
