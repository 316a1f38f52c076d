package scene

import (
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

const (
	diskVolume   = `\VOLUME{01d9a7c25e08d3a6-9c2e7b41}` // as Prefetch names the volume
	diskDevice   = `\Device\HarddiskVolume3`            // as BAM does
	actorHome    = "/Users/admin.jansen/"
	actorHistory = actorHome + "AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt"
)

// typed is what the session's PowerShell kept of what was entered: how sys.tmp
// and d.tmp came to be where they are.
const typed = "hostname\r\nGet-PSDrive -PSProvider FileSystem\r\ncd C:\\Users\\Public\\Libraries\r\n" +
	"Move-Item $env:TEMP\\sys.tmp C:\\ProgramData\\Intel\\gfx_cache.dat\r\ndir C:\\ProgramData\\Intel\r\nRemove-Item .\\d.tmp\r\nexit\r\n"

// When the story's programs and the person at them left other traces.
var (
	linkOpened    = day(14, 8, 20.75)
	shellLeft     = day(14, 15, 41.3)
	toolEnded     = day(14, 9, 37.6224)
	runDialogue   = day(14, 6, 31.82)
	regRuns       = []time.Time{day(14, 10, 50.1120443), day(14, 7, 41.2011846), day(14, 7, 2.6522904), ledgerSaved.Add(-90 * time.Millisecond), day(9, 12, 58.125), day(3, 0, 2.95), day(3, 0, 2.55), day(3, 0, 2.15)}
	renamedRun    = []time.Time{day(14, 9, 37.4715020)}
	prefetchDelay = 10 * time.Second // after a program's start its trace is written
)

// remains are the artefacts beside logs and copies that the act left: Prefetch,
// what the actor typed, opened and ran.
func remains() []ntfstest.File {
	var files []ntfstest.File
	add := func(path string, data []byte, made, written time.Time) {
		times := artifacts.Times{Created: made, Modified: written, Changed: written, Accessed: written}
		files = append(files, ntfstest.File{Path: path, Data: data, SI: times, FN: always(made), Owner: adminSID})
	}
	prefetch := func(program string, count uint32, made time.Time, ran []time.Time, loaded ...string) {
		s := prefetchtest.Spec{Version: 30, Path: strings.ToUpper(diskDevice + program), Ran: ran, Count: count, Packing: prefetchtest.MAM, Hashed: true,
			Volumes: []prefetchtest.Volume{{Device: diskVolume, Created: installed, Serial: 0x9c2e7b41}}}
		for _, f := range append([]string{`\Windows\System32\ntdll.dll`, program, `\Windows\System32\kernel32.dll`, `\Windows\System32\advapi32.dll`}, loaded...) {
			s.Files = append(s.Files, prefetchtest.Loaded{Path: diskVolume + strings.ToUpper(f)})
		}
		add("/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s), made.Add(prefetchDelay), ran[0].Add(prefetchDelay))
	}
	prefetch(`\Windows\System32\reg.exe`, 9, softwareSaved, regRuns, `\Users\Public\Libraries\sam.hiv`)
	prefetch(`\Users\Public\Libraries\dllsvc.exe`, 1, renamedRun[0], renamedRun, `\Users\Public\Libraries\d.tmp`)
	add(actorHistory, []byte(typed), day(14, 11, 58.2), shellLeft)
	add(actorHome+"AppData/Roaming/Microsoft/Windows/Recent/sam.hiv.lnk", shelllinktest.File(shelllinktest.Link{
		Path: `C:\Users\Public\Libraries\sam.hiv`, Created: samSaved, Modified: samSaved, Accessed: samSaved, Size: 16384, Serial: 0x9c2e7b41, Label: "Windows", Machine: strings.ToLower(hostName),
	}), linkOpened, linkOpened)
	for i := range files {
		if strings.HasPrefix(files[i].Path, "/Windows/") {
			files[i].Owner = ""
		}
	}
	return files
}

// usedHives are the live hives with what they keep of the actor's programs: of
// SYSTEM the moderator of background activity, of the actor's own hive what was
// started and entered on the desktop.
func usedHives() []ntfstest.File {
	files := hives()
	more := func(h hivetest.Host, hive string, key *hivetest.Key) hivetest.Host {
		h.More = map[string]*hivetest.Key{hive: key}
		return h
	}
	bam := registrytest.BAM(`bam\State`,
		registrytest.Run{SID: adminSID, Program: diskDevice + `\Users\Public\Libraries\dllsvc.exe`, Ended: toolEnded},
		registrytest.Run{SID: adminSID, Program: diskDevice + `\Windows\explorer.exe`, Ended: day(14, 18, 55.6)},
		registrytest.Run{SID: userSID, Program: diskDevice + `\Windows\explorer.exe`, Ended: day(12, 30, 11.4)})
	desk := profiletest.Root(profiletest.Spec{Time: seized.Time,
		Started: []profiletest.Program{{Path: `{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\cmd.exe`, Runs: 1, Focus: 3, InFocus: 9 * time.Minute, Last: runDialogue}},
		RunMRU:  profiletest.List{Newest: runDialogue, Entries: []string{"cmd"}}})
	for i := range files {
		switch files[i].Path {
		case "/Windows/System32/config/SYSTEM":
			files[i].Data = hivetest.SYSTEM(more(larger(seized), "SYSTEM", bam), hivetest.Live)
		case "/Windows/System32/config/SYSTEM.LOG1":
			files[i].Data = transactionLog(hivetest.SYSTEM(more(larger(seized), "SYSTEM", bam), hivetest.Live))
		case actorHome + "NTUSER.DAT":
			files[i].Data = hivetest.NTUSER(more(seized, "NTUSER", desk), hivetest.Live)
		}
	}
	return files
}
