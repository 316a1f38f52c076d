package ntfstest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"www.velocidex.com/golang/go-ntfs/parser"
)

// build makes a volume in memory.
func build(t *testing.T, opt Options, files []File, fill int) (*Builder, []byte) {
	t.Helper()
	b := New(opt)
	for _, f := range files {
		b.Add(f)
	}
	if fill > 0 {
		b.Fill(fill, nil)
	}
	img, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b, img
}

func TestSameCallsSameBytes(t *testing.T) {
	files := append(scene(), compressible()...)
	_, a := build(t, Options{Dense: true}, files, 700)
	_, b := build(t, Options{Dense: true}, files, 700)
	if !bytes.Equal(a, b) {
		t.Error("two builds differ")
	}
}

// TestClustersAreOwnedOnce does part of what chkdsk does: every cluster of a
// record in use belongs to it alone, and $Bitmap says just that.
func TestClustersAreOwnedOnce(t *testing.T) {
	for _, opt := range geometries {
		_, img := build(t, opt, scene(), 310)
		cluster := int64(le.Uint16(img[0x0B:])) * int64(img[0x0D])
		record := int(int8(img[0x40])) * int(cluster)
		if record < 0 {
			record = 1 << -int8(img[0x40])
		}
		first := img[int64(le.Uint64(img[0x30:]))*cluster:][:record]
		mft := clustersAt(img, runsOf(first, typeData), cluster)
		bitmap := clustersAt(img, runsOf(mft[recBitmap*record:][:record], typeData), cluster)
		var usage bitset
		for at := 0; at < len(mft); at += record {
			if string(mft[at:at+4]) != "FILE" {
				t.Fatalf("record %d begins with %q", at/record, mft[at:at+4])
			}
			if le.Uint16(mft[at+0x16:])&recordInUse == 0 {
				continue
			}
			for _, r := range runsOf(mft[at:at+record], 0) {
				for c := r.LCN; r.LCN >= 0 && c < r.LCN+r.Length; c++ {
					if usage.has(uint64(c)) {
						t.Fatalf("%+v: cluster %d of record %d belongs to another one too", opt, c, at/record)
					}
					usage.set(uint64(c))
				}
			}
		}
		clusters := (int64(le.Uint64(img[0x28:])) * int64(le.Uint16(img[0x0B:]))) / cluster
		for c := range clusters {
			if got := bitmap[c/8]>>(c%8)&1 != 0; got != usage.has(uint64(c)) {
				t.Fatalf("%+v: $Bitmap says %v of cluster %d", opt, got, c)
			}
		}
	}
}

// clustersAt reads the clusters of runs.
func clustersAt(img []byte, runs []Run, cluster int64) []byte {
	var out []byte
	for _, r := range runs {
		out = append(out, img[r.LCN*cluster:][:r.Length*cluster]...)
	}
	return out
}

// runsOf decodes the runs of a record's attributes of a type, 0 for all.
func runsOf(record []byte, typ uint32) []Run {
	b := slices.Clone(record)
	usa := b[le.Uint16(b[4:]):]
	for i := range len(b) / 512 {
		copy(b[512*i+510:], usa[2+2*i:4+2*i])
	}
	var runs []Run
	for at := int(le.Uint16(b[0x14:])); le.Uint32(b[at:]) != endOfRecord; at += int(le.Uint32(b[at+4:])) {
		if b[at+8] == 0 || typ != 0 && le.Uint32(b[at:]) != typ {
			continue
		}
		p, lcn := b[at+int(le.Uint16(b[at+32:])):], int64(0)
		for p[0] != 0 {
			nl, nd := int(p[0]&15), int(p[0]>>4)
			length, delta := signed(p[1:1+nl]), signed(p[1+nl:1+nl+nd])
			lcn += delta
			if nd == 0 {
				runs = append(runs, Run{-1, length})
			} else {
				runs = append(runs, Run{lcn, length})
			}
			p = p[1+nl+nd:]
		}
	}
	return runs
}

func signed(b []byte) int64 {
	var v int64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | int64(b[i])
	}
	shift := 64 - 8*len(b)
	return v << shift >> shift
}

// TestSecondReader reads the volume with go-ntfs, which shares nothing with
// sleuthkit.
func TestSecondReader(t *testing.T) {
	files := scene()
	_, img := build(t, Options{}, files, 0)
	ctx, err := parser.GetNTFSContext(bytes.NewReader(img), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer ctx.Close()
	checked := 0
	for _, f := range files {
		if f.Dir || f.Deleted || f.RawName != nil || f.Layout.Valid > 0 || f.WOF || len(f.Data) == 0 ||
			strings.Contains(f.Path, "/olddir/") || strings.HasPrefix(f.Path, "/many/") && checked%50 != 0 {
			continue
		}
		r, err := parser.GetDataForPath(ctx, strings.ReplaceAll(f.Path[1:], "/", `\`))
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		got := make([]byte, len(f.Data))
		n, _ := r.ReadAt(got, 0)
		same(t, f.Path, got[:n], f.Data)
		checked++
	}
	if checked < 10 {
		t.Errorf("only %d files compared", checked)
	}
}

func TestFillerIsListed(t *testing.T) {
	_, img := planted(t, Options{}, nil)
	before := strings.Count(string(oracle(t, "fls", "-r", "-p", img)), "\n")
	b := New(Options{})
	const n = 700
	b.Fill(n, nil)
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	img = temporary(t, raw)
	out := string(oracle(t, "fls", "-r", "-p", img))
	missing := 0
	for i := range n {
		if !strings.Contains(out, ":\t"+Plausible(i).Path[1:]+"\n") {
			missing++
		}
	}
	if got := strings.Count(out, "\n") - before; missing > 0 || got < n {
		t.Errorf("%d more lines, %d of %d files missing", got, missing, n)
	}
}

func TestNTFS3G(t *testing.T) {
	for _, opt := range geometries {
		if opt.SectorSize != 0 {
			continue // the programs take the sector size from the device
		}
		files := scene()
		b, img := planted(t, opt, files)
		if out := oracle(t, "ntfsfix", "-n", img); !bytes.Contains(out, []byte("processed successfully")) {
			t.Errorf("%+v: %s", opt, out)
		}
		for _, f := range files {
			if p, _ := b.Lookup(f.Path); !f.Dir && p.Sequence == 1 && !strings.HasPrefix(f.Path, "/many/") && !f.WOF {
				same(t, f.Path, oracle(t, "ntfscat", "-i", fmt.Sprint(p.Record), img), wanted(f))
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for name, files := range map[string][]File{
		"no slash":       {{Path: "a"}},
		"twice":          {{Path: "/a"}, {Path: "/A"}},
		"file as parent": {{Path: "/a"}, {Path: "/a/b"}},
		"bad owner":      {{Path: "/a", Owner: "nobody"}},
		"late deletion":  {{Path: "/d/a"}, {Path: "/d", Dir: true, Deleted: true}},
		"live overwrite": {{Path: "/a", Data: pattern(9000, 1), Overwrite: 1}},
		"too much":       {{Path: "/a", Data: pattern(9000, 1), Deleted: true, Overwrite: 4}},
		"long short":     {{Path: "/a", ShortName: "not a short name"}},
	} {
		b := New(Options{})
		for _, f := range files {
			b.Add(f)
		}
		if _, err := b.Bytes(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, opt := range []Options{{ClusterSize: 3000}, {SectorSize: 1024}, {RecordSize: 2048}, {Size: 1 << 19}} {
		if _, err := New(opt).Bytes(); err == nil {
			t.Errorf("%+v: no error", opt)
		}
	}
	b := New(Options{})
	b.Fill(4, func(i int) File { return File{Path: fmt.Sprintf("/d%d/f%d", i%2, i)} })
	if _, err := b.Bytes(); err == nil {
		t.Error("filler that comes back: no error")
	}
}
