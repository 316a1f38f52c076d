package partition_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/partition"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// ntfsVolume is a boot sector and its size, enough to be detected.
func ntfsVolume(size int) partitiontest.Volume {
	b := make([]byte, size)
	copy(b, "\xeb\x52\x90NTFS    ")
	b[510], b[511] = 0x55, 0xaa
	return partitiontest.Bytes(b)
}

func typed(kind byte) partitiontest.Volume {
	v := ntfsVolume(64 << 10)
	v.MBRType = kind
	return v
}

// list renders what List found: one line a partition, then the problems.
func list(b []byte) string {
	parts, problems := partition.List(bytes.NewReader(b), int64(len(b)))
	var out strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&out, "%s %d+%d %s\n", p.Name, p.Offset, p.Size, p.TypeName)
	}
	for _, p := range problems {
		fmt.Fprintf(&out, "! %v\n", p)
	}
	return out.String()
}

const mb = 1 << 20

func TestListsWhatTheTablesSay(t *testing.T) {
	v := ntfsVolume(64 << 10)
	named := func(name string) partitiontest.Volume { x := v; x.Name = name; return x }
	msr := partitiontest.Volume{Size: 16 << 10, GPTType: "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"}
	tests := map[string]struct {
		disk *partitiontest.Disk
		want string
	}{
		"mbr": {partitiontest.MBR([]partitiontest.Volume{v, typed(0x27)}, partitiontest.Options{}),
			"mbr:1 1048576+65536 NTFS, exFAT or ReFS\nmbr:2 2097152+65536 Windows recovery\n"},
		"mbr 4096": {partitiontest.MBR([]partitiontest.Volume{v, v}, partitiontest.Options{Sector: 4096}),
			"mbr:1 1048576+65536 NTFS, exFAT or ReFS\nmbr:2 2097152+65536 NTFS, exFAT or ReFS\n"},
		"extended": {partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v, typed(0x83), v}}),
			"mbr:1 1048576+65536 NTFS, exFAT or ReFS\nmbr:5 3145728+65536 NTFS, exFAT or ReFS\n" +
				"mbr:6 5242880+65536 Linux\nmbr:7 7340032+65536 NTFS, exFAT or ReFS\n"},
		"extended 4096": {partitiontest.MBR(nil, partitiontest.Options{Sector: 4096, Logical: []partitiontest.Volume{v, v}}),
			"mbr:5 2097152+65536 NTFS, exFAT or ReFS\nmbr:6 4194304+65536 NTFS, exFAT or ReFS\n"},
		"gpt": {partitiontest.GPT([]partitiontest.Volume{msr, named("Basic")}, partitiontest.Options{}),
			"gpt:1 1048576+16384 Microsoft reserved\ngpt:2 2097152+65536 Microsoft basic data\n"},
		"gpt 4096": {partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{Sector: 4096}),
			"gpt:1 1048576+65536 Microsoft basic data\ngpt:2 2097152+65536 Microsoft basic data\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := list(tt.disk.Bytes()); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// TestIdentities tells what Windows knows partitions by.
func TestIdentities(t *testing.T) {
	v := ntfsVolume(64 << 10)
	mbr := partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v}}).Bytes()
	copy(mbr[440:], "\xd4\xc3\xb2\xa1")
	for name, tt := range map[string]struct {
		disk      []byte
		guids     []string
		signature uint32
	}{
		"mbr":  {mbr, []string{"", ""}, 0xa1b2c3d4},
		"gpt":  {partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}).Bytes(), []string{"{00000001-0000-4000-8000-000000000002}", "{00000002-0000-4000-8000-000000000002}"}, 0},
		"none": {ntfsBytes(t), []string{""}, 0},
	} {
		parts, _ := partition.List(bytes.NewReader(tt.disk), int64(len(tt.disk)))
		if len(parts) != len(tt.guids) {
			t.Fatalf("%s: %+v", name, parts)
		}
		for i, p := range parts {
			if p.GUID != tt.guids[i] || p.Signature != tt.signature {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}

func ntfsBytes(t *testing.T) []byte {
	t.Helper()
	v := ntfsVolume(64 << 10)
	b := make([]byte, v.Size)
	if _, err := v.Content.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBareVolumes(t *testing.T) {
	tests := map[string][]byte{
		"ntfs":        ntfsVolumeBytes(1 << 20),
		"zeros":       make([]byte, 1<<20),
		"text":        bytes.Repeat([]byte("not a disk "), 1000),
		"a few bytes": []byte("hello"),
	}
	for name, b := range tests {
		if got, want := list(b), fmt.Sprintf(" 0+%d \n", len(b)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func ntfsVolumeBytes(size int) []byte {
	b := make([]byte, size)
	copy(b, "\xeb\x52\x90NTFS    ")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// TestDamagedTables damages a good table and expects what can still be found,
// and the problems by words of their text.
func TestDamagedTables(t *testing.T) {
	v := ntfsVolume(64 << 10)
	gpt := func() []byte {
		return partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}).Bytes()
	}
	extended := func() []byte {
		return partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v, v, v}}).Bytes()
	}
	le := binary.LittleEndian
	tests := map[string]struct {
		disk     []byte
		damage   func(b []byte) []byte
		names    string
		problems []string
	}{
		"primary header": {gpt(), func(b []byte) []byte { b[512+40]++; return b },
			"gpt:1 gpt:2", []string{"checksum at offset 512: primary GPT", "backup GPT is used"}},
		"primary entries": {gpt(), func(b []byte) []byte { b[1024+32]++; return b },
			"gpt:1 gpt:2", []string{"entries' CRC-32", "backup GPT is used"}},
		"primary wiped": {gpt(), func(b []byte) []byte { clear(b[:34*512]); return b },
			"gpt:1 gpt:2", []string{"no primary GPT header", "backup GPT is used"}},
		"both headers": {gpt(), func(b []byte) []byte { b[512+40]++; b[len(b)-512+40]++; return b },
			"gpt:1 gpt:2", []string{"checksum at offset 512"}},
		"no gpt behind a protective mbr": {gpt(), func(b []byte) []byte { clear(b[512:1024]); clear(b[len(b)-512:]); return b },
			"", []string{"no GPT that can be read"}},
		"cut in the second volume": {gpt(), func(b []byte) []byte { return b[:2*mb+512] },
			"gpt:1 gpt:2", []string{"gpt:2 (Microsoft basic data) ends 65024 bytes after the end"}},
		"cut before the second volume": {gpt(), func(b []byte) []byte { return b[:2*mb] },
			"gpt:1", []string{"gpt:2 (Microsoft basic data) begins after the end"}},
		"chain comes back": {extended(), func(b []byte) []byte { le.PutUint32(b[4*mb+446+16+8:], 0); return b },
			"mbr:1 mbr:5 mbr:6", []string{"comes back"}},
		"chain broken": {extended(), func(b []byte) []byte { b[4*mb+510] = 0; return b },
			"mbr:1 mbr:5", []string{"no extended boot record"}},
		"chain leaves the image": {extended(), func(b []byte) []byte { le.PutUint32(b[2*mb+446+16+8:], 1<<30); return b },
			"mbr:1 mbr:5", []string{"cannot be read"}},
		"size beyond any disk": {gpt(), func(b []byte) []byte {
			le.PutUint64(b[1024+32:], 1<<62)
			le.PutUint64(b[1024+40:], 1<<63)
			return reseal(b)
		},
			"gpt:2", []string{"beyond any disk"}},
		"end before start": {gpt(), func(b []byte) []byte { le.PutUint64(b[1024+40:], 1); return reseal(b) },
			"gpt:2", []string{"gpt:1: from sector 2048 to 1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := tt.damage(tt.disk)
			parts, problems := partition.List(bytes.NewReader(b), int64(len(b)))
			var names []string
			for _, p := range parts {
				names = append(names, p.Name)
			}
			if got := strings.Join(names, " "); got != tt.names {
				t.Errorf("partitions %q, want %q", got, tt.names)
			}
			if len(problems) != len(tt.problems) {
				t.Fatalf("problems %v, want %q", problems, tt.problems)
			}
			for i, p := range problems {
				if !strings.Contains(p.Error(), tt.problems[i]) {
					t.Errorf("problem %q, want %q", p, tt.problems[i])
				}
			}
		})
	}
}

// reseal gives the primary GPT right checksums after a change of its entries.
func reseal(b []byte) []byte {
	le := binary.LittleEndian
	le.PutUint32(b[512+88:], crc32.ChecksumIEEE(b[1024:1024+128*128]))
	le.PutUint32(b[512+16:], 0)
	le.PutUint32(b[512+16:], crc32.ChecksumIEEE(b[512:512+92]))
	return b
}

func TestHybridMBR(t *testing.T) {
	v := ntfsVolume(64 << 10)
	b := partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}).Bytes()
	put := func(i int, kind byte, start uint32) {
		e := b[446+16*i:]
		e[4] = kind
		binary.LittleEndian.PutUint32(e[8:], start)
		binary.LittleEndian.PutUint32(e[12:], 64)
	}
	put(1, 7, 2048) // gpt:1 again
	put(2, 7, 2048+1024)
	want := "gpt:1 1048576+65536 Microsoft basic data\nmbr:3 1572864+32768 NTFS, exFAT or ReFS\ngpt:2 2097152+65536 Microsoft basic data\n"
	if got := list(b); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A disk that was given a new MBR keeps the old GPT behind it, which counts no
// more.
func TestMBROverOldGPT(t *testing.T) {
	v := ntfsVolume(64 << 10)
	b := partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}).Bytes()
	copy(b, partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{}).Bytes()[:512])
	if got, want := list(b), "mbr:1 1048576+65536 NTFS, exFAT or ReFS\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnreadableFirstSector(t *testing.T) {
	v := ntfsVolume(64 << 10)
	b := partitiontest.GPT([]partitiontest.Volume{v}, partitiontest.Options{}).Bytes()
	parts, problems := partition.List(badStart{bytes.NewReader(b)}, int64(len(b)))
	if len(parts) != 1 || parts[0].Name != "gpt:1" {
		t.Errorf("partitions %v", parts)
	}
	if len(problems) != 2 || problems[0].Kind != artifacts.Checksum {
		t.Errorf("problems %v", problems)
	}
}

// badStart cannot read the first 32 KiB, as an image whose first chunk is bad.
type badStart struct{ *bytes.Reader }

func (r badStart) ReadAt(p []byte, off int64) (int, error) {
	if off < 32<<10 {
		return 0, artifacts.NewProblem(artifacts.Checksum, 0, "bad chunk")
	}
	return r.Reader.ReadAt(p, off)
}

func TestDetect(t *testing.T) {
	at := func(off int, magic string) []byte {
		b := make([]byte, 128<<10)
		b[off/2] = 1
		copy(b[off:], magic)
		return b
	}
	fat := func(off int, magic string) []byte {
		b := at(off, magic)
		b[12], b[510], b[511] = 2, 0x55, 0xaa
		return b
	}
	lvm := at(512, "LABELONE")
	copy(lvm[512+24:], "LVM2 001")
	tests := map[string][]byte{
		partition.NTFS: at(3, "NTFS    "), partition.BitLocker: at(3, "-FVE-FS-"),
		partition.BitLockerToGo: at(424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"),
		partition.ReFS:          at(3, "ReFS\x00\x00\x00\x00"), partition.ExFAT: at(3, "EXFAT   "),
		partition.FAT12: fat(0x36, "FAT12   "), partition.FAT16: fat(0x36, "FAT16   "), partition.FAT32: fat(0x52, "FAT32   "),
		partition.Ext: at(0x438, "\x53\xef"), partition.XFS: at(0, "XFSB"), partition.Btrfs: at(0x10040, "_BHRfS_M"),
		partition.APFS: at(32, "NXSB"), partition.HFSPlus: at(1024, "H+\x00\x04"), partition.LVM2: lvm,
		partition.LUKS: at(0, "LUKS\xba\xbe"), partition.LinuxSwap: at(4086, "SWAPSPACE2"), partition.LinuxRAID: at(4096, "\xfc\x4e\x2b\xa9"),
		partition.StorageSpaces: at(4096, "SPACEDB "), partition.Empty: make([]byte, 128<<10), "": at(100, "anything"),
	}
	for want, b := range tests {
		padded := append(make([]byte, 777), b...)
		if got := partition.Detect(bytes.NewReader(padded), 777, int64(len(b))); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestOracles asks independent programs to read what the builders wrote.
func TestOracles(t *testing.T) {
	v := ntfsVolume(64 << 10)
	tests := map[string]struct {
		disk *partitiontest.Disk
		args []string
		want []string
	}{
		"gpt":     {partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}), []string{"sgdisk", "-v"}, []string{"No problems found"}},
		"mmls":    {partitiontest.GPT([]partitiontest.Volume{v, v}, partitiontest.Options{}), []string{"mmls"}, []string{"0000002048   0000002175", "0000004096   0000004223"}},
		"logical": {partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v, v}}), []string{"mmls"}, []string{"0000006144   0000006271", "0000010240   0000010367"}},
		"4096":    {partitiontest.GPT([]partitiontest.Volume{v}, partitiontest.Options{Sector: 4096}), []string{"mmls", "-b", "4096"}, []string{"0000000256   0000000271"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			program, err := exec.LookPath(tt.args[0])
			if err != nil {
				t.Skipf("SKIPPED: %s is not installed", tt.args[0])
			}
			path := filepath.Join(t.TempDir(), "disk.raw")
			if err := os.WriteFile(path, tt.disk.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, append(tt.args[1:], path)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

func FuzzList(f *testing.F) {
	v := ntfsVolume(1 << 10)
	f.Add(partitiontest.GPT([]partitiontest.Volume{v}, partitiontest.Options{}).Bytes()[:40<<10])
	f.Add(partitiontest.GPT([]partitiontest.Volume{v}, partitiontest.Options{Sector: 4096}).Bytes()[:40<<10])
	f.Add(partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v}}).Bytes()[:1024])
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, problems := partition.List(bytes.NewReader(b), int64(len(b)))
		for _, p := range parts {
			if p.Offset < 0 || p.Size < 0 || p.Offset > int64(len(b)) || p.Size > int64(len(b))-p.Offset {
				t.Fatalf("partition outside of the image: %+v", p)
			}
			partition.Detect(bytes.NewReader(b), p.Offset, p.Size)
		}
		if len(parts) == 0 && len(problems) == 0 {
			t.Fatal("neither a partition nor a problem")
		}
	})
}
