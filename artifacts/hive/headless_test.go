package hive

import (
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
)

// TestHeadlessProvenance: of bins alone only a key save leaves a sign, in the
// root; no other header field may be taken for one.
func TestHeadlessProvenance(t *testing.T) {
	for _, c := range []struct {
		profile hivetest.Profile
		method  string
	}{{hivetest.Live, ByUnknown}, {hivetest.RegSave, ByUnknown}, {hivetest.Offreg, ByUnknown}, {hivetest.RegSaveKey, ByRegSaveKey}} {
		data := hivetest.SAM(workstation, c.profile)[baseSize:]
		h := read(t, data)
		id := h.Identity()
		method, certainty, because := Provenance(id, h, int64(len(data)))
		if method != c.method || certainty == Certain || len(because) == 0 {
			t.Errorf("profile %d: %s %s %q", c.profile, method, certainty, because)
		}
		stamps, _ := Stamps(id, h, time.Time{})
		if len(stamps) != 1 || stamps[0].Bound != NotBefore || !stamps[0].Time.Equal(workstation.Time) || string(data[stamps[0].Offset-4:][:2]) != "nk" {
			t.Errorf("profile %d: %+v", c.profile, stamps)
		}
	}
}

// TestHeadlessLive has the padding of a live hive behind its bins.
func TestHeadlessLive(t *testing.T) {
	whole := hivetest.SAM(workstation, hivetest.Live)
	h := read(t, whole[baseSize:])
	if want := read(t, whole); h.Keys != want.Keys || h.Values != want.Values || h.Orphans != 0 {
		t.Errorf("%v, whole: %v", h.Coverage(), want.Coverage())
	}
	if len(h.Problems) != 1 || !h.Padding || h.Coverage().Bins != read(t, whole).Coverage().Bins {
		t.Errorf("%d problems, %d bytes of padding, %v", len(h.Problems), h.Trailing, h.Coverage())
	}
	if h.Sound() || h.Coverage().Complete() {
		t.Error("it is told to be whole")
	}
}
