package machine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	regtext "hivetriage/artifacts/hive/text"
	"hivetriage/artifacts/hive/text/texttest"
	"hivetriage/artifacts/internal/windows"
	"hivetriage/testdata/corpora"
)

var day = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func rooted(t testing.TB, root *hivetest.Key, p hivetest.Profile) hive.Node {
	t.Helper()
	data := hivetest.Write(root, hivetest.Options{Profile: p, Saved: day})
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return h.Root()
}

func key(name string, keys ...*hivetest.Key) *hivetest.Key {
	return &hivetest.Key{Name: name, Time: day, Keys: keys}
}

func with(k *hivetest.Key, values ...hivetest.Value) *hivetest.Key {
	k.Values = append(k.Values, values...)
	return k
}

func blob(name string, b []byte) hivetest.Value {
	return hivetest.Value{Name: name, Type: hivetest.Binary, Data: b}
}

// control is a key Control with every setting on.
func control() *hivetest.Key {
	c := hivetest.ControlKey(hivetest.Host{Name: "WS-042", TimeZone: "W. Europe Standard Time", Bias: -60, Product: "LanmanNT", Time: day})
	c.Keys = append(c.Keys,
		key("Session Manager", with(key("Configuration Manager"), hivetest.Number("EnablePeriodicBackup", 1))),
		key("SecurityProviders", with(key("WDigest"), hivetest.Number("UseLogonCredential", 1))),
		with(key("BitlockerStatus"), hivetest.Number("BootStatus", 1)))
	return c
}

func services() *hivetest.Key {
	described := with(hivetest.ServiceKey("Watcher", "LocalSystem", `C:\Windows\w.exe`, 2, 0x10), hivetest.Text("Description", "System Monitor service"))
	instances := key("Instances", with(key("wdrv Instance"), hivetest.Text("Altitude", "385201")))
	rules := with(key("Parameters"), blob("Rules", []byte{1}), hivetest.Number("HashingAlgorithm", 1))
	return key("Services",
		hivetest.ServiceKey("Backup", `NORDWIND\svc-backup`, `"C:\Program Files\b.exe" -x`, 2, 0x10),
		hivetest.ServiceKey("Dhcp", `NT Authority\LocalService`, `%SystemRoot%\svchost.exe`, 2, 0x20),
		hivetest.ServiceKey("RemoteRegistry", `NT AUTHORITY\LocalService`, "", 3, 0x20),
		hivetest.ServiceKey("Spooler", "LocalSystem", "", 2, 0x110),
		hivetest.ServiceKey("SysmonDrv", "", "SysmonDrv.sys", 0, 1),
		hivetest.ServiceKey("disk", `\Driver\disk`, "", 0, 1),
		hivetest.ServiceKey("qdrv", "", "qdrv.sys", 0, 1, rules),
		hivetest.ServiceKey("wdrv", "", "wdrv.sys", 0, 2, instances), described,
		key("Tcpip", key("Parameters")))
}

func mounts() *hivetest.Key {
	disk := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, 0x1234ABCD), 1048576)
	gpt := append([]byte("DMIO:ID:"), 0xEF, 0xBE, 0xAD, 0xDE, 1, 0, 2, 0, 3, 4, 5, 6, 7, 8, 9, 10)
	return with(key("MountedDevices"), blob(`\DosDevices\C:`, gpt), blob(`\DosDevices\D:`, disk),
		blob(`\DosDevices\E:`, windows.AppendUTF16(nil, `_??_USBSTOR#Disk#1`)), blob(`\??\Volume{x}`, disk), blob("empty", nil))
}

func selected(n uint32) *hivetest.Key { return with(key("Select"), hivetest.Number("Current", n)) }

func TestSystem(t *testing.T) {
	set := func(name string) *hivetest.Key { return key(name, control(), services()) }
	reg := func(mount string, root *hivetest.Key) hive.Node {
		b := texttest.Write(texttest.UTF16, mount, root)
		e, err := regtext.Read(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(e.Hives) != 1 {
			t.Fatalf("%v, %+v", err, e)
		}
		return e.Hives[0].Root
	}
	for _, c := range []struct {
		form    string
		top     hive.Node
		current uint32
		boot    string // certainty and presence of the boot key
		mounts  int
	}{
		{"live", rooted(t, key("ROOT", set("ControlSet001"), selected(1), mounts()), hivetest.Live), 1, "certain true", 4},
		{"second set", rooted(t, key("ROOT", key("ControlSet001", key("Control")), set("ControlSet002"), selected(2), mounts()), hivetest.RegSave), 2, "certain true", 4},
		{"a control set", rooted(t, set("ControlSet001"), hivetest.RegSaveKey), 0, "certain true", 0},
		{".reg", reg(`HKEY_LOCAL_MACHINE\SYSTEM`, key("", set("ControlSet001"), selected(1), mounts())), 1, "certain false", 4},
		{".reg of the current set", reg(`HKEY_LOCAL_MACHINE\SYSTEM`, key("", set("CurrentControlSet"))), 0, "certain false", 0},
	} {
		t.Run(c.form, func(t *testing.T) {
			s := ReadSystem([]hive.Node{c.top})
			if s.ControlSet.Value != c.current || fmt.Sprint(s.BootKey.Present.Certainty, " ", s.BootKey.Present.Value) != c.boot || len(s.Mounts) != c.mounts {
				t.Errorf("set %d, boot key %+v, %d mounts", s.ControlSet.Value, s.BootKey, len(s.Mounts))
			}
			if !s.DomainController.Value || s.ProductType.Value != "LanmanNT" || !s.PeriodicBackup.Value || !s.WDigest.Value || !s.BitLocker.Value ||
				!s.Shutdown.Value.Equal(day) || s.TimeZone.Active.Value != -60 || !strings.HasPrefix(s.TimeZone.Name.Value, "W. Europe Standard Time") {
				t.Errorf("%+v", s)
			}
			checkServices(t, s)
			if c.mounts > 0 {
				checkMounts(t, s.Mounts)
			}
		})
	}
}

func checkServices(t *testing.T, s System) {
	t.Helper()
	var own []string
	for _, service := range s.Services {
		if service.OwnAccount() {
			own = append(own, service.Name+"="+service.Account.Value+"="+service.Path.Value)
		}
	}
	if len(s.Services) != 9 || !slices.Equal(own, []string{`Backup=NORDWIND\svc-backup="C:\Program Files\b.exe" -x`}) {
		t.Errorf("%d services, %q", len(s.Services), own)
	}
	if r := s.RemoteRegistry(); r.Value != StartOnDemand || !r.Known() {
		t.Errorf("RemoteRegistry %+v", r)
	}
	var monitors []string
	for _, m := range s.Sysmon {
		monitors = append(monitors, fmt.Sprintf("%s %s %v %v", m.Service.Value, m.Service.Certainty, m.Driver, m.Renamed))
	}
	slices.Sort(monitors)
	if want := []string{"SysmonDrv likely true false", "Watcher certain false true", "qdrv certain true true", "wdrv certain true true"}; !slices.Equal(monitors, want) {
		t.Errorf("Sysmon: %q", monitors)
	}
}

func checkMounts(t *testing.T, all []Mount) {
	t.Helper()
	told := ""
	for _, m := range all {
		told += fmt.Sprintf("%q %x %d %s %s;", m.Drive(), m.Signature, m.Start, m.GUID, m.Device)
	}
	if want := `'C' 0 0 {DEADBEEF-0001-0002-0304-05060708090A} ;'D' 1234abcd 1048576  ;'E' 0 0  _??_USBSTOR#Disk#1;'\x00' 1234abcd 1048576  ;`; told != want {
		t.Errorf("mounts: %s", told)
	}
}

// TestSystemParts reads what single keys tell, and hives in which nothing is
// set.
func TestSystemParts(t *testing.T) {
	lsa := control().Keys[1]
	lacking := hivetest.LsaKey()
	lacking.Keys = lacking.Keys[:3]
	plain := hivetest.LsaKey()
	plain.Keys[0].Class = ""
	for _, c := range []struct {
		what string
		top  *hivetest.Key
		boot string
	}{
		{"Lsa alone", lsa, "true certain"},
		{"Control alone", control(), "true certain"},
		{"Lsa without a part", lacking, "false certain"},
		{"a part without a class name", plain, "false certain"},
		{"Services alone", services(), "false "},
		{"another hive", key("ROOT", key("SAM")), "false "},
	} {
		s := ReadSystem([]hive.Node{rooted(t, c.top, hivetest.RegSaveKey)})
		if got := fmt.Sprint(s.BootKey.Present.Value, " ", s.BootKey.Present.Certainty); got != c.boot {
			t.Errorf("%s: boot key %s", c.what, got)
		}
		if (len(s.Services) > 0) != (c.what == "Services alone") || s.PeriodicBackup.Known() != (c.what == "Control alone") {
			t.Errorf("%s: %+v", c.what, s)
		}
	}
	s := ReadSystem([]hive.Node{nil, rooted(t, key("ROOT", key("ControlSet001", key("Control")), selected(1)), hivetest.Live)})
	if s.WDigest.Known() || s.BitLocker.Known() || s.DomainController.Known() || s.Shutdown.Known() || s.BootKey.Present.Known() || s.RemoteRegistry().Known() {
		t.Errorf("nothing is set: %+v", s)
	}
}

func TestSoftware(t *testing.T) {
	nest := func(path string, values ...hivetest.Value) *hivetest.Key {
		names := strings.Split(path, `\`)
		k := with(key(names[len(names)-1]), values...)
		for i := len(names) - 2; i >= 0; i-- {
			k = key(names[i], k)
		}
		return k
	}
	profiles := key("ProfileList", with(key("S-1-5-21-7-8-9-1105"), hivetest.Text("ProfileImagePath", `C:\Users\mila`)),
		with(key("S-1-5-18"), hivetest.Text("ProfileImagePath", `%systemroot%\system32\config\systemprofile`)), key("other"))
	winlogon := func(values ...hivetest.Value) *hivetest.Key { return with(key("Winlogon"), values...) }
	on := winlogon(hivetest.Text("AutoAdminLogon", "1"), hivetest.Text("DefaultUserName", "kiosk"), hivetest.Text("DefaultDomainName", "NORDWIND"),
		hivetest.Text("DefaultPassword", hivetest.Filler), hivetest.Text("CachedLogonsCount", "25"))
	root := key("ROOT",
		key("Microsoft", key("Windows NT", key("CurrentVersion", profiles, on)),
			key("Windows", key("CurrentVersion", key("Policies",
				nest(`System\Audit`, hivetest.Number("ProcessCreationIncludeCmdLine_Enabled", 1)),
				nest("LAPS", hivetest.Number("BackupDirectory", 2)))))),
		key("Policies", key("Microsoft",
			key("Windows", key("PowerShell", nest("ScriptBlockLogging", hivetest.Number("EnableScriptBlockLogging", 1)),
				nest("Transcription", hivetest.Number("EnableTranscripting", 0), hivetest.Text("OutputDirectory", `\\srv\t`)))),
			nest(`Microsoft Services`, hivetest.Number("x", 0)), nest(`Other`))))
	s := ReadSoftware([]hive.Node{rooted(t, root, hivetest.Live)})
	if len(s.Profiles) != 2 || s.Profiles[1].SID != "S-1-5-21-7-8-9-1105" || s.Profiles[1].Path.Value != `C:\Users\mila` {
		t.Errorf("%+v", s.Profiles)
	}
	w := s.Winlogon
	if !w.AutoLogon.Value || w.User.Value != "kiosk" || w.Domain.Value != "NORDWIND" || !w.Password.Value || w.CachedLogons.Value != 25 {
		t.Errorf("%+v", w)
	}
	l := s.Logging
	if !l.CommandLines.Value || !l.ScriptBlocks.Value || l.Modules.Known() || !l.Transcription.Known() || l.Transcription.Value || l.Transcripts.Value != `\\srv\t` {
		t.Errorf("%+v", l)
	}
	if len(s.LAPS) != 1 || s.LAPS[0].Form != "Windows LAPS" || !s.LAPS[0].On.Value {
		t.Errorf("%+v", s.LAPS)
	}
	if strings.Contains(fmt.Sprintf("%+v", s), hivetest.Filler) {
		t.Error("the password came out")
	}
	off := ReadSoftware([]hive.Node{rooted(t, winlogon(hivetest.Number("AutoAdminLogon", 0), hivetest.Text("DefaultPassword", ""), hivetest.Text("CachedLogonsCount", "many")), hivetest.RegSaveKey)})
	if off.Winlogon.AutoLogon.Value || !off.Winlogon.AutoLogon.Known() || off.Winlogon.Password.Value || off.Winlogon.CachedLogons.Known() || off.LAPS != nil {
		t.Errorf("%+v", off)
	}
	none := ReadSoftware(nil)
	if none.Winlogon.Password.Known() || none.Logging.CommandLines.Known() || none.Profiles != nil {
		t.Errorf("%+v", none)
	}
}

func TestAudit(t *testing.T) {
	settings := map[int]uint16{}
	sum := func(c []uint16) (n int) {
		for _, x := range c {
			n += int(x)
		}
		return n
	}
	valid, invalid := 0, 0
	for _, c := range []struct {
		what      string
		data      []byte
		certainty string
		length    int
		kind      artifacts.Kind
	}{
		{"Windows 7", hivetest.AuditPolicy(knownLayouts[0], settings), hive.Certain, 138, 0},
		{"Windows 8.1", hivetest.AuditPolicy(knownLayouts[1], settings), hive.Certain, 144, 0},
		{"Windows 10", hivetest.AuditPolicy(knownLayouts[2], settings), hive.Certain, 148, 0},
		{"Windows 10 1607", hivetest.AuditPolicy(knownLayouts[3], settings), hive.Certain, 150, 0},
		{"Windows 11 24H2", hivetest.AuditPolicy(knownLayouts[4], settings), hive.Certain, 152, 0},
		{"one to come", hivetest.AuditPolicy([]uint16{5, 12, 15, 3, 6, 6, 6, 4, 4}, settings), hive.Likely, 154, 0},
		{"no such setting", hivetest.AuditPolicy(knownLayouts[1], map[int]uint16{3: 9}), "", 144, artifacts.Malformed},
		{"ten categories", hivetest.AuditPolicy(append(slices.Clone(knownLayouts[1]), 1), settings), "", 148, artifacts.Malformed},
		{"more than it holds", func() []byte {
			b := hivetest.AuditPolicy(knownLayouts[1], settings)
			b[len(b)-2] = 200
			return b
		}(), "", 144, artifacts.Malformed},
		{"Windows XP", make([]byte, 44), "", 44, artifacts.Unsupported},
		{"short", make([]byte, 5), "", 5, artifacts.Unsupported},
	} {
		if len(c.data) != c.length {
			t.Errorf("%s: %d bytes, want %d", c.what, len(c.data), c.length)
		}
		root := key("ROOT", key("Policy", with(key("PolAdtEv"), hivetest.Value{Data: c.data})))
		p, err := ReadAudit([]hive.Node{rooted(t, root, hivetest.Live)})
		var problem *artifacts.Problem
		if p.Certainty != c.certainty || errors.As(err, &problem) != (c.kind != 0) || c.kind != 0 && (problem.Kind != c.kind || problem.Offset == 0) {
			t.Errorf("%s: %q, %v", c.what, p.Certainty, err)
		}
		if err != nil {
			invalid++
			continue
		}
		valid++
		if s, _ := p.Audits(ProcessCreation); !s.Known() || s.Value {
			t.Errorf("%s: %+v", c.what, s)
		}
	}
	if valid != 6 || invalid != 5 {
		t.Errorf("%d valid, %d invalid", valid, invalid)
	}
	for _, counts := range knownLayouts {
		process := sum(counts[:4]) // the first of Detailed Tracking
		data := hivetest.AuditPolicy(counts, map[int]uint16{process: 1, 5: 2, 5 + int(counts[1]) + 1: 3})
		p, err := ReadAudit([]hive.Node{rooted(t, key("Policy", with(key("PolAdtEv"), hivetest.Value{Data: data})), hivetest.RegSaveKey)})
		s, f := p.Audits(ProcessCreation)
		ls, lf := p.Audits(Logon)
		rs, rf := p.Audits(Registry)
		if err != nil || !s.Value || f.Value || ls.Value || !lf.Value || !rs.Value || !rf.Value || len(p.Subcategories) != sum(counts) {
			t.Errorf("%v: %v, %+v", counts, err, p)
		}
		if s, _ := p.Audits("Nothing"); s.Known() {
			t.Error("a subcategory that there is not")
		}
	}
	if p, err := ReadAudit(nil); err != nil || p.Certainty != "" {
		t.Errorf("without a hive: %+v, %v", p, err)
	}
}

// TestReal reads the hives that nobody in this project made.
func TestReal(t *testing.T) {
	root := func(name string) hive.Node {
		data := corpora.Read(t, "hives", name)
		h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		return h.Root()
	}
	s := ReadSystem([]hive.Node{root("regipy_SYSTEM_2")})
	own := 0
	for _, service := range s.Services {
		if service.OwnAccount() {
			own++
		}
	}
	if s.ControlSet.Value != 1 || !s.BootKey.Present.Value || s.BootKey.Lengths[2].Value != 16 || s.ProductType.Value != "WinNT" || s.DomainController.Value ||
		s.TimeZone.Name.Value != "Pacific Standard Time" || s.TimeZone.Bias.Value != 480 || s.TimeZone.DaylightBias.Value != -60 ||
		s.TimeZone.DaylightStart.Value != (Turn{Month: 3, Week: 2, Hour: 2}) || s.TimeZone.StandardStart.Value != (Turn{Month: 11, Week: 1, Hour: 2}) || len(s.Mounts) != 5 || s.Mounts[0].Drive() != 'C' ||
		s.Mounts[0].Signature != 0x273E4CFE || s.Mounts[0].Start != 0x15F00000 || s.RemoteRegistry().Value != StartDisabled ||
		s.Shutdown.Value.Format(time.DateTime) != "2015-12-12 03:30:15" || s.Sysmon != nil || own != 0 || len(s.Services) != 423 {
		t.Errorf("%d services, %d with accounts, %+v", len(s.Services), own, s.BootKey)
	}
	p, err := ReadAudit([]hive.Node{root("EZ_SECURITY_dirty")})
	creation, failed := p.Audits(ProcessCreation)
	sensitive, _ := p.Audits("Sensitive Privilege Use")
	share, _ := p.Audits(DetailedFileShare)
	if err != nil || p.Certainty != hive.Certain || len(p.Subcategories) != 56 || !creation.Value || failed.Value || sensitive.Value || !share.Value {
		t.Errorf("%v, %+v", err, p)
	}
}

// FuzzMachine reads whatever hives can be read.
func FuzzMachine(f *testing.F) {
	f.Add(hivetest.Write(key("ROOT", key("ControlSet001", control(), services()), selected(1), mounts()), hivetest.Options{Profile: hivetest.RegSaveKey}))
	f.Add(hivetest.Write(key("ROOT", key("Policy", with(key("PolAdtEv"), hivetest.Value{Data: hivetest.AuditPolicy(knownLayouts[1], nil)}))), hivetest.Options{Profile: hivetest.RegSaveKey}))
	f.Add(hivetest.SOFTWARE(hivetest.Host{Name: "X", Time: day}, hivetest.RegSaveKey))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			t.Skip()
		}
		h, _ := hive.Read(bytes.NewReader(data), int64(len(data)))
		if h == nil {
			return
		}
		tops, keys := h.Tops(), h.Keys+h.Orphans
		if s := ReadSystem(tops); len(s.Services) > keys || len(s.Mounts) > maxMounts || len(s.Sysmon) > len(s.Services) {
			t.Errorf("%d services, %d mounts", len(s.Services), len(s.Mounts))
		}
		if s := ReadSoftware(tops); len(s.Profiles) > keys {
			t.Errorf("%d profiles", len(s.Profiles))
		}
		if p, err := ReadAudit(tops); err != nil && p.Certainty != "" || p.Certainty == "" && p.Subcategories != nil {
			t.Errorf("%v, %+v", err, p)
		}
	})
}

func BenchmarkSystem(b *testing.B) {
	data := hivetest.SYSTEM(hivetest.Host{Name: "X", Time: day, Filler: 10 << 20}, hivetest.Live)
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if s := ReadSystem([]hive.Node{h.Root()}); !s.BootKey.Present.Value {
			b.Fatal("no boot key")
		}
	}
}
