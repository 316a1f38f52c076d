package layout

import (
	"slices"
	"strings"
	"testing"
)

// listOf lists the folders of a tree that is given by the paths of its files; a
// path that ends in "/" is an empty folder.
func listOf(paths ...string) func(string) []string {
	return func(dir string) (names []string) {
		for _, p := range paths {
			rest, inside := strings.CutPrefix(p, strings.TrimPrefix(dir+"/", "/"))
			if name, _, _ := strings.Cut(rest, "/"); inside && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names
	}
}

func TestWhole(t *testing.T) {
	for _, c := range []struct {
		name  string
		paths []string
		want  string // the beginning; "" for none
	}{
		{"empty", nil, ""},
		{"a volume", []string{"Windows/System32/config/SAM", "Users/x"}, VolumeRoot},
		{"a part of one", []string{"Windows/System32/config/SAM"}, WindowsAlone},
		{"a volume in other case", []string{"WINDOWS/system32/Config/SAM", "windows/x", "USERS/x"}, VolumeRoot},
		{"a volume of two cases", []string{"windows/x", "Windows/System32/winevt/Logs/a.evtx"}, WindowsAlone},
		{"Windows 2000", []string{"WINNT/system32/config/SAM", "Documents and Settings/x"}, VolumeRoot},
		{"a data disk", []string{"$RECYCLE.BIN/x", "System Volume Information/y"}, VolumeRoot},
		{"a folder named Windows", []string{"Windows/notes.txt"}, ""},
		{"an empty config", []string{"Windows/System32/config/"}, ""},
		{"KAPE", []string{"C/Windows/System32/config/SAM", "2026_ConsoleLog.txt"}, DriveRoots},
		{"KAPE's log beside few files", []string{"C/Users/x.dat", "2026_CopyLog.csv"}, DriveRoots},
		{"a drive with a $MFT", []string{"D/$MFT"}, DriveRoots},
		{"shadow copies", []string{"vss1/C/Windows/System32/config/SAM"}, DriveRoots},
		{"folders named by letters", []string{"A/x.zip", "B/y.zip", "C/z.zip"}, ""},
		{"Velociraptor", []string{"uploads/auto/x", "client_info.json"}, "Velociraptor"},
		{"Velociraptor without a mark", []string{"uploads/auto/C%3A/Windows/System32/config/SAM"}, "folders of Velociraptor"},
		{"uploads of anybody", []string{"uploads/auto/x"}, ""},
		{"uploads of others", []string{"uploads/x", "client_info.json"}, ""},
		{"DFIR-ORC", []string{"GetThis.csv", "AB_SAM"}, "DFIR-ORC"},
		{"DFIR-ORC's parts", []string{"General/GetThis.csv", "NTFSInfo_volstats.csv"}, "DFIR-ORC"},
		{"two of DFIR-ORC", []string{"WS1/GetThis.csv", "WS2/GetThis.csv"}, ""},
		{"acquire", []string{"fs/c:/x"}, "acquire"},
		{"acquire without letters", []string{"fs/$fs$/fs0/x"}, "acquire"},
		{"a folder fs", []string{"fs/notes.txt", "C:/x"}, ""},
		{"Tanium", []string{"file/C/x", "collector/info.txt"}, "Tanium"},
		{"UAC", []string{"[root]/etc/x", "uac.log"}, "UAC"},
		{"Defender", []string{"Autoruns/a", "Processes/b", "Services/c", "Prefetch files/d", "SMB sessions/e"}, "folders of Defender"},
		{"four of Defender's", []string{"Autoruns/a", "Processes/b", "Services/c", "Prefetch files/d"}, ""},
		{"ir-rescue", []string{"data/reg/sys/SAM-live", "data/evt/evtx/Security.evtx"}, "ir-rescue"},
		{"half of ir-rescue", []string{"evt/evtx/Security.evtx"}, ""},
		{"a file table", []string{"$MFT", "a.evtx"}, TableAlone},
		{"a folder of hosts", []string{"WS1/C/Windows/System32/config/SAM", "WS2/Windows/System32/config/SAM", "notes.txt"}, ""},
	} {
		got := Whole(listOf(c.paths...))
		if (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDrives(t *testing.T) {
	got := Drives(listOf("C/Windows/System32/config/SAM", "D/data", "E/", "Logs/x", "WS1.zip"))
	if want := []string{"C", "D"}; !slices.Equal(got, want) {
		t.Errorf("drives %q, want %q", got, want)
	}
}
