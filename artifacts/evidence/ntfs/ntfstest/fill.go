package ntfstest

import (
	"fmt"
	"strconv"
	"strings"
)

// writeFiller writes n files of gen. Its directories are written when gen
// leaves them.
func (v *volume) writeFiller(n int, gen func(int) File) error {
	var dir *node
	path := ""
	for i := range n {
		f := gen(i)
		d, name := dirOf(f.Path)
		if dir == nil || d != path {
			if dir != nil && dir.byFill && !strings.HasPrefix(d, path+"/") {
				if err := v.seal(dir); err != nil {
					return err
				}
			}
			var err error
			if dir, err = v.fillDir(d); err != nil {
				return err
			}
			path = d
		}
		u := units(name)
		if len(u) == 0 || len(u) > 255 || len(f.Links) > 0 || f.Dir {
			return fmt.Errorf("ntfstest: %q cannot be filler", f.Path)
		}
		x := node{name: u, parent: dir}
		x.num, x.sequence = v.mft.next(), 1
		if err := v.describe(&x, &f); err != nil {
			return err
		}
		if err := v.writeFile(&x); err != nil {
			return err
		}
		if v.space.rng.IntN(16) == 0 {
			v.space.skip(1 + v.space.rng.Int64N(64))
		}
	}
	return nil
}

// fillDir returns a directory for filler and enters those it made.
func (v *volume) fillDir(path string) (*node, error) {
	known := len(v.dirs)
	dir, err := v.directory(path)
	if err != nil {
		return nil, err
	}
	if dir.sealed {
		return nil, fmt.Errorf("ntfstest: filler comes back to %s", path)
	}
	for _, n := range v.dirs[known:] {
		n.byFill = true
		if err := v.enter(n); err != nil {
			return nil, err
		}
	}
	return dir, nil
}

// seal writes a directory of the filler for good.
func (v *volume) seal(n *node) error {
	last := len(v.dirs) - 1
	if v.dirs[last] != n {
		return nil // it has subdirectories and stays open to the end
	}
	v.dirs = v.dirs[:last]
	n.children = nil
	return v.writeDir(n)
}

// plausibleFiles is the number of files in a directory of Plausible.
const plausibleFiles = 300

// heads are what files of Plausible begin with.
var heads = func() (out [][]byte) {
	for i, magic := range []string{"MZ\x90\x00\x03", "PK\x03\x04\x14", "MZ\x90\x00\x04", "<?xml version=\"1.0\"?>\r\n",
		"\x89PNG\r\n\x1a\n", "# notes\r\n", "%PDF-1.7\n", "SQLite format 3\x00"} {
		b := make([]byte, 4096)
		Filling(b, int64(i)*4096)
		copy(b, magic)
		out = append(out, b)
	}
	return out
}()

var extensions = []string{".dll", ".zip", ".exe", ".manifest", ".png", ".txt", ".pdf", ".db"}

// Plausible makes the i-th filler file: about three of four lie in clusters
// and have 1 KiB to 200 KiB, one in a hundred has up to 1.5 MiB, and the others
// fit in their MFT record. A directory has 300 files.
func Plausible(i int) File {
	x := uint64(i)*0x9E3779B97F4A7C15 + 0x1234567
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	x ^= x >> 31
	group, kind := i/plausibleFiles, x%8
	dir := [...]string{"/Windows/WinSxS/amd64_component_", "/Program Files/Common Files/vendor",
		"/Windows/servicing/LCU/package_", "/Users/Public/AppData/Local/Packages/app", "/ProgramData/store/"}[group%5]
	f := File{Path: dir + strconv.Itoa(group) + "/file" + strconv.FormatUint(x>>44, 36) + "_" +
		strconv.Itoa(i%plausibleFiles) + extensions[kind]}
	switch y := x >> 8 % (1 << 32); {
	case y%100 >= 76:
		f.Data = heads[kind][:1+y/100%480]
		return f
	case y%100 == 0:
		f.Size = 512<<10 + int64(y/100%(1<<20))
	default: // the exponent is spread evenly
		f.Size = 1024 << (y / 100 % 8)
		f.Size = min(f.Size+int64(y/800)%f.Size, 200<<10)
	}
	f.Data = heads[kind][:min(f.Size, 4096)]
	f.Layout.NonResident = true
	return f
}
