package layout

import (
	"path"
	"strings"
)

// orc knows GetThis.csv, DFIR-ORC's table of samples: original path, dates,
// digests and the volume's serial number. Drive letters stand in a table of
// volumes, if that was collected as well.
func orc(l *Layout, x *index) bool {
	letters := map[string]string{}
	for i, name := range x.names {
		if strings.HasSuffix(x.folded[i], "volstats.csv") && !x.onDrive(name) {
			l.volumes(x, name, letters)
		}
	}
	for i, name := range x.names {
		if strings.HasSuffix("/"+x.folded[i], "/getthis.csv") && !x.onDrive(name) && l.samples(x, name, letters) {
			l.because("%s is DFIR-ORC's table of samples", path.Base(name))
		}
	}
	l.only = true
	return len(l.Because) > 0
}

// volumes learns which serial number has which letter.
func (l *Layout) volumes(x *index, name string, letters map[string]string) {
	t := x.table(l, name)
	for row := range t.rows {
		if mount := t.get(row, "MountPoint"); len(mount) >= 2 && mount[1] == ':' && unicodeLetter(mount[0]) {
			letters[serial(t.get(row, "VolumeID"))] = strings.ToUpper(mount[:1])
		}
	}
}

// serial cleans a volume's serial number, "" for what is none.
func serial(id string) string {
	id = strings.TrimLeft(strings.TrimPrefix(fold(strings.TrimSpace(id)), "0x"), "0")
	if strings.Trim(id, hexadecimal) != "" {
		return ""
	}
	return id
}

const hexadecimal = "0123456789abcdef"

// samples maps the samples beside a table to their original places.
func (l *Layout) samples(x *index, name string, letters map[string]string) bool {
	t := x.table(l, name)
	if !t.has("SampleName", "FullName", "FRN") {
		delete(l.metadata, fold(name))
		return false
	}
	for row := range t.rows {
		l.sample(x, folder(name), t, row, letters)
		if host := t.get(row, "ComputerName"); host != "" && l.Host == "" {
			l.Host, l.HostBecause = valid(host), path.Base(name)
		}
	}
	return true
}

func (l *Layout) sample(x *index, base string, t *table, row []string, letters map[string]string) {
	if kind := fold(t.get(row, "ContentType")); kind != "" && kind != "data" && kind != "raw" {
		return // the strings in a file are not the file
	}
	sample, ok := x.suffix(base, t.get(row, "SampleName"))
	p, named := windowsPath(t.get(row, "FullName"))
	if !ok || !named {
		return
	}
	id := serial(t.get(row, "VolumeID"))
	if p.drive == "" {
		p.drive = first(first(letters[id], id), "unknown")
	}
	const live = "{00000000-0000-0000-0000-000000000000}"
	if snapshot := fold(t.get(row, "SnapshotID")); snapshot != live && len(snapshot) == len(live) && strings.Trim(snapshot, "{-}"+hexadecimal) == "" {
		p.snapshot = strings.Trim(snapshot, "{}")
	}
	if attribute := t.get(row, "AttrName"); p.stream == "" && attribute != "" && (t.get(row, "AttrType") == "" || strings.Contains(fold(t.get(row, "AttrType")), "data")) {
		p.stream = valid(attribute)
	}
	l.byMember[x.folded[sample]] = fact{place: p,
		times:   t.times(row, "CreationDate", "LastModificationDate", "LastAttrChangeDate", "LastAccessDate"),
		digests: Digests{MD5: digest(t.get(row, "MD5"), 32), SHA1: digest(t.get(row, "SHA1"), 40), SHA256: digest(t.get(row, "SHA256"), 64)}}
}
