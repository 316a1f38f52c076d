package triage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
)

func started(host, path, provider string, at time.Time) *artifacts.Event {
	return &artifacts.Event{Host: host, Provider: provider, Time: at, Process: &artifacts.Process{Executable: path}}
}

func TestLaunches(t *testing.T) {
	var security, second, all launches
	for i := range 3 {
		at := noon.Add(time.Duration(i) * time.Minute)
		security.count(started("WS01.example.org", `C:\Tools\a.exe`, securityAuditing, at))
		security.count(started("WS01.example.org", `C:\Tools\a.exe`, sysmon, at.Add(2*time.Millisecond)))
	}
	security.count(started("WS02.example.org", `C:\Tools\a.exe`, securityAuditing, noon))
	second.count(started("ws01", `c:\tools\A.EXE`, securityAuditing, noon.Add(-time.Hour)))
	second.count(started("ws01", "", securityAuditing, noon))
	all.take(security)
	all.take(second)
	if len(all.all) != 2 || all.beyond != 0 {
		t.Fatalf("%d programs, %d starts beyond", len(all.all), all.beyond)
	}
	got := all.all[launchKey{"ws01", `c:\tools\a.exe`}]
	if got.starts() != 4 || !got.first.Equal(noon.Add(-time.Hour)) || !got.last.Equal(noon.Add(2*time.Minute+2*time.Millisecond)) {
		t.Errorf("%d starts from %s to %s", got.starts(), got.first, got.last)
	}
	if times := got.distinct(); len(times) != 4 || !times[1].Equal(noon) {
		t.Errorf("starts at %v", times)
	}
	if other := all.all[launchKey{"ws02", `c:\tools\a.exe`}]; other.starts() != 1 {
		t.Errorf("%d starts on another host", other.starts())
	}
}

func TestLaunchLimits(t *testing.T) {
	var m launches
	for i := range maxLaunches + 3 {
		m.count(started("h", fmt.Sprint(i), sysmon, noon))
	}
	for i := range 3 * maxStartTimes { // the latest first
		m.count(started("h", "0", sysmon, noon.Add(time.Duration(3*maxStartTimes-i)*time.Minute)))
	}
	if len(m.all) != maxLaunches || m.beyond != 3 {
		t.Errorf("%d programs, %d beyond", len(m.all), m.beyond)
	}
	var all launches
	all.take(m)
	if i := all.all[launchKey{"h", "0"}]; len(i.times) != maxStartTimes || i.starts() != 3*maxStartTimes+1 || i.times[1] != noon.Add(time.Minute).UnixNano() {
		t.Errorf("%d times of %d starts, the second %d", len(i.times), i.starts(), i.times[1])
	}
	var more launches
	more.count(started("h", "one more", sysmon, noon))
	if all.take(more); len(all.all) != maxLaunches || all.beyond != 4 {
		t.Errorf("%d programs, %d beyond", len(all.all), all.beyond)
	}
}

func TestLaunchesAround(t *testing.T) {
	var m, all launches
	for path, at := range map[string]time.Time{
		`C:\Users\Public\a.exe`:                               noon,
		`\Device\HarddiskVolume3\ProgramData\b.exe`:           noon,
		`C:\Users\Public\early.exe`:                           noon.Add(-time.Hour),
		`C:\Windows\System32\svchost.exe`:                     noon,
		`C:\Program Files\7-Zip\7z.exe`:                       noon,
		`C:\Windows\Temp\c.exe`:                               noon,
		`C:\Windows\System32\moment.exe`:                      noon.Add(20 * time.Minute),
		`\\server\share\d.exe`:                                noon,
		"e.exe":                                               noon,
		`C:\Windows\System32\WindowsPowerShell\v1.0\late.exe`: noon.Add(21 * time.Minute),
	} {
		m.count(started("h", path, sysmon, at))
	}
	all.take(m)
	w := &wanted{spans: []span{{noon.Add(-time.Minute), noon.Add(time.Minute)}}}
	var got []string
	for _, i := range all.around(w, []time.Time{noon.Add(20*time.Minute + 3*time.Second)}) {
		got = append(got, i.path)
	}
	if want := `\Device\HarddiskVolume3\ProgramData\b.exe C:\Users\Public\a.exe C:\Windows\System32\moment.exe C:\Windows\Temp\c.exe`; strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestEightDotThree(t *testing.T) {
	for _, c := range []struct {
		short, long string
		want        bool
	}{
		{`\progra~1\tool.exe`, `\program files\tool.exe`, true},
		{`\progra~2\tool.exe`, `\program files (x86)\tool.exe`, true},
		{`\users\admin~1.jan\a.exe`, `\users\admin.jansen\a.exe`, true},
		{`\tools\longna~1.exe`, `\tools\long name of a tool.exe`, true},
		{`\tools\lo1a2b~1.exe`, `\tools\long name of a tool.exe`, true},
		{`\tools\longna~1.exe`, `\tools\long name of a tool.dll`, false},
		{`\tools\longna~x.exe`, `\tools\longname.exe`, false},
		{`\tools\longna~1.exe`, `\tools\deep\longname.exe`, false},
		{`\tools\~1.exe`, `\tools\a.exe`, false},
		{`\progra~1\tool.exe`, `\progress\tool.exe`, false},
		{`\progra~1\tool.exe`, `\prog\tool.exe`, false},
	} {
		if got := eightDotThree(c.short, c.long); got != c.want {
			t.Errorf("%s for %s: %v", c.short, c.long, got)
		}
	}
}

func TestWantedOnce(t *testing.T) {
	p := newWantedPrograms()
	first := p.add("WS01.example.org", `\VOLUME{01d8-1a2b}\WINDOWS\SYSTEM32\REG.EXE`)
	for _, name := range []string{`C:\Windows\System32\reg.exe`, `c:/windows/./system32/REG.EXE`, `\Device\HarddiskVolume2\Windows\System32\reg.exe`, `\\?\C:\Windows\Sysnative\reg.exe`} {
		if got := p.add("ws01", name); got != first {
			t.Errorf("%s is another program", name)
		}
	}
	if first.Path != `C:\Windows\System32\reg.exe` || first.drive != "c" {
		t.Errorf("named %s on %q", first.Path, first.drive)
	}
	for _, other := range [][2]string{{"ws02", `C:\Windows\System32\reg.exe`}, {"ws01", `D:\Windows\System32\reg.exe`}, {"ws01", `C:\Windows\SysWOW64\reg.exe`}, {"ws01", `\\server\share\reg.exe`}, {"ws01", `C:\Windows\System32:reg.exe`}} {
		if got := p.add(other[0], other[1]); got == nil || got == first {
			t.Errorf("%v is no other program", other)
		}
	}
	if p.add("ws01", "reg.exe") != nil || p.add("ws01", "") != nil || len(p.all) != 6 {
		t.Errorf("%d programs", len(p.all))
	}
	for i := range maxExecutables {
		p.add("ws01", fmt.Sprintf(`C:\%d.exe`, i))
	}
	if len(p.all) != maxExecutables || p.beyond != 6 {
		t.Errorf("%d programs, %d beyond", len(p.all), p.beyond)
	}
}

func TestFirstKnown(t *testing.T) {
	stamp := func(minutes int, means string) artifacts.Stamp {
		return artifacts.Stamp{Time: noon.Add(time.Duration(minutes) * time.Minute), Means: means}
	}
	for _, c := range []struct {
		times []artifacts.Stamp
		want  string
	}{
		{nil, ""},
		{[]artifacts.Stamp{{Means: "ran"}}, ""},
		{[]artifacts.Stamp{stamp(5, "ran"), stamp(3, "ran")}, "12:03 ran"},
		{[]artifacts.Stamp{stamp(1, "file modified"), stamp(5, "key last written")}, "12:05 key last written"},
		{[]artifacts.Stamp{stamp(4, "ran"), stamp(1, "file modified")}, "12:04 ran"},
		{[]artifacts.Stamp{stamp(1, "file modified")}, "12:01 file modified"},
	} {
		s, ok := firstKnown(c.times)
		got := ""
		if ok {
			got = s.Time.Format("15:04 ") + s.Means
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.times, got, c.want)
		}
	}
}
