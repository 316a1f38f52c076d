package prefetch

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"hivetriage/artifacts/internal/windows"
)

// maxVolumes is up to which HarddiskVolume a path's hash is tried: since
// Windows 8.1 files name a volume by its serial, but the hash is still made of
// its device's number.
const maxVolumes = 64

// maxPrefetchFlag is the highest n of an argument /prefetch:n that is tried.
// Windows adds n to the hash; browsers use up to 8 of them.
const maxPrefetchFlag = 16

// hosts are the programs whose hash covers their command line, because they
// run what others bring: a path alone never fits. Windows' own list is the
// value HostingAppList in PrefetchParameters.
var hosts = []string{"RUNDLL32.EXE", "MMC.EXE", "DLLHOST.EXE", "SVCHOST.EXE", "TASKHOST.EXE", "TASKHOSTW.EXE", "TASKHOSTEX.EXE", "BACKGROUNDTASKHOST.EXE", "RUNTIMEBROKER.EXE"}

// hashXP is the hash of version 17, of a path in UTF-16.
func hashXP(path []byte) uint32 {
	h := 314159269 * polynomial(0, path)
	if h > 1<<31 {
		h = -h
	}
	return h % 1000000007
}

// polynomial is the hash of versions 23 and up when it starts from 314159. What
// is called the hash of Windows 2008 and 7 is the same sum, eight bytes a step.
func polynomial(h uint32, path []byte) uint32 {
	for _, c := range path {
		h = h*37 + uint32(c)
	}
	return h
}

// hashOf is the hash that names the Prefetch file of a device path such as
// \DEVICE\HARDDISKVOLUME2\WINDOWS\REGEDIT.EXE.
func (f *file) hashOf(path string) uint32 {
	b := windows.AppendUTF16(nil, strings.ToUpper(path))
	if version(f.data) == 17 {
		return hashXP(b)
	}
	return polynomial(314159, b)
}

// devicePaths are the texts that Windows may have hashed for a listed path:
// the path itself first, then that on other volumes' devices.
func devicePaths(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(path) {
			return
		}
		rest := strings.TrimPrefix(path, `\DEVICE\`)
		if !strings.HasPrefix(rest, `HARDDISKVOLUME`) {
			if rest = strings.TrimPrefix(path, `\`); !strings.HasPrefix(rest, `VOLUME{`) {
				return
			}
		}
		_, rest, ok := strings.Cut(rest, `\`)
		if !ok {
			return
		}
		for n := 1; n <= maxVolumes; n++ {
			if !yield(fmt.Sprintf(`\DEVICE\HARDDISKVOLUME%d\%s`, n, rest)) {
				return
			}
		}
	}
}

// maxCandidates bounds how many listed files of the program's name are hashed,
// and maxPath their bytes: no path that Windows can open is longer.
const (
	maxCandidates = 16
	maxPath       = 32767
)

// candidates are the listed files that have the program's name.
func (f *file) candidates() []*metric {
	var found []*metric
	name := strings.ToUpper(f.name)
	for i := range f.metrics {
		if len(f.metrics[i].path) > maxPath {
			continue
		}
		base := strings.ToUpper(f.metrics[i].path[strings.LastIndexByte(f.metrics[i].path, '\\')+1:])
		if base == name || len(f.name) >= nameChars && strings.HasPrefix(base, name) {
			found = append(found, &f.metrics[i])
		}
		if len(found) == maxCandidates {
			break
		}
	}
	return found
}

// program picks the file that ran, and says how the hash bears that out. It
// returns the zero metric where the hash does not.
func (f *file) program() (metric, string) {
	if f.boot {
		return metric{}, ""
	}
	candidates := f.candidates()
	for _, c := range candidates {
		for device := range devicePaths(strings.ToUpper(c.path)) {
			over := f.hash - f.hashOf(device)
			if over == 0 {
				return *c, "fits " + device
			}
			if over <= maxPrefetchFlag {
				return *c, fmt.Sprintf("fits %s with /prefetch:%d", device, over)
			}
		}
	}
	if f.hashed != "" && f.hashOf(f.hashed) == f.hash {
		return metric{path: f.hashed}, "fits HashString, which is not in the list of files"
	}
	if slices.Contains(hosts, strings.ToUpper(f.name)) {
		if len(candidates) == 1 {
			return *candidates[0], "not checked: the hash of a hosting program covers its command line"
		}
		return metric{}, fmt.Sprintf("not checked: the hash of a hosting program covers its command line, and %d listed files have its name", len(candidates))
	}
	if len(candidates) == 0 {
		return metric{}, "not checked: the program is not in the list of files"
	}
	var paths []string
	for _, c := range candidates {
		paths = append(paths, c.path)
	}
	return metric{}, "does not fit " + strings.Join(paths, ", ")
}
