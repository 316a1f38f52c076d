package fat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

// volumes are one of each kind, FAT32 with sectors of 4096 bytes as well.
var volumes = map[string]fattest.Options{
	"FAT12":      {Kind: fattest.FAT12, Size: 1440 << 10, Label: "FLOPPY", Serial: 0x1234abcd},
	"FAT16":      {Kind: fattest.FAT16, Size: 9 << 20, Cluster: 1024, Label: "STICK", Serial: 0x1234abcd},
	"FAT32":      {Kind: fattest.FAT32, Size: 36 << 20, Label: "STICK", Serial: 0x1234abcd},
	"FAT32-4096": {Kind: fattest.FAT32, Size: 2 << 20, Sector: 4096, Label: "STICK", Serial: 0x1234abcd},
	"exFAT":      {Kind: fattest.ExFAT, Size: 4 << 20, Cluster: 4096, Label: "Stick", Serial: 0x1234abcd},
	"exFAT-4096": {Kind: fattest.ExFAT, Size: 4 << 20, Sector: 4096, Cluster: 8192, Label: "Stick", Serial: 0x1234abcd},
}

var (
	wall  = time.Date(2026, 3, 14, 15, 9, 27, 50e6, time.UTC)
	hours = func(h int) *int { m := h * 60; return &m }
	times = artifacts.Times{Created: wall, Modified: wall.Add(time.Hour), Accessed: wall.Add(24 * time.Hour)}
)

func noise(seed byte, n int) []byte {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

func hiveLike(seed byte, n int) []byte { return append([]byte("regf"), noise(seed, n-4)...) }

const long = "A rather long name, näïve and with an emoji 😀 in it.hiv"

// planted are files of every sort that all kinds can have.
func planted() []fattest.File {
	return []fattest.File{
		{Path: "/SAM.SAV", Data: hiveLike(1, 20_000), Times: times},
		{Path: "/dir/sub/" + long, Data: hiveLike(2, 9000), Times: times, Zone: hours(2)},
		{Path: "/pieces", Data: hiveLike(3, 40_000), Fragmented: true, Zone: hours(-5), Times: times},
		{Path: "/empty.txt"},
		{Path: "/small", Data: []byte("regf")},
		{Path: "/text.txt", Data: []byte("no hive here")},
		{Path: "/gone.save", Data: hiveLike(4, 30_000), Deleted: true, Times: times},
		{Path: "/GONE.SAV", Data: hiveLike(5, 30_000), Deleted: true, Short: "GONE.SAV"},
		{Path: "/lost.hive", Data: hiveLike(6, 20_000), Deleted: true},
		{Path: "/newer.bin", Data: noise(7, 5000), Over: "/lost.hive"},
		{Path: "/old folder", Directory: true, Deleted: true},
		{Path: "/old folder/inside.hive", Data: hiveLike(8, 5000), Deleted: true},
	}
}

func build(t testing.TB, opt fattest.Options, files ...fattest.File) ([]byte, *fattest.Builder) {
	t.Helper()
	b := fattest.New(opt)
	for _, f := range files {
		b.Add(f)
	}
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return image, b
}

var place = artifacts.Locator{Source: "stick.raw", Volume: "mbr:1"}

func openBytes(t testing.TB, b []byte) *Volume {
	t.Helper()
	v, err := Open(bytes.NewReader(b), int64(len(b)), place, 512)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func isHive(head []byte) bool { return bytes.HasPrefix(head, []byte("regf")) }

var everything = artifacts.Scan{Head: func([]byte) bool { return true }, Name: func(a, b []byte) bool { return true }}

// find checks the invariants that every scan keeps.
func find(t testing.TB, v *Volume, ask artifacts.Scan) (entries []artifacts.Entry, problems []*artifacts.Problem) {
	t.Helper()
	for e, err := range v.Find(context.Background(), ask) {
		if err == nil {
			entries = append(entries, e)
			continue
		}
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.At.Source != place.Source || p.At.Volume != place.Volume {
			t.Errorf("%v is no Problem with a place", err)
			continue
		}
		problems = append(problems, p)
	}
	c := v.Tally()
	if c.Streams != c.Examined+c.Empty+c.Failed+c.Gone {
		t.Errorf("the tally does not add up: %+v", c)
	}
	return entries, problems
}

func read(e artifacts.Entry) ([]byte, error) {
	c, err := e.Open(context.Background())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
}

func describe(e artifacts.Entry) string {
	m := e.Meta()
	return fmt.Sprintf("%s %d %s [%s]", e.Locator().Path, e.Size(), m.Allocation, m.Unreliable)
}

func TestFind(t *testing.T) {
	for name, opt := range volumes {
		t.Run(name, func(t *testing.T) {
			image, _ := build(t, opt, planted()...)
			v := openBytes(t, image)
			info := v.Info()
			kind, _, _ := strings.Cut(name, "-")
			if info.FileSystem != kind || info.Label != opt.Label || info.Serial != "1234-ABCD" || info.Offset != 512 || info.Size != int64(len(image)) || v.Name() != "mbr:1" {
				t.Errorf("info %+v", info)
			}
			entries, problems := find(t, v, artifacts.Scan{Head: isHive, Workers: 2})
			if len(problems) != 0 {
				t.Errorf("problems %v", problems)
			}
			var got []string
			for _, e := range entries {
				got = append(got, describe(e))
			}
			if want := expected(v); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for _, e := range entries {
				for _, f := range planted() {
					if e.Locator().Path == f.Path && e.Meta().Allocation != artifacts.Overwritten {
						if b, err := read(e); err != nil || !bytes.Equal(b, f.Data) {
							t.Errorf("%s: %d bytes, %v", f.Path, len(b), err)
						}
					}
				}
			}
			if c := v.Tally(); c.Files != 9 || c.Deleted != 5 || c.Streams != 11 || c.Empty != 1 || c.Examined != 10 || c.Bytes == 0 {
				t.Errorf("tally %+v", c)
			}
		})
	}
}

// expected are the planted hives as Find tells them, in disk order.
func expected(v *Volume) []string {
	n := func(size int64) int64 { return v.clustersFor(size) }
	guess := func(size int64) string {
		if v.kind == exfat {
			return ""
		}
		half := ""
		if v.kind == fat32 && v.clusters > 1<<16 {
			half = "deletion may have cleared the upper half of its first cluster's number, and the content may lie elsewhere; "
		}
		return half + fmt.Sprintf("deleted; its %d clusters are taken to follow each other, the chain is gone", n(size))
	}
	short := "/_ONE.SAV 30000 deleted [" + guess(30_000) + "; the first character of its name was overwritten on deletion and is shown as _]"
	if v.kind == exfat {
		short = "/GONE.SAV 30000 deleted []"
	}
	inside := fmt.Sprintf("/old folder/inside.hive 5000 deleted [%s]", guess(5000))
	return []string{
		"/SAM.SAV 20000 live []",
		"/dir/sub/" + long + " 9000 live []",
		"/pieces 40000 live []",
		"/small 4 live []",
		fmt.Sprintf("/gone.save 30000 deleted [%s]", guess(30_000)),
		short,
		inside,
	}
}

// The file whose clusters were given to another one is found by name; what is
// in its clusters now is the other's.
func TestOverwritten(t *testing.T) {
	for name, opt := range volumes {
		image, _ := build(t, opt, planted()...)
		v := openBytes(t, image)
		entries, _ := find(t, v, artifacts.Scan{Name: func(name, _ []byte) bool { return string(name) == "lost.hive" }})
		if len(entries) != 1 {
			t.Fatalf("%s: %d entries", name, len(entries))
		}
		m := entries[0].Meta()
		want := fmt.Sprintf("%d of %d clusters are in use by something else", v.clustersFor(5000), v.clustersFor(20_000))
		if m.Allocation != artifacts.Overwritten || !strings.Contains(m.Unreliable, want) || m.NTFS != nil {
			t.Errorf("%s: %+v", name, m)
		}
		if c := v.Tally(); c.Examined != c.Streams-c.Empty {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestTimes(t *testing.T) {
	for name, opt := range volumes {
		image, _ := build(t, opt, planted()...)
		entries, _ := find(t, openBytes(t, image), everything)
		for _, e := range entries {
			m := e.Meta()
			path := e.Locator().Path
			want := artifacts.Times{Created: wall, Modified: wall.Add(time.Hour).Truncate(2 * time.Second), Accessed: wall.Add(24 * time.Hour).Truncate(24 * time.Hour)}
			shift, local := time.Duration(0), true
			if opt.Kind == fattest.ExFAT {
				want.Modified, want.Accessed = times.Modified, wall.Add(24*time.Hour).Truncate(2*time.Second)
				switch path {
				case "/dir/sub/" + long:
					shift, local = -2*time.Hour, false
				case "/pieces":
					shift, local = 5*time.Hour, false
				}
			}
			switch path {
			case "/SAM.SAV", "/gone.save", "/dir/sub/" + long, "/pieces":
				want.Created, want.Modified, want.Accessed = want.Created.Add(shift), want.Modified.Add(shift), want.Accessed.Add(shift)
				if m.Times != want || m.LocalTimes != local {
					t.Errorf("%s %s: local %v %+v, want %v %+v", name, path, m.LocalTimes, m.Times, local, want)
				}
			case "/empty.txt":
				if opt.Kind != fattest.ExFAT && (m.Times != (artifacts.Times{}) || m.LocalTimes) {
					t.Errorf("%s %s: %+v", name, path, m)
				}
			}
		}
	}
}

func TestStamps(t *testing.T) {
	for _, tt := range []struct {
		stamp stamp
		want  string
		local bool
	}{
		{stamp{0, 0, 0}, "", false},
		{stamp{0x5c6e0000, 0, 0}, "2026-03-14T00:00:00Z", true},
		{stamp{0x5c6e7928, 199, 0}, "2026-03-14T15:09:17.99Z", true},
		{stamp{0x5c6e7928, 0, 0x80}, "2026-03-14T15:09:16Z", false},
		{stamp{0x5c6e7928, 0, 0x80 | 22}, "2026-03-14T09:39:16Z", false},  // +05:30
		{stamp{0x5c6e7928, 0, 0x80 | 108}, "2026-03-14T20:09:16Z", false}, // -05:00
		{stamp{0x5c6e7928, 0, 22}, "2026-03-14T15:09:16Z", true},
		{stamp{0x5c6ec000, 0, 0}, "", false},   // hour 24
		{stamp{0x5c6e7928, 200, 0}, "", false}, // two seconds
		{stamp{0x5c5f0000, 0, 0}, "", false},   // 31 February
	} {
		got, local := tt.stamp.time()
		if want, _ := time.Parse(time.RFC3339Nano, tt.want); !got.Equal(want) || local != tt.local {
			t.Errorf("%+v: %v %v, want %s %v", tt.stamp, got, local, tt.want, tt.local)
		}
	}
}

// The order of what is found and told depends on the volume alone.
func TestWorkers(t *testing.T) {
	for name, opt := range volumes {
		image, b := build(t, opt, planted()...)
		cross, _ := b.Lookup("/SAM.SAV")
		image[cross.Entry+27] = 0xff // no such cluster; on exFAT the size becomes impossible
		var first string
		for _, workers := range []int{1, 2, 16} {
			ask := everything
			ask.Workers = workers
			entries, problems := find(t, openBytes(t, image), ask)
			all := fmt.Sprint(problems)
			for _, e := range entries {
				all += describe(e) + "\n"
			}
			if first == "" {
				first = all
			}
			if all != first {
				t.Errorf("%s: with %d workers\n%s\nwith one\n%s", name, workers, all, first)
			}
		}
	}
}

// A scan that is ended says what it left out, and still adds up.
func TestEnded(t *testing.T) {
	image, _ := build(t, volumes["FAT16"], planted()...)
	v := openBytes(t, image)
	ctx, cancel := context.WithCancel(context.Background())
	ask := artifacts.Scan{Name: func(a, b []byte) bool { cancel(); return false }, Head: isHive}
	var told error
	for _, err := range v.Find(ctx, ask) {
		told = err
	}
	if c := v.Tally(); !errors.Is(told, context.Canceled) || c.Failed == 0 || c.Streams != c.Examined+c.Empty+c.Failed+c.Gone {
		t.Errorf("%v, %+v", told, c)
	}
}

func TestProgress(t *testing.T) {
	image, _ := build(t, volumes["exFAT"], planted()...)
	var last, total int64
	find(t, openBytes(t, image), artifacts.Scan{Head: isHive, Progress: func(done, planned int64) { last, total = done, planned }})
	if last == 0 || last != total {
		t.Errorf("%d of %d", last, total)
	}
}
