package scene

import (
	"fmt"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
)

// When the shadow copies of Shadowed were made, and the logs cleared.
var (
	shadowedBefore = day(13, 30, 0)
	shadowedAfter  = day(14, 13, 1.5)
	logsCleared    = day(14, 17, 3.25)
)

// between is what was told from one moment to another.
func (s story) between(from, to time.Time) story {
	part := make(story)
	for _, records := range s {
		for _, r := range records {
			if !r.Time.Before(from) && r.Time.Before(to) {
				part.tell(r)
			}
		}
	}
	return part
}

// Shadowed returns the disk of the workstation with two volume shadow copies.
// The first was made before the act. The second was made after the exports,
// all of which it has; after it all but the one in notes.txt were wiped, and
// the Security and Sysmon logs cleared.
func Shadowed() ([]byte, error) {
	all := make(story)
	all.routine()
	all.benign()
	all.act()
	all.application(installed)
	saved := spoils()
	for i := range saved {
		saved[i].Deleted = false
	}
	before, err := shadowedState(all.between(installed, shadowedBefore), nil)
	if err != nil {
		return nil, err
	}
	after, err := shadowedState(all.between(installed, shadowedAfter), saved)
	if err != nil {
		return nil, err
	}
	now := all.between(installed, seized.Time.Add(time.Hour))
	rest := all.between(logsCleared, seized.Time.Add(time.Hour))
	for _, channel := range []string{eventlogtest.SecurityChannel, eventlogtest.SysmonChannel, "Application"} {
		now[channel] = rest[channel]
	}
	now.tell(eventlogtest.Security1102(logsCleared, computer, adminFull))
	now.tell(eventlogtest.System104(logsCleared.Add(time.Second), computer, adminFull, eventlogtest.SysmonChannel))
	var left []ntfstest.File
	for _, f := range saved {
		if f.Path == streamHost {
			left = append(left, f)
		}
	}
	for i := range 2 {
		left = append(left, ntfstest.File{Path: "/System Volume Information/" + snapshottest.FileName(i), Data: make([]byte, 100)})
	}
	live, err := shadowedState(now, left)
	if err != nil {
		return nil, err
	}
	volume, err := snapshottest.Build(live, snapshottest.State{Volume: before, Created: shadowedBefore}, snapshottest.State{Volume: after, Created: shadowedAfter})
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

func shadowedState(s story, files []ntfstest.File) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3ab, Time: installed, Size: 24 << 20})
	files = append(append(hives(), files...), ordinary()...)
	for _, channel := range []string{eventlogtest.SecurityChannel, eventlogtest.SystemChannel, eventlogtest.SysmonChannel, "Application"} {
		if len(s[channel]) == 0 {
			return nil, fmt.Errorf("scene: nothing is told to %s", channel)
		}
	}
	for _, f := range append(files, s.logs()...) {
		b.Add(f)
	}
	return b.Bytes()
}
