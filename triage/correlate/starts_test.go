package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// started makes the event of a process start; names stand for images.
func started(when time.Duration, pid, parent uint32, guid, parentGUID, image string) artifacts.Event {
	return artifacts.Event{Time: at(when), Offset: int64(when/time.Millisecond) + int64(pid), Host: "WS1",
		Process: &artifacts.Process{PID: pid, EntityID: guid, Executable: `C:\Windows\System32\` + image,
			Parent: &artifacts.Process{PID: parent, EntityID: parentGUID}}}
}

type world struct {
	starts Starts
	events map[int64]*artifacts.Event
}

func newWorld(events ...artifacts.Event) *world {
	w := &world{events: map[int64]*artifacts.Event{}}
	for i := range events {
		w.events[events[i].Offset] = &events[i]
		w.starts.Add(NewStart(&events[i], 0))
	}
	w.starts.Seal()
	return w
}

func (w *world) chain(r Record) (out []string) {
	tree := w.starts.Around([]*Record{&r})
	for _, n := range tree.Chain(func(s Start) *artifacts.Event { return w.events[s.Offset] }) {
		out = append(out, fmt.Sprintf("%d %s %s", n.Depth, n.Relation, command.Base(n.Process.Executable)))
	}
	return out
}

func (w *world) record(e artifacts.Event) Record {
	return Record{ID: "r", Time: e.Time, Kind: "process", Host: e.Host, Process: e.Process, From: From{Offset: e.Offset}}
}

func TestChainByGUID(t *testing.T) {
	reg := started(10*time.Second, 30, 20, "{R}", "{C}", "reg.exe")
	w := newWorld(
		started(0, 10, 1, "{E}", "{?}", "explorer.exe"),
		started(5*time.Second, 20, 10, "{C}", "{E}", "cmd.exe"),
		started(6*time.Second, 20, 10, "{X}", "{Y}", "stranger.exe"), // the same PID, another GUID
		started(9*time.Second, 29, 20, "{W}", "{C}", "whoami.exe"),
		reg,
		started(11*time.Second, 31, 30, "{K}", "{R}", "conhost.exe"),
	)
	want := []string{"0 ancestor ", "1 ancestor explorer.exe", "2 ancestor cmd.exe", "3 sibling whoami.exe", "3 command reg.exe", "4 child conhost.exe"}
	if got := w.chain(w.record(reg)); !slices.Equal(got, want) {
		t.Errorf("chain %q, want %q", got, want)
	}
}

func TestChainByPIDWithReuse(t *testing.T) {
	reg := started(60*time.Second, 30, 20, "", "", "reg.exe")
	w := newWorld(
		started(0, 20, 1, "", "", "old-owner-of-the-pid.exe"),
		started(50*time.Second, 20, 2, "", "", "cmd.exe"),
		reg,
		started(70*time.Second, 20, 3, "", "", "next-owner.exe"),
		started(80*time.Second, 33, 20, "", "", "not-a-sibling.exe"),
	)
	want := []string{"0 ancestor ", "1 ancestor cmd.exe", "2 command reg.exe"}
	if got := w.chain(w.record(reg)); !slices.Equal(got, want) {
		t.Errorf("chain %q, want %q", got, want)
	}
}

func TestChainSurvivesLoops(t *testing.T) {
	a := started(0, 10, 11, "{A}", "{B}", "a.exe")
	w := newWorld(a, started(0, 11, 10, "{B}", "{A}", "b.exe"), started(time.Second, 12, 12, "{S}", "{S}", "self.exe"))
	if got := w.chain(w.record(a)); len(got) == 0 || len(got) > 4 {
		t.Errorf("chain %q", got)
	}
}

func TestOneProcessInTwoLogsIsOneNode(t *testing.T) {
	security := started(0, 30, 20, "", "", "reg.exe")
	mon := started(20*time.Millisecond, 30, 20, "{R}", "{C}", "reg.exe")
	w := newWorld(started(-time.Second, 20, 10, "{C}", "{E}", "cmd.exe"), started(-time.Second+5*time.Millisecond, 20, 10, "", "", "cmd.exe"), security, mon)
	r1, r2 := w.record(security), w.record(mon)
	tree := w.starts.Around([]*Record{&r1, &r2})
	if len(tree.Nodes) != 2 {
		t.Errorf("%d nodes, want cmd and reg once each", len(tree.Nodes))
	}
}

func TestStartsAreBounded(t *testing.T) {
	keep := func(order []int) []Start {
		s := Starts{limit: 10}
		for _, i := range order {
			e := started(time.Duration(i)*time.Second, uint32(i+1), 1, "", "", "x.exe")
			s.Add(NewStart(&e, 0))
		}
		if !s.Seal() {
			t.Error("the dropping was not told")
		}
		return s.all
	}
	var up, down []int
	for i := range 100 {
		up, down = append(up, i), append(down, 99-i)
	}
	a, b := keep(up), keep(down)
	if len(a) != 10 || a[0].PID != 91 || !slices.Equal(a, b) {
		t.Errorf("kept %v and %v", a, b)
	}
}

func TestOutOfPlace(t *testing.T) {
	for _, c := range []struct {
		p    artifacts.Process
		want string
	}{
		{artifacts.Process{Executable: `C:\Windows\System32\reg.exe`, OriginalFileName: "reg.exe"}, ""},
		{artifacts.Process{Executable: `C:\Windows\SysWOW64\cmd.exe`, OriginalFileName: "Cmd.Exe"}, ""},
		{artifacts.Process{Executable: `C:\Users\eve\reg.exe`}, "belongs in"},
		{artifacts.Process{Executable: `C:\Users\eve\update.exe`, OriginalFileName: "reg.exe"}, "version resource says reg.exe"},
		{artifacts.Process{Executable: `reg.exe`}, ""},
		{artifacts.Process{}, ""},
	} {
		got := strings.Join(OutOfPlace(c.p), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("OutOfPlace(%q) = %q, want %q", c.p.Executable, got, c.want)
		}
	}
}

func logon(code uint32, when time.Duration, id string) artifacts.Event {
	return artifacts.Event{Code: code, Time: at(when), Host: "WS1", Target: artifacts.User{Name: "eve", SID: "S-1-5-21-1-2-3-1001", LogonID: id},
		Logon: &artifacts.Logon{Type: 10, SourceIP: "10.1.2.3"}}
}

func TestFindSession(t *testing.T) {
	r := save("r1", "SAM", `C:\s`, at(0), 1, 2)
	events := []artifacts.Event{
		logon(4624, -48*time.Hour, "0x5a1c2"), logon(4634, -47*time.Hour, "0x5a1c2"), // an id of an earlier boot
		logon(4624, -time.Hour, "0x5a1c2"), logon(4624, -time.Minute, "0x777"), logon(4634, time.Hour, "0x5a1c2"),
		logon(4624, 2*time.Hour, "0x5a1c2"),
	}
	found := FindSessions([]*Record{&r}, events)
	if len(found) != 1 {
		t.Fatalf("sessions %+v", found)
	}
	if s := found[0]; !s.Start.Equal(at(-time.Hour)) || !s.End.Equal(at(time.Hour)) || s.Logon.SourceIP != "10.1.2.3" {
		t.Errorf("session %+v", s)
	}
	r.User.LogonID = "0x3e7"
	if s := FindSessions([]*Record{&r}, events); s != nil {
		t.Errorf("LocalSystem's session was told: %+v", s)
	}
}

func TestGroupLogons(t *testing.T) {
	service := logon(4624, time.Minute, "0x9")
	service.Logon = &artifacts.Logon{Type: 5}
	events := []artifacts.Event{logon(4624, -time.Hour, "0x1"), logon(4624, time.Minute, "0x2"), logon(4624, time.Hour, "0x3"),
		logon(4634, time.Hour, "0x2"), service, logon(4624, 100*time.Hour, "0x4")}
	acts := []Act{{Start: at(0), End: at(time.Minute)}}
	var earlier LogonTally
	groups := GroupLogons(events, acts, [][]*Record{nil}, 48*time.Hour, &earlier)
	if len(groups) != 1 || groups[0].Count != 2 || !groups[0].Last.Equal(at(time.Hour)) {
		t.Errorf("groups %+v", groups)
	}
	if GroupLogons(events, nil, nil, time.Hour, &earlier) != nil {
		t.Error("logons without an act")
	}
	other := logon(4624, 2*time.Minute, "0x5")
	other.Host = "WS2"
	late := logon(4624, 3*time.Hour, "0x6")
	late.Host = "WS2"
	third := logon(4624, 2*time.Minute, "0x7")
	third.Host = "DC1"
	acts = append(acts, Act{Start: at(2 * time.Hour), End: at(2 * time.Hour)})
	groups = GroupLogons(append(events, other, late, third), acts, [][]*Record{{{Host: "WS1"}}, {{Host: "ws2"}}}, 48*time.Hour, &earlier)
	got := map[string]int{}
	for _, g := range groups {
		got[g.Host] += g.Count
	}
	if len(got) != 3 || got["WS2"] != 1 || got["DC1"] != 1 {
		t.Errorf("by host: %v", got)
	}
}

func TestTieFile(t *testing.T) {
	records := []Record{save("r1", "SAM", `C:\s`, at(0), 4711, 50)}
	exports := []locate.Export{export("e1", "SYSTEM", "/ProgramData/x.dat", at(0))}
	file := func(pid uint32, image, path string) Record {
		return Record{ID: "f", Kind: "file", Host: "WS1", Time: at(time.Second), File: path, Process: &artifacts.Process{PID: pid, Executable: image}}
	}
	for _, c := range []struct {
		name  string
		f     Record
		tied  bool
		hives string
	}{
		{"by the process", file(4711, `C:\Windows\System32\reg.exe`, `C:\s`), true, "SAM"},
		{"by the export's place", file(9, `C:\tools\copy.exe`, `C:\ProgramData\x.dat`), true, "SYSTEM"},
		{"reg.exe and a hive's name", file(9, `C:\Windows\System32\reg.exe`, `C:\t\security.hiv`), true, "SECURITY"},
		{"reg.exe and another name", file(9, `C:\Windows\System32\reg.exe`, `C:\t\backup.reg`), false, ""},
		{"a hive's name by another program", file(9, `C:\x.exe`, `C:\t\sam`), false, ""},
	} {
		tied := TieFile(&c.f, records, exports)
		if tied != c.tied || strings.Join(c.f.Hives, ",") != c.hives {
			t.Errorf("%s: %v %v, want %v %s", c.name, tied, c.f.Hives, c.tied, c.hives)
		}
	}
}

// TestFindSessions: every session that the records of an act ran in is told,
// once and in the records' order; the first is the main one.
func TestFindSessions(t *testing.T) {
	in := func(host, id string) *Record {
		r := save("r", "SAM", `C:\s`, at(0), 1, 2)
		r.Host, r.User.LogonID = host, id
		return &r
	}
	events := []artifacts.Event{logon(4624, -3*time.Hour, "0x1"), logon(4624, -2*time.Hour, "0x2"), logon(4634, -time.Hour, "0x1"), logon(4624, time.Hour, "0x3")}
	found := FindSessions([]*Record{in("WS1", "0x2"), in("WS1", "0x3e7"), in("WS1", "0x1"), in("WS1", "0x2"), in("WS2", "0x1"), in("WS1", "0x3"), in("WS1", "")}, events)
	if len(found) != 2 || found[0].LogonID != "0x2" || found[1].LogonID != "0x1" || !found[0].End.IsZero() || !found[1].End.Equal(at(-time.Hour)) {
		t.Fatalf("sessions %+v", found)
	}
	var a Act
	a.Enter(found)
	if a.Session != &a.Sessions[0] || len(a.Sessions) != 2 {
		t.Errorf("main session %+v", a.Session)
	}
	if a.Enter(nil); a.Session != nil || a.Sessions != nil {
		t.Errorf("no session: %+v", a.Session)
	}
}
