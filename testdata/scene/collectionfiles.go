package scene

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/execution/srum/srumtest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// installedProgram is the path of one of the programs on the machine, below
// the drive's root.
func installedProgram(i int) string {
	return fmt.Sprintf(`\Program Files\Nordwind\Suite%02d\tool%04d.exe`, i%40, i)
}

// busyTime spreads things over the month before the machine was collected.
func busyTime(i, n int) time.Time {
	return collected.Add(-30 * 24 * time.Hour).Add(30 * 24 * time.Hour / time.Duration(n) * time.Duration(i))
}

// hives writes the live hives of the system, with what Windows keeps in them
// of the programs that ran.
func (c *collection) hives() error {
	const config = "/Windows/System32/config/"
	h := host(seized.Time)
	var cached []registrytest.Cached
	for i := range c.some(1024) {
		cached = append(cached, registrytest.Cached{Path: "C:" + installedProgram(i), Modified: installed, Ran: i%3 == 0})
	}
	var runs []registrytest.Run
	for i := range c.some(200) {
		runs = append(runs, registrytest.Run{SID: userSID, Program: `\Device\HarddiskVolume3` + installedProgram(i), Ended: busyTime(i, 200)})
	}
	var installedServices []registrytest.Service
	for i := range c.some(700) {
		installedServices = append(installedServices, registrytest.Service{Name: fmt.Sprintf("NordwindService%03d", i), Path: "C:" + installedProgram(i), Account: "LocalSystem",
			Display: fmt.Sprintf("Nordwind service %d", i), Kind: 0x10, Start: 3, Written: installed})
	}
	system := registrytest.ShimCache(registrytest.TenCreator, cached...).Merge(registrytest.BAM(`bam\State`, runs...)).Merge(registrytest.Services(installedServices...))
	system.Merge(&hivetest.Key{Keys: []*hivetest.Key{registry("DriverDatabase", 8, c.some(13<<20))}})
	var scheduled []registrytest.Task
	for i := range c.some(200) {
		scheduled = append(scheduled, registrytest.Task{ID: fmt.Sprintf("{%08x-4c2a-41b7-9f00-52d6a9c10000}", i), Path: fmt.Sprintf(`\Nordwind\Task %03d`, i), Author: "Nordwind",
			Actions: registrytest.Actions(3, "LocalSystem", registrytest.Exec("C:"+installedProgram(i), "/quiet", "")), Registered: installed, Run: busyTime(i, 200), Completed: busyTime(i, 200), Written: installed})
	}
	software := registrytest.Tasks(scheduled...)
	software.Merge(&hivetest.Key{Keys: []*hivetest.Key{{Name: "Classes", Keys: registry("Classes", 21, c.some(70<<20)).Keys}}})
	var inventory []registrytest.File
	for i := range c.some(2000) {
		inventory = append(inventory, registrytest.File{Path: "C:" + installedProgram(i), SHA1: fmt.Sprintf("%040x", i*7919), Size: uint64(100_000 + i), Publisher: "Nordwind", Product: "Suite",
			Version: "4.2.0.1", Linked: installed, Inventory: busyTime(i, 2000)})
	}
	amcache := registrytest.Amcache(inventory...)
	amcache.Merge(&hivetest.Key{Keys: []*hivetest.Key{{Name: "Root", Keys: []*hivetest.Key{registry("InventoryApplication", 90, c.some(2<<20))}}}})
	h.More = map[string]*hivetest.Key{"SYSTEM": system, "SOFTWARE": software, "Amcache": amcache}
	return errors.Join(c.add(config+"SYSTEM", hivetest.SYSTEM(h, hivetest.Live)), c.add(config+"SOFTWARE", hivetest.SOFTWARE(h, hivetest.Live)),
		c.add(config+"SAM", hivetest.SAM(h, hivetest.Live)), c.add(config+"SECURITY", hivetest.SECURITY(h, hivetest.Live)),
		c.add("/Windows/appcompat/Programs/Amcache.hve", hivetest.Amcache(h, hivetest.Live)))
}

// programs writes Prefetch, the database of usage, tasks and Defender's log.
func (c *collection) programs() error {
	prefetch := func(s prefetchtest.Spec) error {
		s.Version, s.Packing, s.Hashed = 30, prefetchtest.MAM, true
		device := `\VOLUME{01d9a7c25e08d3a8-9c2e7b41}`
		s.Volumes = []prefetchtest.Volume{{Device: device, Created: installed, Serial: 0x9c2e7b41}}
		s.Path = device + strings.ToUpper(s.Path)
		for i := range 60 {
			s.Files = append(s.Files, prefetchtest.Loaded{Path: device + fmt.Sprintf(`\WINDOWS\SYSTEM32\MODULE%03d.DLL`, i), Reference: uint64(i)<<48>>16 | uint64(5000+i)})
		}
		return c.add("/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s))
	}
	n := c.some(300)
	for i := range n {
		if err := prefetch(prefetchtest.Spec{Path: installedProgram(i), Ran: []time.Time{busyTime(i, n)}, Count: uint32(i + 1)}); err != nil {
			return err
		}
	}
	var ran []time.Time
	for i := range busyHives {
		ran = append([]time.Time{busySaved.Add(time.Duration(i) * 9 * time.Second)}, ran...)
	}
	if err := prefetch(prefetchtest.Spec{Path: `\Windows\System32\reg.exe`, Ran: ran}); err != nil {
		return err
	}
	for i := range c.some(200) {
		task := taskstest.XML(taskstest.Spec{URI: fmt.Sprintf(`\Nordwind\Task %03d`, i), Author: "Nordwind", Date: "2026-02-01T09:30:00", UserID: "S-1-5-18", Command: "C:" + installedProgram(i), Arguments: "/quiet"})
		if err := c.add(fmt.Sprintf("/Windows/System32/Tasks/Nordwind/Task %03d", i), task); err != nil {
			return err
		}
	}
	lines := make([]string, 0, c.some(90_000))
	for i := range cap(lines) {
		text := defendertest.Impact("C:"+installedProgram(i%500), 4*i, fmt.Sprintf(`C:\Users\m.vandijk\Documents\letter%06d.docx`, i))
		if i%10 == 0 {
			text = "Begin Resource Scan Scan ID: {8B3A1A8E-0F3C-4F5C-9D7F-3B0B2B8D7C11} Scan Source: 3 Start time: 03-14-2026"
		}
		lines = append(lines, defendertest.Line(busyTime(i, cap(lines)), text))
	}
	return errors.Join(c.usage(), c.add("/ProgramData/Microsoft/Windows Defender/Support/MPLog-20260214-103000.log", defendertest.Log(lines...)))
}

// usage writes the database of programs' usage: an hour's rows for each
// program that ran in it.
func (c *collection) usage() error {
	var s srumtest.Spec
	n := c.some(60_000)
	for i := range n {
		at := busyTime(i, n).Truncate(time.Hour)
		program, sid := `\Device\HarddiskVolume3`+installedProgram(i%400), []string{userSID, systemSID}[i%2]
		s.Uses = append(s.Uses, srumtest.Use{At: at, Program: program, SID: sid, Cycles: int64(i) * 7919, Read: int64(i), Written: int64(i) * 3})
		if i%3 == 0 {
			s.Transfers = append(s.Transfers, srumtest.Transfer{At: at, Program: program, SID: sid, Sent: int64(i), Received: int64(i) * 9})
		}
	}
	return c.add("/Windows/System32/sru/SRUDB.dat", srumtest.File(s))
}

// users writes the users' hives, links, jump lists and histories.
func (c *collection) users() error {
	n := c.some(5)
	for u := range n {
		user := fmt.Sprintf("user%02d", u)
		if u == 0 {
			user = "admin.jansen"
		}
		home := "/Users/" + user + "/"
		h := host(seized.Time)
		s := profiletest.Spec{Time: seized.Time, RecentDocs: profiletest.List{Newest: seized.Time}, RunMRU: profiletest.List{Newest: seized.Time, Entries: []string{"cmd", "mstsc"}},
			Folders: profiletest.List{Newest: seized.Time, Entries: []string{`C:\Users\Public\Documents`, `D:\projects\2026`}}}
		for i := range 150 {
			s.Started = append(s.Started, profiletest.Program{Path: "C:" + installedProgram(i+u), Runs: uint32(i + 1), Focus: 3, InFocus: time.Minute, Last: busyTime(i, 150)})
			s.RecentDocs.Entries = append(s.RecentDocs.Entries, fmt.Sprintf("letter%03d.docx", i))
		}
		settings := profiletest.Root(s).Merge(&hivetest.Key{Keys: []*hivetest.Key{{Name: "Software", Keys: []*hivetest.Key{registry("Nordwind", uint64(300+u), c.some((2+u)<<20))}}}})
		h.More = map[string]*hivetest.Key{"NTUSER": settings}
		err := errors.Join(c.add(home+"NTUSER.DAT", hivetest.NTUSER(h, hivetest.Live)),
			c.add(home+"AppData/Local/Microsoft/Windows/UsrClass.dat", classesHive(uint64(320+u), c.some((2+u)<<20))),
			c.recent(home+"AppData/Roaming/Microsoft/Windows/Recent/", u))
		var history strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&history, "Get-ChildItem D:\\projects\\2026\\drawings -Filter sheet%04d*\r\n", i)
		}
		if u == 0 {
			for _, h := range busyHives {
				fmt.Fprintf(&history, "reg save HKLM\\%s %s%s\r\n", h.hive, busyFolder, h.name)
			}
		}
		err = errors.Join(err, c.add(home+"AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", []byte(history.String())))
		if err != nil {
			return err
		}
	}
	return nil
}

// recent writes a user's links and jump lists.
func (c *collection) recent(folder string, u int) error {
	link := func(i int) shelllinktest.Link {
		return shelllinktest.Link{Path: fmt.Sprintf(`C:\Users\m.vandijk\Documents\letter%03d-%d.docx`, i, u), Created: installed, Modified: busyTime(i, 100), Accessed: busyTime(i, 100),
			Size: 40_000, Serial: 0x9c2e7b41, Machine: strings.ToLower(hostName)}
	}
	for i := range c.some(100) {
		if err := c.add(fmt.Sprintf("%sletter%03d.lnk", folder, i), shelllinktest.File(link(i))); err != nil {
			return err
		}
	}
	for i := range c.some(20) {
		var entries []shelllinktest.Entry
		for j := range 15 {
			l := link(20*i + j)
			entries = append(entries, shelllinktest.Entry{Path: l.Path, Opened: busyTime(j, 15), Count: 2, Machine: l.Machine, Link: &l})
		}
		if err := c.add(fmt.Sprintf("%sAutomaticDestinations/%016x.automaticDestinations-ms", folder, 0x5f7b5f1e01b83767+i), shelllinktest.Automatic(4, entries...)); err != nil {
			return err
		}
	}
	return nil
}

// busyJournal is a change journal of n records, the creation and the removal
// of the copies among them.
func busyJournal(n int, folder uint64) []byte {
	j := usntest.New(journaledBase)
	reasons := []uint32{usnCreate, usnCreate | usnExtend, usnCreate | usnExtend | usnClose, usnDelete | usnClose}
	told := false
	for i := range n {
		at := busyTime(i, n)
		if !told && !at.Before(busySaved) {
			told = true
			for k, h := range busyHives {
				for _, step := range []struct {
					after  time.Duration
					reason uint32
				}{{0, usnCreate}, {200 * time.Millisecond, usnCreate | usnExtend | usnClose}, {5 * time.Minute, usnDelete | usnClose}} {
					j.Add(usntest.Change{Time: busySaved.Add(time.Duration(k)*9*time.Second + step.after), Record: uint64(900_000 + k), Parent: folder, Reason: step.reason, Name: h.name})
				}
			}
		}
		j.Add(usntest.Change{Time: at, Record: uint64(1000 + i/4%90_000), Parent: uint64(500 + i/4%400), Reason: reasons[i%4], Name: fmt.Sprintf("cache%07d.tmp", i/4)})
	}
	return j.Bytes()
}
