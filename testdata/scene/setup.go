package scene

import (
	"fmt"
	"maps"
	"time"

	"hivetriage/artifacts/hive/hivetest"
)

// Accounts in the hives, beside those of the story.
const (
	scanRID     = 1003
	financeRID  = 1002
	scanAccount = domain + `\svc.scangw` // that the service ScanGateway runs as
)

// setup is what the hives tell beyond names: accounts, secrets by name and
// cached logons, services, and what the machine was told to record.
func setup() *hivetest.Setup {
	joined := time.Date(2025, 11, 3, 9, 12, 40, 0, time.UTC)
	return &hivetest.Setup{
		Accounts: []hivetest.Account{
			builtin(500, "Administrator", hivetest.HashAES, joined), builtin(501, "Guest", hivetest.NoHashAES, time.Time{}),
			builtin(503, "DefaultAccount", hivetest.NoHashAES, time.Time{}), builtin(504, "WDAGUtilityAccount", hivetest.HashAES, joined),
			local(financeRID, "fin.local", time.Date(2026, 1, 19, 8, 5, 51, 0, time.UTC), time.Date(2026, 2, 27, 7, 41, 12, 0, time.UTC)),
			local(scanRID, "svc.scan", time.Date(2024, 6, 7, 12, 44, 3, 0, time.UTC), time.Date(2026, 3, 13, 22, 0, 4, 0, time.UTC)),
		},
		Groups: []hivetest.Group{
			{RID: 544, Name: "Administrators", Members: []string{machine + "-500", fmt.Sprintf("%s-%d", machine, scanRID), domainSID + "-512"}},
			{RID: 545, Name: "Users", Members: []string{"S-1-5-11", domainSID + "-513"}},
			{RID: 555, Name: "Remote Desktop Users"},
		},
		Secrets: []hivetest.Secret{
			{Name: "$MACHINE.ACC", Updated: time.Date(2026, 3, 1, 4, 17, 2, 0, time.UTC), Length: 332, Old: 332}, {Name: "DPAPI_SYSTEM", Updated: joined, Length: 124, Old: 124},
			{Name: "NL$KM", Updated: joined, Length: 156}, {Name: "_SC_ScanGateway", Updated: joined.AddDate(0, 0, 2), Length: 108},
		},
		Cached: []hivetest.CachedLogon{
			{RID: 1143, Written: day(7, 52, 30), Domain: domain, DNS: dnsDomain},
			{RID: 1107, Written: time.Date(2026, 3, 2, 15, 20, 9, 0, time.UTC), Domain: domain, DNS: dnsDomain},
			{RID: 500, Written: joined, Domain: domain, DNS: dnsDomain},
		},
		DNSDomain: dnsDomain, MachineAccount: 1122,
		Audit: audit(nil),
		Services: []*hivetest.Key{
			hivetest.ServiceKey("RemoteRegistry", `NT AUTHORITY\LocalService`, `%SystemRoot%\system32\svchost.exe -k localService`, 4, 0x20),
			hivetest.ServiceKey("ScanGateway", scanAccount, `C:\Program Files\ScanGateway\gateway.exe`, 2, 0x10),
			hivetest.ServiceKey("Sysmon64", "LocalSystem", `C:\Windows\Sysmon64.exe`, 2, 0x10),
			hivetest.ServiceKey("SysmonDrv", "", `SysmonDrv.sys`, 0, 1),
		},
		CommandLines: true,
		Profiles:     map[string]string{adminSID: `C:\Users\admin.jansen`, userSID: `C:\Users\m.vandijk`},
	}
}

// audit is a policy that records logons, logoffs and process creations, and
// what else is told by its place in the policy.
func audit(more map[int]uint16) []byte {
	settings := map[int]uint16{5: 3, 6: 1, 33: 1} // Logon, Logoff, Process Creation
	maps.Copy(settings, more)
	return hivetest.AuditPolicy([]uint16{5, 11, 14, 3, 6, 6, 6, 4, 4}, settings)
}

// recordingShares is a host that records what sessions over the network begin
// with (4672) and open (5145).
func recordingShares(h hivetest.Host) hivetest.Host {
	setup := *h.Setup
	setup.Audit = audit(map[int]uint16{9: 1, 27: 3}) // Special Logon, Detailed File Share
	h.Setup = &setup
	return h
}

func builtin(rid uint32, name string, hash hivetest.Hash, set time.Time) hivetest.Account {
	return hivetest.Account{RID: rid, Name: name, Control: hivetest.Normal | hivetest.Disabled | hivetest.NeverExpires, PasswordSet: set,
		LM: hivetest.NoHashAES, NT: hash, Histories: [2]hivetest.Hash{hivetest.NoHashAES, hivetest.NoHashAES}}
}

func local(rid uint32, name string, set, logon time.Time) hivetest.Account {
	return hivetest.Account{RID: rid, Name: name, Control: hivetest.Normal | hivetest.NeverExpires, PasswordSet: set, LastLogon: logon, Logons: 17,
		LM: hivetest.NoHashAES, NT: hivetest.HashAES, Histories: [2]hivetest.Hash{hivetest.HashAES, hivetest.NoHashAES}}
}

// passwordSet is when the password of fin.local was set again, two hours after
// the exports were made.
var passwordSet = day(16, 5, 17.5)

// passwordChanged is a host as it was after that.
func passwordChanged(h hivetest.Host) hivetest.Host {
	setup := *h.Setup
	setup.Accounts = append([]hivetest.Account(nil), setup.Accounts...)
	for i := range setup.Accounts {
		if a := &setup.Accounts[i]; a.RID == financeRID {
			a.PasswordSet, a.Written = passwordSet, passwordSet
		}
	}
	h.Setup = &setup
	return h
}
