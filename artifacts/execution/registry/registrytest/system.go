package registrytest

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

// A Run is what the Background Activity Moderator keeps of one program.
type Run struct {
	SID, Program string // a device path, or the name of a packaged app
	Ended        time.Time
	Packaged     bool
}

// BAM returns the keys of the moderator; below is `bam\State` (Windows 10 1809
// and later), `bam` (1709), `dam\State` or `dam`.
func BAM(below string, runs ...Run) *hivetest.Key {
	settings := &hivetest.Key{Name: "UserSettings"}
	accounts := map[string]*hivetest.Key{}
	for i, r := range runs {
		account := accounts[r.SID]
		if account == nil {
			account = &hivetest.Key{Name: r.SID, Values: []hivetest.Value{hivetest.Number("Version", 1), hivetest.Number("SequenceNumber", uint32(i+7))}}
			accounts[r.SID], settings.Keys = account, append(settings.Keys, account)
		}
		data := make([]byte, 16, 24)
		le.PutUint64(data, windows.ToFiletime(r.Ended))
		packaged := uint32(0)
		if r.Packaged {
			packaged = 1
		}
		account.Values = append(account.Values, Binary(r.Program, le.AppendUint32(le.AppendUint32(data, packaged), 2)))
	}
	return At(`ControlSet001\Services\`+below, settings)
}

// A Service is a key of Services.
type Service struct {
	Name, Path, Account, Display string
	Library, Failure             string
	Kind, Start                  uint32
	Written                      time.Time
}

// Services returns the keys of services.
func Services(services ...Service) *hivetest.Key {
	root := At(`ControlSet001\Services`)
	for _, s := range services {
		key := &hivetest.Key{Name: s.Name, Time: s.Written,
			Values: append(texts(map[string]string{"ObjectName": s.Account, "DisplayName": s.Display, "FailureCommand": s.Failure}),
				hivetest.Number("Type", s.Kind), hivetest.Number("Start", s.Start), hivetest.Number("ErrorControl", 1))}
		if s.Path != "" {
			key.Values = append(key.Values, expand("ImagePath", s.Path))
		}
		if s.Library != "" {
			key.Keys = []*hivetest.Key{{Name: "Parameters", Values: []hivetest.Value{expand("ServiceDll", s.Library)}}}
		}
		root.Keys[0].Keys[0].Keys = append(root.Keys[0].Keys[0].Keys, key)
	}
	return root
}

// expand is a REG_EXPAND_SZ value.
func expand(name, s string) hivetest.Value {
	v := hivetest.Text(name, s)
	v.Type = hivetest.ExpandSZ
	return v
}

// A Device is a USB mass storage device.
type Device struct {
	Vendor, Product, Revision, Serial, Name string
	Installed, First, Connected, Removed    time.Time // zero is left out
	Seven                                   bool      // properties as Windows 7 keeps them
}

// Devices returns the keys of devices.
func Devices(devices ...Device) *hivetest.Key {
	root := At(`ControlSet001\Enum\USBSTOR`)
	for _, d := range devices {
		dates := &hivetest.Key{Name: "{83da6326-97a6-4088-9453-a1923f573b29}"}
		for i, at := range []time.Time{d.Installed, d.First, d.Connected, d.Removed} {
			if at.IsZero() {
				continue
			}
			value := hivetest.Value{Type: 0xFFFF0010, Data: filetime(nil, at)} // DEVPROP_TYPE_FILETIME
			property := &hivetest.Key{Name: fmt.Sprintf("%04X", 0x64+i), Values: []hivetest.Value{value}}
			if d.Seven {
				value.Name = "Data"
				property = &hivetest.Key{Name: fmt.Sprintf("%08X", 0x64+i), Keys: []*hivetest.Key{{Name: "00000000", Values: []hivetest.Value{value}}}}
			}
			dates.Keys = append(dates.Keys, property)
		}
		instance := &hivetest.Key{Name: d.Serial + "&0", Values: texts(map[string]string{"FriendlyName": d.Name}),
			Keys: []*hivetest.Key{{Name: "Properties", Keys: []*hivetest.Key{dates}}}}
		model := fmt.Sprintf("Disk&Ven_%s&Prod_%s&Rev_%s", d.Vendor, d.Product, d.Revision)
		root.Merge(At(`ControlSet001\Enum\USBSTOR\`+model, instance))
	}
	return root
}

// Mounted returns MountedDevices with values by name.
func Mounted(values ...hivetest.Value) *hivetest.Key {
	return &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{{Name: "MountedDevices", Values: values}}}
}

// MBR is the data of a mounted partition of a disk with an MBR.
func MBR(signature uint32, offset uint64) []byte {
	return le.AppendUint64(le.AppendUint32(nil, signature), offset)
}

// GPT is the data of a mounted partition of a disk with a GPT; the bytes of
// the GUID count up from first.
func GPT(first byte) []byte {
	b := []byte("DMIO:ID:")
	for i := range byte(16) {
		b = append(b, first+i)
	}
	return b
}

// DeviceName is the data of a mount that names its device.
func DeviceName(name string) []byte { return windows.AppendUTF16(nil, name) }

// Share returns the key of a shared folder.
func Share(name, path, remark string) *hivetest.Key {
	root := At(`ControlSet001\Services\LanmanServer\Shares`)
	data := "CSCFlags=0\x00MaxUses=4294967295\x00Path=" + path + "\x00Permissions=0\x00Remark=" + remark + "\x00ShareName=" + name + "\x00Type=0\x00\x00"
	shares := root.Keys[0].Keys[0].Keys[0].Keys[0]
	shares.Values = []hivetest.Value{{Name: name, Type: hivetest.MultiSZ, Data: windows.AppendUTF16(nil, data)}}
	return root
}

// An Interface is a network interface with addresses.
type Interface struct {
	ID        string // "{...}"
	DHCP      bool
	Addresses []string // static
	Leased    string
	Obtained  time.Time // the lease
}

// Interfaces returns the keys of network interfaces.
func Interfaces(interfaces ...Interface) *hivetest.Key {
	root := At(`ControlSet001\Services\Tcpip\Parameters\Interfaces`)
	list := root.Keys[0].Keys[0].Keys[0].Keys[0].Keys[0]
	for _, i := range interfaces {
		dhcp := uint32(0)
		if i.DHCP {
			dhcp = 1
		}
		k := &hivetest.Key{Name: i.ID, Values: []hivetest.Value{hivetest.Number("EnableDHCP", dhcp),
			{Name: "IPAddress", Type: hivetest.MultiSZ, Data: windows.AppendUTF16(nil, strings.Join(i.Addresses, "\x00")+"\x00\x00")}}}
		if i.Leased != "" {
			k.Values = append(k.Values, hivetest.Text("DhcpIPAddress", i.Leased), hivetest.Number("LeaseObtainedTime", uint32(i.Obtained.Unix())))
		}
		list.Keys = append(list.Keys, k)
	}
	return root
}
