package locate

import "testing"

func TestJournaled(t *testing.T) {
	for path, want := range map[string]string{
		"/Users/Public/sam.save":                    "SAM",
		"/Windows/Temp/SECURITY":                    "SECURITY",
		"/Temp/security.bak":                        "SECURITY",
		"/PerfLogs/SYSTEM":                          "SYSTEM",
		"/Users/eve/system.dat":                     "SYSTEM weak",
		"/$OrphanFiles/unknown parent 1-2/SAM":      "SAM weak",
		"/$OrphanFiles/unknown parent 1-2/sam.save": "SAM",
		"/Windows/System32/config/SAM":              "",
		"/Windows/System32/config/RegBack/SYSTEM":   "",
		"/Users/eve/sample.save":                    "",
		"/Windows/Temp/QwErTyUi.tmp":                "",
		"/Windows/SYSVOL/sysvol/SAM_1a2b3c4d":       "SAM",
		"/Users/eve/SAM_1a2b3c4d":                   "",
		"/Users/eve/AppData/Local/Temp/SAM-14.dmp":  "SAM",
		"/Users/eve/SAM-14.dmp":                     "",
		"/Tools/sam.out":                            "SAM",
		"/Tools/system.out":                         "",
	} {
		lead, ok := Journaled(Place{Path: path, State: StateReported})
		got := lead.Hive
		if lead.Weak {
			got += " weak"
		}
		if got != want || ok != (want != "") || ok && lead.Why == "" {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for name, want := range map[string]bool{"QwErTyUi.tmp": true, "QwErTyU1.tmp": false, "QwErTyUiO.tmp": false, "sam.save": false} {
		if RemoteName(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// Most names of a volume cost no more than a look at their first letter.
func BenchmarkReportedName(b *testing.B) {
	names := [][]byte{[]byte("api-ms-win-core-file-l1-1-0.dll"), []byte("invoice 2026-14.csv"), []byte("settings.json"), []byte("usbstor.inf_loc"), []byte("ABCD1234.tmp")}
	b.SetBytes(int64(len(names)))
	for b.Loop() {
		for _, n := range names {
			if ReportedName(n, nil) {
				b.Fatalf("%s", n)
			}
		}
	}
}
