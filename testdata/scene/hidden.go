package scene

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/encoded/encodedtest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text/texttest"
)

// Hidden returns the disk of the machine without the act, on which hives are
// hidden in files and in free clusters:
//
//   - exports as .reg text in three encodings;
//   - hives as certutil and PowerShell write them, and combined with a byte;
//   - a hive behind the first MiB of a video;
//   - deleted hives whose file records were used again: one whole, one
//     compressed by NTFS, one without its first cluster.
func Hidden() ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a9, Time: installed, Size: 24 << 20})
	for _, f := range append(append(hives(), asText()...), inFiles()...) {
		b.Add(f)
	}
	for _, f := range lost() {
		b.Add(f)
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	for i, f := range lost() {
		at, ok := b.Lookup(f.Path)
		if !ok {
			return nil, fmt.Errorf("scene: %s was not placed", f.Path)
		}
		forget(volume, at)
		if i == len(lost())-1 {
			first := at.Runs[0].LCN * clusterSize
			copy(volume[first:first+clusterSize], bytes.Repeat([]byte{0xF6}, clusterSize))
		}
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

// forget clears a file's record, as if it was never used: $MFT is one run.
func forget(volume []byte, at ntfstest.Placed) {
	const recordSize = 1024
	start := int64(binary.LittleEndian.Uint64(volume[0x30:]))*clusterSize + int64(at.Record)*recordSize
	clear(volume[start : start+recordSize])
}

func asText() []ntfstest.File {
	root := func(keys ...*hivetest.Key) *hivetest.Key { return &hivetest.Key{Keys: keys} }
	system := root(&hivetest.Key{Name: "ControlSet001", Keys: []*hivetest.Key{hivetest.ControlKey(taken)}},
		&hivetest.Key{Name: "Select", Values: []hivetest.Value{hivetest.Number("Current", 1)}})
	return []ntfstest.File{
		{Path: "/Users/Public/settings.reg", Data: texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\SAM`, root(hivetest.SAMKey(taken)))},
		{Path: "/ProgramData/readme.txt", Data: texttest.Write(texttest.UTF8, `HKEY_LOCAL_MACHINE\offline`, root(hivetest.PolicyKey(taken)))},
		{Path: "/Windows/Temp/old.reg", Data: texttest.Write(texttest.ANSI, `HKEY_LOCAL_MACHINE\SYSTEM`, system)},
	}
}

func inFiles() []ntfstest.File {
	sam, security := hivetest.SAM(taken, hivetest.RegSave), hivetest.SECURITY(taken, hivetest.RegSaveKey)
	video := make([]byte, 1<<20, 1<<20+len(sam))
	ntfstest.Filling(video, 0)
	return []ntfstest.File{
		{Path: "/Users/Public/server.crt", Data: encodedtest.Certificate(sam)},
		{Path: "/Users/Public/dump.txt", Data: encodedtest.Hex(security, true, true)},
		{Path: "/Users/Public/token.txt", Data: encodedtest.Wide(encodedtest.Base64(sam, 0))},
		{Path: "/Users/Public/cache.bin", Data: encodedtest.XOR(security, 0x5A)},
		{Path: "/Users/Public/Videos/clip.mp4", Data: append(video, sam...)},
	}
}

// lost are deleted files. The last one loses its first cluster too.
func lost() []ntfstest.File {
	return []ntfstest.File{
		{Path: "/Windows/Temp/a.tmp", Data: hivetest.SAM(taken, hivetest.RegSaveKey), Deleted: true},
		{Path: "/Windows/Temp/b.tmp", Data: hivetest.SECURITY(taken, hivetest.RegSaveKey), Deleted: true, Layout: ntfstest.Layout{Compressed: true}},
		{Path: "/Windows/Temp/c.tmp", Data: hivetest.SYSTEM(taken, hivetest.RegSaveKey), Deleted: true, Layout: ntfstest.Layout{NonResident: true}},
	}
}
