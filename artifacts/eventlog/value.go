package eventlog

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hivetriage/artifacts/internal/windows"
)

// Value types of BinXML ([MS-EVEN6] 2.2.12). typeArray is a bit.
const (
	typeNull       = 0x00
	typeString     = 0x01 // UTF-16
	typeAnsi       = 0x02
	typeInt8       = 0x03
	typeUint8      = 0x04
	typeInt16      = 0x05
	typeUint16     = 0x06
	typeInt32      = 0x07
	typeUint32     = 0x08
	typeInt64      = 0x09
	typeUint64     = 0x0A
	typeReal32     = 0x0B
	typeReal64     = 0x0C
	typeBool       = 0x0D // 4 bytes
	typeBinary     = 0x0E
	typeGUID       = 0x0F
	typeSizeT      = 0x10 // 4 or 8 bytes
	typeFiletime   = 0x11
	typeSystemTime = 0x12
	typeSID        = 0x13
	typeHexInt32   = 0x14
	typeHexInt64   = 0x15
	typeBinXML     = 0x21
	typeArray      = 0x80

	typeUTF8 = 0x7F // not of the format: text that this package put together
)

// sizes gives the bytes of an array's items by type; 0: not of fixed size.
var sizes = [...]int{
	typeInt8: 1, typeUint8: 1, typeInt16: 2, typeUint16: 2, typeInt32: 4, typeUint32: 4, typeInt64: 8, typeUint64: 8,
	typeReal32: 4, typeReal64: 8, typeBool: 4, typeGUID: 16, typeSizeT: 8, typeFiletime: 8, typeSystemTime: 16,
	typeHexInt32: 4, typeHexInt64: 8, typeArray - 1: 0,
}

// A value is a typed value in a record. data is part of the chunk and lives
// as long as it.
type value struct {
	kind byte
	data []byte
}

// number returns an integer of any type and width, or decimal or 0x-prefixed
// hexadecimal text. Signed values come back as two's complement.
func (v value) number() (uint64, bool) {
	switch v.kind {
	case typeInt8, typeUint8, typeInt16, typeUint16, typeInt32, typeUint32, typeInt64, typeUint64,
		typeSizeT, typeHexInt32, typeHexInt64, typeBool:
		switch len(v.data) {
		case 1:
			return uint64(v.data[0]), true
		case 2:
			return uint64(binary.LittleEndian.Uint16(v.data)), true
		case 4:
			return uint64(binary.LittleEndian.Uint32(v.data)), true
		case 8:
			return binary.LittleEndian.Uint64(v.data), true
		}
	case typeString, typeAnsi, typeUTF8:
		var buf [24]byte
		if len(v.data) <= 2*len(buf) {
			n, err := strconv.ParseUint(string(v.appendText(buf[:0])), 0, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// time returns a FILETIME, a SYSTEMTIME or text in ISO 8601 (with "T" or a
// blank, no zone means UTC); the zero time if there is none.
func (v value) time() time.Time {
	switch v.kind {
	case typeFiletime:
		if len(v.data) == 8 {
			return windows.Filetime(binary.LittleEndian.Uint64(v.data))
		}
	case typeSystemTime:
		return systemTimeOf(v.data)
	case typeString, typeAnsi, typeUTF8:
		const longest = len("2006-01-02T15:04:05.999999999Z")
		if len(v.data) > 2*longest {
			return time.Time{}
		}
		b := bytes.TrimSuffix(v.appendText(make([]byte, 0, 2*longest)), []byte("Z"))
		if len(b) > 10 && b[10] == 'T' {
			b[10] = ' '
		}
		t, err := time.Parse(time.DateTime, string(b)) // takes a fraction as well
		if err != nil || t.Year() < 1601 {
			return time.Time{}
		}
		return t
	}
	return time.Time{}
}

// systemTimeOf decodes a SYSTEMTIME: year, month, weekday, day, hour, minute,
// second, millisecond, two bytes each.
func systemTimeOf(b []byte) time.Time {
	if len(b) != 16 {
		return time.Time{}
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	if n(0) < 1601 || n(0) > 9999 || n(1) < 1 || n(1) > 12 || n(3) < 1 || n(3) > 31 || n(4) > 23 || n(5) > 59 || n(6) > 60 || n(7) > 999 {
		return time.Time{}
	}
	return time.Date(n(0), time.Month(n(1)), n(3), n(4), n(5), n(6), n(7)*1e6, time.UTC)
}

// appendText appends the value as Windows would show it in XML, unescaped: hex
// integers as 0x in lower case, GUIDs in braces and upper case, FILETIMEs in
// RFC 3339 with 100 ns, binary in upper case hex, the items of an array
// with ", " between them. Malformed values append nothing.
func (v value) appendText(dst []byte) []byte {
	switch v.kind {
	case typeString:
		return windows.AppendUTF8(dst, trimNUL16(v.data))
	case typeUTF8:
		return append(dst, v.data...)
	case typeAnsi:
		for _, c := range bytes.TrimRight(v.data, "\x00") {
			dst = utf8.AppendRune(dst, rune(c)) // the code page is not recorded: Latin-1
		}
		return dst
	case typeBinary:
		return append(dst, strings.ToUpper(hex.EncodeToString(v.data))...)
	case typeGUID:
		return appendGUID(dst, v.data)
	case typeSID:
		s, _ := windows.SID(v.data)
		return append(dst, s...)
	case typeFiletime, typeSystemTime:
		if t := v.time(); !t.IsZero() {
			dst = t.AppendFormat(dst, "2006-01-02T15:04:05.0000000Z")
		}
		return dst
	case typeReal32:
		if len(v.data) == 4 {
			f := math.Float32frombits(binary.LittleEndian.Uint32(v.data))
			dst = strconv.AppendFloat(dst, float64(f), 'g', -1, 32)
		}
		return dst
	case typeReal64:
		if len(v.data) == 8 {
			dst = strconv.AppendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(v.data)), 'g', -1, 64)
		}
		return dst
	}
	if v.kind&typeArray != 0 {
		return v.appendItems(dst)
	}
	return v.appendInteger(dst)
}

// appendGUID appends what windows.GUID returns, without the cost of
// formatting: Sysmon records hold several.
func appendGUID(dst, b []byte) []byte {
	if len(b) != 16 {
		return dst
	}
	const digits = "0123456789ABCDEF"
	dst = append(dst, '{')
	for i, from := range [16]byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[b[from]>>4], digits[b[from]&15])
	}
	return append(dst, '}')
}

func (v value) appendInteger(dst []byte) []byte {
	n, ok := v.number()
	if !ok {
		return dst
	}
	switch v.kind {
	case typeHexInt32, typeHexInt64, typeSizeT:
		return strconv.AppendUint(append(dst, "0x"...), n, 16)
	case typeBool:
		return strconv.AppendBool(dst, n != 0)
	case typeInt8, typeInt16, typeInt32, typeInt64:
		shift := 64 - 8*len(v.data)
		return strconv.AppendInt(dst, int64(n<<shift)>>shift, 10)
	}
	return strconv.AppendUint(dst, n, 10)
}

// appendItems appends the items of an array: strings end with NUL, SIDs tell
// their own length, others have a fixed size.
func (v value) appendItems(dst []byte) []byte {
	item := v.kind &^ typeArray
	for rest, first := v.data, true; len(rest) > 0; first = false {
		n := sizes[item]
		skip := 0
		switch item {
		case typeString:
			n = indexNUL16(rest)
			skip = 2
		case typeAnsi:
			if n = bytes.IndexByte(rest, 0); n < 0 {
				n = len(rest)
			}
			skip = 1
		case typeSID:
			_, n = windows.SID(rest)
		}
		if n > len(rest) || n+skip == 0 {
			return dst
		}
		if !first {
			dst = append(dst, ", "...)
		}
		dst = value{item, rest[:n]}.appendText(dst)
		rest = rest[min(n+skip, len(rest)):]
	}
	return dst
}

// indexNUL16 returns the bytes before the first NUL of UTF-16 text, all of
// them if there is none.
func indexNUL16(b []byte) int {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return i
		}
	}
	return len(b)
}

// trimNUL16 removes NULs at the end.
func trimNUL16(b []byte) []byte {
	b = b[:len(b)&^1]
	for len(b) >= 2 && b[len(b)-1] == 0 && b[len(b)-2] == 0 {
		b = b[:len(b)-2]
	}
	return b
}

// appendRune appends a character reference; surrogates and other values that
// are no character become U+FFFD.
func appendRune(dst []byte, r rune) []byte { return utf8.AppendRune(dst, r) }
