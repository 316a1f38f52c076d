package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// volumeBytes is an NTFS volume with a file that looks like a hive.
var volumeBytes = sync.OnceValues(func() ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Size: 8 << 20})
	noise := bytes.Repeat([]byte("\x01\x02\x03\x05\x07\x0b\x0d"), 40_000)
	b.Add(ntfstest.File{Path: "/Temp/sam.tmp", Data: append([]byte("regf"), noise...)})
	return b.Bytes()
})

func ntfsVolume(t *testing.T) partitiontest.Volume {
	t.Helper()
	b, err := volumeBytes()
	if err != nil {
		t.Fatal(err)
	}
	return partitiontest.Bytes(b)
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// magicVolume is an otherwise strange volume with a signature.
func magicVolume(at int, magic string) partitiontest.Volume {
	b := bytes.Repeat([]byte{0x11}, 256<<10)
	copy(b[at:], magic)
	return partitiontest.Bytes(b)
}

// describe renders the volumes of a source, with the hives in them.
func describe(t *testing.T, s artifacts.Source) string {
	t.Helper()
	var out strings.Builder
	for v, err := range s.Volumes(context.Background()) {
		if err != nil {
			var p *artifacts.Problem
			if !errors.As(err, &p) || strings.Contains(err.Error(), "\n") || p.At.Source != s.Name() {
				t.Errorf("%v is not a Problem of this source in one line", err)
			}
			fmt.Fprintf(&out, "! %s %s\n", p.At.Volume, p.Kind)
			continue
		}
		fmt.Fprintf(&out, "%s %s %d\n", v.Name(), strings.Fields(v.Info().FileSystem)[0], v.Info().Offset)
		for e, err := range v.Find(context.Background(), artifacts.Scan{Head: func(b []byte) bool { return bytes.HasPrefix(b, []byte("regf")) }}) {
			if err != nil {
				fmt.Fprintf(&out, "! %v\n", err)
				continue
			}
			fmt.Fprintf(&out, "  %s %d\n", strings.TrimPrefix(e.Locator().String(), s.Name()+" "), e.Size())
		}
	}
	return out.String()
}

func TestOpenImages(t *testing.T) {
	v := ntfsVolume(t)
	raw, err := volumeBytes()
	if err != nil {
		t.Fatal(err)
	}
	wiped := bytes.Clone(raw)
	clear(wiped[:512])
	msr := partitiontest.Volume{Size: 1 << 20, GPTType: "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"}
	gpt := func(sector int64, volumes ...partitiontest.Volume) []byte {
		return partitiontest.GPT(volumes, partitiontest.Options{Sector: sector}).Bytes()
	}
	const file = "/Temp/sam.tmp 280004\n"
	tests := map[string]struct {
		image []byte
		want  string
	}{
		"bare":            {raw, "ntfs NTFS 0\n  ntfs " + file},
		"bare, no boot":   {wiped, "ntfs NTFS 0\n! SOURCE ntfs: malformed at offset 0: BACKUP\n  ntfs " + file},
		"gpt":             {gpt(512, msr, v), "gpt:2 NTFS 2097152\n  gpt:2 " + file},
		"mbr and logical": {partitiontest.MBR([]partitiontest.Volume{v}, partitiontest.Options{Logical: []partitiontest.Volume{v}}).Bytes(), "mbr:1 NTFS 1048576\n  mbr:1 " + file + "mbr:5 NTFS 10485760\n  mbr:5 " + file},
		"4096":            {gpt(4096, v), "gpt:1 NTFS 1048576\n  gpt:1 " + file},
		"what cannot be read": {gpt(512, magicVolume(3, "-FVE-FS-"), magicVolume(0, "LUKS\xba\xbe"), magicVolume(0x438, "\x53\xef"), magicVolume(3, "ReFS\x00\x00\x00\x00"), magicVolume(100, "?"), v),
			"! gpt:1 encrypted\n! gpt:2 encrypted\n! gpt:3 unsupported\n! gpt:4 unsupported\n! gpt:5 unsupported\ngpt:6 NTFS 6291456\n  gpt:6 " + file},
		"no backup table": {gpt(512, v)[:9<<20], "gpt:1 NTFS 1048576\n  gpt:1 " + file},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, "disk.raw", tt.image)
			s, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got := describe(t, s)
			if i := strings.Index(got, "offset 0: "); i >= 0 { // the text after it is the volume's affair
				got = got[:i] + "offset 0: BACKUP" + got[i+strings.Index(got[i:], "\n"):]
			}
			if want := strings.ReplaceAll(tt.want, "SOURCE", path); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			media, size := s.(artifacts.Media).Media()
			if b, err := io.ReadAll(io.NewSectionReader(media, 0, size)); err != nil || !bytes.Equal(b, tt.image) {
				t.Errorf("media of %d bytes, %v", len(b), err)
			}
			if in := s.Input(); in.Kind != "raw" || in.Size != int64(len(tt.image)) || in.Path != path || len(s.(Reporter).Problems()) != 0 {
				t.Errorf("input %+v", in)
			}
		})
	}
}

func TestOpenE01(t *testing.T) {
	disk := partitiontest.GPT([]partitiontest.Volume{magicVolume(3, "-FVE-FS-"), ntfsVolume(t)}, partitiontest.Options{}).Bytes()
	base := filepath.Join(t.TempDir(), "disk")
	paths, err := imagetest.WriteE01(base, bytes.NewReader(disk), int64(len(disk)), imagetest.Options{SegmentSize: 8 << 10})
	if err != nil || len(paths) < 2 {
		t.Fatal(paths, err)
	}
	s, err := Open(context.Background(), paths[0], Options{Mode: Image})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := "! ewf/gpt:1 encrypted\newf/gpt:2 NTFS 2097152\n  ewf/gpt:2 /Temp/sam.tmp 280004\n"
	if got := describe(t, s); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if in := s.Input(); in.Kind != "ewf" || len(in.Segments) != len(paths) || len(in.Stored["MD5"]) != 32 || in.Size != int64(len(disk)) {
		t.Errorf("input %+v", in)
	}
}

// A bad chunk inside of a file reaches whoever reads the file, and the list of
// problems after the scan.
func TestBadChunkIsReported(t *testing.T) {
	disk := partitiontest.GPT([]partitiontest.Volume{ntfsVolume(t)}, partitiontest.Options{}).Bytes()
	base := filepath.Join(t.TempDir(), "disk")
	paths, err := imagetest.WriteE01(base, bytes.NewReader(disk), int64(len(disk)), imagetest.Options{Stored: true})
	if err != nil {
		t.Fatal(err)
	}
	container, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(container, []byte("regf\x01\x02\x03\x05"))
	container[at+150_000] ^= 0x80
	if err := os.WriteFile(paths[0], container, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), paths[0], Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if before := s.(Reporter).Problems(); len(before) != 0 {
		t.Errorf("before the scan: %v", before)
	}
	for v := range s.Volumes(context.Background()) {
		for e, err := range v.Find(context.Background(), artifacts.Scan{Head: func(b []byte) bool { return bytes.HasPrefix(b, []byte("regf")) }}) {
			if err != nil {
				t.Fatal(err)
			}
			c, err := e.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.ReadAt(make([]byte, c.Size()), 0)
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != artifacts.Checksum {
				t.Errorf("reading the file: %v", err)
			}
		}
	}
	after := s.(Reporter).Problems()
	if len(after) != 1 || after[0].Kind != artifacts.Checksum || after[0].At.Source != paths[0] || !strings.Contains(after[0].Error(), "disk.E01 at offset") {
		t.Errorf("after the scan: %v", after)
	}
}

func TestOpenByContent(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]struct {
		path string
		kind string
		want string
	}{
		"directory":             {dir, "directory", " directory 0\n"},
		"log":                   {write(t, "no extension", []byte("ElfFile\x00....")), "evtx", " log 0\n"},
		"hive":                  {write(t, "disk.raw", []byte("regf....")), "hive", " hive 0\n  PATH 8\n"},
		"image of another name": {write(t, "Security.evtx", must(volumeBytes())), "raw", "ntfs NTFS 0\n  ntfs /Temp/sam.tmp 280004\n"},
	}
	for name, tt := range tests {
		s, err := Open(context.Background(), tt.path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := strings.ReplaceAll(tt.want, "PATH", tt.path)
		if got := describe(t, s); got != want || s.Input().Kind != tt.kind || s.Name() != tt.path {
			t.Errorf("%s: %+v\n%swant\n%s", name, s.Input(), got, want)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestRefused expects errors of one line that name the input, the cause and
// what to do.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	raw := must(volumeBytes())
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(cancelled, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if runtime.GOOS != "windows" {
		if _, err := Open(context.Background(), os.DevNull, Options{}); err == nil || err.Error() != "/dev/null: io: this device is empty, or the system does not tell its size: copy it into a file first, e.g. with dd" {
			t.Errorf("a device without a size: %v", err)
		}
	}
	tests := map[string]struct {
		path string
		mode Mode
		want []string
	}{
		"missing":           {filepath.Join(dir, "none"), Any, []string{"check the path"}},
		"missing folder":    {filepath.Join(dir, "none"), Path, []string{"check the path"}},
		"empty":             {write(t, "e", nil), Any, []string{"empty", "copy"}},
		"folder as image":   {dir, Image, []string{"--path"}},
		"image as folder":   {write(t, "d", raw), Path, []string{"--image"}},
		"text as folder":    {write(t, "t.json", []byte("{\"EventID\":1}\n")), Path, []string{"as it is"}},
		"log as image":      {write(t, "l.evtx", []byte("ElfFile\x00")), Image, []string{"no known file system"}},
		"text":              {write(t, "t.txt", []byte("just some notes\n")), Any, []string{"no partition table", "disk image"}},
		"zeros":             {write(t, "z", make([]byte, 1<<20)), Any, []string{"no partition table"}},
		"noise":             {write(t, "n", bytes.Repeat([]byte{0xa7, 0x13, 0x55}, 1<<18)), Image, []string{"no partition table"}},
		"vdi":               {write(t, "q", append(make([]byte, 64), 0x7f, 0x10, 0xda, 0xbe)), Any, []string{"VDI", "qemu-img"}},
		"only the reserved": {write(t, "r", partitiontest.GPT([]partitiontest.Volume{{Size: 1 << 20, GPTType: "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"}}, partitiontest.Options{}).Bytes()), Any, []string{"without a volume"}},
	}
	for name, tt := range tests {
		s, err := Open(context.Background(), tt.path, Options{Mode: tt.mode})
		var p *artifacts.Problem
		if s != nil || !errors.As(err, &p) || p.At.Source != tt.path || strings.Count(err.Error(), tt.path) != 1 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q has no %q", name, err, want)
			}
		}
	}
}
