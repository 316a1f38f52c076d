package program

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	signed := func(state, signer string, microsoft bool) *Signature {
		return &Signature{State: state, Signer: signer, Microsoft: microsoft}
	}
	unsigned := signed("unsigned", "", false)
	for _, c := range []struct {
		name     string
		e        Executable
		catalogs int
		notes    []string // the beginning of each
	}{
		{"Windows' own", Executable{Path: `C:\Windows\System32\reg.exe`, Original: "reg.exe", Machine: "x64", Signature: signed("valid", "Microsoft Windows", true)}, 9, nil},
		{"not found", Executable{Path: `C:\Windows\System32\reg.exe`, State: NotFound}, 9, nil},
		{"by its volume", Executable{Path: `\Device\HarddiskVolume3\Windows\System32\reg.exe`, Original: "reg.exe"}, 9, nil},
		{"by its volume, elsewhere", Executable{Path: `\Device\HarddiskVolume3\Temp\reg.exe`}, 9, []string{"reg.exe belongs in"}},
		{"unsigned, no catalogs", Executable{Path: `C:\Windows\System32\reg.exe`, Machine: "x64", Signature: unsigned}, 0, nil},
		{"unsigned, catalogs", Executable{Path: `C:\Windows\System32\reg.exe`, Machine: "x64", Signature: unsigned}, 9, []string{"it is not signed, by itself or by one of the catalogs in the evidence (9), though"}},
		{"unsigned below System32", Executable{Path: `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, Machine: "x64", Signature: unsigned}, 0, nil},
		{"unsigned elsewhere, no catalogs", Executable{Path: `C:\Users\Public\a.exe`, Machine: "x64", Signature: unsigned}, 0, []string{"it carries no signature, and there are no catalogs"}},
		{"unsigned elsewhere", Executable{Path: `C:\Users\Public\a.exe`, Machine: "x64", Signature: unsigned}, 9, []string{"it is not signed, by itself or by one of the catalogs in the evidence (9)"}},
		{"a script", Executable{Path: `C:\Users\Public\a.cmd`, Signature: unsigned}, 9, nil},
		{"tampered", Executable{Path: `C:\Tools\a.exe`, Machine: "x64", Signature: signed("tampered", "Vendor", false)}, 0, []string{"its signature does not fit the file"}},
		{"self-signed", Executable{Path: `C:\Tools\a.exe`, Machine: "x64", Signature: signed("self-signed", "Me", false)}, 0, []string{"its signature is not valid: self-signed"}},
		{"another's in System32", Executable{Path: `C:\Windows\System32\reg.exe`, Machine: "x64", Signature: signed("valid", "Vendor", false)}, 0, []string{"it lies where Windows' own programs do and is signed by Vendor"}},
		{"another's in drivers", Executable{Path: `C:\Windows\System32\drivers\a.sys`, Machine: "x64", Signature: signed("valid", "Vendor", false)}, 0, nil},
		{"renamed", Executable{Path: `C:\Tools\a.exe`, Original: "reg.exe", Machine: "x64", Same: []string{`C:\Windows\System32\reg.exe`}}, 0,
			[]string{"the file is named a.exe, its version resource says reg.exe", `it has the same bytes as C:\Windows\System32\reg.exe: one`}},
		{"the one it was copied from", Executable{Path: `C:\Windows\System32\reg.exe`, Original: "reg.exe", Same: []string{`C:\Tools\a.exe`}}, 0, []string{`the same bytes lie under another name: C:\Tools\a.exe`}},
		{"the same name", Executable{Path: `C:\Windows\System32\reg.exe`, Same: []string{`C:\Windows\SysWOW64\reg.exe`}}, 0, nil},
		{"from the web", Executable{Path: `C:\Tools\a.exe`, Zone: &Zone{ID: "3", Host: "https://example.com/a"}}, 0, []string{"it was downloaded from the Internet: https://example.com/a"}},
		{"from the web, unnamed", Executable{Path: `C:\Tools\a.exe`, Zone: &Zone{ID: "4"}}, 0, []string{"it was downloaded from the Internet: an unnamed address"}},
		{"from the intranet", Executable{Path: `C:\Tools\a.exe`, Zone: &Zone{ID: "1"}}, 0, nil},
		{"deleted", Executable{Path: `C:\Tools\a.exe`, State: "deleted"}, 0, []string{"its file was deleted"}},
		{"only in a shadow copy", Executable{Path: `C:\Tools\a.exe`, State: "snapshot"}, 0, []string{"its file is only in a volume shadow copy"}},
		{"overwritten", Executable{Path: `C:\Tools\a.exe`, State: "overwritten", SHA256: "00", Original: "b.exe", Machine: "x64", Signature: signed("tampered", "Vendor", false),
			Same: []string{`C:\b.exe`}, Unreliable: "its clusters are another's"}, 9, []string{"its file was deleted, and what was read need not be what ran: its clusters"}},
		{"overwritten and not read", Executable{Path: `C:\Tools\a.exe`, State: "overwritten", Unreliable: "its clusters are another's"}, 9, []string{"its file was deleted"}},
		{"written after it ran", Executable{Path: `C:\Tools\a.exe`, State: "live", Last: noon, Times: artifacts.Times{Created: noon, Modified: noon.Add(time.Hour)}}, 0, []string{"its file was written at 2026-03-14T13:00:00Z, after"}},
		{"written before it ran", Executable{Path: `C:\Tools\a.exe`, State: "live", Last: noon, Times: artifacts.Times{Created: noon.Add(-1), Modified: noon.Add(-1)}}, 0, nil},
		{"compiled later", Executable{Path: `C:\Tools\a.exe`, Times: artifacts.Times{Created: noon, Modified: noon}, Compiled: noon.Add(1)}, 0, []string{"it was compiled, as its header says, after"}},
		{"updated in place", Executable{Path: `C:\Tools\a.exe`, Times: artifacts.Times{Created: noon, Modified: noon.Add(time.Hour)}, Compiled: noon.Add(1)}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.e.Judge(c.catalogs)
			if len(c.e.Notes) != len(c.notes) || !slices.EqualFunc(c.e.Notes, c.notes, strings.HasPrefix) {
				t.Errorf("%q\nwant %q", c.e.Notes, c.notes)
			}
		})
	}
}

func TestRenamed(t *testing.T) {
	for _, c := range []struct {
		path, original string
		want           bool
	}{
		{`C:\Windows\System32\reg.exe`, "reg.exe", false},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", false},
		{`C:\Windows\explorer.exe`, "EXPLORER.EXE.MUI", false},
		{`C:\Tools\rg`, "rg.exe", false},
		{`C:\Tools\reg.exe`, "reg", false},
		{`C:\Tools\a.exe`, "reg.exe", true},
		{`C:\Tools\a.exe`, "REG.EXE.MUI", true},
		{`C:\Tools\a.txt:reg.exe`, "reg.exe", false},
		{`C:\Tools\a.exe`, "", false},
		{`C:\Tools\a.exe`, " ", false},
	} {
		if got := (&Executable{Path: c.path, Original: c.original}).Renamed(); got != c.want {
			t.Errorf("%s built as %q: %v", c.path, c.original, got)
		}
	}
}

func TestSeenOfFile(t *testing.T) {
	for means, want := range map[string]bool{"ran": false, "last ran": false, "last run ended, or it was running then": false, "key last written": false, "deleted": false,
		"file modified": true, "target created, as the link recorded it": true, "accessed, when recorded": true} {
		if got := (&Seen{Means: means}).OfFile(); got != want {
			t.Errorf("%q: %v", means, got)
		}
	}
}

func TestHolds(t *testing.T) {
	if (*Signature)(nil).Holds() || (&Signature{State: "expired"}).Holds() || !(&Signature{State: "valid"}).Holds() {
		t.Error("only a valid signature holds")
	}
}
