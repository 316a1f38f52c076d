package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hivetriage/testdata/corpora"
)

// fromCorpora are the real files beside the project and what becomes of them:
// how many streams are met, or the words that refuse them. A count is checked
// against another program where there is one.
var fromCorpora = []struct {
	file, kind string
	volumes    int
	streams    int64
	refused    string
	oracle     func(t *testing.T, path string) int64
}{
	{"images/image-split.E01", "", 0, 0, `ewf/mbr:1: .*no file system \(type Linux\)`, nil},
	{"images/image-split.E02", "", 0, 0, `ewf/mbr:1: .*no file system \(type Linux\)`, nil},
	{"images/image.vhd", "", 0, 0, `vhd: .*ext2/3/4 is not read .*--path`, nil},
	{"images/image.vmdk", "", 0, 0, `vmdk: .*ext2/3/4 is not read .*--path`, nil},
	{"images/test.ntfs.dd.E01", "ewf", 1, 30, "", dataOfFls},
	{"images/vsstest.qcow2", "qcow2", 3, 80, "", nil}, // TestCorpus and TestLibvshadow of snapshot have vshadowinfo and vshadowmount
	{"collections/Collection-WIN-E5K9RC5GU23-2021-11-21T18_05_56-08_00.zip", "zip", 3, 16, "", filesOf7z},
	{"collections/import.zip", "zip", 2, 10, "", filesOf7z},
	{"machine/RathbunVM_W10EventLogs.7z", "7z", 1, 109, "", filesOf7z},
	{"json/positive/empire_shell_reg_dump_sam.zip", "zip", 1, 1, "", filesOf7z},
	{"json/positive/cmd_dumping_ntds_dit_file_volume_shadow_copy.zip", "zip", 1, 1, "", filesOf7z},
	{"json/lookalike/empire_ninjacopy_dumping_ntds_dit_file.zip", "zip", 1, 1, "", filesOf7z},
	{"json/lookalike/empire_persistence_registry_modification_run_keys_standard_user.zip", "zip", 1, 1, "", filesOf7z},
}

// dataOfFls counts the $DATA attributes that fls lists, and those of the four
// reserved records without a name, 12 to 15, which it does not.
func dataOfFls(t *testing.T, path string) int64 {
	out := listed(t, "fls", "-r", "-p", path)
	return int64(len(regexp.MustCompile(`(?m)^\S+ \d+-128-\d+:`).FindAllString(out, -1))) + 4
}

// filesOf7z is the number of files in the last line of 7z's list.
func filesOf7z(t *testing.T, path string) int64 {
	out := listed(t, "7z", "l", path)
	m := regexp.MustCompile(`(\d+) files(?:, \d+ folders)?\s*$`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("7z says %q", out)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listed is what a program prints, or skips.
func listed(t *testing.T, name string, args ...string) string {
	t.Helper()
	needs(t, name)
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// TestCorporaOpen triages every real image and collection: it opens, or it is
// refused by name, and what 7z and fls list is what the ledger has.
func TestCorporaOpen(t *testing.T) {
	dir := corpora.Path(t)
	known := map[string]bool{}
	for _, tt := range fromCorpora {
		known[tt.file] = true
		t.Run(tt.file, func(t *testing.T) {
			path := filepath.Join(dir, filepath.FromSlash(tt.file))
			var out, errs bytes.Buffer
			code := runAt(t.Context(), []string{"-q", "--json", "-", path}, &out, &errs, fixedClock)
			if tt.refused != "" {
				if code != exitUnusable || !regexp.MustCompile(tt.refused).MatchString(errs.String()) {
					t.Errorf("exit code %d: %s", code, errs.String())
				}
				return
			}
			var c collectedCase
			if err := json.Unmarshal(out.Bytes(), &c); err != nil {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			var streams, met int64
			for _, v := range c.Coverage.Volumes {
				streams += v.Tally.Streams
				met += v.Tally.Examined + v.Tally.Empty + v.Tally.Failed
			}
			if c.Inputs[0].Kind != tt.kind || len(c.Coverage.Volumes) != tt.volumes || streams != tt.streams || met != streams || c.Coverage.Totals.Streams != streams {
				t.Errorf("%s: %d volumes, %d streams, %d met, %d in the totals", c.Inputs[0].Kind, len(c.Coverage.Volumes), streams, met, c.Coverage.Totals.Streams)
			}
			if tt.oracle != nil {
				if want := tt.oracle(t, path); streams != want {
					t.Errorf("%d streams, the other program lists %d", streams, want)
				}
			}
		})
	}
	for _, kind := range []string{"images", "collections"} {
		files, err := os.ReadDir(filepath.Join(dir, kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if name := strings.Join([]string{kind, f.Name()}, "/"); !known[name] {
				t.Errorf("%s is in no row", name)
			}
		}
	}
}
