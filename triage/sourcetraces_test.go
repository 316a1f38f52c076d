package triage_test

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/execution/srum/srumtest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text/texttest"
	"hivetriage/artifacts/journal/logfile/logfiletest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// content is what a copy holds.
func (c copied) content() []byte {
	build := map[string]func(hivetest.Host, hivetest.Profile) []byte{"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM}[c.hive]
	switch c.form {
	case "text":
		return texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\`+c.hive, &hivetest.Key{Keys: []*hivetest.Key{hivetest.SAMKey(sourceHost)}})
	case "backup":
		b := ntfstest.New(ntfstest.Options{Size: 4 << 20})
		b.Add(ntfstest.File{Path: "/Windows/System32/config/" + c.hive, Data: build(sourceHost, hivetest.Live)})
		volume, err := b.Bytes()
		if err != nil {
			panic(err) // a mistake of the test
		}
		return vhdxtest.Build(volume, vhdxtest.Options{})
	}
	return build(sourceHost, map[string]hivetest.Profile{"save": hivetest.RegSave, "api": hivetest.RegSaveKey, "raw": hivetest.Live, "offreg": hivetest.Offreg}[c.form])
}

// below is a Windows path below the drive's root: "Users/Public/x".
func below(path string) string { return strings.ReplaceAll(path[3:], `\`, "/") }

// device is a path as Prefetch has it.
func device(path string) string {
	return strings.ToUpper(`\VOLUME{01d8000000000000-1a2b3c4d}\` + path[3:])
}

func theCopies(s *story) excerpt {
	x := excerpt{files: map[string][]byte{}}
	for _, c := range s.copies {
		x.files["C/"+below(c.path)] = c.content()
	}
	return x
}

// fileTable tells of the copies by name, place and size.
func fileTable(s *story) (x excerpt) {
	at := artifacts.Times{Created: act, Modified: act, Changed: act, Accessed: act}
	for _, c := range s.copies {
		size := 48 << 10
		if c.hive == "SYSTEM" {
			size = 2 << 20
		}
		x.table = append(x.table, ntfstest.File{Path: "/" + below(c.path), Data: make([]byte, size), SI: at, FN: at, Deleted: c.gone})
	}
	return x
}

// folders calls do for every folder of a path, with record numbers, and
// returns the parent of the file.
func folders(path string, do func(record, parent uint64, name string)) (parent uint64, name string) {
	parts := strings.Split(below(path), "/")
	parent = 5
	for i, p := range parts[:len(parts)-1] {
		record := uint64(200 + i)
		do(record, parent, p)
		parent = record
	}
	return parent, parts[len(parts)-1]
}

func journalOf(s *story) []byte {
	b := usntest.New(1 << 30)
	for i, c := range s.copies {
		sequence := func(record uint64) uint16 {
			if record == 5 {
				return 5
			}
			return 2
		}
		parent, name := folders(c.path, func(record, parent uint64, name string) {
			b.Add(usntest.Change{Record: record, Sequence: 2, Parent: parent, ParentSequence: sequence(parent), Time: act.Add(-time.Hour), Reason: create | closed, Attributes: 0x10, Name: name})
		})
		change := usntest.Change{Record: uint64(100 + i), Sequence: 2, Parent: parent, ParentSequence: sequence(parent), Time: act, Reason: create, Name: name}
		b.Add(change)
		change.Reason |= extend | closed
		b.Add(change)
		if c.gone {
			change.Time, change.Reason = act.Add(2*time.Second), gone|closed
			b.Add(change)
		}
	}
	return b.Bytes()
}

func changeJournal(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	return one("C/$Extend/$J", journalOf(s))
}

func transactionLog(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	b := logfiletest.New(logfiletest.Options{})
	for i, c := range s.copies {
		parent, name := folders(c.path, func(record, parent uint64, name string) {
			b.Add(logfiletest.Created(logfiletest.FileName{Record: record, Parent: parent, Sequence: 1, Time: act.Add(-time.Hour), Attributes: 0x10000000, Name: name}))
		})
		f := logfiletest.FileName{Record: uint64(100 + i), Parent: parent, Time: act, Size: 48 << 10, Name: name}
		b.Add(logfiletest.Created(f))
		b.Add(logfiletest.Added(f))
	}
	return one("C/$LogFile", b.Bytes())
}

// prefetchFile is the program's, and names the copies where it is told to.
func prefetchFile(s *story, names bool) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	p := prefetchtest.Spec{Version: 30, Path: device(s.image), Ran: []time.Time{act.Add(-time.Second)}, Packing: prefetchtest.MAM, Files: []prefetchtest.Loaded{{Path: device(s.image)}}}
	if s.loaded != "" {
		p.Files = append(p.Files, prefetchtest.Loaded{Path: device(s.loaded)})
	}
	if names {
		for _, c := range s.copies {
			p.Files = append(p.Files, prefetchtest.Loaded{Path: device(c.path)})
		}
	}
	return one("C/Windows/Prefetch/"+prefetchtest.FileName(p), prefetchtest.File(p))
}

func prefetch(s *story) excerpt { return prefetchFile(s, false) }

func prefetchNaming(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	return prefetchFile(s, true)
}

func prefetchAndJournal(s *story) excerpt {
	x := prefetchFile(s, false)
	if x.files == nil || len(s.copies) == 0 {
		return excerpt{}
	}
	x.files["C/$Extend/$J"] = journalOf(s)
	return x
}

const profileOfEve = "C/Users/eve/"

func history(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return one(profileOfEve+"AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", []byte("cd C:\\\n"+s.inPowerShell()+"\nexit\n"))
}

func transcript(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	const stars = "**********************\r\n"
	head := stars + "Windows PowerShell transcript start\r\nStart time: 20260314140000\r\nUsername: WS01\\eve\r\nRunAs User: WS01\\eve\r\nConfiguration Name: \r\nMachine: WS01 (Microsoft Windows NT 10.0.19045.0)\r\n" +
		"Host Application: powershell.exe\r\nProcess ID: 4711\r\nPSVersion: 5.1.19041.3803\r\n" + stars
	return one(profileOfEve+"Documents/20260314/PowerShell_transcript.WS01.abc.20260314140000.txt", []byte(head+stars+"Command start time: 20260314140701\r\n"+stars+`PS C:\> `+s.inPowerShell()+"\r\n"))
}

func taskFile(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	program, arguments := s.parts()
	return one("C/Windows/System32/Tasks/upd", taskstest.XML(taskstest.Spec{URI: `\upd`, Command: program, Arguments: arguments, Date: "2026-03-14T14:00:00Z"}))
}

func serviceKey(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return excerpt{more: map[string]*hivetest.Key{"SYSTEM": registrytest.Services(registrytest.Service{Name: "upd", Path: `%COMSPEC% /c ` + s.line, Kind: 0x10, Start: 3, Written: act})}}
}

func taskCache(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	program, arguments := s.parts()
	return excerpt{more: map[string]*hivetest.Key{"SOFTWARE": registrytest.Tasks(registrytest.Task{ID: "{11111111-2222-3333-4444-555555555555}", Path: `\upd`,
		Actions: registrytest.Actions(3, "Author", registrytest.Exec(program, arguments, "")), Registered: act, Written: act})}}
}

func amcache(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return one("C/Windows/AppCompat/Programs/Amcache.hve", registrytest.Hive(registrytest.Amcache(registrytest.File{Path: strings.ToLower(s.image), SHA1: strings.Repeat("ab", 20), Size: 70000,
		Original: s.original, Inventory: act})))
}

func shimCache(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return excerpt{more: map[string]*hivetest.Key{"SYSTEM": registrytest.ShimCache(registrytest.TenCreator, registrytest.Cached{Path: s.image, Modified: act, Ran: true})}}
}

func bam(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return excerpt{more: map[string]*hivetest.Key{"SYSTEM": registrytest.BAM(`bam\State`, registrytest.Run{SID: eve.SID, Program: `\Device\HarddiskVolume3` + s.image[2:], Ended: act})}}
}

// ofUser is the user's NTUSER.DAT.
func ofUser(s profiletest.Spec) excerpt {
	s.Time = act
	return one(profileOfEve+"NTUSER.DAT", profiletest.NTUSER(s))
}

func userAssist(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return ofUser(profiletest.Spec{Started: []profiletest.Program{{Path: s.image, Runs: 1, Last: act}}})
}

func runMRU(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return ofUser(profiletest.Spec{RunMRU: profiletest.List{Newest: act, Entries: []string{s.line}}})
}

func dialogue(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	var spec profiletest.Spec
	for _, c := range s.copies {
		spec.Choices = append(spec.Choices, profiletest.Choice{Program: cmp.Or(s.image[strings.LastIndexByte(s.image, '\\')+1:], "explorer.exe"), Path: c.path, At: act})
	}
	return ofUser(spec)
}

func recentDocs(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	list := profiletest.List{Newest: act}
	for _, c := range s.copies {
		list.Entries = append(list.Entries, c.path[strings.LastIndexByte(c.path, '\\')+1:])
	}
	return ofUser(profiletest.Spec{RecentDocs: list})
}

func links(s *story) excerpt {
	x := excerpt{files: map[string][]byte{}}
	for i, c := range s.copies {
		x.files[fmt.Sprintf("%sAppData/Roaming/Microsoft/Windows/Recent/%d.lnk", profileOfEve, i)] = shelllinktest.File(shelllinktest.Link{Path: c.path, Created: act, Modified: act, Accessed: act, Size: 49152, Machine: "ws01"})
	}
	return x
}

func jumpList(s *story) excerpt {
	if len(s.copies) == 0 {
		return excerpt{}
	}
	var entries []shelllinktest.Entry
	for _, c := range s.copies {
		entries = append(entries, shelllinktest.Entry{Path: c.path, Opened: act, Count: 1, Machine: "ws01"})
	}
	return one(profileOfEve+"AppData/Roaming/Microsoft/Windows/Recent/AutomaticDestinations/5f7b5f1e01b83767.automaticDestinations-ms", shelllinktest.Automatic(4, entries...))
}

func recycled(s *story) excerpt {
	x := excerpt{files: map[string][]byte{}}
	for i, c := range s.copies {
		size := int64(49152)
		if c.hive == "SYSTEM" {
			size = 12 << 20
		}
		x.files[fmt.Sprintf("C/$Recycle.Bin/%s/$IAB12C%d.bin", eve.SID, i)] = recyclebintest.V2(recyclebintest.File{Path: c.path, Size: size, Deleted: act})
	}
	return x
}

func srum(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return one("C/Windows/System32/sru/SRUDB.dat", srumtest.File(srumtest.Spec{Uses: []srumtest.Use{{At: act.Add(30 * time.Minute), Program: `\Device\HarddiskVolume3` + s.image[2:], SID: eve.SID, Cycles: 1e9, Read: 1 << 20, Written: 1 << 20}}}))
}

const defenderFolder = "C/ProgramData/Microsoft/Windows Defender/"

// supportLog tells of the program and the file that took longest to scan.
func supportLog(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	longest := s.image
	if len(s.copies) > 0 {
		longest = s.copies[0].path
	}
	return one(defenderFolder+"Support/MPLog-20260314-140000.log", defendertest.Log(defendertest.Line(act, defendertest.Impact(s.image[strings.LastIndexByte(s.image, '\\')+1:], programPID, `\Device\HarddiskVolume3`+longest[2:]))))
}

// commandLog tells of a command line that the engine noticed.
func commandLog(s *story) excerpt {
	if s.image == "" {
		return excerpt{}
	}
	return one(defenderFolder+"Support/MPLog-20260314-140000.log", defendertest.Log(defendertest.Line(act, defendertest.Command("lowfi", s.image, s.line))))
}

func detected(s *story) excerpt {
	spec := defendertest.Spec{Threat: "HackTool:Win32/Dumper", User: `WS01\eve`, Process: s.image, ThreatID: 2147734000, GUID: [16]byte{1}, Status: 1, Changed: act, Detected: act}
	for _, c := range s.copies {
		spec.Resources = append(spec.Resources, defendertest.Resource{Kind: "file", Place: c.path})
	}
	if len(s.copies) == 0 && s.image != "" {
		spec.Resources = append(spec.Resources, defendertest.Resource{Kind: "file", Place: s.image})
	}
	if len(spec.Resources) == 0 {
		return excerpt{}
	}
	return one(defenderFolder+"Scans/History/Service/DetectionHistory/01/01000000-0000-0000-0000-000000000000", defendertest.History(spec))
}

// liveSettings are what the live hives, and who may read their files, tell.
func liveSettings(s *story) excerpt {
	switch {
	case s.periodic:
		key := registrytest.At(`ControlSet001\Control\Session Manager`, &hivetest.Key{Name: "Configuration Manager", Values: []hivetest.Value{hivetest.Number("EnablePeriodicBackup", 1)}})
		return excerpt{more: map[string]*hivetest.Key{"SYSTEM": key}}
	case s.open:
		return excerpt{open: true}
	}
	return excerpt{}
}
