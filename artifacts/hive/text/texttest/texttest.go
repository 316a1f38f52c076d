// Package texttest writes .reg files for tests, as reg.exe writes them, from
// the trees of hivetest.
package texttest

import (
	"encoding/binary"
	"fmt"
	"strings"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

// An Encoding is how the text is stored.
type Encoding string

// The encodings. UTF16 is what reg.exe writes.
const (
	UTF16     Encoding = "UTF-16LE with a byte order mark"
	UTF16Bare Encoding = "UTF-16LE"
	UTF8      Encoding = "UTF-8"
	UTF8Mark  Encoding = "UTF-8 with a byte order mark"
	ANSI      Encoding = "ANSI" // under the header REGEDIT4
)

// Write returns an export of the tree below mount, such as
// `HKEY_LOCAL_MACHINE\SAM`; root's own name is not used.
func Write(encoding Encoding, mount string, root *hivetest.Key) []byte {
	header := "Windows Registry Editor Version 5.00"
	if encoding == ANSI {
		header = "REGEDIT4"
	}
	var b strings.Builder
	b.WriteString(header + "\r\n\r\n")
	write(&b, mount, root)
	return Encode(encoding, b.String())
}

// Encode stores text.
func Encode(encoding Encoding, text string) []byte {
	switch encoding {
	case UTF16:
		return windows.AppendUTF16([]byte("\xFF\xFE"), text)
	case UTF16Bare:
		return windows.AppendUTF16(nil, text)
	case UTF8Mark:
		return []byte("\xEF\xBB\xBF" + text)
	}
	return []byte(text)
}

func write(b *strings.Builder, path string, k *hivetest.Key) {
	fmt.Fprintf(b, "[%s]\r\n", path)
	for _, v := range k.Values {
		b.WriteString(line(v))
	}
	b.WriteString("\r\n")
	for _, sub := range k.Keys {
		write(b, path+`\`+sub.Name, sub)
	}
}

// line is a value: text for REG_SZ, dword for REG_DWORD, else bytes in lines
// of 80 characters.
func line(v hivetest.Value) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	name := "@="
	if v.Name != "" {
		name = `"` + escape.Replace(v.Name) + `"=`
	}
	switch {
	case v.Type == hivetest.SZ:
		s, _, _ := strings.Cut(windows.UTF16(v.Data), "\x00")
		return name + `"` + escape.Replace(s) + "\"\r\n"
	case v.Type == hivetest.DWord && len(v.Data) == 4:
		return fmt.Sprintf("%sdword:%08x\r\n", name, binary.LittleEndian.Uint32(v.Data))
	case v.Type == hivetest.Binary:
		name += "hex:"
	default:
		name += fmt.Sprintf("hex(%x):", v.Type)
	}
	var b strings.Builder
	b.WriteString(name)
	column := len(name)
	for i, c := range v.Data {
		fmt.Fprintf(&b, "%02x", c)
		if i == len(v.Data)-1 {
			break
		}
		b.WriteString(",")
		if column += 3; column > 76 {
			b.WriteString("\\\r\n  ")
			column = 2
		}
	}
	return b.String() + "\r\n"
}
