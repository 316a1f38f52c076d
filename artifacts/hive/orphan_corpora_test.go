package hive

import (
	"bytes"
	"testing"

	"hivetriage/testdata/corpora"
)

// TestRealRemainders leaves real hives in every form. Their layout is that of
// years of use: what is kept is not what a fresh hive keeps.
func TestRealRemainders(t *testing.T) {
	for _, c := range []struct {
		file       string
		kind       Kind
		identified int // of the forms
	}{
		{"EZ_SAM", SAM, 8}, {"velociraptor_SAM", SAM, 8}, {"EZ_SAM_XP", SAM, 8}, {"EZ_SECURITY_dirty", Security, 8}, {"regipy_SYSTEM_2", System, 8},
	} {
		whole := corpora.Read(t, "hives", c.file)
		bins := int(le.Uint32(whole[40:]))
		whole = whole[:baseSize+bins] // padding would be what is cut off
		all := read(t, whole)
		identified := 0
		for _, r := range remainders {
			data := r.edit(bytes.Clone(whole))
			h := read(t, data)
			id := h.Identity()
			if id.Kind == c.kind {
				identified++
			} else if id.Kind != Unknown {
				t.Errorf("%s %s: %+v", c.file, r.name, id)
			}
			if r.whole && h.Keys != all.Keys {
				t.Errorf("%s %s: %v", c.file, r.name, h.Coverage())
			}
			t.Logf("%s (%d keys, %d deleted) %s: %s: %s %s", c.file, all.Keys, deleted(all), r.name, h.Coverage(), id.Certainty, id.Kind)
		}
		if identified != c.identified {
			t.Errorf("%s: %d identified, want %d", c.file, identified, c.identified)
		}
	}
}

func deleted(h *Hive) int {
	keys, _ := h.Deleted()
	return len(keys)
}
