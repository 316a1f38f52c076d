package scene

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// text gives a field of a record, "" if it has none.
func text(r eventlogtest.Record, name string) string {
	fields := r.Data
	if r.UserData != nil {
		fields = r.UserData.Fields
	}
	for _, f := range fields {
		if f.Name == name {
			return fmt.Sprint(f.Value)
		}
	}
	return ""
}

type keyRecord struct {
	channel      string
	record       uint64
	id           uint16
	at           string // on 2026-03-14, UTC
	field, value string
}

const (
	security = eventlogtest.SecurityChannel
	sysmon   = eventlogtest.SysmonChannel
)

var keyRecords = []keyRecord{
	{security, 42244, 4624, "14:02:17.4412000", "WorkstationName", "DESK-4417"},
	{security, 42245, 4624, "14:02:19.1187345", "IpAddress", "10.20.30.44"},
	{security, 42246, 4624, "14:02:19.1187512", "LogonType", "10"},
	{security, 42248, 4688, "14:02:21.8412000", "NewProcessName", `C:\Windows\explorer.exe`},
	{security, 42251, 4688, "14:06:31.9023000", "CommandLine", `"C:\Windows\system32\cmd.exe" `},
	{security, 42252, 4688, "14:07:02.6140211", "CommandLine", `cmd.exe /c reg save HKLM\SAM C:\Users\Public\Libraries\sam.hiv /y`},
	{security, 42253, 4688, "14:07:02.6522904", "CommandLine", `reg  save HKLM\SAM C:\Users\Public\Libraries\sam.hiv /y`},
	{security, 42254, 4688, "14:07:41.2011846", "CommandLine", `reg  save HKLM\SYSTEM sys.tmp`},
	{security, 42255, 4688, "14:09:37.4715020", "CommandLine", `C:\Users\Public\Libraries\dllsvc.exe  save hklm\security C:\Users\Public\Libraries\d.tmp`},
	{security, 42256, 4688, "14:10:50.1120443", "CommandLine", `reg  save "HKLM\SAM" C:\Users\Public\notes.txt:sam`},
	{security, 42257, 4688, "14:11:52.4071000", "NewProcessName", `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`},
	{security, 42258, 4688, "14:16:10.2218000", "CommandLine", `wevtutil  cl Application`},
	{security, 42259, 4634, "14:18:55.7041000", "TargetUserName", "admin.jansen"},
	{security, 42260, 4634, "14:18:55.7098000", "LogonType", "10"},
	{sysmon, 118503, 1, "14:07:02.6180211", "ParentCommandLine", `"C:\Windows\system32\cmd.exe" `},
	{sysmon, 118504, 1, "14:07:02.6562904", "OriginalFileName", "reg.exe"},
	{sysmon, 118505, 11, "14:07:02.7342266", "TargetFilename", `C:\Users\Public\Libraries\sam.hiv`},
	{sysmon, 118506, 1, "14:07:41.2051846", "CurrentDirectory", `C:\Users\admin.jansen\AppData\Local\Temp\`},
	{sysmon, 118507, 11, "14:07:41.3380719", "TargetFilename", `C:\Users\admin.jansen\AppData\Local\Temp\sys.tmp`},
	{sysmon, 118508, 11, "14:09:05.1200433", "TargetFilename", `C:\Users\Public\Libraries\dllsvc.exe`},
	{sysmon, 118509, 1, "14:09:37.4755020", "OriginalFileName", "reg.exe"},
	{sysmon, 118510, 11, "14:09:37.5932114", "TargetFilename", `C:\Users\Public\Libraries\d.tmp`},
	{sysmon, 118511, 1, "14:10:50.1160443", "CommandLine", `reg  save "HKLM\SAM" C:\Users\Public\notes.txt:sam`},
	{eventlogtest.SystemChannel, 9455, 104, "14:16:10.3106000", "Channel", "Application"},
}

// TestKeyRecords pins the records that testdata/README.md lists.
func TestKeyRecords(t *testing.T) {
	m := Workstation()
	for _, want := range keyRecords {
		var got *eventlogtest.Record
		for _, r := range m.Records(want.channel) {
			if r.RecordID == want.record {
				got = &r
			}
		}
		if got == nil {
			t.Errorf("%s has no record %d", want.channel, want.record)
			continue
		}
		if at := got.Time.Format("15:04:05.0000000"); got.ID != want.id || at != want.at || text(*got, want.field) != want.value {
			t.Errorf("%s record %d is %d at %s, %s=%q; want %d at %s, %q", want.channel, want.record,
				got.ID, at, want.field, text(*got, want.field), want.id, want.at, want.value)
		}
	}
}

func TestStoryIsConsistent(t *testing.T) {
	for name, m := range map[string]*Machine{"workstation": Workstation(), "clean": Clean()} {
		t.Run(name, func(t *testing.T) {
			creations := map[string]int{}
			for channel := range m.story {
				last := time.Time{}
				for _, r := range m.Records(channel) {
					if r.Time.Before(last) {
						t.Errorf("%s record %d is out of order", channel, r.RecordID)
					}
					if r.Time.After(seized.Time) {
						t.Errorf("%s record %d is later than the shutdown", channel, r.RecordID)
					}
					last = r.Time
					if r.ID == 4688 {
						creations[text(r, "CommandLine")]++
					}
					if r.ID == 1 {
						creations[text(r, "CommandLine")]--
					}
				}
			}
			for command, n := range creations {
				if n != 0 {
					t.Errorf("%q: %d more records in Security than in Sysmon", command, n)
				}
			}
		})
	}
}

func TestCleanIsWithoutTheAct(t *testing.T) {
	m := Clean()
	for channel := range m.story {
		for _, r := range m.Records(channel) {
			for _, name := range []string{"CommandLine", "TargetFilename", "TargetUserName"} {
				v := strings.ToLower(text(r, name))
				for _, trace := range []string{`save hklm\sa`, `save hklm\sec`, `save hklm\sys`, `save "hklm\sa`, "admin.jansen", "wevtutil"} {
					if strings.Contains(v, trace) {
						t.Errorf("%s record %d: %s is %q", channel, r.RecordID, name, v)
					}
				}
			}
			if r.ID == 104 || r.ID == 1102 {
				t.Errorf("%s record %d says that a log was cleared", channel, r.RecordID)
			}
		}
	}
	raw, err := m.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gfx_cache.dat", "sam.hiv", "dllsvc.exe"} {
		if bytes.Contains(raw, []byte(textFile(name)[2:])) {
			t.Errorf("%s is on the clean disk", name)
		}
	}
}

func TestTwoBuildsAreTheSame(t *testing.T) {
	a, err := Workstation().Raw()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Workstation().Raw()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two builds of the workstation differ")
	}
}
