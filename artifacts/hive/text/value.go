package text

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// Registry value types that have a form of their own.
const (
	typeText   = 1
	typeBinary = 3
	typeNumber = 4
)

// take takes a value's line in a key that is kept. The data goes on in the next
// line where this one ends with a backslash.
func (p *parser) take(b []byte, offset int64) {
	line := string(b)
	name, text, ok := "", "", false
	if text, ok = strings.CutPrefix(line, "@="); !ok {
		if name, text, ok = quoted(line); !ok {
			return
		}
		if text, ok = strings.CutPrefix(text, "="); !ok {
			return
		}
	}
	p.value = datum{key: p.node.name, name: validName(name), offset: offset}
	_, err := hive.Public(p.value.key, p.value.name, nil, 0)
	p.value.secret = errors.Is(err, hive.ErrSecret)
	p.value.cut = p.long
	if !p.decode(text) {
		p.value.key = "" // nothing to keep
	}
	if !p.open {
		p.finish()
	}
}

// decode decodes the data of a value; false if it has no form that is known.
func (p *parser) decode(text string) bool {
	if s, _, ok := quoted(text); ok {
		p.value.kind = typeText
		p.append(windows.AppendUTF16(nil, s+"\x00"))
		return true
	}
	if digits, ok := strings.CutPrefix(text, "dword:"); ok {
		n, err := strconv.ParseUint(digits, 16, 32)
		p.value.kind = typeNumber
		p.append(binary.LittleEndian.AppendUint32(nil, uint32(n)))
		return err == nil
	}
	rest, ok := strings.CutPrefix(text, "hex")
	form, digits, colon := strings.Cut(rest, ":")
	if !ok || !colon {
		return false
	}
	p.value.kind = typeBinary
	if form != "" {
		kind, err := strconv.ParseUint(strings.Trim(form, "()"), 16, 32)
		if err != nil {
			return false
		}
		p.value.kind = uint32(kind)
	}
	p.open = strings.HasSuffix(digits, `\`)
	p.hex(digits)
	return true
}

// more takes a line that goes on with the data of the value before it.
func (p *parser) more(b []byte) {
	p.value.cut = p.value.cut || p.long
	p.hex(string(b))
	if len(b) == 0 || b[len(b)-1] != '\\' {
		p.finish()
	}
}

// append adds to the data of the current value. Of one that is secret only the
// length is kept.
func (p *parser) append(b []byte) {
	p.value.length += len(b)
	if !p.value.secret {
		p.data = append(p.data, b[:max(0, min(len(b), keptOfData-len(p.data)))]...)
	}
}

// finish keeps the current value without its secret parts, of which nothing
// stays in memory.
func (p *parser) finish() {
	v := p.value
	p.open, p.value = false, datum{}
	defer func() { clear(p.data[:cap(p.data)]); p.data = p.data[:0] }()
	if v.key == "" || p.node == nil {
		return
	}
	v.cut = v.cut || v.length > keptOfData
	if !v.secret {
		var err error
		if v.public, err = hive.Public(v.key, v.name, p.data, keptOfData); err != nil {
			return
		}
	}
	if p.spend(valueCost+len(v.name)+len(v.public), v.offset) {
		p.node.values = append(p.node.values, v)
	}
}

// quoted takes a "…" from the beginning of s, in which \ stands before \ and ".
func quoted(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// hex appends the bytes of "01,ff,…" up to the first that is none.
func (p *parser) hex(s string) {
	var buf [64]byte
	b := buf[:0]
	defer func() { clear(buf[:]) }()
	for part := range strings.SplitSeq(strings.TrimRight(s, `\`), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil {
			break
		}
		if b = append(b, byte(n)); len(b) == len(buf) {
			p.append(b)
			b = b[:0]
		}
	}
	p.append(b)
}
