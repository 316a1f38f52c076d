package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/fat/fattest"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage"
	"hivetriage/triage/destination"
)

// saved is a copy of the host's SAM.
func savedSAM() []byte {
	return hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour), Saved: act}, hivetest.RegSave)
}

// logOf is a Security log with commands.
func logOf(lines ...string) []byte {
	w := eventlogtest.New(eventlogtest.Options{})
	for i, line := range lines {
		w.Add(eventlogtest.Security4688(act, "WS01", eventlogtest.NewProcess{Subject: eventlogtest.Account{SID: "S-1-5-21-1-2-3-1001", Name: "eve", Domain: "WS01", LogonID: 0x1234},
			PID: uint64(0x1000 + 4*i), Image: `C:\Windows\System32\reg.exe`, ParentPID: 0x800, ParentImage: `C:\Windows\System32\cmd.exe`, CommandLine: line}))
	}
	return w.Bytes()
}

// TestReach follows copies to where others can fetch them, by the names of
// places and by what the evidence tells of them.
func TestReach(t *testing.T) {
	const stick = `_??_USBSTOR#Disk&Ven_SanDisk&Prod_Cruzer&Rev_1.00#20044#{53f56307-b6bf-11d0-94f2-00a0c91efb8b}`
	shares := hivetest.Value{Name: "drop", Type: hivetest.MultiSZ, Data: multi("Path=C:\\Drop", "Type=0")}
	system := registrytest.At(`ControlSet001\Services\LanmanServer`, &hivetest.Key{Name: "Shares", Values: []hivetest.Value{shares}}).
		Merge(registrytest.Mounted(hivetest.Value{Name: `\DosDevices\E:`, Type: hivetest.Binary, Data: registrytest.DeviceName(stick)}))
	for _, c := range []struct {
		name    string
		more    map[string]*hivetest.Key
		files   map[string][]byte
		reach   destination.Reach
		row     string
		attack  string
		summary string
		do      string // in the response
		next    string // in step 5
	}{
		{"a folder of OneDrive", nil, map[string][]byte{"C/Users/eve/OneDrive - Nordwind/sam.save": savedSAM()}, destination.Reachable, "onedrive", "T1567.002", "1 can be fetched from outside (/Users/eve/OneDrive", "out of the synchronised folder", "audit log"},
		{"a folder that OneDrive's settings name", nil, map[string][]byte{"C/Work/sam.save": savedSAM(), "C/Users/eve/NTUSER.DAT": profiletest.NTUSER(profiletest.Spec{Time: act,
			Synced: []profiletest.Sync{{Account: "Business1", Folder: `C:\Work`}}})}, destination.Reachable, "onedrive", "T1567.002", "can be fetched from outside", "out of the synchronised folder", "audit log"},
		{"a web root", nil, map[string][]byte{"C/inetpub/wwwroot/logo.png": savedSAM()}, destination.Reachable, "webroot", "T1048", "can be fetched from outside", "from the web root first", "GET requests"},
		{"SYSVOL", nil, map[string][]byte{"C/Windows/SYSVOL/sysvol/SAM_DC01": savedSAM()}, destination.Reachable, "sysvol", "T1039", "can be fetched from outside", "from SYSVOL", "5145"},
		{"a share of the host", map[string]*hivetest.Key{"SYSTEM": system}, map[string][]byte{"C/Drop/sam.save": savedSAM()}, destination.Reachable, "share", "T1021.002", "can be fetched from outside", "Close the share", "5145"},
		{"the other end of a remote desktop", nil, map[string][]byte{"C/Windows/System32/winevt/Logs/Security.evtx": logOf(`reg save HKLM\SAM \\tsclient\C\t\sam.save`)},
			destination.Left, "tsclient", "T1048", `1 left the host (\\tsclient\C\t\sam.save).`, "seize the copy there", "source computer"},
		{"a stick that is not there", map[string]*hivetest.Key{"SYSTEM": system}, map[string][]byte{"C/Windows/System32/winevt/Logs/Security.evtx": logOf(`reg save HKLM\SAM E:\sam.save`)},
			destination.Removable, "removable", "T1052.001", "lay on removable media (E:\\sam.save); whether they were taken on from there is unknown", "Find the removable medium", "the medium"},
		{"a folder that all can read", nil, map[string][]byte{"C/Users/Public/sam.save": savedSAM()}, destination.Staged, "public", "T1074.001", "lay where things are put aside (/Users/Public/sam.save); whether it left the host is unknown", "", ""},
		{"any folder", nil, map[string][]byte{"C/Users/eve/sam.save": savedSAM()}, "", "", "", "1 is live; whether it left the host is unknown", "", ""},
		{"two places", nil, map[string][]byte{"C/Users/eve/sam.save": savedSAM(), "C/Users/eve/Dropbox/sam.save": savedSAM()}, destination.Reachable, "dropbox", "T1567.002", "whether the others left the host is unknown", "synchronised folder", "audit log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := hostFiles(c.more)
			for name, data := range c.files {
				files[name] = data
			}
			got := triaged(t, files)
			if len(got.Acts) != 1 {
				t.Fatalf("%d acts: %+v", len(got.Acts), got.Acts)
			}
			a := got.Acts[0]
			w := a.Whereabouts[0]
			for _, other := range a.Whereabouts {
				if destination.Compare(other.Reach, w.Reach) < 0 {
					w = other
				}
			}
			if w.Reach != c.reach || w.Destination != c.row || (w.Why == "") != (c.row == "") {
				t.Errorf("%+v", w)
			}
			if c.attack != "" && !slices.Contains(a.Attack, c.attack) {
				t.Errorf("ATT&CK %q", a.Attack)
			}
			if !slices.ContainsFunc(got.Summary, func(s string) bool { return strings.Contains(s, c.summary) }) {
				t.Errorf("summary %q", got.Summary)
			}
			check5(t, got, c.reach, c.do, c.next)
		})
	}
}

// check5 looks at what step 5 and the response say of the places.
func check5(t *testing.T, c *triage.Case, reach destination.Reach, do, next string) {
	t.Helper()
	step := c.Guide[4]
	_, lie, _ := strings.Cut(step.Answer, "\n")
	first, _, _ := strings.Cut(strings.TrimSpace(lie), "\n")
	if reach != "" && !strings.Contains(first, ", "+string(reach)+": ") {
		t.Errorf("step 5 begins %q", first)
	}
	if next != "" && !strings.Contains(strings.Join(step.Next, "\n"), next) {
		t.Errorf("next %q", step.Next)
	}
	var said []string
	for _, a := range c.Response {
		said = append(said, a.Action)
	}
	if i := slices.IndexFunc(said, func(s string) bool { return strings.Contains(s, do) }); do != "" && (i < 0 || c.Response[i].Priority != 1 || c.Response[i].Step != "2") {
		t.Errorf("the response %q", said)
	}
}

// TestReachStick finds copies on a stick of its own.
func TestReachStick(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stick.raw")
	b := fattest.New(fattest.Options{Kind: fattest.FAT16, Size: 16 << 20, Cluster: 2048, Label: "KINGSTON"})
	b.Add(fattest.File{Path: "/SAM.SAV", Data: savedSAM()})
	volume, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, volume)
	c := run(t, path)
	if len(c.Acts) != 1 || c.Acts[0].Whereabouts[0].Destination != "removable" || !strings.Contains(c.Acts[0].Whereabouts[0].Why, "FAT") {
		t.Errorf("%+v", c.Acts)
	}
}

func multi(lines ...string) (b []byte) {
	for _, l := range append(lines, "") {
		for _, u := range l + "\x00" {
			b = append(b, byte(u), 0)
		}
	}
	return b
}
