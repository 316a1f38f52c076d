package guide

import (
	"strings"
	"testing"

	"hivetriage/triage/correlate"
	"hivetriage/triage/program"
)

// TestRights: a backup operator is not told as an administrator.
func TestRights(t *testing.T) {
	f := dump()
	if got := f.rights(); got != "whoever copied SAM, SYSTEM in act-1 had administrator rights" {
		t.Error(got)
	}
	operator := correlate.Notice{Kind: "privilege", What: "a session began with SeBackupPrivilege and without SeDebugPrivilege, as a backup operator's does",
		User: f.Acts[0].Actor, From: correlate.From{EventCode: "4672", RecordID: 7}}
	f.Notices = []correlate.Notice{operator}
	if got := f.rights(); !strings.HasSuffix(got, "at least the rights of a backup operator, who can read any file of the host (event 4672, record 7)") {
		t.Error(got)
	}
	f.Notices[0].User.LogonID = "0x1" // another session of the account
	if got := f.rights(); !strings.Contains(got, "administrator rights") {
		t.Error(got)
	}
}

// TestScanFor tells how many programs were looked at, and of none that nothing
// was odd about it.
func TestScanFor(t *testing.T) {
	f := dump()
	f.Programs = nil
	if got := f.scanFor(); !strings.Contains(got, "the first sign of act-1 was at ") || !strings.HasSuffix(got, "no program of the acts could be looked at") {
		t.Error(got)
	}
	f.Programs = []program.Executable{{Path: `C:\Windows\System32\reg.exe`}}
	if got := f.scanFor(); !strings.HasSuffix(got, "nothing was odd about the programs around the acts that were looked at (1)") {
		t.Error(got)
	}
}
