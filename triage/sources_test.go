package triage_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage"
	"hivetriage/triage/technique"
)

// A form is one source on its own.
type form struct {
	name string
	tell func(*story) excerpt
}

// A source is a column of the table: forms of one kind, each read alone.
type source struct {
	head  string // of the column
	what  string
	forms []form
}

var sources = []source{
	{"copy", "the copy itself", []form{{"content", theCopies}}},
	{"4688", "process creation in the Security log, with the command line (without it only the name of a dumping tool tells)", []form{{"with line", start4688(lineOf)}, {"without line", start4688(noLine)}}},
	{"Sysmon", "process creation (1), file creation (11), and what Sysmon has a record of its own for (7, 9, 10, 13)", []form{{"1", sysmon1}, {"11", sysmon11}, {"other", sysmonOther}}},
	{"ECS", "JSON documents: a process from Winlogbeat, files from Elastic Defend", []form{{"winlogbeat", winlogbeat}, {"endpoint", endpointFiles}}},
	{"PS log", "PowerShell's log: script block (4104), pipeline (4103)", []form{{"4104", block4104}, {"4103", pipeline4103}}},
	{"SMB", "accesses over shares (5145)", []form{{"5145", shares5145}}},
	{"svc log", "installed services (7045), tasks registered (4698) and run (200), and the log of the Windows service that the technique uses", []form{{"7045", service7045}, {"4698", task4698}, {"200", action200}, {"own", ownRecords}}},
	{"MFT, J", "a collected `$MFT`, the change journal `$J`, `$LogFile`, each alone", []form{{"$MFT", fileTable}, {"$J", changeJournal}, {"$LogFile", transactionLog}}},
	{"Pf", "Prefetch, without and with the copy among the files loaded", []form{{"run", prefetch}, {"names", prefetchNaming}}},
	{"Pf+J", "Prefetch and the change journal, nothing else", []form{{"both", prefetchAndJournal}}},
	{"typed", "PSReadLine's history, PowerShell's transcript", []form{{"PSReadLine", history}, {"transcript", transcript}}},
	{"set up", "a task's file, a service's key, a task in the registry", []form{{"task", taskFile}, {"service", serviceKey}, {"TaskCache", taskCache}}},
	{"ran", "Amcache, ShimCache, BAM", []form{{"Amcache", amcache}, {"ShimCache", shimCache}, {"BAM", bam}}},
	{"user", "NTUSER.DAT: UserAssist, RunMRU, ComDlg32, RecentDocs", []form{{"UserAssist", userAssist}, {"RunMRU", runMRU}, {"ComDlg32", dialogue}, {"RecentDocs", recentDocs}}},
	{"LNK", "links, jump lists", []form{{"LNK", links}, {"jump list", jumpList}}},
	{"bin", "the Recycle Bin's `$I` alone", []form{{"$I", recycled}}},
	{"SRUM", "the usage of programs in SRUDB.dat", []form{{"SRUM", srum}}},
	{"AV", "Defender: MPLog (a scan, a command line), DetectionHistory, 1116", []form{{"scan", supportLog}, {"line", commandLog}, {"history", detected}, {"1116", alert1116}}},
	{"load", "Kernel-General 16: a hive was loaded", []form{{"16", load16}}},
	{"hives", "the live hives themselves: settings, and who may read their files", []form{{"settings", liveSettings}}},
}

// evidence writes what an excerpt holds, and the host's live hives, as a
// collection.
func (x excerpt) evidence(t *testing.T, anchored bool) string {
	t.Helper()
	dir := t.TempDir()
	h := sourceHost
	h.More = x.more
	live := map[string][]byte{"SAM": hivetest.SAM(h, hivetest.Live), "SECURITY": hivetest.SECURITY(h, hivetest.Live), "SYSTEM": hivetest.SYSTEM(h, hivetest.Live), "SOFTWARE": hivetest.SOFTWARE(h, hivetest.Live)}
	if x.open {
		b := ntfstest.New(ntfstest.Options{})
		for name, data := range live {
			b.Add(ntfstest.File{Path: "/Windows/System32/config/" + name, Data: data, Access: []ntfstest.ACE{{Flags: 0x10, Mask: 0x1200A9, SID: "S-1-5-32-545"}}})
		}
		volume, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "volume.raw")
		write(t, path, volume)
		return path
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	add := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Modified: act})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range live {
		add("C/Windows/System32/config/"+name, data)
	}
	for name, data := range x.files {
		add(name, data)
	}
	if len(x.table) > 0 {
		add("C/$MFT", tableOf(t, x.table...))
	}
	if anchored {
		w := eventlogtest.New(eventlogtest.Options{})
		w.Add(eventlogtest.Security4688(act.Add(time.Minute), sourceHost.Name, eventlogtest.NewProcess{Subject: eve, PID: 0x77, Image: `C:\x\other.exe`, ParentPID: 0x78,
			CommandLine: `reg save HKLM\SECURITY D:\elsewhere\s`, ParentImage: shell}))
		add(logs+anchorLog, w.Bytes())
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "collection.zip")
	write(t, path, packed.Bytes())
	return path
}

// anchorLog holds the act around which notices are looked for.
const anchorLog = "Anchor.evtx"

// seenIn says in one letter what an excerpt alone shows: C, P or S for an act
// that is confirmed, probable or suspicious; o for a record that makes no act,
// k for a known copy, w for a name that coverage calls worth a look, i for a
// disk image that was opened, s for a setting; n for a notice, where another
// record tells of an act; - for nothing.
func seenIn(t *testing.T, x excerpt) (mark, told string) {
	t.Helper()
	c := triageFolder(t, x.evidence(t, false))
	if len(c.Acts) > 1 {
		t.Errorf("%d acts: %+v", len(c.Acts), c.Acts)
	}
	if len(c.Acts) > 0 {
		return strings.ToUpper(c.Verdict[:1]), fmt.Sprint(c.Acts[0].Confidence, c.Acts[0].For, c.Acts[0].Against)
	}
	for _, r := range c.Records {
		if r.Assessment != "benign" {
			return "o", strings.Join(r.Because, " ")
		}
	}
	if len(c.KnownCopies) > 0 {
		return "k", c.KnownCopies[0].Location.Why
	}
	for _, hint := range []struct{ what, mark string }{{"names in the journals", "w"}, {"names in the file table", "w"}, {"disk image", "i"}} {
		for _, row := range rows(c, hint.what) {
			return hint.mark, row.Why
		}
	}
	for _, h := range c.Hosts {
		for _, s := range h.Settings {
			if s.What == "periodic registry backup" && s.State == "on" || strings.Contains(s.Means, "HiveNightmare") {
				return "s", s.Means
			}
		}
	}
	return noticedIn(t, x)
}

// noticedIn looks for what an excerpt adds around an act that another log
// tells of.
func noticedIn(t *testing.T, x excerpt) (mark, told string) {
	t.Helper()
	c := triageFolder(t, x.evidence(t, true))
	for _, n := range c.Notices {
		if !strings.HasSuffix(n.From.Path, anchorLog) {
			return "n", n.What
		}
	}
	if len(c.Acts) != 1 || len(c.Acts[0].Records) != 1 || len(c.Exports) != 0 {
		t.Errorf("beside an act there is more: %+v", c.Acts)
	}
	return "-", ""
}

func triageFolder(t *testing.T, path string) *triage.Case {
	t.Helper()
	c, err := triage.Run(t.Context(), triage.Config{Inputs: []triage.Input{{Path: path}}, Workers: 1, Window: 48 * time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (x excerpt) empty() bool {
	return len(x.files) == 0 && len(x.more) == 0 && len(x.table) == 0 && !x.open
}

// TestSources: every source alone shows of every technique what the table
// says.
func TestSources(t *testing.T) {
	table := sourceTable(t)
	for i := range stories {
		s := &stories[i]
		t.Run(fmt.Sprint(s.row), func(t *testing.T) {
			t.Parallel()
			for j, src := range sources {
				got := ""
				for _, f := range src.forms {
					x := f.tell(s)
					if x.empty() {
						got += "."
						continue
					}
					mark, told := seenIn(t, x)
					got += mark
					t.Logf("%s, %s: %s %.300s", src.head, f.name, mark, told)
				}
				if got != table[i][j] {
					t.Errorf("%s shows %q, the table says %q", src.head, got, table[i][j])
				}
			}
		})
	}
}

// together is what several sources hold.
func together(all ...excerpt) excerpt {
	sum := excerpt{files: map[string][]byte{}}
	for _, x := range all {
		maps.Copy(sum.files, x.files)
	}
	return sum
}

// TestSourceOrder: the better the sources, the higher an act's confidence.
func TestSourceOrder(t *testing.T) {
	t.Parallel()
	s := &stories[technique.RegSave-1]
	before := 100
	for _, c := range []struct {
		name    string
		x       excerpt
		verdict string
	}{
		{"content and command", together(theCopies(s), start4688(lineOf)(s)), "confirmed"},
		{"content", theCopies(s), "probable"},
		{"command", start4688(lineOf)(s), "probable"},
		{"Prefetch and change journal", prefetchAndJournal(s), "probable"},
		{"a file that reg.exe created", sysmon11(s), "suspicious"},
		{"a name that an artefact opened", links(s), "suspicious"},
		{"a name in the change journal", changeJournal(s), "suspicious"},
	} {
		got := triageFolder(t, c.x.evidence(t, false))
		if len(got.Acts) != 1 || got.Verdict != c.verdict {
			t.Fatalf("%s: %s, %+v", c.name, got.Verdict, got.Acts)
		}
		if now := got.Acts[0].Confidence; now >= before {
			t.Errorf("%s: confidence %d, no less than %d of the better source", c.name, now, before)
		} else {
			before = now
		}
	}
}

// TestSourceTechniques: the command line of a story is known as its technique.
func TestSourceTechniques(t *testing.T) {
	t.Parallel()
	for i := range stories {
		s := &stories[i]
		want := s.row
		if s.row == technique.RemoteExecution {
			want = technique.RegSave // which is what was executed
		}
		x := start4688(lineOf)(s)
		if x.empty() || s.row == technique.OfflineRegistry { // no line tells of it
			continue
		}
		var got []int
		for _, r := range triageFolder(t, x.evidence(t, false)).Records {
			for _, c := range r.Commands {
				got = append(got, c.Technique)
			}
		}
		if !slices.Contains(got, want) {
			t.Errorf("the line of row %d is of the techniques %v", s.row, got)
		}
	}
}
