// Generate writes the project's fixtures and the inputs of its benchmarks.
//
//	go run ./testdata/generate -kind workstation -out testdata/workstation.E01
//	go run ./testdata/generate -kind large -files 200000 -out /tmp/large.raw
//	go run ./testdata/generate -kind log -size 1073741824 -every 3 -out /tmp/large.evtx
//	go run ./testdata/generate -kind triages -files 200 -out /tmp/triages
//	go run ./testdata/generate -kind batch -files 200 -out /tmp/batch
//	go run ./testdata/generate -kind collection -size 2147483648 -out /tmp/collection.zip
//
// Every kind is the same bytes each time. The manifest of a large disk, of
// collections and of a batch, the list of what is planted where, is written beside it as <out>.json.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/testdata/scene"
)

type options struct {
	kind, out string
	files     int
	dense     bool
	size      int64
	every     int
}

// How many there are where -files says nothing.
const (
	manyFiles       = 200_000
	someCollections = 200
)

func main() {
	var o options
	flag.StringVar(&o.kind, "kind", "", "what to write: workstation or clean (.E01 or .raw), bad-chunk, missing-segment, missing-data, truncated or truncated-tail (.E01), hidden, packed or large (.raw), log (.evtx), triages (a folder of zips), batch (a folder of collections, images and what else lies about), collection (a folder, or .zip)")
	flag.StringVar(&o.out, "out", "", "where to write it")
	flag.IntVar(&o.files, "files", 0, "large: ordinary files on the disk, 0 for 200000; triages, batch: collections, 0 for 200")
	flag.BoolVar(&o.dense, "dense", false, "large: fill the files with bytes, so that the image is not sparse")
	flag.Int64Var(&o.size, "size", 1<<30, "log: bytes, about; collection: bytes of its event logs, about, with the rest in proportion")
	flag.IntVar(&o.every, "every", 0, "log: a process creation in so many records; 0 for none")
	flag.Parse()
	if err := generate(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(o options, stdout io.Writer) error {
	if o.out == "" {
		return errors.New("-out is missing")
	}
	switch o.kind {
	case "workstation":
		return machine(o.out, scene.Workstation())
	case "clean":
		return machine(o.out, scene.Clean())
	case "hidden":
		disk, err := scene.Hidden()
		if err != nil {
			return err
		}
		return os.WriteFile(o.out, disk, 0o644)
	case "packed":
		disk, err := scene.Packed(nil)
		if err != nil {
			return err
		}
		return os.WriteFile(o.out, disk, 0o644)
	case "bad-chunk", "missing-segment", "missing-data", "truncated", "truncated-tail":
		paths, err := scene.WriteDamaged(strings.TrimSuffix(o.out, ".E01"), scene.Damage(o.kind))
		if err == nil {
			fmt.Fprintln(stdout, strings.Join(paths, "\n"))
		}
		return err
	case "large":
		return large(o)
	case "triages":
		all, err := scene.WriteTriages(o.out, cmp.Or(o.files, someCollections))
		if err != nil {
			return err
		}
		return manifest(o.out, all)
	case "batch":
		planted, err := scene.WriteBatch(o.out, cmp.Or(o.files, someCollections))
		if err != nil {
			return err
		}
		return manifest(o.out, planted)
	case "collection":
		return collection(o)
	case "log":
		return create(o.out, func(f *os.File) error {
			n, err := scene.WriteLog(f, scene.LogOptions{Size: o.size, Every: o.every})
			if err == nil {
				fmt.Fprintln(stdout, n, "records")
			}
			return err
		})
	}
	return fmt.Errorf("unknown -kind %q", o.kind)
}

// collection writes what KAPE takes of one busy machine, as a folder or packed.
func collection(o options) error {
	if !strings.HasSuffix(o.out, ".zip") {
		return scene.WriteCollection(o.out, o.size)
	}
	dir, err := os.MkdirTemp(filepath.Dir(o.out), "collection")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := scene.WriteCollection(filepath.Join(dir, "unpacked"), o.size); err != nil {
		return err
	}
	return create(o.out, func(f *os.File) error { return scene.PackCollection(f, filepath.Join(dir, "unpacked")) })
}

func machine(out string, m *scene.Machine) error {
	if base, ok := strings.CutSuffix(out, ".E01"); ok {
		_, err := m.WriteE01(base, 0)
		return err
	}
	return create(out, func(f *os.File) error { return m.WriteRaw(f) })
}

func large(o options) error {
	var planted *scene.Manifest
	err := create(o.out, func(f *os.File) (err error) {
		planted, err = scene.WriteLarge(f, scene.LargeOptions{Files: cmp.Or(o.files, manyFiles), Dense: o.dense})
		return err
	})
	if err != nil {
		return err
	}
	return manifest(o.out, planted)
}

// manifest tells beside out what is planted in it.
func manifest(out string, planted any) error {
	return create(out+".json", func(f *os.File) error {
		e := json.NewEncoder(f)
		e.SetIndent("", "  ")
		return e.Encode(planted)
	})
}

// create makes a file and has it written.
func create(name string, write func(*os.File) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
