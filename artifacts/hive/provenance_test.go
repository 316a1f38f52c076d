package hive

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// edited returns data with the given 32-bit words in its header and the right
// checksum.
func edited(data []byte, words map[int]uint32) []byte {
	b := bytes.Clone(data)
	for at, v := range words {
		le.PutUint32(b[at:], v)
	}
	le.PutUint32(b[508:], hivetest.Checksum(b))
	return b
}

func TestProvenance(t *testing.T) {
	live, saved := hivetest.SAM(workstation, hivetest.Live), hivetest.SAM(workstation, hivetest.RegSave)
	keySaved, offreg := hivetest.SAM(workstation, hivetest.RegSaveKey), hivetest.SAM(workstation, hivetest.Offreg)
	root := int(le.Uint32(saved[36:])) + baseSize + 4
	noParent := bytes.Clone(saved)
	le.PutUint32(noParent[root+16:], noCell)
	// A hive whose bins end where a live one's could.
	round := hivetest.SYSTEM(func() hivetest.Host { h := workstation; h.Filler = 200 << 10; return h }(), hivetest.RegSave)
	grow := -len(round) & (32<<10 - 1)
	bin := make([]byte, grow)
	copy(bin, "hbin")
	le.PutUint32(bin[4:], uint32(len(round)-baseSize))
	le.PutUint32(bin[8:], uint32(grow))
	le.PutUint32(bin[binHeader:], uint32(grow-binHeader))
	round = edited(append(round, bin...), map[int]uint32{40: uint32(len(round) - baseSize + grow)})

	for _, c := range []struct {
		name       string
		data       []byte
		method     string
		confidence string
		because    string
	}{
		{"live", live, ByRawCopy, Likely, "zero bytes follow the last bin"},
		{"live, dirty", edited(live, map[int]uint32{4: 138}), ByRawCopy, Likely, "138/137"},
		{"exact, dirty", edited(saved, map[int]uint32{4: 138}), ByRawCopy, Likely, "138/137"},
		{"reg save", saved, ByRegSave, Likely, "ends with its last bin"},
		{"reg save with bytes appended", append(slices.Clone(saved), "x"...), ByRegSave, Likely, "1 bytes that are not padding"},
		{"reg save with zeros appended", append(slices.Clone(saved), 0, 0), ByUnknown, Uncertain, "2 zero bytes"},
		{"reg save of a length as live hives have", round, ByUnknown, Uncertain, "also a length"},
		{"named, without parent", noParent, ByUnknown, Uncertain, "neither"},
		{"no name, running counters", edited(saved, map[int]uint32{48: 0}), ByUnknown, Uncertain, "neither"},
		{"reg save, cut", saved[:len(saved)-4096], ByUnknown, Uncertain, "4096 bytes of bins are missing"},
		{"no bins counted", edited(saved, map[int]uint32{40: 0}), ByUnknown, Uncertain, "no bins"},
		{"RegSaveKey", keySaved, ByRegSaveKey, Certain, "1/1"},
		{"RegSaveKey, latest format", edited(keySaved, map[int]uint32{24: 5}), ByRegSaveKey, Likely, "version 1.5"},
		{"RegSaveKey with bytes appended", append(slices.Clone(keySaved), "more"...), ByRegSaveKey, Likely, "4 bytes"},
		{"RegSaveKey, loaded since", edited(keySaved, map[int]uint32{4: 2, 8: 2}), ByUnknown, Uncertain, "2/2"},
		{"1/1 with a parent", edited(saved, map[int]uint32{4: 1, 8: 1, 48: 0}), ByUnknown, Uncertain, "leaves 0xffffffff"},
		{"offreg", offreg, ByOffreg, Certain, "OfRg"},
		{"offreg, serialized in 1601", edited(offreg, map[int]uint32{512: 9, 516: 0}), ByRegSave, Likely, "last bin"},
	} {
		r, size := bytes.NewReader(c.data), int64(len(c.data))
		id, _ := Identify(r, size)
		h, _ := Read(r, size)
		method, confidence, because := Provenance(id, h, size)
		if method != c.method || confidence != c.confidence || !strings.Contains(strings.Join(because, "; "), c.because) {
			t.Errorf("%s: %s, %s, %q", c.name, method, confidence, because)
		}
		// Without a Hive the verdict may be weaker, not another.
		if m, _, because := Provenance(id, nil, size); m != method && m != ByUnknown && !(h.Trailing > 0 && !h.Padding) || len(because) == 0 {
			t.Errorf("%s: without a Hive %s, %q", c.name, m, because)
		}
	}
}

func TestBaseBlock(t *testing.T) {
	data := hivetest.SECURITY(workstation, hivetest.Live)
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	b := h.Base
	if b.Name != `emRoot\System32\Config\SECURITY` || b.Primary != 137 || b.Dirty() || b.Major != 1 || b.Minor != 5 || b.Root != 0x20 {
		t.Errorf("%+v", b)
	}
	if b.RmID == "" || b.RmID != b.LogID || b.TmID == b.RmID || b.OfRg != 176 || b.Reorganization != 1 || b.Reorganized.Year() != 2024 {
		t.Errorf("%+v", b)
	}
	if !b.Serialized.IsZero() || !b.LastWritten.IsZero() || !b.FirstBin.IsZero() || !b.ChecksumOK() {
		t.Errorf("%+v", b)
	}
	old := bytes.Clone(data)
	clear(old[112:192])
	copy(old[168:], "OfRg")
	b, problem := parseBase(old)
	if b.OfRg != 168 || !b.Reorganized.IsZero() || b.RmID != "" || problem == nil || problem.Kind != artifacts.Checksum || b.ChecksumOK() {
		t.Errorf("%+v, %v", b, problem)
	}
}
