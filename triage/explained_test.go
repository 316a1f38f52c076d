package triage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
	"hivetriage/triage/benign"
	"hivetriage/triage/program"
)

// TestExplained: an EDR agent's and an administrator's own copies are acts that
// are explained and listed in full; a fake agent, and its folder used by hand,
// stay alerts.
func TestExplained(t *testing.T) {
	for name, c := range map[string]struct {
		machine   *scene.Machine
		verdict   string
		acts      int
		row       string // of the best reading
		complete  bool
		confident [2]int // bounds of the acts' confidence
		first     string // response
		against   string // in the best reading
	}{
		"agent":       {scene.Agent(), "explained", 1, "rapid7", true, [2]int{1, 25}, "Confirm that this was the Rapid7 Insight Agent", ""},
		"fake agent":  {scene.FakeAgent(), "confirmed", 1, "rapid7", false, [2]int{75, 85}, "Open an incident", `C:\ProgramData\Updates\ir_agent.exe has the name of its program, but lies elsewhere`},
		"its place":   {scene.StolenPlace(), "confirmed", 1, "rapid7", false, [2]int{75, 85}, "Open an incident", `none of its programs`},
		"nightly job": {scene.Nightly(), "explained", 4, "scheduled-job", true, [2]int{1, 25}, "Confirm that this was an administrator's scheduled job", ""},
	} {
		raw, err := c.machine.Raw()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "disk.raw")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		got := triageFile(t, path)
		if got.Verdict != c.verdict || len(got.Acts) != c.acts || !got.Found() {
			t.Errorf("%s: %s with %d acts, want %s with %d", name, got.Verdict, len(got.Acts), c.verdict, c.acts)
			for _, a := range got.Acts {
				t.Logf("%s %d %+v\n%q\n%q", a.Verdict, a.Confidence, a.Explanations, a.For, a.Against)
			}
			continue
		}
		for _, a := range got.Acts {
			if len(a.Explanations) == 0 {
				t.Errorf("%s: no explanation", name)
				continue
			}
			e := a.Explanations[0]
			if e.Row != c.row || e.Complete != c.complete || !strings.Contains(strings.Join(e.Against, "; "), c.against) || e.Settles == "" {
				t.Errorf("%s: %+v", name, e)
			}
			if a.Confidence < c.confident[0] || a.Confidence > c.confident[1] || len(a.Records) == 0 || len(a.For) == 0 {
				t.Errorf("%s: confidence %d, %d records, %q", name, a.Confidence, len(a.Records), a.For)
			}
		}
		if len(got.Response) == 0 || !strings.Contains(got.Response[0].Action, c.first) {
			t.Errorf("%s: response %+v", name, got.Response[0])
		}
		if len(got.Exposure) == 0 {
			t.Errorf("%s: nothing is exposed", name)
		}
		step := got.Guide[6].Answer
		if e := got.Acts[0].Explanations[0]; !strings.Contains(step, e.Name) || !strings.Contains(step, e.For[0]) {
			t.Errorf("%s: step 7 says %q", name, step)
		}
		if explained := strings.Contains(strings.Join(got.Summary, " "), "The records explain it by"); explained != c.complete {
			t.Errorf("%s: summary %q", name, got.Summary)
		}
		if c.complete && strings.Contains(got.Response[0].Action+got.Response[min(1, len(got.Response)-1)].Action, "Isolate") {
			t.Errorf("%s: %+v", name, got.Response)
		}
	}
}

// TestSigner: what is known of a program's signature, by its path.
func TestSigner(t *testing.T) {
	r := &run{executables: []program.Executable{
		{Path: `C:\A\valid.exe`, Signature: &program.Signature{State: "valid", Signer: "Rapid7 LLC"}},
		{Path: `C:\A\tampered.exe`, Signature: &program.Signature{State: "tampered", Signer: "Rapid7 LLC"}},
		{Path: `C:\A\unsigned.exe`, Signature: &program.Signature{State: "unsigned"}},
		{Path: `C:\Windows\System32\wbengine.exe`, Signature: &program.Signature{State: "unsigned"}},
		{Path: `C:\A\gone.exe`, State: program.NotFound},
	}}
	for path, want := range map[string][2]string{
		`c:\a\VALID.exe`: {"Rapid7 LLC", benign.Valid}, `C:\A\tampered.exe`: {"Rapid7 LLC", "tampered"}, `C:\A\unsigned.exe`: {"", benign.Unsigned},
		`C:\Windows\System32\wbengine.exe`: {"", benign.NotChecked}, `C:\A\gone.exe`: {"", benign.NotChecked}, `C:\A\other.exe`: {"", benign.NotChecked},
	} {
		if signer, state := r.signer("", path); signer != want[0] || state != want[1] {
			t.Errorf("%s: %q %s", path, signer, state)
		}
	}
}
