package hive

import (
	"bytes"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

// salvaged walks what is left of a hive: every key is met once, and every
// offset is in the file.
func salvaged(t *testing.T, h *Hive, data []byte) {
	if id := h.Identity(); id.Kind == "" || id.Certainty == "" || len(id.Because) == 0 {
		t.Errorf("%+v", id)
	}
	met, queue := 0, h.Tops()
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		met++
		if at := n.Offset(); at < 0 || at+keyHeader > int64(len(data)) || string(data[at:at+2]) != "nk" {
			t.Fatalf("key %q at %#x", n.Name(), at)
		}
		for sub := range n.Children() {
			queue = append(queue, sub)
		}
	}
	if met != h.Keys+h.Orphans {
		t.Errorf("met %d keys from the tops, counted %d and %d", met, h.Keys, h.Orphans)
	}
	if c := h.Coverage(); c.String() == "" || c.Tops+c.Placed != h.Subtrees || c.Complete() && !h.Sound() && !h.stale {
		t.Errorf("%+v", c)
	}
	keys, _ := h.Deleted()
	for _, k := range keys {
		if at := k.Offset(); at < 0 || string(data[at:at+2]) != "nk" || k.(Remnant).Place == "" {
			t.Errorf("deleted key %q at %#x", k.Name(), at)
		}
		for d := range k.Data() {
			if b, err := d.Data(1 << 16); err == nil && len(b) != min(d.Length(), 1<<16) {
				t.Errorf("%d bytes of %d", len(b), d.Length())
			}
			d.Public(1 << 16)
		}
	}
}

// FuzzRemainder reads hives that were cut, that lost their base block, or have
// deleted keys.
func FuzzRemainder(f *testing.F) {
	whole := hivetest.SAM(samOf(accounts...), hivetest.RegSave)
	for _, r := range remainders {
		f.Add(r.edit(bytes.Clone(whole)))
	}
	f.Add(hivetest.Delete(whole, usersPath+`000003E9`, false))
	f.Add(hivetest.Delete(whole, usersPath+`000003E9`, true)[baseSize:])
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			t.Skip()
		}
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if h == nil {
			if err == nil {
				t.Error("neither a Hive nor an error")
			}
			return
		}
		salvaged(t, h, data)
		for _, kind := range []Kind{SAM, Security, System} {
			Facts(h, kind)
		}
		h.Key(usersPath + "Names")
	})
}

// BenchmarkSalvage reads an 11 MB SYSTEM that was cut at 60%; BenchmarkRead is
// the same hive whole.
func BenchmarkSalvage(b *testing.B) {
	data := benchSystem(b)
	data = data[:len(data)*6/10]
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if h == nil || h.Orphans == 0 || h.Identity().Kind != System {
			b.Fatal(h, err)
		}
	}
}

// BenchmarkHeadless reads the same bins without their base block.
func BenchmarkHeadless(b *testing.B) {
	data := benchSystem(b)[baseSize:]
	for b.Loop() {
		if h, err := Read(bytes.NewReader(data), int64(len(data))); h == nil || h.Keys < 20000 {
			b.Fatal(h, err)
		}
	}
}

// BenchmarkDeleted looks for deleted keys in it.
func BenchmarkDeleted(b *testing.B) {
	data := benchSystem(b)
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, more := h.Deleted(); more {
			b.Fatal("there are none")
		}
	}
}
