// Package scene builds the small worlds that the fixtures and the benchmarks
// are made of: a workstation's disk with a story told by its files and logs,
// the same without it, and large disks with planted files.
package scene

import (
	"fmt"
	"path"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/hive/hivetest"
)

//go:generate go run ../generate -kind workstation -out ../workstation.E01

// installed is when the files of Windows were put on the disk.
var installed = time.Date(2025, 1, 21, 11, 4, 52, 0, time.UTC)

// always are four equal times.
func always(t time.Time) artifacts.Times {
	return artifacts.Times{Created: t, Modified: t, Changed: t, Accessed: t}
}

// hives are the hives that belong where they are, and their look-alikes.
func hives() []ntfstest.File {
	var files []ntfstest.File
	add := func(path string, data []byte, t time.Time) {
		times := always(installed)
		times.Modified, times.Changed = t, t
		files = append(files, ntfstest.File{Path: path, Data: data, SI: times, FN: always(installed)})
	}
	config := "/Windows/System32/config/"
	live := map[string]func(hivetest.Host, hivetest.Profile) []byte{
		"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM, "SOFTWARE": hivetest.SOFTWARE, "DEFAULT": hivetest.NTUSER,
	}
	for _, name := range []string{"SAM", "SECURITY", "SYSTEM", "SOFTWARE", "DEFAULT"} {
		h, old, written := seized, backedUp, seized.Time
		if name == "SAM" {
			h, written = changed, passwordSet
		}
		if name == "SYSTEM" {
			h, old = larger(h), larger(old)
		}
		data := live[name](h, hivetest.Live)
		add(config+name, data, written)
		add(config+name+".LOG1", transactionLog(data), written)
		add(config+name+".LOG2", make([]byte, 8192), installed)
		add(config+"RegBack/"+name, live[name](old, hivetest.RegSave), old.Time)
	}
	for _, user := range []string{"admin.jansen", "m.vandijk"} {
		home := "/Users/" + user
		add(home+"/NTUSER.DAT", hivetest.NTUSER(seized, hivetest.Live), seized.Time)
		add(home+"/AppData/Local/Microsoft/Windows/UsrClass.dat", hivetest.UsrClass(seized, hivetest.Live), seized.Time)
	}
	add("/Windows/AppCompat/Programs/Amcache.hve", hivetest.Amcache(seized, hivetest.Live), seized.Time)
	add("/Boot/BCD", hivetest.BCD(host(installed), hivetest.Live), installed)
	add("/Windows/WinSxS/amd64_microsoft-windows-security-samserver-template_31bf3856ad364e35_10.0.19041.1_none_7c1e5a0f2b9d4e63/SAM",
		hivetest.TemplateSAM(host(installed), hivetest.Live), installed)
	add("/Backup/software.hiv", hivetest.SOFTWARE(host(softwareSaved.Add(-time.Hour)), hivetest.RegSave), softwareSaved)
	add("/Users/m.vandijk/Documents/SAM", []byte("Sam's list\r\n- renew parking permit\r\n- call the printer people\r\n"), day(10, 2, 30))
	add("/Users/m.vandijk/Documents/ledger-settings.reg", []byte(textFile("Windows Registry Editor Version 5.00\r\n\r\n"+
		"[HKEY_CURRENT_USER\\Software\\Nordwind\\Ledger]\r\n\"Year\"=\"2026\"\r\n\r\n")), ledgerSaved)
	return files
}

// transactionLog is a log of the new format without entries: the hive's base
// block of 512 bytes as file type 6.
func transactionLog(hive []byte) []byte {
	b := make([]byte, 8192)
	copy(b, hive[:512])
	b[28] = 6
	sum := hivetest.Checksum(b)
	for i := range 4 {
		b[508+i] = byte(sum >> (8 * i))
	}
	return b
}

// textFile is s, ASCII, in little-endian UTF-16 with a byte order mark.
func textFile(s string) string {
	return "\xff\xfe" + strings.Join(strings.Split(s, ""), "\x00") + "\x00"
}

// ordinary are a few hundred files that have nothing to do with the story.
func ordinary() []ntfstest.File {
	var files []ntfstest.File
	add := func(format string, i int, data []byte) {
		t := installed.Add(time.Duration(i*7919%40000) * 17 * time.Minute)
		if t.After(day(0, 0, 0)) {
			t = installed
		}
		files = append(files, ntfstest.File{Path: fmt.Sprintf(format, i), Data: data, SI: always(t), FN: always(t)})
	}
	for i := range 220 {
		add("/Windows/System32/api-ms-win-core-%03d.dll", i, program(fmt.Sprintf("api-ms-win-core-%03d.dll", i)))
	}
	for i := range 90 {
		add("/Windows/Prefetch/APP%03d.EXE-1A2B3C4D.pf", i, append([]byte("MAM\x04"), make([]byte, 900+i*13)...))
	}
	for i := range 80 {
		add("/Users/m.vandijk/Documents/invoices/2026-%03d.csv", i, []byte(strings.Repeat(fmt.Sprintf("2026-%03d;NORDWIND;%d,00\r\n", i, i*31), 40)))
	}
	for _, name := range []string{"reg.exe", "cmd.exe", "cscript.exe", "gatherNetworkInfo.vbs", "wevtutil.exe", "svchost.exe", "WindowsPowerShell/v1.0/powershell.exe"} {
		files = append(files, ntfstest.File{Path: "/Windows/System32/" + name, Data: program(path.Base(name)), SI: always(installed)})
	}
	files = append(files, ntfstest.File{Path: "/Windows/explorer.exe", Data: program("explorer.exe"), SI: always(installed)})
	return files
}

// logs are the files of the story's channels.
func (s story) logs() []ntfstest.File {
	var files []ntfstest.File
	for _, channel := range []string{eventlogtest.SecurityChannel, eventlogtest.SystemChannel, eventlogtest.SysmonChannel, "Application"} {
		last := s.records(channel)
		times := always(installed)
		times.Modified = last[len(last)-1].Time
		times.Changed = times.Modified
		files = append(files, ntfstest.File{Path: logPath(channel), Data: s.log(channel), SI: times, FN: always(installed)})
	}
	return files
}
