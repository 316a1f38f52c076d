package hive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

// userV is a user's V: the parts by their descriptor, in this order.
func testV(parts ...testPart) []byte {
	v := make([]byte, userHeader)
	for _, p := range parts {
		binary.LittleEndian.PutUint32(v[descriptor*p.at:], uint32(len(v)-userHeader))
		binary.LittleEndian.PutUint32(v[descriptor*p.at+4:], uint32(len(p.data)))
		v = append(v, p.data...)
	}
	return v
}

type testPart struct {
	at   int
	data []byte
}

func hash(revision, length, size int) []byte {
	b := bytes.Repeat([]byte{0xEE}, size)
	binary.LittleEndian.PutUint16(b, 1)
	binary.LittleEndian.PutUint16(b[2:], uint16(revision))
	if revision == 2 {
		binary.LittleEndian.PutUint32(b[4:], uint32(length))
	}
	return b
}

func TestPublicUser(t *testing.T) {
	name := []byte("n\x00a\x00m\x00e\x00")
	for _, c := range []struct {
		what   string
		v      []byte
		secret int // bytes of 0xEE in v
		name   bool
	}{
		{"RC4", testV(testPart{1, name}, testPart{13, hash(1, 0, 4)}, testPart{14, hash(1, 0, 20)}), 16, true},
		{"AES", testV(testPart{1, name}, testPart{13, hash(2, 0, 24)}, testPart{14, hash(2, 16, 56)}, testPart{15, hash(2, 48, 88)}), 16 + 48 + 80, true},
		{"a name behind the hash", testV(testPart{14, hash(1, 0, 20)}, testPart{1, name}), 16, false},
		{"a name that covers the hash", func() []byte {
			v := testV(testPart{1, name}, testPart{14, hash(1, 0, 20)})
			binary.LittleEndian.PutUint32(v[descriptor+4:], 28)
			return v
		}(), 16, false},
		{"a history inside the hash", func() []byte {
			v := testV(testPart{1, name}, testPart{14, hash(1, 0, 20)})
			binary.LittleEndian.PutUint32(v[descriptor*15:], 12)
			binary.LittleEndian.PutUint32(v[descriptor*15+4:], 8)
			return v
		}(), 16, true},
		{"descriptors that leave the value", func() []byte {
			v := testV(testPart{1, name})
			for i := range v[:userHeader] {
				v[i] = 0xFF
			}
			return v
		}(), 0, false},
	} {
		if n := bytes.Count(c.v[userHeader:], []byte{0xEE}); n != c.secret {
			t.Fatalf("%s: the test has %d secret bytes", c.what, n)
		}
		got, err := Public("000001F4", "V", c.v, 1<<20)
		if err != nil || len(got) != len(c.v) || !bytes.Equal(got[:userHeader], c.v[:userHeader]) {
			t.Fatalf("%s: %d bytes, %v", c.what, len(got), err)
		}
		if bytes.IndexByte(got[userHeader:], 0xEE) >= 0 {
			t.Errorf("%s: secret bytes in % x", c.what, got[userHeader:])
		}
		if bytes.Contains(got, name) != c.name {
			t.Errorf("%s: the name: % x", c.what, got[userHeader:])
		}
	}
	for n := range userHeader + 8 {
		if got, err := Public("000001F4", "V", testV(testPart{14, hash(1, 0, 20)})[:n], 1<<20); bytes.IndexByte(got, 0xEE) >= 0 || err != nil {
			t.Errorf("cut at %d: % x, %v", n, got, err)
		}
	}
}

func TestPublicOther(t *testing.T) {
	data := bytes.Repeat([]byte{0xEE}, 400)
	given, refused := 0, 0
	for _, c := range []struct {
		key, value string
		want       int // bytes; -1: ErrSecret
	}{
		{"Account", "F", openF}, {"Cache", "NL$1", openCached}, {"cache", "nl$50", openCached}, {"Account", "V", 400},
		{"Winlogon", "DefaultUserName", 400}, {"CurrVal", "", -1}, {"OldVal", "V", -1}, {"PolEKList", "F", -1},
		{"JD", "Lookup", -1}, {"Data", "V", -1}, {"000001F4", "SupplementalCredentials", -1}, {"Winlogon", "DefaultPassword", -1},
	} {
		got, err := Public(c.key, c.value, data, 1<<20)
		if c.want < 0 && (!errors.Is(err, ErrSecret) || got != nil) || c.want >= 0 && (err != nil || len(got) != c.want) {
			t.Errorf("%s, %s: %d bytes, %v", c.key, c.value, len(got), err)
		}
		if err != nil {
			refused++
		} else {
			given++
		}
	}
	if given != 5 || refused != 7 {
		t.Errorf("%d given and %d refused", given, refused)
	}
}

// TestPublicOfHives asks every value of the marked hives for its public part:
// what is secret as a whole is refused by Public as it is by Data.
func TestPublicOfHives(t *testing.T) {
	refused := 0
	for _, root := range markedTrees() {
		data := hivetest.Write(root, hivetest.Options{})
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		h.Walk(func(k Key) bool {
			if n := k.ClassLength(); n != 0 && n != 2*len(marker) {
				t.Errorf("%s: a class name of %d bytes", k.Path(), n)
			}
			for v := range k.Values() {
				b, err := v.Public(1 << 20)
				if errors.Is(err, ErrSecret) && b == nil {
					refused++
				} else if err != nil || v.Name() != "V2" && len(b) == v.Length() && !strings.EqualFold(v.Name(), "V") {
					t.Errorf("%s, %q: %d bytes, %v", k.Path(), v.Name(), len(b), err)
				}
			}
			return true
		})
	}
	if refused != 15 {
		t.Errorf("%d values refused", refused)
	}
}
