package hive

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/testdata/corpora"
)

// manifest returns what MANIFEST.tsv says of each hive: its columns
// "contains" and "expected".
func manifest(t *testing.T, dir string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); strings.HasPrefix(f[0], "hives/") {
			says[strings.TrimPrefix(f[0], "hives/")] = f[6] + "; " + f[7]
		}
	}
	return says
}

// realHives are the hives of the manifest: what it says and what that means.
var realHives = []struct {
	file, says   string
	kind         Kind
	method       string
	confidence   string
	keys, values int
	dirty        bool
	problem      artifacts.Kind // 0: none
	taken        string         // exact time
}{
	{"EZ_SAM", "raw copy/live hive", SAM, ByRawCopy, Likely, 68, 73, false, 0, ""},
	{"EZ_SAM_XP", "raw copy/live hive", SAM, ByRawCopy, Likely, 112, 128, false, 0, ""},
	{"EZ_SAM_badchecksum", "SAM with bad base-block checksum", SAM, ByRawCopy, Likely, 68, 73, false, artifacts.Checksum, ""},
	{"EZ_SECURITY_dirty", "SECURITY, dirty (seq 347/346); raw copy/live hive", Security, ByRawCopy, Likely, 242, 242, true, 0, ""},
	{"EZ_SECURITY_offreg", "offreg-made", Other, ByOffreg, Certain, 8, 2, false, 0, "2014-02-10T03:22:00.6164539Z"},
	{"velociraptor_SAM", "raw copy/live hive", SAM, ByRawCopy, Likely, 80, 98, false, 0, ""},
	{"regipy_SYSTEM_2", "raw copy/live hive", System, ByRawCopy, Likely, 20015, 49779, true, 0, ""},
	{"issue22.hive", "save form", Other, ByRegSaveKey, Certain, 1, 10, false, 0, "2016-01-02T00:41:15.8568957Z"},
	{"100_sub_keys.hiv", "class other", Other, ByRegSaveKey, Certain, 101, 100, false, 0, "2021-05-08T15:22:02.5223965Z"},
	{"ntuser_software_partial", "class other", Other, ByRegSaveKey, Certain, 6396, 19990, false, 0, "2020-03-22T08:33:05.4763566Z"},
	{"velociraptor_Amcache.hve", "class Amcache", Amcache, ByRawCopy, Likely, 122, 1843, true, 0, ""},
	{"regparser_NTUSER.DAT", "class NTUSER", NTUser, ByRawCopy, Likely, 1127, 5602, false, 0, ""},
}

// hasKind reports whether err is a problem of the kind; 0 stands for no error.
func hasKind(err error, kind artifacts.Kind) bool {
	var p *artifacts.Problem
	if errors.As(err, &p) {
		return p.Kind == kind
	}
	return err == nil && kind == 0
}

func TestRealHives(t *testing.T) {
	dir := corpora.Path(t)
	says := manifest(t, dir)
	if len(says) != len(realHives) {
		t.Errorf("the manifest has %d hives, this test %d", len(says), len(realHives))
	}
	ok, bad := 0, 0
	for _, c := range realHives {
		t.Run(c.file, func(t *testing.T) {
			for part := range strings.SplitSeq(c.says, "; ") {
				if !strings.Contains(says[c.file], part) {
					t.Errorf("the manifest says %q, not %q", says[c.file], part)
				}
			}
			data, err := os.ReadFile(filepath.Join(dir, "hives", c.file))
			if err != nil {
				t.Fatal(err)
			}
			r, size := bytes.NewReader(data), int64(len(data))
			id, err := Identify(r, size)
			if id.Kind != c.kind || id.Certainty != Certain || !hasKind(err, c.problem) || id.Base.Dirty() != c.dirty {
				t.Errorf("Identify: %s, %s, dirty %v, %v", id.Kind, id.Certainty, id.Base.Dirty(), err)
			}
			if id.Partial || id.Subkey != "" {
				t.Errorf("called a subkey save of %s", id.Subkey)
			}
			h, err := Read(r, size)
			if h == nil || !hasKind(err, c.problem) || !h.Sound() {
				t.Fatalf("Read: %v", err)
			}
			if h.Keys != c.keys || h.Values != c.values {
				t.Errorf("%d keys and %d values, want %d and %d", h.Keys, h.Values, c.keys, c.values)
			}
			method, confidence, because := Provenance(id, h, size)
			if method != c.method || confidence != c.confidence || len(because) == 0 {
				t.Errorf("Provenance: %s, %s, %q", method, confidence, because)
			}
			stamps, _ := Stamps(id, h, id.RootWritten.AddDate(1, 0, 0))
			exact, lower := "", 0
			for _, s := range stamps {
				if s.Bound == Exact {
					exact = s.Time.Format("2006-01-02T15:04:05.0000000Z07:00")
				} else {
					lower++
				}
			}
			if exact != c.taken || lower == 0 {
				t.Errorf("Stamps: %+v, want exactly %q", stamps, c.taken)
			}
			if err == nil {
				ok++
			} else {
				bad++
			}
		})
	}
	if ok != 11 || bad != 1 {
		t.Errorf("%d hives without and %d with a problem, want 11 and 1", ok, bad)
	}
}

// TestKeyCounts compares with independent programs.
func TestKeyCounts(t *testing.T) {
	dir := corpora.Path(t)
	for _, tool := range []struct {
		name, mark string
		refused    int // hives that the program does not read
	}{{"reglookup", ",KEY,,", 0}, {"hivexml", "<node ", 1}} {
		if _, err := exec.LookPath(tool.name); err != nil {
			t.Skipf("%s is not installed: keys were not counted by an independent program", tool.name)
		}
		refused := 0
		for _, c := range realHives {
			out, err := exec.Command(tool.name, filepath.Join(dir, "hives", c.file)).Output()
			if err != nil {
				refused++
				t.Logf("%s refuses %s: %v", tool.name, c.file, err)
				continue
			}
			if n := strings.Count(string(out), tool.mark); n != c.keys {
				t.Errorf("%s: %s counts %d keys, this package %d", c.file, tool.name, n, c.keys)
			}
		}
		if refused != tool.refused {
			t.Errorf("%s refuses %d hives, want %d", tool.name, refused, tool.refused)
		}
	}
}

func TestRealFacts(t *testing.T) {
	dir := corpora.Path(t)
	read := func(file string, kind Kind) HostFacts {
		data, err := os.ReadFile(filepath.Join(dir, "hives", file))
		if err != nil {
			t.Fatal(err)
		}
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		return Facts(h, kind)
	}
	sam, security, system := read("EZ_SAM", SAM), read("EZ_SECURITY_dirty", Security), read("regipy_SYSTEM_2", System)
	if sam.MachineSID == "" || sam.MachineSID != security.MachineSID {
		t.Errorf("SAM and SECURITY of one host have machine SIDs %q and %q", sam.MachineSID, security.MachineSID)
	}
	if security.ComputerName != "2JQQWP1" || security.Domain != "PRWUA" || !strings.HasPrefix(security.DomainSID, "S-1-5-21-727398572-") {
		t.Errorf("SECURITY: %+v", security)
	}
	if system.ComputerName != "SENSEI" || system.TimeZone != "Pacific Standard Time" || system.ProductType != "WinNT" ||
		system.TimeZoneBias == nil || *system.TimeZoneBias != 480 {
		t.Errorf("SYSTEM: %+v", system)
	}
}
