package locate

import "strings"

// DriveRoot reports whether a folder stands for the root of a volume: the
// empty path is the root itself; below it, a folder that collectors name like
// a drive and that does not lie in an installed system.
func DriveRoot(folder string) bool {
	folder = strings.Trim(folder, "/")
	if folder == "" {
		return true
	}
	readings := roots(folder + "/x")
	return readings[len(readings)-1].rest == "/x"
}

// Live reports whether a hive lies where a running Windows keeps it. Hive may
// be any hive's name here, such as SOFTWARE.
func Live(p Place) bool {
	if p.Stream != "" || p.Size == 0 {
		return false
	}
	hive := strings.ToLower(p.Hive)
	for i, r := range roots(p.Path) {
		if i > 0 && !p.Unpacked {
			break // on a volume a folder named like a drive is just a folder
		}
		if r.rest == "/windows/system32/config/"+hive || r.rest == "/winnt/system32/config/"+hive {
			return true
		}
	}
	return false
}
