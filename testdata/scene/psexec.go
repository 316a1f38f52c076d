package scene

import (
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// overNetwork is the session that reaches the host from the administrator's
// other computer.
var overNetwork = visit{who: eventlogtest.Account{SID: adminSID, Name: "admin.jansen", Domain: domain, LogonID: 0x5c0f11}, ip: sourceIP, name: sourceName, privileges: administrative}

// What PsExec's session saves, in order.
var psexecCopies = []struct {
	hive, name string
	at         time.Time
	content    func(hivetest.Host, hivetest.Profile) []byte
}{
	{"SAM", "s1.tmp", day(14, 7, 2.75), hivetest.SAM},
	{"SYSTEM", "s2.tmp", day(14, 7, 9.5), hivetest.SYSTEM},
	{"SECURITY", "s3.tmp", day(14, 7, 15.25), hivetest.SECURITY},
}

const windowsTemp = "/Windows/Temp"

// PsExec is the machine on which a shell of SYSTEM, which PsExec's service
// gave to somebody on another computer, saved the hives to C:\Windows\Temp.
// They were fetched over ADMIN$ and deleted.
func PsExec() (*Machine, error) {
	s := make(story)
	s.routine()
	s.benign()
	s.arrives(day(14, 5, 50.25), overNetwork)
	s.asks(day(14, 5, 50.5), overNetwork, "ADMIN$", `C:\Windows`, "PSEXESVC.exe", toWrite)
	s.asks(day(14, 5, 50.75), overNetwork, "IPC$", "", "svcctl", toRead)
	s.tell(eventlogtest.System7045(day(14, 5, 51), computer, adminSID, "PSEXESVC", `%SystemRoot%\PSEXESVC.exe`))
	service := s.start(process{at: day(14, 5, 51.125), pid: 7204, image: `C:\Windows\PSEXESVC.exe`, original: "psexesvc.exe", about: "PsExec Service",
		command: `C:\Windows\PSEXESVC.exe`, dir: `C:\Windows\system32\`, user: localHost})
	s.asks(day(14, 5, 51.5), overNetwork, "IPC$", "", "PSEXESVC-DESK-4417-6120-stdin", toWrite)
	shell := s.start(process{at: day(14, 5, 52), pid: 7240, image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe", about: "Windows Command Processor",
		command: `"cmd.exe"`, dir: `C:\Windows\system32\`, user: localHost, parent: service})
	for i, c := range psexecCopies {
		s.saves(c.at.Add(-300*time.Millisecond), uint32(7300+8*i), shell, c.hive, `C:\Windows\Temp\`+c.name)
		s.asks(day(14, 8, 30+float64(i)), overNetwork, "ADMIN$", `C:\Windows`, `Temp\`+c.name, toRead)
	}
	s.tell(eventlogtest.System7036(day(14, 10, 0.5), computer, "PSEXESVC", "stopped"))
	s.leaves(day(14, 10, 2), overNetwork)
	s.application(installed)

	files := append(sharing(), ntfstest.File{Path: windowsTemp, Dir: true, SI: always(installed), FN: always(installed)})
	for i, c := range psexecCopies {
		gone := always(c.at)
		gone.Changed = day(14, 9, float64(i))
		files = append(files, ntfstest.File{Path: windowsTemp + "/" + c.name, Data: c.content(recordingShares(taken), hivetest.RegSave), SI: gone, FN: always(c.at), Owner: "S-1-5-32-544", Deleted: true})
	}
	files = append(files, ntfstest.File{Path: "/Windows/PSEXESVC.exe", Data: program("psexesvc.exe"), SI: always(day(14, 5, 50.5)), FN: always(day(14, 5, 50.5)), Deleted: true})
	return journaling(s, files, func(m *Machine, j *usntest.Builder) {
		temp, _ := m.Placed(windowsTemp)
		for i, c := range psexecCopies {
			at, _ := m.Placed(windowsTemp + "/" + c.name)
			made(j, c.at, at.Record, temp.Record, c.name)
			deleted(j, day(14, 9, float64(i)), at.Record, temp.Record, c.name)
		}
	})
}

// sharing are the hives of the computer, which records what is opened over its
// shares.
func sharing() []ntfstest.File {
	files := hives()
	for i := range files {
		if files[i].Path == "/Windows/System32/config/SECURITY" {
			files[i].Data = hivetest.SECURITY(recordingShares(seized), hivetest.Live)
		}
	}
	return files
}

// journaling is the machine with a change journal, which is written once the
// numbers of the records are known.
func journaling(s story, files []ntfstest.File, write func(*Machine, *usntest.Builder)) (*Machine, error) {
	with := func(stream []byte) *Machine {
		return newMachine(s, append(append([]ntfstest.File(nil), files...), ntfstest.File{Path: changesFile, SI: always(installed), FN: always(installed),
			Streams: []ntfstest.Stream{{Name: "$J", Data: stream, Layout: ntfstest.Layout{NonResident: true}}}}))
	}
	m := with(make([]byte, clusterSize))
	if _, err := m.Raw(); err != nil {
		return nil, err
	}
	j := usntest.New(journaledBase)
	write(m, j)
	return with(j.Bytes()), nil
}

// made and deleted are what the journal has of a file's beginning and end.
func made(j *usntest.Builder, at time.Time, record, parent uint64, name string) {
	for i, reason := range []uint32{usnCreate, usnCreate | usnExtend, usnCreate | usnExtend | usnClose} {
		j.Add(usntest.Change{Time: at.Add(time.Duration(i) * 3 * time.Millisecond), Record: record, Parent: parent, Reason: reason, Name: name})
	}
}

func deleted(j *usntest.Builder, at time.Time, record, parent uint64, name string) {
	j.Add(usntest.Change{Time: at, Record: record, Parent: parent, Reason: usnDelete | usnClose, Name: name})
}
