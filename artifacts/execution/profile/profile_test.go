package profile_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

var (
	made = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func browse(t testing.TB, b []byte) hive.Node {
	t.Helper()
	browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := browser.Err(); err != nil {
			t.Errorf("the hive: %v", err)
		}
	})
	return browser.Root()
}

// read wants no errors.
func read(t testing.TB, seq iter.Seq2[artifacts.Trace, error]) []artifacts.Trace {
	t.Helper()
	traces, errs := readtest.All(t, seq)
	if len(errs) != 0 {
		t.Fatalf("errors %v", errs)
	}
	return traces
}

// line is what tests compare of a trace.
func line(t artifacts.Trace) string {
	s := fmt.Sprintf("%s %s", t.Artefact, t.Deed)
	if t.Program != "" {
		s += " program=" + t.Program
	}
	if t.Command != "" {
		s += " command=" + t.Command
	}
	for _, p := range t.Paths {
		s += " path=" + p
	}
	if t.Count != 0 {
		s += fmt.Sprintf(" count=%d", t.Count)
	}
	for _, stamp := range t.Times {
		s += fmt.Sprintf(" %s=%s", stamp.Means, stamp.Time.Format("15:04:05"))
	}
	return s
}

func compare(t *testing.T, traces []artifacts.Trace, want []string) {
	t.Helper()
	var got []string
	for _, trace := range traces {
		got = append(got, line(trace))
		if trace.Entry == "" || trace.Offset <= 0 || trace.Damaged != "" {
			t.Errorf("%+v", trace)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d traces, want %d", len(got), len(want))
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("%d got  %q\n want %q", i, append(got, make([]string, len(want))...)[i], append(want, make([]string, len(got))...)[i])
			}
		}
	}
}

// TestExportByRegedit is the case of an export through regedit's menu:
// HKLM\SAM to a file on the desktop.
func TestExportByRegedit(t *testing.T) {
	root := browse(t, profiletest.NTUSER(profiletest.Spec{
		Time:    made,
		Started: []profiletest.Program{{Path: `{F38BF404-1D43-42F2-9305-67DE0B28FC23}\regedit.exe`, Runs: 2, Focus: 3, InFocus: 95 * time.Second, Last: at(0)}},
		RunMRU:  profiletest.List{Newest: at(-1), Entries: []string{"regedit", "cmd"}},
		Choices: []profiletest.Choice{{
			Program: "regedit.exe", Path: `C:\Users\bob\Desktop\sam.reg`, Legacy: true, At: at(30),
			File: shelllinktest.Times{Created: at(30), Modified: at(30)},
		}, {Program: "notepad.exe", Path: `{FDD39AD0-238F-46AF-ADB4-6C85480369C7}\notes.txt`, At: at(-900)}},
		RecentDocs: profiletest.List{Newest: at(60), Entries: []string{"sam.reg", "notes.txt"}},
		LastKey:    `Computer\HKEY_LOCAL_MACHINE\SAM`,
	}))
	traces := read(t, profile.Read(root))
	compare(t, traces, []string{
		`UserAssist ran program=%SystemRoot%\regedit.exe count=2 last ran=12:00:00`,
		`RunMRU typed command=regedit most recent entry written=11:59:59`,
		`RunMRU typed command=cmd`,
		`ComDlg32 opened path=C:\Users\bob\Desktop\sam.reg most recent entry written=12:00:30`,
		`ComDlg32 opened path=%USERPROFILE%\Documents\notes.txt`,
		`ComDlg32 opened path=C:\Users\bob\Desktop\sam.reg most recent entry written=12:00:30`,
		`ComDlg32 opened path=%USERPROFILE%\Documents\notes.txt most recent entry written=11:45:00`,
		`ComDlg32 opened program=notepad.exe path=%USERPROFILE%\Documents most recent entry written=11:45:00`,
		`ComDlg32 ran program=regedit.exe most recent entry written=12:00:30`,
		`ComDlg32 ran program=regedit.exe most recent entry written=12:00:30`,
		`ComDlg32 ran program=notepad.exe`,
		`RecentDocs opened path=sam.reg most recent entry written=12:01:00`,
		`RecentDocs opened path=notes.txt`,
		`RecentDocs opened path=sam.reg most recent entry written=12:01:00`,
		`RecentDocs opened path=notes.txt most recent entry written=12:01:00`,
		`Regedit opened program=regedit.exe path=Computer\HKEY_LOCAL_MACHINE\SAM key last written=03:04:05`,
	})
	for name, want := range map[string]string{"place in the list": "1", "created, when recorded": "2026-11-02T12:00:30Z"} {
		if got := traces[3].Detail(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if traces[0].Detail("time in focus") != "1m35s" || traces[0].Detail("times in focus") != "3" {
		t.Errorf("details %v", traces[0].Details)
	}
	const mru = `Software\Microsoft\Windows\CurrentVersion\Explorer\ComDlg32\OpenSavePidlMRU\`
	if traces[3].Entry != mru+`*\1` || traces[5].Entry != mru+`reg\0` {
		t.Errorf("entries %q, %q", traces[3].Entry, traces[5].Entry)
	}
}

func everything() profiletest.Spec {
	list := func(seconds int, entries ...string) profiletest.List {
		return profiletest.List{Newest: at(seconds), Entries: entries}
	}
	return profiletest.Spec{
		Time: made,
		Started: []profiletest.Program{
			{Path: "Microsoft.WindowsTerminal_8wekyb3d8bbwe!App"},
			{Path: `{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\cmd.exe`, Focus: 1},
			{Path: `{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}\Tool.lnk`, Shortcut: true, Runs: 1, Last: at(1)},
		},
		TypedPaths: list(2, `\\fs01\drop`, "cmd"), Folders: list(3, `C:\Perf\dump`, `\\fs01\drop\x`),
		Shares: []string{`\\fs01\drop`}, Volumes: []string{"{d89561fc-77fb-11dc-b29d-806d6172696f}"},
		Mapped: list(4, `\\fs01\c$`), Drives: []profiletest.Drive{{Letter: "Z", Share: `\\fs01\drop`, Account: `CORP\svc`}},
		Computers: list(5, "fs01", "10.0.0.9:3390"), Servers: []profiletest.Server{{Name: "fs01", Account: `CORP\bob`}, {Name: "dc01"}},
		SevenZip: list(6, `C:\Perf\a.7z`, `C:\Perf\b.7z`), WinRAR: list(7, `C:\Perf\sam.rar`, `C:\x.rar`),
		Favourites: []hivetest.Value{hivetest.Text("here", `HKLM\SECURITY`)}, Sysinternals: []string{"PsExec"},
		Run: []hivetest.Value{hivetest.Text("x", `C:\Perf\x.exe -k`)}, RunOnce: []hivetest.Value{hivetest.Text("y", "y.cmd")},
		LogonScript: `C:\Perf\logon.bat`,
	}
}

func TestRead(t *testing.T) {
	want := []string{
		`UserAssist existed program=Microsoft.WindowsTerminal_8wekyb3d8bbwe!App`,
		`UserAssist ran program=%SystemRoot%\System32\cmd.exe`,
		`UserAssist ran program=%APPDATA%\Microsoft\Windows\Start Menu\Programs\Tool.lnk path=%APPDATA%\Microsoft\Windows\Start Menu\Programs\Tool.lnk count=1 last ran=12:00:01`,
		`TypedPaths typed command=\\fs01\drop path=\\fs01\drop most recent entry written=12:00:02`,
		`TypedPaths typed command=cmd`,
		`MountPoints2 connected path=\\fs01\drop key last written=03:04:05`,
		`MountPoints2 connected path=\??\Volume{d89561fc-77fb-11dc-b29d-806d6172696f} key last written=03:04:05`,
		`NetworkDrives connected path=\\fs01\c$ most recent entry written=12:00:04`,
		`NetworkDrives connected path=\\fs01\drop key last written=03:04:05`,
		`TerminalServerClient connected path=\\fs01 most recent entry written=12:00:05`,
		`TerminalServerClient connected path=\\10.0.0.9:3390`,
		`TerminalServerClient connected path=\\dc01 key last written=03:04:05`,
		`TerminalServerClient connected path=\\fs01 key last written=03:04:05`,
		`7-Zip opened program=7-Zip path=C:\Perf\a.7z key last written=12:00:06`,
		`7-Zip opened program=7-Zip path=C:\Perf\b.7z`,
		`WinRAR opened program=WinRAR path=C:\Perf\sam.rar most recent entry written=12:00:07`,
		`WinRAR opened program=WinRAR path=C:\x.rar`,
		`Regedit opened program=regedit.exe path=HKLM\SECURITY key last written=03:04:05`,
		`SysinternalsEULA ran program=PsExec license accepted=03:04:05`,
		`RunKey planned command=C:\Perf\x.exe -k key last written=03:04:05`,
		`RunKey planned command=y.cmd key last written=03:04:05`,
		`LogonScript planned command=C:\Perf\logon.bat key last written=03:04:05`,
	}
	root := browse(t, profiletest.NTUSER(everything()))
	traces := read(t, profile.Read(root))
	compare(t, traces, want)
	for i, want := range map[int]string{8: `CORP\svc`, 11: "", 12: `CORP\bob`} {
		if got := traces[i].Detail("account"); got != want {
			t.Errorf("account %q of %s", got, line(traces[i]))
		}
	}

	// An export of Software has the same, but for the keys beside it.
	software, ok := hive.Find(root, "Software")
	if !ok {
		t.Fatal("no Software")
	}
	without := slices.DeleteFunc(slices.Clone(want), func(s string) bool {
		return s == want[8] || s == want[21]
	})
	compare(t, read(t, profile.Read(software)), without)

	for n := range len(want) { // leaving early is heeded everywhere
		left := n
		for range profile.Read(root) {
			if left--; left <= 0 {
				break
			}
		}
	}
}

func TestUsrClass(t *testing.T) {
	root := browse(t, profiletest.UsrClass(everything()))
	compare(t, read(t, profile.Read(root)), []string{
		`ShellBags opened path=C:\ most recent entry written=12:00:03`,
		`ShellBags opened path=C:\Perf most recent entry written=12:00:03`,
		`ShellBags opened path=C:\Perf\dump most recent entry written=12:00:03`,
		`ShellBags opened path=\\fs01\drop most recent entry written=12:00:03`,
		`ShellBags opened path=\\fs01\drop\x most recent entry written=12:00:03`,
	})
}

func TestXP(t *testing.T) {
	root := browse(t, profiletest.NTUSER(profiletest.Spec{
		Time: made, XP: true,
		Started: []profiletest.Program{
			{Path: `UEME_RUNPATH:C:\WINDOWS\regedit.exe`, Runs: 4, Last: at(1)}, {Path: "UEME_RUNPATH", Runs: 9}, {Path: "UEME_RUNPIDL:%csidl2%\\a.lnk"},
		},
		Choices: []profiletest.Choice{{Program: "regedit.exe", Path: `C:\sam.reg`, At: at(2)}, {Program: "notepad.exe", Path: `C:\t\b.txt`}},
		Folders: profiletest.List{Newest: at(3), Entries: []string{`C:\t`}},
	}))
	compare(t, read(t, profile.Read(root)), []string{
		`UserAssist ran program=C:\WINDOWS\regedit.exe count=4 last ran=12:00:01`,
		`UserAssist existed program=%csidl2%\a.lnk path=%csidl2%\a.lnk`,
		`ComDlg32 opened path=C:\sam.reg most recent entry written=12:00:02`,
		`ComDlg32 opened path=C:\t\b.txt`,
		`ComDlg32 opened program=regedit.exe path=C:\ most recent entry written=12:00:02`,
		`ComDlg32 opened program=notepad.exe path=C:\t\`,
		`ShellBags opened path=C:\ most recent entry written=12:00:03`,
		`ShellBags opened path=C:\t most recent entry written=12:00:03`,
	})
}

// TestAllLetters reads a list of 26 commands, of which v and f have the names
// of values that hold secrets elsewhere.
func TestAllLetters(t *testing.T) {
	list := profiletest.List{Newest: noon}
	for i := range 26 {
		list.Entries = append(list.Entries, fmt.Sprintf("command %d %0120d", i, 0))
	}
	traces := read(t, profile.RunMRU(browse(t, profiletest.NTUSER(profiletest.Spec{Time: made, RunMRU: list}))))
	if len(traces) != 26 || traces[25].Command != list.Entries[25] || traces[25].Detail("place in the list") != "26" {
		t.Errorf("%d traces", len(traces))
	}
}

func TestDamaged(t *testing.T) {
	const explorer = `Software\Microsoft\Windows\CurrentVersion\Explorer\`
	pidl := shelllinktest.Items(`C:\a\sam.reg`, shelllinktest.Times{}, false)
	blob := func(name string, b []byte) hivetest.Value {
		return hivetest.Value{Name: name, Type: hivetest.Binary, Data: b}
	}
	for _, test := range []struct {
		name   string
		path   string
		values []hivetest.Value
		traces []string
		kinds  []artifacts.Kind
	}{
		{"item list cut off", explorer + `ComDlg32\OpenSavePidlMRU\reg`, []hivetest.Value{blob("0", pidl[:len(pidl)-20]), blob("1", pidl)},
			[]string{`ComDlg32 opened path=C:\a`, `ComDlg32 opened path=C:\a\sam.reg`}, []artifacts.Kind{artifacts.Truncated}},
		{"item list without a list", explorer + `ComDlg32\OpenSavePidlMRU\*`, []hivetest.Value{blob("MRUListEx", []byte{1})}, nil, nil},
		{"list names an entry twice and one that is missing", explorer + `ComDlg32\OpenSavePidlMRU\*`,
			[]hivetest.Value{blob("MRUListEx", []byte{7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), blob("0", pidl)}, []string{`ComDlg32 opened path=C:\a\sam.reg`}, nil},
		{"program without end", explorer + `ComDlg32\CIDSizeMRU`, []hivetest.Value{blob("0", []byte{'a', 0, 'b'})}, []string{"ComDlg32 ran program=a"}, []artifacts.Kind{artifacts.Malformed}},
		{"UserAssist of 5 bytes", explorer + `UserAssist\{x}\Count`, []hivetest.Value{blob("n", make([]byte, 5))}, []string{"UserAssist existed program=a"}, []artifacts.Kind{artifacts.Malformed}},
		{"RecentDocs without a name", explorer + "RecentDocs", []hivetest.Value{blob("0", []byte{0, 0, 5, 0})}, []string{"RecentDocs opened"}, []artifacts.Kind{artifacts.Malformed}},
		{"folder cut off", `Software\Microsoft\Windows\Shell\BagMRU`, []hivetest.Value{blob("0", pidl[:30])}, nil, []artifacts.Kind{artifacts.Truncated}},
		{"history too long", `Software\7-Zip\FM`, []hivetest.Value{blob("FolderHistory", append([]byte{'C', 0, ':', 0}, make([]byte, 70000)...))},
			[]string{"7-Zip opened program=7-Zip path=C: key last written=03:04:05"}, []artifacts.Kind{artifacts.Limit}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := browse(t, tree(test.path, test.values...))
			traces, errs := readtest.All(t, profile.Read(root))
			var got []string
			for _, trace := range traces {
				got = append(got, line(trace))
			}
			for _, p := range errs {
				if p.Offset <= 0 {
					t.Error(p)
				}
			}
			if !slices.Equal(got, test.traces) || !slices.Equal(readtest.Kinds(errs), test.kinds) {
				t.Errorf("traces %q, errors %v", got, errs)
			}
		})
	}
}

// TestSecretValues reads no value that may hold credentials: a list of Windows
// XP whose letter is that of one is refused, and told.
func TestSecretValues(t *testing.T) {
	long := `C:\` + fmt.Sprintf("%0100d", 0) + `\sam.reg`
	root := browse(t, tree(`Software\Microsoft\Windows\CurrentVersion\Explorer\ComDlg32\OpenSaveMRU\reg`, hivetest.Text("e", long), hivetest.Text("f", long)))
	traces, errs := readtest.All(t, profile.ComDlg32(root))
	if len(traces) != 1 || len(errs) != 1 || !errors.Is(errs[0], hive.ErrSecret) {
		t.Errorf("%v, %v", traces, errs)
	}
}

// tree is a hive with one key.
func tree(path string, values ...hivetest.Value) []byte {
	root := &hivetest.Key{Name: "ROOT", Time: made}
	at := root
	for len(path) > 0 {
		name, rest := path, ""
		for i, c := range path {
			if c == '\\' {
				name, rest = path[:i], path[i+1:]
				break
			}
		}
		sub := &hivetest.Key{Name: name}
		at.Keys = append(at.Keys, sub)
		at, path = sub, rest
	}
	at.Values = values
	return hivetest.Write(root, hivetest.Options{File: "ntuser.dat"})
}

func TestNothing(t *testing.T) {
	if traces := read(t, profile.Read(nil)); len(traces) != 0 {
		t.Errorf("%v", traces)
	}
	root := browse(t, profiletest.NTUSER(profiletest.Spec{Time: made}))
	if traces := read(t, profile.Read(root)); len(traces) != 0 {
		t.Errorf("%v", traces)
	}
}

// TestRunKeys holds that the artefact of keys that run programs is that of
// package registry.
func TestRunKeys(t *testing.T) {
	spec := profiletest.Spec{Time: made, Run: []hivetest.Value{hivetest.Text("a", "b")}}
	traces := read(t, profile.Startup(browse(t, profiletest.NTUSER(spec))))
	if len(traces) != 1 || traces[0].Artefact != registry.InRunKey {
		t.Errorf("%v", traces)
	}
}
