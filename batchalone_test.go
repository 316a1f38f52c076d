package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hivetriage/testdata/scene"
)

// An aloneCase is what the case of one input of a batch says.
type aloneCase struct {
	code  int
	Hosts []struct {
		Name string
		SID  string `json:"machine_sid"`
	}
	Inputs  []struct{ Collector string }
	Exports []struct {
		SHA256 string
		Hive   string
		At     struct{ Path, Member string }
		Owner  struct{ Host string } `json:"belongs_to"`
	}
	Acts []struct {
		Start, End time.Time
		Verdict    string
		Hives      []string
		Actor      struct{ Name, Domain string }
		Session    struct {
			Logon struct {
				Source string `json:"source_ip"`
			}
		}
	}
	Exposure  []struct{ Host, Kind, Name, SID string }
	footprint struct {
		Hosts []struct {
			Name      string
			Addresses []struct{ Address string }
		}
		Logons []struct {
			Outcome, Address string
			Account          struct{ Name, Domain string }
			Type             uint32
			Local            bool
			First, Last      time.Time
		}
		Programs []struct {
			Path   string
			SHA256 string
		}
		Mounts []struct{ Name, Signature string }
		Disks  []struct {
			Volume, Signature string
			System            bool
		}
		Usable struct {
			CommandLines struct {
				Told bool
				From time.Time
			} `json:"command_lines"`
		}
	}
}

// aBatch is the smallest batch and what each of its inputs tells alone, by the
// input's name. The images of one folder are one input, by the folder's name.
var aBatch = sync.OnceValues(func() (scene.BatchManifest, map[string]*aloneCase) {
	dir, err := os.MkdirTemp("", "batch")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) // a folder of the system's own for such
	m, err := scene.WriteBatch(dir, 20)
	if err != nil {
		panic(err)
	}
	cases := map[string]*aloneCase{}
	names := []string{"images"}
	for _, f := range m.Failures {
		names = append(names, f.File)
	}
	for _, c := range m.Collections {
		if !strings.HasPrefix(c.File, "images/") && !slices.Contains(names, c.File) {
			names = append(names, c.File)
		}
	}
	for _, name := range names {
		cases[name] = alone(filepath.Join(dir, name))
	}
	return m, cases
})

// alone is the case of one input.
func alone(input string) *aloneCase {
	c := &aloneCase{}
	footprint := input + ".footprint"
	defer os.Remove(footprint) // there is none where the input could not be opened
	var out, errs bytes.Buffer
	c.code = runAt(context.Background(), []string{"-q", "--json", "-", "--footprint", footprint, input}, &out, &errs, fixedClock)
	if c.code == exitUnusable {
		return c
	}
	if err := json.Unmarshal(out.Bytes(), c); err != nil {
		panic(fmt.Sprintf("%s: %v: %s", input, err, errs.String()))
	}
	data, err := os.ReadFile(footprint)
	if err == nil {
		err = json.Unmarshal(data, &c.footprint)
	}
	if err != nil {
		panic(fmt.Sprintf("%s: %v", input, err))
	}
	return c
}

// of is the case of the input that tells of a host, the first where it is two.
func of(m scene.BatchManifest, cases map[string]*aloneCase, host string) *aloneCase {
	for _, c := range m.Collections {
		if c.Host == host {
			if strings.HasPrefix(c.File, "images/") {
				return cases["images"]
			}
			return cases[c.File]
		}
	}
	return nil
}

// TestBatchAlone triages each input of a batch by itself: the host and the
// copies are those of the manifest, and what cannot be read is told.
func TestBatchAlone(t *testing.T) {
	m, cases := aBatch()
	failing := map[string]scene.BatchFailure{}
	for _, f := range m.Failures {
		failing[f.File] = f
		c, want := cases[f.File], exitIncomplete
		if f.Kind == "empty" {
			want = exitUnusable
		}
		if c.code != want {
			t.Errorf("%s, %s: exit code %d, want %d", f.File, f.Kind, c.code, want)
		}
		if named := len(c.Hosts) == 1 && c.Hosts[0].Name == f.Host; named != (f.Host != "") {
			t.Errorf("%s, %s: hosts %+v, want %q", f.File, f.Kind, c.Hosts, f.Host)
		}
	}
	found := 0
	for _, b := range m.Collections {
		if failing[b.File].Kind != "" || strings.HasPrefix(b.File, "images/") {
			continue
		}
		c := cases[b.File]
		if len(c.Hosts) != 1 || c.Hosts[0].Name != b.Host || c.Hosts[0].SID != b.SID || len(c.Inputs) != 1 || c.Inputs[0].Collector != b.Collector {
			t.Errorf("%s: hosts %+v, inputs %+v, want %s %s by %s", b.File, c.Hosts, c.Inputs, b.Host, b.SID, b.Collector)
		}
		var got, want []string
		for _, e := range c.Exports {
			got = append(got, e.At.Path+"!"+e.At.Member+" "+e.Hive+" "+e.SHA256)
		}
		for _, p := range b.Exports {
			want = append(want, p.Path+"!"+p.Member+" "+p.Hive+" "+p.SHA256)
		}
		slices.Sort(got)
		slices.Sort(want)
		if found += len(got); !slices.Equal(got, want) {
			t.Errorf("%s: exports %q, planted %q", b.File, got, want)
		}
		if code := exitOf(m, b); c.code != code {
			t.Errorf("%s: exit code %d, want %d", b.File, c.code, code)
		}
		for _, h := range c.footprint.Hosts {
			for _, a := range h.Addresses {
				if !slices.Contains(b.Addresses, a.Address) {
					t.Errorf("%s: the address %s, of %q", b.File, a.Address, b.Addresses)
				}
			}
		}
	}
	if found != 28 {
		t.Errorf("%d exports", found)
	}
}

// exitOf is the exit code of a collection that can be read: a log that is not
// there or was cleared is a gap, one that begins late is a limit.
func exitOf(m scene.BatchManifest, b scene.BatchCollection) int {
	if len(b.Exports) > 0 || slices.ContainsFunc(m.Remote, func(r scene.BatchRemote) bool { return r.To == b.Host }) {
		return exitFound
	}
	if slices.ContainsFunc(m.NoLogs, func(n scene.BatchNoLogs) bool { return n.Host == b.Host && n.Why != "begins after the acts" }) {
		return exitIncomplete
	}
	return exitClean
}

// TestBatchActs expects the acts of the manifest, and no others, where they
// were recorded: a remote one at both of its ends.
func TestBatchActs(t *testing.T) {
	m, cases := aBatch()
	remote := map[string]scene.BatchRemote{}
	for _, r := range m.Remote {
		remote[r.To] = r
	}
	told := map[*aloneCase]int{}
	for _, a := range m.Acts {
		expect := func(host string, at time.Time, hives []string, source string) {
			c := of(m, cases, host)
			told[c]++
			for _, got := range c.Acts {
				if !got.Start.Equal(at) {
					continue
				}
				if actor := got.Actor.Domain + `\` + got.Actor.Name; actor != a.Actor || got.Session.Logon.Source != source || !slices.Equal(got.Hives, hives) || (got.Verdict == "explained") != a.Explained {
					t.Errorf("%s: act %+v, want %+v", host, got, a)
				}
				return
			}
			t.Errorf("%s: no act begins at %s: %+v", host, at, c.Acts)
		}
		if r, ok := remote[a.Host]; ok {
			expect(r.From, a.At, a.Hives, "10.20.31.11")
			expect(r.To, r.Opened.Add(2*time.Second), r.Told, a.Source)
			continue
		}
		expect(a.Host, a.At, a.Hives, a.Source)
	}
	for name, c := range cases {
		if len(c.Acts) != told[c] {
			t.Errorf("%s: %d acts, %d are planted", name, len(c.Acts), told[c])
		}
	}
}

// TestBatchExposed expects of the cases together the accounts of the manifest.
func TestBatchExposed(t *testing.T) {
	m, cases := aBatch()
	kinds := map[string]string{"local account": "local", "machine account": "computer", "service account": "service", "cached logon": "domain"}
	got, want := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		for _, r := range c.Exposure {
			kind, name := kinds[r.Kind], r.Name
			switch {
			case kind == "" || kind == "local" && name != "Administrator":
				continue // others that every host has
			case kind == "domain":
				name = r.SID // the name is often not known
			case kind == "service":
				name, _, _ = strings.Cut(name, " (")
			}
			got[kind+" "+name+" of "+r.Host] = true
		}
	}
	for _, e := range m.Exposed {
		name := e.Account
		if e.Kind == "domain" {
			name = e.SID
		}
		for _, host := range e.Hosts {
			want[e.Kind+" "+name+" of "+host] = true
		}
	}
	for name := range want {
		if !got[name] {
			t.Errorf("not told: %s", name)
		}
	}
	for name := range got {
		if !want[name] {
			t.Errorf("not planted: %s", name)
		}
	}
	for _, f := range m.Foreign {
		c := of(m, cases, f.On)
		if !slices.ContainsFunc(c.Exports, func(e struct {
			SHA256 string
			Hive   string
			At     struct{ Path, Member string }
			Owner  struct{ Host string } `json:"belongs_to"`
		}) bool {
			return e.At.Path == f.Path && e.SHA256 == f.SHA256 && e.Owner.Host == f.From
		}) {
			t.Errorf("no copy of %s at %s", f.From, f.Path)
		}
	}
}

// TestBatchLogons expects the logons of the manifest in what each host tells
// others, and that those with exposed accounts are the first from there.
func TestBatchLogons(t *testing.T) {
	m, cases := aBatch()
	logons := 0
	for _, l := range slices.Concat(m.Logons, m.Ordinary) {
		for _, got := range of(m, cases, l.To).footprint.Logons {
			if got.Outcome == "success" && got.Account.Domain+`\`+got.Account.Name == l.Account && got.Type == l.Type && (got.Address == l.Address || got.Local && l.Address == "127.0.0.1") &&
				!l.At.Before(got.First) && !l.At.After(got.Last) {
				logons++
				if first := got.First.Equal(l.At); l.From != "" && !first {
					t.Errorf("%+v is not the first from there: %+v", l, got)
				}
				break
			}
		}
	}
	if logons != len(m.Logons)+len(m.Ordinary) || logons == 0 {
		t.Errorf("%d of %d logons are told", logons, len(m.Logons)+len(m.Ordinary))
	}
}

// TestBatchFootprints expects there the rare program, how far the logs reach,
// and the disks.
func TestBatchFootprints(t *testing.T) {
	m, cases := aBatch()
	for _, p := range m.Programs {
		var ran []string
		for _, c := range cases {
			for _, got := range c.footprint.Programs {
				if strings.EqualFold(got.SHA256, p.SHA256) && strings.EqualFold(got.Path, p.Path) {
					ran = append(ran, c.Hosts[0].Name)
				}
			}
		}
		slices.Sort(ran)
		if want := slices.Sorted(slices.Values(p.Hosts)); !slices.Equal(slices.Compact(ran), want) {
			t.Errorf("%s ran on %q, want %q", p.Path, ran, want)
		}
	}
	for _, n := range m.NoLogs {
		got := of(m, cases, n.Host).footprint.Usable.CommandLines
		if got.Told != (n.Why != "absent") || got.Told && got.From.Before(n.Begins) {
			t.Errorf("%+v, told %+v", n, got)
		}
	}
	for _, d := range m.DataDisks {
		f := of(m, cases, d.Host).footprint
		signature := fmt.Sprintf("%08X", d.Signature)
		mounted, attached := false, 0
		for _, got := range f.Mounts {
			mounted = mounted || got.Name == d.Letter && got.Signature == signature
		}
		for _, got := range f.Disks {
			if got.Signature == signature && !got.System {
				attached++
			}
		}
		if !mounted || attached != 1 {
			t.Errorf("%+v: mounts %+v, disks %+v", d, f.Mounts, f.Disks)
		}
	}
}
