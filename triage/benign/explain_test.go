package benign

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

var (
	at       = time.Date(2026, 3, 14, 2, 0, 5, 0, time.UTC)
	localSys = artifacts.User{Name: "FS03$", Domain: "NORDWIND", SID: "S-1-5-18", LogonID: "0x3e7"}
	somebody = artifacts.User{Name: "jansen", Domain: "NORDWIND", SID: "S-1-5-21-1-2-3-1107", LogonID: "0x5c1a2f"}
)

const (
	reg  = `C:\Windows\System32\reg.exe`
	cmd  = `C:\Windows\System32\cmd.exe`
	posh = `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`
)

// chain makes a process of images, the youngest first.
func chain(line string, images ...string) *artifacts.Process {
	var p *artifacts.Process
	for i := len(images) - 1; i >= 0; i-- {
		p = &artifacts.Process{PID: uint32(1000 + i), Executable: images[i], Parent: p}
	}
	p.CommandLine = line
	return p
}

// ran is the record of a command that copies hives to a place.
func ran(user artifacts.User, p *artifacts.Process, destination string, hives ...string) *correlate.Record {
	return &correlate.Record{ID: "rec-" + p.CommandLine, Kind: "process", Host: "FS03", Time: at, User: user, Process: p, Hives: hives, Assessment: "export",
		Commands: []command.Command{{Tool: "reg.exe", Verb: "save", Hives: hives, Destination: destination, Impact: "export"}}}
}

func wrote(user artifacts.User, image, path, hive string) *correlate.Record {
	return &correlate.Record{ID: "rec-" + path, Kind: "file", Host: "FS03", Time: at, User: user, Process: &artifacts.Process{PID: 77, Executable: image}, File: path, Destination: path, Hives: []string{hive}, Assessment: "attempt"}
}

func copyAt(path, hive string) *locate.Export {
	return &locate.Export{ID: "exp-" + path, Hive: hive, State: "live", At: artifacts.Locator{Path: path}}
}

// facts are an act of records and copies.
func facts(things ...any) Facts {
	f := Facts{Act: &correlate.Act{}}
	var all []correlate.Record
	for _, x := range things {
		switch x := x.(type) {
		case *correlate.Record:
			f.Records = append(f.Records, x)
			all = append(all, *x)
			f.Act.Hives = append(f.Act.Hives, x.Hives...)
		case *locate.Export:
			f.Exports = append(f.Exports, x)
			f.Act.Hives = append(f.Act.Hives, x.Hive)
		case correlate.ChainNode:
			f.Act.Chain = append(f.Act.Chain, x)
		}
	}
	f.Habits = HabitsOf(all)
	return f
}

// of is the explanation by a row; nil if there is none.
func of(f Facts, row string) *correlate.Explanation {
	for _, e := range Explain(f) {
		if e.Row == row {
			return &e
		}
	}
	return nil
}

const (
	agent     = `C:\Program Files\Rapid7\Insight Agent\components\insight_agent\3.2.1\ir_agent.exe`
	agentTemp = `C:\Program Files\Rapid7\Insight Agent\components\insight_agent\common\ir_agent_tmp\agent.jobs.tem_realtime_1\tmp1\`
)

// genuine says how each row's own act looks in records: by which program, of
// whom, at what place. Rows that records cannot complete say so.
var genuine = map[string]struct {
	f        Facts
	complete bool
}{
	"rapid7":              {facts(ran(localSys, chain("reg save 1", reg, agent), agentTemp+"SAM.hiv", "SAM")), true},
	"bitdefender":         {facts(wrote(localSys, `C:\Program Files\Bitdefender\Endpoint Security\EPSecurityService.exe`, `C:\ProgramData\Bitdefender\ForensicArtefacts\System\Config\SAM`, "SAM")), true},
	"sf-edr":              {facts(ran(somebody, chain("reg save 1", reg, `C:\Program Files\Sangfor\EDR\agent\bin\sfavtray.exe`), `C:\Program Files\Sangfor\EDR\agent\tmp\s`, "SAM")), false},
	"commvault":           {facts(ran(localSys, chain("reg save 1", reg, `C:\Program Files\Commvault\ContentStore\Base\CLBackup.exe`), `C:\Program Files\Commvault\ContentStore\iDataAgent\JobResults\2\SystemState\SAM`, "SAM")), true},
	"revo":                {facts(wrote(somebody, `C:\Program Files\VS Revo Group\Revo Uninstaller Pro\RevoUninPro.exe`, `C:\Backup\SAM`, "SAM")), false},
	"iobit":               {facts(wrote(somebody, `C:\Program Files (x86)\IObit\Advanced SystemCare\ASC.exe`, `C:\Backup\SAM`, "SAM")), false},
	"doubletake":          {facts(wrote(localSys, `C:\Program Files\Carbonite\Replication\DoubleTake.exe`, `C:\Backup\SAM`, "SAM")), false},
	"sql-setup":           {facts(wrote(somebody, `C:\Program Files\Microsoft SQL Server\150\Setup Bootstrap\SQL2019\setup.exe`, `C:\Backup\SYSTEM`, "SYSTEM")), false},
	"netwrix":             {facts(wrote(localSys, `C:\Program Files (x86)\Netwrix Auditor\agent\collect.exe`, `C:\Windows\Netwrix\Temp\ab12cd34.xyz.offreg`, "SYSTEM")), true},
	"citrix-upm":          {facts(wrote(localSys, `C:\Program Files\Citrix\User Profile Manager\UserProfileManager.exe`, `C:\UPM\SYSTEM`, "SYSTEM")), false},
	"vmware":              {facts(wrote(localSys, `C:\Program Files\Omnissa\Horizon\capture.exe`, `C:\Backup\SYSTEM`, "SYSTEM")), false},
	"vss-backup":          {facts(wrote(localSys, `C:\Program Files\Veeam\Endpoint Backup\VeeamAgent.exe`, `C:\Backup\SYSTEM`, "SYSTEM")), false},
	"kape":                {facts(vouch(ran(somebody, chain("kape", `D:\KAPE\kape.exe`), `E:\kape\FS03\C\Windows\System32\config\SAM`, "SAM"), "kape.exe")), true},
	"velociraptor":        {facts(vouch(ran(localSys, chain("velociraptor", `C:\Program Files\Velociraptor\Velociraptor.exe`), `C:\Velociraptor\uploads\SAM`, "SAM"), "velociraptor.exe")), true},
	"collector":           {facts(vouch(ran(somebody, chain("cylr", `D:\tools\CyLR.exe`), `D:\cylr_out\C\Windows\System32\config\SAM`, "SAM"), "CyLR.exe")), true},
	"tss":                 {facts(ran(somebody, chain("reg save 1", reg, posh), `C:\MS_DATA\TSS_1\SYSTEM.hiv`, "SYSTEM")), false},
	"frst":                {facts(vouch(wrote(somebody, `C:\Users\jansen\Desktop\FRST64.exe`, `C:\FRST\Hives\SAM`, "SAM"), "FRST64.exe")), true},
	"erunt":               {facts(wrote(somebody, `C:\Program Files\ERUNT\ERUNT.exe`, `C:\Windows\ERDNT\1-1-2009\SAM`, "SAM")), true},
	"combofix":            {facts(vouch(wrote(somebody, `C:\Users\jansen\Desktop\ComboFix.exe`, `C:\Qoobox\BackEnv\SAM`, "SAM"), "ComboFix.exe")), true},
	"tweaking":            {facts(wrote(somebody, `C:\Program Files (x86)\Tweaking.com\Registry Backup\TweakingRegistryBackup.exe`, `C:\RegBackup\FS03\1\SAM`, "SAM")), true},
	"gather-network-info": {facts(ran(localSys, chain("reg export", reg, cmd, `C:\Windows\System32\cscript.exe`), `C:\Windows\System32\config\Reg\Notif.reg.txt`, "SYSTEM")), false},
	"regidlebackup":       {facts(wrote(localSys, `C:\Windows\System32\taskhostw.exe`, `C:\Windows\System32\config\RegBack\SAM`, "SAM")), true},
	"windows-backup":      {facts(wrote(localSys, `C:\Windows\System32\wbengine.exe`, `E:\WindowsImageBackup\FS03\x.vhdx`, "SAM")), true},
	"ifm":                 {facts(ran(somebody, chain("ntdsutil", `C:\Windows\System32\ntdsutil.exe`, cmd), `C:\media\registry\SYSTEM`, "SYSTEM")), false},
	"dism":                {facts(wrote(somebody, `C:\Windows\System32\Dism.exe`, `C:\mount\Windows\System32\config\SAM`, "SAM")), true},
	"containers":          {facts(wrote(localSys, `C:\Windows\System32\vmcompute.exe`, `C:\ProgramData\docker\windowsfilter\ab\Hives\SAM_Base`, "SAM")), true},
}

// vouch gives a record's program a name in its version data.
func vouch(rec *correlate.Record, original string) *correlate.Record {
	rec.Process.OriginalFileName = original
	return rec
}

// TestTable: each row says what it must, and is found in its own act; a row
// that cannot be complete has a reason.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Table {
		if seen[row.ID] || row.ID == "" || row.Name == "" || row.What == "" || row.Settles == "" || row.Fake == "" || row.Source == "" || len(row.Makers) == 0 {
			t.Errorf("row %q is incomplete, or stands twice", row.ID)
		}
		seen[row.ID] = true
		c, ok := genuine[row.ID]
		if !ok {
			t.Errorf("%s has no genuine case", row.ID)
			continue
		}
		e := of(c.f, row.ID)
		switch {
		case e == nil:
			t.Errorf("%s is not seen in its own act", row.ID)
		case e.Complete != c.complete:
			t.Errorf("%s: complete is %v: %+v", row.ID, e.Complete, e)
		case c.complete && (len(e.For) < 2 || !strings.Contains(strings.Join(e.Open, " "), "was not checked")):
			t.Errorf("%s: %+v", row.ID, e)
		case !c.complete && len(e.Against)+len(e.Open) < 2:
			t.Errorf("%s is not complete for no reason: %+v", row.ID, e)
		}
	}
	if len(genuine) != len(Table) {
		t.Errorf("%d genuine cases for %d rows", len(genuine), len(Table))
	}
}

// TestFakes: a fake of every row is never complete: its place used by another
// program, its program's name elsewhere, its place and program with something
// that it does not do.
func TestFakes(t *testing.T) {
	for _, row := range Table {
		c := genuine[row.ID]
		rec := *c.f.Records[0]
		place := rec.Destination
		if rec.Kind == "process" {
			place = rec.Commands[0].Destination
		}
		hive := rec.Hives[0]
		maker := makerOf(t, row, &rec)
		fakes := map[string]Facts{
			"right place, a shell's":        facts(ran(somebody, chain("reg save x", reg, cmd, `C:\Windows\explorer.exe`), place, hive)),
			"right place, no process known": facts(copyAt(strings.ReplaceAll(place[2:], `\`, "/"), hive)),
			"right name, wrong folder":      facts(ran(rec.User, chain("reg save x", reg, `C:\Users\Public\`+command.Base(maker)), place, hive)),
			"right program, other place":    facts(ran(rec.User, chain("x", maker), `C:\Users\Public\x`, hive)),
			"and a mover":                   facts(c.f.Records[0], correlate.ChainNode{Relation: "child", Process: artifacts.Process{Executable: `C:\Tools\rclone.exe`}}),
			"and another copy":              facts(c.f.Records[0], copyAt("/Users/Public/x", hive)),
			"and a stream":                  facts(c.f.Records[0], &locate.Export{Hive: hive, State: "live", At: artifacts.Locator{Path: "/Users/Public/x.txt", Stream: "s"}}),
			"and a loaded hive":             facts(c.f.Records[0], &correlate.Record{Kind: "hive-load", Hives: []string{hive}, Assessment: "export"}),
		}
		for name, f := range fakes {
			for _, e := range Explain(f) {
				if e.Row == row.ID && e.Complete {
					t.Errorf("%s, %s: %+v", row.ID, name, e)
				}
			}
		}
		signed := c.f
		for state, signer := range map[string]string{Valid: "Nobody Ltd", "tampered": "", Unsigned: ""} {
			signed.Signer = func(string, string) (string, string) { return signer, state }
			if e := of(signed, row.ID); len(row.Signers) > 0 && (e == nil || e.Complete || len(e.Against) == 0) {
				t.Errorf("%s, signature %s by %q: %+v", row.ID, state, signer, e)
			}
		}
		if len(row.Signers) > 0 && c.complete {
			signed.Signer = func(string, string) (string, string) { return strings.ToUpper(row.Signers[0]) + " LLC", Valid }
			if e := of(signed, row.ID); e == nil || !e.Complete || len(e.Open) > 0 {
				t.Errorf("%s, well signed: %+v", row.ID, e)
			}
		}
		if row.Service && c.complete {
			user := *c.f.Records[0]
			user.User = somebody
			if e := of(facts(&user), row.ID); e == nil || e.Complete {
				t.Errorf("%s in a user's session: %+v", row.ID, e)
			}
		}
	}
}

// TestInstallationMedia: all that ntdsutil writes lies where it keeps its own,
// and a person must say what it was for.
func TestInstallationMedia(t *testing.T) {
	const ntdsutil = `C:\Windows\System32\ntdsutil.exe`
	f := facts(ran(somebody, chain("ntdsutil", ntdsutil, cmd), `C:\media\registry\SYSTEM`, "SYSTEM"),
		wrote(somebody, ntdsutil, `C:\media\Active Directory\ntds.dit`, "SYSTEM"))
	if e := of(f, "ifm"); e == nil || e.Complete || len(e.Against) > 0 {
		t.Errorf("%+v", e)
	}
}

// makerOf is the row's own program in its genuine record.
func makerOf(t *testing.T, row Row, rec *correlate.Record) string {
	t.Helper()
	m := compile([]Row{row})[0]
	r := reading{matcher: &m}
	for p := rec.Process; p != nil; p = p.Parent {
		if r.makes(p.Executable) {
			return p.Executable
		}
	}
	t.Fatalf("%s: none of its programs in its record", row.ID)
	return ""
}

// TestRapid7: what speaks against the agent, one thing at a time.
func TestRapid7(t *testing.T) {
	base := func() *correlate.Record {
		return ran(localSys, chain("reg save 1", reg, agent), agentTemp+"SAM.hiv", "SAM")
	}
	with := func(change func(*correlate.Record)) Facts {
		rec := base()
		change(rec)
		return facts(rec)
	}
	for name, c := range map[string]struct {
		f       Facts
		against string
	}{
		"genuine":          {facts(base()), ""},
		"through cmd":      {facts(ran(localSys, chain("reg save 1", reg, cmd, agent), agentTemp+"SAM.hiv", "SAM")), ""},
		"all hives":        {facts(base(), ran(localSys, chain("reg save 2", reg, agent), agentTemp+"SECURITY.hiv", "SECURITY")), ""},
		"its copy":         {facts(base(), copyAt(strings.ReplaceAll(agentTemp[2:], `\`, "/")+"SAM.hiv", "SAM")), ""},
		"in unpacked data": {facts(base(), copyAt("/C"+strings.ReplaceAll(agentTemp[2:], `\`, "/")+"SAM.hiv", "SAM")), ""},
		"its file record": {facts(base(), func() *correlate.Record {
			r := wrote(localSys, reg, agentTemp+"SAM.hiv", "SAM")
			r.Process.PID = 1000
			return r
		}()), ""},
		"a user":             {with(func(r *correlate.Record) { r.User = somebody }), "it ran as NORDWIND\\jansen"},
		"through a tool":     {facts(ran(localSys, chain("x", reg, `C:\Tools\x.exe`, agent), agentTemp+"SAM.hiv", "SAM")), "x.exe took part, which it does not use"},
		"a fake reg":         {facts(ran(localSys, chain("x", `C:\Tools\reg.exe`, agent), agentTemp+"SAM.hiv", "SAM")), "not the program of Windows"},
		"a renamed tool":     {with(func(r *correlate.Record) { r.Process.OriginalFileName = "mimikatz.exe" }), "is a renamed mimikatz.exe"},
		"a renamed agent":    {with(func(r *correlate.Record) { r.Process.Parent.OriginalFileName = "cmd.exe" }), "has the name cmd.exe in its version data"},
		"elsewhere":          {with(func(r *correlate.Record) { r.Commands[0].Destination = `C:\Temp\s` }), "none of its places"},
		"to another host":    {with(func(r *correlate.Record) { r.Commands[0].Destination = `\\10.0.0.9\s\SAM` }), "none of its places"},
		"up from its place":  {with(func(r *correlate.Record) { r.Commands[0].Destination = agentTemp + `..\..\..\..\x` }), "none of its places"},
		"remote":             {with(func(r *correlate.Record) { r.Commands[0].Remote = "DC1" }), "another host: DC1"},
		"disguised":          {with(func(r *correlate.Record) { r.Commands[0].Disguise = []string{"carets"} }), "disguised: carets"},
		"on another drive":   {facts(ran(localSys, chain("x", reg, "E"+agent[1:]), agentTemp+"SAM.hiv", "SAM")), "lies elsewhere"},
		"an archive beside":  {facts(base(), correlate.ChainNode{Relation: "sibling", Process: artifacts.Process{Executable: `C:\Tools\7z.exe`}}), "packs files"},
		"another's copy too": {facts(base(), ran(somebody, chain("reg save 9", reg, cmd), `C:\Temp\s`, "SYSTEM")), "none of its programs"},
	} {
		e := of(c.f, "rapid7")
		if e == nil {
			t.Errorf("%s: no explanation", name)
			continue
		}
		if e.Complete != (c.against == "") || !strings.Contains(strings.Join(e.Against, "; "), c.against) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestUnrelated: an act that nothing known fits has no explanation.
func TestUnrelated(t *testing.T) {
	for name, f := range map[string]Facts{
		"a shell's": facts(ran(somebody, chain("reg save 1", reg, cmd), `C:\Temp\s`, "SAM")),
		"a copy":    facts(copyAt("/Temp/s", "SAM")),
		"a share's": facts(&correlate.Record{Kind: "share", Hives: []string{"SAM"}, Assessment: "export", File: `\\*\ADMIN$\Temp\abcdefgh.tmp`}),
		"nothing":   facts(),
		"a task's":  facts(ran(localSys, chain("reg save 1", reg, cmd, `C:\Windows\System32\svchost.exe`), `C:\Backup\s`, "SAM")),
		"a console": facts(ran(somebody, chain("reg save 1", reg, posh), `C:\Temp\s`, "SAM")),
		"a host's":  facts(wrote(localSys, `C:\Windows\System32\taskhostw.exe`, `C:\Backup\s`, "SAM")),
		"a flood":   facts(slices.Repeat([]any{ran(localSys, chain("reg save 1", reg, agent), agentTemp+"SAM.hiv", "SAM")}, maxMembers+1)...),
	} {
		if got := Explain(f); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestHabit: a job is what the task scheduler ran at the same hour of at least
// three days, to a place that a job may write to.
func TestHabit(t *testing.T) {
	const svchost = `C:\Windows\System32\svchost.exe`
	nightly := func(days []float64, change func(*correlate.Record)) Facts {
		var all []any
		for i, d := range days {
			rec := ran(somebody, chain(fmt.Sprintf(`reg.exe save HKLM\SAM D:\backup\sam-2026031%d.hiv /y`, i), reg, cmd, svchost), fmt.Sprintf(`D:\backup\sam-2026031%d.hiv`, i), "SAM")
			rec.ID, rec.Time = fmt.Sprint("rec-", i), at.Add(time.Duration(d*24*float64(time.Hour)))
			change(rec)
			all = append(all, rec)
		}
		f := facts(all...)
		f.Records = f.Records[:1]
		return f
	}
	same := func(*correlate.Record) {}
	for name, c := range map[string]struct {
		f        Facts
		known    bool
		complete bool
		against  string
	}{
		"nightly":            {nightly([]float64{0, 1, 2, 3}, same), true, true, ""},
		"weekly":             {nightly([]float64{0, 7, 14}, same), true, true, ""},
		"minutes apart":      {nightly([]float64{0, 1.004, 2.002}, same), true, true, ""},
		"over midnight":      {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Time = r.Time.Add(-2*time.Hour - 2*time.Second) }), true, true, ""},
		"two nights":         {nightly([]float64{0, 1}, same), false, false, ""},
		"thrice in one hour": {nightly([]float64{0, 0.01, 0.02}, same), false, false, ""},
		"at any hour":        {nightly([]float64{0, 1.3, 2.6}, same), false, false, ""},
		"and at other hours": {nightly([]float64{0, 1, 2, 2.3, 3.4}, same), true, false, "other hours"},
		"another account":    {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.User.Name += r.ID }), false, false, ""},
		"another parent":     {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Process.Parent.Executable = `C:\x` + r.ID + `\cmd.exe` }), false, false, ""},
		"another host":       {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Host += r.ID }), false, false, ""},
		"from a desktop": {nightly([]float64{0, 1, 2}, func(r *correlate.Record) {
			r.Process.Parent.Parent.Executable = `C:\Windows\explorer.exe`
		}), true, false, "the task scheduler did not start it"},
		"another svchost":     {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Process.Parent.Parent.CommandLine = "svchost.exe -k DcomLaunch" }), true, false, "did not start it"},
		"a fake svchost":      {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Process.Parent.Parent.Executable = `C:\Temp\svchost.exe` }), true, false, "did not start it"},
		"to a temp folder":    {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Commands[0].Destination = `C:\Windows\Temp\s` }), true, false, "temporary files"},
		"to another computer": {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Commands[0].Destination = `\\10.0.0.9\s\SAM` }), true, false, "another computer"},
		"to nobody knows":     {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Commands[0].Destination = `%x%\s` }), true, false, "not recorded"},
		"disguised":           {nightly([]float64{0, 1, 2}, func(r *correlate.Record) { r.Commands[0].Disguise = []string{"carets"} }), true, false, "disguised"},
	} {
		e := of(c.f, HabitID)
		if (e != nil) != c.known {
			t.Errorf("%s: %+v", name, e)
			continue
		}
		if e != nil && (e.Complete != c.complete || !strings.Contains(strings.Join(e.Against, "; "), c.against)) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	f := nightly([]float64{0, 1, 2}, same)
	f.Exports = append(f.Exports, copyAt("/Users/Public/other", "SAM"))
	if e := of(f, HabitID); e == nil || e.Complete {
		t.Errorf("a copy elsewhere: %+v", e)
	}
	f = nightly([]float64{0, 1, 2}, same)
	f.Act.Enter([]correlate.Session{{Logon: artifacts.Logon{Type: 3}}, {Logon: artifacts.Logon{Type: 10}}})
	if e := of(f, HabitID); e == nil || e.Complete || !slices.Contains(e.Against, "it ran in a session at the desktop, not in one of the task scheduler's") {
		t.Errorf("in a desktop session: %+v", e)
	}
}

// BenchmarkExplain reads the largest act that is read.
func BenchmarkExplain(b *testing.B) {
	var all []any
	for i := range maxMembers {
		all = append(all, ran(localSys, chain(fmt.Sprint("reg save ", i), reg, cmd, agent), agentTemp+"SAM.hiv", "SAM"))
	}
	f := facts(all...)
	for b.Loop() {
		if e := Explain(f); len(e) == 0 {
			b.Fatal("no explanation")
		}
	}
}
