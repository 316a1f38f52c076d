package triage

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hivetriage/testdata/corpora"
	"hivetriage/triage/correlate"
)

// TestRealJSONLogs holds the cases of real JSON logs against what is known of
// them: every export is found at its true time, and no look-alike is one.
func TestRealJSONLogs(t *testing.T) {
	cases := map[string]*Case{}
	found, benign := 0, 0
	for _, row := range expected(t) {
		file := row["file"]
		if !strings.HasPrefix(file, "json/") {
			continue
		}
		if cases[file] == nil {
			cases[file] = triageFile(t, corpora.Path(t, file))
		}
		if row["verdict"] == "BENIGN-LOOKALIKE" {
			benign++
			for _, r := range cases[file].Records {
				if r.Assessment != "benign" && strconv.FormatUint(r.From.RecordID, 10) == row["record_id"] {
					t.Errorf("%s record %s is called %s", file, row["record_id"], r.Assessment)
				}
			}
			continue
		}
		found++
		checkJSONRow(t, cases[file], row)
	}
	if found != 5 || benign != 30 || len(cases) != 3 {
		t.Errorf("%d exports and %d look-alikes of %d logs were compared, want 5 and 30 of 3", found, benign, len(cases))
	}
	for file, c := range cases {
		lookalike := strings.Contains(file, "lookalike")
		if c.Found() == lookalike || lookalike && c.Verdict != "none" {
			t.Errorf("%s: verdict %s, %d records", file, c.Verdict, len(c.Records))
		}
		if c.Coverage.Totals.Read != 1 || c.Coverage.Totals.Wanted != 1 {
			t.Errorf("%s: %+v", file, c.Coverage.Totals)
		}
	}
}

func checkJSONRow(t *testing.T, c *Case, row map[string]string) {
	t.Helper()
	i := slices.IndexFunc(c.Records, func(r correlate.Record) bool {
		return r.From.EventCode == row["event_id"] && r.Assessment == "export" && (row["record_id"] == "" || strconv.FormatUint(r.From.RecordID, 10) == row["record_id"])
	})
	if i < 0 {
		t.Errorf("%s event %s, record %q was not found", row["file"], row["event_id"], row["record_id"])
		return
	}
	r := c.Records[i]
	what, destination, user := r.Process.CommandLine, "", r.User.Domain+`\`+r.User.Name
	if r.Kind == "file" {
		what, destination = r.File, r.File
		if user == `\` { // old versions of Sysmon do not say who made a file; the row names the account that Sysmon runs as
			user = row["user"]
		}
	} else {
		destination = r.Commands[0].Destination
	}
	got := []string{r.Host, user, r.Time.Format("2006-01-02T15:04:05.000Z"), strings.ToLower(r.Process.Executable), what, strings.Join(r.Hives, ","), destination,
		r.From.Channel, r.Technique}
	want := []string{row["host"], row["user"], row["time_utc"], strings.ToLower(row["image"]), row["command_or_target"], row["hives"], row["output_path"],
		row["channel"], row["technique"]}
	if !slices.Equal(got, want) {
		t.Errorf("%s event %s\n got %q\nwant %q", row["file"], row["event_id"], got, want)
	}
	if !slices.ContainsFunc(r.Because, func(s string) bool { return strings.HasPrefix(s, "time: ") && strings.Contains(s, "put forward by") }) {
		t.Errorf("%s event %s does not say how its time was found: %q", row["file"], row["event_id"], r.Because)
	}
}

// TestSameActInJSON: an act that an EVTX file tells is the same act when its
// records were shipped as ECS documents, packed or not.
func TestSameActInJSON(t *testing.T) {
	rows := expected(t)
	document := corpora.Path(t, "ecs/derived_winlogbeat_Panache_AtomicRedTeam_chunks_a.ndjson")
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r map[string]string) bool {
		return strings.HasPrefix(r["file"], "evtx/positive/Panache") && strings.Contains(strings.TrimSuffix(r["file"], ".evtx"), "chunks_a")
	})
	if i < 0 {
		t.Fatal("the log that the documents were made of has no rows")
	}
	told := tellings(triageFile(t, corpora.Path(t, rows[i]["file"])))
	if len(told) != 6 {
		t.Fatalf("the EVTX file tells of %d commands, want 6", len(told))
	}
	late := slices.Concat([]byte(`{"message":"`+strings.Repeat("x", 900)+`",`), data[1:])
	lines := bytes.Split(bytes.TrimSpace(data), []byte{'\n'})
	for name, content := range map[string][]byte{
		"log.ndjson":   data,
		"log.json.gz":  gzipped(t, data),
		"late.json":    late,
		"late.json.gz": gzipped(t, late),
		"array.json":   slices.Concat([]byte{'['}, bytes.Join(lines, []byte{','}), []byte{']'}),
		"search.json":  slices.Concat([]byte(`{"took":3,"hits":{"hits":[{"_source":`), bytes.Join(lines, []byte(`},{"_source":`)), []byte(`}]}}`)),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, input := range []string{path, filepath.Dir(path)} {
			if got := tellings(triageFile(t, input)); !slices.Equal(got, told) {
				t.Errorf("%s\n got %q\nwant %q", input, got, told)
			}
		}
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// tellings are what records mean, without what only one form of log keeps.
func tellings(c *Case) (told []string) {
	for _, r := range c.Records {
		if r.Process == nil || r.Assessment == "benign" || r.Kind != "process" {
			continue
		}
		told = append(told, strings.Join([]string{r.Time.Format("2006-01-02T15:04:05.000"), r.Host, r.User.Domain, r.User.Name, r.Process.Executable, r.Process.CommandLine,
			r.Process.EntityID, strings.Join(r.Hives, ","), r.Destination, r.Technique, r.Assessment, r.From.EventCode, strconv.FormatUint(r.From.RecordID, 10)}, "|"))
	}
	slices.Sort(told)
	return told
}
