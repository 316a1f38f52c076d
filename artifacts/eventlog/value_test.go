package eventlog

import (
	"testing"
	"time"

	"hivetriage/artifacts/internal/windows"
)

func utf16(s string) []byte { return windows.AppendUTF16(nil, s) }

func TestValueText(t *testing.T) {
	sid := []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}
	ticks := []byte{0x01, 0x80, 0x3E, 0xD5, 0xDE, 0xB1, 0x9D, 0x01} // 1970-01-01 and 100 ns
	for name, c := range map[string]struct {
		kind byte
		data []byte
		want string
	}{
		"null":                  {typeNull, []byte{1}, ""},
		"string":                {typeString, utf16("a\u00e9\U0001d6fc"), "aé𝛼"},
		"string with NULs":      {typeString, utf16("ab\x00\x00"), "ab"},
		"string of odd length":  {typeString, []byte{'a', 0, 'b'}, "a"},
		"lone surrogate":        {typeString, []byte{0x3D, 0xD8}, `\ud83d`},
		"ansi":                  {typeAnsi, []byte("caf\xe9\x00"), "café"},
		"int8":                  {typeInt8, []byte{0xFF}, "-1"},
		"uint8":                 {typeUint8, []byte{0xFF}, "255"},
		"int16":                 {typeInt16, []byte{0, 0x80}, "-32768"},
		"uint16":                {typeUint16, []byte{0x50, 0x12}, "4688"},
		"int32":                 {typeInt32, []byte{0xFE, 0xFF, 0xFF, 0xFF}, "-2"},
		"uint32":                {typeUint32, []byte{0xFE, 0xFF, 0xFF, 0xFF}, "4294967294"},
		"int64":                 {typeInt64, []byte{0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, "-2"},
		"uint64":                {typeUint64, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, "18446744073709551615"},
		"integer of odd width":  {typeUint32, []byte{1, 2, 3}, ""},
		"real32":                {typeReal32, []byte{0, 0, 0x20, 0x40}, "2.5"},
		"real64":                {typeReal64, []byte{0, 0, 0, 0, 0, 0, 4, 0xC0}, "-2.5"},
		"real cut short":        {typeReal64, []byte{0, 0, 0, 0}, ""},
		"true":                  {typeBool, []byte{1, 0, 0, 0}, "true"},
		"false":                 {typeBool, []byte{0, 0, 0, 0}, "false"},
		"binary":                {typeBinary, []byte{0xDE, 0xAD}, "DEAD"},
		"guid":                  {typeGUID, []byte{0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF}, "{00112233-4455-6677-8899-AABBCCDDEEFF}"},
		"guid cut short":        {typeGUID, []byte{1}, ""},
		"pointer of 4 bytes":    {typeSizeT, []byte{0x28, 0x1D, 0, 0}, "0x1d28"},
		"pointer of 8 bytes":    {typeSizeT, []byte{0x28, 0x1D, 0, 0, 0, 0, 0, 0}, "0x1d28"},
		"filetime":              {typeFiletime, ticks, "1970-01-01T00:00:00.0000001Z"},
		"systemtime":            {typeSystemTime, []byte{0xEA, 7, 3, 0, 6, 0, 14, 0, 9, 0, 26, 0, 53, 0, 0x4D, 2}, "2026-03-14T09:26:53.5890000Z"},
		"systemtime, month 13":  {typeSystemTime, []byte{0xEA, 7, 13, 0, 6, 0, 14, 0, 9, 0, 26, 0, 53, 0, 0x4D, 2}, ""},
		"sid":                   {typeSID, sid, "S-1-5-18"},
		"sid cut short":         {typeSID, sid[:9], ""},
		"hex32":                 {typeHexInt32, []byte{0xEF, 0xBE, 0xAD, 0xDE}, "0xdeadbeef"},
		"hex64":                 {typeHexInt64, []byte{0xE7, 3, 0, 0, 0, 0, 0, 0}, "0x3e7"},
		"strings":               {typeArray | typeString, utf16("ab\x00\x00c\x00"), "ab, , c"},
		"strings, one unended":  {typeArray | typeString, utf16("ab\x00c"), "ab, c"},
		"ansi strings":          {typeArray | typeAnsi, []byte("ab\x00c"), "ab, c"},
		"uint16s":               {typeArray | typeUint16, []byte{1, 0, 2, 0, 3}, "1, 2"},
		"sids":                  {typeArray | typeSID, append(sid, sid...), "S-1-5-18, S-1-5-18"},
		"array of nothing":      {typeArray | typeNull, []byte{1, 2}, ""},
		"array of unknown type": {typeArray | 0x70, []byte{1, 2}, ""},
		"array of our own type": {typeArray | typeUTF8, []byte{0xFF}, ""},
		"unknown type":          {0x30, []byte{1, 2}, ""},
	} {
		if got := string(value{c.kind, c.data}.appendText(nil)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestValueNumber(t *testing.T) {
	for name, c := range map[string]struct {
		v    value
		want uint64
		ok   bool
	}{
		"decimal text":  {value{typeString, utf16("7464")}, 7464, true},
		"hex text":      {value{typeString, utf16("0x1d28")}, 7464, true},
		"utf-8 text":    {value{typeUTF8, []byte("12")}, 12, true},
		"words":         {value{typeString, utf16("reg")}, 0, false},
		"long text":     {value{typeString, utf16("0000000000000000000000000000000000000000000001")}, 0, false},
		"pointer":       {value{typeSizeT, []byte{1, 0, 0, 0}}, 1, true},
		"guid":          {value{typeGUID, make([]byte, 16)}, 0, false},
		"no such width": {value{typeUint64, []byte{1, 2, 3}}, 0, false},
		"absent":        {value{}, 0, false},
	} {
		if n, ok := c.v.number(); n != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v", name, n, ok)
		}
	}
}

func TestValueTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2019-07-19 14:49:33.603":                         time.Date(2019, 7, 19, 14, 49, 33, 603e6, time.UTC),
		"2026-03-14T09:26:53.589793200Z":                  time.Date(2026, 3, 14, 9, 26, 53, 589793200, time.UTC),
		"2026-03-14T09:26:53Z":                            time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		"0001-01-01 00:00:00":                             {},
		"2026-13-14 09:26:53":                             {},
		"yesterday":                                       {},
		"2026-03-14T09:26:53.589793200Z and so on and on": {},
	} {
		if got := (value{typeString, utf16(text)}).time(); !got.Equal(want) {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := (value{typeUint64, make([]byte, 8)}).time(); !got.IsZero() {
		t.Errorf("a number is no time: %v", got)
	}
}

func TestIntegrity(t *testing.T) {
	for label, want := range map[string]string{
		"S-1-16-0": "Untrusted", "S-1-16-4096": "Low", "S-1-16-8192": "Medium", "S-1-16-8448": "MediumPlus", "S-1-16-12288": "High",
		"S-1-16-16384": "System", "S-1-16-20480": "ProtectedProcess", "S-1-16-1": "S-1-16-1", "": "",
	} {
		if got := windows.IntegrityLevel(label); got != want {
			t.Errorf("%s: %s", label, got)
		}
	}
}
