package batch

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts/evidence"
)

// extentSuffix is what VMware puts behind a disk's name for its extents.
var extentSuffix = regexp.MustCompile(`^-(flat|delta|sesparse|rdm|rdmp|[sf]\d{3})\.vmdk$`)

// setNames are the names of files that belong together: what stands before the
// number is the same, letters' case included, as it is in the sets that are
// written. The order of a set is that of the numbers.
var setNames = []struct {
	family string
	name   *regexp.Regexp // the set's base, and the number
}{
	{"ewf E", regexp.MustCompile(`^(.+)\.[Ee](\d\d)$`)},
	{"ewf S", regexp.MustCompile(`^(.+)\.[Ss](\d\d)$`)},
	{"ewf L", regexp.MustCompile(`^(.+)\.[Ll](\d\d)$`)},
	{"ewf Ex", regexp.MustCompile(`(?i)^(.+)\.ex(\d\d)$`)},
	{"ewf Lx", regexp.MustCompile(`(?i)^(.+)\.lx(\d\d)$`)},
	{"rar", regexp.MustCompile(`(?i)^(.+)\.part(\d{1,4})\.rar$`)},
	{"ad1", regexp.MustCompile(`(?i)^(.+)\.ad(\d{1,4})$`)},
	{"zip", regexp.MustCompile(`(?i)^(.+)\.z(\d{2,3})$`)},
	{"split", regexp.MustCompile(`^(.+)\.(\d{2,6})$`)},
}

// lastOfSet is a number that stands behind all others.
const lastOfSet = 1 << 30

// segmentOf says to which set a file belongs by its name, and where in it.
func segmentOf(x *file) (key string, n int, ok bool) {
	for _, s := range setNames {
		if m := s.name.FindStringSubmatch(x.name); m != nil {
			n, err := strconv.Atoi(m[2])
			return s.family + ":" + m[1], n, err == nil
		}
	}
	ext := filepath.Ext(x.name)
	base := strings.TrimSuffix(x.name, ext)
	switch {
	case strings.EqualFold(ext, ".zip"):
		return "zip:" + base, lastOfSet, base != ""
	case len(ext) == 4 && x.format == "ewf" && strings.Trim(strings.ToUpper(ext[1:]), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
		// from the hundredth on: EAA, EAB, …, told from other names by the content
		n := 0
		for _, c := range strings.ToUpper(ext[1:]) {
			n = n*26 + int(c-'A')
		}
		return "ewf E:" + base, 100 + n, base != ""
	}
	return "", 0, false
}

// isNumber tells whether a file's ending is digits alone.
func isNumber(name string) bool {
	ext := strings.TrimPrefix(filepath.Ext(name), ".")
	return ext != "" && strings.Trim(ext, "0123456789") == ""
}

// sameWidth tells whether a file of that number is of the set that the first one
// begins: split files have numbers of one width, wider ones where it does not
// suffice.
func sameWidth(first, name string, n int) bool {
	if !isNumber(first) {
		return true
	}
	width, own := len(filepath.Ext(first)), len(filepath.Ext(name))
	return own == width || own > width && len(strconv.Itoa(n)) == own-1
}

// diskNames are the endings of images' names, without extensions, that tell the
// disks of one host apart. Before them stands the host's name; where nothing
// does, the folder is the host's if all images in it are named so. The disks of
// a host are joined where each has a name of its own.
var diskNames = []struct {
	name *regexp.Regexp // host, disk
	bare bool           // may stand without a host
	// first is a disk that must be among them, in lower case; "" where none must.
	first string
}{
	{regexp.MustCompile(`(?i)^(?:(.*?)[-_. ])?physicaldrive[-_ ]?(\d{1,3})$`), true, ""},                                  // as Windows and FTK Imager call them
	{regexp.MustCompile(`(?i)^(?:(.*?)[-_. ])?(?:disk|drive|hdd|hd|ssd|vol|volume|partition)[-_ ]?(\d{1,3})$`), true, ""}, // WS01-disk0
	{regexp.MustCompile(`^(?:(.*?)[-_. ])?((?:sd|hd|vd|xvd)[a-z]|nvme\d{1,2}n\d{1,2})$`), true, ""},                       // as Linux calls them
	{regexp.MustCompile(`(?i)^(.+)[-_. ]([c-z])(?:[-_ ]?drive)?$`), false, "c"},                                           // WS01_C, WS01_D: C must be there
}

// numberedDisk is how ESXi names a machine's further disks, WS01.vmdk and
// WS01_1.vmdk, the first of which must be there, and their states since a
// snapshot: WS01-000001.vmdk.
var numberedDisk = regexp.MustCompile(`(?i)^(.+?)(?:_(\d{1,2}))?(?:-\d{6})?\.vmdk$`)

// hosts joins the images that are disks of one host. Folder is the name that
// stands for the host where inHost is true.
func hosts(sets []*set, folder string, inHost bool) []*set {
	images := 0
	for _, s := range sets {
		if s.class == evidence.Disk {
			images++
		}
	}
	for rule := range diskNames {
		sets = joinDisks(sets, folder, func(s *set) (host, disk string, ok bool) {
			m := diskNames[rule].name.FindStringSubmatch(stem(s.base))
			if m == nil || m[1] == "" && (!inHost || !diskNames[rule].bare) {
				return "", "", false
			}
			return m[1], strings.ToLower(m[2]), true
		}, diskNames[rule].first, images)
	}
	plain := map[string]bool{}
	for _, s := range sets {
		if m := numberedDisk.FindStringSubmatch(s.base); m != nil && m[2] == "" {
			plain[strings.ToLower(m[1])] = true
		}
	}
	return joinDisks(sets, folder, func(s *set) (host, disk string, ok bool) {
		m := numberedDisk.FindStringSubmatch(s.base)
		if m == nil || !plain[strings.ToLower(m[1])] {
			return "", "", false
		}
		return m[1], m[2], true
	}, "", images)
}

// joinDisks joins the sets that are disks of one host by a rule.
func joinDisks(sets []*set, folder string, rule func(*set) (host, disk string, ok bool), first string, images int) []*set {
	type disk struct {
		*set
		name string
	}
	of, named := map[string][]disk{}, map[string]string{}
	for _, s := range sets {
		if s.class != evidence.Disk || s.host {
			continue
		}
		if host, name, ok := rule(s); ok {
			key := strings.ToLower(host)
			of[key] = append(of[key], disk{s, name})
			if named[key] == "" {
				named[key] = host
			}
		}
	}
	gone := map[*set]bool{}
	for key, disks := range of {
		slices.SortStableFunc(disks, func(a, b disk) int { return natural(a.name, b.name) })
		distinct := slices.CompactFunc(slices.Clone(disks), func(a, b disk) bool { return a.name == b.name })
		if len(disks) < 2 || len(distinct) < len(disks) || first != "" && disks[0].name != first || key == "" && len(disks) < images {
			continue
		}
		all := disks[0].set
		all.host, all.base = true, named[key]
		if key == "" {
			all.base = folder
		}
		for _, d := range disks[1:] {
			all.files, all.open = append(all.files, d.files...), append(all.open, d.open...)
			gone[d.set] = true
		}
	}
	return slices.DeleteFunc(sets, func(s *set) bool { return gone[s] })
}
