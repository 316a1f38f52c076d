package registry

import (
	"fmt"
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// deviceDates is the set of properties in which Windows keeps the times of a
// device (DEVPKEY_Device_InstallDate and the three behind it, devpkey.h).
const deviceDates = `Properties\{83da6326-97a6-4088-9453-a1923f573b29}`

var deviceTimes = []struct{ property, means string }{
	{"0064", "driver installed"},
	{"0065", "first connected (first installed)"},
	{"0066", "last connected"},
	{"0067", "last removed"},
}

// USB yields the USB mass storage devices that a SYSTEM's current control set
// knows (Enum\USBSTOR).
//
// Connected; Program is the name of the device, Details have its vendor,
// product and serial number. A serial number whose second character is "&" was
// made up by Windows.
func USB(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		devices, path, ok := currentSet(root, `Enum\USBSTOR`)
		if !ok {
			return
		}
		for model := range devices.Children() {
			for instance := range model.Children() {
				if !device(model.Name(), instance, path+`\`+model.Name()+`\`+instance.Name(), yield) {
					return
				}
			}
		}
	}
}

func device(model string, instance hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(instance, path, "FriendlyName", "ParentIdPrefix", "ContainerID")
	t := e.trace(InUSB, artifacts.Connected)
	if t.Program = e.text("FriendlyName"); t.Program == "" {
		t.Program = model
	}
	for i, part := range strings.Split(model, "&") {
		name, value, _ := strings.Cut(part, "_")
		switch {
		case i == 0:
			t.AddDetail("Type", part)
		case strings.EqualFold(name, "Ven"):
			t.AddDetail("Vendor", value)
		case strings.EqualFold(name, "Prod"):
			t.AddDetail("Product", value)
		case strings.EqualFold(name, "Rev"):
			t.AddDetail("Revision", value)
		}
	}
	t.AddDetail("Serial", serialNumber(instance.Name()))
	t.AddDetail("ParentIdPrefix", e.text("ParentIdPrefix"))
	t.AddDetail("ContainerID", e.text("ContainerID"))
	if dates, ok := hive.Find(instance, deviceDates); ok {
		deviceStamps(&t, e, dates)
	}
	t.AddTime(instance.LastWritten(), keyWritten)
	return e.give(t, yield)
}

// serialNumber takes the number of the logical unit from an instance's name.
func serialNumber(instance string) string {
	if i := strings.LastIndexByte(instance, '&'); i > 1 {
		return instance[:i]
	}
	return instance
}

// deviceStamps reads the times: the default value of "0064" since Windows 8,
// the value Data of "00000064\00000000" in Windows 7.
func deviceStamps(t *artifacts.Trace, e *entry, dates hive.Node) {
	for _, property := range deviceTimes {
		key, ok := hive.Find(dates, property.property)
		name := ""
		if !ok {
			name = "Data"
			if key, ok = hive.Find(dates, "0000"+property.property+`\00000000`); !ok {
				continue
			}
		}
		p := open(key, e.path, name)
		t.AddTime(p.filetime(name), property.means)
		if p.failed != nil && e.failed == nil {
			e.failed = p.failed
		}
	}
}

// Mounts yields the drive letters and volumes that a SYSTEM has given out
// (MountedDevices), and to what: a disk's signature and an offset, a GPT
// partition, or the name of a device.
//
// Connected; Paths has the letter ("C:") or the volume's name. The time is
// that of the key, which any mount may have changed.
func Mounts(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := hive.Find(root, "MountedDevices")
		if !ok {
			return
		}
		for d := range key.Data() {
			e := &entry{key: key, path: `MountedDevices\` + d.Name(), values: map[string]hive.Datum{"": d}}
			t := e.trace(InMountedDevices, artifacts.Connected)
			t.Offset = d.Offset()
			t.Paths = []string{strings.TrimPrefix(d.Name(), `\DosDevices\`)}
			mountDetails(&t, e.data("", maxText))
			t.AddTime(key.LastWritten(), keyWritten)
			if !e.give(t, yield) {
				return
			}
		}
	}
}

// mountDetails tells what the data of a mount says: u32 signature and u64
// offset of an MBR partition, "DMIO:ID:" and the GUID of a GPT partition, or
// a device's name in UTF-16 (winreg-kb, "Mounted devices").
func mountDetails(t *artifacts.Trace, b []byte) {
	switch {
	case len(b) == 12:
		t.AddDetail("DiskSignature", fmt.Sprintf("%08X", le.Uint32(b)))
		t.AddDetail("PartitionOffset", fmt.Sprint(le.Uint64(b[4:])))
	case len(b) == 24 && string(b[:8]) == "DMIO:ID:":
		t.AddDetail("PartitionGUID", windows.GUID(b[8:]))
	default:
		t.AddDetail("Device", untilNUL(b))
	}
}

// Shares yields the folders that a SYSTEM's current control set shares over
// the network (Services\LanmanServer\Shares); not the administrative shares,
// which Windows does not keep.
//
// Existed; Program is the share's name, Paths its folder.
func Shares(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		key, path, ok := currentSet(root, `Services\LanmanServer\Shares`)
		if !ok {
			return
		}
		for d := range key.Data() {
			if d.Type() != regMultiSZ {
				continue
			}
			e := &entry{key: key, path: path + `\` + d.Name(), values: map[string]hive.Datum{"": d}}
			t := e.trace(InShare, artifacts.Existed)
			t.Offset, t.Program = d.Offset(), d.Name()
			for line := range strings.SplitSeq(windows.UTF16(e.data("", maxText)), "\x00") {
				name, value, _ := strings.Cut(line, "=")
				switch name {
				case "Path":
					t.Paths = append(t.Paths, value)
				case "Remark", "Type", "MaxUses", "Permissions":
					t.AddDetail(name, value)
				}
			}
			t.AddTime(key.LastWritten(), keyWritten)
			if !e.give(t, yield) {
				return
			}
		}
	}
}
