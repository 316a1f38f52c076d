package owner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hivetriage/triage/locate"
)

const (
	sidA   = "S-1-5-21-1-1-1"
	sidB   = "S-1-5-21-2-2-2"
	sidDom = "S-1-5-21-9-9-9"
)

// copyOf builds a copy from "hive key=value ...".
func copyOf(text string) Copy {
	fields := strings.Fields(text)
	e := &locate.Export{ID: text, Hive: fields[0], Form: "regf"}
	c := Copy{Export: e}
	b := &e.BelongsTo
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		*map[string]*string{"sid": &b.MachineSID, "name": &b.Host, "domain": &b.Domain, "domainsid": &b.DomainSID,
			"guid": &b.DomainGUID, "dns": &b.DNSDomain, "form": &e.Form, "disk": &c.Disk, "id": &e.ID}[key] = value
	}
	return c
}

func copiesOf(texts ...string) (out []Copy) {
	for _, t := range texts {
		out = append(out, copyOf(t))
	}
	return out
}

var (
	samA, securityA, systemA = "SAM sid=" + sidA, "SECURITY name=WORKSTATION-0000 sid=" + sidA + " domain=CORP domainsid=" + sidDom, "SYSTEM name=Workstation-00001"
	samB, securityB, systemB = "SAM sid=" + sidB, "SECURITY name=OTHER sid=" + sidB, "SYSTEM name=other"
	securityNamesA           = strings.Replace(securityA, "WORKSTATION-0000", "WORKSTATION-000", 1)
	hostA                    = Host{Name: "Workstation-00001", MachineSID: sidA, DomainSID: sidDom}
)

// TestPairing: which copies are of one machine.
func TestPairing(t *testing.T) {
	for _, c := range []struct {
		name   string
		copies []string
		hosts  []Host
		want   string // the hives of every set, and what it opens
		doubt  string
	}{
		{"SAM and SECURITY by the SID", []string{samA, securityNamesA}, nil, "SAM SECURITY: needs boot key", ""},
		{"all three, the name cut", []string{samA, securityNamesA, systemA}, nil, "SAM SECURITY SYSTEM: yes", ""},
		{"two machines mixed", []string{samB, systemA, securityNamesA, systemB, samA, securityB}, nil,
			"SAM SECURITY SYSTEM: yes; SAM SECURITY SYSTEM: yes", ""},
		{"SYSTEM of another machine", []string{samA, systemB}, nil, "SAM: needs boot key; SYSTEM: boot key only", "none of those copies"},
		{"SYSTEM of another machine, with SECURITY", []string{samA, securityNamesA, systemB}, nil, "SAM SECURITY: needs boot key; SYSTEM: boot key only", "none of those copies"},
		{"SAM has no name: SYSTEM alone pairs with nothing", []string{samA, systemA}, nil, "SAM: needs boot key; SYSTEM: boot key only", "none of those copies"},
		{"the evidence's host joins SAM and SYSTEM", []string{samA, systemA}, []Host{hostA}, "SAM SYSTEM: yes", ""},
		{"the evidence's host is another one", []string{samB, systemA}, []Host{hostA}, "SAM: needs boot key; SYSTEM: boot key only", "none of those copies"},
		{"two machines of one name", []string{securityNamesA, strings.Replace(securityNamesA, sidA, sidB, 1), systemA}, nil,
			"SECURITY: needs boot key; SECURITY: needs boot key; SYSTEM: boot key only", "2 machine SIDs"},
		{"a foreign machine with the host's name", []string{strings.Replace(securityNamesA, sidA, sidB, 1), systemA}, []Host{hostA},
			"SECURITY: needs boot key; SYSTEM: boot key only", "2 machine SIDs"},
		{"the same name in another domain", []string{securityNamesA + " dns=corp.example", systemA + " dns=other.example"}, nil,
			"SECURITY: needs boot key; SYSTEM: boot key only", "of another domain, corp.example"},
		{"SECURITY and SYSTEM", []string{securityNamesA, systemA}, nil, "SECURITY SYSTEM: yes", ""},
		{"SYSTEM alone", []string{systemA}, nil, "SYSTEM: boot key only", ""},
		{"two SYSTEM of one machine", []string{systemA, systemA + " id=2"}, nil, "SYSTEM: boot key only", ""},
		{"SYSTEM as text", []string{samA, securityNamesA, systemA + " form=reg"}, nil, "SAM SECURITY SYSTEM: needs boot key", ""},
		{"SYSTEM as text alone", []string{systemA + " form=reg"}, nil, "SYSTEM: needs boot key", ""},
		{"nothing told", []string{"SAM", "SYSTEM"}, nil, "", ""},
		{"no copies", nil, []Host{hostA}, "", ""},
	} {
		list := copiesOf(c.copies...)
		sets := Assign(list, c.hosts)
		var got []string
		members, ids := 0, map[string]bool{}
		for _, s := range sets {
			got = append(got, strings.Join(s.Hives, " ")+": "+s.Opens)
			members += len(s.Exports)
			ids[s.ID] = true
			if s.Gives == "" || s.Because == "" || s.Relation == "" {
				t.Errorf("%s: %+v", c.name, s)
			}
			if s.Opens == locate.NeedsBootKey != strings.Contains(s.Because, "not excluded") && !strings.Contains(s.Because, "text export") {
				t.Errorf("%s: %s", c.name, s.Because)
			}
		}
		if strings.Join(got, "; ") != c.want || len(ids) != len(sets) {
			t.Errorf("%s: %q", c.name, got)
		}
		in, doubts := 0, ""
		for _, x := range list {
			if x.BelongsTo.Set != "" {
				in++
			}
			if x.Hive == "SYSTEM" {
				if _, after, ok := strings.Cut(x.BelongsTo.Because, "; it is"); ok {
					doubts = "it is" + after
				}
			}
		}
		if in != members || !strings.Contains(doubts, c.doubt) || c.doubt == "" && doubts != "" {
			t.Errorf("%s: %d of %d in a set, %q", c.name, in, members, doubts)
		}
	}
}

// TestRelation: what a copy is to the hosts of the evidence.
func TestRelation(t *testing.T) {
	system := Host{Name: "OTHER"} // no SAM could be read
	domainHost := Host{Name: "WS-1", MachineSID: "S-1-5-21-5-5-5", DomainSID: sidDom, DomainGUID: "{d}", DNSDomain: "corp.example"}
	controller := Host{Name: "DC-1", MachineSID: sidDom}
	for _, c := range []struct {
		name             string
		copy             string
		hosts            []Host
		relation, detail string
		because          string
	}{
		{"the SID is equal", samA, []Host{hostA}, locate.ThisHost, "", "machine SID"},
		{"the SID and the name are equal", securityNamesA, []Host{hostA}, locate.ThisHost, "", "machine SID"},
		{"the SID is equal, the name is not", "SECURITY name=OLD sid=" + sidA, []Host{hostA}, locate.ThisHost, "renamed since, or a clone", "machine SID"},
		{"the name is equal", systemA, []Host{hostA}, locate.ThisHost, "", "computer name"},
		{"the name is equal, the domain is not", systemA + " dns=a.example", []Host{{Name: "Workstation-00001", DNSDomain: "b.example"}}, locate.AnotherHost, "it bears the name of", "no live hive"},
		{"the name is equal, the SID is not", "SECURITY name=OTHER sid=" + sidB, []Host{{Name: "OTHER", MachineSID: sidA}}, locate.AnotherHost, "it bears the name of OTHER", "no live hive"},
		{"another machine", samB, []Host{hostA}, locate.AnotherHost, "gathered", "no live hive"},
		{"another SYSTEM", systemB, []Host{hostA}, locate.AnotherHost, "gathered", "no live hive"},
		{"the domain's SID is equal", securityA, []Host{domainHost}, locate.SameDomain, "gathered", "its SID is equal"},
		{"the domain's GUID is equal", "SECURITY name=X sid=" + sidB + " guid={d}", []Host{domainHost}, locate.SameDomain, "gathered", "its GUID is equal"},
		{"the DNS domain is equal", "SYSTEM name=X dns=CORP.example", []Host{domainHost}, locate.SameDomain, "gathered", "DNS domain"},
		{"the workgroup is equal", "SECURITY name=X domain=WORKGROUP sid=" + sidB, []Host{{Name: "Y", MachineSID: sidA}}, locate.AnotherHost, "gathered", "no live hive"},
		{"the domain's controller", "SECURITY name=DC sid=" + sidDom, []Host{domainHost}, locate.SameDomain, "domain controller", "account domain"},
		{"a member, on the controller", securityA, []Host{controller}, locate.SameDomain, "gathered", "whose controller is DC-1"},
		{"no hosts", samA, nil, locate.UnknownHost, "", "no live hives"},
		{"no SID to compare with", samA, []Host{system}, locate.UnknownHost, "", "could be read"},
		{"nothing told", "SAM", []Host{hostA}, locate.UnknownHost, "", "names neither"},
		{"of a guest", samA + " disk=/x.vhdx!", []Host{hostA}, locate.AnotherHost, "", "on whose disk the image"},
		{"of a guest whose hives are there", samA + " disk=/x.vhdx!", []Host{hostA, {Name: "G", MachineSID: sidA, Disk: "/x.vhdx!"}}, locate.ThisHost, "", "live SAM of G"},
		{"a guest's on its host", samB, []Host{hostA, {Name: "G", MachineSID: sidB, Disk: "/x.vhdx!"}}, locate.AnotherHost, "", "on the disk image at /x.vhdx"},
	} {
		list := copiesOf(c.copy)
		Assign(list, c.hosts)
		b := list[0].BelongsTo
		if b.Relation != c.relation || !strings.Contains(b.Detail, c.detail) || c.detail == "" && b.Detail != "" || !strings.Contains(b.Because, c.because) {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
}

// TestNamed: copies that do not say a name get that of their machine.
func TestNamed(t *testing.T) {
	list := copiesOf(samA, securityNamesA, systemA, samB)
	Assign(list, []Host{{Name: "B", MachineSID: sidB}})
	if b := list[2].BelongsTo; !strings.Contains(b.Because, "of the machine of the copied SAM and SECURITY, by its name") {
		t.Errorf("%+v", b)
	}
	var names []string
	for _, c := range list {
		names = append(names, c.BelongsTo.Host)
	}
	if want := []string{"Workstation-00001", "WORKSTATION-000", "Workstation-00001", "B"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if b := list[0].BelongsTo; !strings.Contains(b.Because, "another copy") || b.Set == "" || b.Set != list[2].BelongsTo.Set || b.Set == list[3].BelongsTo.Set {
		t.Errorf("%+v", b)
	}
}

// TestMatrix: every set of hives has its row.
func TestMatrix(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range matrix {
		key := fmt.Sprint(row.sam, row.security, row.system)
		if seen[key] || row.opens == "" || row.gives == "" || row.because == "" {
			t.Errorf("%s: %+v", key, row)
		}
		seen[key] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d rows", len(seen))
	}
}
