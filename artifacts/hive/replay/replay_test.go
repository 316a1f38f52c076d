package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/replay/replaytest"
)

var host = hivetest.Host{Name: "WS-0417", SID: "S-1-5-21-1004336348-1177238915-682003330", Domain: "CONTOSO",
	Time: time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC), Users: []hivetest.User{{Name: "Administrator", RID: 500}}}

// states are four states of one SAM, each with one more account than the one
// before; the last one has more bins.
func states() [4][]byte {
	var s [4][]byte
	h := host
	for i := range s {
		s[i] = hivetest.SAM(h, hivetest.Live)
		h.Users = append(slices.Clone(h.Users), hivetest.User{Name: fmt.Sprintf("user%d", i+1), RID: uint32(1001 + i)})
		if i == 2 {
			for j := range 40 {
				h.Users = append(h.Users, hivetest.User{Name: fmt.Sprintf("batch%d", j), RID: uint32(1100 + j)})
			}
		}
	}
	return s
}

func log(name string, b []byte) Log { return Log{name, bytes.NewReader(b), int64(len(b))} }

// read returns all bytes of an overlay.
func read(t testing.TB, o *Overlay) []byte {
	t.Helper()
	b := make([]byte, o.Size())
	if n, err := o.ReadAt(b, 0); n != len(b) || err != nil && err != io.EOF {
		t.Fatalf("%d of %d bytes: %v", n, len(b), err)
	}
	return b
}

// users returns the names of the accounts in a SAM.
func users(t testing.TB, b []byte) string {
	t.Helper()
	h, err := hive.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	names, ok := hive.Find(h.Root(), `SAM\Domains\Account\Users\Names`)
	if !ok {
		t.Fatal("no accounts")
	}
	var all []string
	for n := range names.Children() {
		all = append(all, n.Name())
	}
	return strings.Join(all, " ")
}

// bins returns the bins that a hive's header counts.
func bins(b []byte) []byte { return b[baseSize:][:le.Uint32(b[40:])] }

type applied struct {
	log      string
	from, to uint32
}

type refused struct {
	log    string
	reason Reason
}

func summary(r Result) (a []applied, f []refused) {
	for _, x := range r.Applied {
		a = append(a, applied{x.Log, x.From, x.To})
	}
	for _, x := range r.Refused {
		f = append(f, refused{x.Log, x.Reason})
	}
	return a, f
}

func TestApply(t *testing.T) {
	s := states()
	dirty := replaytest.Numbered(s[0], 138, 137)
	entry := func(sequence uint32, from, to int) replaytest.Entry {
		return replaytest.Between(sequence, s[from], s[to])
	}
	first, second, third := entry(138, 0, 1), entry(139, 1, 2), entry(140, 2, 3)
	edit := func(b []byte, f func([]byte)) []byte {
		b = bytes.Clone(b)
		f(b)
		return b
	}
	whole := replaytest.HvLE(s[0], first, second)
	length := len(replaytest.HvLE(s[0], first))
	badSum := edit(dirty, func(b []byte) { b[508]++ })
	noBase := edit(dirty, func(b []byte) { clear(b[:baseSize]) })
	other := edit(replaytest.HvLE(s[0], first), func(b []byte) {
		for _, at := range []int{112, 128, 148} {
			b[at]++
		}
		le.PutUint32(b[508:], hivetest.Checksum(b))
	})
	renamed := edit(replaytest.HvLE(s[0], first), func(b []byte) {
		b[48]++
		le.PutUint32(b[508:], hivetest.Checksum(b))
	})
	halfWritten := edit(replaytest.HvLE(s[0], first), func(b []byte) {
		b[8]++
		le.PutUint32(b[508:], hivetest.Checksum(b))
	})
	reseal := func(b []byte, at int, f func(entry []byte)) []byte {
		return edit(b, func(b []byte) {
			e := b[at:][:le.Uint32(b[at+4:])]
			f(e)
			replaytest.Seal(e)
		})
	}
	moved := func(from replaytest.Entry, sequence uint32) replaytest.Entry {
		from.Sequence = sequence
		return from
	}
	for _, c := range []struct {
		name    string
		hive    []byte
		logs    [][]byte // LOG1, LOG2
		want    []byte   // the bins afterwards
		applied []applied
		refused []refused
	}{
		{"one log", dirty, [][]byte{whole}, s[2], []applied{{"LOG1", 138, 139}}, nil},
		{"grown", dirty, [][]byte{replaytest.HvLE(s[0], first, second, third)}, s[3], []applied{{"LOG1", 138, 140}}, nil},
		{"two logs", dirty, [][]byte{replaytest.HvLE(s[0], first), replaytest.HvLE(s[0], second, third)}, s[3], []applied{{"LOG1", 138, 138}, {"LOG2", 139, 140}}, nil},
		{"two logs, the second is the earlier", dirty, [][]byte{replaytest.HvLE(s[0], second, third), replaytest.HvLE(s[0], first)}, s[3],
			[]applied{{"LOG2", 138, 138}, {"LOG1", 139, 140}}, nil},
		{"counted from the hive's second number", dirty, [][]byte{replaytest.HvLE(s[0], moved(first, 137), moved(second, 138))}, s[2], []applied{{"LOG1", 137, 138}}, nil},
		{"entries written already", dirty, [][]byte{replaytest.HvLE(s[0], moved(first, 200), moved(second, 201))}, s[2], []applied{{"LOG1", 200, 201}}, nil},
		{"remains of earlier use", dirty, [][]byte{replaytest.HvLE(s[0], first, moved(third, 77))}, s[1], []applied{{"LOG1", 138, 138}}, nil},
		{"across the end of numbers", replaytest.Numbered(s[0], 0, 0xFFFFFFFF), [][]byte{replaytest.HvLE(s[0], moved(first, 0xFFFFFFFF), moved(second, 0))}, s[2],
			[]applied{{"LOG1", 0xFFFFFFFF, 0}}, nil},

		{"clean", s[0], [][]byte{whole}, s[0], nil, []refused{{"LOG1", NotNeeded}}},
		{"no logs", dirty, nil, s[0], nil, nil},
		{"empty logs", dirty, [][]byte{nil, make([]byte, 4096)}, s[0], nil, []refused{{"LOG1", Empty}, {"LOG2", Empty}}},
		{"log without entries", dirty, [][]byte{replaytest.HvLE(s[0])}, s[0], nil, []refused{{"LOG1", Empty}}},
		{"a hive for a log", dirty, [][]byte{s[0]}, s[0], nil, []refused{{"LOG1", NotALog}}},
		{"text for a log", dirty, [][]byte{[]byte("setup finished")}, s[0], nil, []refused{{"LOG1", NotALog}}},
		{"header cut", dirty, [][]byte{whole[:400]}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"header changed", dirty, [][]byte{edit(whole, func(b []byte) { b[200]++ })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"header half written", dirty, [][]byte{halfWritten}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"page changed", dirty, [][]byte{edit(whole, func(b []byte) { b[sector+600]++ })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"second entry torn", dirty, [][]byte{edit(whole, func(b []byte) { b[length+600]++ })}, s[1], []applied{{"LOG1", 138, 138}}, []refused{{"LOG1", Torn}}},
		{"entry's header changed", dirty, [][]byte{edit(whole, func(b []byte) { b[length+9]++ })}, s[1], []applied{{"LOG1", 138, 138}}, []refused{{"LOG1", Torn}}},
		{"cut in the second entry", dirty, [][]byte{whole[:length+sector]}, s[1], []applied{{"LOG1", 138, 138}}, []refused{{"LOG1", Torn}}},
		{"entry of no bytes", dirty, [][]byte{edit(whole, func(b []byte) { le.PutUint32(b[sector+4:], 0) })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"odd size of bins", dirty, [][]byte{reseal(whole, sector, func(e []byte) { e[16]++ })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"huge bins", dirty, [][]byte{reseal(whole, sector, func(e []byte) { le.PutUint32(e[16:], 0x7FFFF000) })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"page outside the bins", dirty, [][]byte{reseal(whole, sector, func(e []byte) { le.PutUint32(e[40:], 0x7FFFF000) })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"page longer than the entry", dirty, [][]byte{reseal(whole, sector, func(e []byte) { le.PutUint32(e[40:], 0); le.PutUint32(e[44:], 1<<14) })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"millions of pages", dirty, [][]byte{reseal(whole, sector, func(e []byte) { le.PutUint32(e[20:], 1<<31) })}, s[0], nil, []refused{{"LOG1", Torn}}},
		{"stale", dirty, [][]byte{replaytest.HvLE(s[0], moved(first, 100), moved(second, 101))}, s[0], nil, []refused{{"LOG1", Stale}}},
		{"gap inside", dirty, [][]byte{replaytest.HvLE(s[0], first, third)}, s[1], []applied{{"LOG1", 138, 138}}, []refused{{"LOG1", Gap}}},
		{"gap between", dirty, [][]byte{replaytest.HvLE(s[0], first), replaytest.HvLE(s[0], third)}, s[1], []applied{{"LOG1", 138, 138}}, []refused{{"LOG2", Gap}}},
		{"header of another entry", dirty, [][]byte{reseal(replaytest.HvLE(s[0], first), sector, func(e []byte) { e[12]++ })}, s[0], nil, []refused{{"LOG1", Gap}}},
		{"foreign by its ids", dirty, [][]byte{other}, s[0], nil, []refused{{"LOG1", Foreign}}},
		{"foreign by its name", dirty, [][]byte{renamed}, s[0], nil, []refused{{"LOG1", Foreign}}},
		{"foreign beside the own", dirty, [][]byte{other, whole}, s[2], []applied{{"LOG2", 138, 139}}, []refused{{"LOG1", Foreign}}},

		{"base block's checksum", badSum, [][]byte{whole}, s[2], []applied{{"LOG1", 138, 139}}, nil},
		{"base block's checksum, two logs", badSum, [][]byte{replaytest.HvLE(s[0], first), replaytest.HvLE(s[1], moved(second, 139))}, nil,
			[]applied{{"LOG2", 139, 139}}, []refused{{"LOG1", Superseded}}},
		{"base block gone", noBase, [][]byte{whole}, s[2], []applied{{"LOG1", 138, 139}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var logs []Log
			for i, b := range c.logs {
				logs = append(logs, log(fmt.Sprintf("LOG%d", i+1), b))
			}
			o, r, err := Apply(bytes.NewReader(c.hive), int64(len(c.hive)), logs...)
			if err != nil {
				t.Fatal(err)
			}
			a, f := summary(r)
			if !slices.Equal(a, c.applied) || !slices.Equal(f, c.refused) {
				t.Errorf("applied %v, refused %v", a, r.Refused)
			}
			got := read(t, o)
			if c.applied == nil {
				if !bytes.Equal(got, c.hive) {
					t.Error("nothing was applied, and the hive is another")
				}
				return
			}
			if c.want == nil {
				return
			}
			if !bytes.Equal(bins(got), bins(c.want)) {
				t.Error("the bins are not those of the newer state")
			}
			h, err := hive.Read(o, o.Size())
			if err != nil || h.Base.Dirty() || h.Base.Primary != c.applied[len(c.applied)-1].to || !h.Base.ChecksumOK() {
				t.Errorf("after replay: %+v, %v", h.Base, err)
			}
			if users(t, got) != users(t, c.want) {
				t.Errorf("accounts %s", users(t, got))
			}
		})
	}
}

func TestApplyDIRT(t *testing.T) {
	s := states()
	written := time.Date(2024, 5, 14, 9, 31, 0, 0, time.UTC)
	dirty := replaytest.At(replaytest.Numbered(s[0], 138, 137), written)
	dirt := func(sequence, kind uint32, to int) []byte {
		pages, bins := replaytest.Diff(s[0], s[to])
		return replaytest.DIRT(dirty, sequence, kind, bins, pages)
	}
	badSum := bytes.Clone(dirty)
	badSum[508]++
	tornPage := dirt(138, 1, 2)
	at := bytes.LastIndex(tornPage, []byte("hbin"))
	tornPage[at]++
	for _, c := range []struct {
		name    string
		hive    []byte
		logs    [][]byte
		want    int
		applied []applied
		refused []refused
	}{
		{"Vista", dirty, [][]byte{dirt(138, 1, 2)}, 2, []applied{{"LOG1", 138, 138}}, nil},
		{"grown", dirty, [][]byte{dirt(138, 1, 3)}, 3, []applied{{"LOG1", 138, 138}}, nil},
		{"XP", dirty, [][]byte{dirt(137, 1, 2)}, 2, []applied{{"LOG1", 137, 137}}, nil},
		{"Windows 2000", dirty, [][]byte{dirt(137, 2, 2)}, 2, []applied{{"LOG1", 137, 137}}, nil},
		{"the later of two", dirty, [][]byte{dirt(138, 1, 1), dirt(139, 1, 2)}, 2, []applied{{"LOG2", 139, 139}}, []refused{{"LOG1", Superseded}}},
		{"the later of two is torn", dirty, [][]byte{dirt(138, 1, 1), dirt(139, 1, 2)[:3000]}, 1, []applied{{"LOG1", 138, 138}}, []refused{{"LOG2", Torn}}},
		{"other time", replaytest.At(dirty, written.Add(time.Second)), [][]byte{dirt(138, 1, 2)}, 0, nil, []refused{{"LOG1", Stale}}},
		{"older number", dirty, [][]byte{dirt(136, 1, 2)}, 0, nil, []refused{{"LOG1", Stale}}},
		{"clean", replaytest.At(s[0], written), [][]byte{dirt(138, 1, 2)}, 0, nil, []refused{{"LOG1", NotNeeded}}},
		{"cut in the vector", dirty, [][]byte{dirt(138, 1, 2)[:516]}, 0, nil, []refused{{"LOG1", Torn}}},
		{"cut in the pages", dirty, [][]byte{dirt(138, 1, 2)[:3000]}, 0, nil, []refused{{"LOG1", Torn}}},
		{"bin torn", dirty, [][]byte{tornPage}, 0, nil, []refused{{"LOG1", Torn}}},
		{"no page", dirty, [][]byte{replaytest.DIRT(dirty, 138, 1, int(le.Uint32(dirty[40:])), nil)}, 0, nil, []refused{{"LOG1", Empty}}},
		{"empty vector", dirty, [][]byte{dirt(138, 1, 2)[:512]}, 0, nil, []refused{{"LOG1", Empty}}},
		{"base block's checksum, other time", badSum, [][]byte{dirt(138, 1, 2)}, 0, nil, []refused{{"LOG1", Stale}}},
		{"newer format beside it", dirty, [][]byte{dirt(138, 1, 2), replaytest.HvLE(dirty, replaytest.Between(138, s[0], s[1]))}, 1,
			[]applied{{"LOG2", 138, 138}}, []refused{{"LOG1", Superseded}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var logs []Log
			for i, b := range c.logs {
				logs = append(logs, log(fmt.Sprintf("LOG%d", i+1), b))
			}
			o, r, err := Apply(bytes.NewReader(c.hive), int64(len(c.hive)), logs...)
			a, f := summary(r)
			if err != nil || !slices.Equal(a, c.applied) || !slices.Equal(f, c.refused) {
				t.Errorf("applied %v, refused %v, %v", a, r.Refused, err)
			}
			got := read(t, o)
			if c.applied == nil {
				if !bytes.Equal(got, c.hive) {
					t.Error("nothing was applied, and the hive is another")
				}
				return
			}
			if !bytes.Equal(bins(got), bins(s[c.want])) || users(t, got) != users(t, s[c.want]) {
				t.Errorf("the bins are not those of the newer state: %s", users(t, got))
			}
		})
	}
}

// TestBaseFromDIRT: where the hive's base block is wrong, the time of its first
// bin tells whether the log is its own.
func TestBaseFromDIRT(t *testing.T) {
	s := states()
	pages, length := replaytest.Diff(s[0], s[1])
	for _, c := range []struct {
		written time.Time // of the log; the first bin has no time
		state   State
	}{{time.Time{}, Replayed}, {host.Time, Unreplayed}} {
		b := replaytest.Numbered(s[0], 138, 137)
		if !c.written.IsZero() {
			b = replaytest.At(b, c.written)
		}
		l := replaytest.DIRT(b, 138, 1, length, pages)
		b[508]++
		_, r, err := Apply(bytes.NewReader(b), int64(len(b)), log("SAM.LOG", l))
		if err != nil || r.State != c.state || (r.BaseFrom == "SAM.LOG") != (c.state == Replayed) {
			t.Errorf("%v: %+v, %v", c.written, r, err)
		}
	}
}

func TestApplyErrors(t *testing.T) {
	s := states()
	l := replaytest.HvLE(s[0], replaytest.Between(138, s[0], s[1]))
	for _, c := range []struct {
		name string
		hive []byte
		kind artifacts.Kind
	}{
		{"nothing", nil, artifacts.Truncated}, {"cut", s[0][:4000], artifacts.Truncated},
		{"a log", append(bytes.Clone(l), make([]byte, 8192)...), artifacts.Malformed}, {"zeros", make([]byte, 8192), artifacts.Malformed},
	} {
		o, r, err := Apply(bytes.NewReader(c.hive), int64(len(c.hive)), log("SAM.LOG1", l))
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != c.kind || r.State != Unreplayed || o.Size() != int64(len(c.hive)) {
			t.Errorf("%s: %v, %+v", c.name, err, r)
		}
	}
	_, r, err := Apply(bytes.NewReader(replaytest.Numbered(s[0], 138, 137)), int64(len(s[0])), Log{"SAM.LOG1", bytes.NewReader(nil), 4096})
	if _, f := summary(r); err != nil || !slices.Equal(f, []refused{{"SAM.LOG1", Unreadable}}) {
		t.Errorf("a log that cannot be read: %v, %v", r.Refused, err)
	}
	_, r, _ = Apply(bytes.NewReader(replaytest.Numbered(s[0], 138, 137)), int64(len(s[0])), slices.Repeat([]Log{log("x", nil)}, 10)...)
	if len(r.Refused) != 10 || r.Refused[9].Reason != Limit {
		t.Errorf("ten logs: %v", r.Refused)
	}
}

func TestOverlayReads(t *testing.T) {
	s := states()
	b := replaytest.Numbered(s[0], 138, 137)
	o, _, err := Apply(bytes.NewReader(b), int64(len(b)), log("SAM.LOG1", replaytest.HvLE(b, replaytest.Between(138, s[0], s[3]))))
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, o)
	for _, offset := range []int64{0, 1, 511, 512, 4095, 4096, 5000, o.Size() - 700, o.Size() - 1} {
		for _, n := range []int{0, 1, 300, 512, 600, 5000} {
			p := make([]byte, n)
			got, err := o.ReadAt(p, offset)
			want := int(min(int64(n), o.Size()-offset))
			if got != want || (err == io.EOF) != (got < n) || !bytes.Equal(p[:got], whole[offset:][:want]) {
				t.Errorf("%d bytes at %d: %d, %v", n, offset, got, err)
			}
		}
	}
	if _, err := o.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("a negative offset was read")
	}
	if n, err := o.ReadAt(make([]byte, 1), o.Size()); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
}

// TestMarvin compares with values that others published: those of .NET's own
// tests, and of the registry's seed.
func TestMarvin(t *testing.T) {
	const dotNet = 0x004FB61A001BDBCC
	for _, c := range []struct {
		text string
		seed uint64
		want uint64
	}{
		{"\xaf", dotNet, 0x48E73FC77D75DDC1}, {"\xe7\x0f", dotNet, 0xB5F6E1FC485DBFF8}, {"\x37\xf4\x95", dotNet, 0xF0B07C789B8CF7E8},
		{"\x15\x3f\xb7\x98\x26", dotNet, 0xE6C08C6DA2AFA997}, {"\xab\x42\x7e\xa8\xd1\x0f\xc7", dotNet, 0xE11847E4F0678C41},
		{"", seed, 0xb39efca403966e08}, {"a", seed, 0x21a013c726f292f4}, {"ab", seed, 0x7911da00317285f8},
		{"abc", seed, 0xb9cf3dfca41914f7}, {"abcd", seed, 0x20094fb11a6cd086}, {"abcdefg", seed, 0x0c00597ac6bf45f2},
	} {
		if got := marvin32([]byte(c.text), c.seed); got != c.want {
			t.Errorf("%x: %#x, want %#x", c.text, got, c.want)
		}
	}
}

func TestHiveOf(t *testing.T) {
	for name, want := range map[string]string{"SAM.LOG": "SAM", "SYSTEM.LOG1": "SYSTEM", "ntuser.dat.log2": "ntuser.dat",
		"SAM": "", "SAM.LOG3": "", ".LOG1": "", "SAM.txt": "", "": ""} {
		if got, ok := HiveOf(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", name, got, ok)
		}
	}
}

func TestBecause(t *testing.T) {
	s := states()
	dirty := replaytest.Numbered(s[0], 138, 137)
	e := replaytest.Between(200, s[0], s[1])
	for _, c := range []struct {
		hive []byte
		logs []Log
		want []string
	}{
		{s[0], []Log{log("SAM.LOG1", replaytest.HvLE(s[0], e))}, nil},
		{dirty, []Log{log("SAM.LOG1", nil)}, []string{"dirty: sequence numbers 138 and 137, and no log could be applied: the newest changes are missing"}},
		{dirty, []Log{log("SAM.LOG1", replaytest.HvLE(s[0], e)), log("SAM.LOG2", []byte("text"))}, []string{
			"replayed from SAM.LOG1 (HvLE): 1 entries, 200 to 200; 2 pages, 8192 bytes",
			"the changes from 137 to 199 are in no log: Windows had written them to the hive already, or they are lost",
			"not replayed: SAM.LOG2 at offset 0: not a log: it does not begin with the base block of a transaction log"}},
	} {
		_, r, _ := Apply(bytes.NewReader(c.hive), int64(len(c.hive)), c.logs...)
		if got := r.Because(); !slices.Equal(got, c.want) {
			t.Errorf("%q", got)
		}
	}
}

// TestOracles has independent programs read what replay makes of dirty hives.
func TestOracles(t *testing.T) {
	for _, tool := range []string{"reglookup", "hivexml"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: replayed hives were not checked by an independent program", tool)
		}
	}
	s := states()
	dirty := replaytest.At(replaytest.Numbered(s[0], 138, 137), host.Time)
	pages, length := replaytest.Diff(s[0], s[3])
	for name, l := range map[string][]byte{
		"HvLE": replaytest.HvLE(dirty, replaytest.Between(138, s[0], s[2]), replaytest.Between(139, s[2], s[3])),
		"DIRT": replaytest.DIRT(dirty, 138, 1, length, pages),
	} {
		o, _, err := Apply(bytes.NewReader(dirty), int64(len(dirty)), log("SAM.LOG1", l))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "SAM")
		if err := os.WriteFile(path, read(t, o), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := exec.Command("reglookup", path).CombinedOutput()
		if err != nil || bytes.Contains(list, []byte("WARN")) || bytes.Contains(list, []byte("ERROR")) || !bytes.Contains(list, []byte("Names/batch39,")) {
			t.Errorf("%s: reglookup: %v\n%s", name, err, list)
		}
		xml, err := exec.Command("hivexml", path).CombinedOutput()
		if err != nil || !bytes.Contains(xml, []byte(`name="batch39"`)) {
			t.Errorf("%s: hivexml: %v", name, err)
		}
	}
}
