package tasks

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Offsets in FIXDLEN_DATA ([MS-TSCH] 2.4.1) and lengths.
const (
	jobProduct  = 0
	jobVersion  = 2
	jobUUID     = 4
	jobName     = 20 // offset of the application's name
	jobTriggers = 22 // offset of the triggers
	jobExit     = 40
	jobStatus   = 44
	jobLastRun  = 52 // SYSTEMTIME
	jobFixed    = 68

	triggerLength = 48
	hasNotRun     = 0x00041303 // SCHED_S_TASK_HAS_NOT_RUN
)

// products are the versions of Windows that write job files.
var products = []uint16{0x0400, 0x0500, 0x0501, 0x0502, 0x0600, 0x0601, 0x0602, 0x0603, 0x0A00}

func isJob(head []byte) bool {
	return len(head) >= jobFixed && binary.LittleEndian.Uint16(head[jobVersion:]) == 1 &&
		slices.Contains(products, binary.LittleEndian.Uint16(head[jobProduct:])) &&
		binary.LittleEndian.Uint16(head[jobName:]) >= jobFixed
}

// readJob yields the one program of a job file.
func readJob(b []byte, yield func(artifacts.Trace, error) bool) bool {
	trace := artifacts.Trace{Artefact: ScheduledTask, Deed: artifacts.Planned, Entry: windows.GUID(b[jobUUID:])}
	var d details
	at := int(binary.LittleEndian.Uint16(b[jobName:]))
	var texts [5]string // application, parameters, working directory, author, comment
	var problem *artifacts.Problem
	for i := range texts {
		if texts[i], at, problem = counted(b, at); problem != nil {
			trace.Damaged = "its texts break off"
			break
		}
	}
	trace.Program, trace.Command = texts[0], commandLine(texts[0], texts[1])
	d.add("Working directory", texts[2])
	d.add("Author", texts[3])
	d.add("Comment", texts[4])
	d.add("Last run (local time)", systemTime(b[jobLastRun:]))
	if status := binary.LittleEndian.Uint32(b[jobStatus:]); status == hasNotRun {
		d.add("Status", "has not run")
	} else {
		d.add("Exit code", fmt.Sprint(binary.LittleEndian.Uint32(b[jobExit:])))
	}
	if problem == nil {
		problem = d.triggers(b, int(binary.LittleEndian.Uint16(b[jobTriggers:])))
	}
	trace.Details = d
	if trace.Command != "" && !yield(trace, nil) {
		return false
	}
	if problem == nil && trace.Command == "" {
		problem = artifacts.NewProblem(artifacts.Malformed, jobName, "no program in it")
	}
	return problem == nil || yield(artifacts.Trace{}, problem)
}

// counted reads a text that its length in units, with the NUL, stands before.
func counted(b []byte, at int) (string, int, *artifacts.Problem) {
	if at+2 > len(b) {
		return "", at, artifacts.NewProblem(artifacts.Truncated, int64(min(at, len(b))), "no length of a text")
	}
	length := int(binary.LittleEndian.Uint16(b[at:])) * 2
	from := at + 2
	if from+length > len(b) {
		return "", at, artifacts.NewProblem(artifacts.Truncated, int64(at), "a text of %d bytes where %d are left", length, len(b)-from)
	}
	text, _, _ := strings.Cut(windows.UTF16(b[from:from+length]), "\x00")
	return text, from + length, nil
}

// systemTime writes a SYSTEMTIME, "" if none was recorded.
func systemTime(b []byte) string {
	var v [8]uint16 // year, month, weekday, day, hour, minute, second, millisecond
	for i := range v {
		v[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	if v[0] < 1601 || v[0] > 9999 || v[1] < 1 || v[1] > 12 || v[3] < 1 || v[3] > 31 || v[4] > 23 || v[5] > 59 || v[6] > 59 || v[7] > 999 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%03d", v[0], v[1], v[3], v[4], v[5], v[6], v[7])
}

var triggerKinds = []string{"Once", "Daily", "Weekly", "Monthly, by date", "Monthly, by weekday", "Idle", "Boot", "Logon"}

// triggers adds those of a job file; their times are local.
func (d *details) triggers(b []byte, at int) *artifacts.Problem {
	if at == 0 {
		return nil
	}
	if at < jobFixed || at+2 > len(b) {
		return artifacts.NewProblem(artifacts.Malformed, jobTriggers, "triggers at %d in a file of %d bytes", at, len(b))
	}
	count := int(binary.LittleEndian.Uint16(b[at:]))
	for i := range count {
		from := at + 2 + i*triggerLength
		switch {
		case from+triggerLength > len(b):
			return artifacts.NewProblem(artifacts.Truncated, int64(from), "trigger %d of %d is cut", i+1, count)
		case i == maxTriggers:
			return artifacts.NewProblem(artifacts.Limit, int64(from), "%d triggers; those after %d were not read", count, maxTriggers)
		}
		t := b[from:]
		word := func(at int) uint16 { return binary.LittleEndian.Uint16(t[at:]) }
		kind := fmt.Sprintf("kind %d", binary.LittleEndian.Uint32(t[32:]))
		if n := binary.LittleEndian.Uint32(t[32:]); int(n) < len(triggerKinds) {
			kind = triggerKinds[n]
		}
		d.add("Trigger", fmt.Sprintf("%s: from %04d-%02d-%02d %02d:%02d (local time)", kind, word(4), word(6), word(8), word(16), word(18)))
	}
	return nil
}
