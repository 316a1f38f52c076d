package layout

import "testing"

func TestMayBeVolume(t *testing.T) {
	const log = "2026-03-14T203000_CopyLog.csv"
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{nil, false},
		{[]string{"$MFT", "$Extend", "System Volume Information"}, false},
		{[]string{log}, false},
		{[]string{"$MFT", "C", log, "2026-03-14T203000_SkipLog.csv.csv", "2026-03-14T203000_ConsoleLog.txt", "$RECYCLE.BIN"}, true},
		{[]string{"c", "D", "VSS1"}, true},
		{[]string{"C", log, "Windows"}, false},
		{[]string{"C", log, "holiday.jpg"}, false},
		{[]string{"Windows", "Users", "Program Files"}, false},
		{[]string{"C", "CyLR_Collection_Log_2026.log"}, true},
		{[]string{"uploads", "results", "client_info.json", "uploads.json"}, true},
		{[]string{"uploads", "results"}, false},
		{[]string{"client_info.json"}, false},
	} {
		if got := MayBeVolume(c.names); got != c.want {
			t.Errorf("%q: %v", c.names, got)
		}
	}
}
