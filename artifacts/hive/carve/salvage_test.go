package carve

import (
	"bytes"
	"fmt"
	"testing"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
)

// TestSameFacts reads hives in every form that they are carved in; what they
// tell of their host is what the whole hive tells.
func TestSameFacts(t *testing.T) {
	h := host
	h.Domain, h.TimeZone = "CONTOSO", "W. Europe Standard Time"
	for i := range 30 {
		h.Users = append(h.Users, hivetest.User{Name: fmt.Sprintf("user%02d", i), RID: uint32(1001 + i)})
	}
	for kind, whole := range map[hive.Kind][]byte{
		hive.SAM: hivetest.SAM(h, hivetest.RegSave), hive.Security: hivetest.SECURITY(h, hivetest.RegSave), hive.System: hivetest.SYSTEM(h, hivetest.RegSave),
	} {
		bins := len(whole) - baseSize
		for _, c := range []struct {
			name     string
			data     []byte // stands at 512 of the evidence
			kind     Kind
			complete bool
		}{
			{"whole", whole, Base, true},
			{"the end was overwritten", whole[:baseSize+bins*6/10/baseSize*baseSize], Base, false},
			{"compressed", compress(whole), Compressed, true},
			{"without its base block", whole[baseSize:], Bins, false},
		} {
			image := append(make([]byte, sector), c.data...)
			image = append(image, make([]byte, 8192)...)
			found, ok := Open(bytes.NewReader(image), int64(len(image)), Hit{sector, c.kind})
			if !ok || found.Complete() != c.complete {
				t.Errorf("%s %s: %v, %+v", kind, c.name, ok, found)
				continue
			}
			r, err := hive.Read(found, found.Size)
			if r == nil {
				t.Errorf("%s %s: %v", kind, c.name, err)
				continue
			}
			if id := r.Identity(); id.Kind != kind {
				t.Errorf("%s %s: %+v", kind, c.name, id)
			}
			lost := r.Missing > 0
			if lost == (c.name != "the end was overwritten") || lost && (err == nil || r.Coverage().Complete()) {
				t.Errorf("%s %s: %d bytes missing, %v", kind, c.name, r.Missing, err)
			}
			got, want := hive.Facts(r, kind), h
			if kind != hive.SAM && got.ComputerName != want.Name || kind == hive.SAM && got.MachineSID != want.SID ||
				kind == hive.Security && (got.Domain != want.Domain || got.MachineSID != want.SID) || kind == hive.System && got.TimeZone != want.TimeZone {
				t.Errorf("%s %s: %+v", kind, c.name, got)
			}
		}
	}
}
