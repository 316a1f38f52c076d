package triage

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/coverage"
	"hivetriage/triage/settings"
)

// asides are rows of coverage that are no reading that was left out: Untold
// tells of the first three, the others judge or join what was read.
var asides = []string{"free space", "collection", "folder", "names in the journals", "names in the file table", "shadow copy"}

// InFull says, of a case without a gap, how far what was met was read.
func InFull(c *Case) string {
	var parts []string
	for _, row := range c.Coverage.Sources {
		short := row.State == coverage.Partial || row.State == coverage.Failed || row.State == coverage.Unsupported
		if (short || row.State == coverage.Skipped && !slices.Contains(asides, row.What)) && !slices.Contains(parts, row.What) {
			parts = append(parts, row.What)
		}
	}
	if len(parts) == 0 {
		return "Everything that was met was read in full."
	}
	return fmt.Sprintf("Everything that was met was read in full, but for %s, which could hide no copy.", few(parts))
}

// Untold says what the evidence could not have told, however well it was read;
// "" if nothing of that is known.
func Untold(c *Case) string {
	var parts []string
	add := func(what string, state coverage.State, text string) {
		if slices.ContainsFunc(c.Coverage.Sources, func(row coverage.Row) bool { return row.What == what && row.State == state }) {
			parts = append(parts, text)
		}
	}
	add("collection", coverage.Skipped, "what was not collected")
	add("folder", coverage.Skipped, "deleted files and alternate data streams (a folder shows none)")
	add(changeJournal, coverage.Absent, "the name of a deleted copy whose file record was used again (no change journal)")
	if fetched := c.unrecorded(); fetched != "" {
		parts = append(parts, "hives fetched by remote registry, beyond a logon and what files are left ("+fetched+")")
	}
	add("free space", coverage.Skipped, "copies in free space (not searched; --deep does that)")
	if parts == nil {
		return ""
	}
	return "What this evidence could not have told: " + strings.Join(parts, "; ") + "."
}

// accessEvents are the events that tell of files and of the registry opened
// over the network, by the setting that has them recorded.
var accessEvents = []struct {
	setting string
	codes   []string
}{{"detailed file share auditing", []string{"5145"}}, {"registry auditing", []string{"4656", "4663"}}}

// unrecorded says which events of access over the network the hosts did not
// record, as far as their hives tell; "" where their logs hold some.
func (c *Case) unrecorded() string {
	off, unknown := map[string][]string{}, len(c.Hosts) == 0
	var codes []string
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for _, e := range accessEvents {
			at := slices.IndexFunc(h.Settings, func(s settings.Setting) bool { return s.What == e.setting })
			switch {
			case c.holds(h, e.codes):
			case at < 0:
				unknown = unknown || e.codes[0] == "5145"
			case h.Settings[at].State == "off":
				if code := e.codes[0]; !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
				off[e.codes[0]] = append(off[e.codes[0]], h.Name)
			}
		}
	}
	hosts := off["5145"]
	if len(hosts) == 0 {
		if unknown {
			return "whether access to shares, 5145, was recorded is not known"
		}
		return ""
	}
	slices.Sort(codes)
	slices.Reverse(codes)
	text := strings.Join(codes, " and ") + " not recorded, as the hives stand"
	if hosts = slices.Compact(hosts); len(hosts) < len(c.Hosts) {
		text += " of " + few(hosts)
	}
	return text
}

// holds reports whether a record of the case is one of the host's events of
// such a code.
func (c *Case) holds(h *Host, codes []string) bool {
	for i := range c.Records {
		if slices.Contains(codes, c.Records[i].From.EventCode) && h.named(c.Records[i].Host) {
			return true
		}
	}
	return false
}
