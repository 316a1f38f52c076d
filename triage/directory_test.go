package triage

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese/esetest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// A planted is a stream of a file with its path and owner.
type planted struct {
	data []byte
	at   artifacts.Locator
	meta artifacts.Meta
}

func (p planted) Locator() artifacts.Locator { return p.at }
func (p planted) Meta() artifacts.Meta       { return p.meta }
func (p planted) Size() int64                { return int64(len(p.data)) }
func (p planted) Open(context.Context) (artifacts.Content, error) {
	return memory{bytes.NewReader(p.data)}, nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

func database(path string, tables ...string) planted {
	return planted{esetest.Database(esetest.Clean, 8, tables...), artifacts.Locator{Source: "s", Volume: "v", Path: path}, artifacts.Meta{Allocation: artifacts.Allocated}}
}

// TestDatabases: which databases are copies of a directory.
func TestDatabases(t *testing.T) {
	deleted := database("/Windows/NTDS/ntds.dit", esetest.Directory...)
	deleted.meta = artifacts.Meta{Allocation: artifacts.Deleted, NTFS: &artifacts.NTFS{}}
	torn := database("/t/ntds.dit", esetest.Directory...)
	torn.data = torn.data[:100]
	other := torn
	other.at.Path = "/t/srudb.dat"
	for _, row := range []struct {
		name   string
		file   planted
		copied bool
		says   string
		state  coverage.State
	}{
		{"a copy", database("/t/x", esetest.Directory...), true, "known by its tables", coverage.Read},
		{"by its name", database("/t/NTDS.dit", "MSysObjects"), true, "known by its name only", coverage.Read},
		{"in its place", database("/Windows/NTDS/ntds.dit", esetest.Directory...), false, "", coverage.Read},
		{"deleted from its place", deleted, true, "deleted, ", coverage.Read},
		{"the template", database("/Windows/System32/ntds.dit", esetest.Directory...), false, "", coverage.Read},
		{"another database", database("/t/srudb.dat", "MSysObjects"), false, "", coverage.Read},
		{"torn, by its name", torn, true, "known by its name only", coverage.Partial},
		{"torn", other, false, "", coverage.Failed},
	} {
		r := &run{unpacked: map[string]bool{}}
		r.ledger.Want()
		r.takeDatabase(t.Context(), row.file)
		if (len(r.directories) == 1) != row.copied {
			t.Errorf("%s: %d copies", row.name, len(r.directories))
			continue
		}
		r.settleDirectories()
		c, _ := r.ledger.Coverage()
		if row.copied {
			rows := c.Sources
			if len(rows) != 1 || rows[0].What != directoryRow || !rows[0].Gap || !strings.Contains(rows[0].Why, row.says) || !strings.Contains(rows[0].Why, "SHA-256 ") || rows[0].State != row.state {
				t.Errorf("%s: %+v", row.name, rows)
			}
		} else if failed := len(c.Sources) == 1 && c.Sources[0].State == coverage.Failed; failed != (row.state == coverage.Failed) {
			t.Errorf("%s: %+v", row.name, c.Sources)
		}
	}
}

// TestDirectoryOfAct: what ties a copy to an act, and what does not.
func TestDirectoryOfAct(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name, path, hive, to string
		made                 time.Time
		why                  string // "" where it is no part of the act
	}{
		{"beside SYSTEM", "/ifm/Active Directory/ntds.dit", "/ifm/registry/SYSTEM", "", time.Time{}, "beside the copy of SYSTEM"},
		{"elsewhere", "/x/y/ntds.dit", "/ifm/registry/SYSTEM", "", time.Time{}, ""},
		{"by its command", "/ifm/Active Directory/ntds.dit", "/other/SYSTEM", `C:\ifm\`, time.Time{}, "record rec-1"},
		{"another command's", "/ifm/Active Directory/ntds.dit", "/other/SYSTEM", `C:\if`, time.Time{}, ""},
		{"at the time", "/x/y/ntds.dit", "/other/SYSTEM", "", at.Add(5 * time.Minute), "while the act went on"},
		{"too late", "/x/y/ntds.dit", "/other/SYSTEM", "", at.Add(11 * time.Minute), ""},
		{"before", "/x/y/ntds.dit", "/other/SYSTEM", "", at.Add(-time.Second), ""},
	} {
		f := database(row.path, esetest.Directory...)
		f.meta.Times.Created = row.made
		r := &run{unpacked: map[string]bool{}, exports: []locate.Export{{ID: "exp-1", Hive: "SYSTEM", At: artifacts.Locator{Source: "s", Volume: "v", Path: row.hive}}},
			records: []correlate.Record{{ID: "rec-1", From: correlate.From{Source: "s"}, Commands: []command.Command{{Technique: technique.IFM, Destination: row.to}}}},
			acts:    []correlate.Act{{ID: "act-1", Start: at, End: at, Exports: []string{"exp-1"}, Records: []string{"rec-1"}, Attack: []string{"T1003.002"}}}}
		r.ledger.Want()
		r.takeDatabase(t.Context(), f)
		r.settleDirectories()
		a := r.acts[0]
		tied := len(a.Whereabouts) == 1 && a.Whereabouts[0].SHA256 != "" && len(a.For) == 1 && strings.Contains(a.For[0], row.why) && len(a.Attack) == 2
		if tied != (row.why != "") {
			t.Errorf("%s: %+v", row.name, a)
		}
		thefts := r.withDirectory([]expose.Theft{{Hives: []string{"SAM"}}, {Hives: []string{"SYSTEM"}}}, "act-1")
		if thefts[0].Directory || thefts[1].Directory != tied || (thefts[1].DirectoryAt == row.path) != tied {
			t.Errorf("%s: %+v", row.name, thefts)
		}
		if told := len(r.tellDirectories([]string{"first"})) == 2; told == tied {
			t.Errorf("%s: told in the summary: %v", row.name, told)
		}
	}
}

// TestDirectoryTwice: a shadow copy's that is the same as on the volume is no
// second copy.
func TestDirectoryTwice(t *testing.T) {
	r := &run{unpacked: map[string]bool{}, snapshots: map[volumeKey]*artifacts.Snapshot{{"s", "v/vss:1"}: {Of: "v"}}}
	shadow := database("/t/ntds.dit", esetest.Directory...)
	shadow.at.Volume = "v/vss:1"
	changed := database("/t/u/ntds.dit", esetest.Directory[1:]...)
	changed.at.Volume = "v/vss:1"
	for _, f := range []planted{shadow, database("/t/ntds.dit", esetest.Directory...), changed} {
		r.ledger.Want()
		r.takeDatabase(t.Context(), f)
	}
	r.settleDirectories()
	alike := 0
	for _, d := range r.directories {
		if d.alike {
			alike++
		}
	}
	if alike != 1 || len(r.directories) != 3 {
		t.Errorf("%d of %d are the same as on the volume", alike, len(r.directories))
	}
}

// TestProfileNames: whose profile a folder is, by what lies in it.
func TestProfileNames(t *testing.T) {
	h := hivetest.Host{Name: "H", SID: "S-1-5-21-1-2-3", Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	classes, user := hivetest.UsrClass(h, hivetest.Live), hivetest.NTUSER(h, hivetest.Live)
	const below = "/AppData/Local/Microsoft/Windows/UsrClass.dat"
	file := func(path string, data []byte, owner string) artifacts.Entry {
		return planted{data, artifacts.Locator{Source: "s", Path: path}, artifacts.Meta{Owner: owner}}
	}
	for _, row := range []struct {
		name  string
		entry artifacts.Entry
		want  string
	}{
		{"owner", file("/Users/ann/NTUSER.DAT", user, "S-1-5-21-9-9-9-1104"), "S-1-5-21-9-9-9-1104 ann"},
		{"Entra ID", file("/C/Users/eve/ntuser.dat", user, "S-1-12-1-4-5-6-7"), "S-1-12-1-4-5-6-7 eve"},
		{"owned by Windows", file("/Users/ann/NTUSER.DAT", user, "S-1-5-18"), ""},
		{"root of the classes", file("/Users/ann"+below, classes, "S-1-5-18"), "S-1-5-21-1-2-3-1001 ann"},
		{"classes without such a root", file("/Users/ann"+below, user, ""), ""},
		{"old profile", file("/Documents and Settings/bob/NTUSER.DAT", user, "S-1-5-21-9-9-9-1105"), "S-1-5-21-9-9-9-1105 bob"},
		{"no profile", file("/Backup/ann/NTUSER.DAT", user, "S-1-5-21-9-9-9-1104"), ""},
		{"too deep", file("/Users/ann/x/NTUSER.DAT", user, "S-1-5-21-9-9-9-1104"), ""},
		{"another file", file("/Users/ann/NTUSER.DAT.bak", user, "S-1-5-21-9-9-9-1104"), ""},
		{"damaged classes", file("/Users/ann"+below, classes[:100], ""), ""},
	} {
		r := &run{hives: []artifacts.Entry{row.entry}}
		got := ""
		for _, p := range r.profileNames() {
			got += p.sid + " " + p.folder
			if p.because == "" {
				t.Errorf("%s: no reason", row.name)
			}
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
