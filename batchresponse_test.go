package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage"
	"hivetriage/triage/batch"
	"hivetriage/triage/fleet"
	"hivetriage/triage/guide"
)

// TestBatchResponse: the list of a batch tells each computer and each account
// once, by the names of the batch, and points to what is in the hosts' cases.
func TestBatchResponse(t *testing.T) {
	r := batchOnce(t)
	var c fleet.Case
	text, err := os.ReadFile(filepath.Join(r.folder, batch.CaseName))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*triage.Case{}
	addresses := map[string]string{}
	for _, h := range c.Hosts {
		cases[h.Folder] = caseIn[triage.Case](t, filepath.Join(r.folder, batch.HostsName, h.Folder))
		for _, a := range h.Addresses {
			addresses[a] = h.Name
		}
	}
	seen, ids := map[string]string{}, 0
	for _, a := range c.Response {
		for _, target := range a.Targets {
			for word := range strings.FieldsSeq(target) {
				if host := addresses[word]; host != "" {
					t.Errorf("%s: %q is the host %s", a.Action, target, host)
				}
			}
			if key := a.Step + " " + target; a.Step == "2" || a.Step == "3" {
				if seen[key] != "" {
					t.Errorf("%s is the target of %q and of %q", target, seen[key], a.Action)
				}
				seen[key] = a.Action
			}
		}
		for _, ref := range a.Evidence {
			if ref.ID != "" {
				ids++
				if cases[ref.Folder] == nil || !known(cases[ref.Folder], ref.ID) {
					t.Errorf("%s points to %q, which is not in the case of %s", a.Action, ref.ID, ref.Folder)
				}
			}
		}
	}
	if ids < 50 || len(addresses) == 0 {
		t.Errorf("only %d ids and %d addresses were looked at", ids, len(addresses))
	}
	isolate := slices.IndexFunc(c.Response, func(a fleet.Action) bool { return a.Action == guide.Isolate })
	if isolate != 1 || c.Response[0].Step != "1" || len(c.Response[1].Targets) != c.Counts.Hit {
		t.Fatalf("the incident and the isolation of %d hosts do not come first: %+v", c.Counts.Hit, c.Response[:2])
	}
	if why := strings.Join(c.Response[isolate].Because, "\n"); !strings.Contains(why, "SRV-SQL-01 were done from WS-HR-03") {
		t.Errorf("the isolation does not say that the act on SRV-SQL-01 came from WS-HR-03:\n%s", why)
	}
}

// TestComputersOnce: in no host's list has a computer or an account two rows,
// nor has one that is about a computer a file for its target.
func TestComputersOnce(t *testing.T) {
	r := batchOnce(t)
	folders, err := filepath.Glob(filepath.Join(r.folder, batch.HostsName, "*"))
	if err != nil || len(folders) < 10 {
		t.Fatalf("%d hosts (%v)", len(folders), err)
	}
	computers := 0
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, batch.CaseName)); err != nil {
			continue
		}
		var told []guide.Computer
		accounts := map[string]bool{}
		for _, a := range caseIn[triage.Case](t, folder).Response {
			if a.Step == "3" {
				if accounts[a.Target] {
					t.Errorf("%s: %s has two rows", filepath.Base(folder), a.Target)
				}
				accounts[a.Target] = true
			}
			if _, about := guide.Strength(a.Action); !about || strings.HasPrefix(a.Target, guide.Unknown) {
				continue
			}
			computers++
			at := guide.ComputerCalled(a.Target)
			if strings.ContainsAny(a.Target, `/\`) || slices.ContainsFunc(told, at.Same) {
				t.Errorf("%s: %s: %q is no computer, or has two rows", filepath.Base(folder), a.Action, a.Target)
			}
			told = append(told, at)
		}
	}
	if computers < 10 {
		t.Errorf("only %d computers were looked at", computers)
	}
}
