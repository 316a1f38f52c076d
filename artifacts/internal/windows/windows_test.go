package windows

import (
	"testing"
	"time"
	"unicode/utf8"
)

func TestFiletime(t *testing.T) {
	for _, c := range []struct {
		ticks uint64
		want  string
	}{
		{0, "0001-01-01T00:00:00Z"},
		{1, "1601-01-01T00:00:00.0000001Z"},
		{epochDelta, "1970-01-01T00:00:00Z"},
		{132000000000000001, "2019-04-17T18:40:00.0000001Z"},
		{maxFiletime, "9999-12-31T23:59:59.9999999Z"},
		{maxFiletime + 1, "0001-01-01T00:00:00Z"},
		{^uint64(0), "0001-01-01T00:00:00Z"},
	} {
		got := Filetime(c.ticks)
		if s := got.Format(time.RFC3339Nano); s != c.want {
			t.Errorf("Filetime(%d) = %s, want %s", c.ticks, s, c.want)
		}
		if !got.IsZero() && ToFiletime(got) != c.ticks {
			t.Errorf("ToFiletime(%v) = %d, want %d", got, ToFiletime(got), c.ticks)
		}
	}
}

func TestSID(t *testing.T) {
	admin := []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, 0xEE}
	if s, n := SID(admin); s != "S-1-5-32-544" || n != 16 {
		t.Errorf("SID = %q, %d", s, n)
	}
	for _, bad := range [][]byte{nil, admin[:15], {2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, {1, 16, 0, 0, 0, 0, 0, 5}} {
		if s, n := SID(bad); s != "" || n != 0 {
			t.Errorf("SID(%x) = %q, %d, want nothing", bad, s, n)
		}
	}
}

func TestGUID(t *testing.T) {
	b := []byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}
	if got := GUID(b); got != "{00112233-4455-6677-8899-AABBCCDDEEFF}" {
		t.Error(got)
	}
	if got := GUID(b[:15]); got != "" {
		t.Error(got)
	}
}

func TestUTF16(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{AppendUTF16(nil, "sam.säve 𝛼"), "sam.säve 𝛼"},
		{[]byte{0x41, 0, 0x3D, 0xD8}, `A\ud83d`},
		{[]byte{0x3D, 0xDE, 0x42, 0}, `\ude3dB`},
		{[]byte{0x41, 0, 0x42}, "A"},
		{nil, ""},
	} {
		if got := UTF16(c.in); got != c.want {
			t.Errorf("UTF16(%x) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0})
	f.Add([]byte{0x3D, 0xD8, 0x3D})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := UTF16(b); !utf8.ValidString(s) {
			t.Errorf("UTF16(%x) = %q is not UTF-8", b, s)
		}
		SID(b)
		GUID(b)
	})
}
