package recyclebin

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
)

func read(t testing.TB, b []byte) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	return readtest.All(t, Read(context.Background(), bytes.NewReader(b), int64(len(b))))
}

var deleted = recyclebintest.File{Path: `C:\Users\Änne\sam.save`, Size: 65536, Deleted: time.Date(2024, 3, 1, 10, 11, 12, 300, time.UTC), Index: 7}

func TestFile(t *testing.T) {
	long := deleted
	long.Path = `C:\` + strings.Repeat("x", 400)
	for name, c := range map[string]struct {
		file []byte
		path string
	}{
		"version 1":       {recyclebintest.V1(deleted), deleted.Path},
		"version 1, full": {recyclebintest.V1(recyclebintest.File{Path: long.Path[:260], Size: 65536, Deleted: deleted.Deleted}), long.Path[:260]},
		"version 2":       {recyclebintest.V2(deleted), deleted.Path},
		"version 2, long": {recyclebintest.V2(long), long.Path},
	} {
		t.Run(name, func(t *testing.T) {
			if !IsIndex("$IABCDEF.save", c.file[:32], int64(len(c.file))) || IsIndex("x.save", c.file[:32], int64(len(c.file))) {
				t.Error("IsIndex goes by the name and the head")
			}
			traces, problems := read(t, c.file)
			if len(traces) != 1 || len(problems) != 0 {
				t.Fatalf("%+v, problems %v", traces, problems)
			}
			got := traces[0]
			if got.Deed != artifacts.Removed || got.Artefact != RecycleBin || len(got.Paths) != 1 || got.Paths[0] != c.path || got.Detail("Size") != "65536" || got.Damaged != "" {
				t.Errorf("%+v", got)
			}
			if len(got.Times) != 1 || got.Times[0].Means != "deleted" || !got.When().Equal(deleted.Deleted) {
				t.Errorf("times %v", got.Times)
			}
		})
	}
}

func TestList(t *testing.T) {
	other := recyclebintest.File{Path: `D:\backup\system`, Size: 1 << 20, Deleted: deleted.Deleted.Add(time.Hour), Index: 8, Gone: true}
	for name, narrow := range map[string]bool{"Windows XP": false, "Windows 98": true} {
		t.Run(name, func(t *testing.T) {
			file := recyclebintest.Info2(narrow, deleted, other)
			if !IsIndex(`C:\RECYCLER\S-1-5-21-1-2-3-1004\INFO2`, file[:32], int64(len(file))) {
				t.Error("not recognised")
			}
			traces, problems := read(t, file)
			if len(traces) != 2 || len(problems) != 0 {
				t.Fatalf("%+v, problems %v", traces, problems)
			}
			a, b := traces[0], traces[1]
			if a.Paths[0] != deleted.Path || a.Entry != "record 7" || a.Offset != 20 || a.Detail("Content") != "Dc7.save" || a.Detail("State") != "" || !a.When().Equal(deleted.Deleted) {
				t.Errorf("%+v", a)
			}
			if b.Paths[0] != other.Path || b.Detail("Content") != "Dd8" || b.Detail("State") == "" || b.Detail("Size") != "1048576" {
				t.Errorf("%+v", b)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	v1, v2, list := recyclebintest.V1(deleted), recyclebintest.V2(deleted), recyclebintest.Info2(false, deleted, deleted)
	set := func(b []byte, at int, v uint64) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint64(b[at:], v)
		return b
	}
	count := func(b []byte, n uint32) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[24:], n)
		return b
	}
	for _, c := range []struct {
		name    string
		file    []byte
		traces  int
		kind    artifacts.Kind // 0 for none
		damaged bool
	}{
		{"empty", nil, 0, artifacts.Truncated, false},
		{"half a head", v1[:20], 0, artifacts.Truncated, false},
		{"no path", v1[:24], 0, artifacts.Malformed, false},
		{"version 1 of one byte less", v1[:543], 1, 0, false},
		{"version 3", set(v1, 0, 3), 0, artifacts.Unsupported, false},
		{"no length of the path", v2[:26], 0, artifacts.Truncated, false},
		{"path cut", v2[:len(v2)-8], 1, artifacts.Truncated, true},
		{"path too long", count(v2, 0x7FFFFFFF), 1, artifacts.Malformed, true},
		{"size below zero", set(v2, 8, 1<<63), 1, 0, true},
		{"no time", set(v2, 16, 0), 1, 0, false},
		{"list cut", list[:len(list)-1], 1, artifacts.Truncated, false},
		{"list of nothing", append(bytes.Clone(list[:20]), make([]byte, 800)...), 0, artifacts.Malformed, false},
		{"list's header", list[:20], 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			traces, problems := read(t, c.file)
			if len(traces) != c.traces || len(problems) > 1 || (len(problems) == 1) != (c.kind != 0) {
				t.Fatalf("%+v, problems %v", traces, problems)
			}
			if len(problems) == 1 && problems[0].Kind != c.kind {
				t.Errorf("%v", problems[0])
			}
			if len(traces) == 1 && (traces[0].Damaged != "") != c.damaged {
				t.Errorf("%+v", traces[0])
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	const sid = "S-1-5-21-1-2-3-1004"
	for _, c := range []struct {
		path         string
		named        bool
		sid, content string
	}{
		{"/$Recycle.Bin/" + sid + "/$IABCDEF.save", true, sid, "/$Recycle.Bin/" + sid + "/$RABCDEF.save"},
		{"/C/$RECYCLE.BIN/" + strings.ToLower(sid) + "/$iabcdef", true, sid, "/C/$RECYCLE.BIN/" + strings.ToLower(sid) + "/$Rabcdef"},
		{"/$Recycle.Bin/" + sid + "/$RABCDEF.save", false, sid, ""},
		{"/$Recycle.Bin/" + sid + "/$RABCDEF/$Ix", false, sid, "/$Recycle.Bin/" + sid + "/$RABCDEF/$Rx"},
		{"/RECYCLER/" + sid + "/INFO2", true, sid, ""},
		{"/RECYCLED/INFO2", true, "", ""},
		{"/INFO2", false, "", ""},
		{"/x/$I30", false, "", "/x/$R30"},
		{"/$Recycle.Bin/" + sid, false, "", ""},
		{"", false, "", ""},
	} {
		if got := Named(c.path); got != c.named {
			t.Errorf("%s: named %v", c.path, got)
		}
		if got := SID(c.path); got != c.sid {
			t.Errorf("%s: SID %q", c.path, got)
		}
		if got := Content(c.path); got != c.content {
			t.Errorf("%s: content %q", c.path, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(recyclebintest.V1(deleted))
	f.Add(recyclebintest.V2(deleted))
	f.Add(recyclebintest.Info2(false, deleted, deleted))
	f.Add(recyclebintest.Info2(true, deleted))
	f.Fuzz(func(t *testing.T, b []byte) {
		traces, problems := read(t, b)
		for _, trace := range traces {
			if len(trace.Paths) != 1 || trace.Paths[0] == "" || trace.Offset > int64(len(b)) {
				t.Errorf("%+v", trace)
			}
		}
		readtest.Within(t, problems, int64(len(b))+headLength+4)
	})
}

func BenchmarkRead(b *testing.B) {
	files := make([]recyclebintest.File, 100)
	for i := range files {
		files[i] = deleted
	}
	for name, file := range map[string][]byte{"v2": recyclebintest.V2(deleted), "INFO2 of 100": recyclebintest.Info2(false, files...)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				for _, err := range Read(context.Background(), bytes.NewReader(file), int64(len(file))) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
