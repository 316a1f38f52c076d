package locate

import "testing"

func TestCarved(t *testing.T) {
	for method, want := range map[string]Class{"RegSaveKey": Unexpected, "reg save": Unexpected, "offreg": Unexpected, "raw copy": Check, "unknown": Check, "": Check} {
		if got := Carved(Provenance{Method: method}); got.Class != want || got.Why == "" {
			t.Errorf("%q: %+v", method, got)
		}
	}
}

func TestEmbedded(t *testing.T) {
	for path, want := range map[string]Class{
		"/Users/Public/Videos/clip.mp4":        Unexpected,
		"/VMs/server.VHDX":                     Check,
		"/pagefile.sys":                        Normal,
		"/Windows/Temp/SAM.save":               Alert,
		"/Windows/System32/config/SAM":         Normal,
		"/Windows/System32/config/RegBack/SAM": Informational,
	} {
		if got := Embedded(Place{Path: path, Hive: "SAM", Size: 65536, State: "live"}, 0x1000); got.Class != want || got.Why == "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}
