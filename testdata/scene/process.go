package scene

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// A process is one process of the story. It is told to the Security log as a
// 4688 and to Sysmon as an event 1.
type process struct {
	at       time.Time
	pid      uint32
	image    string
	original string // PE version information: OriginalFilename
	about    string // FileDescription
	command  string
	dir      string // working directory, with a backslash at the end
	user     eventlogtest.Account
	session  uint32
	medium   bool // medium integrity: the filtered half of a split token
	full     bool // elevated: the other half
	parent   *process
}

// guid is the process GUID as Sysmon makes it: part of the machine's GUID, the
// start in Unix seconds, a counter.
func (p *process) guid() string {
	s := uint32(p.at.Unix())
	return fmt.Sprintf("{6F2C41D8-%04X-%04X-%04X-%012X}", s&0xffff, s>>16, p.pid&0xffff, 0x1200)
}

func logonGUID(a eventlogtest.Account) string {
	id := a.LogonID
	s := uint32(day(8, 2, 11).Unix())
	return fmt.Sprintf("{6F2C41D8-%04X-%04X-%02X%02X-%02X%02X00000000}", s&0xffff, s>>16, id&0xff, id>>8&0xff, id>>16&0xff, id>>24&0xff)
}

// account gives a user's name as Sysmon writes it.
func account(a eventlogtest.Account) string {
	if a.SID == systemSID {
		return `NT AUTHORITY\SYSTEM`
	}
	return a.Domain + `\` + a.Name
}

// hashes are those of the program's file or, where the disk has none, made from
// its name.
func hashes(image, original string) string {
	data := programOf(image)
	if data == nil {
		data = []byte(original)
	}
	return fmt.Sprintf("MD5=%X,SHA256=%X", md5.Sum(data), sha256.Sum256(data))
}

// A story collects the records of all logs.
type story map[string][]eventlogtest.Record // by channel

func (s story) tell(r eventlogtest.Record) { s[r.Channel] = append(s[r.Channel], r) }

// start tells the start of a process to both logs and returns it.
func (s story) start(p process) *process {
	parent := p.parent
	if parent == nil {
		parent = &process{at: day(8, 2, 12), pid: 716, image: `C:\Windows\System32\services.exe`,
			command: `C:\Windows\system32\services.exe`, user: localHost}
	}
	elevation, label, integrity := "%%1936", "S-1-16-16384", "System"
	if p.user.SID != systemSID {
		label, integrity = "S-1-16-12288", "High"
	}
	if p.medium {
		elevation, label, integrity = "%%1938", "S-1-16-8192", "Medium"
	}
	if p.full {
		elevation = "%%1937"
	}
	s.tell(eventlogtest.Security4688(p.at, computer, eventlogtest.NewProcess{
		Subject: p.user, PID: uint64(p.pid), Image: p.image, Elevation: elevation, ParentPID: uint64(parent.pid),
		CommandLine: p.command, ParentImage: parent.image, Label: label,
	}))
	s.tell(eventlogtest.Sysmon1(p.at.Add(4*time.Millisecond), computer, eventlogtest.SysmonProcess{
		UTC: p.at, GUID: p.guid(), PID: p.pid, Image: p.image, FileVersion: "10.0.19041.1 (WinBuild.160101.0800)",
		Description: p.about, Product: "Microsoft® Windows® Operating System", Company: "Microsoft Corporation",
		OriginalFileName: p.original, CommandLine: p.command, CurrentDirectory: p.dir, User: account(p.user),
		LogonGUID: logonGUID(p.user), LogonID: p.user.LogonID, Session: p.session, Integrity: integrity,
		Hashes: hashes(p.image, p.original), ParentGUID: parent.guid(), ParentPID: parent.pid, ParentImage: parent.image,
		ParentCommandLine: parent.command, ParentUser: account(parent.user),
	}))
	return &p
}

// creates tells Sysmon that p made a file.
func (s story) creates(p *process, at time.Time, file string) {
	s.tell(eventlogtest.Sysmon11(at.Add(3*time.Millisecond), computer, eventlogtest.SysmonFile{
		UTC: at, GUID: p.guid(), PID: p.pid, Image: p.image, Target: file, Created: at, User: account(p.user),
	}))
}

// first are the record ids that the logs of the story begin with.
var first = map[string]uint64{
	eventlogtest.SecurityChannel: 41877,
	eventlogtest.SysmonChannel:   118203,
	eventlogtest.SystemChannel:   9312,
	"Application":                5120,
}

// records returns the records of a channel in order of time and numbered.
func (s story) records(channel string) []eventlogtest.Record {
	records := slices.Clone(s[channel])
	slices.SortStableFunc(records, func(a, b eventlogtest.Record) int { return a.Time.Compare(b.Time) })
	for i := range records {
		records[i].RecordID = first[channel] + uint64(i)
	}
	return records
}

// log returns the channel's log file.
func (s story) log(channel string) []byte {
	return eventlogtest.New(eventlogtest.Options{SpareChunks: 1}).Add(s.records(channel)...).Bytes()
}

// logPath is where Windows keeps the log of a channel.
func logPath(channel string) string {
	return path.Join("/Windows/System32/winevt/Logs", strings.ReplaceAll(channel, "/", "%4")+".evtx")
}
