package guide

import (
	"slices"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/expose"
)

// TestResets: each account has one row, with all acts that took it, in the
// order of who comes first.
func TestResets(t *testing.T) {
	row := func(act, host string, kind expose.Kind, name, sid string) expose.Row {
		return expose.Row{Act: act, Host: host, Kind: kind, Name: name, SID: sid, Recoverable: "yes", Standing: "unknown", Because: string(kind) + " because"}
	}
	const eve, svc = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1200"
	for name, c := range map[string]struct {
		rows  []expose.Row
		want  []string // targets of step 3, in their order
		holds []string // in the reasons of the last
	}{
		"whoever did it is exposed": {[]expose.Row{row("act-1", "WS1", expose.CachedLogon, `CORP\eve`, eve)}, []string{`CORP\eve (` + eve + ")"}, []string{"the commands ran under it", "its own credential is among what was taken", "cached logon because"}},
		"another of its name":       {[]expose.Row{row("act-1", "WS1", expose.LocalAccount, "eve", "S-1-5-21-9-9-9-1001")}, []string{`CORP\eve (` + eve + ")", "eve"}, nil},
		"in two kinds": {[]expose.Row{row("act-1", "WS1", expose.CachedLogon, `CORP\svc`, svc), row("act-1", "WS1", expose.ServiceAccount, `CORP\svc (service x)`, "")},
			[]string{`CORP\eve (` + eve + ")", `CORP\svc (service x)`}, []string{"service account because", "it is exposed as cached logon as well"}},
		"in two acts": {[]expose.Row{row("act-1", "WS1", expose.LocalAccount, "adm", ""), row("act-2", "WS1", expose.LocalAccount, "adm", "")},
			[]string{`CORP\eve (` + eve + ")", "adm"}, []string{"taken in act-1, act-2"}},
		"of two hosts": {[]expose.Row{row("act-1", "WS8", expose.LocalAccount, "adm", ""), row("act-1", "WS9", expose.LocalAccount, "adm", "")},
			[]string{`CORP\eve (` + eve + ")", `WS8\adm`, `WS9\adm`}, nil},
		"auto-logon of a local one": {[]expose.Row{row("act-1", "WS1", expose.LocalAccount, "kiosk", ""), row("act-1", "WS1", expose.AutoLogon, `WS1\kiosk`, "")},
			[]string{`CORP\eve (` + eve + ")", `WS1\kiosk`}, []string{"it is exposed as local account as well"}},
		"secrets of two hosts": {[]expose.Row{row("act-1", "WS1", expose.Secret, "DPAPI_SYSTEM", ""), row("act-1", "WS9", expose.Secret, "DPAPI_SYSTEM", "")},
			[]string{`CORP\eve (` + eve + ")", "DPAPI_SYSTEM", "DPAPI_SYSTEM of WS9"}, nil},
		"computers by their names": {[]expose.Row{row("act-1", "WS1", expose.MachineAccount, `CORP\WS1$`, svc), row("act-1", "WS9", expose.MachineAccount, `CORP\WS9$`, svc)},
			[]string{`CORP\eve (` + eve + ")", `CORP\WS1$`, `CORP\WS9$`}, nil},
		"two SIDs of a name": {[]expose.Row{row("act-1", "WS1", expose.CachedLogon, `CORP\a`, "S-1-5-21-1-2-3-1"), row("act-1", "WS1", expose.CachedLogon, `CORP\a`, "S-1-5-21-1-2-3-2")},
			[]string{`CORP\eve (` + eve + ")", `CORP\a`}, nil},
		"of no act of the case": {[]expose.Row{row("act-7", "WS1", expose.LocalAccount, "adm", "")}, []string{`CORP\eve (` + eve + ")"}, nil},
	} {
		f := dump()
		second := f.Acts[0]
		second.ID = "act-2"
		f.Acts, f.Exposure = append(f.Acts, second), c.rows
		var got []string
		last := ""
		for _, a := range Respond(f) {
			if a.Step == "3" {
				got, last = append(got, a.Target), a.Because
				if len(a.Evidence) == 0 {
					t.Errorf("%s: no evidence: %+v", name, a)
				}
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		holds(t, name, last, c.holds...)
	}
	if isOf(&expose.Row{Kind: expose.Secret, Name: "eve"}, artifacts.User{Name: "eve"}) {
		t.Error("a secret is taken for an account")
	}
}

// TestFirst: of the most urgent actions the incident, the host and the domain
// come first.
func TestFirst(t *testing.T) {
	actions := []Action{{Step: "4", Priority: 2, Action: "remove"}, {Step: "2", Priority: 1, Action: "isolate another"}, {Step: "2", Priority: 1, Action: Isolate},
		{Step: "3", Priority: 1, Action: Disable}, {Step: "3", Priority: 1, Action: ResetDomain}, {Step: "1", Priority: 1, Action: "open"}, {Step: "3", Priority: 5, Action: ResetDomain}}
	var got []string
	for _, a := range First(actions) {
		got = append(got, a.Action)
	}
	if want := []string{"open", Isolate, ResetDomain, "isolate another", Disable, "remove", ResetDomain}; !slices.Equal(got, want) || actions[0].Action != "remove" {
		t.Errorf("%q", got)
	}
}
