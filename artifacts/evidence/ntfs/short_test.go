package ntfs

import (
	"testing"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// TestShortPath: a path in 8.3 names has those that the volume has for its
// components.
func TestShortPath(t *testing.T) {
	head := withHead("regf", text(60))
	image, _ := build(t, ntfstest.Options{},
		ntfstest.File{Path: "/Program Files", Dir: true, ShortName: "PROGRA~1"},
		ntfstest.File{Path: "/Program Files/Common Files", Dir: true},
		ntfstest.File{Path: "/Program Files/Common Files/security.save", ShortName: "SECURI~1.SAV", Data: head},
		ntfstest.File{Path: "/Program Files/sam.hiv", Data: head},
		ntfstest.File{Path: "/long name.hiv", ShortName: "LONGNA~7.HIV", Data: head},
		ntfstest.File{Path: "/plain.hiv", Data: head})
	entries, _ := find(t, openBytes(t, image), everything)
	got := index(entries)
	for path, want := range map[string]string{
		"/Program Files/Common Files/security.save": "/PROGRA~1/Common Files/SECURI~1.SAV",
		"/Program Files/sam.hiv":                    "/PROGRA~1/sam.hiv",
		"/long name.hiv":                            "/LONGNA~7.HIV",
		"/plain.hiv":                                "/plain.hiv",
	} {
		if short := got[path].Meta().NTFS.Short; short != want {
			t.Errorf("%s: %q, want %q", path, short, want)
		}
	}
}
