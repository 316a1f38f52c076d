package triage

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/transfers"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
)

// maxPlaces bounds what one file tells of places.
const maxPlaces = 1000

// tellsPlace reports whether an entry says what a folder or a drive is: shared,
// kept in step with a cloud, removable, mapped.
func tellsPlace(t *artifacts.Trace) bool {
	if len(t.Paths) == 0 {
		return false
	}
	switch t.Artefact {
	case registry.InShare, registry.InMountedDevices, profile.InOneDrive, profile.InNetworkDrives,
		transfers.Dropbox, transfers.MEGAsync, transfers.GoogleDrive: // OneDrive's settings call themselves as its keys do
		return true
	}
	return false
}

// keptPlace adds what an entry tells of a place to what is kept of its file.
func keptPlace(places []artifacts.Trace, t *artifacts.Trace) []artifacts.Trace {
	if len(places) >= maxPlaces {
		return places
	}
	return append(places, *t)
}

// surveyor answers what is known of the places of a disk. What it gives is
// made once for each disk.
func (r *run) surveyor() correlate.Surveyor {
	known := map[diskKey]*destination.Known{}
	cover, _ := r.ledger.Coverage() // it balances at the end only; the volumes are known by now
	return func(at artifacts.Locator) (*destination.Known, string) {
		key := diskOf(at)
		if known[key] == nil {
			known[key] = r.knownPlaces(at)
		}
		return known[key], mediumOf(cover.Volumes, at)
	}
}

// knownPlaces gathers what the artefacts of a disk tell of its places; of the
// only host, where those lie in another part of the evidence.
func (r *run) knownPlaces(at artifacts.Locator) *destination.Known {
	k := &destination.Known{}
	for _, h := range r.hosts {
		if h.Name != "" && (len(r.hosts) == 1 || h.key.source == at.Source && h.Disk == at.Disk()) {
			k.Names = append(k.Names, h.Name)
		}
	}
	same := func(t artifacts.Trace) bool { return t.From.Source == at.Source && t.From.Disk() == at.Disk() }
	elsewhere := len(r.hosts) == 1 && !slices.ContainsFunc(r.places, same)
	for i := range r.places {
		if t := &r.places[i]; elsewhere || same(*t) {
			addPlace(k, t)
		}
	}
	return k
}

// addPlace enters what one entry tells.
func addPlace(k *destination.Known, t *artifacts.Trace) {
	because := t.From.Path
	if t.Entry != "" {
		because += ", " + t.Entry
	}
	switch t.Artefact {
	case registry.InShare:
		for _, folder := range t.Paths {
			k.Shared = append(k.Shared, destination.Folder{Path: folder, Name: t.Program, Because: because})
		}
	case registry.InMountedDevices:
		letter, colon := strings.CutSuffix(t.Paths[0], ":")
		if medium := removable(t.Detail("Device")); colon && medium != "" {
			k.Drives = append(k.Drives, destination.Drive{Letter: letter, Medium: medium, Because: because})
		}
	case profile.InNetworkDrives:
		if letter, colon := strings.CutSuffix(t.Detail("mapped drive"), ":"); colon {
			k.Drives = append(k.Drives, destination.Drive{Letter: letter, Share: t.Paths[0], Because: because})
		}
	default:
		name := t.Artefact
		if host := strings.ToLower(t.Detail("Remote host")); strings.HasSuffix(host, ".sharepoint.com") && !strings.HasSuffix(host, "-my.sharepoint.com") {
			name = "SharePoint"
		}
		for _, folder := range t.Paths {
			k.Synced = append(k.Synced, destination.Folder{Path: folder, Name: name, Because: because})
		}
	}
}

// removable says what the name of a device in MountedDevices tells of a medium
// that can be carried away; "" for other devices. Fixed disks, those on USB
// among them, are listed by their partitions instead.
func removable(device string) string {
	upper := strings.ToUpper(device)
	i := strings.Index(upper, "USBSTOR#DISK&")
	if i < 0 {
		if strings.Contains(upper, "REMOVABLEMEDIA") || strings.Contains(upper, "FDC#") {
			return "a removable medium"
		}
		return ""
	}
	parts := strings.Split(device[i:], "#")
	name := strings.NewReplacer("Disk&", "", "Ven_", "", "&Prod_", " ", "&Rev_", " ", "_", " ").Replace(parts[1])
	if len(parts) > 2 {
		name += ", serial number " + strings.TrimSuffix(parts[2], "&0")
	}
	return "a USB medium (" + name + ")"
}

// mediumOf says why the volume at a place can be carried away: it is FAT or
// exFAT, and no other file system is on its disk. The partition from which a
// machine starts is FAT as well.
func mediumOf(volumes []coverage.VolumeRow, at artifacts.Locator) string {
	if strings.HasPrefix(strings.ToUpper(at.Path), "/EFI/") {
		return ""
	}
	medium := ""
	for _, v := range volumes {
		if v.Source != at.Source || (artifacts.Locator{Volume: v.Name}).Disk() != at.Disk() {
			continue
		}
		switch fs := v.Info.FileSystem; {
		case !strings.HasPrefix(fs, "FAT") && fs != "exFAT":
			return ""
		case v.Name == at.Volume:
			medium = "it lies on a volume with " + fs
			if v.Info.Label != "" {
				medium += fmt.Sprintf(" (%s)", v.Info.Label)
			}
			medium += " and no other file system is on its disk, as is usual for sticks and cards"
		}
	}
	return medium
}

// howFar says how far the copies came, and of which that is not known.
func howFar(acts []correlate.Act) string {
	const gone destination.Reach = "gone" // what is no more there cannot be fetched any more
	first, count := map[destination.Reach]string{}, map[destination.Reach]int{}
	all := 0
	for _, a := range acts {
		for _, w := range a.Whereabouts {
			reach := w.Reach
			if reach == destination.Reachable && w.State != "live" && w.State != "snapshot" && w.State != locate.StateReported {
				reach = gone
			}
			if all++; count[reach] == 0 {
				first[reach] = w.Path
			}
			count[reach]++
		}
	}
	said, known := "", 0
	for _, reach := range []struct {
		of   destination.Reach
		text string
	}{
		{destination.Left, "left the host"}, {destination.Reachable, "can be fetched from outside"}, {gone, "could be fetched from outside"},
		{destination.Removable, "lay on removable media"}, {destination.Staged, "lay where things are put aside"},
	} {
		if n := count[reach.of]; n > 0 {
			said += fmt.Sprintf("; %d %s (%s", n, reach.text, first[reach.of])
			if n > 1 {
				said += " and others"
			}
			said += ")"
			if reach.of != destination.Staged {
				known += n
			}
		}
	}
	switch {
	case known == 0 && all == 1:
		return said + "; whether it left the host is unknown"
	case known == 0:
		return said + "; whether they left the host is unknown"
	case known < all:
		return said + "; whether the others left the host is unknown"
	case count[destination.Left] < all:
		return said + "; whether they were taken on from there is unknown"
	}
	return said
}
