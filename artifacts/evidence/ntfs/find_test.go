package ntfs

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// stored are names that the planted files get by their RawName.
var stored = map[string]string{"/surrogate": `/a\ud83d.h`, "/surrogate2": `/a\udc00.h`, "/slash": `/a\u002fb`}

// contents maps every stream of the files to what it should read as.
func contents(files []ntfstest.File) map[string][]byte {
	m := make(map[string][]byte)
	for _, f := range files {
		path := f.Path
		if s, ok := stored[path]; ok {
			path = s
		}
		b := bytes.Clone(f.Data)
		if v := f.Layout.Valid; v > 0 {
			clear(b[v:])
		}
		if f.WOF {
			clear(b)
		}
		for i := range f.Overwrite * 4096 {
			b[i] = 0xF6
		}
		if !f.Dir {
			m[path] = b
		}
		for _, s := range f.Streams {
			m[path+":"+s.Name] = s.Data
		}
	}
	return m
}

func TestContents(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  ntfstest.Options
	}{
		{"usual", ntfstest.Options{Label: "Data"}},
		{"table in pieces", ntfstest.Options{MFTFragments: 5}},
		{"large records", ntfstest.Options{RecordSize: 4096}},
		{"native 4K sectors", ntfstest.Options{SectorSize: 4096}},
		{"small clusters", ntfstest.Options{ClusterSize: 512}},
		{"large clusters", ntfstest.Options{ClusterSize: 65536}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := planted()
			if size := c.opt.ClusterSize; size != 0 {
				files = slices.DeleteFunc(files, func(f ntfstest.File) bool { return f.Layout.Compressed && size > 4096 || f.Overwrite > 0 })
			}
			image, _ := build(t, c.opt, files...)
			v := openBytes(t, image)
			entries, problems := find(t, v, everything)
			wantProblems(t, problems, "compressed by WOF")
			got := index(entries)
			for path, want := range contents(files) {
				e := got[path]
				if e == nil {
					t.Errorf("%s is missing", path)
					continue
				}
				if e.Size() != int64(len(want)) {
					t.Errorf("%s: size %d, want %d", path, e.Size(), len(want))
				}
				if b, err := read(e); err != nil || !bytes.Equal(b, want) {
					t.Errorf("%s: %d bytes, err %v: not the %d bytes that were planted", path, len(b), err, len(want))
				}
			}
			if n := len(entries); n != len(got) || int64(n) != v.Tally().Streams {
				t.Errorf("%d entries, %d paths, %d streams", n, len(got), v.Tally().Streams)
			}
		})
	}
}

func TestHeads(t *testing.T) {
	files := planted()
	image, _ := build(t, ntfstest.Options{}, files...)
	v := openBytes(t, image)
	entries, _ := find(t, v, regf)
	got := index(entries)
	hives := 0
	for path, want := range contents(files) {
		hive := bytes.HasPrefix(want, []byte("regf"))
		if hive {
			hives++
		}
		if _, ok := got[path]; ok != hive {
			t.Errorf("%s: wanted %v, want %v", path, ok, hive)
		}
	}
	if len(entries) != hives || hives < 20 {
		t.Errorf("%d streams are wanted, %d were planted", len(entries), hives)
	}
	c := v.Tally()
	if c.Failed != 0 || c.Gone != 0 || c.Deleted != 6 || c.Bytes == 0 {
		t.Errorf("tally %+v", c)
	}
}

// Every head must be exactly the stream's first bytes, not some more.
func TestHeadBytes(t *testing.T) {
	files := planted()
	image, _ := build(t, ntfstest.Options{}, files...)
	left := make(map[string]int)
	for _, b := range contents(files) {
		if len(b) > 0 {
			left[string(b[:min(len(b), artifacts.MaxHead)])]++
		}
	}
	s := artifacts.Scan{Workers: 1, Head: func(head []byte) bool { return left[string(head)] > 0 }}
	v := openBytes(t, image)
	entries, _ := find(t, v, s)
	for _, e := range entries {
		b, err := read(e)
		if err != nil {
			t.Fatal(err)
		}
		left[string(b[:min(len(b), artifacts.MaxHead)])]--
	}
	for head, n := range left {
		if n > 0 {
			t.Errorf("no stream was asked about by the head %.40q (%d bytes)", head, len(head))
		}
	}
}

func TestNames(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	for _, c := range []struct{ name, stream, want string }{
		{"SAM", "", "/Windows/System32/config/SAM"},
		{"host.txt", "small", "/host.txt:small"},
		{"directory", "hidden", "/directory:hidden"},
		{"long name.hiv", "", "/long name.hiv"},
		{"LONGNA~1.HIV", "", ""},
		{"other.hiv", "", "/linked.hiv"},
		{`a\ud83d.h`, "", `/a\ud83d.h`},
		{"child.hiv", "", "/gone/deeper/child.hiv"},
		{"listed.hiv", "", "/listed.hiv"},
	} {
		v := openBytes(t, image)
		entries, problems := find(t, v, artifacts.Scan{Workers: 1, Name: func(name, stream []byte) bool {
			return string(name) == c.name && string(stream) == c.stream
		}})
		wantProblems(t, problems)
		got := ""
		for _, e := range entries {
			got += pathOf(e)
		}
		if got != c.want {
			t.Errorf("asking for %q %q gives %q, want %q", c.name, c.stream, got, c.want)
		}
		if n := v.Tally(); n.Streams == 0 || n.Failed > 0 {
			t.Errorf("tally %+v", n)
		}
	}
}

func TestMeta(t *testing.T) {
	image, b := build(t, ntfstest.Options{}, planted()...)
	entries, _ := find(t, openBytes(t, image), everything)
	got := index(entries)
	sam := got["/Windows/System32/config/SAM"].Meta()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 10, 11, 12, 345678900, time.UTC) }
	want := artifacts.Times{Created: day(1), Modified: day(2), Changed: day(3), Accessed: day(4)}
	if sam.Times != want || sam.NTFS.SI != want {
		t.Errorf("SI times %v, want %v", sam.Times, want)
	}
	if want := (artifacts.Times{Created: day(5), Modified: day(6), Changed: day(7), Accessed: day(8)}); sam.NTFS.FN != want {
		t.Errorf("FN times %v, want %v", sam.NTFS.FN, want)
	}
	if sam.Owner != "S-1-5-32-544" || sam.NTFS.USN != 4711 || !sam.NTFS.Resident {
		t.Errorf("owner %q, USN %d, resident %v", sam.Owner, sam.NTFS.USN, sam.NTFS.Resident)
	}
	if l := got["/linked.hiv"].Meta().NTFS.Links; !slices.Equal(l, []string{"/Users/another.hiv", "/Users/x/other.hiv"}) {
		t.Errorf("links %q", l)
	}
	for _, c := range []struct {
		path     string
		state    artifacts.Allocation
		clusters uint64
		reused   uint64
		why      string
	}{
		{"/plain.hiv", artifacts.Allocated, 49, 0, ""},
		{"/deleted.hiv", artifacts.Deleted, 37, 0, ""},
		{"/deleted-small.hiv", artifacts.Deleted, 0, 0, ""},
		{"/overwritten.hiv", artifacts.Overwritten, 37, 3, "3 of 37 clusters are in use"},
		{"/gone/deeper/child.hiv", artifacts.Deleted, 18, 0, ""},
		{"/valid.hiv", artifacts.Allocated, 5, 0, "only the first 4 of 20004"},
		{"/wof.exe", artifacts.Allocated, 0, 0, "WOF"},
		{"/compressed-hole.hiv", artifacts.Allocated, 2, 0, ""},
	} {
		m := got[c.path].Meta()
		if m.Allocation != c.state || m.NTFS.Clusters != c.clusters || m.NTFS.Reused != c.reused {
			t.Errorf("%s: %v, %d of %d clusters reused; want %v, %d of %d", c.path, m.Allocation, m.NTFS.Reused, m.NTFS.Clusters, c.state, c.reused, c.clusters)
		}
		if !strings.Contains(m.Unreliable, c.why) || c.why == "" && m.Unreliable != "" {
			t.Errorf("%s: unreliable %q, want %q", c.path, m.Unreliable, c.why)
		}
		if p, ok := b.Lookup(c.path); ok && (m.NTFS.Record != p.Record || m.NTFS.Sequence != p.Sequence) {
			t.Errorf("%s: record %d-%d, want %d-%d", c.path, m.NTFS.Record, m.NTFS.Sequence, p.Record, p.Sequence)
		}
	}
}

func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	b := ntfstest.New(ntfstest.Options{})
	for _, f := range planted() {
		b.Add(f)
	}
	b.Fill(3000, small)
	image, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range image[len(image)/2 : len(image)/2+4096] {
		image[len(image)/2+i] = 0xA5 // damage, if it hits the table
	}
	run := func(workers int) (all []string, c artifacts.Tally) {
		s := everything
		s.Workers = workers
		v := openBytes(t, image)
		for e, err := range v.Find(t.Context(), s) {
			if err != nil {
				all = append(all, err.Error())
				continue
			}
			all = append(all, pathOf(e))
		}
		return all, v.Tally()
	}
	one, c1 := run(1)
	eight, c8 := run(8)
	if !slices.Equal(one, eight) || c1 != c8 {
		t.Errorf("1 worker gives %d elements and %+v, 8 give %d and %+v", len(one), c1, len(eight), c8)
	}
	if len(one) < 3000 {
		t.Errorf("only %d elements", len(one))
	}
}

func TestCancel(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := openBytes(t, image)
	var problems []*artifacts.Problem
	for _, err := range v.Find(ctx, everything) {
		var p *artifacts.Problem
		if errors.As(err, &p) {
			problems = append(problems, p)
		}
	}
	wantProblems(t, problems, "ended early")
	if len(problems) == 1 && !errors.Is(problems[0], context.Canceled) {
		t.Errorf("%v does not wrap the context's error", problems[0])
	}
	checkTally(t, v.Tally())

	// Ended between the passes: every stream that is left has failed.
	ctx, cancel = context.WithCancel(t.Context())
	s := regf
	s.Progress = func(done, total int64) { cancel() }
	entries := 0
	for e := range v.Find(ctx, s) {
		if e != nil {
			entries++
		}
	}
	c := v.Tally()
	checkTally(t, c)
	if c.Failed == 0 || c.Files == 0 || entries == 0 {
		t.Errorf("%d entries, tally %+v", entries, c)
	}
}

func TestProgress(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	var last, total atomic.Int64
	s := regf
	s.Progress = func(done, planned int64) {
		if done < last.Load() || done > planned {
			t.Errorf("progress went from %d to %d of %d", last.Load(), done, planned)
		}
		last.Store(done)
		total.Store(planned)
	}
	find(t, openBytes(t, image), s)
	if last.Load() != total.Load() || total.Load() == 0 {
		t.Errorf("progress ended at %d of %d", last.Load(), total.Load())
	}
}

func TestPanicsOfTheCaller(t *testing.T) {
	image, _ := build(t, ntfstest.Options{}, planted()...)
	for _, s := range []artifacts.Scan{
		{Workers: 2, Name: func(name, stream []byte) bool { panic("name") }},
		{Workers: 2, Head: func(head []byte) bool { panic("head") }},
	} {
		v := openBytes(t, image)
		_, problems := find(t, v, s)
		if len(problems) == 0 || problems[0].Kind != artifacts.Bug {
			t.Errorf("problems %v, want bugs", problems)
		}
		if c := v.Tally(); c.Streams == 0 || c.Failed == 0 {
			t.Errorf("tally %+v", c)
		}
	}
}
