package sigma

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"hivetriage/artifacts"
)

// audited is a 4688 record with its own names.
func audited() *artifacts.Event {
	return &artifacts.Event{Provider: security, Channel: "Security", Code: 4688, Host: "WS1",
		User:    artifacts.User{Name: "ann", Domain: "CORP", LogonID: "0x3e9"},
		Process: &artifacts.Process{PID: 0x1f4, Executable: `C:\Windows\System32\reg.exe`, CommandLine: "reg save x y", IntegrityLevel: "High", Parent: &artifacts.Process{PID: 0x10, Executable: `C:\Windows\explorer.exe`}},
		Data: []artifacts.Datum{{Name: "SubjectUserName", Value: "ann"}, {Name: "SubjectDomainName", Value: "CORP"}, {Name: "SubjectLogonId", Value: "0x3e9"}, {Name: "NewProcessId", Value: "0x1f4"},
			{Name: "NewProcessName", Value: `C:\Windows\System32\reg.exe`}, {Name: "ProcessId", Value: "0x10"}, {Name: "CommandLine", Value: "reg save x y"},
			{Name: "ParentProcessName", Value: `C:\Windows\explorer.exe`}, {Name: "MandatoryLabel", Value: "S-1-16-12288"}}}
}

// shipped is the same act as ECS has it, of a shipper that keeps no names of
// the provider, and of Elastic Defend.
func shipped(provider string, code uint32) *artifacts.Event {
	e := audited()
	e.Provider, e.Code, e.Data = provider, code, nil
	e.Process.OriginalFileName, e.Process.Hashes, e.Process.WorkingDirectory = "reg.exe", "SHA1=AB,MD5=CD,IMPHASH=EF", `C:\Temp\`
	e.Process.EntityID, e.Process.Description, e.Process.Company = "{1}", "Registry", "Microsoft"
	e.Process.Parent.CommandLine, e.Process.Parent.EntityID = "explorer", "{2}"
	return e
}

// TestNames: process creations have Sigma's names whoever recorded them, and
// records of a service have their provider's.
func TestNames(t *testing.T) {
	created := "product: windows, category: process_creation"
	file := &artifacts.Event{Provider: endpoint, Process: &artifacts.Process{PID: 7, Executable: `C:\x.exe`}, File: &artifacts.File{Path: `C:\sam`}}
	classic400 := &artifacts.Event{Provider: "PowerShell", Channel: "Windows PowerShell", Code: 400, Data: []artifacts.Datum{{Value: "Available"}, {Value: "\tHostName=ConsoleHost\r\n\tHostVersion=5.1\r\n\r\n\tEngineVersion=2.0\r\n\tCommandLine="}}}
	for _, c := range []struct {
		event  *artifacts.Event
		source string
		item   string
		want   bool
	}{
		{audited(), created, `Image|endswith: '\reg.exe'`, true}, {audited(), created, `ParentImage: 'c:\windows\explorer.exe'`, true}, {audited(), created, "CommandLine|startswith: reg save", true},
		{audited(), created, `User: 'CORP\ann'`, true}, {audited(), created, "User: ann", true}, {audited(), created, "LogonId: '0x3e9'", true}, {audited(), created, "IntegrityLevel: High", true}, {audited(), created, "IntegrityLevel: S-1-16-12288", true},
		{audited(), created, "ProcessId: 500", true}, {audited(), created, "ProcessId: 16", false}, {audited(), created, "ParentProcessId: 16", true}, {audited(), created, "OriginalFileName|exists: false", true}, {audited(), created, "EventID: 4688", true},
		{audited(), created, "Provider_Name: Microsoft-Windows-Security-Auditing", true}, {audited(), created, "Channel: security", true}, {audited(), created, "Computer: ws1", true},
		{audited(), "product: windows, service: security", "ProcessId: 16", true}, {audited(), "product: windows, service: security", "Image|exists: true", false}, {audited(), "product: windows, service: security", `NewProcessName|endswith: '\reg.exe'`, true},
		{audited(), "product: windows", "EventID: 4688", true}, {audited(), "category: process_creation", "CommandLine|contains: save", true}, {audited(), "product: windows, service: system", "EventID: 4688", false},
		{audited(), "product: windows, category: process_creation, service: security", "CommandLine|contains: save", true}, {audited(), "product: windows, category: process_creation, service: sysmon", "CommandLine|contains: save", false},
		{shipped(sysmon, 1), created, `CurrentDirectory: 'c:\temp\'`, true}, {shipped(sysmon, 1), created, "OriginalFileName: REG.EXE", true}, {shipped(sysmon, 1), created, "imphash: ef", true}, {shipped(sysmon, 1), created, "md5: cd", true}, {shipped(sysmon, 1), created, "Hashes|contains: SHA1=AB", true},
		{shipped(sysmon, 1), created, "ParentCommandLine: explorer", true}, {shipped(sysmon, 1), created, "ProcessGuid: '{1}'", true}, {shipped(sysmon, 1), created, "ParentProcessGuid: '{2}'", true}, {shipped(sysmon, 1), created, "Company: microsoft", true},
		{shipped(security, 4688), created, `Image|endswith: '\reg.exe'`, true}, {shipped(security, 4688), "product: windows, service: security", `NewProcessName|endswith: '\reg.exe'`, true},
		{shipped(security, 4688), "product: windows, service: security", `ParentProcessName|endswith: '\explorer.exe'`, true}, {shipped(security, 4688), "product: windows, service: security", "SubjectUserName: ann", true},
		{shipped(endpoint, 0), created, "CommandLine|contains: save", true}, {shipped(endpoint, 0), created, "ProcessId: 500", true}, {shipped(endpoint, 0), "product: windows, category: file_event", "Image|exists: true", false},
		{file, "product: windows, category: file_event", `TargetFilename|endswith: '\sam'`, true}, {file, created, "Image|exists: true", false}, {file, created, "EventID|exists: true", false},
		{classic400, "product: windows, category: ps_classic_start", "Data|contains: HostName=Console", true}, {classic400, "product: windows, service: powershell-classic", "Data: available", true},
		{classic400, "product: windows, category: ps_classic_start", "EngineVersion|startswith: '2.'", true}, {classic400, "product: windows, category: ps_classic_start", "HostVersion|startswith: '2.'", false}, {classic400, "product: windows, category: ps_classic_start", "CommandLine|exists: true", false},
		{process("Image", "x"), "product: windows, service: sysmon", "Image: x", true}, {process("Image", "x"), "product: windows, category: file_event", "Image: x", false},
		{process("A", "Abc", "B", "abc"), created, "A|fieldref: B", true}, {process("A", "Abc", "B", "abc"), created, "A|fieldref|cased: B", false}, {process("A", "Abc", "B", "bc"), created, "A|fieldref|endswith: B", true},
		{process("A", "Abc", "B", "ab"), created, "A|fieldref|startswith: B", true}, {process("A", "Abc", "B", "B"), created, "A|fieldref|contains: B", true}, {process("A", "Abc"), created, "A|fieldref: B", false},
		{process("A", "Abc"), created, "A|fieldref|neq: B", false}, {process("A", "a", "B", "b"), created, "A|fieldref|neq: B", true}, {process("A", "a", "B", "A"), created, "A|fieldref|neq: B", false},
		{process(), created, "F: null", true}, {process(), created, "F: ''", true}, {process(), created, "F|neq: a", false}, {process(), created, "F|neq: null", false}, {process(), created, "F|exists: false", true}, {process(), created, "F|contains: ''", false}, {process(), created, "F: '*'", false},
		{process("F", "a", "F", "b"), created, "F: b", true}, {process("F", "a", "F", "b"), created, "F|neq: b", false}, {process("F", "xa", "F", "yb"), created, "F|contains|all: [a, b]", true},
	} {
		r := parse(t, fmt.Sprintf("title: T\nlogsource: {%s}\ndetection:\n  s:\n    %s\n  condition: s\n", c.source, c.item))
		s := New([]*Rule{r}, nil)
		if got := s.Match(c.event); (len(got) == 1) != c.want || s.Begin().Holds(c.event) != c.want {
			t.Errorf("%s of {%s} on %s %d: %v", c.item, c.source, c.event.Provider, c.event.Code, got)
		}
	}
}

// TestKeywords: words are looked for in all that an event says.
func TestKeywords(t *testing.T) {
	e := process("CommandLine", "reg save HKLM", "Description", "Registry Console")
	for detection, want := range map[string]string{
		"s: [SAVE, nothing]":                       "CommandLine",
		"s: ['reg*hklm']":                          "CommandLine",
		"s: ['save*console']":                      "-",
		"s: word":                                  "-",
		"s: console":                               "Description",
		"s: {'|all': [save, console]}":             "",
		"s: {'|all': [save, nothing]}":             "-",
		"s: {'|re': '^Reg.*e$'}":                   "Description",
		"s: [{CommandLine: x}, console]":           "Description",
		"s: [{CommandLine|contains: save}, other]": "CommandLine",
		"s: ['ws1']":                               "Computer",
		"s: [1]":                                   "EventID",
	} {
		s := New([]*Rule{parse(t, ruleText(detection+"\ncondition: s"))}, nil)
		matches := s.Match(e)
		if (len(matches) == 1) != (want != "-") {
			t.Errorf("%s: %v", detection, matches)
			continue
		}
		if len(matches) == 0 || want == "" {
			continue
		}
		text := map[string]string{"CommandLine": "reg save HKLM", "Description": "Registry Console", "Computer": "WS1.example", "EventID": "1"}[want]
		if !slices.ContainsFunc(matches[0].Fields, func(d artifacts.Datum) bool { return d.Value == text }) {
			t.Errorf("%s: found in %v", detection, matches[0].Fields)
		}
	}
}

// TestFound: a match names the fields that made it, not those of negations or
// of parts that do not hold.
func TestFound(t *testing.T) {
	s := New([]*Rule{parse(t, ruleText("a: {Image|endswith: x.exe, CommandLine|contains: save}\nb: {User: u}\nf: {Company: c}\ncondition: (a or b) and not f"))}, nil)
	m := s.Match(process("Image", `C:\x.exe`, "CommandLine", "x save", "User", "w", "Company", "d"))
	want := []artifacts.Datum{{Name: "Image", Value: `C:\x.exe`}, {Name: "CommandLine", Value: "x save"}}
	if len(m) != 1 || !slices.Equal(m[0].Fields, want) {
		t.Errorf("%+v", m)
	}
}

// TestPass: kinds of records, log sources without events, and fields that no
// event had; from several goroutines.
func TestPass(t *testing.T) {
	rules := []*Rule{
		parse(t, ruleText("s: {CommandLine|contains: save, Prevalence: 3}\nf: {Signer|exists: true}\ncondition: s or f")),
		parse(t, "title: D\nlogsource: {product: windows, category: dns_query}\ndetection: {s: {QueryName: x, Nope: y}, condition: s}"),
		parse(t, "title: L\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: [4624, 4625], Nope: y}, condition: s}"),
		parse(t, ruleText("s: {Image|endswith: x.exe}\ncondition: s")),
	}
	s := New(rules, nil)
	kinds, all := s.Kinds()
	want := []Kind{{endpoint, 0}, {sysmon, 1}, {sysmon, 22}, {"", 4624}, {"", 4625}, {security, 4688}}
	if !slices.Equal(kinds, want) || all {
		t.Errorf("%v, all %v", kinds, all)
	}
	pass := s.Begin()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if !pass.Holds(process("Image", `C:\x.exe`, "CommandLine", "x", "Prevalence", "3")) || pass.Holds(process("Image", `C:\y.exe`)) {
					t.Error("a rule's outcome depends on others")
				}
			}
		})
	}
	group.Wait()
	if got := fmt.Sprint(pass.Absent()); got != "[{category dns_query 1} {service security 1}]" {
		t.Errorf("absent: %s", got)
	}
	lacking := pass.Lacking()
	if len(lacking) != 1 || lacking[0].Rule != rules[0] || !slices.Equal(lacking[0].Fields, []string{"Signer"}) {
		t.Errorf("lacking: %+v", lacking)
	}
	anywhere := New([]*Rule{parse(t, "title: A\nlogsource: {product: windows, service: security}\ndetection: {s: [word], condition: s}")}, []Refusal{{File: "b"}, {File: "a"}})
	if kinds, all := anywhere.Kinds(); len(kinds) != 0 || !all || anywhere.Refused()[0].File != "a" {
		t.Errorf("%v, all %v, %v", kinds, all, anywhere.Refused())
	}
	if !anywhere.Begin().Holds(&artifacts.Event{Channel: "Security", Code: 9, Data: []artifacts.Datum{{Name: "x", Value: "a word"}}}) || anywhere.Begin().Holds(&artifacts.Event{Channel: "System", Data: []artifacts.Datum{{Name: "x", Value: "a word"}}}) {
		t.Error("a rule without an event ID")
	}
}

// TestSources: every category and service of the tables can be asked for.
func TestSources(t *testing.T) {
	for category := range categories {
		r := parse(t, "title: T\nlogsource: {product: windows, category: "+category+"}\ndetection: {s: {F: x}, condition: s}")
		if kinds, all := New([]*Rule{r}, nil).Kinds(); len(kinds) == 0 || all {
			t.Errorf("%s: %v, %v", category, kinds, all)
		}
	}
	for service, channels := range services {
		r := parse(t, "title: T\nlogsource: {product: windows, service: "+strings.ToUpper(service)+"}\ndetection: {s: {F: x}, condition: s}")
		s := New([]*Rule{r}, nil)
		for _, c := range channels {
			if !s.Begin().Holds(&artifacts.Event{Channel: strings.ToLower(c), Data: []artifacts.Datum{{Name: "F", Value: "x"}}}) {
				t.Errorf("%s: %s is not met", service, c)
			}
		}
	}
	if len(categories) < 30 || len(services) < 45 {
		t.Errorf("%d categories, %d services", len(categories), len(services))
	}
}
