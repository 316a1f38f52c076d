package hive

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/testdata/corpora"
)

func seed(f *testing.F) {
	for _, p := range profiles[1:] { // live hives are padded, which makes mutation slow
		f.Add(hivetest.SAM(workstation, p))
		f.Add(hivetest.Write(small(), hivetest.Options{Profile: p}))
	}
	f.Add(hivetest.SECURITY(workstation, hivetest.RegSaveKey))
	f.Add(hivetest.SYSTEM(workstation, hivetest.RegSaveKey))
	whole := hivetest.Write(small(), hivetest.Options{Profile: hivetest.Offreg})
	for _, d := range damages(f, whole) {
		f.Add(d.edit(bytes.Clone(whole)))
	}
	for _, path := range corpora.Glob(f, "hives/*") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 1<<16)]) // of large ones the front, as longer ones mutate slowly
	}
}

// FuzzHive identifies, reads, walks and asks for facts. Whatever the bytes,
// nothing panics or hangs, counts agree, offsets lie in the file, and memory
// stays in proportion.
func FuzzHive(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			t.Skip()
		}
		r, size := bytes.NewReader(data), int64(len(data))
		id, err := Identify(r, size)
		if id.Kind == "" || id.Certainty == "" || err == nil && id.Kind == Unknown {
			t.Errorf("%+v, %v", id, err)
		}
		for _, kind := range []Kind{SAM, Security, System, Software} {
			if facts, _ := Peek(r, size, kind); len(facts.Because) > 16 {
				t.Errorf("%q", facts.Because)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := Read(r, size)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 4*uint64(size)+1<<17 {
			t.Errorf("%d bytes allocated for a hive of %d", n, size)
		}
		if h == nil {
			if err == nil {
				t.Error("neither a Hive nor an error")
			}
			return
		}
		keys, values := visit(h)
		if keys != h.Keys+h.Orphans || values != h.Values && h.Sound() {
			t.Errorf("visited %d keys and %d values, counted %d and %d", keys, values, h.Keys+h.Orphans, h.Values)
		}
		salvaged(t, h, data)
		for _, p := range h.Problems {
			if p.Kind == 0 || p.Offset < -1 {
				t.Errorf("%v", p)
			}
		}
		Provenance(id, h, size)
		stamps, _ := Stamps(id, h, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		if _, err := json.Marshal(stamps); err != nil {
			t.Error(err)
		}
	})
}
