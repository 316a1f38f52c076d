package locate

import (
	"strings"

	"hivetriage/artifacts"
)

// Directory judges the place of a database with the tables of a domain's
// directory. Normal are those that a domain controller runs on, and those that
// Windows installs and that hold no domain.
func Directory(at artifacts.Locator, unpacked bool) Location {
	for i, r := range roots(at.Path) {
		if at.Stream != "" || at.Member != "" || i > 0 && !unpacked {
			break
		}
		switch {
		case r.rest == "/windows/ntds/ntds.dit":
			return Location{Normal, "The directory database of a domain controller, in its usual place."}
		case r.rest == "/windows/system32/ntds.dit", strings.HasPrefix(r.rest, "/windows/winsxs/"), strings.HasPrefix(r.rest, "/windows/servicing/"):
			return Location{Normal, "The empty database that Windows makes a domain controller's from."}
		case strings.HasPrefix(r.rest, "/windows/adam/"), lastName(r.rest) == "adamntds.dit":
			return Location{Normal, "A database of AD LDS: it holds no domain."}
		}
	}
	return Location{Unexpected, "A domain controller keeps its directory database in Windows\\NTDS, or where HKLM\\SYSTEM names another place (Services\\NTDS\\Parameters, DSA Database file)."}
}

// Companions reports whether a database and a hive lie where whoever takes
// both puts them: in one folder, in one below the other's, or as ntdsutil's
// install-from-media lays them out, `Active Directory` beside `registry`. The
// root of a volume joins nothing.
func Companions(database, hive artifacts.Locator) bool {
	if database.Source != hive.Source || database.Volume != hive.Volume || (database.Member == "") != (hive.Member == "") {
		return false
	}
	d, h := folder(database.Path), folder(hive.Path)
	if database.Member != "" {
		if database.Path != hive.Path {
			return false
		}
		d, h = "/x"+folder("/"+database.Member), "/x"+folder("/"+hive.Member)
	}
	if d == "" || h == "" {
		return false
	}
	return d == h || folder(d) == h || folder(h) == d || folder(d) == folder(h) && lastName(d) == "active directory" && lastName(h) == "registry"
}

// folder is what a path lies in, in lower case; "" for a volume's root.
func folder(path string) string {
	return strings.ToLower(path[:max(strings.LastIndexByte(path, '/'), 0)])
}
