package xpress

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// table returns a block's 256 bytes of code lengths.
func table(lengths map[int]byte) []byte {
	b := make([]byte, tableSize)
	for symbol, length := range lengths {
		b[symbol/2] |= length << (4 * (symbol & 1))
	}
	return b
}

// stream appends words to a table, in the order in which they are stored.
func stream(lengths map[int]byte, rest ...byte) []byte { return append(table(lengths), rest...) }

// abc is the second example of [MS-XCA] 3.2: a hundred times "abc".
func abc() []byte {
	return stream(map[int]byte{'a': 3, 'b': 3, 'c': 2, 256: 2, 256 + 1<<4 + 15: 2},
		0xA8, 0xDC, 0x00, 0x00, 0xFF, 0x26, 0x01)
}

// literals writes data as a stream without matches: of the 257 symbols all
// but the last two have 8 bits.
func literals(data []byte) []byte {
	lengths := map[int]byte{255: 9, 256: 9}
	for symbol := range 255 {
		lengths[symbol] = 8
	}
	var out []byte
	for len(data) > 0 {
		block := data[:min(len(data), BlockSize)]
		data = data[len(block):]
		out = append(out, table(lengths)...)
		var acc uint64
		bits, words := 0, 0
		put := func(code uint64, n int) {
			for acc, bits = acc<<n|code, bits+n; bits >= 16; bits -= 16 {
				w := acc >> (bits - 16)
				out = append(out, byte(w), byte(w>>8))
				words++
			}
			acc &= 1<<bits - 1
		}
		for _, c := range block {
			if c == 255 {
				put(0x1FE, 9)
			} else {
				put(uint64(c), 8)
			}
		}
		if bits > 0 {
			put(0, 16-bits)
		}
		out = append(out, 0, 0) // what a decoder looks at ahead
	}
	return out
}

func TestHuffman(t *testing.T) {
	big := make([]byte, 3*BlockSize+7)
	for i := range big {
		big[i] = byte(i * i >> 3)
	}
	for name, c := range map[string]struct {
		src  []byte
		size int
		want string
		err  string
	}{
		"nothing":            {nil, 0, "", ""},
		"a hundred abc":      {abc(), 300, strings.Repeat("abc", 100), ""},
		"fewer are wanted":   {literals([]byte("what is wanted, and more")), 14, "what is wanted", ""},
		"several blocks":     {literals(big), len(big), string(big), ""},
		"more are wanted":    {abc(), 301, strings.Repeat("abc", 100), "the stream ends after 300 bytes of 301"},
		"a long match":       {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0xE8, 0x03), 1004, strings.Repeat("x", 1004), ""},
		"a longer match":     {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0, 0, 0x70, 0x11, 0x01, 0), 70004, strings.Repeat("x", 70004), ""},
		"no table":           {make([]byte, 200), 10, "", "code lengths are cut off"},
		"an empty table":     {make([]byte, 300), 10, "", "without a meaning"},
		"a table too full":   {stream(map[int]byte{1: 1, 2: 1, 3: 1}, 0, 0, 0, 0), 10, "", "exceed"},
		"cut off":            {literals([]byte("some text that is cut off"))[:tableSize+10], 25, "some text ", "cut off"},
		"before the start":   {append(table(map[int]byte{'x': 1, 256 + 1<<4: 1}), 0x00, 0x40, 0, 0), 9, "x", "points 2 bytes back"},
		"room for less":      {abc(), 200, "abc", "a match of 297 bytes, room for 197"},
		"a length too short": {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0x0E, 0), 1004, "x", "a long match of 14"},
		"no length":          {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0), 1004, "x", "length is cut off"},
		"half a length":      {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0), 1004, "x", "length is cut off"},
		"half a long length": {append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0, 0, 9), 1004, "x", "length is cut off"},
	} {
		got, err := Huffman(c.src, c.size)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", name, err, c.err)
		}
		var format *FormatError
		if err != nil && (!errors.As(err, &format) || format.Offset < 0 || format.Offset > int64(len(c.src))) {
			t.Errorf("%s: %#v is no FormatError in the bytes", name, err)
		}
		if name == "cut off" {
			if !strings.HasPrefix("some text that is cut off", string(got[:min(len(got), 10)])) {
				t.Errorf("%s: %q", name, got)
			}
		} else if string(got) != c.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(c.want))
		}
	}
}

func FuzzHuffman(f *testing.F) {
	f.Add(abc(), uint32(300))
	f.Add(literals([]byte("some text")), uint32(9))
	f.Add(append(table(map[int]byte{'x': 1, 256 + 15: 1}), 0x00, 0x40, 0, 0, 0xFF, 0, 0, 0x70, 0x11, 0x01, 0), uint32(70004))
	f.Fuzz(func(t *testing.T, src []byte, size uint32) {
		want := int(size % (1 << 20))
		got, err := Huffman(src, want)
		if len(got) > want || err == nil && len(got) != want {
			t.Fatalf("%d bytes of %d: %v", len(got), want, err)
		}
		if again, _ := Huffman(literals(got), len(got)); !bytes.Equal(again, got) {
			t.Fatal("what was decoded does not come back")
		}
	})
}

func BenchmarkHuffman(b *testing.B) {
	data := bytes.Repeat([]byte("what a Prefetch file holds, more or less. "), 5000)
	src := literals(data)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Huffman(src, len(data)); err != nil {
			b.Fatal(err)
		}
	}
}
