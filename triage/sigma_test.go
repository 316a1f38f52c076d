package triage

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/testdata/corpora"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/guide"
)

// withSigma triages an input with rules.
func withSigma(t *testing.T, rules, path string) *Case {
	t.Helper()
	set, err := ReadSigma(rules)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), Config{Inputs: []Input{{Path: path}}, Workers: 2, Window: 48 * time.Hour, Now: time.Now, Sigma: set})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sigmaTold are the rules that matched, with the records and how many there are
// that say the same.
func sigmaTold(c *Case) (told []string) {
	for _, n := range c.Notices {
		if n.Kind == "sigma" {
			title, _, _ := strings.Cut(strings.TrimPrefix(n.What, `the Sigma rule "`), `"`)
			told = append(told, fmt.Sprintf("%s: %s %d x%d", title, n.From.EventCode, n.From.RecordID, n.Count))
		}
	}
	slices.Sort(told)
	return told
}

// TestSigmaRealLogs: the project's rules match exactly these records of real
// logs, around acts and where there are none.
func TestSigmaRealLogs(t *testing.T) {
	const saved, share, media, file = "A hive is written to a file with reg.exe", "A temporary file is fetched over an administrative share", "Media for a domain controller are made", "A file with the bare name of a hive"
	for path, want := range map[string][]string{
		"evtx/positive/Panache_AtomicRedTeam_chunks_a.evtx":                  {saved + ": 1 3718 x1", saved + ": 1 3720 x1", saved + ": 1 3722 x1"},
		"evtx/positive/ID4656,_5145,_4674-Impacket_secret_dump_via_SMB.evtx": {share + ": 5145 435285 x2", share + ": 5145 435286 x2"},
		"evtx/positive/ID4688-IFM_created.evtx":                              {media + ": 4688 155496214 x1", media + ": 4688 155497352 x1"},
		"evtx/lookalike/LM_ScheduledTask_ATSVC_target_host.evtx":             {share + ": 5145 566842 x4"},
		"json/positive/empire_shell_reg_dump_sam.zip":                        {saved + ": 1 3400681 x1", saved + ": 4688 820988 x1", file + ": 11 3400696 x1"},
		"ecs/winlogbeat_sysmon1_golden.json":                                 nil,
	} {
		c := withSigma(t, "../testdata/sigma", corpora.Path(t, path))
		slices.Sort(want)
		if got := sigmaTold(c); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestSigmaBounds: a rule that matches everything fills neither the case nor
// the room of others, and is counted.
func TestSigmaBounds(t *testing.T) {
	dir, rules := t.TempDir(), t.TempDir()
	var records []eventlogtest.Record
	for i := range 200 {
		records = append(records, eventlogtest.System7045(after(time.Duration(i)*time.Second), attestedHost, attestedUser.SID, fmt.Sprint("service", i), `C:\x.exe`))
	}
	records = append(records, eventlogtest.System7045(after(time.Hour), attestedHost, attestedUser.SID, "last", `C:\y.exe`))
	writeLog(t, dir, "log.evtx", records...)
	for name, text := range map[string]string{
		"a.yml":     "title: All\nlogsource: {product: windows, service: system}\ndetection: {s: {ServiceName|exists: true}, condition: s}\n",
		"sub/b.yml": "title: One\nlogsource: {product: windows}\ndetection: {s: [\"y.exe\"], condition: s}\n",
		"c.txt":     "no rule",
		"d.yaml":    strings.Repeat("x", 1<<20+1),
	} {
		path := filepath.Join(rules, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := withSigma(t, rules, dir)
	told := sigmaTold(c)
	if len(told) != maxSigmaOfRule+1 || told[len(told)-1] != "One: 7045 201 x1" {
		t.Errorf("%d notices: %q", len(told), told)
	}
	rows := map[string]int64{}
	for _, r := range c.Coverage.Sources {
		if r.What == "Sigma rules" || r.What == "Sigma rule" {
			rows[string(r.State)+" "+r.Why] = r.Records
		}
	}
	if len(rows) != 5 || rows["skipped more than 1000 different matches, or 50 of one rule: the rest are counted by rule and not listed"] != 151 ||
		rows[`read "All" (a.yml), level not given: 201 events match`] != 201 || rows[`read "One" (sub/b.yml), level not given: 1 event matches`] != 1 {
		t.Errorf("%v", rows)
	}
	if !slices.ContainsFunc(c.Guide, func(a guide.Answer) bool { return strings.Contains(a.Answer, `the Sigma rule "All"`) }) {
		t.Error("the guide does not tell of it")
	}
}

// TestSigmaOnlyAround: with an act, what lies further away is not told.
func TestSigmaOnlyAround(t *testing.T) {
	dir, rules := t.TempDir(), t.TempDir()
	writeLog(t, dir, "log.evtx",
		eventlogtest.System7045(after(-72*time.Hour), attestedHost, attestedUser.SID, "early", `C:\x.exe`),
		eventlogtest.KernelGeneral16(attestedAt, attestedHost, attestedUser.SID, `\??\C:\Temp\SAM`),
		eventlogtest.System7045(after(time.Hour), attestedHost, attestedUser.SID, "near", `C:\x.exe`),
		eventlogtest.System7045(after(time.Hour+time.Second), attestedHost, attestedUser.SID, "near", `C:\x.exe`))
	if err := os.WriteFile(filepath.Join(rules, "r.yml"), []byte("title: R\nlogsource: {product: windows, service: system}\ndetection: {s: {EventID: 7045}, condition: s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := withSigma(t, filepath.Join(rules, "r.yml"), dir)
	if told := sigmaTold(c); len(c.Acts) != 1 || !slices.Equal(told, []string{"R: 7045 3 x2"}) {
		t.Errorf("%d acts, %q", len(c.Acts), told)
	}
	i := slices.IndexFunc(c.Notices, func(n correlate.Notice) bool { return n.Kind == "sigma" })
	if n := c.Notices[i]; n.Last.Sub(n.Time) != time.Second || n.Host != attestedHost {
		t.Errorf("%+v", n)
	}
	if !slices.ContainsFunc(c.Coverage.Sources, func(r coverage.Row) bool {
		return r.What == "Sigma rules" && r.State == coverage.Read && strings.Contains(r.Why, "1 rule was matched against the events around the acts (48 hours")
	}) {
		t.Error("no row of coverage")
	}
}

// TestSigmaOtherLogs: counts of other sources' events in real logs, without an
// act; libevtx's evtxexport and a search in its XML give the same.
func TestSigmaOtherLogs(t *testing.T) {
	var text strings.Builder
	want := map[string]int64{}
	for _, c := range []struct {
		name, source, detection string
		events                  int64
	}{
		{"tunnel", "category: network_connection", "s: {DestinationPort: 3389, Initiated: 'true'}, l: {SourceIp|cidr: ['127.0.0.0/8', '::1/128']}, condition: s and l", 2},
		{"start", "category: registry_set", `s: {TargetObject|contains: '\Services\', Details|re: '^DWORD'}, condition: s`, 4},
		{"module", "category: ps_module", "s: {Payload|contains: CommandInvocation}, condition: s", 12},
		{"pipeline", "category: ps_classic_script", "s: {UserId|exists: true}, condition: s", 8},
		{"word", "service: security", "s: [mimikatz, mimidrv], condition: s", 5},
		{"nine", "service: security", "s: {EventID: 4624, LogonType: 9}, condition: s", 0},
	} {
		fmt.Fprintf(&text, "title: %s\nlogsource: {product: windows, %s}\ndetection: {%s}\n---\n", c.name, c.source, c.detection)
		if c.events > 0 {
			want[c.name] = c.events
		}
	}
	rules := filepath.Join(t.TempDir(), "r.yml")
	if err := os.WriteFile(rules, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range withSigma(t, rules, corpora.Path(t, "evtx/negative")).Coverage.Sources {
		if name, _, ok := strings.Cut(strings.TrimPrefix(r.Why, `"`), `" (r.yml), level`); ok && r.What == "Sigma rule" {
			got[name] = r.Records
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSigmaTimeless: an act of which only a history without times tells has
// nothing around it, and the rules are matched at any time.
func TestSigmaTimeless(t *testing.T) {
	dir, rules := t.TempDir(), filepath.Join(t.TempDir(), "r.yml")
	history := filepath.Join(dir, "Users/ann/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt")
	if err := os.MkdirAll(filepath.Dir(history), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{history: "whoami\nreg save HKLM\\SAM C:\\Temp\\s\n",
		rules: "title: R\nlogsource: {product: windows, service: system}\ndetection: {s: {EventID: 7045}, condition: s}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeLog(t, dir, "log.evtx", eventlogtest.System7045(attestedAt, attestedHost, attestedUser.SID, "s", `C:\x.exe`))
	c := withSigma(t, rules, dir)
	if len(c.Acts) == 0 || !slices.Equal(sigmaTold(c), []string{"R: 7045 1 x1"}) || !slices.ContainsFunc(c.Coverage.Sources, func(r coverage.Row) bool { return strings.Contains(r.Why, "since no act has one") }) {
		t.Errorf("%+v, %q", c.Acts, sigmaTold(c))
	}
}
