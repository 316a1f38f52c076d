package triage

import (
	"strings"
	"testing"
	"time"

	"hivetriage/triage/correlate"
	"hivetriage/triage/settings"
)

// TestTellRecorded: that a setting is off is not said of a time at which its
// events were recorded.
func TestTellRecorded(t *testing.T) {
	at := time.Date(2026, 3, 14, 14, 8, 30, 0, time.UTC)
	for _, row := range []struct {
		name, host, code, state string
		told                    bool
	}{
		{"recorded", "WS1.corp.example", "5145", "off", true},
		{"on another host", "WS2.corp.example", "5145", "off", false},
		{"another event", "WS1", "4624", "off", false},
		{"on", "WS1", "5145", "on", false},
	} {
		c := Case{Hosts: []Host{{Name: "WS1", Settings: []settings.Setting{{What: "detailed file share auditing", State: row.state, Means: "files are not recorded"}}}},
			Records: []correlate.Record{{Host: row.host, Time: at.Add(-time.Hour), From: correlate.From{EventCode: row.code, RecordID: 8}},
				{Host: row.host, Time: at, From: correlate.From{EventCode: row.code, RecordID: 9}}}}
		c.tellRecorded()
		got := c.Hosts[0].Settings[0].Means
		if want := "recorded at 2026-03-14 14:08:30 UTC (event 5145, record 9), so it was on then"; strings.HasSuffix(got, want) != row.told || !row.told && got != "files are not recorded" {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}
