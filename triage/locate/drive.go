package locate

import (
	"regexp"
	"strings"
)

// driveRoot is the folder that stands for a volume's root in unpacked
// collections: "C", "C:", "C%3A", "\\.\C:" percent-encoded, "sysvol",
// "$rootfs$", "[root]", "fs/c:".
var driveRoot = regexp.MustCompile(`(?i)(^|/)([a-z]|[a-z]:|[a-z]%3a|%5c%5c(\.|%3f)%5c[a-z]%3a|sysvol|\$rootfs\$|\[root\])$`)

// DriveRoot reports whether a folder's path ends in a name that stands for
// the root of a volume; the empty path is the root itself.
func DriveRoot(folder string) bool {
	return folder == "" || driveRoot.MatchString(strings.TrimSuffix(folder, "/"))
}

// Live reports whether a hive lies where a running Windows keeps it.
func Live(p Place) bool {
	if p.Stream != "" || p.Size == 0 {
		return false
	}
	path := strings.ToLower(p.Path)
	for _, windows := range []string{"/windows", "/winnt"} {
		suffix := windows + "/system32/config/" + strings.ToLower(p.Hive)
		if root, ok := strings.CutSuffix(path, suffix); ok && DriveRoot(root) {
			return true
		}
	}
	return false
}
