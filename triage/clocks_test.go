package triage

import (
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/triage/attest"
)

// clockRecord is a record of a clock as Windows writes it.
func clockRecord(provider string, id uint16, channel, computer string, at time.Time, fields ...eventlogtest.Field) eventlogtest.Record {
	return eventlogtest.Record{Provider: provider, ID: id, Level: 4, Time: at, Channel: channel, Computer: computer, Data: fields}
}

func timeField(name string, t time.Time) eventlogtest.Field {
	return eventlogtest.Field{Name: name, Type: eventlogtest.FileTime, Value: t}
}

func textField(name, value string) eventlogtest.Field {
	return eventlogtest.Field{Name: name, Type: eventlogtest.String, Value: value}
}

// TestClocks: what the logs tell of a host's clock stands with the host; two
// logs that tell of one change count once, and what a time service does is
// counted only.
func TestClocks(t *testing.T) {
	const computer = "WS01.nordwind.example"
	set := func(before, after time.Time) []eventlogtest.Record {
		return []eventlogtest.Record{
			clockRecord(securityAuditing, 4616, "Security", computer, after, textField("SubjectUserSid", "S-1-5-21-1-2-3-1001"), textField("SubjectUserName", "eve"),
				textField("SubjectDomainName", "WS01"), timeField("PreviousTime", before), timeField("NewTime", after), textField("ProcessName", `C:\Windows\System32\rundll32.exe`)),
			clockRecord(attest.KernelGeneral, 1, "System", computer, after, timeField("NewTime", after.Add(time.Millisecond)), timeField("OldTime", before)),
		}
	}
	back := set(saved, saved.Add(-3*time.Hour))
	small := set(saved, saved.Add(40*time.Millisecond))
	start := clockRecord(attest.KernelGeneral, 12, "System", computer, saved.Add(-time.Hour), timeField("StartTime", saved.Add(-time.Hour-time.Second)))
	other := clockRecord(attest.KernelGeneral, 1, "System", computer, saved, textField("NewTime", "yesterday"), textField("OldTime", "today"))
	log := func(records ...eventlogtest.Record) []byte {
		return eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes()
	}
	files := machineFiles("WS01")
	files = append(files, fileAt(securityLog, log(back[0], small[0]), saved),
		fileAt("/Windows/System32/winevt/Logs/System.evtx", log(start, back[1], other), saved))
	c := judged(t, nil, inFolder(t, t.TempDir(), files...))
	clock := c.Hosts[0].Clock
	if clock == nil {
		t.Fatal("the host has no clock")
	}
	if len(clock.Logs) != 2 || len(clock.Changes) != 1 || clock.Small != 1 || clock.Unread != 1 || clock.Omitted != 0 {
		t.Fatalf("clock: %+v, want one change told by two logs one small one and one that cannot be read", clock)
	}
	if got := clock.Changes[0]; got.By() != -3*time.Hour || got.User.Name != "eve" || got.From.EventCode != "4616" || got.From.RecordID == 0 || got.Program == "" {
		t.Errorf("the change is %+v", got)
	}
	if !clock.Started.Equal(saved.Add(-time.Hour-time.Second)) || clock.StartedFrom == nil || clock.StartedFrom.EventCode != "12" {
		t.Errorf("started %v by %v", clock.Started, clock.StartedFrom)
	}
	if !clock.Newest.Equal(saved.Add(40 * time.Millisecond)) {
		t.Errorf("the newest record is of %v", clock.Newest)
	}
	silent := judged(t, nil, inFolder(t, t.TempDir(), machineFiles("WS01")...))
	if clock := silent.Hosts[0].Clock; clock != nil {
		t.Errorf("no log was read, and the clock is %+v", clock)
	}
}

// TestClockChangesBounded: of many changes the largest are kept.
func TestClockChangesBounded(t *testing.T) {
	c := &Clock{}
	for i := range 3 * maxChanges {
		before := saved.Add(time.Duration(i) * 24 * time.Hour)
		c.add(ClockChange{Before: before, After: before.Add(time.Duration(i+1) * time.Minute), User: artifacts.User{SID: "S-1-5-19"}})
	}
	if len(c.Changes) != maxChanges || c.Omitted != 2*maxChanges {
		t.Fatalf("%d changes kept, %d left out", len(c.Changes), c.Omitted)
	}
	for _, change := range c.Changes {
		if change.By() <= 2*maxChanges*time.Minute {
			t.Errorf("a change by %v was kept before larger ones", change.By())
		}
	}
}
