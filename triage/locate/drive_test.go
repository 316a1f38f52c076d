package locate

import "testing"

func TestDriveRoot(t *testing.T) {
	for folder, want := range map[string]bool{
		"": true, "/": true, "/C": true, "/c/": true, "/fs/c:": true, "/uploads/auto/C%3A": true,
		"/uploads/ntfs/%5C%5C.%5CC%3A": true, "/sysvol": true, "/$rootfs$": true, "/[root]": true, "/x/VSS2": true,
		"/uploads/auto/%5C%5C%3F%5CC%3A": true,
		"/CC":                            false, "/1": false, "/Users": false, "/Users/eve/C": false, "/C/Users/eve/D": false, "/VSS": false, "/C/xx": false,
	} {
		if got := DriveRoot(folder); got != want {
			t.Errorf("DriveRoot(%q) = %v", folder, got)
		}
	}
}

func TestLive(t *testing.T) {
	for _, row := range []struct {
		place Place
		want  bool
	}{
		{Place{Path: "/Windows/System32/config/SAM", Hive: "SAM", Size: 1}, true},
		{Place{Path: "/WINNT/system32/config/software", Hive: "SOFTWARE", Size: 1}, true},
		{Place{Path: "/uploads/auto/C%3A/Windows/System32/config/SYSTEM", Hive: "SYSTEM", Size: 1, Unpacked: true}, true},
		{Place{Path: "/uploads/auto/C%3A/Windows/System32/config/SYSTEM", Hive: "SYSTEM", Size: 1}, false},
		{Place{Path: "/Windows/System32/config/SAM", Hive: "SAM"}, false},
		{Place{Path: "/Windows/System32/config/SAM", Hive: "SAM", Size: 1, Stream: "x"}, false},
		{Place{Path: "/Windows/System32/config/SAM", Hive: "SYSTEM", Size: 1}, false},
		{Place{Path: "/Windows/System32/config/RegBack/SAM", Hive: "SAM", Size: 1}, false},
		{Place{Path: "/Users/eve/C/Windows/System32/config/SAM", Hive: "SAM", Size: 1, Unpacked: true}, false},
	} {
		if got := Live(row.place); got != row.want {
			t.Errorf("%+v: %v", row.place, got)
		}
	}
}
