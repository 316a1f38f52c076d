package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/coverage"
)

// Respond turns the guide's response steps into actions for the hosts of the
// case, by step and then by priority: each computer and each account that the
// acts lead to has one row, with all reasons. Without an act only the logging
// gaps remain. What is explained comes after what is not.
func Respond(f Facts) []Action {
	r := response{byKey: map[string]*row{}}
	f.confirm(r.add)
	f.withdraw(r.add)
	g := f
	g.Acts = f.unexplained()
	if len(g.Acts) > 0 {
		g.contain(r.add)
		g.reset(r.add)
		g.eradicate(r.add)
	}
	f.computers(r.add)
	if len(f.Acts) > 0 {
		f.remove(r.add)
	}
	if len(g.Acts) > 0 {
		g.vector(r.add)
	}
	f.logging(r.add)
	return r.actions()
}

type adder func(step, priority int, action, target, because string, evidence []string)

// A response is actions while they are gathered.
type response struct {
	rows  []*row
	byKey map[string]*row
}

// A row is one action on one target, and all reasons for it.
type row struct {
	Action
	reasons []string
}

// add enters an action, or one more reason of one that is there already.
func (r *response) add(step, priority int, action, target, because string, evidence []string) {
	key := fmt.Sprint(step) + "\x00" + action + "\x00" + target
	o := r.byKey[key]
	if o == nil {
		o = &row{Action: Action{Step: fmt.Sprint(step), Action: action, Target: target, Priority: priority, Evidence: []string{}}}
		r.byKey[key], r.rows = o, append(r.rows, o)
	}
	o.Priority = min(o.Priority, priority)
	o.reasons = appendOnce(o.reasons, because)
	for _, id := range evidence {
		o.Evidence = appendOnce(o.Evidence, id)
	}
}

// actions writes the rows in their order.
func (r *response) actions() []Action {
	all := []Action{}
	for _, o := range r.rows {
		for i, why := range o.reasons[:len(o.reasons)-1] {
			o.reasons[i] = strings.TrimSuffix(why, ".")
		}
		o.Because = strings.Join(firstFew(o.reasons), "; ")
		all = append(all, o.Action)
	}
	slices.SortStableFunc(all, func(a, b Action) int { return cmp.Or(strings.Compare(a.Step, b.Step), a.Priority-b.Priority) })
	return all
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
	f.shortLogs(add)
	for _, action := range order {
		g := gaps[action]
		add(7, g.priority, action, strings.Join(firstFew(distinct(g.hosts)), ", "), strings.Join(firstFew(distinct(g.causes)), "; "), nil)
	}
}

// shortLogs names the logs that began too late, or are not kept at all.
func (f *Facts) shortLogs(add adder) {
	if len(f.Acts) == 0 {
		return
	}
	first, _ := f.acted()
	hosts := map[string]bool{}
	for _, l := range f.Logs {
		if l.Host == "" || !strings.EqualFold(l.Channel, securityLog) || hosts[l.Host] || f.begins(l.Host).Before(first.Add(-f.Window)) {
			continue
		}
		hosts[l.Host] = true
		add(7, 4, fmt.Sprintf("Make the Security log larger, for example wevtutil sl Security /ms:%d, and forward it off the host", keptLog), l.Host,
			fmt.Sprintf("the Security log begins at %s: less than %.0f hours before the act can be looked at", stamp(f.begins(l.Host)), f.Window.Hours()), nil)
	}
	for _, h := range f.Settings {
		reads := 0
		for _, l := range f.Logs {
			if sameHost(l.Host, h.Host) {
				reads++
			}
			if sameHost(l.Host, h.Host) && strings.EqualFold(l.Channel, taskLog) {
				reads = 0
				break
			}
		}
		if reads > 0 {
			add(7, 5, "Turn on the log of the task scheduler: wevtutil sl "+taskLog+" /e:true", h.Host,
				fmt.Sprintf("%s in the evidence, and %s, which Windows keeps only where it is turned on, has no records among them", counted(reads, "log of this host is", "logs of this host are"), taskLog), nil)
		}
	}
}

// keptLog is the size that a Security log is suggested to have, in bytes.
const keptLog = 1 << 30

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
			add(7, 5, "Change the setting: "+s.Remedy, h.Host, fmt.Sprintf("%s is %s: %s (%s at %#x%s)", s.What, s.State, s.Means, s.Path, s.Offset, certainty), nil)
		}
	}
}

// remedy is the setting that would have closed a gap in the coverage, "" where
// there is none.
func remedy(row coverage.Row) (action string, priority int) {
	switch {
	case row.What == "Security log" && row.State == coverage.Absent:
		return fmt.Sprintf("Make sure that the Security log is kept, large enough, for example wevtutil sl Security /ms:%d, and forwarded off the host", keptLog), 4
	case row.What == "Sysmon log" && row.State == coverage.Absent:
		return "Install Sysmon with events 1 and 11, or an equal sensor", 5
	case row.What == "process auditing" && row.State == coverage.Absent && row.Records == 0:
		return `Turn on "Audit Process Creation" (success): auditpol /set /subcategory:"Process Creation" /success:enable`, 4
	case row.What == "process auditing" && row.Why != "":
		return `Record command lines: set HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit\ProcessCreationIncludeCmdLine_Enabled to 1`, 4
	case row.What == "cleared log":
		return "Forward logs off the host as they are written, and alert on events 1102 and 104", 4
	}
	return "", 0
}

func distinct(items []string) []string {
	items = slices.Clone(items)
	slices.Sort(items)
	return slices.Compact(items)
}
