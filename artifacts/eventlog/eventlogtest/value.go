package eventlogtest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// appendValue appends v as the format stores a value of type t.
func appendValue(b []byte, t Type, v any) []byte {
	le := binary.LittleEndian
	switch t {
	case Null:
		return b
	case String:
		return appendUTF16(b, v.(string))
	case UInt8:
		return append(b, uint8(integer(v)))
	case UInt16:
		return le.AppendUint16(b, uint16(integer(v)))
	case UInt32, HexInt32:
		return le.AppendUint32(b, uint32(integer(v)))
	case UInt64, HexInt64, Pointer:
		return le.AppendUint64(b, integer(v))
	case Boolean:
		if v.(bool) {
			return le.AppendUint32(b, 1)
		}
		return le.AppendUint32(b, 0)
	case Binary:
		return append(b, v.([]byte)...)
	case GUID:
		return appendGUID(b, v.(string))
	case FileTime:
		return le.AppendUint64(b, filetime(v.(time.Time)))
	case SID:
		return appendSID(b, v.(string))
	}
	panic(fmt.Sprintf("eventlogtest: value type %#x is not written", uint8(t)))
}

// text gives a value as an inline record writes it.
func text(t Type, v any) string {
	switch t {
	case Null:
		return ""
	case UInt8, UInt16, UInt32, UInt64:
		return strconv.FormatUint(integer(v), 10)
	case HexInt32, HexInt64, Pointer:
		return "0x" + strconv.FormatUint(integer(v), 16)
	case FileTime:
		return v.(time.Time).UTC().Format("2006-01-02T15:04:05.0000000Z")
	case Binary:
		return strings.ToUpper(hex.EncodeToString(v.([]byte)))
	}
	return fmt.Sprint(v)
}

func integer(v any) uint64 {
	switch n := v.(type) {
	case int:
		return uint64(n)
	case uint8:
		return uint64(n)
	case uint16:
		return uint64(n)
	case uint32:
		return uint64(n)
	case uint64:
		return n
	}
	panic(fmt.Sprintf("eventlogtest: %T is not an integer", v))
}

func appendUTF16(b []byte, s string) []byte {
	for _, r := range s {
		b = utf16Append(b, r)
	}
	return b
}

func utf16Append(b []byte, r rune) []byte {
	if r < 0x10000 {
		return append(b, byte(r), byte(r>>8))
	}
	hi, lo := utf16.EncodeRune(r)
	return append(b, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
}

// filetime counts 100 ns ticks since 1601-01-01 UTC; 0 for the zero time.
func filetime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	const ticks1601To1970 = 116444736000000000
	return uint64(t.Unix()*1e7 + int64(t.Nanosecond()/100) + ticks1601To1970)
}

// appendGUID stores the first three groups little-endian.
func appendGUID(b []byte, s string) []byte {
	raw, err := hex.DecodeString(strings.NewReplacer("{", "", "}", "", "-", "").Replace(s))
	if err != nil || len(raw) != 16 {
		panic(fmt.Sprintf("eventlogtest: %q is not a GUID", s))
	}
	b = append(b, raw[3], raw[2], raw[1], raw[0], raw[5], raw[4], raw[7], raw[6])
	return append(b, raw[8:]...)
}

func appendSID(b []byte, s string) []byte {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || parts[0] != "S" || parts[1] != "1" {
		panic(fmt.Sprintf("eventlogtest: %q is not a SID", s))
	}
	number := func(part string, bits int) uint64 {
		n, err := strconv.ParseUint(part, 10, bits)
		if err != nil {
			panic(fmt.Sprintf("eventlogtest: %q is not a SID", s))
		}
		return n
	}
	var authority [8]byte
	binary.BigEndian.PutUint64(authority[:], number(parts[2], 48))
	b = append(b, 1, byte(len(parts)-3))
	b = append(b, authority[2:]...)
	for _, part := range parts[3:] {
		b = binary.LittleEndian.AppendUint32(b, uint32(number(part, 32)))
	}
	return b
}
