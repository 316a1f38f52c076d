package layout

import (
	"path"
	"regexp"
	"strings"
)

var (
	// rescued are files that ir-rescue keeps in folders by kind, with "-live"
	// or a shadow copy's name behind their own.
	rescuedHive = regexp.MustCompile(`^reg/sys/(sam|security|software|system)(?:-([^/]+))?$`)
	rescuedLog  = regexp.MustCompile(`^(?:evt|events?)/evtx/[^/]+\.evtx$`)
	rescuedNTFS = regexp.MustCompile(`^fs/(\$mft|\$logfile|\$boot|\$usnjrnl_\$j)-([a-z])\.bin$`)
)

// rescue knows the folders of ir-rescue for Windows: the drive of hives and
// logs is the system's, which is taken to be C.
func rescue(l *Layout, x *index) bool {
	marks := map[string]map[string]bool{}
	files := map[string]place{}
	for last, depth := range map[string]int{"sys": 2, "evtx": 2, "fs": 1} {
		for _, dir := range x.named(last) {
			base := dir
			for range depth {
				base = folder(base)
			}
			for _, name := range x.inside(dir) {
				p, mark := rescued(strings.TrimPrefix(join(dir, name)[len(base):], "/"))
				if mark == "" {
					continue
				}
				if marks[base] == nil {
					marks[base] = map[string]bool{}
				}
				marks[base][mark] = true
				files[join(dir, name)] = p
			}
		}
	}
	for base, kinds := range marks {
		if len(kinds) > 1 || kinds["ntfs"] {
			l.because("%s has the folders of ir-rescue", first(base, "the top"))
		}
	}
	if len(l.Because) == 0 {
		return false
	}
	l.only = true
	for name, p := range files {
		l.byMember[fold(name)] = fact{place: p}
	}
	return true
}

func rescued(name string) (p place, mark string) {
	folded := fold(name)
	p.drive = "C"
	if m := rescuedHive.FindStringSubmatch(folded); m != nil {
		p.path, p.snapshot = "/Windows/System32/config/"+strings.ToUpper(m[1]), copyName(m[2])
		return p, "hives"
	}
	if rescuedLog.MatchString(folded) {
		p.path = "/Windows/System32/winevt/Logs/" + valid(path.Base(name))
		return p, "logs"
	}
	if m := rescuedNTFS.FindStringSubmatch(folded); m != nil {
		last := path.Base(name)
		p.drive, p.path = strings.ToUpper(m[2]), "/"+last[:len(m[1])]
		if m[1] == "$usnjrnl_$j" {
			p.path, p.stream = "/$Extend/$UsnJrnl", "$J"
		}
		return p, "ntfs"
	}
	return p, ""
}

// copyName is the name of a shadow copy, "" for the live system.
func copyName(suffix string) string {
	if suffix == "live" {
		return ""
	}
	return strings.TrimPrefix(suffix, "vss")
}

// defenderFolders are the folders of a package; five of them make one.
var defenderFolders = []string{"autoruns", "installed programs", "network connections", "prefetch files", "prefetch folder", "processes",
	"scheduled tasks", "security event log", "services", "smb sessions", "system information", "temp directories", "users and groups", "wdsupportlogs"}

// defender knows the package by its folders. It has texts and the security
// log, and no file's original place.
func defender(l *Layout, x *index) bool {
	for base, children := range x.children {
		n := 0
		for _, name := range defenderFolders {
			if len(x.children[join(base, name)]) > 0 {
				n++
			}
		}
		if n < 5 || x.onDrive(join(base, defenderFolders[0])) {
			continue
		}
		l.because("%d folders of %d are those of the package", n, len(children))
		l.only = true
		host := regexp.MustCompile(`(?mi)^(?:host name|computer name|computername|hostname)\s*:\s*(\S+)`)
		dir := join(base, "system information")
		for _, name := range x.inside(dir) {
			if m := host.FindStringSubmatch(text(x.content(l, join(dir, name)))); m != nil && l.Host == "" {
				l.Host, l.HostBecause = valid(m[1]), name
			}
		}
	}
	return len(l.Because) > 0
}
