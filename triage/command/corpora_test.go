package command

import (
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/testdata/corpora"
)

// TestExpectedProcesses reads every process-creation row of EXPECTED.tsv.
func TestExpectedProcesses(t *testing.T) {
	raw := corpora.Read(t, "EXPECTED.tsv")
	lines := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	column := map[string]int{}
	for i, name := range strings.Split(lines[0], "\t") {
		column[name] = i
	}
	positive, benign, other := 0, 0, 0
	for _, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		get := func(name string) string { return fields[column[name]] }
		if id := get("event_id"); id != "1" && id != "4688" {
			continue
		}
		image := get("image")
		got := Analyze(artifacts.Process{Executable: image, CommandLine: get("command_or_target")})
		carried := strings.HasSuffix(strings.ToLower(image), `\cmd.exe`)
		switch {
		case get("verdict") == "BENIGN-LOOKALIKE":
			benign++
			for _, c := range got {
				if c.Impact == "export" {
					t.Errorf("%s is called an export: %+v", get("command_or_target"), c)
				}
			}
		case !carried && !strings.HasSuffix(strings.ToLower(image), `\reg.exe`):
			other++ // another technique than reg.exe
			hives := strings.Split(get("hives"), ",")
			slices.Sort(hives)
			if len(got) != 1 || got[0].Impact != "export" || !slices.Equal(got[0].Hives, hives) || got[0].Destination != get("output_path") {
				t.Errorf("%s: %+v, want %s to %s", get("command_or_target"), got, get("hives"), get("output_path"))
			}
		default:
			positive++
			if len(got) != 1 || got[0].Impact != "export" || got[0].Tool != "reg.exe" ||
				!slices.Equal(got[0].Hives, strings.Split(get("hives"), ",")) ||
				got[0].Destination != get("output_path") || (got[0].Wrapper == "cmd.exe /c") != carried {
				t.Errorf("%s: %+v, want %s to %s", get("command_or_target"), got, get("hives"), get("output_path"))
			}
		}
	}
	if positive != 10 || benign != 30 || other != 3 {
		t.Errorf("%d positive, %d benign and %d other rows", positive, benign, other)
	}
}
