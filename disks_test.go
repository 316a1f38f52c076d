package main

import (
	"bytes"
	"os"
	"path/filepath"

	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/testdata/scene"
)

// writeDisks writes the workstation as the virtual disks that qemu-img cannot
// write: differencing ones, and one that was copied while it was in use.
func writeDisks(dir string) error {
	media, err := scene.Workstation().Raw()
	if err != nil {
		return err
	}
	const page = 4096
	base := bytes.Clone(media)
	for at := 0; at+page <= len(base); at += 5 * page {
		copy(base[at:], bytes.Repeat([]byte("as it was "), page/10))
	}
	before := bytes.Clone(media)
	for at := len(before) / 4 / page * page; at < len(before)/4+60*page; at += page {
		clear(before[at : at+page])
	}
	baseID, id := [16]byte{1}, [16]byte{2}
	dirty, _ := vhdxtest.Dirty(vhdxtest.Build(before, vhdxtest.Options{Fixed: true}), vhdxtest.Build(media, vhdxtest.Options{Fixed: true}),
		vhdxtest.Log{ID: [16]byte{3}, PerEntry: 20, Start: vhdxtest.LogSize / 2})
	disks := map[string][]byte{
		"fixed.vhd":      vhdtest.Fixed(media, id),
		"base.vhd":       vhdtest.Sparse(base, vhdtest.Options{ID: baseID}),
		"snapshot.avhd":  vhdtest.Sparse(media, vhdtest.Options{ID: id, Parent: base, ParentID: baseID, ParentName: `..\other\base.vhd`}),
		"base.vhdx":      vhdxtest.Build(base, vhdxtest.Options{ID: baseID}),
		"snapshot.avhdx": vhdxtest.Build(media, vhdxtest.Options{ID: id, Parent: base, ParentID: baseID, ParentName: `.\base.vhdx`}),
		"in-use.vhdx":    dirty,
	}
	for name, b := range disks {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o444); err != nil {
			return err
		}
	}
	return nil
}
