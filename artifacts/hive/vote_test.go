package hive

import (
	"bytes"
	"slices"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

// TestVote asks fragments whose base block and first bytes are gone.
func TestVote(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
	}{
		{"SAM", hivetest.SAM(workstation, hivetest.RegSave), SAM},
		{"SECURITY", hivetest.SECURITY(workstation, hivetest.RegSave), Security},
		{"SYSTEM", hivetest.SYSTEM(workstation, hivetest.RegSave), System},
		{"SOFTWARE", hivetest.SOFTWARE(workstation, hivetest.RegSave), Unknown},
		{"NTUSER", hivetest.NTUSER(workstation, hivetest.RegSave), Unknown},
		{"zeros", make([]byte, 3<<20), Unknown},
		{"nothing", nil, Unknown},
	} {
		data := bytes.Clone(c.data)
		if len(data) > 4200 {
			clear(data[:4200])
		}
		kind, because, ok := Vote(bytes.NewReader(data), int64(len(data)))
		if kind != c.kind || ok != (c.kind != Unknown) || ok && len(because) < minVotes+1 {
			t.Errorf("%s: %s, %q", c.name, kind, because)
		}
	}
}

// TestVoteAcrossBlocks has keys in several blocks, one of them on the border.
func TestVoteAcrossBlocks(t *testing.T) {
	sam := hivetest.SAM(workstation, hivetest.RegSave)[4200:]
	for _, at := range []int{voteBlock - baseSize, voteBlock - 2048, 2 * voteBlock} {
		at += (4200 - at) & 7 // cells stay at multiples of 8
		data := append(make([]byte, at), sam...)
		kind, because, ok := Vote(bytes.NewReader(data), int64(len(data)))
		if kind != SAM || !ok {
			t.Errorf("at %#x: %s %q", at, kind, because)
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(because))); len(sorted) != len(because) {
			t.Errorf("at %#x: a name counts twice: %q", at, because)
		}
	}
	two := append(bytes.Clone(sam[:len(sam)&^7]), hivetest.SAM(workstation, hivetest.RegSave)...)
	if kind, _, ok := Vote(bytes.NewReader(two), int64(len(two))); kind != SAM || !ok {
		t.Error(kind)
	}
}

func FuzzVote(f *testing.F) {
	f.Add(hivetest.SAM(workstation, hivetest.RegSaveKey)[4096:])
	f.Add(hivetest.SECURITY(workstation, hivetest.RegSaveKey)[5000:])
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, because, ok := Vote(bytes.NewReader(data), int64(len(data)))
		if ok != (kind != Unknown) || ok && len(because) < minVotes+1 {
			t.Errorf("%s, %q", kind, because)
		}
	})
}
