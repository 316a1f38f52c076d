// Package encoded recognises registry hives that were written as text or
// obscured byte by byte, and gives their bytes back: what "certutil -encode"
// and "certutil -encodehex" write, bare base64 as PowerShell prints it, plain
// hex, and a single-byte XOR.
//
// Facts of the formats: RFC 7468 and RFC 4648 for base64; the string formats of
// Microsoft's CryptBinaryToString, which certutil uses, for hex: an address, 16
// bytes in two groups of eight, and their characters, each part optional.
package encoded

import (
	"bytes"
	"fmt"
	"io"

	"hivetriage/artifacts/hive"
)

// maxDecoded bounds what Open decodes into memory.
const maxDecoded = 64 << 20

// baseBlock is what must be decoded of a head to know a base block.
const baseBlock = 32

type kind uint8

const (
	base64Text kind = iota + 1
	hexText         // bytes without addresses
	hexLines        // certutil's: each line begins with its address
	xored
)

// An Encoding is how a hive is written. The zero value is none.
type Encoding struct {
	kind    kind
	armored bool // between BEGIN and END lines
	wide    bool // the text is UTF-16LE
	skip    int  // bytes before the encoded text
	key     byte // of xored
}

// String says it for people.
func (e Encoding) String() string {
	text := "plain text"
	if e.wide {
		text = "UTF-16 text"
	}
	switch {
	case e.kind == base64Text && e.armored:
		return "base64 between BEGIN and END lines, as certutil -encode writes it, in " + text
	case e.kind == base64Text:
		return "base64 in " + text
	case e.kind == hexLines:
		return "hex with addresses, as certutil -encodehex writes it, in " + text
	case e.kind == hexText:
		return "hex in " + text
	case e.kind == xored:
		return fmt.Sprintf("every byte combined with %#02x by XOR", e.key)
	}
	return "not encoded"
}

// Detect recognises an encoded hive by its first bytes, up to
// artifacts.MaxHead of them: they must decode to a base block. A hive that is
// not encoded is none.
func Detect(head []byte) (Encoding, bool) {
	if len(head) < baseBlock {
		return Encoding{}, false
	}
	if e, ok := detectXOR(head); ok {
		return e, true
	}
	if head[1] == 0 && !startsLikeText(head[0]) && !isSpace(head[0]) {
		return Encoding{}, false // not even UTF-16 text without a byte order mark
	}
	e, text := detectText(head)
	if len(text) == 0 || !startsLikeText(text[0]) {
		return Encoding{}, false
	}
	if bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return Encoding{}, false
		}
		e.armored = true
		e.skip += (end + 1) * e.width()
		text = text[end+1:]
	}
	for _, k := range []kind{base64Text, hexLines, hexText} {
		if e.armored && k != base64Text {
			break
		}
		e.kind = k
		d := decoder{encoding: e, limit: baseBlock}
		d.text(text[:min(len(text), 512)])
		if d.flush(); hive.IsBaseBlock(d.out) {
			return e, true
		}
	}
	return Encoding{}, false
}

// startsLikeText reports whether c can begin what text decodes to a base
// block: "c" or "-" in base64, "7" or an address in hex.
func startsLikeText(c byte) bool { return c == 'c' || c == '-' || c == '7' || c == '0' }

func detectXOR(head []byte) (Encoding, bool) {
	key := head[0] ^ 'r'
	if key == 0 || head[1]^key != 'e' || head[2]^key != 'g' || head[3]^key != 'f' {
		return Encoding{}, false
	}
	plain := make([]byte, baseBlock)
	combine(plain, head[:baseBlock], key)
	return Encoding{kind: xored, key: key}, hive.IsBaseBlock(plain)
}

func combine(dst, src []byte, key byte) {
	for i, c := range src {
		dst[i] = c ^ key
	}
}

// detectText finds the encoding of the characters and passes over what stands
// before the first one.
func detectText(head []byte) (Encoding, []byte) {
	var e Encoding
	switch {
	case head[0] == 0xFF && head[1] == 0xFE:
		e.wide, e.skip = true, 2
	case head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF:
		e.skip = 3
	case head[1] == 0:
		e.wide = true
	}
	text := head[e.skip:]
	if e.wide {
		text = narrow(nil, text)
	}
	rest := bytes.TrimLeft(text, " \t\r\n")
	e.skip += (len(text) - len(rest)) * e.width()
	return e, rest
}

func (e Encoding) width() int {
	if e.wide {
		return 2
	}
	return 1
}

// narrow appends the characters of UTF-16LE text; what is not ASCII becomes
// 0xFF, which no encoding here uses.
func narrow(dst, wide []byte) []byte {
	for i := 0; i+1 < len(wide); i += 2 {
		c := wide[i]
		if wide[i+1] != 0 {
			c = 0xFF
		}
		dst = append(dst, c)
	}
	return dst
}

// Open returns the decoded bytes of a stream and how many there are. Text is
// decoded into memory, up to a limit of 64 MiB; XOR is undone while reading.
// The error is a *artifacts.Problem; the bytes before it are returned beside
// it.
func (e Encoding) Open(r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if e.kind == xored {
		return xorReader{r, e.key}, size, nil
	}
	d := decoder{encoding: e, limit: maxDecoded}
	most := size / 2 // hex takes two characters a byte at least
	if e.kind == base64Text {
		most = size * 3 / 4
	}
	d.out = make([]byte, 0, min(maxDecoded, max(0, most/int64(e.width())+baseBlock)))
	err := d.read(r, size)
	return bytes.NewReader(d.out), int64(len(d.out)), err
}

// An xorReader undoes a single-byte XOR.
type xorReader struct {
	r   io.ReaderAt
	key byte
}

// ReadAt implements io.ReaderAt.
func (x xorReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := x.r.ReadAt(p, offset)
	combine(p[:n], p[:n], x.key)
	return n, err
}
