package scene

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/hive/hivetest"
)

// sharedFiles are those that are the same on all hosts.
func sharedFiles() []File {
	var files []File
	add := func(path string, data []byte) {
		t := installed
		files = append(files, File{Path: path, Data: data, Times: artifacts.Times{Created: t, Modified: t, Changed: t, Accessed: t}})
	}
	const config = "/Windows/System32/config/"
	add(config+"SOFTWARE", softwareHive())
	add(config+"DEFAULT", userHive(1, 200<<10))
	for i, name := range []string{"SAM", "SECURITY", "SYSTEM", "SOFTWARE", "DEFAULT"} {
		add(config+name+".LOG1", dirtyPages(uint64(i), []int{64, 64, 512, 512, 128}[i]<<10))
		add(config+name+".LOG2", dirtyPages(uint64(i)+9, 64<<10))
	}
	add("/Windows/appcompat/Programs/Amcache.hve", amcacheHive(900<<10))
	add("/Windows/appcompat/Programs/Amcache.hve.LOG1", dirtyPages(30, 128<<10))
	for i, user := range []string{"m.vandijk", "admin.jansen", "Default"} {
		home := "/Users/" + user + "/"
		add(home+"NTUSER.DAT", userHive(uint64(40+i), []int{1500, 900, 200}[i]<<10))
		add(home+"ntuser.dat.LOG1", dirtyPages(uint64(50+i), 128<<10))
		if i < 2 {
			add(home+"AppData/Local/Microsoft/Windows/UsrClass.dat", classesHive(uint64(60+i), []int{1800, 700}[i]<<10))
			add(home+"AppData/Local/Google/Chrome/User Data/Default/History", database(uint64(70+i), 2400<<10))
		}
	}
	add("/Windows/System32/sru/SRUDB.dat", database(80, 2600<<10))
	add("/Windows/INF/setupapi.dev.log", prose(81, 900<<10))
	for i := range 90 {
		add(fmt.Sprintf("/Windows/Prefetch/PROGRAM%02d.EXE-%08X.pf", i, 0x51A7*(i+3)), append([]byte("MAM\x04"), noise(uint64(100+i), 3<<10+i*220)...))
	}
	for i := range 20 {
		add(fmt.Sprintf("/Windows/System32/Tasks/Task %02d", i), prose(uint64(200+i), 3<<10))
	}
	for i := range 14 {
		add(fmt.Sprintf("/Users/m.vandijk/AppData/Roaming/Microsoft/Windows/Recent/Document %02d.lnk", i), database(uint64(230+i), 1400))
	}
	return files
}

// hostFiles are the hives that a host has of its own.
func hostFiles(h hivetest.Host) []File {
	const config = "/Windows/System32/config/"
	t := artifacts.Times{Created: installed, Modified: seized.Time, Changed: seized.Time, Accessed: seized.Time}
	return []File{
		{Path: config + "SYSTEM", Data: systemHive(h, hivetest.Live), Times: t},
		{Path: config + "SECURITY", Data: hivetest.SECURITY(h, hivetest.Live), Times: t},
		{Path: config + "SAM", Data: hivetest.SAM(h, hivetest.Live), Times: t},
	}
}

// quietLogs are channels of Windows that hold some records each.
var quietLogs = []string{
	"Microsoft-Windows-TaskScheduler%4Operational", "Microsoft-Windows-Windows Defender%4Operational", "Microsoft-Windows-PowerShell%4Operational",
	"Windows PowerShell", "Microsoft-Windows-WMI-Activity%4Operational", "Microsoft-Windows-Bits-Client%4Operational",
	"Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational", "Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational",
	"Microsoft-Windows-User Profile Service%4Operational", "Setup",
}

// logFiles are a host's event logs. The Security log of a host with copies
// tells of the command that made one.
func logFiles(h hivetest.Host, act bool) []File {
	full := h.Name + ".nordwind.example"
	begin := time.Date(2026, 3, 9, 6, 10, 4, 0, time.UTC)
	security, system := eventlogtest.New(eventlogtest.Options{}), eventlogtest.New(eventlogtest.Options{})
	for i := range 800 {
		at := begin.Add(time.Duration(i) * 11 * time.Minute)
		p := services[i%len(services)]
		n := eventlogtest.NewProcess{Subject: localHost, PID: uint64(1200 + 4*(i%900)), Image: p.image, CommandLine: p.command, ParentPID: 716,
			ParentImage: `C:\Windows\System32\services.exe`, Label: "S-1-16-16384"}
		if act && i == 660 {
			n.Image, n.CommandLine = `C:\Windows\System32\reg.exe`, `reg  save HKLM\SAM C:\Users\Public\Libraries\sam.hiv /y`
		}
		if i%3 == 0 {
			security.Add(eventlogtest.Security4688(at, full, n))
		} else {
			read := credentialRead(at, i)
			read.Computer = full
			security.Add(read)
		}
		r := service(at, i)
		r.Computer = full
		system.Add(r)
	}
	logs := []File{logFile("Security", security), logFile("System", system)}
	for i, name := range quietLogs {
		w := eventlogtest.New(eventlogtest.Options{})
		for j := range 60 {
			r := service(begin.Add(time.Duration(i+j)*time.Hour), j)
			r.Computer, r.Provider, r.Channel, r.ID = full, name, name, uint16(100+j%7)
			w.Add(r)
		}
		logs = append(logs, logFile(name, w))
	}
	return logs
}

func logFile(name string, w *eventlogtest.Writer) File {
	return File{Path: "/Windows/System32/winevt/Logs/" + name + ".evtx", Data: w.Bytes(), Times: artifacts.Times{Created: installed, Modified: seized.Time}}
}

// systemHive is a SYSTEM of about 9 MB, its keys in the order and about the
// places of a real one: the list of the root's subkeys and Select lie behind
// DriverDatabase.
func systemHive(h hivetest.Host, p hivetest.Profile) []byte {
	control := hivetest.ControlKey(h)
	control.Keys = append(control.Keys, registry("Class", 1, 90<<10), registry("DeviceClasses", 2, 500<<10), registry("Nls", 3, 60<<10), registry("Power", 4, 200<<10))
	services := registry("Services", 5, 900<<10)
	services.Keys = append(services.Keys, &hivetest.Key{Name: "Tcpip", Keys: []*hivetest.Key{{Name: "Parameters",
		Values: []hivetest.Value{hivetest.Text("Hostname", h.Name), hivetest.Text("Domain", "nordwind.example")}}}})
	set := &hivetest.Key{Name: "ControlSet001", Keys: []*hivetest.Key{control, registry("Enum", 6, 1400<<10), {Name: "Hardware Profiles"}, registry("Policies", 7, 20<<10), services}}
	root := &hivetest.Key{Name: "ROOT", Time: h.Time, Keys: []*hivetest.Key{set, registry("DriverDatabase", 8, 5300<<10), registry("HardwareConfig", 9, 8<<10),
		registry("MountedDevices", 10, 4<<10), {Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", 1), hivetest.Number("Default", 1),
			hivetest.Number("Failed", 0), hivetest.Number("LastKnownGood", 1)}}, registry("Setup", 11, 60<<10), registry("WPA", 12, 20<<10)}}
	return hivetest.Write(root, hivetest.Options{Profile: p, File: "SYSTEM", Saved: h.Time.Add(time.Hour)})
}

func softwareHive() []byte {
	h := host(seized.Time)
	current := &hivetest.Key{Name: "CurrentVersion", Keys: []*hivetest.Key{{Name: "ProfileList"}, {Name: "Winlogon"}},
		Values: []hivetest.Value{hivetest.Text("ProductName", h.OS), hivetest.Text("CurrentBuild", h.Build)}}
	microsoft := &hivetest.Key{Name: "Microsoft", Keys: []*hivetest.Key{registry("Cryptography", 20, 300<<10), {Name: "Windows NT", Keys: []*hivetest.Key{current}}}}
	classes := registry("Classes", 21, 4500<<10)
	classes.Keys = append(classes.Keys, &hivetest.Key{Name: "*"})
	root := &hivetest.Key{Name: "ROOT", Time: h.Time, Keys: []*hivetest.Key{classes, microsoft, registry("Policies", 22, 40<<10)}}
	return hivetest.Write(root, hivetest.Options{File: `\SystemRoot\System32\Config\SOFTWARE`})
}

func userHive(seed uint64, size int) []byte {
	root := &hivetest.Key{Name: "ROOT", Time: seized.Time, Keys: []*hivetest.Key{registry("AppEvents", seed, 24<<10), {Name: "Console"},
		registry("Control Panel", seed+1, 40<<10), {Name: "Environment"}, {Name: "EUDC"}, registry("Software", seed+2, size)}}
	return hivetest.Write(root, hivetest.Options{File: `\??\C:\Users\m.vandijk\ntuser.dat`})
}

func classesHive(seed uint64, size int) []byte {
	software := &hivetest.Key{Name: "Software", Keys: []*hivetest.Key{registry("Microsoft", seed, size)}}
	root := &hivetest.Key{Name: "ROOT", Time: seized.Time, Keys: []*hivetest.Key{registry("AppX", seed+1, 200<<10),
		{Name: "Local Settings", Keys: []*hivetest.Key{{Name: "MuiCache"}, software}}}}
	return hivetest.Write(root, hivetest.Options{File: `\??\C:\Users\m.vandijk\UsrClass.dat`})
}

func amcacheHive(size int) []byte {
	top := &hivetest.Key{Name: "Root", Keys: []*hivetest.Key{registry("InventoryApplication", 90, size/2), registry("InventoryApplicationFile", 91, size/2)}}
	return hivetest.Write(&hivetest.Key{Name: "ROOT", Time: seized.Time, Keys: []*hivetest.Key{top}}, hivetest.Options{File: `\??\C:\Windows\Amcache.hve`})
}

// registry is a key with a tree of about size bytes below it: classes with
// settings, as much alike as those of Windows.
func registry(name string, seed uint64, size int) *hivetest.Key {
	r := rand.New(rand.NewPCG(seed, 0x68697665))
	top := &hivetest.Key{Name: name}
	for size > 0 {
		k := &hivetest.Key{Name: fmt.Sprintf("{%08x-%04x-11d1-%04x-%012x}", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xffff, r.Uint64()>>16)}
		size -= 140
		for j := range 6 {
			sub := &hivetest.Key{Name: fmt.Sprintf("%04d", j), Values: []hivetest.Value{hivetest.Text("Service", words[r.IntN(len(words))]),
				hivetest.Number("ConfigFlags", r.Uint32()&0xff), {Name: "Settings", Type: 3, Data: noise(r.Uint64(), 8+r.IntN(36))}}}
			k.Keys = append(k.Keys, sub)
			size -= 310
		}
		top.Keys = append(top.Keys, k)
	}
	return top
}

// dirtyPages begins like a hive's log and holds dirty pages.
func dirtyPages(seed uint64, size int) []byte {
	b := make([]byte, size)
	copy(b, "regf")
	binary.LittleEndian.PutUint32(b[28:], 6) // a log of the new form
	copy(b[512:], database(seed, size/3))
	return b
}

var words = []string{"the", "device", "was", "installed", "from", "driver", "package", "oem12.inf", "and", "needs", "a", "restart", "section", "NTamd64",
	"configuration", "completed", "with", "status", "0x00000000", "service", "registered", "cmd:", "update", "copied"}

// prose is text as in a log of an installation.
func prose(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 0x74657874))
	var b bytes.Buffer
	for b.Len() < size {
		if r.IntN(12) == 0 {
			fmt.Fprintf(&b, "\r\n>>>  [%08x] ", r.Uint32())
		}
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.Bytes()[:size]
}

// database is text with a part that cannot be packed, like tables.
func database(seed uint64, size int) []byte {
	b := prose(seed, size)
	for at := 256; at+64 < size; at += 512 {
		copy(b[at:], noise(seed+uint64(at), 64))
	}
	return b
}

// noise cannot be packed.
func noise(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 0x6e6f697365))
	b := make([]byte, 0, size+8)
	for len(b) < size {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:size]
}
