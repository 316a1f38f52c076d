package main

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/batch"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// exposed: the matrix, and who else has a local account of the name.
func (b *planted) exposed(t *testing.T) {
	kinds := map[string]string{"local account": "local", "machine account": "computer", "service account": "service", "cached logon": "domain"}
	damaged := map[string]bool{}
	for _, f := range b.Failures {
		damaged[f.Host] = true
	}
	var told, want, same, wantSame []string
	for _, a := range b.c.Accounts {
		if a.Scope == fleet.OtherScope {
			continue // secrets that every host has, of which the manifest names none
		}
		for _, cell := range a.Cells {
			for _, kind := range cell.Kinds {
				told = append(told, kinds[kind]+" "+nameOrSID(kinds[kind], a.Name, a.SID)+" of "+cell.Host)
			}
		}
		for _, n := range a.Same {
			if !damaged[n.Host] {
				same = append(same, a.Name+" "+n.Host)
			}
		}
		if lead := a.Lead != ""; lead != (a.Name == "Administrator") {
			t.Errorf("the lead of %s is %q", a.Name, a.Lead)
		}
	}
	for _, e := range b.Exposed {
		for _, host := range e.Hosts {
			want = append(want, e.Kind+" "+nameOrSID(e.Kind, e.Account, e.SID)+" of "+host)
		}
		for _, host := range e.Same {
			wantSame = append(wantSame, e.Account+" "+host)
		}
	}
	sameList(t, "exposed accounts", told, want)
	sameList(t, "local accounts of the same name", same, wantSame)
}

// nameOrSID is what tells an account: of a cached logon the name is often not
// known.
func nameOrSID(kind, name, sid string) string {
	if kind == "domain" {
		return sid
	}
	return name
}

// foreign: copies of other hosts' hives, with those that they are the same as.
func (b *planted) foreign(t *testing.T) {
	var told, want []string
	for _, f := range b.c.Foreign {
		told = append(told, fmt.Sprintf("%s%s %s %s of %s %v %s", f.Host, f.Path, f.Hive, f.SHA256, f.Of, f.Where == fleet.InBatch, b.hostsOf(f.Same)))
		if f.Certainty != "certain" && f.Where == fleet.InBatch || f.Where == fleet.InBatch && (f.OfFolder == "" || len(f.Acts) == 0) {
			t.Errorf("%s is of %s, %s, with the acts %v", f.Path, f.OfFolder, f.Certainty, f.Acts)
		}
	}
	for _, f := range b.Foreign {
		twin := ""
		if f.Twin != "" {
			twin = f.From
		}
		want = append(want, fmt.Sprintf("%s%s %s %s of %s %v %s", f.On, f.Path, f.Hive, f.SHA256, f.From, f.InBatch, twin))
		for _, g := range b.c.Foreign {
			if g.Path == f.Path && g.MachineSID != f.SID && (g.MachineSID != "" || f.Hive != "SYSTEM") {
				t.Errorf("%s is of %s, not of %s", f.Path, g.MachineSID, f.SID)
			}
		}
	}
	sameList(t, "foreign copies", told, want)
}

// remote: where acts were done from, and what their sources tell of it.
func (b *planted) remote(t *testing.T) {
	var told, want []string
	for _, r := range b.c.Remote {
		told = append(told, fmt.Sprintf("%s from %s, %s, %s", r.Host, r.Address, r.Source, r.Joined))
		for _, m := range b.Remote {
			if m.To != r.Host {
				continue
			}
			if !slices.ContainsFunc(r.Calls, func(c fleet.Call) bool {
				return c.Time.Equal(m.At) && strings.HasSuffix(c.What, m.Command) && c.Account == m.Actor
			}) {
				t.Errorf("%s does not tell of %s: %+v", m.From, m.Command, r.Calls)
			}
		}
	}
	add := func(host, address, source string) {
		joined := fleet.BothEnds
		if source == "" {
			joined = fleet.SourceMissing
		}
		want = append(want, fmt.Sprintf("%s from %s, %s, %s", host, address, source, joined))
	}
	for _, a := range b.Acts {
		if a.Source == "" {
			continue
		}
		add(a.Host, a.Source, a.From)
		for _, r := range b.Remote {
			if r.From == a.Host { // whose session there is the same
				add(a.Host, a.Source, a.From)
			}
		}
		if a.Staged { // the copies came from each of the hosts that they are of
			add(a.Host, "10.20.31.23", "WS-HR-03")
			add(a.Host, "10.20.32.122", "")
		}
	}
	sameList(t, "sources", told, want)
}

// logons: what was new is told as new, a local account of the name as a lead,
// and what is as ever is not flagged.
func (b *planted) logons(t *testing.T) {
	var told, want []string
	line := func(account, to, from, address string, kind uint32, at time.Time, lead bool) string {
		return fmt.Sprint(account, " to ", to, " from ", from, " ", address, " type ", kind, " ", at.UTC().Format(time.RFC3339), " lead ", lead)
	}
	for _, e := range b.c.Logons.Edges {
		if e.Lead || e.Source != fleet.KnownSource {
			told = append(told, line(e.Account.Domain+`\`+e.Account.Name, b.nameOf(e.To), b.nameOf(e.From), e.Address, e.Type, e.First, e.Lead))
		}
		if e.From == e.To || e.Outcome != footprint.Succeeded || strings.HasSuffix(e.Account.Name, "$") || strings.HasPrefix(e.Address, "127.") {
			t.Errorf("an edge that is none: %+v", e)
		}
	}
	for _, l := range b.Logons {
		domain, _, _ := strings.Cut(l.Account, `\`)
		want = append(want, line(l.Account, l.To, l.From, l.Address, l.Type, l.At, domain == l.To))
	}
	sameList(t, "logons since the acts", told, want)
	for _, l := range b.Ordinary {
		for _, e := range b.c.Logons.Edges {
			if b.nameOf(e.To) == l.To && !l.At.Before(e.First) && !l.At.After(e.Last) && e.Account.Domain+`\`+e.Account.Name == l.Account && (e.Address == l.Address || e.First.Equal(l.At)) && e.Source != fleet.KnownSource {
				t.Errorf("%s: flagged: %+v", l.Why, e)
			}
		}
	}
}

// blind: whose logs cannot tell of the acts.
func (b *planted) blind(t *testing.T) {
	var told, want []string
	for _, h := range b.c.Blind {
		told = append(told, h.Host+" "+h.Tell)
		if len(h.Why) == 0 {
			t.Errorf("%s: no reason", h.Host)
		}
	}
	for _, n := range b.NoLogs {
		tell := fleet.TellsCommands
		if n.Why == "absent" {
			tell = fleet.TellsNothing
		}
		want = append(want, n.Host+" "+tell)
	}
	for _, f := range b.Failures { // of which the rest can be read
		switch f.Kind {
		case "bomb":
			want = append(want, strings.TrimSuffix(f.File, ".zip")+" "+fleet.TellsNothing)
		case "cut":
			want = append(want, f.Host+" "+fleet.TellsCommands)
		}
	}
	sameList(t, "hosts whose logs cannot tell", told, want)
}

// programs: the one that is rare in the batch and no part of Windows.
func (b *planted) programs(t *testing.T) {
	var told, want []string
	for _, p := range b.c.Programs {
		if strings.HasPrefix(p.Paths[0], `c:\windows\`) {
			continue
		}
		var hosts []string
		for _, f := range p.Folders {
			hosts = append(hosts, b.nameOf(f))
		}
		slices.Sort(hosts)
		told = append(told, fmt.Sprint(p.SHA256, p.Paths, hosts))
		if p.Prevalence.Hosts != len(hosts) || p.By != "SHA-256" {
			t.Errorf("%s is known on %d hosts, by its %s; %q are named", p.Name, p.Prevalence.Hosts, p.By, hosts)
		}
	}
	for _, p := range b.Programs {
		want = append(want, fmt.Sprint(p.SHA256, []string{strings.ToLower(p.Path)}, p.Hosts))
	}
	sameList(t, "programs", told, want)
}

// prevalence: each host with acts tells it of each program of their chains, in
// its case, its report and its table.
func (b *planted) prevalence(t *testing.T) {
	hosts := 0
	for _, h := range b.c.Hosts {
		if h.Acts == 0 {
			continue
		}
		folder := filepath.Join(b.folder, batch.HostsName, h.Folder)
		c := caseIn[triage.Case](t, folder)
		page, rows := readFile(t, filepath.Join(folder, "report.html")), readFile(t, filepath.Join(folder, "executables.csv"))
		if _, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rows, "\ufeff"))).ReadAll(); err != nil {
			t.Errorf("%s: %v", h.Name, err)
		}
		for _, e := range c.Executables {
			if len(e.Acts) == 0 {
				continue
			}
			hosts++
			if e.Prevalence == nil {
				t.Errorf("%s: no prevalence of %s", h.Name, e.Path)
				continue
			}
			if text := e.Prevalence.Text(); !strings.Contains(page, text) || !strings.Contains(rows, text) {
				t.Errorf("%s: the report or the table does not tell %q of %s", h.Name, text, e.Path)
			}
		}
	}
	if hosts < 5 {
		t.Errorf("%d programs", hosts)
	}
}
