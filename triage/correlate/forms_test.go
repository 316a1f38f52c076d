package correlate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/locate"
)

// twoHosts are two machines in the evidence; WS1 lends two folders.
var twoHosts = Known{Machines: []Machine{
	{Name: "WS1", Source: "disk.raw", Shares: []Share{{"stage", `D:\stage`, "SYSTEM"}, {"pub$", `C:\Users\Public`, "SYSTEM"}}},
	{Name: "FS2", Source: "fs2.raw", Shares: []Share{{"drop", `C:\drop`, "SYSTEM"}}},
}}

// TestPathForms: a copy that lies where a command sent it is joined with the
// command in whatever form that names the place, and one that does not is not.
// The copies are out of the time in which a renamed one is looked for.
func TestPathForms(t *testing.T) {
	on := func(e locate.Export, source, drive, short string) locate.Export {
		e.At.Source, e.Drive, e.Short = source, drive, short
		return e
	}
	sam := export("e1", "SAM", "/Users/Public/security.save", at(5*time.Minute))
	own := on(sam, "disk.raw", "C:", "/Users/Public/SECURI~1.SAV")
	data := on(export("e1", "SAM", "/stage/s.sav", at(5*time.Minute)), "disk.raw", "D:", "")
	other := on(export("e1", "SAM", "/drop/s.sav", at(5*time.Minute)), "fs2.raw", "C:", "")
	temp := on(export("e1", "SAM", "/Windows/Temp/s.sav", at(5*time.Minute)), "disk.raw", "C:", "")
	late := sam
	late.Times.SI = artifacts.Times{Created: at(3 * time.Hour), Modified: at(3 * time.Hour)}
	for _, c := range []struct {
		destination string
		export      locate.Export
		joined      bool
		doubt       string
	}{
		{`C:\Users\Public\security.save`, own, true, ""},
		{`C:/Users\Public/./x/..\security.save`, own, true, ""},
		{`c:\users\PUBLIC\SECURITY.SAVE.`, own, true, ""},
		{`D:\Users\Public\security.save`, own, false, ""},
		{`\\?\C:\Users\Public\security.save`, own, true, ""},
		{`\\.\C:\Users\Public\security.save`, own, true, ""},
		{`\??\C:\Users\Public\security.save`, own, true, ""},
		{`\\?\Volume{0d1cde4b-0000-0000-0000-100000000000}\Users\Public\security.save`, own, true, ""},
		{`\\?\GLOBALROOT\Device\HarddiskVolume3\Users\Public\security.save`, own, true, ""},
		{`\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy3\Users\Public\security.save`, own, false, ""},
		{`..\Public\security.save`, own, true, ""},
		{`security.save`, own, false, ""},
		{`C:\Users\Public\SECURI~1.SAV`, own, true, ""},
		{`C:\Users\Public\SECURI~2.SAV`, own, false, ""},
		{`C:\Users\Public\SECURI~1.SAV`, sam, true, "8.3 name"},
		{`C:\Users\Public\SECURI~1.SAV`, late, false, ""},
		{`C:\Users\Public\SYSTEM~1.SAV`, sam, false, ""},
		{`C:\Users\PUBLI~1\security.save`, own, false, ""},
		{`\\127.0.0.1\C$\Users\Public\security.save`, own, true, ""},
		{`\\localhost\admin$\Temp\s.sav`, temp, true, ""},
		{`\\WS1\C$\Users\Public\security.save`, own, true, ""},
		{`\\ws1.nordwind.example\ADMIN$\Temp\s.sav`, temp, true, ""},
		{`\\WS1\pub$\security.save`, own, true, ""},
		{`\\WS1\stage\s.sav`, data, true, ""},
		{`\\localhost\stage\s.sav`, data, true, ""},
		{`\\WS1\stage\s.sav`, own, false, ""},
		{`\\WS1\unknown\s.sav`, data, false, ""},
		{`\\WS9\stage\s.sav`, data, false, ""},
		{`\\FS2\drop\s.sav`, other, true, ""},
		{`\\FS2\C$\drop\s.sav`, other, true, ""},
		{`\\FS2\drop\s.sav`, on(other, "disk.raw", "C:", ""), false, ""},
		{`C:\drop\s.sav`, other, false, ""},
		{`\\tsclient\C\Users\Public\security.save`, own, false, ""},
	} {
		r := save("r1", "SAM", c.destination, at(0), 100, 50)
		acts := Join([]locate.Export{c.export}, []Record{r}, twoHosts)
		if joined := len(acts) == 1; joined != c.joined {
			t.Errorf("%s and %s on %s: joined %v", c.destination, c.export.At.Path, c.export.At.Source, joined)
		} else if told := strings.Join(acts[0].Against, " "); c.joined && strings.Contains(told, "8.3 name") != (c.doubt != "") {
			t.Errorf("%s: against %q", c.destination, acts[0].Against)
		}
	}
}

// TestSharesFromRecords: a 5145 tells what a share stands for.
func TestSharesFromRecords(t *testing.T) {
	asked := Record{ID: "r0", Time: at(time.Minute), Kind: "share", Host: "WS1", Hives: []string{"SYSTEM"}, Assessment: "export",
		File: `\\*\stage\sys.sav`, Destination: `D:\stage\sys.sav`, Shared: `D:\stage`, User: artifacts.User{Name: "zoe"}}
	r := save("r1", "SAM", `\\WS1\stage\s.sav`, at(0), 100, 50)
	e := export("e1", "SAM", "/stage/s.sav", at(5*time.Minute))
	for _, c := range []struct {
		shared string
		want   [][]string
	}{{`D:\stage`, [][]string{{"e1", "r1"}, {"r0"}}}, {"", [][]string{{"r1"}, {"r0"}, {"e1"}}}} {
		asked.Shared = c.shared
		if got := ids(Join([]locate.Export{e}, []Record{asked, r}, Known{})); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("folder %q: %v, want %v", c.shared, got, c.want)
		}
	}
}

// TestRenamedAndMoved: a copy is followed through what the journals tell of
// where it lay.
func TestRenamedAndMoved(t *testing.T) {
	e := export("e1", "SAM", "/$Recycle.Bin/S-1-5-21-1-2-3-1001/$R1.save", at(2*time.Second))
	r := save("r1", "SAM", `C:\Users\Public\sam.save`, at(-time.Hour), 100, 50)
	if acts := Join([]locate.Export{e}, []Record{r}, Known{}); len(acts) != 2 {
		t.Errorf("joined without a witness: %v", ids(acts))
	}
	e.History = []locate.Happening{{Kind: locate.HappenedRenamed, Path: "/Users/Public/sam.save"}}
	if acts := Join([]locate.Export{e}, []Record{r}, Known{}); len(acts) != 1 {
		t.Errorf("not followed: %v", ids(acts))
	}
}

// TestPeople: one dump is one act, with its retries; those of two people or
// hosts are two, though minutes apart.
func TestPeople(t *testing.T) {
	person := func(r Record, name, sid, session string) Record {
		r.User = artifacts.User{Name: name, Domain: "WS1", SID: sid, LogonID: session}
		return r
	}
	bob := func(r Record) Record { return person(r, "bob", "S-1-5-21-1-2-3-1002", "0x77") }
	failed := save("r0", "SAM", `C:\x\sam.save`, at(-2*time.Minute), 90, 50)
	failed.Assessment, failed.Commands[0].Impact = "attempt", "attempt"
	first := save("r1", "SAM", `C:\Users\Public\sam.save`, at(0), 100, 50)
	second := save("r2", "SYSTEM", `C:\Users\Public\sys.save`, at(4*time.Minute), 101, 60)
	away := second
	away.Host = "WS2"
	e1, e2 := export("e1", "SAM", "/Users/Public/sam.save", at(time.Second)), export("e2", "SYSTEM", "/Users/Public/sys.save", at(4*time.Minute+time.Second))
	lone := export("e3", "SECURITY", "/Users/Public/sec.save", at(3*time.Minute))
	of := func(e locate.Export, sid string) locate.Export { e.OwnerSID = sid; return e }
	for _, c := range []struct {
		name    string
		exports []locate.Export
		records []Record
		want    [][]string
	}{
		{"a retry", nil, []Record{failed, first}, [][]string{{"r0", "r1"}}},
		{"two of one person", []locate.Export{e1, e2}, []Record{first, second}, [][]string{{"e1", "e2", "r1", "r2"}}},
		{"two people", []locate.Export{e1, e2}, []Record{first, bob(second)}, [][]string{{"e1", "r1"}, {"e2", "r2"}}},
		{"a third copy goes to the nearest", []locate.Export{e1, e2, lone}, []Record{first, bob(second)}, [][]string{{"e1", "r1"}, {"e2", "e3", "r2"}}},
		{"two hosts", nil, []Record{first, away}, [][]string{{"r1"}, {"r2"}}},
		{"files of two accounts", []locate.Export{of(e1, "S-1-5-21-1-2-3-1001"), of(e2, "S-1-5-21-1-2-3-1002")}, nil, [][]string{{"e1"}, {"e2"}}},
		{"files of a group", []locate.Export{of(e1, "S-1-5-21-1-2-3-1001"), of(e2, "S-1-5-32-544")}, nil, [][]string{{"e1", "e2"}}},
		{"another's file is no renamed output", []locate.Export{of(export("e4", "SAM", "/gfx.dat", at(time.Second)), "S-1-5-21-1-2-3-1002")}, []Record{first}, [][]string{{"r1"}, {"e4"}}},
	} {
		if got := ids(Join(c.exports, c.records, Known{})); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: acts %v, want %v", c.name, got, c.want)
		}
	}
}
