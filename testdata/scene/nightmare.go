package scene

import (
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
	"hivetriage/artifacts/hive/hivetest"
)

// When the shadow copy was made that HiveNightmare copied out of.
var nightmareShadow = time.Date(2026, 3, 13, 22, 0, 0, 0, time.UTC)

// HiveNightmare is the disk of a machine where users may read the files of the
// hives (CVE-2021-36934). Somebody without further rights copied them out of
// a shadow copy.
func HiveNightmare() ([]byte, error) {
	s := make(story)
	s.routine()
	s.benign()
	const downloads = `C:\Users\m.vandijk\Downloads\`
	shell := &process{at: day(9, 12, 40.25), pid: 5236, image: `C:\Windows\System32\cmd.exe`, command: `"C:\Windows\System32\cmd.exe" `, user: employee}
	tool := s.start(process{at: day(9, 40, 7.5), pid: 5420, image: downloads + "HiveNightmare.exe", original: "", about: "", command: `HiveNightmare.exe`,
		dir: downloads, user: employee, session: 1, medium: true, parent: shell})
	before := host(nightmareShadow.Add(-time.Hour))
	var copies []ntfstest.File
	for i, c := range psexecCopies {
		at := day(9, 40, 8+float64(i)/4)
		name := c.hive + "-2026-03-13"
		s.creates(tool, at, downloads+name)
		copies = append(copies, ntfstest.File{Path: "/Users/m.vandijk/Downloads/" + name, Data: c.content(before, hivetest.Live), SI: always(at), FN: always(at), Owner: userSID})
	}
	loaded := day(9, 38, 0)
	copies = append(copies, ntfstest.File{Path: "/Users/m.vandijk/Downloads/HiveNightmare.exe", Data: program("HiveNightmare.exe"), SI: always(loaded), FN: always(loaded), Owner: userSID})
	s.application(installed)

	old, err := nightmareState(hivesOf(before), s.between(installed, nightmareShadow))
	if err != nil {
		return nil, err
	}
	now, err := nightmareState(append(hives(), append(copies, ntfstest.File{Path: "/System Volume Information/" + snapshottest.FileName(0), Data: make([]byte, 100)})...), s)
	if err != nil {
		return nil, err
	}
	volume, err := snapshottest.Build(now, snapshottest.State{Volume: old, Created: nightmareShadow})
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

// nightmareState is the volume with hives that users may read.
func nightmareState(files []ntfstest.File, s story) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3b1, Time: installed, Size: 24 << 20})
	for _, f := range append(append(files, ordinary()...), s.logs()...) {
		if name, ok := strings.CutPrefix(f.Path, "/Windows/System32/config/"); ok && (name == "SAM" || name == "SECURITY" || name == "SYSTEM") {
			f.Access = []ntfstest.ACE{{Flags: 0x10, Mask: 0x1200A9, SID: "S-1-5-32-545"}}
		}
		b.Add(f)
	}
	return b.Bytes()
}

// Esentutl is the machine on which esentutl copied SAM out of a shadow copy
// that it had made, in a remote session.
func Esentutl() *Machine {
	s := make(story)
	s.routine()
	s.benign()
	s.logon()
	shell := s.start(s.admin(process{at: day(14, 6, 31.9023), pid: 7812, command: `"C:\Windows\system32\cmd.exe" `, dir: `C:\Windows\system32\`}))
	tool := s.start(s.admin(process{at: day(14, 7, 2.5), pid: 8104, image: `C:\Windows\System32\esentutl.exe`, original: "esentutl.exe", about: "Extensible Storage Engine Utilities for Microsoft(R) Windows(R)",
		command: `esentutl.exe  /y /vss C:\windows/system32/config/SAM /d C:\ProgramData\SAM`, dir: temp, parent: shell}))
	s.start(process{at: day(14, 7, 3), pid: 8140, image: `C:\Windows\System32\VSSVC.exe`, original: "VSSVC.EXE", about: "Microsoft® Volume Shadow Copy Service",
		command: `C:\Windows\system32\vssvc.exe`, dir: `C:\Windows\system32\`, user: localHost})
	s.tell(eventlogtest.System7036(day(14, 7, 3.25), computer, "Volume Shadow Copy", "running"))
	s.tell(mounted(day(14, 7, 4), `\Device\HarddiskVolumeShadowCopy1`))
	s.creates(tool, day(14, 7, 5.5), `C:\ProgramData\SAM`)
	s.tell(eventlogtest.System7036(day(14, 10, 3.25), computer, "Volume Shadow Copy", "stopped"))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7041), computer, adminLow, 10))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7098), computer, adminFull, 10))
	s.application(installed)
	at := always(day(14, 7, 5.5))
	return newMachine(s, append(hives(), ntfstest.File{Path: "/ProgramData/SAM", Data: hivetest.SAM(taken, hivetest.Live), SI: at, FN: at, Owner: "S-1-5-32-544"}))
}

// mounted says in the System log that a volume is healthy: NTFS writes it as
// it mounts one (event 98).
func mounted(at time.Time, device string) eventlogtest.Record {
	return eventlogtest.Record{
		Provider: "Microsoft-Windows-Ntfs", ProviderGUID: "{DD70BC80-EF44-421B-8AC3-CD31DA613A4E}", ID: 98, Level: 4, Keywords: 0x8000000000000000,
		Time: at, Channel: eventlogtest.SystemChannel, Computer: computer, UserSID: systemSID, PID: 4, TID: 212,
		Data: []eventlogtest.Field{
			{Name: "DriveName", Type: eventlogtest.String, Value: ""},
			{Name: "DeviceName", Type: eventlogtest.String, Value: device},
			{Name: "CorruptionState", Type: eventlogtest.UInt32, Value: 0},
		},
	}
}
