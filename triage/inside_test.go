package triage

import (
	"encoding/binary"
	"testing"
)

func TestLikeHive(t *testing.T) {
	for _, c := range []struct {
		name string
		size int64
		want bool
	}{
		{"SAM", 100, true},
		{"a/b/system.bak", 12345, true},
		{"security", 1, true},
		{"x.HIV", 5, true},
		{"export.reg", 777, true},
		{"invoice.pdf", 12288, true},
		{"invoice.pdf", 8192, true},
		{"invoice.pdf", 4096, false},
		{"invoice.pdf", 12289, false},
		{"a/samples/x.txt", 12289, false},
	} {
		if got := likeHive(c.name, c.size); got != c.want {
			t.Errorf("%s, %d bytes: %v", c.name, c.size, got)
		}
	}
}

// local is the header of a zip's first member.
func local(version, method, length uint16, name string) []byte {
	b := append([]byte("PK\x03\x04"), make([]byte, 26)...)
	binary.LittleEndian.PutUint16(b[4:], version)
	binary.LittleEndian.PutUint16(b[8:], method)
	binary.LittleEndian.PutUint16(b[26:], length)
	return append(b, name...)
}

func TestZipHead(t *testing.T) {
	for _, c := range []struct {
		name string
		head []byte
		want zipSort
	}{
		{"document", local(20, 8, 19, "[Content_Types].xml and more"), zipPackage},
		{"jar", local(20, 8, 20, "META-INF/MANIFEST.MF"), zipPackage},
		{"book", local(20, 0, 8, "mimetypeapplication/epub+zip"), zipPackage},
		{"named like one", local(20, 0, 9, "mimetypes"), zipPlain},
		{"plain", local(20, 8, 3, "SAM"), zipPlain},
		{"name beyond the head", local(20, 8, 100, "SAM"), zipPlain},
		{"empty", []byte("PK\x05\x06"), zipPlain},
		{"short", []byte("PK\x03\x04abc"), zipBroken},
		{"no name", local(20, 8, 0, ""), zipBroken},
		{"version", local(200, 8, 3, "SAM"), zipBroken},
		{"method", local(20, 800, 3, "SAM"), zipBroken},
	} {
		if got := zipHead(c.head); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
