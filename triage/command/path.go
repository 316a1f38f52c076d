package command

import "strings"

// SplitStream cuts an alternate data stream's name off a Windows path:
// `C:\a.txt:sam:$DATA` is `C:\a.txt` and "sam".
func SplitStream(path string) (file, stream string) {
	start := strings.LastIndexAny(path, `\/`) + 1
	if start == 0 && hasDrive(path) {
		start = 2
	}
	at := strings.IndexByte(path[start:], ':')
	if at < 0 {
		return path, ""
	}
	stream, _, _ = strings.Cut(path[start+at+1:], ":")
	return path[:start+at], stream
}

// Normal returns a Windows path in the form that two spellings of the same
// path share: lower case, backslashes, no \\?\, \??\ or \\.\ prefix, no "."
// and "..", no trailing dots and blanks in a component, Sysnative as System32,
// no :$DATA. Eight-dot-three names stay as they are: only the volume knows
// what they stand for.
func Normal(path string) string {
	path = strings.ToLower(strings.ReplaceAll(strings.Trim(path, ` "`), "/", `\`))
	path = dropDevicePrefix(path)
	path = strings.TrimSuffix(path, ":$data")
	path = strings.TrimSuffix(path, ":")
	lead := ""
	switch {
	case strings.HasPrefix(path, `\\`):
		lead, path = `\\`, strings.TrimLeft(path, `\`)
	case hasDrive(path):
		lead, path = path[:2], path[2:]
		if strings.HasPrefix(path, `\`) {
			lead += `\`
		}
	case strings.HasPrefix(path, `\`):
		lead = `\`
	}
	return lead + strings.Join(components(path), `\`)
}

// components cleans the part of a path behind its root.
func components(path string) []string {
	var out []string
	for _, c := range strings.Split(path, `\`) {
		if c == ".." {
			out = out[:max(0, len(out)-1)]
			continue
		}
		if c = strings.TrimRight(c, ". "); c == "" {
			continue
		}
		if c == "sysnative" && len(out) == 1 && out[0] == "windows" {
			c = "system32"
		}
		out = append(out, c)
	}
	return out
}

// dropDevicePrefix removes the prefixes that reach the same file through the
// object manager's names.
func dropDevicePrefix(path string) string {
	for _, p := range []string{`\\?\unc\`, `\??\unc\`, `\\.\unc\`} {
		if hasPrefixFold(path, p) {
			return `\\` + path[len(p):]
		}
	}
	for _, p := range []string{`\\?\`, `\??\`, `\\.\`} {
		if strings.HasPrefix(path, p) && hasDrive(path[len(p):]) {
			return path[len(p):]
		}
	}
	return path
}

// VolumePath turns an absolute local Windows path into the form of
// artifacts.Locator.Path in lower case, "/users/public/sam", and its drive
// letter in lower case, "c". A path that names its volume by GUID or device
// has no letter. Both are "" for a path that is not local or not absolute.
// Callers compare with the locator's path in lower case.
func VolumePath(path string) (relative, drive string) {
	file, _ := SplitStream(path)
	n := Normal(file)
	switch {
	case hasDrive(n) && len(n) > 2 && n[2] == '\\':
		return strings.ReplaceAll(n[2:], `\`, "/"), n[:1]
	case strings.HasPrefix(n, `\\?\volume{`), strings.HasPrefix(n, `\\.\volume{`):
		return behind(n, 4)
	case strings.HasPrefix(n, `\volume{`): // as Prefetch writes it
		return behind(n, 2)
	case strings.HasPrefix(n, `\device\harddiskvolume`) && !strings.HasPrefix(n, `\device\harddiskvolumeshadowcopy`):
		return behind(n, 3)
	case strings.HasPrefix(n, `\\?\globalroot\device\harddiskvolume`) && !strings.Contains(n, "shadowcopy"):
		return behind(n, 6)
	}
	return "", ""
}

// behind returns what follows the first n backslashes of a path.
func behind(path string, n int) (string, string) {
	for i := range len(path) {
		if path[i] == '\\' {
			if n--; n == 0 {
				return strings.ReplaceAll(path[i:], `\`, "/"), ""
			}
		}
	}
	return "", ""
}

// hasDrive reports whether a path begins with a drive letter and a colon.
func hasDrive(path string) bool {
	return len(path) >= 2 && path[1] == ':' && (path[0]|0x20) >= 'a' && (path[0]|0x20) <= 'z'
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// Base returns the last component of a path in lower case.
func Base(path string) string {
	return strings.ToLower(path[strings.LastIndexAny(path, `\/`)+1:])
}

// baseName returns the last component of a path without trailing dots and
// blanks.
func baseName(path string) string {
	return strings.TrimRight(path[strings.LastIndexAny(path, `\/`)+1:], ". ")
}

// lowerASCII lowers ASCII letters and keeps every other byte and offset.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
