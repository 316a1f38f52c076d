package roots

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"hivetriage/artifacts"
)

func property(id uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, id)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestStored(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	der := all[0].Certificate.Raw
	whole := slices.Concat(property(3, make([]byte, 20)), property(11, nil), property(32, der), property(15, []byte{1}))
	if c, err := Stored(whole); err != nil || !c.Equal(all[0].Certificate) {
		t.Errorf("%v, %v", c, err)
	}
	for name, c := range map[string]struct {
		blob []byte
		kind artifacts.Kind
	}{
		"empty":           {nil, artifacts.Malformed},
		"no certificate":  {property(3, make([]byte, 20)), artifacts.Malformed},
		"cut":             {whole[:200], artifacts.Truncated},
		"no DER":          {property(32, []byte("no DER")), artifacts.Malformed},
		"endless":         {binary.LittleEndian.AppendUint32(make([]byte, 8), 0xFFFF_FFFF), artifacts.Truncated},
		"a word too much": {append(property(3, nil), 1, 2, 3, 4), artifacts.Malformed},
	} {
		got, err := Stored(c.blob)
		var p *artifacts.Problem
		if got != nil || !errors.As(err, &p) || p.Kind != c.kind {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func FuzzStored(f *testing.F) {
	all, err := All()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(property(3, make([]byte, 20)), property(32, all[0].Certificate.Raw)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Stored(b)
		var p *artifacts.Problem
		if (c == nil) == (err == nil) || err != nil && !errors.As(err, &p) {
			t.Errorf("%v, %v", c, err)
		}
	})
}
