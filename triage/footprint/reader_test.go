package footprint

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/program"
)

var day = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

var (
	anna = artifacts.User{Name: "anna", Domain: "CORP", SID: "S-1-5-21-1-2-3-1104"}
	svc  = artifacts.User{Name: "svc-bak", Domain: "CORP", SID: "S-1-5-21-1-2-3-1105"}
	ws1  = artifacts.User{Name: "WS1$", Domain: "CORP", SID: "S-1-5-21-1-2-3-2001"}
)

// record is an event of a log, whose offset and number follow its time.
func record(provider string, code uint32, at time.Time, data ...string) *artifacts.Event {
	e := &artifacts.Event{Provider: provider, Code: code, Time: at, Host: "WS1.corp.example", Channel: "Security", RecordID: uint64(at.Unix()), Offset: at.Unix()}
	for i := 0; i+1 < len(data); i += 2 {
		e.Data = append(e.Data, artifacts.Datum{Name: data[i], Value: data[i+1]})
	}
	return e
}

func logonAt(at time.Time, u artifacts.User, kind uint32, ip, workstation string) *artifacts.Event {
	e := record(security, 4624, at)
	u.LogonID = fmt.Sprintf("0x%x", at.Unix())
	e.Target, e.Logon = u, &artifacts.Logon{Type: kind, SourceIP: ip, Workstation: workstation, Package: "NTLM"}
	return e
}

func explicitAt(at time.Time, server string) *artifacts.Event {
	e := record(security, 4648, at, "TargetServerName", server)
	e.User, e.Target, e.Process = anna, svc, &artifacts.Process{Executable: `C:\Windows\System32\runas.exe`}
	return e
}

func startAt(at time.Time, code uint32, image, line, hashes string) *artifacts.Event {
	provider := security
	if code == 1 {
		provider = sysmon
	}
	e := record(provider, code, at)
	e.User, e.Process = anna, &artifacts.Process{Executable: image, CommandLine: line, Hashes: hashes}
	return e
}

func connectionAt(at time.Time, initiated, source, destination, name, port string) *artifacts.Event {
	e := record(sysmon, 3, at, "Initiated", initiated, "SourceIp", source, "DestinationIp", destination, "DestinationHostname", name, "DestinationPort", port)
	e.User, e.Process = anna, &artifacts.Process{Executable: `C:\Windows\System32\mstsc.exe`}
	return e
}

// read is the footprint of WS1 after some events, those that are Wanted.
func read(events ...*artifacts.Event) *Footprint {
	var r Reader
	for _, e := range events {
		if Wanted(e) {
			r.Add(e)
		}
	}
	return r.Finish([]Host{{Name: "WS1"}}, nil, nil, false)
}

// brief writes logons and calls in short lines.
func brief(f *Footprint) string {
	var lines []string
	for _, l := range f.Logons {
		hours := ""
		for h, n := range l.Hours {
			if n > 0 {
				hours += fmt.Sprintf(" %dh×%d", h, n)
			}
		}
		lines = append(lines, strings.Join(slices.DeleteFunc([]string{l.Outcome, l.Account.Name, l.Target.Name, fmt.Sprint(l.Type), l.Address, l.Workstation, l.Server, fmt.Sprint(l.Count) + hours, map[bool]string{true: "local"}[l.Local]},
			func(s string) bool { return s == "" }), " "))
	}
	for _, c := range f.Outgoing {
		lines = append(lines, strings.Join(slices.DeleteFunc([]string{"call", c.How, c.Account.Name, c.Target.Name, c.To, c.Address, fmt.Sprint(c.Port), fmt.Sprint(c.Count), c.CommandLine},
			func(s string) bool { return s == "" }), " "))
	}
	return strings.Join(lines, "\n")
}

func TestRecords(t *testing.T) {
	failed := record(security, 4625, day, "LogonType", "3", "IpAddress", "::ffff:10.0.0.9", "WorkstationName", "KALI", "Status", "0xc000006d")
	failed.Target = anna
	privileged := record(security, 4672, day, "PrivilegeList", "SeDebugPrivilege")
	privileged.User = anna
	system := privileged.User
	system.SID = "S-1-5-18"
	ofSystem := record(security, 4672, day)
	ofSystem.User = system
	for name, c := range map[string]struct {
		events []*artifacts.Event
		want   string
	}{
		"nothing":            {nil, ""},
		"a group":            {[]*artifacts.Event{logonAt(day, anna, 3, "10.0.0.5", "DESK-1"), logonAt(day.Add(time.Hour), anna, 3, "10.0.0.5", "DESK-1")}, "success anna 3 10.0.0.5 DESK-1 2 9h×1 10h×1"},
		"two sources":        {[]*artifacts.Event{logonAt(day, anna, 3, "10.0.0.5", ""), logonAt(day.Add(time.Hour), anna, 3, "10.0.0.6", "")}, "success anna 3 10.0.0.5 1 9h×1\nsuccess anna 3 10.0.0.6 1 10h×1"},
		"two types":          {[]*artifacts.Event{logonAt(day, anna, 3, "10.0.0.5", ""), logonAt(day.Add(time.Hour), anna, 10, "10.0.0.5", "WS1")}, "success anna 3 10.0.0.5 1 9h×1\nsuccess anna 10 10.0.0.5 1 10h×1"},
		"at the desk":        {[]*artifacts.Event{logonAt(day, anna, 2, "127.0.0.1", "WS1")}, "success anna 2 1 9h×1 local"},
		"of Windows":         {[]*artifacts.Event{logonAt(day, artifacts.User{Name: "SYSTEM", SID: "S-1-5-18"}, 5, "", ""), logonAt(day, artifacts.User{Name: "DWM-1", SID: "S-1-5-90-0-1"}, 2, "", ""), ofSystem}, ""},
		"failed":             {[]*artifacts.Event{failed}, "failure anna 3 10.0.0.9 KALI 1 9h×1"},
		"privileged":         {[]*artifacts.Event{privileged}, "privileged anna 0 1 9h×1"},
		"explicit, here":     {[]*artifacts.Event{explicitAt(day, "localhost")}, "explicit anna svc-bak 0 1 9h×1 local"},
		"explicit, there":    {[]*artifacts.Event{explicitAt(day, "FS1.corp.example")}, "explicit anna svc-bak 0 FS1.corp.example 1 9h×1 local\ncall 4648 anna svc-bak fs1.corp.example 0 1"},
		"explicit, address":  {[]*artifacts.Event{explicitAt(day, "10.0.0.7")}, "explicit anna svc-bak 0 10.0.0.7 1 9h×1 local\ncall 4648 anna svc-bak 10.0.0.7 0 1"},
		"a connection":       {[]*artifacts.Event{connectionAt(day, "true", "10.0.0.21", "10.0.0.7", "FS1.corp.example", "3389")}, "call sysmon 3 anna fs1.corp.example 10.0.0.7 3389 1"},
		"a connection taken": {[]*artifacts.Event{connectionAt(day, "false", "10.0.0.7", "10.0.0.21", "", "3389")}, ""},
		"another port":       {[]*artifacts.Event{connectionAt(day, "true", "10.0.0.21", "10.0.0.7", "", "443")}, ""},
		"a command": {[]*artifacts.Event{startAt(day, 4688, `C:\Windows\System32\reg.exe`, `reg save \\FS1\HKLM\SAM C:\s`, ""), startAt(day.Add(time.Second), 4688, `C:\Windows\System32\reg.exe`, `reg save \\fs1\HKLM\SECURITY C:\t`, ""),
			startAt(day, 4688, `C:\Windows\System32\reg.exe`, `reg save \\ws1\HKLM\SAM C:\s`, "")}, `call command line anna fs1 0 2 reg save \\FS1\HKLM\SAM C:\s`},
	} {
		if got := brief(read(c.events...)); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
}

// TestOwn: an address is the host's own where a record can tell nothing else.
func TestOwn(t *testing.T) {
	f := read(logonAt(day, ws1, 3, "10.0.0.21", ""), logonAt(day.Add(time.Minute), ws1, 3, "fe80::1%4", ""), logonAt(day, anna, 3, "10.0.0.5", "WS1"),
		connectionAt(day, "true", "10.0.0.22", "10.0.0.7", "", "445"), connectionAt(day.Add(-time.Hour), "true", "10.0.0.22", "10.0.0.8", "", "445"), connectionAt(day, "true", "127.0.0.1", "127.0.0.1", "", "445"))
	h := f.Hosts[0]
	if len(h.Addresses) != 2 || h.Addresses[0].Address != "10.0.0.22" || h.Addresses[0].Because != fromItself || h.Addresses[0].Count != 2 || !h.Addresses[0].First.Equal(day.Add(-time.Hour)) ||
		h.Addresses[0].From.RecordID != uint64(day.Add(-time.Hour).Unix()) || h.Addresses[1].Address != "10.0.0.21" || h.Addresses[1].Because != byOwnAccount {
		t.Errorf("addresses: %+v", h.Addresses)
	}
	if got := strings.Join(h.Names, " "); got != "ws1 ws1.corp.example" {
		t.Errorf("names: %s", got)
	}
}

// TestHalves: what two readers gathered one after the other is what one would
// have.
func TestHalves(t *testing.T) {
	var events []*artifacts.Event
	for i := range 400 {
		at := day.Add(time.Duration(i) * 5 * time.Hour)
		events = append(events, logonAt(at, anna, 3, fmt.Sprintf("10.0.0.%d", i%7), ""), explicitAt(at, fmt.Sprintf("srv%d", i%5)), connectionAt(at, "true", "10.0.0.21", "10.0.0.7", "", "445"),
			startAt(at, 1, fmt.Sprintf(`C:\p%d.exe`, i%9), `net use \\fs1\c$`, "SHA256="+strings.Repeat("ab", 32)))
	}
	whole := read(events...)
	for _, at := range []int{0, 1, 777, 1600} {
		var first, second Reader
		for i, e := range events {
			if i < at {
				first.Add(e)
			} else {
				second.Add(e)
			}
		}
		first.Take(&second)
		if got := first.Finish([]Host{{Name: "WS1"}}, nil, nil, false); !reflect.DeepEqual(text(t, got), text(t, whole)) {
			t.Errorf("cut at %d:\n%s\nwant:\n%s", at, text(t, got), text(t, whole))
		}
	}
	if n := len(whole.Logons[0].Days); n != MaxDays || whole.Usable.ProcessStarts.Records != 400 || !whole.Usable.ProcessStarts.Told || whole.Usable.Logons.Records != 400 {
		t.Errorf("%d days, %+v", n, whole.Usable)
	}
}

func text(t *testing.T, f *Footprint) string {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBounds: nothing grows beyond the bounds, and what is left out is counted.
func TestBounds(t *testing.T) {
	var r Reader
	for i := range MaxLogons + 50 {
		r.Add(logonAt(day, anna, 3, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), ""))
	}
	failed := record(security, 4625, day)
	failed.Target = anna
	r.Add(failed) // has its own bound
	for i := range 200 {
		r.Add(logonAt(day.Add(time.Duration(i)*24*time.Hour), svc, 5, "", ""))
		r.Add(logonAt(day.Add(time.Duration(i)*24*time.Hour), anna, 3, "10.0.0.0", ""))
	}
	for i := range MaxOutgoing + 7 { // one of them is to itself
		r.Add(connectionAt(day, "true", "10.0.0.21", fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "", "445"))
	}
	for i := range MaxPrograms + 3 {
		r.Add(startAt(day, 4688, fmt.Sprintf(`C:\%d\%s.exe`, i, strings.Repeat("x", 10)), "", ""))
	}
	f := r.Finish(make([]Host, MaxHosts+2), nil, make([]Log, MaxLogs+1), false)
	if len(f.Logons) != MaxLogons+1 || f.Omitted.Logons != 250 || len(f.Outgoing) != MaxOutgoing || f.Omitted.Outgoing != 6 || len(f.Programs) != MaxPrograms || f.Omitted.Programs != 3 ||
		len(f.Hosts) != MaxHosts || f.Omitted.Hosts != 2 || len(f.Logs) != MaxLogs || f.Omitted.Logs != 1 {
		t.Errorf("%d logons, %d calls, %d programs, %d hosts, %d logs, %+v", len(f.Logons), len(f.Outgoing), len(f.Programs), len(f.Hosts), len(f.Logs), f.Omitted)
	}
	g := f.Logons[slices.IndexFunc(f.Logons, func(l Logon) bool { return l.Address == "10.0.0.0" && l.Outcome == Succeeded })]
	if g.Count != 201 || len(g.Days) != MaxDays || g.DaysOmitted != 200-MaxDays || g.Days[MaxDays-1].Date != "2026-09-29" {
		t.Errorf("%d logons on %d days, %d left out, the last %+v", g.Count, len(g.Days), g.DaysOmitted, g.Days[len(g.Days)-1])
	}
	long := startAt(day, 4688, strings.Repeat("é", MaxText), `\\fs1\c$ `+strings.Repeat("y", 2*MaxText), "")
	f = read(long)
	if len(f.Programs[0].Path) > MaxText+3 || len(f.Outgoing[0].CommandLine) > MaxText+3 {
		t.Errorf("a text of %d and one of %d bytes", len(f.Programs[0].Path), len(f.Outgoing[0].CommandLine))
	}
}

func TestPrograms(t *testing.T) {
	sha256, sha1 := strings.Repeat("Ab", 32), strings.Repeat("Cd", 20)
	var r Reader
	r.Add(startAt(day, 1, `C:\Tools\x.exe`, "", "SHA1="+sha1+",MD5=00,SHA256="+sha256))
	r.Add(startAt(day.Add(time.Hour), 1, `c:\tools\X.EXE`, "", "SHA256="+sha256+",SHA1="+sha1))
	r.Add(startAt(day, 4688, `C:\Tools\x.exe`, "", ""))
	r.Add(startAt(day, 1, `C:\Tools\y.exe`, "", "SHA256="+strings.Repeat("0", 64)+",SHA1=zz"))
	for _, trace := range []artifacts.Trace{
		{Artefact: "Amcache", Deed: artifacts.Existed, Program: `c:\tools\x.exe`, Details: []artifacts.Datum{{Name: "SHA1", Value: sha1}}, Times: []artifacts.Stamp{{Time: day.Add(-time.Hour), Means: "inventoried (key last written)"}}},
		{Artefact: "Prefetch", Deed: artifacts.Ran, Program: `\VOLUME{01d8000000000000-1a2b3c4d}\TOOLS\Z.EXE`, Times: []artifacts.Stamp{{Time: day, Means: "ran"}, {Time: day.Add(time.Hour), Means: "file modified"}}},
		{Artefact: "UserAssist", Deed: artifacts.Ran, Program: "Microsoft.Windows.Explorer"},
		{Artefact: "PSReadLine", Deed: artifacts.Typed, Program: `C:\a.exe`},
	} {
		r.AddTrace(&trace)
	}
	r.AddFile(&program.Executable{Path: `C:\Tools\x.exe`, SHA256: strings.ToLower(sha256), Signature: &program.Signature{State: "valid", Signer: "Tools Ltd"}})
	r.AddFile(&program.Executable{Path: `C:\Tools\v.exe`, SHA256: strings.ToLower(sha256), Unreliable: "it was deleted", Signature: &program.Signature{State: "valid", Signer: "Tools Ltd"}})
	f := r.Finish(nil, nil, nil, false)
	var got []string
	for _, p := range f.Programs {
		got = append(got, fmt.Sprintf("%s %s %.4s %.4s %s %s %d %s", p.Path, p.Place, p.SHA256, p.SHA1, p.Signer, strings.Join(p.Sources, "+"), p.Starts, p.Last.Sub(p.First)))
	}
	want := []string{
		`\volume{01d8000000000000-1a2b3c4d}\tools\z.exe /tools/z.exe    Prefetch 0 0s`,
		`c:\tools\x.exe /tools/x.exe abab cdcd Tools Ltd Amcache+Sysmon 1+file 2 2h0m0s`,
		`c:\tools\x.exe /tools/x.exe    Security 4688 1 0s`,
		`c:\tools\y.exe /tools/y.exe    Sysmon 1 1 0s`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("programs:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPlaces: drives and addresses that SYSTEM tells.
func TestPlaces(t *testing.T) {
	var r Reader
	for range 2 { // a shadow copy tells the same
		r.AddTrace(&artifacts.Trace{Artefact: inMounts, Host: "WS1", Paths: []string{"d:"}, Details: []artifacts.Datum{{Name: "DiskSignature", Value: "0A0B0C0D"}, {Name: "PartitionOffset", Value: "1048576"}}})
		r.AddTrace(&artifacts.Trace{Artefact: inMounts, Host: "WS1", Paths: []string{`\??\Volume{a}`}, Details: []artifacts.Datum{{Name: "PartitionGUID", Value: "{aa}"}}})
		r.AddTrace(&artifacts.Trace{Artefact: inMounts, Host: "WS1", Paths: []string{"e:"}, Details: []artifacts.Datum{{Name: "Device", Value: "USBSTOR"}}})
		r.AddTrace(&artifacts.Trace{Artefact: inMounts, Host: "WS1", Paths: []string{"f:"}, Details: []artifacts.Datum{{Name: "DiskSignature", Value: "0A0B0C0D"}, {Name: "PartitionOffset", Value: "18446744073709551615"}}})
	}
	r.AddTrace(&artifacts.Trace{Artefact: inInterface, Host: "WS1", Paths: []string{"10.0.0.21", "169.254.3.4", "none"}, Times: []artifacts.Stamp{{Time: day}}, Details: []artifacts.Datum{{Name: "Kind", Value: "DHCP"}}})
	f := r.Finish([]Host{{Name: "WS1"}}, nil, nil, false)
	if len(f.Mounts) != 2 || f.Mounts[0].PartitionGUID != "{AA}" || f.Mounts[0].Name != "" || f.Mounts[1].Name != "D:" || f.Mounts[1].Signature != "0A0B0C0D" || f.Mounts[1].Offset != 1<<20 {
		t.Errorf("mounts: %+v", f.Mounts)
	}
	if a := f.Hosts[0].Addresses; len(a) != 1 || a[0].Address != "10.0.0.21" || !a[0].First.Equal(day) {
		t.Errorf("addresses: %+v", a)
	}
}

// TestAsks: what is asked before a record is decoded lets through what is
// Wanted.
func TestAsks(t *testing.T) {
	for _, e := range []*artifacts.Event{
		logonAt(day, anna, 3, "", ""), logonAt(day, artifacts.User{SID: "S-1-5-18"}, 5, "", ""), logonAt(day, artifacts.User{SID: "S-1-5-96-0-0"}, 2, "", ""),
		explicitAt(day, "x"), connectionAt(day, "true", "", "", "", "445"), connectionAt(day, "false", "", "", "", "445"), connectionAt(day, "true", "", "", "", "80"),
	} {
		values := map[string]string{"TargetUserSid": e.Target.SID, "SubjectUserSid": e.User.SID}
		for _, d := range e.Data {
			values[d.Name] = d.Value
		}
		k := Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.ID == e.Code })]
		asked := k.Ask == nil || k.Ask(func(name string) []byte { return []byte(values[name]) })
		if !Known(e) || asked != Only(e) {
			t.Errorf("%d %+v: asked %v, wanted %v", e.Code, values, asked, Only(e))
		}
	}
}
