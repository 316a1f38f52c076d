package evidence

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"hivetriage/artifacts/evidence/fat/fattest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// fatVolume is a volume with a file that looks like a hive.
func fatVolume(t *testing.T, opt fattest.Options) []byte {
	t.Helper()
	b := fattest.New(opt)
	b.Add(fattest.File{Path: "/Temp/sam.tmp", Data: append([]byte("regf"), make([]byte, 9000)...)})
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestOpenFAT(t *testing.T) {
	fat16 := fatVolume(t, fattest.Options{Kind: fattest.FAT16, Size: 5 << 20})
	fat32 := fatVolume(t, fattest.Options{Kind: fattest.FAT32, Size: 34 << 20})
	exfat := fatVolume(t, fattest.Options{Kind: fattest.ExFAT, Size: 1 << 20})
	wiped := func(b []byte) []byte {
		b = bytes.Clone(b)
		clear(b[:512])
		return b
	}
	noFAT := bytes.Clone(fat16)
	noFAT[11], noFAT[13] = 0, 3 // what Detect looks at is there, and no sense in the rest
	noFAT[12] = 2
	bytes512 := func(volumes ...[]byte) []byte {
		var all []partitiontest.Volume
		for _, b := range volumes {
			all = append(all, partitiontest.Bytes(b))
		}
		return partitiontest.GPT(all, partitiontest.Options{}).Bytes()
	}
	const backup = "! PATH VOLUME: malformed at offset 0: boot sector is damaged"
	for name, tt := range map[string]struct {
		image []byte
		want  string
	}{
		"bare":                {fat16, "fat FAT16 0\n  fat /Temp/sam.tmp 9004\n"},
		"bare exFAT":          {exfat, "fat exFAT 0\n  fat /Temp/sam.tmp 9004\n"},
		"bare, by its backup": {wiped(fat32), "fat FAT32 0\n" + backup + "\n  fat /Temp/sam.tmp 9004\n"},
		"partitions":          {bytes512(fat32, exfat), "gpt:1 FAT32 1048576\n  gpt:1 /Temp/sam.tmp 9004\ngpt:2 exFAT 36700160\n  gpt:2 /Temp/sam.tmp 9004\n"},
		"by its backup":       {bytes512(wiped(exfat)), "gpt:1 exFAT 1048576\n" + backup + "\n  gpt:1 /Temp/sam.tmp 9004\n"},
		"no sense":            {bytes512(noFAT, exfat), "! gpt:1 malformed\ngpt:2 exFAT 6291456\n  gpt:2 /Temp/sam.tmp 9004\n"},
	} {
		path := write(t, "stick.raw", tt.image)
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got strings.Builder
		for line := range strings.Lines(describe(t, s)) {
			if i := strings.Index(line, " ("); strings.Contains(line, "damaged") && i > 0 {
				line = line[:i] + "\n" // the rest is the volume's affair
			}
			got.WriteString(line)
		}
		want := strings.ReplaceAll(strings.ReplaceAll(tt.want, "PATH", path), "VOLUME", strings.Fields(tt.want)[0])
		if got.String() != want {
			t.Errorf("%s: got\n%swant\n%s", name, got.String(), want)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
