package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/triage/coverage"
	"hivetriage/triage/settings"
)

// Channels of the logs that answers lean on.
const (
	securityLog = "Security"
	systemLog   = "System"
	sysmonLog   = "Microsoft-Windows-Sysmon/Operational"
	defenderLog = "Microsoft-Windows-Windows Defender/Operational"
	taskLog     = "Microsoft-Windows-TaskScheduler/Operational"
	wmiLog      = "Microsoft-Windows-WMI-Activity/Operational"
	bitsLog     = "Microsoft-Windows-Bits-Client/Operational"
	clientLog   = "Microsoft-Windows-TerminalServices-RDPClient/Operational"
)

// A covering is how far a log reaches over a time.
type covering int

const (
	missing covering = iota // no such log was read, or none of that time
	partial
	whole
)

// covers tells how far the logs of a channel reach over a time. from is when
// the earliest of them begins.
func (f *Facts) covers(channel string, from, to time.Time) (reach covering, begins, ends time.Time) {
	for _, l := range f.Logs {
		if !strings.EqualFold(l.Channel, channel) || l.To.Before(from) || l.From.After(to) {
			continue
		}
		reach = max(reach, partial)
		if !l.From.After(from) && !l.To.Before(to) {
			reach = whole
		}
		if begins.IsZero() || l.From.Before(begins) {
			begins = l.From
		}
		if l.To.After(ends) {
			ends = l.To
		}
	}
	return reach, begins, ends
}

// coverText says how far the logs of a channel reach over a time.
func (f *Facts) coverText(channel string, from, to time.Time) string {
	reach, begins, ends := f.covers(channel, from, to)
	switch reach {
	case whole:
		return "the log " + channel + " covers the whole of this time"
	case partial:
		return fmt.Sprintf("the log %s tells of %s to %s only", channel, stamp(begins), stamp(ends))
	}
	return "no log " + channel + " of this time was read"
}

// source returns how the reading of a kind of evidence ended; ok is false
// where there was none.
func (f *Facts) source(what string) (row coverage.Row, ok bool) {
	i := slices.IndexFunc(f.Coverage, func(r coverage.Row) bool {
		return r.What == what && (r.State == coverage.Read || r.State == coverage.Partial)
	})
	if i < 0 {
		return row, false
	}
	return f.Coverage[i], true
}

// sourceText says whether a kind of evidence was there.
func (f *Facts) sourceText(what string) string {
	row, ok := f.source(what)
	switch {
	case !ok:
		return what + ": none was read"
	case row.State == coverage.Partial:
		return what + " was read in part"
	}
	return what + " was read"
}

// setting returns what the hosts' hives say of how they were set up.
func (f *Facts) setting(what string) (s settings.Setting, host string, ok bool) {
	for _, h := range f.Settings {
		for _, s := range h.Settings {
			if s.What == what {
				return s, h.Host, true
			}
		}
	}
	return s, "", false
}
