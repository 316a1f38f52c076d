package settings

import (
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
)

func find(t *testing.T, all []Setting, what string) Setting {
	t.Helper()
	for _, s := range all {
		if s.What == what {
			return s
		}
	}
	t.Fatalf("no setting %q in %+v", what, all)
	return Setting{}
}

// TestStates: each setting on, off and not set.
func TestStates(t *testing.T) {
	sure := func(v bool) hive.Fact[bool] { return hive.Sure(v, 7) }
	for _, row := range []struct {
		what string
		with func(v hive.Fact[bool]) Facts
		// whether a remedy is told when it is off
		remedy bool
	}{
		{"command lines of process creation", func(v hive.Fact[bool]) Facts {
			return Facts{Software: &machine.Software{Logging: machine.Logging{CommandLines: v}}}
		}, true},
		{"PowerShell script block logging", func(v hive.Fact[bool]) Facts {
			return Facts{Software: &machine.Software{Logging: machine.Logging{ScriptBlocks: v}}}
		}, true},
		{"periodic registry backup", func(v hive.Fact[bool]) Facts { return Facts{System: &machine.System{PeriodicBackup: v}} }, false},
		{"auto-logon", func(v hive.Fact[bool]) Facts {
			return Facts{Software: &machine.Software{Winlogon: machine.Winlogon{AutoLogon: v}}}
		}, false},
	} {
		for _, state := range []struct {
			fact            hive.Fact[bool]
			want, certainty string
		}{{sure(true), "on", "certain"}, {sure(false), "off", "certain"}, {hive.Fact[bool]{}, "off", Default}} {
			got := find(t, List(row.with(state.fact)), row.what)
			if got.State != state.want || got.Certainty != state.certainty || got.Means == "" {
				t.Errorf("%s: %+v, want %s, %s", row.what, got, state.want, state.certainty)
			}
			if want := row.remedy && state.want == "off"; (got.Remedy != "") != want {
				t.Errorf("%s %s: remedy %q", row.what, state.want, got.Remedy)
			}
		}
	}
}

func TestAudit(t *testing.T) {
	p := &machine.AuditPolicy{Offset: 9, Certainty: hive.Certain, Subcategories: []machine.Subcategory{
		{Name: machine.ProcessCreation}, {Name: machine.Logon, Success: true}}}
	all := List(Facts{Audit: p, AuditPath: "/s"})
	if len(all) != 2 {
		t.Fatalf("%d settings of two known subcategories: %+v", len(all), all)
	}
	if s := find(t, all, "process creation auditing"); s.State != "off" || !strings.Contains(s.Remedy, `"Process Creation"`) || s.Path != "/s" || s.Offset != 9 {
		t.Errorf("%+v", s)
	}
	if s := find(t, all, "logon auditing"); s.State != "on" || s.Remedy != "" {
		t.Errorf("%+v", s)
	}
}

func TestSystem(t *testing.T) {
	s := &machine.System{
		Services: []machine.Service{{Name: "remoteregistry", Start: hive.Sure(uint32(2), 5)}},
		Shutdown: hive.Sure(time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC), 6), WDigest: hive.Sure(true, 7),
		Mounts: []machine.Mount{{Name: `\DosDevices\C:`, GUID: "{1}"}, {Name: `\DosDevices\E:`, Device: "usb"}, {Name: `\DosDevices\D:`, Signature: 0xab, Start: 512}, {Name: `\??\Volume{2}`}},
	}
	all := List(Facts{System: s})
	for what, state := range map[string]string{"Sysmon": "not installed", "RemoteRegistry service": "automatic", "WDigest credentials in memory": "on",
		"last orderly shutdown": "2026-03-01T02:03:04Z", "drive C:": "GPT partition {1}", "drive E:": "usb", "drive D:": "MBR disk 000000ab at byte 512"} {
		if got := find(t, all, what); got.State != state {
			t.Errorf("%s: %+v, want %s", what, got, state)
		}
	}
	s.Services[0].Start, s.Sysmon, s.WDigest = hive.Sure(uint32(4), 5), []machine.Sysmon{{Service: hive.Sure("Odd", 3), Driver: true, Renamed: true}}, hive.Sure(false, 1)
	all = List(Facts{System: s})
	if got := find(t, all, "RemoteRegistry service"); got.State != "disabled" || got.Remedy != "" {
		t.Errorf("%+v", got)
	}
	if got := find(t, all, "Sysmon"); got.State != "driver Odd" || !strings.Contains(got.Means, "another name") {
		t.Errorf("%+v", got)
	}
	for _, got := range List(Facts{System: &machine.System{}}) {
		if got.What == "Sysmon" || got.What == "RemoteRegistry service" {
			t.Errorf("told without services to tell from: %+v", got)
		}
	}
	if all := List(Facts{}); len(all) != 0 {
		t.Errorf("from nothing: %+v", all)
	}
}

func TestLogon(t *testing.T) {
	s := &machine.Software{LAPS: []machine.LAPS{{Form: "Windows LAPS", On: hive.Sure(true, 1)}, {Form: "legacy LAPS"}},
		Winlogon: machine.Winlogon{Password: hive.Sure(true, 2), CachedLogons: hive.Sure(10, 3)}}
	all := List(Facts{Software: s})
	for what, state := range map[string]string{"Windows LAPS": "on", "legacy LAPS": "installed", "DefaultPassword in SOFTWARE": "present", "cached logons": "10"} {
		if got := find(t, all, what); got.State != state {
			t.Errorf("%s: %+v, want %s", what, got, state)
		}
	}
}
