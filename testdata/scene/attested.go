package scene

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
	"hivetriage/artifacts/execution/bits/bitstest"
	"hivetriage/artifacts/execution/defender/defendertest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/execution/srum/srumtest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/execution/wer/wertest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/recyclebin/recyclebintest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// What happened on the machine of Attested.
var (
	attestedSaved   = day(14, 7, 2.5)
	attestedRan     = attestedSaved.Add(-300 * time.Millisecond)
	attestedDeleted = day(14, 30, 12.25)
	attestedWritten = day(14, 25, 0) // of the files that hold entries without a time
)

const (
	changesFile    = "/$Extend/$UsnJrnl"
	attestedFolder = "/Users/Public/Libraries"
	attestedVolume = `\VOLUME{01d9a7c25e08d3a8-9c2e7b41}`
	attestedHome   = "/Users/admin.jansen/"
	attestedBin    = "/$Recycle.Bin/" + adminSID + "/"
)

// attestedPlace has the same record before and after, being the first.
var attestedPlace = ntfstest.File{Path: attestedFolder, Dir: true, SI: always(installed), FN: always(installed)}

// Attested is a machine without event logs on which SAM and SYSTEM were
// saved, packed and sent, and one copy was deleted to the Recycle Bin. Every
// other artefact tells its part of it.
func Attested() (*Machine, error) {
	files := append([]ntfstest.File{attestedPlace}, attestedHives()...)
	files = append(files, attestedFiles()...)
	m := assemble(nil, append(files, attestedJournal(0, 0)))
	if _, err := m.Raw(); err != nil { // to learn the numbers of the records
		return nil, err
	}
	folder, _ := m.Placed(attestedFolder)
	saved, _ := m.Placed(attestedFolder + "/sam.save")
	return assemble(nil, append(files, attestedJournal(folder.Record, saved.Record))), nil
}

// Table is the file table of the disk and the change journal, which
// collectors read from the volume itself.
func (m *Machine) Table() (table, journal []byte, err error) {
	raw, err := m.Raw()
	if err != nil {
		return nil, nil, err
	}
	last, _ := m.Placed(changesFile)
	part := fileTableTo(raw, last.Record)
	for _, f := range m.Files() {
		if f.Path == changesFile && f.Stream != "" {
			journal = f.Data
		}
	}
	return raw[part.from:part.to], journal, nil
}

// AttestedShadow is the disk of that machine after everything that tells of
// the act was deleted. One shadow copy, made before, has all of it.
func AttestedShadow() ([]byte, error) {
	m, err := Attested()
	if err != nil {
		return nil, err
	}
	const size = 24 << 20
	options := ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a6, Time: installed, Size: size}
	before, after := ntfstest.New(options), ntfstest.New(options)
	for _, f := range m.files {
		before.Add(f)
	}
	after.Add(attestedPlace)
	for _, f := range append(plainHives(), ntfstest.File{Path: "/System Volume Information/" + snapshottest.FileName(0), Data: make([]byte, 100)}) {
		f.Sequence = 2 // what had the record before is gone
		after.Add(f)
	}
	old, err := before.Bytes()
	if err != nil {
		return nil, err
	}
	live, err := after.Bytes()
	if err != nil {
		return nil, err
	}
	volume, err := snapshottest.Build(live, snapshottest.State{Volume: old, Created: day(15, 0, 0)})
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

// hivesOf are live hives of the system as a host describes them.
func hivesOf(h hivetest.Host) (files []ntfstest.File) {
	for name, write := range map[string]func(hivetest.Host, hivetest.Profile) []byte{
		"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM, "SOFTWARE": hivetest.SOFTWARE,
	} {
		files = append(files, ntfstest.File{Path: "/Windows/System32/config/" + name, Data: write(h, hivetest.Live), SI: always(installed), FN: always(installed)})
	}
	slices.SortFunc(files, func(a, b ntfstest.File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func plainHives() []ntfstest.File { return hivesOf(host(seized.Time)) }

// attestedHives tell of the programs, the task and the service.
func attestedHives() []ntfstest.File {
	h := host(seized.Time)
	system := registrytest.BAM(`bam\State`, registrytest.Run{SID: adminSID, Program: `\Device\HarddiskVolume3\Windows\System32\reg.exe`, Ended: attestedSaved.Add(200 * time.Millisecond)}).
		Merge(registrytest.ShimCache(registrytest.TenCreator, registrytest.Cached{Path: `C:\Users\Public\Libraries\pwdump7.exe`, Modified: installed, Ran: true})).
		Merge(registrytest.Services(registrytest.Service{Name: "Gateway", Path: `%COMSPEC% /c reg save HKLM\SECURITY C:\Windows\Temp\s.tmp`, Kind: 0x10, Start: 3, Written: attestedSaved.Add(time.Minute)}))
	software := registrytest.Tasks(registrytest.Task{ID: "{4C2A41B7-0000-41B7-9F00-52D6A9C10000}", Path: `\Nordwind\Nightly`, Author: domain + `\admin.jansen`,
		Actions: registrytest.Actions(3, "LocalSystem", registrytest.Exec("reg.exe", `save HKLM\SYSTEM C:\Windows\Temp\y.tmp /y`, "")), Registered: attestedSaved.Add(2 * time.Minute), Written: attestedSaved.Add(2 * time.Minute)})
	amcache := registrytest.Amcache(registrytest.File{Path: `c:\users\public\libraries\dllsvc.exe`, SHA1: fmt.Sprintf("%040x", 7919), Size: 77_824, Original: "reg.exe", Publisher: "microsoft corporation",
		Product: "microsoft windows operating system", Version: "10.0.19041.1", Linked: installed, Inventory: day(14, 12, 0)})
	user := profiletest.Spec{Time: installed,
		Started:    []profiletest.Program{{Path: `C:\Windows\regedit.exe`, Runs: 2, Last: attestedSaved.Add(-2 * time.Minute)}},
		RunMRU:     profiletest.List{Newest: attestedSaved.Add(-time.Second), Entries: []string{`reg save HKLM\SAM C:\Users\Public\Libraries\sam.save`}},
		RecentDocs: profiletest.List{Newest: day(14, 20, 0), Entries: []string{"sam.save", "letter.docx"}},
		Choices:    []profiletest.Choice{{Program: "regedit.exe", Path: `C:\Users\Public\Libraries\security.save`, At: day(14, 8, 30)}},
	}
	h.More = map[string]*hivetest.Key{"SYSTEM": system, "SOFTWARE": software, "Amcache": amcache, "NTUSER": profiletest.Root(user)}
	add := func(path string, data []byte) ntfstest.File {
		return ntfstest.File{Path: path, Data: data, SI: always(attestedWritten), FN: always(installed)}
	}
	return append(hivesOf(h), add("/Windows/AppCompat/Programs/Amcache.hve", hivetest.Amcache(h, hivetest.Live)), add(attestedHome+"NTUSER.DAT", hivetest.NTUSER(h, hivetest.Live)),
		add(attestedHome+"AppData/Local/Microsoft/Windows/UsrClass.dat",
			hivetest.Write(&hivetest.Key{Name: adminSID + "_Classes", Time: installed, Keys: []*hivetest.Key{{Name: "CLSID"}, {Name: "Local Settings"}}}, hivetest.Options{File: `\??\C:\Users\admin.jansen\AppData\Local\Microsoft\Windows\UsrClass.dat`})))
}

// attestedJournal is the change journal: the copies are made, and one of them
// is renamed into the Recycle Bin.
func attestedJournal(folder, saved uint64) ntfstest.File {
	j := usntest.New(journaledBase)
	add := func(at time.Time, record, parent uint64, name string, reasons ...uint32) {
		for i, reason := range reasons {
			j.Add(usntest.Change{Time: at.Add(time.Duration(i) * 3 * time.Millisecond), Record: record, Parent: parent, Reason: reason, Name: name})
		}
	}
	add(attestedSaved, saved, folder, "sam.save", usnCreate, usnCreate|usnExtend, usnCreate|usnExtend|usnClose)
	add(attestedSaved.Add(4*time.Second), 90_000, folder, "security.save", usnCreate, usnCreate|usnExtend|usnClose)
	add(attestedSaved.Add(10*time.Minute), 90_000, folder, "security.save", usnDelete|usnClose)
	return ntfstest.File{Path: changesFile, SI: always(installed), FN: always(installed), Streams: []ntfstest.Stream{{Name: "$J", Data: j.Bytes(), Layout: ntfstest.Layout{NonResident: true}}}}
}

// attestedFiles are the artefacts that are files of their own, and the copies.
func attestedFiles() []ntfstest.File {
	var files []ntfstest.File
	add := func(path string, data []byte, at time.Time) {
		files = append(files, ntfstest.File{Path: path, Data: data, SI: always(at), FN: always(at)})
	}
	prefetch := func(program string, ran time.Time, loaded ...string) {
		s := prefetchtest.Spec{Version: 30, Path: attestedVolume + strings.ToUpper(program), Ran: []time.Time{ran}, Packing: prefetchtest.MAM, Hashed: true,
			Volumes: []prefetchtest.Volume{{Device: attestedVolume, Created: installed, Serial: 0x9c2e7b41}}}
		for _, f := range append([]string{program, `\Windows\System32\ntdll.dll`}, loaded...) {
			s.Files = append(s.Files, prefetchtest.Loaded{Path: attestedVolume + strings.ToUpper(f)})
		}
		add("/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s), ran.Add(10*time.Second))
	}
	prefetch(`\Windows\System32\reg.exe`, attestedRan, `\Users\Public\Libraries\sam.save`)
	prefetch(`\ProgramData\rclone.exe`, day(14, 22, 0))
	copied := hivetest.SAM(taken, hivetest.RegSave)
	add(attestedFolder+"/sam.save", copied, attestedSaved)
	add(attestedBin+"$RQ7KX2M.save", hivetest.SYSTEM(taken, hivetest.RegSave), attestedSaved.Add(2*time.Second))
	add(attestedBin+"$IQ7KX2M.save", recyclebintest.V2(recyclebintest.File{Path: `C:\Users\Public\Libraries\system.save`, Size: 98_304, Deleted: attestedDeleted}), attestedDeleted)
	const commands = "whoami /all\nreg save HKLM\\SAM C:\\Users\\Public\\Libraries\\sam.save\nreg save HKLM\\SYSTEM C:\\Users\\Public\\Libraries\\system.save\nexit\n"
	add(attestedHome+"AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt", []byte(commands), attestedWritten)
	add(attestedHome+"Documents/20260314/PowerShell_transcript."+hostName+".aB3dE5fG.20260314150655.txt", []byte(attestedTranscript), attestedWritten)
	add("/Windows/System32/Tasks/Nordwind/Copy 100% done", taskstest.XML(taskstest.Spec{URI: `\Nordwind\Copy 100% done`, Author: domain + `\admin.jansen`, Date: "2026-03-14T14:05:00Z", UserID: systemSID,
		Command: "reg.exe", Arguments: `save HKLM\SAM C:\Users\Public\Libraries\sam.save /y`}), day(14, 5, 0))
	link := shelllinktest.Link{Path: `C:\Users\Public\Libraries\sam.save`, Created: attestedSaved, Modified: attestedSaved, Accessed: day(14, 20, 0), Size: uint32(len(copied)), Serial: 0x9c2e7b41, Machine: strings.ToLower(hostName)}
	const recent = attestedHome + "AppData/Roaming/Microsoft/Windows/Recent/"
	add(recent+"sam.save.lnk", shelllinktest.File(link), day(14, 20, 0))
	add(recent+"AutomaticDestinations/5f7b5f1e01b83767.automaticDestinations-ms",
		shelllinktest.Automatic(4, shelllinktest.Entry{Path: link.Path, Opened: day(14, 20, 0), Count: 1, Machine: link.Machine, Link: &link}), day(14, 20, 0))
	add(recent+"CustomDestinations/28c8b86deab549a1.customDestinations-ms", shelllinktest.Custom(shelllinktest.Category{Title: "Frequent", Links: []shelllinktest.Link{link}}), day(14, 20, 0))
	add("/Windows/System32/sru/SRUDB.dat", srumtest.File(srumtest.Spec{
		Uses:      []srumtest.Use{{At: day(14, 31, 0), Program: `\Device\HarddiskVolume3\Windows\System32\reg.exe`, SID: adminSID, Cycles: 7919}},
		Transfers: []srumtest.Transfer{{At: day(14, 31, 0), Program: `\Device\HarddiskVolume3\ProgramData\rclone.exe`, SID: adminSID, Sent: 91_000_000, Received: 4711}},
	}), seized.Time)
	add("/ProgramData/Microsoft/Windows Defender/Support/MPLog-20260214-103000.log", defendertest.Log(
		defendertest.Line(day(14, 6, 59), "Begin Resource Scan"),
		defendertest.Line(attestedSaved, defendertest.Command("lowfi", `C:\Windows\System32\reg.exe`, `reg save HKLM\SAM C:\Users\Public\Libraries\sam.save`))), seized.Time)
	add("/ProgramData/Microsoft/Windows Defender/Scans/History/Service/DetectionHistory/04/8B3A1A8E-0F3C-4F5C-9D7F-3B0B2B8D7C11", defendertest.History(defendertest.Spec{Threat: "Behavior:Win32/HiveDump.A!cmd",
		ThreatID: 2147777777, GUID: [16]byte{0x8b, 0x3a}, Status: 3, Detected: attestedSaved.Add(5 * time.Second), Changed: attestedSaved.Add(6 * time.Second), User: domain + `\admin.jansen`,
		Process: `C:\Windows\System32\reg.exe`, Resources: []defendertest.Resource{{Kind: "file", Place: `C:\Users\Public\Libraries\security.save`}}}), attestedSaved.Add(6*time.Second))
	add("/ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_dllsvc.exe_1/Report.wer", wertest.Report(wertest.Spec{Event: day(14, 9, 0), NsAppName: "dllsvc.exe", OriginalFilename: "reg.exe",
		AppName: "Registry Console Tool", AppPath: `C:\Users\Public\Libraries\dllsvc.exe`}), day(14, 9, 1))
	add("/ProgramData/Microsoft/Network/Downloader/qmgr.db", bitstest.Database(false, []bitstest.Job{{Kind: bitstest.Upload, State: bitstest.Transferred, Name: "sync", SID: adminSID,
		Created: day(14, 21, 0), Modified: day(14, 21, 30), Transferred: day(14, 21, 30), Files: []bitstest.File{{Local: `C:\Users\Public\Libraries\sam.save`,
			Remote: "https://u:" + hivetest.Filler + "@drop.example/in?sig=" + hivetest.Filler, Done: 40_960, Total: 40_960}}}}), seized.Time)
	for path, text := range attestedSettings {
		add(attestedHome+path, []byte(text), attestedWritten)
	}
	slices.SortFunc(files, func(a, b ntfstest.File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// attestedSettings are those of programs that carry files elsewhere, with what
// stands for passwords.
var attestedSettings = map[string]string{
	"AppData/Roaming/rclone/rclone.conf":          "[drop]\ntype = sftp\nhost = drop.example\nuser = u\npass = " + hivetest.Filler + "\nkey_pem = " + hivetest.Filler + "\n\n[cloud]\ntype = mega\nuser = u@mail.example\npass = " + hivetest.Filler + "\ntoken = {\"access_token\":\"" + hivetest.Filler + "\"}\n",
	"AppData/Roaming/WinSCP.ini":                  "[Sessions\\drop]\r\nHostName=drop.example\r\nUserName=u\r\nPassword=" + hivetest.Filler + "\r\nProxyPasswordEnc=" + hivetest.Filler + "\r\n[SshHostKeys]\r\nrsa2@22:drop.example=0x10001,0x" + hivetest.Filler + "\r\n",
	"AppData/Roaming/FileZilla/recentservers.xml": `<?xml version="1.0"?><FileZilla3><RecentServers><Server><Host>drop.example</Host><Port>22</Port><Protocol>1</Protocol><User>u:` + hivetest.Filler + `</User><Pass encoding="base64">` + hivetest.Filler + `</Pass><Keyfile>` + hivetest.Filler + `</Keyfile></Server></RecentServers></FileZilla3>`,
	"AppData/Roaming/FileZilla/sitemanager.xml":   `<?xml version="1.0"?><FileZilla3><Servers><Folder>f<Server><Host>u:` + hivetest.Filler + `@drop.example</Host><User>u</User><Pass>` + hivetest.Filler + `</Pass></Server></Folder></Servers></FileZilla3>`,
	"AppData/Local/Dropbox/info.json":             `{"personal": {"path": "C:\\Users\\admin.jansen\\Dropbox", "host": 1, "is_team": false, "token": "` + hivetest.Filler + `"}}`,
}

// attestedTranscript is one of Windows PowerShell 5.1.
const attestedTranscript = "\xEF\xBB\xBF**********************\r\nWindows PowerShell transcript start\r\nStart time: 20260314150655\r\nUsername: " + domain + `\admin.jansen` + "\r\nRunAs User: " + domain + `\admin.jansen` +
	"\r\nConfiguration Name: \r\nMachine: " + hostName + " (Microsoft Windows NT 10.0.19045.0)\r\nHost Application: powershell.exe\r\nProcess ID: 4242\r\nPSVersion: 5.1.19041.1\r\n**********************\r\n" +
	"**********************\r\nCommand start time: 20260314150702\r\n**********************\r\nPS C:\\Users\\admin.jansen> reg save HKLM\\SAM C:\\Users\\Public\\Libraries\\sam.save\r\nThe operation completed successfully.\r\n" +
	"**********************\r\nWindows PowerShell transcript end\r\nEnd time: 20260314151500\r\n**********************\r\n"
