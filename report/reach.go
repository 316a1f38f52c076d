package report

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
)

// maxReach is how many lines of one kind the front page tells of what was and
// was not read.
const maxReach = 5

// Reaching says, beyond the sentence of Reach, how far "nothing found" reaches:
// the gaps, what the logs can tell of commands and for how long, what the hosts
// were set up to record, which logs were cleared, and what else was not read.
func (f *front) Reaching() []string {
	lines := bounded(f.gapLines(), "gap", "gaps")
	lines = append(lines, bounded(f.commandLines(), "log", "logs")...)
	lines = append(lines, bounded(f.recordedLines(), "host", "hosts")...)
	lines = append(lines, bounded(f.clearLines(), "cleared log", "cleared logs")...)
	if left := f.leftOut(); left != "" {
		lines = append(lines, left)
	}
	return lines
}

// bounded keeps the first lines and says how many more there are.
func bounded(lines []string, one, many string) []string {
	if n := len(lines) - maxReach; n > 0 {
		return append(lines[:maxReach:maxReach], counted(n, "more "+one+" is", "more "+many+" are")+" under Coverage.")
	}
	return lines
}

// gapLines are the places where an export could hide; cleared logs have lines
// of their own.
func (f *front) gapLines() (lines []string) {
	for _, r := range f.Gaps() {
		if r.What == clearedLog {
			continue
		}
		line := "Gap: " + r.What
		if at := place(r.At); at != "" {
			line += " " + at
		}
		line += ": " + string(r.State)
		if r.Why != "" {
			line += ": " + r.Why
		}
		lines = append(lines, line)
	}
	return lines
}

// The ledger's names of rows that the front page looks for.
const (
	processAuditing = "process auditing"
	clearedLog      = "cleared log"
)

// commandLines say what logs tell of commands, and for which time. What is a
// gap has its line already.
func (f *front) commandLines() []string {
	var live, older []string // of shadow copies, whose logs end when they were made
	for _, r := range f.Coverage.Sources {
		lines, of := &live, ""
		if f.inSnapshot(r.At) {
			lines, of = &older, ", as it stood in the volume shadow copy "+r.At.Volume
		}
		host := ""
		if r.Host != "" {
			host = " of " + r.Host
		}
		path := strings.ToLower(located(r.At).Path)
		when := span(r.From, r.To)
		switch {
		case r.Gap:
		case r.What == processAuditing && r.State == coverage.Absent:
			*lines = append(*lines, "Security log"+host+of+": "+r.Why+".")
		case r.What == processAuditing && when != "":
			line := "Commands can be told from the Security log" + host + of + ": " + when
			if r.Why != "" {
				line += "; " + r.Why
			}
			*lines = append(*lines, line+".")
		case r.What == "event log" && strings.Contains(path, "sysmon") && when != "":
			*lines = append(*lines, "Sysmon's log"+of+" was read: "+when+".")
		case r.What == "Security log", r.What == "Sysmon log":
			*lines = append(*lines, upperFirst(r.Why)+".")
		}
	}
	slices.Sort(live)
	slices.Sort(older)
	return append(slices.Compact(live), slices.Compact(older)...)
}

// inSnapshot reports whether a row's source lies in a volume shadow copy.
func (f *front) inSnapshot(at *artifacts.Locator) bool {
	return at != nil && slices.ContainsFunc(f.Coverage.Volumes, func(v coverage.VolumeRow) bool {
		return v.Info.Snapshot != nil && v.Source == at.Source && v.Name == at.Volume
	})
}

// recording are the settings on which it hangs what logs can tell.
var recording = []string{"process creation auditing", "command lines of process creation", "logon auditing", "detailed file share auditing", "registry auditing", "PowerShell script block logging"}

// recordedLines say what each host was set up to record when the evidence was
// taken.
func (f *front) recordedLines() (lines []string) {
	for _, h := range f.Hosts {
		states := map[string][]string{}
		for _, s := range h.Settings {
			if slices.Contains(recording, s.What) {
				states[s.State] = append(states[s.State], s.What)
			}
		}
		var parts []string
		for _, state := range []string{"on", "off"} {
			if all := states[state]; len(all) > 0 {
				parts = append(parts, state+": "+strings.Join(all, ", "))
			}
		}
		if parts == nil {
			lines = append(lines, fmt.Sprintf("What %s was set up to record is not known: its live hives do not tell.", h.Name))
			continue
		}
		lines = append(lines, fmt.Sprintf("What %s was set up to record, as its hives stand: %s.", h.Name, strings.Join(parts, "; ")))
	}
	return lines
}

func (f *front) clearLines() (lines []string) {
	logs := false
	for _, r := range f.Coverage.Sources {
		if r.What == clearedLog {
			lines = append(lines, upperFirst(r.Why)+".")
		}
		logs = logs || r.What == "event log" && (r.State == coverage.Read || r.State == coverage.Partial)
	}
	if logs && lines == nil {
		return []string{"No record of a cleared log is in the logs that were read."}
	}
	return lines
}

// leftOut names what else was not read in full, or is not there, and hides no
// export.
func (f *front) leftOut() string {
	var names []string
	for _, r := range f.NotRead() {
		switch r.What {
		case processAuditing, clearedLog, "Security log", "Sysmon log":
			continue
		}
		if name := fmt.Sprintf("%s (%s)", r.What, r.State); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch n := len(names) - 2*maxReach; {
	case len(names) == 0:
		return ""
	case n > 0:
		names = append(names[:2*maxReach:2*maxReach], counted(n, "more", "more"))
	}
	return "Not read in full, or not there, though no gap: " + strings.Join(names, ", ") + "; Coverage says why."
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// maxNames is how many accounts of one kind the front page names.
const maxNames = 4

// Exposed names what can be recovered from the leading acts' copies, a line for
// each kind.
func (f *front) Exposed() []string {
	acts := map[string]bool{"": true}
	for _, a := range f.Leading() {
		acts[a.ID] = true
	}
	var kinds []expose.Kind
	names, seen := map[expose.Kind][]string{}, map[[2]string]bool{}
	for i := range f.Exposure {
		x := &f.Exposure[i]
		if !acts[x.Act] || x.Recoverable != "yes" && x.Recoverable != "needs boot key" || x.SystemManaged() {
			continue
		}
		if names[x.Kind] == nil {
			kinds = append(kinds, x.Kind)
		}
		name := x.Name
		if x.Administrator != nil && *x.Administrator {
			name += " (administrator)"
		}
		if x.Recoverable == "needs boot key" {
			name += " (needs the boot key)"
		}
		if x.Standing == "changed since" {
			name += " (changed since)"
		}
		if key := [2]string{string(x.Kind), name}; !seen[key] {
			seen[key] = true
			names[x.Kind] = append(names[x.Kind], name)
		}
	}
	var lines []string
	for _, k := range kinds {
		all := names[k]
		if n := len(all) - maxNames; n > 0 {
			all = append(all[:maxNames:maxNames], fmt.Sprintf("%d more", n))
		}
		lines = append(lines, string(k)+": "+strings.Join(all, ", "))
	}
	if lines == nil && len(f.Acts) > 0 {
		return []string{"nothing that can be recovered is known to be in the copies; step 6 of the guide says what that rests on"}
	}
	return lines
}
