package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// Respond turns the guide's response steps into actions for the hosts of the
// case. Without an act only the logging gaps remain.
func Respond(f Facts) []Action {
	actions := []Action{}
	add := func(step, priority int, action, target, because string, evidence []string) {
		if evidence == nil {
			evidence = []string{}
		}
		actions = append(actions, Action{Step: fmt.Sprint(step), Action: action, Target: target, Priority: priority, Because: because, Evidence: evidence})
	}
	f.confirm(add)
	f.withdraw(add)
	switch {
	case len(f.unexplained()) > 0:
		f.contain(add)
		f.reset(add)
		f.eradicate(add)
		f.vector(add)
	case len(f.Acts) > 0:
		f.remove(add)
	}
	f.logging(add)
	slices.SortStableFunc(actions, func(a, b Action) int { return strings.Compare(a.Step, b.Step) })
	return actions
}

type adder func(step, priority int, action, target, because string, evidence []string)

func (f *Facts) contain(add adder) {
	acts := f.unexplained()
	worst := acts[0]
	for _, a := range acts {
		if a.Confidence > worst.Confidence {
			worst = a
		}
	}
	add(1, 1, "Open an incident for credential theft", f.host(),
		fmt.Sprintf("acts found: %d; the strongest is %s with confidence %d of 100; %s %s taken, first at %s", len(f.Acts), worst.Verdict, worst.Confidence, strings.Join(worst.Hives, ", "), were(worst.Hives), stamp(worst.Start)), f.actIDs())
	because := "its credential hives were copied"
	if hosts := f.allForeign(); len(hosts) > 0 {
		because = "copies of other hosts' credential hives lie on it, and none of its own"
		add(2, 1, "Isolate the hosts whose hives were taken, and triage them: the copies were made there", strings.Join(firstFew(hosts), ", "), "the copies on "+f.host()+" hold their hives", f.actIDs())
	}
	add(2, 1, "Isolate the host from the network and keep its memory and disk", f.host(), because, f.actIDs())
	for _, act := range f.Acts {
		_, addresses := f.overNetwork(&act)
		for _, address := range addresses {
			if act.Session == nil || act.Session.Logon.SourceIP != address {
				add(2, 1, "Examine and isolate this computer too: copies were asked for, or brought, from there", address, "it is the address in records of shares", []string{act.ID})
			}
		}
		if s := act.Session; s != nil && (s.Logon.SourceIP != "" || s.Logon.Workstation != "") {
			add(2, 1, "Examine and isolate the computer that the session came from", strings.TrimSpace(s.Logon.Workstation+" "+s.Logon.SourceIP),
				"the act was done in logon session "+s.LogonID+", which came from there", []string{act.ID})
		}
	}
}

func were(names []string) string {
	if len(names) == 1 {
		return "was"
	}
	return "were"
}

func (f *Facts) eradicate(add adder) {
	f.remove(add)
	add(4, 3, "Reimage the host and restore changed files from a backup older than the first sign of the intruder", f.host(), f.rights(), f.actIDs())
	add(5, 3, "Scan the whole host offline with an antimalware product; look for persistence and further tools", f.host(), "this program looks for hive copies only", f.actIDs())
}

// rights says what whoever did the acts could do on the host.
func (f *Facts) rights() string {
	if len(f.allForeign()) > 0 {
		return "whoever brought the copies could write to it; what else was done on it is not known"
	}
	for _, a := range f.unexplained() {
		if !slices.Contains(a.Attack, "T1068") {
			return "whoever copies hives has administrator rights"
		}
	}
	return "the copies could be made without administrator rights; with what is in them, whoever has them can be administrator since"
}

// remove asks for the copies to be kept as evidence and taken from the host.
func (f *Facts) remove(add adder) {
	for _, e := range f.Exports {
		switch e.State {
		case "live":
			add(4, 2, "Preserve, then remove the copy", e.At.Place(), e.Hive+" export, SHA-256 "+e.SHA256, []string{e.ID})
		case locate.StateReported:
			if !e.Deleted {
				add(4, 2, "Collect, then remove the copy", e.At.Place(), e.Hive+" by name and size; the content is not in the evidence or encrypted", []string{e.ID})
			}
		case "snapshot":
			add(4, 2, "Preserve, then delete the volume shadow copy that holds the copy", e.At.Place(), e.Hive+" export, SHA-256 "+e.SHA256, []string{e.ID})
		}
	}
}

func (f *Facts) vector(add adder) {
	for _, act := range f.unexplained() {
		if s := act.Session; s != nil {
			add(6, 2, "Find out how the session could be opened, and close that way", Name(s.User),
				fmt.Sprintf("session %s began %s; whoever opened it knew or held this account's credentials", s.LogonID, stamp(s.Start)), []string{act.ID})
			continue
		}
		target := f.host()
		if u := Person(&act); u != (artifacts.User{}) {
			target = Name(u)
		}
		add(6, 2, "Find out how the intruder came to the host: logons and new processes before the act", target,
			"no logon record for the act's session was found", []string{act.ID})
	}
}

// logging names the settings that the evidence shows missing, each once, with
// the hosts that lack them.
func (f *Facts) logging(add adder) {
	type gap struct {
		priority      int
		hosts, causes []string
	}
	gaps := map[string]*gap{}
	var order []string
	for _, row := range f.Coverage {
		action, priority := remedy(row)
		if action == "" {
			continue
		}
		if gaps[action] == nil {
			gaps[action] = &gap{priority: priority}
			order = append(order, action)
		}
		g := gaps[action]
		host := row.Host
		if host == "" {
			host = f.host()
		}
		g.hosts = append(g.hosts, host)
		g.causes = append(g.causes, row.Why)
	}
	f.remedies(add)
	for _, action := range order {
		g := gaps[action]
		add(7, g.priority, action, strings.Join(firstFew(distinct(g.hosts)), ", "), strings.Join(firstFew(distinct(g.causes)), "; "), nil)
	}
}

// toldBy are the rows of coverage that ask for the same change as a setting.
var toldBy = map[string]string{"Sysmon": "Sysmon log", "process creation auditing": "process auditing", "command lines of process creation": "process auditing"}

// remedies names the settings that the hosts' own hives show to be missing.
func (f *Facts) remedies(add adder) {
	for _, h := range f.Settings {
		for _, s := range h.Settings {
			if s.Remedy == "" || slices.ContainsFunc(f.Coverage, func(row coverage.Row) bool {
				action, _ := remedy(row)
				return action != "" && row.What == toldBy[s.What]
			}) {
				continue
			}
			certainty := ""
			if s.Certainty != "certain" {
				certainty = ", " + s.Certainty
			}
			add(7, 4, "Change the setting: "+s.Remedy, h.Host, fmt.Sprintf("%s is %s: %s (%s at %#x%s)", s.What, s.State, s.Means, s.Path, s.Offset, certainty), nil)
		}
	}
}

// remedy is the setting that would have closed a gap in the coverage, "" where
// there is none.
func remedy(row coverage.Row) (action string, priority int) {
	switch {
	case row.What == "Security log" && row.State == coverage.Absent:
		return "Make sure that the Security log is kept, large enough, and forwarded off the host", 3
	case row.What == "Sysmon log" && row.State == coverage.Absent:
		return "Install Sysmon with events 1 and 11, or an equal sensor", 4
	case row.What == "process auditing" && row.State == coverage.Absent && row.Records == 0:
		return `Turn on "Audit Process Creation" (success): auditpol /set /subcategory:"Process Creation" /success:enable`, 3
	case row.What == "process auditing" && row.Why != "":
		return `Record command lines: set HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit\ProcessCreationIncludeCmdLine_Enabled to 1`, 3
	case row.What == "cleared log":
		return "Forward logs off the host as they are written, and alert on events 1102 and 104", 2
	}
	return "", 0
}

func distinct(items []string) []string {
	items = slices.Clone(items)
	slices.Sort(items)
	return slices.Compact(items)
}
