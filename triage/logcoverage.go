package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

// logCoverage tells what the logs as a whole can and cannot show: whether
// process creation was recorded, with command lines, for how long, and
// whether logs were cleared.
func (r *run) logCoverage() {
	var security, operational []*logFile
	for _, l := range r.logs {
		if !l.open {
			continue
		}
		if l.is("Security", "security.evtx") {
			security = append(security, l)
		}
		if l.is("Microsoft-Windows-Sysmon/Operational", "microsoft-windows-sysmon%4operational.evtx") {
			operational = append(operational, l)
		}
	}
	sysmonStarts := int64(0)
	for _, l := range operational {
		sysmonStarts += l.stats.PerID[1]
	}
	if len(security) == 0 {
		r.ledger.Note(coverage.Row{What: "Security log", State: coverage.Absent, Gap: sysmonStarts == 0,
			Why: "no Security log is in the evidence: process creation (4688) and logons (4624) cannot be told from it"})
	}
	for _, l := range security {
		r.securityCoverage(l, sysmonStarts > 0)
	}
	if len(operational) == 0 {
		r.ledger.Note(coverage.Row{What: "Sysmon log", State: coverage.Absent,
			Why: "no Sysmon log is in the evidence: file creation, process GUIDs and original file names cannot be told"})
	}
	for _, c := range r.clears {
		at := artifacts.Locator{Source: c.From.Source, Volume: c.From.Volume, Path: c.From.Path}
		gap := strings.EqualFold(c.Channel, "Security") || strings.Contains(strings.ToLower(c.Channel), "sysmon")
		r.ledger.Note(coverage.Row{What: "cleared log", At: &at, State: coverage.Absent, Host: c.Host, To: c.Time, Gap: gap,
			Why: fmt.Sprintf("the log %s of %s was cleared at %s by %s (event %s, record %d): what it held before is gone%s", c.Channel, c.Host,
				stamp(c.Time), userName(c.User), c.From.EventCode, c.From.RecordID, r.earlier(c.Channel, c.Host, c.Time))})
	}
	if !r.cfg.Since.IsZero() || !r.cfg.Until.IsZero() {
		r.ledger.Note(coverage.Row{What: "time bounds", State: coverage.Skipped, From: r.cfg.Since, To: r.cfg.Until, Gap: true,
			Why: "log records outside --since and --until were left out as asked"})
	}
}

// securityCoverage tells what one Security log can show of commands.
func (r *run) securityCoverage(l *logFile, sysmonTells bool) {
	row := coverage.Row{What: "process auditing", At: &l.at, State: coverage.Read, Host: l.host(),
		From: l.stats.Oldest, To: l.stats.Newest, Records: l.withCommand + l.without}
	switch {
	case l.withCommand+l.without == 0:
		row.State, row.Gap = coverage.Absent, !sysmonTells
		row.Why = "the log holds no process creation (4688): auditing of it was off, or it was cleared or overwritten"
	case l.withCommand == 0:
		row.State, row.Gap = coverage.Absent, !sysmonTells
		row.Why = "process creation (4688) is recorded without command lines: set ProcessCreationIncludeCmdLine_Enabled to 1"
	case l.without > 0:
		row.State = coverage.Partial
		row.Why = fmt.Sprintf("%d of %d process creations (4688) have no command line", l.without, row.Records)
	}
	row.Gap = row.Gap && !r.inSnapshot(l.at) // an older state of a log takes nothing away
	r.ledger.Note(row)
}

// host names the computers whose records the log holds.
func (l *logFile) host() string {
	return strings.Join(slices.DeleteFunc(slices.Sorted(maps.Keys(l.hosts)), func(h string) bool { return h == "" }), ", ")
}

// is reports whether a log is that of a channel, by its records or its name.
func (l *logFile) is(channel, file string) bool {
	for c := range l.channels { // some forwarders write channels in lower case
		if strings.EqualFold(c, channel) {
			return true
		}
	}
	path := strings.ToLower(l.at.Path)
	return strings.HasSuffix(path, "/"+file) || path == file || strings.HasSuffix(path, `\`+file)
}

// hostsFromLogs names the computers that the logs name, where no hive does.
func (r *run) hostsFromLogs() []Host {
	logs := map[string][]string{}
	for _, l := range r.logs {
		for host := range l.hosts {
			if host != "" {
				logs[host] = append(logs[host], l.at.Path)
			}
		}
	}
	var hosts []Host
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		because := slices.Compact(slices.Sorted(slices.Values(logs[name])))
		if len(because) > 5 {
			because = append(because[:5], fmt.Sprintf("and %d more logs", len(because)-5))
		}
		for i := range because {
			because[i] = "Computer in the records of " + because[i]
		}
		hosts = append(hosts, Host{Name: name, Because: because})
	}
	return hosts
}
