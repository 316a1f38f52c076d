package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/artifacts/execution/tasks/taskstest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/testdata/scene"
)

var artefactFloods = flag.Bool("artefact-floods", false, "read the floods of artefacts that take long as well")

const (
	floodHistory = "C/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt"
	floodRecent  = "C/Users/eve/AppData/Roaming/Microsoft/Windows/Recent/"
	floodTold    = 20_000 // records of artefacts that a case has at most
)

// floods are artefacts that hold far more than a machine does, and what is to
// be said of them.
func floods() map[string]struct {
	files   func() []scene.Member
	records func(int) bool
	why     string // in a row of the coverage; "" where all is kept
} {
	at := time.Date(2026, 3, 14, 14, 7, 2, 0, time.UTC)
	one := func(name string, data []byte) []scene.Member {
		return []scene.Member{{Name: name, Data: data, Modified: at}}
	}
	const save = `reg save HKLM\SAM C:\Temp\sam.save; # `
	exactly := func(want int) func(int) bool { return func(got int) bool { return got == want } }
	type flood = struct {
		files   func() []scene.Member
		records func(int) bool
		why     string
	}
	link := shelllinktest.Link{Path: `C:\Temp\sam.save`, Created: at, Modified: at, Accessed: at, Size: 40_960}
	return map[string]flood{
		"lines of a history": {func() []scene.Member {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, "reg save HKLM\\SAM C:\\Temp\\%06d.save\n", i)
			}
			return one(floodHistory, []byte(b.String()))
		}, exactly(floodTold), "entries that may tell of copies lie beyond the bounds of what is kept"},
		"links": {func() (members []scene.Member) {
			for i := range floodTold + 10 {
				members = append(members, one(fmt.Sprintf("%s%05d.lnk", floodRecent, i), shelllinktest.File(link))...)
			}
			return members
		}, exactly(floodTold), "10 entries that may tell of copies lie beyond"},
		"files of a Prefetch": {func() []scene.Member {
			s := prefetchtest.Spec{Version: 30, Path: `\VOLUME{01d8000000000000-1a2b3c4d}\WINDOWS\SYSTEM32\REG.EXE`, Ran: []time.Time{at}}
			for i := range 100_000 {
				s.Files = append(s.Files, prefetchtest.Loaded{Path: fmt.Sprintf(`\VOLUME{01d8000000000000-1a2b3c4d}\TEMP\%06d\SAM.SAVE`, i)})
			}
			return one("C/Windows/Prefetch/"+prefetchtest.FileName(s), prefetchtest.File(s))
		}, exactly(1), ""},
		"entries that a jump list declares": {func() []scene.Member {
			b := shelllinktest.Automatic(4, shelllinktest.Entry{Path: link.Path, Opened: at, Count: 1, Link: &link})
			list := bytes.Index(b, shelllinktest.DestList(4, shelllinktest.Entry{Path: link.Path, Opened: at, Count: 1, Link: &link})[:32])
			if list < 0 {
				panic("the list is not in one piece")
			}
			binary.LittleEndian.PutUint32(b[list+4:], 1_000_000)
			return one(floodRecent+"AutomaticDestinations/5f7b5f1e01b83767.automaticDestinations-ms", b)
		}, exactly(1), "1000000"},
		"one line of a history": {func() []scene.Member {
			return one(floodHistory, []byte(save+strings.Repeat("A", 50<<20)))
		}, exactly(1), ""},
		"one line of a transcript": {func() []scene.Member {
			return one("C/Users/eve/Documents/20260314/PowerShell_transcript.X.abc.20260314150655.txt", []byte("\xEF\xBB\xBF**********************\r\nWindows PowerShell transcript start\r\nStart time: 20260314150655\r\n"+
				"Username: X\\eve\r\nMachine: X\r\nHost Application: powershell.exe\r\n**********************\r\nPS C:\\> "+save+strings.Repeat("A", 50<<20)))
		}, exactly(1), ""},
		"one line of a task": {func() []scene.Member {
			return one("C/Windows/System32/Tasks/x", taskstest.XML(taskstest.Spec{Command: "reg.exe", Arguments: `save HKLM\SAM C:\Temp\sam.save ` + strings.Repeat("A", 25<<20)}))
		}, exactly(0), "those after the first 4194304 were not read"},
	}
}

// TestArtefactFloods: whatever the evidence holds, a case is made within
// bounds, says what was left out, and is the same from one stream.
func TestArtefactFloods(t *testing.T) {
	for name, flood := range floods() {
		t.Run(name, func(t *testing.T) {
			if slices.Contains([]string{"lines of a history", "links", "files of a Prefetch"}, name) && !*artefactFloods {
				t.Skip("SKIPPED: takes long; ask for it with -artefact-floods")
			}
			for _, packing := range packings[1:3] {
				input := filepath.Join(t.TempDir(), "evidence")
				if err := packing.write(input, flood.files()); err != nil {
					t.Fatal(err)
				}
				started := time.Now()
				c := anyCase(t, input)
				info, _ := os.Stat(input)
				t.Logf("%s: %d bytes, %v, %d records, %d acts", packing.kind, info.Size(), time.Since(started), len(c.Records), len(c.Acts))
				if !flood.records(len(c.Records)) {
					t.Errorf("%s: %d records", packing.kind, len(c.Records))
				}
				if flood.why != "" && !slices.ContainsFunc(c.Coverage.Sources, func(r coverageRow) bool { return strings.Contains(r.Why, flood.why) }) {
					t.Errorf("%s: nothing says %q: %+v", packing.kind, flood.why, c.Coverage.Sources)
				}
				for _, r := range c.Records {
					if because := r["because"].([]any); len(because) > 100 {
						t.Errorf("%s: a record with %d reasons", packing.kind, len(because))
					}
				}
			}
		})
	}
}
