package locate

import "strings"

// A Place is what Classify needs to know of a hive. Path and Hive must be
// given; a zero value of the rest means that it is not known.
type Place struct {
	Path   string // inside the volume, "/"-separated, as in artifacts.Locator
	Stream string // name of the alternate data stream, "" for the unnamed one
	Hive   string // "SAM", "SECURITY", "SYSTEM"
	Size   int64  // bytes of the stream
	State  string // "live", "deleted", "overwritten", "snapshot"
	// Unpacked says that the volume is a folder given as evidence, not a file
	// system: a collection may have been unpacked into it, so that the drive's
	// root lies below its top.
	Unpacked bool
	// Provenance is how the hive was taken, where its form tells.
	Provenance Provenance
	// Template says that a SAM holds the built-in accounts only and no machine
	// SID, as the one that Windows' setup carries.
	Template bool
	// ImageMount says that the registry (Microsoft\WIMMount\Mounted Images)
	// names a folder above the hive as a mounted Windows image.
	ImageMount bool
}

// A root is one reading of where the drive's root lies in a path.
type root struct {
	prefix string // above the drive's root, lower case, "" for the volume's own
	rest   string // below it, lower case, beginning with "/"
}

// Folders of an installed system. Below one of them a folder that is named
// like a drive is just a folder.
var systemFolders = map[string]bool{
	"users": true, "windows": true, "winnt": true, "programdata": true, "program files": true,
	"program files (x86)": true, "perflogs": true, "$recycle.bin": true, "recycler": true, "inetpub": true,
	"documents and settings": true, "system volume information": true, "windows.old": true,
}

// roots lists the readings of a path: the volume's own root, and every folder
// that collectors name like a drive, as long as nothing of an installed
// system stands above it.
func roots(path string) []root {
	path = "/" + strings.Trim(strings.ToLower(path), "/")
	out := []root{{rest: path}}
	start := 1
	for {
		end := strings.IndexByte(path[start:], '/')
		if end < 0 || systemFolders[path[start:start+end]] {
			return out
		}
		name := path[start : start+end]
		start += end
		if isDriveName(name) {
			out = append(out, root{prefix: path[:start], rest: path[start:]})
		}
		start++
	}
}

// isDriveName reports whether collectors name a drive's root like this: X, X:,
// X%3A, \\.\X: in percent encoding, a shadow copy's device, sysvol, $rootfs$,
// [root], KAPE's VSSn and acquire's fsN.
func isDriveName(name string) bool {
	switch name {
	case "sysvol", "$rootfs$", "[root]":
		return true
	}
	for _, numbered := range []string{"vss", "fs"} {
		if digits, found := strings.CutPrefix(name, numbered); found && digits != "" && strings.Trim(digits, "0123456789") == "" {
			return true
		}
	}
	if strings.HasPrefix(name, "%5c%5c") && strings.Contains(name, "harddiskvolume") {
		return true
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "%5c%5c.%5c"), "%5c%5c%3f%5c")
	name = strings.TrimSuffix(strings.TrimSuffix(name, ":"), "%3a")
	return len(name) == 1 && name[0] >= 'a' && name[0] <= 'z'
}

// lastName returns the last component of a path.
func lastName(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}
