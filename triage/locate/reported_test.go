package locate

import (
	"path"
	"strings"
	"testing"
)

const kib, mib = 1 << 10, 1 << 20

func TestReported(t *testing.T) {
	for _, tt := range []struct {
		path, stream string
		size         int64
		hive         string
		weak         bool
		says         string
	}{
		{"/Windows/Temp/sam.save", "", 36864, "SAM", false, "36864 bytes fit"},
		{"/Temp/SAM.SAV", "", 65536, "SAM", false, "only copies"},
		{"/x/sam.hive", "", 20 * kib, "SAM", false, "only copies"},
		{"/x/sam.hiv", "", 512 * kib, "SAM", false, "only copies"},
		{"/x/sam.export", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/sam_backup", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/sam.bck", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/sam.backup", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/~reg_sam.save", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/hive_sam_2021-07-21", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/SAM-haxx", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/SYSTEM-2021-07-21.txt", "", 12 * mib, "SYSTEM", false, "only copies"},
		{"/x/SAMvss1", "", 64 * kib, "SAM", false, "only copies"},
		{"/x/sam.save", "", 8 * kib, "SAM", true, "no usual size"},
		{"/x/system.save", "", 100 * kib, "SYSTEM", true, "no usual size"},
		{"/ProgramData/SAM", "", 64 * kib, "SAM", false, "no SAM belongs there"},
		{"/x/Security.dat", "", 32 * kib, "SECURITY", false, "no SECURITY belongs there"},
		{"/x/system.bak", "", 1 * mib, "SYSTEM", false, "no SYSTEM belongs there"},
		{"/x/security.reg", "", 32 * kib, "SECURITY", false, "no SECURITY belongs there"},
		{"/ifm/registry/SYSTEM", "", 12 * mib, "SYSTEM", false, "no SYSTEM belongs there"},
		{"/Users/Public/notes.txt", "sam", 64 * kib, "SAM", false, "no SAM belongs there"},
		{"/Windows/SYSVOL/sysvol/corp.example/SYSTEM_x1y2z3a4", "", 12 * mib, "SYSTEM", false, "only copies"},
		{"/Users/eve/AppData/Local/Temp/SAM-14.dmp", "", 64 * kib, "SAM", false, "only copies"},
		{"/Users/eve/SAM-14.dmp", "", 64 * kib, "", false, ""},
		{"/Users/eve/SYSTEM_x1y2z3a4", "", 12 * mib, "", false, ""},
		{"/Windows/Temp/x", "SAM-14.dmp", 64 * kib, "", false, ""},
		{"/$OrphanFiles/SAM", "", 64 * kib, "SAM", true, "its folder is not known"},
		{"/Windows/Temp/AbCdEfGh.tmp", "", 45056, "", true, "secretsdump"},
		{"/Windows/System32/abcdefgh.tmp", "", 20 * kib, "", true, "secretsdump"},

		{"/Windows/System32/config/SAM", "", 64 * kib, "", false, ""},
		{"/Windows/System32/config/RegBack/SYSTEM", "", 12 * mib, "", false, ""},
		{"/Windows/repair/sam", "", 64 * kib, "", false, ""},
		{"/Windows.old/Windows/System32/config/SECURITY", "", 64 * kib, "", false, ""},
		{"/ProgramData/SAM", "", 8 * kib, "", false, ""},
		{"/ProgramData/SAM", "", 513 * kib, "", false, ""},
		{"/x/system.dat", "", 1*mib - 1, "", false, ""},
		{"/x/sam.save", "", 0, "", false, ""},
		{"/x/sam.save", "", 8*kib - 1, "", false, ""},
		{"/x/samba.conf", "", 64 * kib, "", false, ""},
		{"/x/sample.save", "", 64 * kib, "", false, ""},
		{"/x/SAM.txt", "", 64 * kib, "", false, ""},
		{"/x/sam-2021-7-1", "", 64 * kib, "", false, ""},
		{"/x/SECURITY.evtx", "", 64 * kib, "", false, ""},
		{"/x/sam", "Zone.Identifier", 64 * kib, "", false, ""},
		{"/Users/eve/AppData/Local/Temp/AbCdEfGh.tmp", "", 45056, "", false, ""},
		{"/Windows/Temp/AbCdEfG1.tmp", "", 45056, "", false, ""},
		{"/Windows/Temp/AbCdEfGh.tmp", "", 128*kib + 1, "", false, ""},
		{"/Windows/Temp/AbCdEfGh.tmp", "", 20*kib - 1, "", false, ""},
		{"/Windows/Temp/x", "abcdefgh.tmp", 64 * kib, "", false, ""},
	} {
		l, ok := Reported(Place{Path: tt.path, Stream: tt.stream, Size: tt.size, State: StateReported})
		if ok != (tt.says != "") || l.Hive != tt.hive || l.Weak != tt.weak || !strings.Contains(l.Why, tt.says) {
			t.Errorf("%s:%s of %d bytes: %+v, %v", tt.path, tt.stream, tt.size, l, ok)
		}
		if ok && !ReportedName([]byte(path.Base(tt.path)), []byte(tt.stream)) {
			t.Errorf("%s:%s is not asked about", tt.path, tt.stream)
		}
	}
}

func TestReportedName(t *testing.T) {
	for name, want := range map[string]bool{
		"SAM": true, "sam.SAVE": true, "abcdefgh.TMP": true, "": false, "samx": false, "abcdefghi.tmp": false,
		"hive_sam_" + strings.Repeat("x", 100): false, "hive_sam_": false, "\xFF": false,
	} {
		if got := ReportedName([]byte(name), nil); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if ReportedName([]byte("SAM"), []byte("x")) || !ReportedName([]byte("x"), []byte("SAM")) {
		t.Error("the stream's name does not count")
	}
}

func TestGone(t *testing.T) {
	for _, tt := range []struct {
		e    Export
		gone bool
	}{
		{Export{State: "live"}, false}, {Export{State: "deleted"}, true}, {Export{State: "overwritten"}, true},
		{Export{State: StateReported}, false}, {Export{State: StateReported, Deleted: true}, true},
	} {
		if got := tt.e.Gone(); got != tt.gone {
			t.Errorf("%+v: %v", tt.e, got)
		}
	}
}
