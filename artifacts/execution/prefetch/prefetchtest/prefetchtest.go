// Package prefetchtest writes Prefetch files for tests: SCCA in all its
// versions, plain and packed, from the libyal project's description of the
// format and [MS-XCA] 2.2.
package prefetchtest

import (
	"encoding/binary"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// Packing says what is around a file.
type Packing int

const (
	Plain   Packing = iota
	MAM             // as Windows 10 and 11 pack
	Checked         // with a checksum
)

// A Spec says what a file tells. The zero values of Name, Hash and Count mean:
// of Path, of Path, as many as there are Ran.
type Spec struct {
	Version uint32 // 17, 23, 26, 30 or 31
	Path    string // device path of the program, upper case
	Name    string
	Hash    uint32
	Ran     []time.Time // the latest first
	Count   uint32
	Files   []Loaded
	Volumes []Volume
	Boot    bool
	Long    bool // version 30 as the first builds of Windows 10 wrote it
	Hashed  bool // with Path where versions 30 and 31 keep it
	Packing Packing
}

// A Loaded file is an entry of the list of files; Reference is as NTFS writes it.
type Loaded struct {
	Path      string
	Reference uint64
}

// A Volume is one that files were loaded from.
type Volume struct {
	Device  string
	Created time.Time
	Serial  uint32
}

// Hash is what Windows makes of a device path.
func Hash(version uint32, path string) uint32 {
	b := windows.AppendUTF16(nil, path)
	if version != 17 {
		h := uint32(314159)
		for _, c := range b {
			h = 37*h + uint32(c)
		}
		return h
	}
	var h uint32
	for _, c := range b {
		h = 37*h + uint32(c)
	}
	signed := int64(int32(h * 314159269))
	return uint32(max(signed, -signed) % 1000000007)
}

// FileName is what Windows calls the file of a Spec.
func FileName(s Spec) string {
	s = s.filled()
	const digits = "0123456789ABCDEF"
	var hash strings.Builder
	for shift := 28; shift >= 0; shift -= 4 {
		hash.WriteByte(digits[s.Hash>>shift&15])
	}
	return s.Name + "-" + hash.String() + ".pf"
}

func (s Spec) filled() Spec {
	if s.Name == "" {
		s.Name = s.Path[strings.LastIndexByte(s.Path, '\\')+1:]
	}
	if len(s.Name) > 29 {
		s.Name = s.Name[:29]
	}
	if s.Hash == 0 {
		s.Hash = Hash(s.Version, s.Path)
	}
	if s.Count == 0 {
		s.Count = uint32(len(s.Ran))
	}
	return s
}

// sizes of what differs between the versions: the information, an entry of the
// files, of the trace chains and of the volumes; where the times and the run
// count stand in the information, and how many times there are.
type sizes struct{ information, file, chain, volume, times, count, slots int }

func (s Spec) sizes() sizes {
	switch {
	case s.Version == 17:
		return sizes{68, 20, 12, 40, 36, 60, 1}
	case s.Version == 23:
		return sizes{156, 32, 12, 104, 44, 68, 1}
	case s.Version == 26:
		return sizes{224, 32, 12, 104, 44, 124, 8}
	case s.Long:
		return sizes{224, 32, 8, 96, 44, 124, 8}
	}
	return sizes{212, 32, 8, 96, 44, 116, 8}
}

// File writes the file of a Spec.
func File(s Spec) []byte {
	s = s.filled()
	z := s.sizes()
	out := make([]byte, 84+z.information)
	binary.LittleEndian.PutUint32(out, s.Version)
	copy(out[4:], "SCCA")
	binary.LittleEndian.PutUint32(out[8:], 0x11)
	copy(out[16:74], windows.AppendUTF16(nil, s.Name))
	binary.LittleEndian.PutUint32(out[76:], s.Hash)
	if s.Boot {
		out[80] = 1
	}
	put := func(at int, v int) { binary.LittleEndian.PutUint32(out[84+at:], uint32(v)) }
	for i := range min(len(s.Ran), z.slots) {
		binary.LittleEndian.PutUint64(out[84+z.times+8*i:], windows.ToFiletime(s.Ran[i]))
	}
	put(z.count, int(s.Count))

	put(0, len(out))
	put(4, len(s.Files))
	entries, names := files(s, z)
	out = append(out, entries...)
	put(8, len(out))
	put(12, len(s.Files))
	out = append(out, chains(len(s.Files), z.chain)...)
	put(16, len(out))
	put(20, len(names))
	out = append(out, names...)
	if s.Hashed && s.Version >= 30 {
		path := append(windows.AppendUTF16(nil, s.Path), 0, 0)
		put(z.count+12, len(out))
		put(z.count+16, len(path))
		out = append(out, path...)
	}
	for len(out)%8 != 0 {
		out = append(out, 0)
	}
	volumes := volumes(s.Volumes, z.volume)
	put(24, len(out))
	put(28, len(s.Volumes))
	put(32, len(volumes))
	out = append(out, volumes...)
	binary.LittleEndian.PutUint32(out[12:], uint32(len(out)))
	return Pack(out, s.Packing)
}

// files writes the list of files, one trace chain for each, and their paths.
func files(s Spec, z sizes) (entries, names []byte) {
	for i, f := range s.Files {
		e := make([]byte, z.file)
		path := windows.AppendUTF16(nil, f.Path)
		binary.LittleEndian.PutUint32(e, uint32(i))
		binary.LittleEndian.PutUint32(e[4:], 1)
		at := 8
		if s.Version != 17 {
			at = 12
			binary.LittleEndian.PutUint64(e[24:], f.Reference)
		}
		binary.LittleEndian.PutUint32(e[at:], uint32(len(names)))
		binary.LittleEndian.PutUint32(e[at+4:], uint32(len(path)/2))
		names = append(append(names, path...), 0, 0)
		entries = append(entries, e...)
	}
	return entries, names
}

// chains writes n trace chains of one entry.
func chains(n, size int) []byte {
	var out []byte
	for range n {
		e := make([]byte, size)
		if size == 12 {
			binary.LittleEndian.PutUint32(e, 0xFFFFFFFF) // the end of its chain
		}
		out = append(out, e...)
	}
	return out
}

// volumes writes the section of the volumes: their entries, then for each its
// device path, its list of file references and its directories, both empty.
func volumes(list []Volume, size int) []byte {
	out := make([]byte, size*len(list))
	for i, v := range list {
		e := out[i*size:]
		device := windows.AppendUTF16(nil, v.Device)
		binary.LittleEndian.PutUint32(e, uint32(len(out)))
		binary.LittleEndian.PutUint32(e[4:], uint32(len(device)/2))
		binary.LittleEndian.PutUint64(e[8:], windows.ToFiletime(v.Created))
		binary.LittleEndian.PutUint32(e[16:], v.Serial)
		out = append(append(out, device...), 0, 0)
	}
	return out
}
