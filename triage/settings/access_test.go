package settings

import (
	"strings"
	"testing"

	"hivetriage/artifacts/access"
)

// TestAccess: who may read the hives, and whether there is a shadow copy to
// read them in.
func TestAccess(t *testing.T) {
	open := access.Descriptor{Entries: []access.Entry{{Kind: access.Allow, Flags: access.Inherited, Mask: 0x1200A9, SID: access.Users, Offset: 68}}}
	closed := access.Descriptor{Entries: []access.Entry{{Kind: access.Allow, Mask: 0x1F01FF, SID: "S-1-5-18"}}}
	at := func(hive, shadow string, list access.Descriptor) Access {
		return Access{Hive: hive, Path: "/Windows/System32/config/" + hive, Shadow: shadow, List: list}
	}
	for _, row := range []struct {
		name          string
		all           []Access
		shadows       int
		state, means  string
		remedy        string
		without, path string
	}{
		{"open, with shadow copies", []Access{at("SAM", "", open), at("SYSTEM", "", open)}, 2, "any user may read SAM, SYSTEM", "the volume has 2", "icacls", "locked while", "SAM"},
		{"open, without", []Access{at("SAM", "", open)}, 0, "any user may read SAM", "in the next one", "icacls", "the volume has", "SAM"},
		{"one of them", []Access{at("SAM", "", closed), at("SECURITY", "", open)}, 1, "any user may read SECURITY", `BUILTIN\Users (S-1-5-32-545), mask 0x1200a9, inherited, at offset 68`, "vssadmin", "SAM", "SECURITY"},
		{"closed since", []Access{at("SAM", "", closed), at("SAM", "ntfs/vss:1", open)}, 1, "any user may read SAM in shadow copies", "those in ntfs/vss:1 are not", "vssadmin", "icacls", "SAM"},
		{"closed", []Access{at("SAM", "", closed), at("SAM", "ntfs/vss:1", closed)}, 1, "closed to users", "rights that users do not have", "", "CVE", "SAM"},
		{"no list", []Access{at("SAM", "", access.Descriptor{Open: true})}, 1, "any user may read SAM", "no access list at all", "icacls", "S-1-", "SAM"},
	} {
		all := List(Facts{Access: row.all, Shadows: row.shadows})
		if len(all) != 1 {
			t.Errorf("%s: %d settings", row.name, len(all))
			continue
		}
		s := find(t, all, hiveAccess)
		if s.State != row.state || !strings.Contains(s.Means, row.means) || s.Certainty != "certain" || !strings.HasSuffix(s.Path, "/"+row.path) {
			t.Errorf("%s: %+v", row.name, s)
		}
		if (s.Remedy == "") != (row.remedy == "") || !strings.Contains(s.Remedy, row.remedy) {
			t.Errorf("%s: remedy %q", row.name, s.Remedy)
		}
		if strings.Contains(s.State+s.Means+s.Remedy, row.without) {
			t.Errorf("%s: %q in %+v", row.name, row.without, s)
		}
	}
	if all := List(Facts{Shadows: 3}); len(all) != 0 {
		t.Errorf("nothing known of any hive: %+v", all)
	}
}
