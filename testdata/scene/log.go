package scene

import (
	"fmt"
	"io"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// LogOptions describe a large Security log.
type LogOptions struct {
	Size int64 // bytes, about
	// Every is how often a process creation stands in the log: 3 is every
	// third record, 0 is never. The others are accesses to stored credentials
	// (5379), which nobody asks for.
	Every int
}

// WriteLog writes a large Security log and returns its number of records.
// Among the process creations is one "reg save HKLM\SAM" in 100,000.
func WriteLog(w io.WriteSeeker, opt LogOptions) (int, error) {
	log := eventlogtest.NewStream(w, eventlogtest.Options{})
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n := 0
	for log.Size() < opt.Size {
		at := begin.Add(time.Duration(n) * 700 * time.Millisecond)
		if opt.Every > 0 && n%opt.Every == 0 {
			log.Add(created(at, n/opt.Every))
		} else {
			log.Add(credentialRead(at, n))
		}
		n++
	}
	return n, log.Close()
}

func created(at time.Time, i int) eventlogtest.Record {
	p := services[i%len(services)]
	command := fmt.Sprintf("%s /n:%d", p.command, i)
	if i%100000 == 99999 {
		p.image, command = `C:\Windows\System32\reg.exe`, `reg  save HKLM\SAM C:\Users\Public\s.dat`
	}
	return eventlogtest.Security4688(at, computer, eventlogtest.NewProcess{
		Subject: localHost, PID: uint64(1200 + 4*(i%9000)), Image: p.image, CommandLine: command, ParentPID: 716,
		ParentImage: `C:\Windows\System32\services.exe`, Label: "S-1-16-16384",
	})
}

func credentialRead(at time.Time, i int) eventlogtest.Record {
	r := eventlogtest.Security4634(at, computer, employee, 2) // for what all records of the provider share
	r.ID, r.Task = 5379, 13824
	r.Data = []eventlogtest.Field{
		{Name: "SubjectUserSid", Type: eventlogtest.SID, Value: employee.SID},
		{Name: "SubjectUserName", Type: eventlogtest.String, Value: employee.Name},
		{Name: "SubjectDomainName", Type: eventlogtest.String, Value: employee.Domain},
		{Name: "SubjectLogonId", Type: eventlogtest.HexInt64, Value: employee.LogonID},
		{Name: "TargetName", Type: eventlogtest.String, Value: fmt.Sprintf("MicrosoftAccount:target=SSO_POP_Device:%d", i)},
		{Name: "Type", Type: eventlogtest.UInt32, Value: 0},
		{Name: "CountOfCredentialsReturned", Type: eventlogtest.UInt32, Value: i % 3},
		{Name: "ReadOperation", Type: eventlogtest.String, Value: "%%8100"},
		{Name: "ReturnCode", Type: eventlogtest.UInt32, Value: 0},
		{Name: "ProcessCreationTime", Type: eventlogtest.FileTime, Value: at},
		{Name: "ClientProcessId", Type: eventlogtest.UInt32, Value: 4 * (i % 9000)},
	}
	return r
}
