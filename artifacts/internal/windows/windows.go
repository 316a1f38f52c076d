// Package windows decodes the small values that every Windows format shares:
// FILETIME, GUID, SID and UTF-16. It never panics on short input.
package windows

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// epochDelta is the number of 100 ns ticks from 1601-01-01 to 1970-01-01 UTC.
const epochDelta = 116444736000000000

// maxFiletime is 9999-12-31T23:59:59.9999999Z; later values are garbage, and
// time.Time could not be written as RFC 3339.
const maxFiletime = 2650467743999999999

// Filetime converts 100 ns ticks since 1601 into UTC. Zero and values outside
// the years 1601 to 9999 give the zero time: not recorded.
func Filetime(ticks uint64) time.Time {
	if ticks == 0 || ticks > maxFiletime {
		return time.Time{}
	}
	t := int64(ticks) - epochDelta
	sec, frac := t/1e7, t%1e7
	if frac < 0 {
		sec, frac = sec-1, frac+1e7
	}
	return time.Unix(sec, frac*100).UTC()
}

// ToFiletime is the inverse of Filetime; the zero time gives 0.
func ToFiletime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix()*1e7 + int64(t.Nanosecond()/100) + epochDelta)
}

// GUID formats 16 bytes in the mixed-endian order of Windows as
// "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", upper case; "" if b is shorter.
func GUID(b []byte) string {
	if len(b) < 16 {
		return ""
	}
	return fmt.Sprintf("{%08X-%04X-%04X-%04X-%012X}",
		binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]),
		b[8:10], b[10:16])
}

// SID formats a binary security identifier as "S-1-..." and returns the bytes
// it takes. It returns "", 0 if b does not begin with a well-formed SID.
func SID(b []byte) (string, int) {
	if len(b) < 8 || b[0] != 1 || b[1] > 15 {
		return "", 0
	}
	n := 8 + 4*int(b[1])
	if len(b) < n {
		return "", 0
	}
	var authority uint64
	for _, c := range b[2:8] {
		authority = authority<<8 | uint64(c)
	}
	var s strings.Builder
	s.WriteString("S-1-")
	s.WriteString(strconv.FormatUint(authority, 10))
	for i := 8; i < n; i += 4 {
		s.WriteByte('-')
		s.WriteString(strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[i:])), 10))
	}
	return s.String(), n
}

// UTF16 decodes little-endian UTF-16 into valid UTF-8. An unpaired surrogate
// becomes the six characters \udXXX, so that different names stay different.
// An odd last byte is ignored. NULs are kept.
func UTF16(b []byte) string {
	return string(AppendUTF8(make([]byte, 0, len(b)/2+8), b))
}

// AppendUTF8 appends what UTF16 returns to dst.
func AppendUTF8(dst, b []byte) []byte {
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i]) | rune(b[i+1])<<8
		switch {
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		case !utf16.IsSurrogate(r):
			dst = utf8.AppendRune(dst, r)
		default:
			if i+3 < len(b) {
				if p := utf16.DecodeRune(r, rune(b[i+2])|rune(b[i+3])<<8); p != utf8.RuneError {
					dst = utf8.AppendRune(dst, p)
					i += 2
					continue
				}
			}
			dst = append(dst, '\\', 'u')
			dst = strconv.AppendUint(dst, uint64(r), 16)
		}
	}
	return dst
}

// AppendUTF16 appends s as little-endian UTF-16 without a terminator.
func AppendUTF16(dst []byte, s string) []byte {
	for _, u := range utf16.Encode([]rune(s)) {
		dst = binary.LittleEndian.AppendUint16(dst, u)
	}
	return dst
}
