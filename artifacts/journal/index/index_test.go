package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/index/indextest"
)

var (
	created  = time.Date(2024, 3, 1, 10, 11, 12, 100, time.UTC)
	modified = created.Add(time.Hour)
)

const folder = 5<<48 | 77

// names makes entries in a folder.
func names(of ...string) (entries []indextest.Entry) {
	for i, name := range of {
		entries = append(entries, indextest.Entry{Name: name, File: 3<<48 | uint64(100+i), Parent: folder, Created: created, Modified: modified, Size: 65536, Space: 3})
	}
	return entries
}

func entries(t testing.TB, b []byte) (used, old []Entry, problems []*artifacts.Problem) {
	t.Helper()
	all, problems := readtest.All(t, Entries(context.Background(), bytes.NewReader(b), int64(len(b)), nil))
	for _, entry := range all {
		if entry.Slack {
			old = append(old, entry)
		} else {
			used = append(used, entry)
		}
	}
	return used, old, problems
}

func list(entries []Entry) string {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return strings.Join(names, "|")
}

func TestSlack(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, live []indextest.Entry
		used, old    string
		headless     int // of old, how many lost their file's reference
	}{
		{"never anything", nil, nil, "", "", 0},
		{"nothing deleted", names("a", "b"), names("a", "b"), "a|b", "", 0},
		{"the last one deleted", names("a", "sam.save"), names("a"), "a", "sam.save", 1},
		{"all deleted", names("a", "sam.save", "system.save"), nil, "", "a|sam.save|system.save", 1},
		{"names moved up", names("a", "b", "c", "d"), names("b", "c", "d"), "b|c|d", "d", 1},
		{"in the middle of an old one", names(strings.Repeat("long", 20), "sam", "system"), names("z"), "z", "sam|system", 0},
		{"not ASCII", names("x", "größe.hiv"), names("x"), "x", "größe.hiv", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			used, old, problems := entries(t, indextest.Block(3, c.before, c.live))
			if list(used) != c.used || list(old) != c.old || len(problems) != 0 {
				t.Fatalf("used %s, old %s, problems %v", list(used), list(old), problems)
			}
			headless := 0
			for _, e := range append(used, old...) {
				if e.File == (artifacts.FileReference{}) {
					headless++
				} else if e.File.Sequence != 3 || e.File.Record < 100 || e.File.Record > 103 {
					t.Errorf("file %v", e.File)
				}
				if e.Parent != (artifacts.FileReference{Record: 77, Sequence: 5}) || e.Size != 65536 || e.Allocated != 65536 || e.Torn || e.Directory() {
					t.Errorf("%+v", e)
				}
				if !e.Times.Created.Equal(created) || !e.Times.Modified.Equal(modified) || !e.Times.Changed.Equal(modified) || !e.Times.Accessed.Equal(modified) {
					t.Errorf("times %+v", e.Times)
				}
			}
			if headless != c.headless {
				t.Errorf("%d without a reference, want %d", headless, c.headless)
			}
		})
	}
}

func TestBlocks(t *testing.T) {
	inner := names("m")
	inner[0].Child = 8
	sub := names("folder")
	sub[0].Folder = true
	stream := bytes.Join([][]byte{
		indextest.Block(0, append(inner, names("x")...), inner), make([]byte, indextest.BlockSize),
		indextest.Block(2, append(sub, names("a", "m", "gone")...), append(sub, names("a")...)),
	}, nil)
	used, old, problems := entries(t, stream)
	if list(used) != "m|folder|a" || list(old) != "x|m|gone" || len(problems) != 0 {
		t.Fatalf("used %s, old %s, problems %v", list(used), list(old), problems)
	}
	if !used[1].Directory() || used[1].Offset != 2*indextest.BlockSize+64+16 {
		t.Errorf("%+v", used[1])
	}
	ok, failed := 0, 0
	for trace, err := range Read(context.Background(), bytes.NewReader(stream), int64(len(stream))) {
		if err != nil {
			failed++
			continue
		}
		ok++
		if trace.Artefact != I30 || trace.Deed != artifacts.Existed || trace.Paths[0] == "m" || len(trace.Times) != 4 || trace.Times[0].Means != "created" {
			t.Errorf("%+v", trace)
		}
	}
	if ok != 2 || failed != 0 { // x and gone; m is in use elsewhere
		t.Errorf("%d traces, %d errors", ok, failed)
	}
	for bitmap, want := range map[string]string{"\x05": "x|gone", "\x01": "x|folder|a|gone", "": "m|x|folder|a|gone"} {
		var got []string
		for trace, err := range ReadWith(context.Background(), bytes.NewReader(stream), int64(len(stream)), nil, []byte(bitmap)) {
			if err != nil {
				t.Error(err)
			}
			got = append(got, trace.Entry)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("bitmap %q: %q, want %q", bitmap, got, want)
		}
	}
}

// TestRealBlocks reads the index of a folder on a volume that ntfs-3g wrote. Of
// 42 files sam.save, system.save and the numbers 3, 4, 5 and 35 were deleted.
// The names of sam.save and 35 are gone: others were moved upon them. 22 stands
// in the root, and in slack too.
func TestRealBlocks(t *testing.T) {
	b, err := os.ReadFile("testdata/temp.i30")
	if err != nil {
		t.Fatal(err)
	}
	used, old, problems := entries(t, b)
	if len(used) != 35 || len(old) != 20 || len(problems) != 0 {
		t.Errorf("%d in use, %d old, problems %v", len(used), len(old), problems)
	}
	const long = "a file of some length %s.txt"
	root := rootOf(names(fmt.Sprintf(long, "22")))
	for name, c := range map[string]struct {
		root []byte
		want string
	}{"without the root": {nil, "22|3|4|5|system.save"}, "with the root": {root, "3|4|5|system.save"}} {
		var got []string
		for trace, err := range ReadWith(context.Background(), bytes.NewReader(b), int64(len(b)), c.root, []byte{3}) {
			if err != nil {
				t.Error(err)
			}
			number := trace.Entry
			fmt.Sscanf(number, "a file of some length %s", &number)
			got = append(got, strings.TrimSuffix(number, ".txt"))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, e := range old {
		if e.Name == "system.save" && (e.Size != 90000 || e.Allocated != 90112 || e.Times.Created.Year() != 2026) {
			t.Errorf("%+v", e)
		}
	}
}

// rootOf makes the value of an $INDEX_ROOT from the entries of a block.
func rootOf(live []indextest.Entry) []byte {
	block := indextest.Block(0, nil, live)
	end := nodeAt + binary.LittleEndian.Uint32(block[nodeAt+4:])
	node := append(make([]byte, rootHeader+nodeHeader), block[64:end]...)
	binary.LittleEndian.PutUint32(node[rootHeader:], nodeHeader)
	binary.LittleEndian.PutUint32(node[rootHeader+4:], uint32(len(node)-rootHeader))
	return node
}

func TestRoot(t *testing.T) {
	value := rootOf(names("a", "b"))
	for _, c := range []struct {
		name       string
		value      []byte
		ok, failed int
	}{{"whole", value, 2, 0}, {"none", nil, 0, 0}, {"cut", value[:len(value)-1], 0, 1}, {"no entries", make([]byte, 64), 0, 1}} {
		ok, failed := 0, 0
		for _, err := range Root(c.value) {
			if err != nil {
				failed++
			} else {
				ok++
			}
		}
		if ok != c.ok || failed != c.failed {
			t.Errorf("%s: %d entries, %d errors", c.name, ok, failed)
		}
	}
}

func TestDamage(t *testing.T) {
	change := func(at int, v byte) []byte {
		b := indextest.Block(0, names("a", "b", "sam.save"), names("a"))
		b[at] = v
		return b
	}
	whole := indextest.Block(0, names("a", "b"), names("a"))
	for _, c := range []struct {
		name      string
		block     []byte
		used, old string
		problems  int
		torn      bool
	}{
		{"cut", whole[:4000], "", "", 1, false},
		{"other signature", change(0, 'X'), "", "", 1, false},
		{"update sequence outside", change(5, 0xFF), "a", "b|sam.save", 0, true},
		{"torn sector", change(1022, 0xEE), "a", "b|sam.save", 0, true},
		{"end behind the block", change(29, 0xFF), "", "a|b|sam.save", 1, false},
		{"entries before the header", change(24, 0), "", "a|b|sam.save", 1, false},
		{"entry of no length", change(64+8, 0), "", "a|b|sam.save", 1, false},
		{"entry without a key", change(64+10, 0), "", "a|b|sam.save", 1, false},
		{"entry without a name", change(64+16+64, 0), "", "b|sam.save", 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			used, old, problems := entries(t, c.block)
			if list(used) != c.used || list(old) != c.old || len(problems) != c.problems {
				t.Fatalf("used %s, old %s, problems %v", list(used), list(old), problems)
			}
			for _, e := range append(used, old...) {
				if e.Torn != c.torn {
					t.Errorf("%+v", e)
				}
				if trace := e.Trace(); (trace.Damaged != "") != c.torn {
					t.Errorf("%+v", trace)
				}
			}
		})
	}
}

func TestImplausible(t *testing.T) {
	for name, spoil := range map[string]func(*indextest.Entry){
		"year 1700":          func(e *indextest.Entry) { e.Created = created.AddDate(-324, 0, 0) },
		"folder of no use":   func(e *indextest.Entry) { e.Parent = 77 },
		"record beyond all":  func(e *indextest.Entry) { e.Parent = 5<<48 | 1<<40 },
		"size below zero":    func(e *indextest.Entry) { e.Size = -1 << 62 },
		"control characters": func(e *indextest.Entry) { e.Name = "a\x01" },
		"slash":              func(e *indextest.Entry) { e.Name = "a/b" },
		"name space":         func(e *indextest.Entry) { e.Space = 4 },
	} {
		one := names("sam.save")
		spoil(&one[0])
		if _, old, problems := entries(t, indextest.Block(0, one, nil)); len(old) != 0 || len(problems) != 0 {
			t.Errorf("%s: %+v %v", name, old, problems)
		}
	}
}

func TestNamed(t *testing.T) {
	for path, want := range map[string]bool{"/a/$I30": true, "/a:$I30": true, "/a%3A$I30": true, "/a_$i30": true, "/$I30/a": false, "": false, "/x$I30": false} {
		if got := Named(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if block := indextest.Block(0, nil, nil); !IsIndex(block[:64]) || IsIndex(block[:16]) || IsIndex(block[1:]) {
		t.Error("IsIndex goes by the head of a block")
	}
}

func FuzzEntries(f *testing.F) {
	f.Add(indextest.Block(0, names("a", "b", "sam.save"), names("a")))
	f.Add(append(indextest.Block(0, names("a"), nil), indextest.Block(1, names("a", "system"), names("b"))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		used, old, problems := entries(t, b)
		for _, e := range append(used, old...) {
			if e.Offset < 0 || e.Offset+nameAt > int64(len(b)) || e.Name == "" {
				t.Errorf("%+v in %d bytes", e, len(b))
			}
		}
		if size := blockSize(b); size > 0 {
			sized := bytes.Clone(b[:min(size, len(b))])
			binary.LittleEndian.PutUint32(sized[nodeAt+4:], 0)
			for range Block(sized, 0, false) { // all of it slack
			}
		}
		for range Root(b) { // any bytes
		}
		readtest.Within(t, problems, int64(len(b)))
	})
}

func BenchmarkEntries(b *testing.B) {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("document-%d.docx", i))
	}
	stream := bytes.Repeat(indextest.Block(0, names(many...), names(many[:15]...)), 256)
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		for _, err := range Entries(context.Background(), bytes.NewReader(stream), int64(len(stream)), nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
