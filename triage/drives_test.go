package triage_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/triage/correlate"
)

// TestDriveLetters joins a command's destination to a copy at the same path on
// the volume of that letter only, where MountedDevices tells the letters.
func TestDriveLetters(t *testing.T) {
	const signature = 0xa1b2c3d4
	const history = "/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt"
	h := hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour)}
	sam := hivetest.SAM(h, hivetest.RegSave)
	volume := func(files ...ntfstest.File) []byte {
		b := ntfstest.New(ntfstest.Options{Time: act.Add(-time.Hour)})
		for _, f := range files {
			b.Add(f)
		}
		image, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
	for _, c := range []struct {
		name   string
		mounts func(starts []int64, guids [][]byte) []hivetest.Value
		copyOn int // volume
		line   string
		gpt    bool
		joined bool
	}{
		{"the volume that it names", byOffset, 1, `reg save HKLM\SAM D:\stage\s.bin`, false, true},
		{"the other volume", byOffset, 0, `reg save HKLM\SAM D:\stage\s.bin`, false, false},
		{"no letters are known", nil, 0, `reg save HKLM\SAM D:\stage\s.bin`, false, true},
		{"GPT, the volume that it names", byGUID, 1, `reg save HKLM\SAM D:\stage\s.bin`, true, true},
		{"GPT, the other volume", byGUID, 0, `reg save HKLM\SAM D:\stage\s.bin`, true, false},
		{"GPT, the system's volume", byGUID, 0, `reg save HKLM\SAM C:\stage\s.bin`, true, true},
		{"of two letters, none", twice, 0, `reg save HKLM\SAM D:\stage\s.bin`, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var starts []int64
			var guids [][]byte
			var raw []byte
			for range 2 { // the first time, for where the volumes lie
				own := h
				if c.mounts != nil && starts != nil {
					own.More = map[string]*hivetest.Key{"SYSTEM": registrytest.Mounted(c.mounts(starts, guids)...)}
				}
				system := []ntfstest.File{{Path: history, Data: []byte(c.line + "\n")},
					{Path: "/Windows/System32/config/SYSTEM", Data: hivetest.SYSTEM(own, hivetest.Live)}, {Path: "/Windows/System32/config/SAM", Data: hivetest.SAM(own, hivetest.Live)}}
				data := []ntfstest.File{{Path: "/readme.txt", Data: []byte("x")}}
				saved := ntfstest.File{Path: "/stage/s.bin", Data: sam, SI: at(act)}
				if c.copyOn == 0 {
					system = append(system, saved)
				} else {
					data = append(data, saved)
				}
				volumes := []partitiontest.Volume{partitiontest.Bytes(volume(system...)), partitiontest.Bytes(volume(data...))}
				disk := partitiontest.MBR(volumes, partitiontest.Options{})
				if c.gpt {
					disk = partitiontest.GPT(volumes, partitiontest.Options{})
				}
				raw, starts = disk.Bytes(), disk.Starts
				if !c.gpt {
					for i := range 4 {
						raw[440+i] = byte(uint32(signature) >> (8 * i))
					}
					continue
				}
				guids = [][]byte{slices.Clone(raw[1024+16 : 1024+32]), slices.Clone(raw[1024+128+16 : 1024+128+32])}
			}
			path := filepath.Join(t.TempDir(), "disk.raw")
			write(t, path, raw)
			got := run(t, path)
			joined := len(got.Acts) > 0 && slices.ContainsFunc(got.Acts[0].For, func(s string) bool { return strings.Contains(s, "lies where a record without a time says it went") })
			if len(got.Exports) != 1 || joined != c.joined {
				t.Fatalf("joined: %v, %q\n%+v", joined, exportsOf(got), got.Acts)
			}
		})
	}
}

func letter(name string, data []byte) hivetest.Value {
	return hivetest.Value{Name: `\DosDevices\` + name + `:`, Type: hivetest.Binary, Data: data}
}

func byOffset(starts []int64, _ [][]byte) []hivetest.Value {
	return []hivetest.Value{letter("C", registrytest.MBR(0xa1b2c3d4, uint64(starts[0]))), letter("D", registrytest.MBR(0xa1b2c3d4, uint64(starts[1]))),
		letter("E", registrytest.DeviceName(`_??_USBSTOR#Disk`))}
}

func byGUID(_ []int64, guids [][]byte) []hivetest.Value {
	return []hivetest.Value{letter("C", append([]byte("DMIO:ID:"), guids[0]...)), letter("D", append([]byte("DMIO:ID:"), guids[1]...))}
}

func twice(_ []int64, guids [][]byte) []hivetest.Value {
	return append(byGUID(nil, guids), letter("X", append([]byte("DMIO:ID:"), guids[0]...)))
}

// A collector names the drives, and so does a folder that it was unpacked into.
func TestCollectedDrives(t *testing.T) {
	const line = "reg save HKLM\\SAM D:\\stage\\s.bin\n"
	sam := hivetest.SAM(hivetest.Host{Name: "WS01", SID: "S-1-5-21-1-2-3", Time: act.Add(-time.Hour)}, hivetest.RegSave)
	for _, c := range []struct {
		path   string
		joined bool
	}{{"D/stage/s.bin", true}, {"C/stage/s.bin", false}} {
		files := hostFiles(nil)
		files["C/Users/eve/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt"] = []byte(line)
		files[c.path] = sam
		got := triaged(t, files)
		joined := slices.ContainsFunc(got.Acts, func(a correlate.Act) bool { return len(a.Exports) == 1 && len(a.Records) == 1 })
		if len(got.Exports) != 1 || joined != c.joined {
			t.Errorf("%s: %+v", c.path, got.Acts)
		}
	}
}
