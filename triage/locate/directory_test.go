package locate

import (
	"testing"

	"hivetriage/artifacts"
)

func TestDirectory(t *testing.T) {
	for _, row := range []struct {
		at         artifacts.Locator
		normal     bool // on a volume
		asUnpacked bool
	}{
		{artifacts.Locator{Path: "/Windows/NTDS/ntds.dit"}, true, true},
		{artifacts.Locator{Path: "/Windows/System32/ntds.dit"}, true, true},
		{artifacts.Locator{Path: "/Windows/WinSxS/amd64_x/ntds.dit"}, true, true},
		{artifacts.Locator{Path: "/Program Files/Microsoft ADAM/i1/data/adamntds.dit"}, true, true},
		{artifacts.Locator{Path: "/C/Windows/NTDS/ntds.dit"}, false, true},
		{artifacts.Locator{Path: "/ifm/Active Directory/ntds.dit"}, false, false},
		{artifacts.Locator{Path: "/Windows/Temp/x.tmp"}, false, false},
		{artifacts.Locator{Path: "/loot/Windows/NTDS/ntds.dit"}, false, false},
		{artifacts.Locator{Path: "/Windows/NTDS/ntds.dit", Stream: "s"}, false, false},
		{artifacts.Locator{Path: "/Windows/NTDS/ntds.dit", Member: "m"}, false, false},
	} {
		for _, unpacked := range []bool{false, true} {
			want := row.normal
			if unpacked {
				want = row.asUnpacked
			}
			if got := Directory(row.at, unpacked); (got.Class == Normal) != want || got.Why == "" {
				t.Errorf("%v, unpacked %v: %+v", row.at, unpacked, got)
			}
		}
	}
}

func TestCompanions(t *testing.T) {
	at := func(path, member string) artifacts.Locator {
		return artifacts.Locator{Source: "s", Volume: "v", Path: path, Member: member}
	}
	for _, row := range []struct {
		database, hive artifacts.Locator
		want           bool
	}{
		{at("/ifm/Active Directory/ntds.dit", ""), at("/ifm/registry/SYSTEM", ""), true},
		{at("/ifm/Active Directory/ntds.dit", ""), at("/other/registry/SYSTEM", ""), false},
		{at("/t/a.dit", ""), at("/T/system", ""), true},
		{at("/t/a.dit", ""), at("/t/sub/system", ""), true},
		{at("/t/sub/a.dit", ""), at("/t/system", ""), true},
		{at("/a.dit", ""), at("/system", ""), false},
		{at("/t/a.dit", ""), at("/system", ""), false},
		{at("/t/one/a.dit", ""), at("/t/two/system", ""), false},
		{at("/t.zip", "a/ntds.dit"), at("/t.zip", "a/SYSTEM"), true},
		{at("/t.zip", "ntds.dit"), at("/t.zip", "SYSTEM"), true},
		{at("/t.zip", "a/ntds.dit"), at("/u.zip", "a/SYSTEM"), false},
		{at("/t/t.zip", "ntds.dit"), at("/t/SYSTEM", ""), false},
		{at("/t/a.dit", ""), artifacts.Locator{Source: "s", Volume: "w", Path: "/t/system"}, false},
	} {
		if got := Companions(row.database, row.hive); got != row.want {
			t.Errorf("%v and %v: %v", row.database, row.hive, got)
		}
	}
}
