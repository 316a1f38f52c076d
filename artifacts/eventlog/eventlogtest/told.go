package eventlogtest

import "time"

// Providers of the records below, beside those of windows.go.
const (
	powershellProvider = "Microsoft-Windows-PowerShell"
	powershellGUID     = "{A0C1853B-5C40-4B15-8766-3CF1C58F985A}"
	scmProvider        = "Service Control Manager"
	scmGUID            = "{555908D1-A6D7-4695-8E1E-26931D2012F4}"
	kernelProvider     = "Microsoft-Windows-Kernel-General"
	kernelGUID         = "{A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D}"
)

// A ShareAccess is what a Security 5145 record says.
type ShareAccess struct {
	Subject    Account
	IP, Port   string
	Share      string // `\\*\ADMIN$`
	ShareLocal string // `\??\C:\Windows`
	Target     string // RelativeTargetName
	Mask       uint64
}

// Security5145 says that an object of a share was asked for.
func Security5145(at time.Time, computer string, s ShareAccess) Record {
	return audit(5145, 0, 12811, at, computer, s.Subject.fields("Subject"), []Field{
		{"ObjectType", String, "File"},
		{"IpAddress", String, dash(s.IP)},
		{"IpPort", String, dash(s.Port)},
		{"ShareName", String, s.Share},
		{"ShareLocalPath", String, s.ShareLocal},
		{"RelativeTargetName", String, s.Target},
		{"AccessMask", HexInt64, s.Mask},
		{"AccessList", String, "%%4416\r\n\t\t\t\t"},
		{"AccessReason", String, "-"},
	})
}

// Security4697 says that a service was installed.
func Security4697(at time.Time, computer string, subject Account, name, file string) Record {
	return audit(4697, 0, 12289, at, computer, subject.fields("Subject"), []Field{
		{"ServiceName", String, name},
		{"ServiceFileName", String, file},
		{"ServiceType", String, "0x10"},
		{"ServiceStartType", String, "3"},
		{"ServiceAccount", String, "LocalSystem"},
	})
}

// Security4698 says that a task was registered; content is its XML.
func Security4698(at time.Time, computer string, subject Account, name, content string) Record {
	return audit(4698, 0, 12804, at, computer, subject.fields("Subject"), []Field{
		{"TaskName", String, name},
		{"TaskContent", String, content},
	})
}

// Security4663 says that an object was accessed: a "Key" or a "File".
func Security4663(at time.Time, computer string, subject Account, kind, name string, pid uint64, image string) Record {
	return audit(4663, 1, 12801, at, computer, subject.fields("Subject"), []Field{
		{"ObjectServer", String, "Security"},
		{"ObjectType", String, kind},
		{"ObjectName", String, name},
		{"HandleId", Pointer, 0x1a4},
		{"AccessList", String, "%%4432\r\n\t\t\t\t"},
		{"AccessMask", String, "0x1"},
		{"ProcessId", Pointer, pid},
		{"ProcessName", String, image},
		{"ResourceAttributes", String, "-"},
	})
}

// Security4720 says that an account was created.
func Security4720(at time.Time, computer string, subject, target Account) Record {
	return audit(4720, 0, 13824, at, computer, []Field{
		{"TargetUserName", String, dash(target.Name)},
		{"TargetDomainName", String, dash(target.Domain)},
		{"TargetSid", SID, target.SID},
	}, subject.fields("Subject"))
}

// System7045 says that a service was installed.
func System7045(at time.Time, computer, user, name, image string) Record {
	return Record{
		Provider: scmProvider, ProviderGUID: scmGUID, ID: 7045, Level: 4, Keywords: 0x8080000000000000,
		Time: at, Channel: SystemChannel, Computer: computer, UserSID: user, PID: 692, TID: 740,
		Data: []Field{
			{"ServiceName", String, name},
			{"ImagePath", String, image},
			{"ServiceType", String, "user mode service"},
			{"StartType", String, "demand start"},
			{"AccountName", String, "LocalSystem"},
		},
	}
}

// System7036 says that a service changed its state.
func System7036(at time.Time, computer, service, state string) Record {
	return Record{
		Provider: scmProvider, ProviderGUID: scmGUID, ID: 7036, Level: 4, Keywords: 0x8080000000000000,
		Time: at, Channel: SystemChannel, Computer: computer, PID: 692, TID: 740,
		Data: []Field{{"param1", String, service}, {"param2", String, state}},
	}
}

// KernelGeneral16 says that the access history of a hive was cleared as it was
// loaded; hive is its file in the form `\??\C:\Temp\SAM`.
func KernelGeneral16(at time.Time, computer, user, hive string) Record {
	return Record{
		Provider: kernelProvider, ProviderGUID: kernelGUID, ID: 16, Level: 4, Keywords: 0x8000000000000000,
		Time: at, Channel: SystemChannel, Computer: computer, UserSID: user, PID: 4, TID: 212,
		Data: []Field{
			{"HiveNameLength", UInt16, uint16(len(hive))},
			{"HiveName", String, hive},
			{"KeysUpdated", UInt32, 12},
			{"DirtyPages", UInt32, 3},
		},
	}
}

// PowerShell4104 is part number of total of a script block.
func PowerShell4104(at time.Time, computer, user string, pid uint32, number, total uint32, text, id string) Record {
	return Record{
		Provider: powershellProvider, ProviderGUID: powershellGUID, ID: 4104, Version: 1, Level: 3, Task: 2, Opcode: 15,
		Time: at, Channel: "Microsoft-Windows-PowerShell/Operational", Computer: computer, UserSID: user, PID: pid, TID: 5012,
		Data: []Field{
			{"MessageNumber", UInt32, number},
			{"MessageTotal", UInt32, total},
			{"ScriptBlockText", String, text},
			{"ScriptBlockId", String, id},
			{"Path", String, ""},
		},
	}
}

// SysmonEvent is a record of Sysmon with the fields that all of its records
// about a process have, and more.
func SysmonEvent(id uint16, at time.Time, computer string, f SysmonFile, more ...Field) Record {
	if f.UTC.IsZero() {
		f.UTC = at
	}
	return sysmon(id, 2, at, computer, append([]Field{
		{"RuleName", String, "-"},
		{"UtcTime", String, f.UTC.UTC().Format(SysmonTime)},
		{"ProcessGuid", GUID, orEmpty(f.GUID)},
		{"ProcessId", UInt32, f.PID},
		{"Image", String, f.Image},
		{"User", String, dash(f.User)},
	}, more...))
}
