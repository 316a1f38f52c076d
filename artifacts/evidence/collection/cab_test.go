package collection

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/cabtest"
)

// cabFiles span several blocks.
func cabFiles() []cabtest.File {
	long := make([]byte, 100_000)
	for i, state := 0, uint32(1); i < len(long); i++ { // some of it repeats
		state = state*1664525 + 1013904223
		long[i] = byte(state >> 24)
		if back := int(state>>8) & 0x7fff; i > 40000 && state>>28 > 3 && back > 0 {
			i += copy(long[i:], long[i-back:min(i-back+20, i)])
		}
	}
	return []cabtest.File{{Name: "a.txt", Data: []byte("first")}, {Name: `sub\sam.hiv`, Data: long}, {Name: "empty", Data: nil}, {Name: "z.txt", Data: []byte("last")}}
}

func readCab(t *testing.T, data []byte, i int) ([]byte, error) {
	t.Helper()
	c, err := openCab(bytes.NewReader(data), int64(len(data)), &meter{})
	if err != nil {
		return nil, err
	}
	r, err := c.open(i, false)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestCab(t *testing.T) {
	for _, opt := range []cabtest.Options{{}, {Method: 1}, {Method: 1, Reserve: 20}} {
		data := cabtest.Write(opt, cabFiles()...)
		c, err := openCab(bytes.NewReader(data), int64(len(data)), &meter{})
		if err != nil || len(c.list()) != 4 || c.list()[1].name != "sub/sam.hiv" || len(c.trouble()) > 0 {
			t.Fatalf("%+v: %v, %+v", opt, err, c)
		}
		for _, i := range []int{0, 1, 3, 1, 2} { // in order, and back
			r, err := c.open(i, false)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, cabFiles()[i].Data) {
				t.Errorf("%+v, member %d: %d bytes, %v", opt, i, len(got), err)
			}
			r.Close()
		}
	}
}

// TestCabDamage holds a cut or changed cabinet to an error, or to the bytes
// before the damage.
func TestCabDamage(t *testing.T) {
	whole := cabtest.Write(cabtest.Options{Method: 1}, cabFiles()...)
	want := cabFiles()[1].Data
	failed := 0
	for cut := 1; cut < len(whole); cut += 97 {
		got, err := readCabIfListed(t, whole[:cut])
		if err != nil {
			failed++
		} else if !bytes.Equal(got, want) {
			t.Errorf("cut at %d: %d bytes and no error", cut, len(got))
		}
		if !bytes.HasPrefix(want, got) {
			t.Errorf("cut at %d: other bytes", cut)
		}
	}
	if failed == 0 {
		t.Error("no cut was an error")
	}
	start := int(binary.LittleEndian.Uint32(whole[36:])) // the first block
	for at := start; at < len(whole); at += 61 {
		changed := slices.Clone(whole)
		changed[at] ^= 0x10
		if got, err := readCabIfListed(t, changed); err == nil && !bytes.Equal(got, want) {
			t.Errorf("changed at %d: other bytes and no error", at)
		}
	}
}

func readCabIfListed(t *testing.T, data []byte) ([]byte, error) {
	c, err := openCab(bytes.NewReader(data), int64(len(data)), &meter{})
	if err != nil {
		return nil, err
	}
	if len(c.list()) < 2 {
		return nil, c.trouble()[0]
	}
	return readCab(t, data, 1)
}

func TestCabRefused(t *testing.T) {
	for method, name := range map[uint16]string{2: "Quantum", 3: "LZX", 7: "unknown"} {
		_, err := readCab(t, cabtest.Write(cabtest.Options{Method: method}, cabFiles()...), 0)
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != artifacts.Unsupported || !strings.Contains(err.Error(), name) {
			t.Errorf("method %d: %v", method, err)
		}
	}
}

// TestCabOracles has gcab write and cabextract read.
func TestCabOracles(t *testing.T) {
	dir := t.TempDir()
	for _, f := range cabFiles() {
		if f.Data != nil {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(strings.ReplaceAll(f.Name, `\`, "/"))), f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := exec.LookPath("gcab"); err != nil {
		t.Log("gcab is not here: SKIPPED its cabinets")
	} else {
		for _, flag := range []string{"-z", "-n"} {
			cmd := exec.Command("gcab", "-c", flag, "x.cab", "a.txt", "sam.hiv", "z.txt")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			data, err := os.ReadFile(filepath.Join(dir, "x.cab"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := readCab(t, data, 1); err != nil || !bytes.Equal(got, cabFiles()[1].Data) {
				t.Errorf("gcab %s: %d bytes, %v", flag, len(got), err)
			}
		}
	}
	if _, err := exec.LookPath("cabextract"); err != nil {
		t.Skip("cabextract is not here: SKIPPED our cabinets")
	}
	name := filepath.Join(dir, "ours.cab")
	if err := os.WriteFile(name, cabtest.Write(cabtest.Options{Method: 1}, cabFiles()...), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("cabextract", "-q", "-p", "-F", "sub/sam.hiv", name).Output()
	if err != nil || !bytes.Equal(got, cabFiles()[1].Data) {
		t.Errorf("cabextract: %d bytes, %v", len(got), err)
	}
}

func FuzzCab(f *testing.F) {
	for _, opt := range []cabtest.Options{{}, {Method: 1}, {Method: 1, Reserve: 4}, {Method: 3}} {
		f.Add(cabtest.Write(opt, cabtest.File{Name: "sam", Data: bytes.Repeat([]byte("regf"), 20)}, cabtest.File{Name: "x", Data: []byte("y")}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inside, err := OpenInside(context.Background(), bytes.NewReader(data), int64(len(data)), "cab", "x.cab",
			InsideOptions{Member: func(string, int64) bool { return true }, MaxInflated: 1 << 20})
		if err != nil {
			return
		}
		defer inside.Close()
		for v := range inside.Volumes(context.Background()) {
			for e, err := range v.Find(context.Background(), artifacts.Scan{Workers: 1, Head: func([]byte) bool { return true }}) {
				if err != nil {
					continue
				}
				c, err := e.Open(context.Background())
				if err != nil {
					continue
				}
				io.Copy(io.Discard, io.NewSectionReader(c, 0, min(c.Size(), 1<<20))) // whatever it says, it ends
				c.Close()
			}
		}
	})
}
