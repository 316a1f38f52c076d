package hive

import (
	"bytes"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

// renamed returns a hive with another embedded name.
func renamed(data []byte, name string) []byte {
	words := map[int]uint32{}
	for i := range 16 {
		words[48+4*i] = 0
	}
	for i, c := range []byte(name) {
		words[48+i/2*4] |= uint32(c) << (i % 2 * 16)
	}
	return edited(data, words)
}

// TestProvenanceForms: what each way of taking a copy leaves in its header,
// and what excludes it.
func TestProvenanceForms(t *testing.T) {
	const loaded = "loaded from there"
	live, saved := hivetest.SAM(workstation, hivetest.Live), hivetest.SAM(workstation, hivetest.RegSave)
	keySaved, offreg := hivetest.SAM(workstation, hivetest.RegSaveKey), hivetest.SAM(workstation, hivetest.Offreg)
	marker := map[int]uint32{176: 0, 180: 0, 168: 0x6752664F, 172: 1}
	for _, c := range []struct {
		name, method, confidence string
		data                     []byte
		says, not                string
	}{
		{"offreg, marker at 176", ByOffreg, Certain, offreg, `"OfRg" at 176`, loaded},
		{"offreg of Windows SDK 6.1, marker at 168", ByOffreg, Certain, edited(offreg, marker), `"OfRg" at 168`, loaded},
		{"marker by birth", ByRegSave, Likely, saved, "0xffffffff", "OfRg"},
		{"RegSaveKey, standard format", ByRegSaveKey, Certain, keySaved, "version 1.3 at 20", "/c"},
		{"RegSaveKey, latest format", ByRegSaveKey, Likely, edited(keySaved, map[int]uint32{24: 5}), "reg save /c", loaded},
		{"raw copy, clean", ByRawCopy, Likely, live, "embedded name", loaded},
		{"raw copy, dirty: no API saves that", ByRawCopy, Likely, edited(live, map[int]uint32{4: 138}), "through the API", loaded},
		{"raw copy of SECURITY", ByRawCopy, Likely, hivetest.SECURITY(workstation, hivetest.Live), "emRoot", loaded},
		{"raw copy of SYSTEM", ByRawCopy, Likely, hivetest.SYSTEM(workstation, hivetest.Live), `"SYSTEM"`, loaded},
		{"loaded since", ByRawCopy, Likely, renamed(live, `\??\D:\temp\re\other\SAM`), `temp\\re\\other\\SAM`, "through the API"},
		{"reg save, loaded in its place", ByRegSave, Likely, renamed(saved, `\systemroot\system32\config\sam`), "embedded name", loaded},
		{"reg save of a hive that was loaded elsewhere", ByRegSave, Likely, renamed(saved, `Desktop\Reg\SAM`), loaded, "0xffffffff at"},
	} {
		r, size := bytes.NewReader(c.data), int64(len(c.data))
		id, err := Identify(r, size)
		if err != nil {
			t.Fatal(c.name, err)
		}
		h, err := Read(r, size)
		if err != nil {
			t.Fatal(c.name, err)
		}
		method, confidence, because := Provenance(id, h, size)
		text := strings.Join(because, "; ")
		if method != c.method || confidence != c.confidence || !strings.Contains(text, c.says) || strings.Contains(text, c.not) {
			t.Errorf("%s: %s, %s, %s", c.name, method, confidence, text)
		}
	}
}
