package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/hive/hivetest"
)

// When ntdsutil had written each part of the media.
var (
	mediaCopied   = day(14, 4, 58.5)
	mediaSystem   = day(14, 5, 0)
	mediaSecurity = day(14, 5, 0.5)
)

// snapshotOfMedia is where ntdsutil mounts the shadow copy that it copies the
// directory out of, and removes afterwards.
const snapshotOfMedia = `C:\$SNAP_202603141404_VOLUMEC$\Windows\NTDS\ntds.dit`

// InstallationMedia is the disk of a domain controller on which somebody in a
// session over remote desktop had ntdsutil make installation media, and what
// its logs tell of that.
func InstallationMedia() ([]byte, error) {
	s := make(story)
	s.routine()
	s.logon()
	explorer := s.desktop()
	shell := s.start(s.admin(process{at: day(14, 4, 10.5), pid: 7812, command: `"C:\Windows\system32\cmd.exe" `, dir: `C:\Windows\system32\`, parent: explorer}))
	tool := s.start(s.admin(process{at: day(14, 4, 52.25), pid: 7948, image: `C:\Windows\System32\ntdsutil.exe`, original: "ntdsutil.exe", about: "NT5DS",
		command: `ntdsutil  "ac i ntds" "ifm" "create full C:\Users\Public\ifm" q q`, dir: temp, parent: shell}))
	s.snapshot(tool)
	folder := `C:` + strings.ReplaceAll(mediaFolder, "/", `\`)
	database := folder + `\Active Directory\ntds.dit`
	s.tell(engine(day(14, 4, 58.125), 216, tool, `C:\Windows\NTDS\ntds.dit`, snapshotOfMedia))
	s.tell(engine(day(14, 4, 58.25), 326, tool, "1", snapshotOfMedia))
	s.tell(engine(mediaCopied, 325, tool, "2", database))
	s.tell(engine(day(14, 4, 59.5), 327, tool, "2", database))
	s.tell(engine(day(14, 4, 59.75), 327, tool, "1", snapshotOfMedia))
	s.creates(tool, mediaCopied, database)
	s.creates(tool, mediaSystem, folder+`\registry\SYSTEM`)
	s.creates(tool, mediaSecurity, folder+`\registry\SECURITY`)
	s.tell(eventlogtest.System7036(day(14, 8, 0.5), computer, "Volume Shadow Copy", "stopped"))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7041), computer, adminLow, 10))
	s.tell(eventlogtest.Security4634(day(14, 18, 55.7098), computer, adminFull, 10))
	s.application(installed)

	h := directoryHost()
	files := quietController(h)
	for _, f := range installationMedia() {
		made := mediaCopied
		switch {
		case strings.HasSuffix(f.Path, "/SYSTEM"):
			made, f.Data = mediaSystem, hivetest.SYSTEM(h, hivetest.RegSave)
		case strings.HasSuffix(f.Path, "/SECURITY"):
			made, f.Data = mediaSecurity, hivetest.SECURITY(h, hivetest.RegSave)
		case !strings.HasPrefix(f.Path, mediaFolder):
			continue
		}
		f.SI, f.FN, f.Owner = always(made), always(made), "S-1-5-32-544"
		files = append(files, f)
	}
	return diskOf(append(files, s.on(h.Name).logs()...), 24<<20)
}

// snapshot tells that a shadow copy was made for a program.
func (s story) snapshot(by *process) {
	s.start(process{at: day(14, 4, 53), pid: 8140, image: `C:\Windows\System32\VSSVC.exe`, original: "VSSVC.EXE", about: "Microsoft® Volume Shadow Copy Service",
		command: `C:\Windows\system32\vssvc.exe`, dir: `C:\Windows\system32\`, user: localHost})
	s.tell(eventlogtest.System7036(day(14, 4, 53.25), computer, "Volume Shadow Copy", "running"))
	s.tell(eventlogtest.System7036(day(14, 4, 53.75), computer, "Microsoft Software Shadow Copy Provider", "running"))
	s.tell(shadowAudit(day(14, 4, 57.25), by))
	s.tell(mounted(day(14, 4, 57.5), `\Device\HarddiskVolumeShadowCopy2`))
}

// shadowAudit says in the Security log of a server that a shadow copy was made
// (event 8222): for whom, by which program, of which volume, under which name.
func shadowAudit(at time.Time, by *process) eventlogtest.Record {
	r := eventlogtest.Record{Provider: "VSSAudit", ID: 8222, Task: 3, Keywords: 0xa0000000000000, Time: at, Channel: eventlogtest.SecurityChannel, Computer: computer}
	return unnamed(r, by.user.SID, account(by.user), fmt.Sprintf("0x%016x", by.pid), by.image, "{5d0c8a37-3a44-4a0e-8d7e-1f0f4a2b9c61}", "{c1b7f0e2-52e6-4a55-9f0d-7c9f1e64d2a8}",
		"{b5946137-7b9f-4925-af80-51abd60b20d5}", computer, `\\?\Volume{6f2c41d8-0000-0000-0000-100000000000}\`, `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy2`)
}

// engine is a record of the database engine in a program: after the program's
// name and process come the event's own values.
func engine(at time.Time, id uint16, in *process, values ...string) eventlogtest.Record {
	r := eventlogtest.Record{Provider: "ESENT", ID: id, Level: 4, Task: 1, Keywords: 0x80000000000000, Time: at, Channel: "Application", Computer: computer}
	return unnamed(r, append([]string{"ntdsutil", fmt.Sprintf("%d,D,50", in.pid), ""}, values...)...)
}

// unnamed gives a record values without names, as those of older providers are.
func unnamed(r eventlogtest.Record, values ...string) eventlogtest.Record {
	for _, v := range values {
		r.Data = append(r.Data, eventlogtest.Field{Type: eventlogtest.String, Value: v})
	}
	return r
}
