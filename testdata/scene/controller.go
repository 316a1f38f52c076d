package scene

import (
	"strings"
	"time"

	"hivetriage/artifacts/ese/esetest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
	"hivetriage/artifacts/hive/hivetest"
)

// controllerHost is a domain controller; its SECURITY knows the domain.
func controllerHost(changed time.Time) hivetest.Host {
	h := host(changed)
	h.Name, h.Product, h.OS, h.Build = "DC-01", "LanmanNT", "Windows Server 2022 Standard", "20348"
	h.SID = h.DomainSID
	return h
}

// Where the installation media of Controller lie.
const mediaFolder = "/Users/Public/ifm"

// Controller returns the disk of a domain controller. Somebody made
// installation media: ntds.dit, SYSTEM and SECURITY; a second ntds.dit lies
// apart, with nothing to open it. The access lists of SAM and SYSTEM let users
// in, as those of CVE-2021-36934 do, and there is a shadow copy from before.
func Controller() ([]byte, error) {
	state := func(made time.Time, more ...ntfstest.File) ([]byte, error) {
		b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x51c30a7be2d4f608, Time: installed, Size: 16 << 20})
		for _, f := range append(controllerFiles(made), more...) {
			if f.SI.Created.IsZero() {
				f.SI = always(installed)
			}
			b.Add(f)
		}
		return b.Bytes()
	}
	before, err := state(shadowedBefore)
	if err != nil {
		return nil, err
	}
	media := append(installationMedia(), ntfstest.File{Path: "/System Volume Information/" + snapshottest.FileName(0), Data: make([]byte, 100)})
	now, err := state(seized.Time, media...)
	if err != nil {
		return nil, err
	}
	volume, err := snapshottest.Build(now, snapshottest.State{Volume: before, Created: shadowedBefore})
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

// controllerFiles are what belongs on the controller.
func controllerFiles(changed time.Time) []ntfstest.File {
	h := controllerHost(changed)
	users := []ntfstest.ACE{{Flags: 0x10, Mask: 0x1200A9, SID: "S-1-5-32-545"}}
	const config = "/Windows/System32/config/"
	home := "/Users/m.vandijk"
	return []ntfstest.File{
		{Path: config + "SAM", Data: hivetest.SAM(h, hivetest.Live), Access: users},
		{Path: config + "SECURITY", Data: hivetest.SECURITY(h, hivetest.Live)},
		{Path: config + "SYSTEM", Data: hivetest.SYSTEM(h, hivetest.Live), Access: users, OwnDescriptor: true},
		{Path: home + "/NTUSER.DAT", Data: hivetest.NTUSER(h, hivetest.Live), Owner: h.DomainSID + "-1143"},
		{Path: home + "/AppData/Local/Microsoft/Windows/UsrClass.dat", Data: hivetest.UsrClass(h, hivetest.Live)},
		{Path: "/Windows/NTDS/ntds.dit", Data: esetest.Database(esetest.Dirty, 40, esetest.Directory...)},
		{Path: "/Windows/System32/ntds.dit", Data: esetest.Database(esetest.Clean, 20, esetest.Directory...)},
		{Path: "/Windows/System32/sru/SRUDB.dat", Data: esetest.Database(esetest.Dirty, 20, "MSysObjects", "SruDbIdMapTable")},
	}
}

// directoryHost is the controller with a SAM as controllers have it: it holds
// one account, for the directory's repair.
func directoryHost() hivetest.Host {
	h := controllerHost(day(13, 50, 0))
	setup := *h.Setup
	setup.Accounts, setup.Groups = []hivetest.Account{builtin(500, "Administrator", hivetest.HashAES, installed)}, nil
	h.Setup = &setup
	return h
}

// quietController are the controller's files without anything that speaks of
// an attack.
func quietController(h hivetest.Host) []ntfstest.File {
	var files []ntfstest.File
	for _, f := range controllerFiles(seized.Time) {
		f.Access, f.OwnDescriptor = nil, false
		switch {
		case strings.HasSuffix(f.Path, "/SAM"):
			f.Data = hivetest.SAM(h, hivetest.Live)
		case strings.HasSuffix(f.Path, "/SECURITY"):
			now := controllerHost(seized.Time)
			now.Setup.Audit = h.Setup.Audit
			f.Data = hivetest.SECURITY(now, hivetest.Live)
		}
		if strings.HasPrefix(f.Path, "/Windows/System32/ntds") {
			continue
		}
		f.SI = always(installed)
		files = append(files, f)
	}
	return files
}

// installationMedia are what ntdsutil's "create full" writes, and a database
// without hives.
func installationMedia() []ntfstest.File {
	h, made := controllerHost(day(13, 50, 0)), always(day(14, 5, 0))
	files := []ntfstest.File{
		{Path: mediaFolder + "/registry/SYSTEM", Data: hivetest.SYSTEM(h, hivetest.RegSave)},
		{Path: mediaFolder + "/registry/SECURITY", Data: hivetest.SECURITY(h, hivetest.RegSave)},
		{Path: mediaFolder + "/Active Directory/ntds.dit", Data: esetest.Database(esetest.Clean, 44, esetest.Directory...)},
		{Path: "/PerfLogs/report.bin", Data: esetest.Database(esetest.Clean, 42, esetest.Directory...)},
	}
	for i := range files {
		files[i].SI = made
		if strings.HasPrefix(files[i].Path, "/PerfLogs") {
			files[i].SI = always(day(2, 5, 0))
		}
	}
	return files
}
