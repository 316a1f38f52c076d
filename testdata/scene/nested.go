package scene

import (
	"archive/zip"
	"bytes"
	"time"

	"hivetriage/artifacts/evidence/bitlocker/bitlockertest"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
)

// guestName is the computer on the virtual machine's disk.
const guestName = "VM-TEST-02"

// guest is that computer, last changed at the given time.
func guest(changed time.Time) hivetest.Host {
	h := host(changed)
	h.Name, h.SID = guestName, "S-1-5-21-1716253419-2093378461-1290071865"
	return h
}

// guestDisk is the disk of a virtual machine with its live hives, and a copy of
// its SAM at a path where the machine around it may have one, too.
func guestDisk(saved string) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Guest", Serial: 0x1c2e7b415e08d3aa, Time: installed, Size: 4 << 20})
	live := always(installed)
	live.Modified = seized.Time
	for name, data := range map[string][]byte{"SAM": hivetest.SAM(guest(taken.Time), hivetest.Live), "SYSTEM": hivetest.SYSTEM(guest(seized.Time), hivetest.Live)} {
		b.Add(ntfstest.File{Path: "/Windows/System32/config/" + name, Data: data, SI: live, FN: live})
	}
	b.Add(ntfstest.File{Path: saved, Data: hivetest.SAM(guest(taken.Time), hivetest.RegSave), SI: always(samSaved), FN: always(samSaved)})
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

// Nested returns the disk of the machine without the act, on which a virtual
// machine's disks lie in every form: a VHDX, a VHD with a child, an E01 of
// several segments, a raw disk in a VHDX, disks in zips; and what cannot be
// opened. What others gives lies there by its path.
func Nested(others map[string][]byte) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a9, Time: installed, Size: 64 << 20})
	for _, f := range hives() {
		b.Add(f)
	}
	files, err := guests()
	if err != nil {
		return nil, err
	}
	for path, data := range others {
		files = append(files, ntfstest.File{Path: path, Data: data})
	}
	for _, f := range files {
		f.SI, f.FN = always(samSaved), always(samSaved)
		b.Add(f)
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

func guests() ([]ntfstest.File, error) {
	first, err1 := guestDisk("/Windows/Temp/sam.save")
	second, err2 := guestDisk("/Users/Public/a.tmp")
	third, err3 := guestDisk("/PerfLogs/b.tmp")
	inner, err4 := guestDisk("/ProgramData/c.tmp")
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return nil, err
		}
	}
	outer, err1 := carrier("/inner.img", inner)
	segments, err2 := imagetest.E01("laptop", bytes.NewReader(second), int64(len(second)), imagetest.Options{SegmentSize: 64 << 10})
	kept, err3 := storedZip("backup/disk.vhd", vhdtest.Fixed(third, [16]byte{9}))
	packed, err4 := zipOf("disk.raw", third)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return nil, err
		}
	}
	base := bytes.Clone(first)
	copy(base[len(base)/2:], bytes.Repeat([]byte("as it was "), 400))
	baseID := [16]byte{1}
	files := []ntfstest.File{
		{Path: "/VM/first.vhdx", Data: vhdxtest.Build(first, vhdxtest.Options{}), Layout: ntfstest.Layout{Fragments: 7}},
		{Path: "/VM/pair/base.vhd", Data: vhdtest.Sparse(base, vhdtest.Options{ID: baseID})},
		{Path: "/VM/pair/state.avhd", Data: vhdtest.Sparse(first, vhdtest.Options{ID: [16]byte{2}, Parent: base, ParentID: baseID, ParentName: `C:\VM\pair\base.vhd`})},
		{Path: "/VM/lost/state.avhd", Data: vhdtest.Sparse(first, vhdtest.Options{ID: [16]byte{2}, Parent: base, ParentID: baseID, ParentName: `C:\VM\pair\base.vhd`})},
		{Path: "/Users/Public/carrier.vhdx", Data: vhdxtest.Build(outer, vhdxtest.Options{})},
		{Path: "/Users/Public/kept.zip", Data: kept},
		{Path: "/Users/Public/packed.zip", Data: packed},
		{Path: "/VM/locked.vhd", Data: vhdtest.Fixed(locked(), [16]byte{8})},
		{Path: "/PerfLogs/broken.vhdx", Data: append([]byte("vhdxfile"), make([]byte, 8192)...)},
		{Path: "/PerfLogs/boot.wim", Data: append([]byte("MSWIM\x00\x00\x00"), make([]byte, 8192)...)},
		{Path: "/PerfLogs/sector.bin", Data: first[:512]},
		{Path: "/PerfLogs/report.007", Data: []byte("a report")},
	}
	for _, s := range segments {
		files = append(files, ntfstest.File{Path: "/Users/Public/" + s.Name, Data: s.Data})
	}
	return files, nil
}

// Carrier returns a disk with one file on it.
func Carrier(path string, data []byte) ([]byte, error) {
	volume, err := carrier(path, data)
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

func carrier(path string, data []byte) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Carrier"})
	b.Add(ntfstest.File{Path: path, Data: data, SI: always(samSaved), FN: always(samSaved)})
	return b.Bytes()
}

// Locked returns a disk with a volume that BitLocker encrypts.
func Locked() []byte {
	return partitiontest.GPT([]partitiontest.Volume{partitiontest.Bytes(locked())}, partitiontest.Options{}).Bytes()
}

func locked() []byte {
	const created = 134_117_966_450_000_000 // 2026-01-02 03:04:05 UTC
	return bitlockertest.Volume(bitlockertest.Options{
		ID: [16]byte{0x78, 0x56, 0x34, 0x12, 0xBC, 0x9A, 0xF0, 0xDE, 1, 2, 3, 4, 5, 6, 7, 8}, Method: 0x8004, Created: created,
		Description: guestName + " D: 1/2/2026",
		Protectors:  []bitlockertest.Protector{{ID: [16]byte{1}, Kind: 0x0100, Modified: created}, {ID: [16]byte{2}, Kind: 0x0800, Modified: created}},
	})
}

// storedZip keeps one member as it is.
func storedZip(name string, data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
