package bitlocker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bitlocker/bitlockertest"
)

var (
	encrypted = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ticks     = uint64(134_117_966_450_000_000) // encrypted, as a FILETIME
	options   = bitlockertest.Options{
		ID: [16]byte{0x78, 0x56, 0x34, 0x12, 0xBC, 0x9A, 0xF0, 0xDE, 1, 2, 3, 4, 5, 6, 7, 8}, Method: 0x8004, Created: ticks,
		Description: "WS-FIN-07 C: 1/2/2026",
		Protectors: []bitlockertest.Protector{
			{ID: [16]byte{1}, Kind: 0x0100, Modified: ticks}, {ID: [16]byte{2}, Kind: 0x0800, Modified: ticks}, {ID: [16]byte{3}, Kind: 0x4321, Modified: ticks},
		},
	}
	want = Volume{
		ID: "{12345678-9ABC-DEF0-0102-030405060708}", Method: "XTS-AES 128", Created: encrypted, Description: "WS-FIN-07 C: 1/2/2026",
		Protectors: []Protector{
			{TPM, "{00000001-0000-0000-0000-000000000000}", encrypted}, {RecoveryPassword, "{00000002-0000-0000-0000-000000000000}", encrypted},
			{Kind(0x4321), "{00000003-0000-0000-0000-000000000000}", encrypted},
		},
	}
)

func build(change func(*bitlockertest.Options)) []byte {
	opt := options
	change(&opt)
	return bitlockertest.Volume(opt)
}

func TestEveryLayout(t *testing.T) {
	read := 0
	for _, layout := range []bitlockertest.Layout{bitlockertest.Windows7, bitlockertest.Vista, bitlockertest.ToGo, bitlockertest.UsedSpace} {
		b := build(func(o *bitlockertest.Options) { o.Layout = layout })
		v, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil || !reflect.DeepEqual(*v, want) {
			t.Errorf("layout %d: %+v, %v", layout, v, err)
			continue
		}
		read++
		for i, at := range bitlockertest.Offsets[:2] { // the other copies say the same
			if layout == bitlockertest.Vista && i == 0 {
				clear(b[at+8*8 : at+blockSize]) // but what tells where they are
			} else {
				clear(b[at : at+blockSize])
			}
			if v, err := Read(bytes.NewReader(b), int64(len(b))); err != nil || !reflect.DeepEqual(*v, want) {
				t.Errorf("layout %d without copy %d: %+v, %v", layout, i+1, v, err)
			}
		}
	}
	if read != 4 {
		t.Errorf("%d of 4 layouts were read", read)
	}
}

func TestKinds(t *testing.T) {
	for kind, name := range map[Kind]string{ClearKey: "clear key", TPM: "TPM", TPMPIN: "TPM and PIN", TPMStartupKey: "TPM and startup key", StartupKey: "startup key",
		TPMPINStartupKey: "TPM, PIN and startup key", RecoveryPassword: "recovery password", SmartCard: "smart card", Password: "password", 0x4321: "protector of type 0x4321"} {
		b := build(func(o *bitlockertest.Options) { o.Protectors = []bitlockertest.Protector{{Kind: uint16(kind)}} })
		v, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(v.Protectors) != 1 || v.Protectors[0].Kind.String() != name {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	b := build(func(o *bitlockertest.Options) { o.Method = 0x1234 })
	if v, err := Read(bytes.NewReader(b), int64(len(b))); err != nil || v.Method != "method 0x1234" {
		t.Errorf("an unknown method: %+v, %v", v, err)
	}
}

func TestDamage(t *testing.T) {
	le := binary.LittleEndian
	all := func(b []byte, at int, change func([]byte)) {
		for _, o := range bitlockertest.Offsets {
			change(b[o+at:])
		}
	}
	refused := 0
	tests := []struct {
		name   string
		layout bitlockertest.Layout
		change func([]byte) []byte
		kind   artifacts.Kind
		told   string
		left   int // protectors in spite of it
	}{
		{"short", 0, func(b []byte) []byte { return b[:100] }, artifacts.Truncated, "beyond the end", 0},
		{"no signature", 0, func(b []byte) []byte { b[3] = 'x'; return b }, artifacts.Malformed, "no BitLocker volume", 0},
		{"ends before the metadata", 0, func(b []byte) []byte { return b[:0x40000] }, artifacts.Truncated, "beyond the end", 0},
		{"no cluster", bitlockertest.Vista, func(b []byte) []byte { b[13] = 0; return b }, artifacts.Malformed, "is none", 0},
		{"cluster beyond all", bitlockertest.Vista, func(b []byte) []byte { b[63] = 0xFF; return b }, artifacts.Malformed, "is none", 0},
		{"offset beyond all", 0, func(b []byte) []byte { b[183] = 0xFF; return b }, artifacts.Malformed, "offset is", 0},
		{"no metadata", 0, func(b []byte) []byte { all(b, 0, func(m []byte) { m[0] = 0 }); return b }, artifacts.Malformed, "no metadata where", 0},
		{"version", 0, func(b []byte) []byte { all(b, 10, func(m []byte) { m[0] = 9 }); return b }, artifacts.Unsupported, "version 9", 0},
		{"size", 0, func(b []byte) []byte { all(b, 64, func(m []byte) { le.PutUint32(m, 1<<30) }); return b }, artifacts.Malformed, "1073741824", 0},
		{"header", 0, func(b []byte) []byte { all(b, 72, func(m []byte) { le.PutUint32(m, 8) }); return b }, artifacts.Malformed, "header of 8", 0},
		{"entry of nothing", 0, func(b []byte) []byte { all(b, 112, func(m []byte) { clear(m[:2]) }); return b }, artifacts.Malformed, "an entry of 0", 0},
		{"cut after two", 0, func(b []byte) []byte {
			all(b, 64, func(m []byte) { le.PutUint32(m, 48+52+2*124+20) })
			return b
		}, artifacts.Malformed, "an entry of 124 bytes where 20 are left", 2},
		{"cut in an entry's header", 0, func(b []byte) []byte { all(b, 64, func(m []byte) { le.PutUint32(m, 48+52+124+3) }); return b }, artifacts.Malformed, "3 bytes are left", 1},
		{"small key", 0, func(b []byte) []byte { all(b, 112+52, func(m []byte) { le.PutUint16(m, 20) }); return b }, artifacts.Malformed, "a master key of 12 bytes", 0},
	}
	for _, c := range tests {
		b := c.change(build(func(o *bitlockertest.Options) { o.Layout = c.layout }))
		v, err := Read(bytes.NewReader(b), int64(len(b)))
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != c.kind || !strings.Contains(p.Error(), c.told) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		refused++
		if left := 0; v != nil && len(v.Protectors) != c.left || v == nil && left != c.left {
			t.Errorf("%s: %+v is left", c.name, v)
		}
	}
	if refused != len(tests) {
		t.Errorf("%d of %d were refused", refused, len(tests))
	}
}

// reads notes which bytes were asked for.
type reads struct {
	b    []byte
	seen []bool
}

func (r *reads) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, r.b[off:])
	for i := range n {
		r.seen[off+int64(i)] = true
	}
	return n, nil
}

// No byte of a key, of a nonce or of an authentication code is ever read.
func TestKeysAreNotRead(t *testing.T) {
	b := build(func(*bitlockertest.Options) {})
	r := &reads{b, make([]bool, len(b))}
	if _, err := Read(r, int64(len(b))); err != nil {
		t.Fatal(err)
	}
	met := 0
	for at := 0; at < len(b); {
		i := bytes.Index(b[at:], []byte("filling "))
		if i < 0 {
			break
		}
		at += i
		for j := range len("filling ") {
			if r.seen[at+j] {
				t.Fatalf("a key's byte at %#x was read", at+j)
			}
		}
		met, at = met+1, at+1
	}
	if met == 0 {
		t.Error("the volume has no keys")
	}
}

func FuzzRead(f *testing.F) {
	for _, layout := range []bitlockertest.Layout{bitlockertest.Windows7, bitlockertest.Vista, bitlockertest.ToGo, bitlockertest.UsedSpace} {
		b := build(func(o *bitlockertest.Options) { o.Layout = layout })
		at := bitlockertest.Offsets[0]
		f.Add(b[:512], b[at:at+1024])
	}
	whole := make([]byte, 2<<20)
	f.Fuzz(func(t *testing.T, boot, block []byte) {
		clear(whole)
		copy(whole, boot[:min(len(boot), 512)])
		for _, at := range bitlockertest.Offsets {
			copy(whole[at:at+blockSize], block)
		}
		v, err := Read(bytes.NewReader(whole), int64(len(whole)))
		if err == nil && v == nil {
			t.Fatal("neither a volume nor an error")
		}
		if v != nil && len(v.Protectors) > blockSize/masterKey {
			t.Fatalf("%d protectors in %d bytes", len(v.Protectors), blockSize)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	v := build(func(*bitlockertest.Options) {})
	for b.Loop() {
		if _, err := Read(bytes.NewReader(v), int64(len(v))); err != nil {
			b.Fatal(err)
		}
	}
}
