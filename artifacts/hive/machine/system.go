package machine

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// A System is what a SYSTEM hive tells. A value that is not set is unknown.
type System struct {
	ControlSet       hive.Fact[uint32] // the current one
	BootKey          BootKey
	ProductType      hive.Fact[string] // "WinNT", "ServerNT", "LanmanNT"
	DomainController hive.Fact[bool]
	Services         []Service // in the order of their keys
	Mounts           []Mount   // in the order of their values
	TimeZone         TimeZone
	Shutdown         hive.Fact[time.Time] // UTC, of the last orderly one
	PeriodicBackup   hive.Fact[bool]      // RegBack is written: EnablePeriodicBackup
	WDigest          hive.Fact[bool]      // passwords of logons are kept in memory: UseLogonCredential
	BitLocker        hive.Fact[bool]      // the boot volume is encrypted
	Sysmon           []Sysmon
}

// RemoteRegistry returns the start type of the service RemoteRegistry.
func (s System) RemoteRegistry() hive.Fact[uint32] {
	for _, service := range s.Services {
		if strings.EqualFold(service.Name, "RemoteRegistry") {
			return service.Start
		}
	}
	return hive.Fact[uint32]{}
}

// A BootKey says whether the four keys are there whose class names are the
// parts of the boot key. The names themselves are not read; .reg text and some
// damaged hives do not have them.
type BootKey struct {
	Lengths [4]hive.Fact[int] // bytes of the class names of JD, Skew1, GBG, Data; 16 on real machines
	Present hive.Fact[bool]
}

// classBytes is the length of each of the four class names.
const classBytes = 16

var bootKeyParts = [4]string{"JD", "Skew1", "GBG", "Data"}

// ReadSystem reads the trees below tops, of SYSTEM or of parts of it.
func ReadSystem(tops []hive.Node) System {
	s := System{}
	for _, top := range tops {
		if sel, ok := tail(top, "Select"); ok {
			s.ControlSet = hive.NumberOf(sel, "Current")
			break
		}
	}
	set := "CurrentControlSet" // what .reg text may have
	if s.ControlSet.Known() {
		set = fmt.Sprintf("ControlSet%03d", s.ControlSet.Value)
	}
	find := func(path ...string) hive.Node {
		n, ok := firstTail(tops, append([]string{set}, path...)...)
		if !ok && !s.ControlSet.Known() {
			n, _ = firstTail(tops, append([]string{"ControlSet001"}, path...)...)
		}
		return n
	}
	s.BootKey = readBootKey(find("Control", "Lsa"))
	control := find("Control")
	s.ProductType = text(sub(control, "ProductOptions"), "ProductType")
	s.DomainController = hive.Fact[bool]{Value: strings.EqualFold(s.ProductType.Value, "LanmanNT"),
		Offset: s.ProductType.Offset, Certainty: s.ProductType.Certainty}
	s.TimeZone = readTimeZone(find("Control", "TimeZoneInformation"))
	if n := sub(control, "Windows"); n != nil {
		s.Shutdown = hive.TimeOf(n, "ShutdownTime")
	}
	s.PeriodicBackup = on(sub(control, `Session Manager\Configuration Manager`), "EnablePeriodicBackup")
	s.WDigest = on(sub(control, `SecurityProviders\WDigest`), "UseLogonCredential")
	s.BitLocker = on(sub(control, "BitlockerStatus"), "BootStatus")
	if n := find("Services"); n != nil {
		s.Services, s.Sysmon = readServices(n)
	}
	if n, ok := firstTail(tops, "MountedDevices"); ok {
		s.Mounts = readMounts(n)
	}
	return s
}

func readBootKey(lsa hive.Node) BootKey {
	k := BootKey{}
	if lsa == nil {
		return k
	}
	whole := true
	for i, name := range bootKeyParts {
		n := sub(lsa, name)
		if n == nil {
			whole = false
			continue
		}
		k.Lengths[i] = hive.Sure(n.ClassLength(), n.Offset())
		whole = whole && n.ClassLength() == classBytes
	}
	k.Present = hive.Sure(whole, lsa.Offset())
	return k
}

// A Mount is a drive letter or volume name and what it stood for.
type Mount struct {
	Name      string // `\DosDevices\C:`, `\??\Volume{…}`
	Offset    int64
	Signature uint32 // of an MBR disk
	Start     uint64 // bytes from the beginning of that disk
	GUID      string // of a GPT partition
	Device    string // of removable media: `\??\USBSTOR#…`
}

// Drive returns the letter, 0 if the name has none.
func (m Mount) Drive() byte {
	const prefix = `\DosDevices\`
	if len(m.Name) == len(prefix)+2 && strings.EqualFold(m.Name[:len(prefix)], prefix) && m.Name[len(prefix)+1] == ':' {
		return m.Name[len(prefix)]
	}
	return 0
}

// readMounts reads the values of MountedDevices: 12 bytes are u32 disk
// signature and u64 offset, "DMIO:ID:" and 16 bytes the GUID of a partition,
// others the name of a device in UTF-16.
func readMounts(n hive.Node) []Mount {
	var all []Mount
	for d := range n.Data() {
		b, err := d.Data(2 * maxPath)
		if err != nil || len(b) == 0 || len(all) == maxMounts {
			continue
		}
		m := Mount{Name: d.Name(), Offset: d.Offset()}
		switch {
		case len(b) == 12:
			m.Signature, m.Start = le.Uint32(b), le.Uint64(b[4:])
		case len(b) == 24 && string(b[:8]) == "DMIO:ID:":
			m.GUID = windows.GUID(b[8:])
		default:
			m.Device = strings.TrimRight(windows.UTF16(b), "\x00")
		}
		all = append(all, m)
	}
	return all
}
