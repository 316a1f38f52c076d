package profile_test

import (
	"slices"
	"testing"

	"hivetriage/artifacts/execution/profile"
	"hivetriage/testdata/corpora"
)

// TestCorpora counts what two real hives tell. The second was exported by
// regedit, which is in it.
func TestCorpora(t *testing.T) {
	for _, test := range []struct {
		file   string
		counts map[string]int
		lines  []string
	}{
		{"regparser_NTUSER.DAT", map[string]int{
			"MountPoints2 connected": 6, "RecentDocs opened": 6, "RunKey planned": 1, "ShellBags opened": 4, "UserAssist ran": 11,
		}, []string{
			`UserAssist ran program=C:\Program Files\Internet Explorer\iexplore.exe count=1 last ran=15:13:42`,
			`RecentDocs opened path=Not to be seen document.txt most recent entry written=15:19:23`,
			`ShellBags opened path=C:\Documents and Settings\Administrator\My Documents most recent entry written=15:19:16`,
			`RunKey planned command=C:\WINDOWS\system32\ctfmon.exe key last written=15:13:12`,
		}},
		{"ntuser_software_partial", map[string]int{
			"7-Zip opened": 21, "ComDlg32 opened": 53, "ComDlg32 ran": 13, "MountPoints2 connected": 8, "OneDrive connected": 1, "RecentDocs opened": 231,
			"Regedit opened": 1, "RunKey planned": 5, "RunMRU typed": 26, "ShellBags opened": 3, "SysinternalsEULA ran": 7, "TypedPaths typed": 4,
			"UserAssist ran": 181, "WinRAR opened": 7,
		}, []string{
			`RunMRU typed command=regedit most recent entry written=17:47:45`,
			`ComDlg32 opened path=%USERPROFILE%\Desktop\ntuser_software most recent entry written=08:33:05`,
			`ComDlg32 ran program=regedit.exe most recent entry written=08:33:05`,
			`UserAssist ran program=%SystemRoot%\regedit.exe count=5 last ran=17:47:43`,
			`ShellBags opened path=\\vmware-host\Shared Folders most recent entry written=08:24:48`,
			`MountPoints2 connected path=\\vmware-host\Shared Folders key last written=08:35:54`,
			`SysinternalsEULA ran program=ProcDump license accepted=08:22:57`,
			`OneDrive connected path=C:\Users\tony\OneDrive`,
			`WinRAR opened program=WinRAR path=C:\Users\tony\Downloads\Sysmon.zip most recent entry written=09:17:59`,
		}},
	} {
		t.Run(test.file, func(t *testing.T) {
			counts := map[string]int{}
			var lines []string
			for _, trace := range read(t, profile.Read(browse(t, corpora.Read(t, "hives", test.file)))) {
				counts[trace.Artefact+" "+string(trace.Deed)]++
				lines = append(lines, line(trace))
			}
			for name, want := range test.counts {
				if counts[name] != want {
					t.Errorf("%s: %d, want %d", name, counts[name], want)
				}
				delete(counts, name)
			}
			if len(counts) > 0 {
				t.Errorf("also %v", counts)
			}
			for _, want := range test.lines {
				if !slices.Contains(lines, want) {
					t.Errorf("no %q", want)
				}
			}
		})
	}
}
