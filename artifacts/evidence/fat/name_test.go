package fat

import (
	"bytes"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

// TestLongNames: a long name belongs to the short entry behind it only if
// order and checksum say so.
func TestLongNames(t *testing.T) {
	image, b := build(t, small[fat16], fattest.File{Path: "/a long name.hive", Data: hiveLike(1, 600)}, fattest.File{Path: "/another long name.hive", Data: hiveLike(2, 600), Deleted: true})
	live, _ := b.Lookup("/a long name.hive")
	gone, _ := b.Lookup("/another long name.hive")
	for name, c := range map[string]struct {
		at         int64
		value      byte
		live, gone string
	}{
		"whole":               {0, image[0], "/a long name.hive", "/another long name.hive"},
		"checksum":            {live.Entry - 32 + 13, 0x11, "/ALONGN~1.HIV", "/another long name.hive"},
		"order":               {live.Entry - 32, 3, "/ALONGN~1.HIV", "/another long name.hive"},
		"no last piece":       {live.Entry - 64, 2, "/ALONGN~1.HIV", "/another long name.hive"},
		"short name":          {live.Entry, 'B', "/BLONGN~1.HIV", "/another long name.hive"},
		"not this one's":      {gone.Entry + 5, 'X', "/a long name.hive", "/_NOTHX~2.HIV"},
		"last piece replaced": {gone.Entry - 64, 0x41, "/a long name.hive", "/another long "}, // what is left of it
		"piece replaced":      {gone.Entry - 32, 0x41, "/a long name.hive", "/_NOTHE~2.HIV"},
	} {
		broken := bytes.Clone(image)
		broken[c.at] = c.value
		entries, _ := find(t, openBytes(t, broken), artifacts.Scan{Head: isHive})
		if len(entries) != 2 {
			t.Errorf("%s: %d entries", name, len(entries))
			continue
		}
		if got, deleted := entries[0].Locator().Path, entries[1].Locator().Path; got != c.live || deleted != c.gone {
			t.Errorf("%s: %s and %s, want %s and %s", name, got, deleted, c.live, c.gone)
		}
	}
}

func TestShortNames(t *testing.T) {
	for _, c := range []struct {
		raw   string
		flags byte
		want  string
	}{
		{"SAM     SAV", 0, "SAM.SAV"}, {"SAM     SAV", 0x18, "sam.sav"}, {"SAM     SAV", 0x08, "sam.SAV"}, {"SAM        ", 0, "SAM"},
		{"A B     C  ", 0, "A B.C"}, {"\x05AM     SAV", 0, `\xe5AM.SAV`}, {"\xe5AM     SAV", 0, "_AM.SAV"}, {"\x8e\x00      ?  ", 0, `\x8e\x00.?`},
	} {
		e := make([]byte, entrySize)
		copy(e, c.raw)
		e[12] = c.flags
		if got := shortName(e); got != c.want {
			t.Errorf("%q: %q, want %q", c.raw, got, c.want)
		}
	}
	for in, want := range map[string]string{"..": `\u002e\u002e`, ".": `\u002e`, "a/b": `a\u002fb`, "...": "..."} {
		if got := component(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
