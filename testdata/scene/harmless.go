package scene

import (
	"fmt"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
)

// Where an EDR agent keeps its copies.
const (
	agentFolder = `C:\Program Files\Rapid7\Insight Agent\components\insight_agent\`
	agentTemp   = agentFolder + `common\ir_agent_tmp\agent.jobs.tem_realtime_1\tmp7c1\`
)

// saves tells of reg.exe saving a hive, and of the file.
func (s story) saves(at time.Time, pid uint32, parent *process, hive, file string) {
	p := s.start(process{at: at, pid: pid, image: `C:\Windows\System32\reg.exe`, original: "reg.exe", about: "Registry Console Tool",
		command: fmt.Sprintf(`reg.exe save HKLM\%s "%s" /y`, hive, file), dir: `C:\Windows\system32\`, user: parent.user, session: parent.session, full: parent.full, parent: parent})
	s.creates(p, at.Add(300*time.Millisecond), file)
}

// Agent is the clean machine with an EDR agent on it, which saved the hives,
// read them and deleted them.
func Agent() *Machine {
	return withAgent(process{image: agentFolder + `3.2.1.45\ir_agent.exe`, original: "ir_agent.exe", user: localHost}, agentTemp)
}

// FakeAgent is the machine on which somebody's program has the agent's name
// and uses its folder.
func FakeAgent() *Machine {
	return withAgent(process{image: `C:\ProgramData\Updates\ir_agent.exe`, original: "ir_agent.exe", user: adminFull, full: true, session: 2}, agentTemp)
}

// StolenPlace is the machine on which somebody saved hives by hand to the
// agent's folder.
func StolenPlace() *Machine {
	return withAgent(process{image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe", user: adminFull, full: true, session: 2}, agentTemp)
}

func withAgent(maker process, folder string) *Machine {
	s := make(story)
	s.routine()
	s.benign()
	maker.at, maker.pid, maker.about, maker.dir = day(11, 4, 10.5), 2916, "agent", `C:\Windows\system32\`
	maker.command = `"` + maker.image + `"`
	p := s.start(maker)
	for i, hive := range []string{"SAM", "SECURITY", "SYSTEM"} {
		s.saves(day(11, 5, float64(i)), uint32(6100+4*i), p, hive, folder+"HKEY_LOCAL_MACHINE_"+hive+".hiv")
	}
	s.application(installed)
	return newMachine(s, hives())
}

// Nightly is the clean machine with a task that saves SAM and SYSTEM at the
// same minute of every night and leaves the copies in C:\Backup.
func Nightly() *Machine {
	s := make(story)
	s.routine()
	s.benign()
	files := hives()
	service := s.start(process{at: time.Date(2026, 3, 9, 6, 0, 1, 0, time.UTC), pid: 1408, image: `C:\Windows\System32\svchost.exe`, original: "svchost.exe",
		about: "Host Process for Windows Services", command: `C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule`, dir: `C:\Windows\system32\`, user: localHost})
	for night := range 4 {
		at := time.Date(2026, 3, 10+night, 23, 30, 1, 0, time.UTC)
		shell := s.start(process{at: at, pid: uint32(7000 + 20*night), image: `C:\Windows\System32\cmd.exe`, original: "Cmd.Exe", about: "Windows Command Processor",
			command: `C:\Windows\System32\cmd.exe /c C:\Backup\hives.cmd`, dir: `C:\Windows\system32\`, user: localHost, parent: service})
		for i, hive := range []string{"SAM", "SYSTEM"} {
			saved := at.Add(time.Duration(i+1) * time.Second)
			name := fmt.Sprintf("%s-%s.hiv", hive, at.Format("20060102"))
			s.saves(saved, uint32(7004+20*night+4*i), shell, hive, `C:\Backup\`+name)
			t := artifacts.Times{Created: saved.Add(300 * time.Millisecond), Modified: saved.Add(400 * time.Millisecond), Changed: saved.Add(400 * time.Millisecond), Accessed: saved.Add(400 * time.Millisecond)}
			data := hivetest.SAM(host(saved), hivetest.RegSave)
			if hive == "SYSTEM" {
				data = hivetest.SYSTEM(host(saved), hivetest.RegSave)
			}
			files = append(files, ntfstest.File{Path: "/Backup/" + name, Data: data, SI: t, FN: t, Owner: "S-1-5-32-544"})
		}
	}
	s.application(installed)
	return newMachine(s, files)
}
