package layout

import (
	"strings"
)

// A place is an original place on the computer.
type place struct {
	drive, snapshot, path, stream string
}

// key is the place as Windows compares it.
func (p place) key() string {
	return fold(p.drive + "|" + p.snapshot + "|" + p.path + ":" + p.stream)
}

// A root is a folder of the collection that stands for the root of a volume.
type root struct {
	prefix   string // clean name
	base     string // the folder that holds it and its like
	drive    string // "" for a shadow copy that does not tell
	shown    string // the drive that such a shadow copy must be of
	snapshot string
}

// place turns what lies below a root into an original path. It is false for
// one that climbs out when it is decoded.
func (r root) place(rest string, percent bool) (place, bool) {
	parts := strings.Split(rest, "/")
	for i, part := range parts {
		if percent {
			parts[i] = decode(part)
		}
		if strings.Contains(parts[i], "..") && climbs(parts[i]) {
			return place{path: valid(rest)}, false
		}
	}
	p := place{drive: r.drive, snapshot: r.snapshot}
	last := &parts[len(parts)-1]
	if r.drive != unixRoot {
		*last, p.stream, _ = strings.Cut(*last, ":")
		if suffix := ":$data"; strings.HasSuffix(fold(p.stream), suffix) {
			p.stream = p.stream[:len(p.stream)-len(suffix)]
		}
	}
	p.path = "/" + valid(strings.Join(parts, "/"))
	p.stream = valid(p.stream)
	if strings.HasPrefix(p.path, "/$") {
		p.special()
	}
	return p, true
}

// unixRoot is the drive's name of a root that has no letter by nature.
const unixRoot = "root"

func climbs(component string) bool {
	for part := range strings.FieldsFuncSeq(component, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == ".." {
			return true
		}
	}
	return false
}

// specials are the names under which collectors keep streams of NTFS' own
// files: KAPE, CyLR, Tanium and older versions of acquire.
var specials = []struct{ name, path, stream string }{
	{"/$extend/$j", "/$Extend/$UsnJrnl", "$J"},
	{"/$extend/$max", "/$Extend/$UsnJrnl", "$Max"},
	{"/$extend/$usnjrnl$j", "/$Extend/$UsnJrnl", "$J"},
	{"/$extend/$usnjrnl$max", "/$Extend/$UsnJrnl", "$Max"},
	{"/$extend/$usnjrnl_$j", "/$Extend/$UsnJrnl", "$J"},
	{"/$extend/$usnjrnl_$max", "/$Extend/$UsnJrnl", "$Max"},
	{"/$secure_$sds", "/$Secure", "$SDS"},
	{"/$secure$sds", "/$Secure", "$SDS"},
}

// special restores the names of NTFS' own streams.
func (p *place) special() {
	const journal = "/$Extend/$UsnJrnl"
	folded := fold(p.path)
	if folded == fold(journal) {
		p.path = journal
	}
	for _, s := range specials {
		if p.stream == "" && folded == s.name {
			p.path, p.stream = s.path, s.stream
		}
	}
}

// decode undoes Velociraptor's escaping of a component: %XX is a byte, and a
// "%" at the end of a name stands for nothing. Any other "%" stands for
// itself, and so does an escaped "/", which no name can hold.
func decode(component string) string {
	if !strings.Contains(component, "%") {
		return component
	}
	var b strings.Builder
	for i := 0; i < len(component); i++ {
		c := component[i]
		if c != '%' {
			b.WriteByte(c)
			continue
		}
		if i == len(component)-1 {
			break
		}
		if i+2 < len(component) {
			high, low := unhex(component[i+1]), unhex(component[i+2])
			if value := high<<4 | low; high >= 0 && low >= 0 && value != '/' && value != 0 {
				b.WriteByte(byte(value))
				i += 2
				continue
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// driveFolder reads a folder's name, decoded, as that of a volume's root.
func driveFolder(name string) (drive, snapshot string, ok bool) {
	folded := fold(name)
	switch folded {
	case "sysvol", "$rootfs$":
		return "C", "", true
	case "[root]":
		return unixRoot, "", true
	}
	if number, found := strings.CutPrefix(folded, "vss"); found {
		number = strings.TrimLeft(number, "_-")
		return "", strings.TrimLeft(number, "0"), digits(number)
	}
	device := false
	for _, prefix := range []string{`\\.\`, `\\?\`} {
		if strings.HasPrefix(name, prefix) {
			name, device = name[len(prefix):], true
			break
		}
	}
	if _, number, found := strings.Cut(fold(name), shadowDevice); found && device && digits(number) {
		return "", number, true
	}
	bare := strings.TrimSuffix(name, ":")
	if len(bare) == 1 && unicodeLetter(bare[0]) {
		return strings.ToUpper(bare), "", true
	}
	if device && bare != "" && !strings.ContainsAny(bare, `/\`) {
		return valid(bare), "", true
	}
	return "", "", false
}

const shadowDevice = "harddiskvolumeshadowcopy"

func unicodeLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digits(s string) bool { return s != "" && len(s) < 10 && strings.Trim(s, "0123456789") == "" }

// windowsPath reads a path as collectors note it: C:\x, \\.\C:\x, \\?\C:\x, a
// shadow copy's device, or \x without a drive.
func windowsPath(s string) (place, bool) {
	r := root{}
	for _, prefix := range []string{`\\.\`, `\\?\`} {
		if !strings.HasPrefix(s, prefix) {
			continue
		}
		device := s
		s = s[len(prefix):]
		if i := strings.Index(fold(s), shadowDevice); i >= 0 {
			end := i + len(shadowDevice)
			for end < len(s) && s[end] >= '0' && s[end] <= '9' {
				end++
			}
			_, r.snapshot, _ = driveFolder(prefix + s[:end])
			s = s[end:]
		} else if name, rest, _ := strings.Cut(s, `\`); len(name) != 2 {
			r.drive, _, _ = driveFolder(device[:len(prefix)+len(name)])
			s = `\` + rest
		}
		break
	}
	if len(s) >= 2 && s[1] == ':' && unicodeLetter(s[0]) {
		r.drive, s = strings.ToUpper(s[:1]), s[2:]
	}
	s = strings.ReplaceAll(s, `\`, "/")
	if !strings.HasPrefix(s, "/") || len(s) > 1<<16 {
		return place{}, false
	}
	clean, ok := normalise(s, false)
	if !ok || clean == "" {
		return place{}, false
	}
	return r.place(clean, false)
}
