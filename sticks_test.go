package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
)

// What a stick's file system keeps of a file, less than NTFS, by the fields of
// a case. exFAT knows the zone of its times, FAT shows a clock on the wall.
// Where a deleted file's clusters were is a guess on both, which integrity tells.
var stickLacks = map[scene.StagingKind][]string{
	scene.StickFAT12: fatLacks, scene.StickFAT16: fatLacks, scene.StickFAT32: fatLacks, scene.StickExFAT: exFATLacks, scene.StickNTFS: nil,
}

var (
	exFATLacks = append([]string{"integrity"}, noChanged...)
	fatLacks   = append([]string{"si", "not_after", "clock", "taken.because", joinedActs}, exFATLacks...)
)

// stickOthers are the fields that a stick has, but others than NTFS.
var stickOthers = append([]string{"si", "clock", "integrity"}, reworded...)

var stickNames = map[scene.StagingKind]string{
	scene.StickFAT12: "FAT12", scene.StickFAT16: "FAT16", scene.StickFAT32: "FAT32", scene.StickExFAT: "exFAT", scene.StickNTFS: "NTFS 3.1",
}

// TestFileSystemsAgree: a stick with the same files gives the same exports
// whatever its file system is, with a partition table of either kind or none,
// in every kind of container.
func TestFileSystemsAgree(t *testing.T) {
	schemes := []struct {
		name, volume string
		disk         func(scene.StagingKind) ([]byte, error)
	}{{"bare", "fat", scene.StickVolume}, {"MBR", "mbr:1", scene.Stick}, {"GPT", "gpt:1", scene.StickGPT}}
	raw := forms[0]
	media, err := scene.StickVolume(scene.StickNTFS)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := raw.write(t.TempDir(), media)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range scene.StickKinds {
		check := func(scheme, volume string, f form, media []byte) {
			t.Run(fmt.Sprintf("%s %s %s", kind, scheme, f.name), func(t *testing.T) {
				needs(t, f.program)
				path, err := f.write(t.TempDir(), media)
				if err != nil {
					t.Fatal(err)
				}
				want, got := found(t, reference), found(t, path)
				if n := len(want.Findings["exports"].([]any)); n != 3 {
					t.Fatalf("%d exports", n)
				}
				if v := got.Coverage.Volumes[0]; len(got.Coverage.Volumes) != 1 || v.Info.FileSystem != stickNames[kind] || filepath.Base(v.Name) != filepath.Base(volume) {
					t.Errorf("volumes %+v", got.Coverage.Volumes)
				}
				if kind != scene.StickNTFS { // a stick by its file system alone
					carried(t, got.Findings)
				}
				lacks := stickLacks[kind]
				if slices.Contains(lacks, joinedActs) {
					join(want.Findings)
					join(got.Findings)
				}
				without(want.Findings, lacks...)
				without(got.Findings, slices.DeleteFunc(slices.Clone(lacks), func(f string) bool { return !slices.Contains(stickOthers, f) })...)
				same(t, got.Findings, want.Findings)
			})
		}
		for i, s := range schemes {
			if s.name == "bare" && kind == scene.StickNTFS {
				s.volume = "ntfs"
			}
			media, err := s.disk(kind)
			if err != nil {
				t.Fatal(err)
			}
			check(s.name, s.volume, raw, media)
			for j, f := range slices.DeleteFunc(slices.Clone(forms[1:]), func(f form) bool { return f.program != "" }) {
				if j%len(schemes) == i {
					check(s.name, s.volume, f, media)
				}
			}
		}
	}
}

// carried takes from the acts that their copies are on removable media, which
// every one of them must say.
func carried(t *testing.T, findings map[string]any) {
	t.Helper()
	for _, act := range findings["acts"].([]any) {
		act := act.(map[string]any)
		for list, tells := range map[string]string{"attack": "T1052.001", "for": "on removable media: "} {
			all := act[list].([]any)
			rest := slices.DeleteFunc(slices.Clone(all), func(line any) bool { return strings.HasPrefix(line.(string), tells) })
			if len(rest) != len(all)-1 {
				t.Errorf("%s does not say %q once: %q", list, tells, all)
			}
			act[list] = rest
		}
		act["reasons"] = slices.DeleteFunc(act["reasons"].([]any), func(r any) bool {
			return strings.HasPrefix(r.(map[string]any)["text"].(string), "on removable media: ")
		})
		for _, place := range act["whereabouts"].([]any) {
			place := place.(map[string]any)
			if place["reach"] != "on removable media" || place["destination"] != "removable" {
				t.Errorf("%v", place)
			}
			delete(place, "reach")
			delete(place, "why")
			delete(place, "destination")
		}
	}
}
