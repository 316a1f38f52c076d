package triage

import (
	"fmt"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/settings"
)

// recordedBy are the events that a setting has recorded.
var recordedBy = map[string]string{"detailed file share auditing": "5145", "process creation auditing": "4688"}

// tellRecorded says of settings that are off where the host's records show
// that they were on before: a hive tells how they stand, not how they stood.
func (c *Case) tellRecorded() {
	for i := range c.Hosts {
		for k := range c.Hosts[i].Settings {
			s := &c.Hosts[i].Settings[k]
			if code := recordedBy[s.What]; code != "" && s.State == "off" {
				c.Hosts[i].tellRecorded(s, code, c.Records)
			}
		}
	}
}

func (h *Host) tellRecorded(s *settings.Setting, code string, records []correlate.Record) {
	var newest *correlate.Record
	for i := range records {
		r := &records[i]
		if r.From.EventCode == code && h.named(r.Host) && (newest == nil || r.Time.After(newest.Time)) {
			newest = r
		}
	}
	if newest != nil {
		s.Means += fmt.Sprintf("; that is how it stood when the hive was last written: an event of it was recorded at %s (%s), so it was on then", second(newest.Time), newest.From.Cite())
	}
}

// named reports whether a record's host is this one, by its name or its name
// in the DNS.
func (h *Host) named(host string) bool {
	short, _, _ := strings.Cut(host, ".")
	return h.Name != "" && (strings.EqualFold(host, h.Name) || strings.EqualFold(short, h.Name))
}
