package vhdx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
)

var logID = [16]byte{0x10, 0x61}

// dirty is a disk whose log moves one block, adds another at the end of the
// file, and clears the page of a third.
func dirty(log vhdxtest.Log) (disk, before, after []byte, entries [][2]int) {
	before = testMedia(3*mib, 1)
	clear(before[2*mib:])
	after = bytes.Clone(before)
	copy(after[mib/2:], "this was written through the log")
	clear(after[mib : mib+3*4096])
	copy(after[5*mib/2:], testMedia(20*4096, 9))
	log.ID = logID
	disk, entries = vhdxtest.Dirty(vhdxtest.Build(before, vhdxtest.Options{}), vhdxtest.Build(after, vhdxtest.Options{}), log)
	return disk, before, after, entries
}

var logs = map[string]vhdxtest.Log{
	"one entry":                {},
	"many entries":             {PerEntry: 1},
	"from the middle":          {PerEntry: 2, Start: 512 << 10},
	"around the end":           {PerEntry: 2, Start: vhdxtest.LogSize - 5*4096},
	"one entry around the end": {Start: vhdxtest.LogSize - 4096},
	"behind an applied entry":  {PerEntry: 2, Applied: true, Start: vhdxtest.LogSize - 8192},
}

func TestLog(t *testing.T) {
	for name, log := range logs {
		t.Run(name, func(t *testing.T) {
			disk, _, after, entries := dirty(log)
			d, err := folder{"d": disk}.disk("d")
			if err != nil || len(d.Problems()) != 0 || len(entries) == 0 {
				t.Fatal(err, d, entries)
			}
			imagetest.Check(t, d, after)
		})
	}
}

// TestLogOfQEMU has QEMU apply the same logs.
func TestLogOfQEMU(t *testing.T) {
	qemu, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Skip("SKIPPED: qemu-img is not installed (Debian: qemu-utils)")
	}
	for name, log := range logs {
		disk, _, after, _ := dirty(log)
		path := filepath.Join(t.TempDir(), "d.vhdx")
		// QEMU does not lengthen the file as the log says.
		if err := os.WriteFile(path, append(disk, make([]byte, mib)...), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"check", "-r", "all", path}, {"convert", "-O", "raw", path, path + ".raw"}} {
			if text, err := exec.Command(qemu, args...).CombinedOutput(); err != nil {
				t.Fatalf("%s: qemu-img %s: %v\n%s", name, args[0], err, text)
			}
		}
		got, err := os.ReadFile(path + ".raw")
		if err != nil || !bytes.Equal(got, after) {
			t.Errorf("%s: the media differ from QEMU's: %v", name, err)
		}
	}
}

// TestTornLog changes a byte in every page of every entry: the entries before
// it are applied, the rest is told; without any there is no disk.
func TestTornLog(t *testing.T) {
	disk, _, after, entries := dirty(vhdxtest.Log{PerEntry: 1, Start: vhdxtest.LogSize - 5*4096})
	refused, told := 0, 0
	for _, e := range entries {
		for at := e[0]; at != e[1]; at = vhdxtest.LogAt + (at-vhdxtest.LogAt+4096)%vhdxtest.LogSize {
			for _, inside := range []int{0, 4, 10, 16, 33, 70, 4095} {
				disk[at+inside] ^= 0x40
				d, err := folder{"d": disk}.disk("d")
				disk[at+inside] ^= 0x40
				var p *artifacts.Problem
				switch {
				case errors.As(err, &p) && p.Kind == artifacts.Checksum:
					refused++
				case err != nil || len(d.Problems()) == 0 || d.Problems()[0].Kind != artifacts.Checksum || !strings.Contains(d.Problems()[0].Error(), "log"):
					t.Errorf("offset %d changed: %v, %v", at+inside, err, d)
				default:
					told++
				}
			}
		}
	}
	if refused == 0 || told < 3*refused {
		t.Errorf("%d refused, %d told, %d entries", refused, told, len(entries))
	}
	d, err := folder{"d": disk}.disk("d")
	if err != nil {
		t.Fatal(err)
	}
	imagetest.Check(t, d, after) // it was not changed itself
}

func TestLogsThatCannotBeApplied(t *testing.T) {
	good, _, _, _ := dirty(vhdxtest.Log{})
	header := func(edit func(b []byte)) []byte {
		b := bytes.Clone(good)
		edit(b[64<<10:])
		vhdxtest.Seal(b[64<<10:][:4096])
		return b
	}
	le := binary.LittleEndian
	tests := map[string]struct {
		file []byte
		kind artifacts.Kind
		want string
	}{
		"version":       {header(func(b []byte) { b[64] = 1 }), artifacts.Unsupported, "version 1"},
		"another's":     {header(func(b []byte) { b[48] ^= 1 }), artifacts.Checksum, "no entry of its log is intact"},
		"no length":     {header(func(b []byte) { le.PutUint32(b[68:], 0) }), artifacts.Malformed, "a log of 0 bytes"},
		"odd length":    {header(func(b []byte) { le.PutUint32(b[68:], 4096) }), artifacts.Malformed, "a log of 4096 bytes"},
		"too long":      {header(func(b []byte) { le.PutUint32(b[68:], 128<<20) }), artifacts.Limit, "67108864"},
		"in the header": {header(func(b []byte) { le.PutUint64(b[72:], 0) }), artifacts.Malformed, "at offset 0"},
		"outside":       {header(func(b []byte) { le.PutUint64(b[72:], 1<<40) }), artifacts.Truncated, "ends in the log"},
	}
	for name, tt := range tests {
		_, err := folder{"d": tt.file}.disk("d")
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != tt.kind || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogOfATruncatedFile cuts a file that had more bytes when its log was
// written: what is lost is an error, not zeros.
func TestLogOfATruncatedFile(t *testing.T) {
	disk, _, after, _ := dirty(vhdxtest.Log{})
	cut := disk[:len(disk)-mib/2]
	d, err := folder{"d": cut}.disk("d")
	if err != nil || len(d.Problems()) == 0 || d.Problems()[0].Kind != artifacts.Truncated {
		t.Fatal(err, d)
	}
	if bad := readable(t, d, after); bad < 5 {
		t.Errorf("%d reads failed", bad)
	}
}

// TestOverlay reads pages, zeros, file and what lies behind it in all splits.
func TestOverlay(t *testing.T) {
	file := bytes.Repeat([]byte{1}, 10*page+100)
	o := &overlay{flushed: 11 * page, pages: map[int64][]byte{}}
	o.file.R, o.file.Size = bytes.NewReader(file), int64(len(file))
	want := append(bytes.Clone(file), make([]byte, 4*page)...)
	o.pages[2*page], o.pages[4*page] = bytes.Repeat([]byte{2}, page), bytes.Repeat([]byte{2}, page)
	o.zero(zeros(3, 5))
	o.zero(zeros(8, 9))
	o.zero(zeros(4, 7))
	o.pages[6*page] = bytes.Repeat([]byte{3}, page)
	o.order()
	copy(want[2*page:], bytes.Repeat([]byte{2}, page))
	clear(want[3*page : 7*page])
	copy(want[6*page:], bytes.Repeat([]byte{3}, page))
	clear(want[8*page : 9*page])
	for off := 0; off < 10*page; off += 511 {
		for _, n := range []int{1, 100, page, 3 * page, 9 * page} {
			n = min(n, len(file)-off)
			got := make([]byte, n)
			if m, err := o.ReadAt(got, int64(off)); m != n || err != nil || !bytes.Equal(got, want[off:off+n]) {
				t.Fatalf("%d bytes at %d: %d, %v", n, off, m, err)
			}
		}
	}
	if n, err := o.ReadAt(make([]byte, page), int64(len(file)-10)); n != 10 || err == nil {
		t.Errorf("what was lost: %d bytes, %v", n, err)
	}
	if n, err := o.ReadAt(make([]byte, page), 11*page); n != page || err != nil {
		t.Errorf("what the log added: %d bytes, %v", n, err)
	}
	if len(o.zeros) != 2 {
		t.Errorf("ranges of zeros %v", o.zeros)
	}
}
