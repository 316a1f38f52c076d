package scene

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
)

// A batchHost is one computer of a batch.
type batchHost struct {
	name, ip  string
	number    int // makes its SID, users and times differ from others'
	server    bool
	gateway   bool // runs the service ScanGateway, with the account svc.scangw
	user      eventlogtest.Account
	cached    []eventlogtest.Account // domain accounts whose logons it keeps, beside its user
	collected time.Time
	story     story
	files     []File // beside what each host has
	plants    []batchPlant
	mounts    *hivetest.Key
	quiet     []string // channels that were not collected
}

// batchUsers are the names of those who work at the hosts.
var batchUsers = []string{"a.visser", "b.smit", "c.meijer", "d.mulder", "e.bakker", "f.peters", "g.dekker", "h.brouwer", "i.dijkstra", "j.koning",
	"k.postma", "l.kuiper", "n.willems", "o.hoekstra", "p.verhoeven", "r.schouten", "v.prins", "w.huisman", "y.kramer", "z.timmer"}

func newBatchHost(number int, name, ip string) *batchHost {
	user := fmt.Sprintf("%s%d", batchUsers[number%len(batchUsers)], number/len(batchUsers)+1)
	return &batchHost{name: name, ip: ip, number: number, collected: collected.Add(time.Duration(number%150) * time.Minute), story: story{},
		user: eventlogtest.Account{SID: fmt.Sprintf("%s-%d", domainSID, 2100+number), Name: user, Domain: domain, LogonID: 0x1f4c83 + uint64(number)<<8}}
}

func (h *batchHost) sid() string {
	return fmt.Sprintf("S-1-5-21-%d-%d-%d", 2110345871+1009*h.number, 1340197683+7*h.number, 3817362049-11*h.number)
}

// people are the domain accounts whose logons the host keeps.
func (h *batchHost) people() []eventlogtest.Account {
	return append([]eventlogtest.Account{h.user}, h.cached...)
}

// described is the host as its hives describe it, last changed at a time.
func (h *batchHost) described(changed time.Time) hivetest.Host {
	d := host(changed)
	d.Name, d.SID, d.Filler = h.name, h.sid(), 120<<10
	if h.server {
		d.OS, d.Build, d.Product = "Windows Server 2022 Standard", "20348", "ServerNT"
	}
	d.Setup = h.setup()
	d.More = map[string]*hivetest.Key{"SYSTEM": h.address()}
	if h.mounts != nil {
		d.More["SYSTEM"].Merge(h.mounts)
	}
	return d
}

// address is what the settings of the network card say: a server's address is
// fixed, others get theirs from DHCP.
func (h *batchHost) address() *hivetest.Key {
	card := &hivetest.Key{Name: fmt.Sprintf("{4D36E972-E325-11CE-BFC1-%012X}", h.number), Values: []hivetest.Value{
		hivetest.Number("EnableDHCP", 1), hivetest.Text("DhcpIPAddress", h.ip), hivetest.Text("DhcpSubnetMask", "255.255.0.0"), hivetest.Text("DhcpServer", "10.20.40.10")}}
	if h.server {
		list := func(name, text string) hivetest.Value { // the string and the list each end with a NUL
			return hivetest.Value{Name: name, Type: hivetest.MultiSZ, Data: []byte(strings.Join(strings.Split(text+"\x00\x00", ""), "\x00") + "\x00")}
		}
		card.Values = []hivetest.Value{hivetest.Number("EnableDHCP", 0), list("IPAddress", h.ip), list("SubnetMask", "255.255.0.0")}
	}
	return registrytest.At(`ControlSet001\Services\Tcpip\Parameters\Interfaces`, card)
}

// setup is what its hives tell of accounts, secrets and services.
func (h *batchHost) setup() *hivetest.Setup {
	joined := time.Date(2025, 11, 3, 9, 12, 40, 0, time.UTC).Add(time.Duration(h.number) * time.Hour)
	administrator := local(500, "Administrator", joined, joined.AddDate(0, 1, 0))
	s := &hivetest.Setup{
		Accounts: []hivetest.Account{administrator, builtin(501, "Guest", hivetest.NoHashAES, time.Time{}),
			builtin(503, "DefaultAccount", hivetest.NoHashAES, time.Time{}), builtin(504, "WDAGUtilityAccount", hivetest.HashAES, joined)},
		Groups: []hivetest.Group{{RID: 544, Name: "Administrators", Members: []string{h.sid() + "-500", domainSID + "-512"}},
			{RID: 545, Name: "Users", Members: []string{"S-1-5-11", domainSID + "-513"}}},
		Secrets: []hivetest.Secret{{Name: "$MACHINE.ACC", Updated: joined.AddDate(0, 3, 0), Length: 332, Old: 332},
			{Name: "DPAPI_SYSTEM", Updated: joined, Length: 124, Old: 124}, {Name: "NL$KM", Updated: joined, Length: 156}},
		DNSDomain: dnsDomain, MachineAccount: uint32(20_000 + h.number),
		Audit: audit(map[int]uint16{27: 3}), // Detailed File Share
		Services: []*hivetest.Key{hivetest.ServiceKey("RemoteRegistry", `NT AUTHORITY\LocalService`, `%SystemRoot%\system32\svchost.exe -k localService`, 3, 0x20),
			hivetest.ServiceKey("Sysmon64", "LocalSystem", `C:\Windows\Sysmon64.exe`, 2, 0x10), hivetest.ServiceKey("SysmonDrv", "", `SysmonDrv.sys`, 0, 1)},
		CommandLines: true, Profiles: map[string]string{},
	}
	if h.gateway {
		s.Secrets = append(s.Secrets, hivetest.Secret{Name: "_SC_ScanGateway", Updated: joined.AddDate(0, 0, 2), Length: 108})
		s.Services = append(s.Services, hivetest.ServiceKey("ScanGateway", scanAccount, `C:\Program Files\ScanGateway\gateway.exe`, 2, 0x10))
	}
	for _, a := range h.people() {
		var rid uint32
		fmt.Sscanf(strings.TrimPrefix(a.SID, domainSID+"-"), "%d", &rid)
		s.Cached = append(s.Cached, hivetest.CachedLogon{RID: rid, Written: day(7, 50, 30).AddDate(0, 0, -len(s.Cached)), Domain: domain, DNS: dnsDomain})
		s.Profiles[a.SID] = `C:\Users\` + a.Name
	}
	return s
}

// copied is a copy of a hive as reg.exe saves it at a time.
func (h *batchHost) copied(hive string, at time.Time) []byte {
	write := map[string]func(hivetest.Host, hivetest.Profile) []byte{"SAM": hivetest.SAM, "SECURITY": hivetest.SECURITY, "SYSTEM": hivetest.SYSTEM}[hive]
	return write(h.described(at), hivetest.RegSave)
}

// A batchPlant is a copy of a hive on a host.
type batchPlant struct {
	Plant
	name string // the last part of its path
	data []byte
}

// plant puts a copy of a hive on the host's drive C.
func (h *batchHost) plant(hive, path string, data []byte, at time.Time, how string) {
	f := h.add(path, data, at)
	h.plants = append(h.plants, batchPlant{name: path[strings.LastIndexByte(path, '\\')+1:], data: data,
		Plant: Plant{Path: f.Path, Hive: hive, State: "live", How: how, Size: int64(len(data)), SHA256: sum(data)}})
}

// add puts a file that was made at a time on drive C, by its path in Windows.
func (h *batchHost) add(path string, data []byte, at time.Time) File {
	f := File{Path: strings.ReplaceAll(strings.TrimPrefix(path, "C:"), `\`, "/"), Data: data, Times: always(at)}
	h.files = append(h.files, f)
	return f
}

// sum is the SHA-256 of data in lower-case hexadecimal digits.
func sum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// collection returns what a collector finds on the host: its live hives, its
// logs and what else it has.
func (h *batchHost) collection() []File {
	d := h.described(h.collected.Add(-20 * time.Minute))
	var files []File
	add := func(path string, data []byte) {
		t := artifacts.Times{Created: installed, Modified: d.Time, Changed: d.Time, Accessed: d.Time}
		files = append(files, File{Path: path, Data: data, Times: t})
	}
	const config = "/Windows/System32/config/"
	add(config+"SAM", hivetest.SAM(d, hivetest.Live))
	add(config+"SECURITY", hivetest.SECURITY(d, hivetest.Live))
	add(config+"SYSTEM", hivetest.SYSTEM(d, hivetest.Live))
	add(config+"SOFTWARE", hivetest.SOFTWARE(d, hivetest.Live))
	home := "/Users/" + h.user.Name
	add(home+"/NTUSER.DAT", hivetest.NTUSER(d, hivetest.Live))
	add(home+"/AppData/Local/Microsoft/Windows/UsrClass.dat", hivetest.UsrClass(d, hivetest.Live))
	add("/Windows/appcompat/Programs/Amcache.hve", hivetest.Amcache(d, hivetest.Live))
	add("/Windows/INF/setupapi.dev.log", prose(uint64(900+h.number), 120<<10))
	for i := range 4 {
		s := prefetchtest.Spec{Version: 30, Path: strings.ToUpper(diskDevice + installedProgram(i+h.number%7)), Count: uint32(i + 3), Packing: prefetchtest.MAM, Hashed: true,
			Ran: []time.Time{day(8, 20+i, 0)}, Volumes: []prefetchtest.Volume{{Device: diskVolume, Created: installed, Serial: 0x9c2e7b41}}}
		add("/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s))
	}
	return append(append(files, h.logs()...), h.files...)
}

// logs are the files of the host's channels.
func (h *batchHost) logs() []File {
	h.moved()
	var files []File
	for _, channel := range []string{eventlogtest.SecurityChannel, eventlogtest.SystemChannel, eventlogtest.SysmonChannel} {
		if slices.Contains(h.quiet, channel) || len(h.story[channel]) == 0 {
			continue
		}
		records := h.story.records(channel)
		for i := range records {
			records[i].RecordID += uint64(h.number) * 4099
		}
		data := eventlogtest.New(eventlogtest.Options{}).Add(records...).Bytes()
		files = append(files, File{Path: logPath(channel), Data: data, Times: artifacts.Times{Created: installed, Modified: records[len(records)-1].Time,
			Changed: records[len(records)-1].Time, Accessed: installed}})
	}
	return files
}

// moved makes the host's story one of this host: its name, and its part of
// the GUIDs of Sysmon.
func (h *batchHost) moved() {
	const guid = "{6F2C41D8-"
	h.story.on(h.name)
	for _, records := range h.story {
		for i := range records {
			for k, f := range records[i].Data {
				if text, ok := f.Value.(string); ok && strings.HasPrefix(text, guid) {
					records[i].Data[k].Value = fmt.Sprintf("{6F2D%04X-", h.number) + text[len(guid):]
				}
			}
		}
	}
}
