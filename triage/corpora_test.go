package triage

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hivetriage/testdata/corpora"
	"hivetriage/triage/correlate"
)

// triageFile runs a whole triage of one input.
func triageFile(t *testing.T, path string) *Case {
	t.Helper()
	c, err := Run(context.Background(), Config{Inputs: []Input{{Path: path}}, Workers: 2, Window: 48 * time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// expected reads the rows of EXPECTED.tsv as maps from column to value.
func expected(t *testing.T) (rows []map[string]string) {
	t.Helper()
	data := corpora.Read(t, "EXPECTED.tsv")
	var columns []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if columns == nil {
			columns = fields
			continue
		}
		row := map[string]string{}
		for i, column := range columns {
			row[column] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestRealLogs holds the cases of real logs against what is known of them:
// every row is found with its record, and no look-alike is an export.
func TestRealLogs(t *testing.T) {
	cases := map[string]*Case{}
	found, shared, other, benign := 0, 0, 0, 0
	for _, row := range expected(t) {
		file := row["file"]
		if !strings.HasPrefix(file, "evtx/") {
			continue
		}
		if cases[file] == nil {
			cases[file] = triageFile(t, corpora.Path(t, file))
		}
		switch {
		case row["verdict"] == "BENIGN-LOOKALIKE":
			benign++
			for _, r := range cases[file].Records {
				if r.Assessment != "benign" && strconv.FormatUint(r.From.RecordID, 10) == row["record_id"] {
					t.Errorf("%s record %s is called %s", file, row["record_id"], r.Assessment)
				}
			}
		case strings.Contains(row["command_or_target"], "reg save") || strings.Contains(row["command_or_target"], "reg  save"):
			found++
			checkRow(t, cases[file], row)
		case row["event_id"] == "5145":
			shared++
			checkShare(t, cases[file], row)
		default:
			other++
			checkHives(t, cases[file], row)
		}
	}
	if found != 6 || shared != 4 || other != 3 || benign != 4 {
		t.Errorf("%d rows of reg.exe, %d of shares, %d others and %d look-alikes were compared, want 6, 4, 3 and 4", found, shared, other, benign)
	}
}

// recordOf finds the record of a row.
func recordOf(t *testing.T, c *Case, row map[string]string) (r correlate.Record, ok bool) {
	t.Helper()
	i := slices.IndexFunc(c.Records, func(r correlate.Record) bool { return strconv.FormatUint(r.From.RecordID, 10) == row["record_id"] })
	if i < 0 {
		t.Errorf("%s record %s was not found", row["file"], row["record_id"])
		return r, false
	}
	return c.Records[i], true
}

// checkShare holds the record of a file that was fetched over a share against
// its row.
func checkShare(t *testing.T, c *Case, row map[string]string) {
	t.Helper()
	r, ok := recordOf(t, c, row)
	if !ok {
		return
	}
	parts := strings.Split(row["command_or_target"], "|")
	technique, second, _ := strings.Cut(row["technique"], "/") // T1003.002/.004: the record has the first, its act both
	if !slices.Contains(c.Acts[0].Attack, "T1003"+second) {
		t.Errorf("the act shows %q", c.Acts[0].Attack)
	}
	got := []string{r.Kind, r.Assessment, r.Host, r.User.Domain + `\` + r.User.Name, r.Time.Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z"),
		r.From.EventCode, r.From.Channel, r.File, "from " + r.Address, r.Technique, r.Destination}
	want := []string{"share", "export", row["host"], row["user"], row["time_utc"], row["event_id"], row["channel"], parts[0] + `\` + parts[1], parts[2], technique,
		`C:\Windows\` + row["output_path"]}
	if !slices.Equal(got, want) {
		t.Errorf("%s record %s\n got %q\nwant %q", row["file"], row["record_id"], got, want)
	}
	if !r.OneOf || !slices.Equal(r.Hives, []string{"SAM", "SECURITY"}) || row["hives"] != "SAM or SECURITY (unknown which)" {
		t.Errorf("record %s: hives %q, want %s", row["record_id"], r.Hives, row["hives"])
	}
}

// checkHives holds the record of another tool's command against its row.
func checkHives(t *testing.T, c *Case, row map[string]string) {
	t.Helper()
	r, ok := recordOf(t, c, row)
	if !ok {
		return
	}
	want := strings.Split(row["hives"], ",")
	slices.Sort(want)
	if !slices.Equal(r.Hives, want) || r.Destination != row["output_path"] || r.Technique != row["technique"] || r.Assessment != "export" && r.Assessment != "attempt" ||
		r.Time.Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z") != row["time_utc"] {
		t.Errorf("%s record %s: %s %s of %q to %q at %s, want %v", row["file"], row["record_id"], r.Assessment, r.Technique, r.Hives, r.Destination, r.Time, row)
	}
}

func checkRow(t *testing.T, c *Case, row map[string]string) {
	t.Helper()
	r, ok := recordOf(t, c, row)
	if !ok {
		return
	}
	got := []string{r.Assessment, r.Host, r.User.Domain + `\` + r.User.Name, r.Time.Format("2006-01-02T15:04:05.000Z"),
		r.From.EventCode, r.Process.Executable, r.Process.CommandLine, strings.Join(r.Hives, ","), r.Commands[0].Destination, r.From.Channel, r.Technique}
	want := []string{"export", row["host"], row["user"], row["time_utc"], row["event_id"], row["image"], row["command_or_target"], row["hives"],
		row["output_path"], row["channel"], row["technique"]}
	if !slices.Equal(got, want) {
		t.Errorf("%s record %s\n got %q\nwant %q", row["file"], row["record_id"], got, want)
	}
	for _, m := range r.Rules {
		if len(m.Because) == 0 {
			t.Errorf("rule %s %s says nothing of its conditions", m.Name, m.Version)
		}
	}
}

// TestNegativeLogs: nothing in logs without a hive export is called one.
func TestNegativeLogs(t *testing.T) {
	corpora.Path(t, "evtx/negative")
	files := corpora.Glob(t, "evtx/negative/*.evtx")
	read := 0
	for _, file := range files {
		c := triageFile(t, file)
		if c.Found() || c.Verdict != "none" {
			t.Errorf("%s: verdict %s, %d exports, %d records", file, c.Verdict, len(c.Exports), len(c.Records))
		}
		if c.Complete {
			t.Errorf("%s: one log is called complete coverage of a machine", file)
		}
		read += int(c.Coverage.Totals.Read)
	}
	if read != len(files) {
		t.Errorf("%d of %d logs were read in full", read, len(files))
	}
}

// TestRealHives: hives that were given as files are listed where they are
// credential hives, and only then.
func TestRealHives(t *testing.T) {
	want := map[string]string{"EZ_SAM": "SAM", "EZ_SAM_XP": "SAM", "EZ_SAM_badchecksum": "SAM", "EZ_SECURITY_dirty": "SECURITY",
		"EZ_SECURITY_offreg": "" /* a phone's settings under that name */, "velociraptor_SAM": "SAM", "regipy_SYSTEM_2": "SYSTEM", "issue22.hive": "", "100_sub_keys.hiv": "",
		"ntuser_software_partial": "", "velociraptor_Amcache.hve": "", "regparser_NTUSER.DAT": ""}
	dir := corpora.Path(t, "hives")
	c := triageFile(t, dir)
	got := map[string]string{}
	for _, e := range c.Exports {
		got[filepath.Base(e.At.Path)] = e.Hive
		if e.SHA256 == "" || e.ID == "" || len(e.IdentifiedBy) == 0 {
			t.Errorf("%s: incomplete finding %+v", e.At.Path, e)
		}
	}
	for name, hive := range want {
		if got[name] != hive {
			t.Errorf("%s is called %q, want %q", name, got[name], hive)
		}
	}
	if c.Coverage.Totals.Wanted != int64(len(want)) {
		t.Errorf("%d hives were wanted, want %d", c.Coverage.Totals.Wanted, len(want))
	}
}
