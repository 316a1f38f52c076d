package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage"
)

// readTable reads a CSV file back with the standard library.
func readTable(t *testing.T, f File, c *triage.Case) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(b.Bytes(), []byte("\xef\xbb\xbf")) {
		t.Errorf("%s begins with a byte order mark", f.Name)
	}
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != bytes.Count(b.Bytes(), []byte("\r\n")) {
		t.Errorf("%s has lines that do not end in CR LF", f.Name)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return rows
}

// TestTablesReadBack: every row of every list stands in its table, in cells
// that no spreadsheet computes.
func TestTablesReadBack(t *testing.T) {
	cases := checkedCases(t)
	for name, c := range cases {
		want := map[string]int{"exports.csv": len(c.Exports), "records.csv": len(c.Records), "timeline.csv": len(c.Timeline), "exposure.csv": len(c.Exposure),
			"executables.csv": len(c.Executables), "notices.csv": len(c.Notices), "coverage.csv": len(c.Coverage.Sources)}
		for _, f := range Tables() {
			rows := readTable(t, f, c)
			if n, known := want[f.Name]; !known || len(rows) != n+1 {
				t.Errorf("%s of %s has %d lines, want %d and a header", f.Name, name, len(rows), n)
			}
			delete(want, f.Name)
			for _, s := range slices.Concat(rows...) {
				if s != "" && strings.ContainsRune(formulas, []rune(strings.TrimLeft(s, " "))[0]) {
					t.Errorf("%s of %s: a spreadsheet would compute %.60q", f.Name, name, s)
				}
				if s != visible(s) {
					t.Errorf("%s of %s: %.60q has characters that cannot be seen", f.Name, name, s)
				}
			}
		}
		if len(want) > 0 {
			t.Errorf("%s: no table for %v", name, want)
		}
	}
}

// TestTableColumns: names differ, are those of a database, and an export's row
// says what the case says.
func TestTableColumns(t *testing.T) {
	c := confirmedCase()
	for _, f := range Tables() {
		header := readTable(t, f, c)[0]
		sorted := slices.Sorted(slices.Values(header))
		if len(slices.Compact(sorted)) != len(header) {
			t.Errorf("%s has two columns of one name: %v", f.Name, header)
		}
		for _, name := range header {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				t.Errorf("%s: the name %q", f.Name, name)
			}
		}
	}
	rows := readTable(t, Tables()[0], c)
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	for name, want := range map[string]string{"id": "exp-1", "acts": "act-1", "hive": "SAM", "state": "deleted", "deleted": "yes", "size": "65536", "sha256": digest("a1"),
		"taken": "2026-11-03T02:14:09.512001Z", "mft_record": "118204", "si_accessed": "2026-11-03T02:25:31Z", "fn_accessed": "", "other_paths": "/Users/Public/a.dat"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "reg.exe": "reg.exe", "a=b": "a=b", "-": "'-", "=1+1": "'=1+1", "+1": "'+1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "'=1": "''=1", "＝1": "'＝1",
		"\t=1": `\x09=1`, "\r\n": `\x0d\x0a`, "a\"b": "a\"b",
	} {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) is %q, want %q", in, got, want)
		}
	}
}
