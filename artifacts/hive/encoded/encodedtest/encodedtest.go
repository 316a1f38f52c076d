// Package encodedtest writes bytes as the text that Windows' own tools make
// of them, for tests.
package encodedtest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"hivetriage/artifacts/internal/windows"
)

// Certificate is what certutil -encode writes: base64 in lines of 64
// characters between BEGIN and END lines.
func Certificate(b []byte) []byte {
	return []byte("-----BEGIN CERTIFICATE-----\r\n" + string(Base64(b, 64)) + "-----END CERTIFICATE-----\r\n")
}

// Base64 is base64 in lines of the given number of characters; 0 is one line
// without an end, as [Convert]::ToBase64String gives it.
func Base64(b []byte, width int) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	if width == 0 {
		return []byte(text)
	}
	var lines strings.Builder
	for len(text) > 0 {
		n := min(width, len(text))
		lines.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return []byte(lines.String())
}

// Wide is ASCII text as UTF-16LE with a byte order mark, as PowerShell's
// redirection writes it.
func Wide(text []byte) []byte {
	return windows.AppendUTF16([]byte("\xFF\xFE"), string(text))
}

// HexRaw is hex in one line: certutil -encodehex, type 12.
func HexRaw(b []byte) []byte { return []byte(hex.EncodeToString(b)) }

// Hex is certutil -encodehex: lines of 16 bytes in two groups, with addresses
// (types 10 and 11) and with the characters (types 5 and 11). Type 4 has
// neither; without a type certutil writes both.
func Hex(b []byte, addresses, characters bool) []byte {
	var text strings.Builder
	for at := 0; at < len(b); at += 16 {
		line := b[at:min(at+16, len(b))]
		if addresses {
			fmt.Fprintf(&text, "%04x\t", at)
		}
		for i := range 16 {
			if i == 8 {
				text.WriteByte(' ')
			}
			if i < len(line) {
				fmt.Fprintf(&text, "%02x ", line[i])
			} else if characters {
				text.WriteString("   ")
			}
		}
		if characters {
			text.WriteString("  ")
			for _, c := range line {
				if c < ' ' || c > '~' {
					c = '.'
				}
				text.WriteByte(c)
			}
		}
		text.WriteString("\r\n")
	}
	return []byte(text.String())
}

// XOR combines every byte with key.
func XOR(b []byte, key byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = c ^ key
	}
	return out
}
