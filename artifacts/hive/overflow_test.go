package hive

import (
	"bytes"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// TestListOfItself: regparser follows an "ri" list that refers to itself until
// the stack is gone, and no recover stops that. Such a hive is refused with the
// offset of the reference, whoever asks, and never reaches regparser.
func TestListOfItself(t *testing.T) {
	data := hivetest.Write(small(), hivetest.Options{Profile: hivetest.RegSaveKey})
	ri := nth(t, data, "ri", 0)
	le.PutUint32(data[ri+4:], uint32(ri-4-baseSize))
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if h == nil || !hasKind(err, artifacts.Malformed) || h.Problems[0].Offset != int64(ri+4) {
		t.Fatalf("%v", err)
	}
	if h.Sound() || h.lib.registry != nil {
		t.Error("regparser was given the hive")
	}
	for _, path := range []string{"Alpha", `Beta\Under`, "no such key"} {
		h.Key(path)
	}
	for _, kind := range []Kind{SAM, Security, System, Software} {
		Facts(h, kind)
		if _, err := Peek(bytes.NewReader(data), int64(len(data)), kind); err == nil || !strings.Contains(err.Error(), "offset") {
			t.Errorf("Peek: %v", err)
		}
	}
	if id, err := Identify(bytes.NewReader(data), int64(len(data))); id.Kind != Unknown || !hasKind(err, artifacts.Malformed) {
		t.Errorf("Identify: %+v, %v", id, err)
	}
	if len(h.Tops()) == 0 || h.Keys+h.Orphans != 7 {
		t.Errorf("%v", h.Coverage())
	}
}
