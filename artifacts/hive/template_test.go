package hive

import (
	"bytes"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

// TestTemplates: a hive as an installation image holds it is none that
// exposes anybody, and the reason is told; other hives have no such reason.
func TestTemplates(t *testing.T) {
	security := &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{{Name: "Policy"}, {Name: "RXACT"}}}
	for _, c := range []struct {
		name     string
		data     []byte
		kind     Kind
		template bool
	}{
		{"template SAM", hivetest.TemplateSAM(workstation, hivetest.Live), Other, true},
		{"template SECURITY", hivetest.Write(security, hivetest.Options{}), Other, true},
		{"SAM", hivetest.SAM(workstation, hivetest.Live), SAM, false},
		{"empty", hivetest.Empty(workstation, hivetest.Live), Other, false},
		{"BCD", hivetest.BCD(workstation, hivetest.Live), Other, false},
	} {
		id, err := Identify(bytes.NewReader(c.data), int64(len(c.data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []Identity{id, read(t, c.data).Identity()} {
			because := strings.Join(id.Because, "; ")
			if id.Kind != c.kind || strings.Contains(because, "installation image") != c.template {
				t.Errorf("%s: %s: %s", c.name, id.Kind, because)
			}
		}
	}
	decoy := append([]byte("not a registry hive, whatever its name is"), make([]byte, 8192)...)
	if id, err := Identify(bytes.NewReader(decoy), int64(len(decoy))); id.Kind != Unknown || err == nil || !strings.Contains(err.Error(), "offset 0") {
		t.Errorf("decoy: %+v, %v", id, err)
	}
}
