package text

import (
	"encoding/binary"
	"strconv"
	"strings"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

const (
	maxKeys   = 512  // keys that are remembered
	maxValues = 256  // values that are kept
	maxData   = 4096 // bytes of a value that are kept
)

// Registry value types that have a form of their own.
const (
	typeText   = 1
	typeBinary = 3
	typeNumber = 4
)

// A value is the beginning of a value's data, as a hive would hold it.
type value struct {
	offset int64 // of its line
	kind   uint32
	data   []byte
}

// facts are the values that say whose hive it is: all that is ever decoded.
var facts = []struct {
	path   string // below a control set where inSet is true
	inSet  bool
	values []string
}{
	{`sam\domains\account`, false, []string{"V"}},
	{`policy\polacdmn`, false, []string{""}},
	{`policy\polacdms`, false, []string{""}},
	{`policy\polprdmn`, false, []string{""}},
	{`policy\polprdms`, false, []string{""}},
	{`select`, false, []string{"Current"}},
	{`control\computername\computername`, true, []string{"ComputerName"}},
	{`control\productoptions`, true, []string{"ProductType"}},
	{`control\timezoneinformation`, true, []string{"TimeZoneKeyName", "StandardName", "ActiveTimeBias"}},
	{`services\tcpip\parameters`, true, []string{"Domain"}},
}

// wanted returns the names of the values to be decoded in a key.
func wanted(path string) []string {
	inSet := path
	if set, rest, ok := strings.Cut(path, `\`); ok && strings.HasPrefix(set, "controlset0") {
		inSet = rest
	}
	for _, f := range facts {
		if f.path == path || f.inSet && f.path == inSet {
			return f.values
		}
	}
	return nil
}

// value takes a value's line in a key of which some values are wanted.
func (p *parser) value(b []byte, offset int64) {
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
	for _, want := range p.wants {
		if strings.EqualFold(want, name) && len(p.values) < maxValues && !hive.Secret(lastName(p.path), name, maxData) {
			p.take(valueKey(p.path, name), text, offset)
			return
		}
	}
}

func valueKey(path, name string) string { return lowerASCII(path) + "\x00" + lowerASCII(name) }

func lastName(path string) string { return path[strings.LastIndexByte(path, '\\')+1:] }

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

// take decodes the data of a wanted value, which goes on in the next line
// where this one ends with a backslash.
func (p *parser) take(key, text string, offset int64) {
	v := value{offset: offset}
	if s, _, ok := quoted(text); ok {
		v.kind, v.data = typeText, windows.AppendUTF16(nil, s+"\x00")
	} else if digits, ok := strings.CutPrefix(text, "dword:"); ok {
		n, err := strconv.ParseUint(digits, 16, 32)
		if err != nil {
			return
		}
		v.kind, v.data = typeNumber, binary.LittleEndian.AppendUint32(nil, uint32(n))
	} else if rest, ok := strings.CutPrefix(text, "hex"); ok {
		form, digits, ok := strings.Cut(rest, ":")
		kind := uint64(typeBinary)
		if form != "" {
			var err error
			if kind, err = strconv.ParseUint(strings.Trim(form, "()"), 16, 32); err != nil {
				return
			}
		}
		if !ok {
			return
		}
		v.kind = uint32(kind)
		v.data, p.open = hexBytes(nil, digits), ""
		if strings.HasSuffix(digits, `\`) {
			p.open = key
		}
	} else {
		return
	}
	v.data = v.data[:min(len(v.data), maxData)]
	p.values[key] = v
}

// more takes a line that goes on with the data of the value before it.
func (p *parser) more(b []byte) {
	v := p.values[p.open]
	if len(v.data) < maxData {
		v.data = hexBytes(v.data, string(b))
		v.data = v.data[:min(len(v.data), maxData)]
		p.values[p.open] = v
	}
	if len(b) == 0 || b[len(b)-1] != '\\' {
		p.open = ""
	}
}

// hexBytes appends the bytes of "01,ff,…" up to the first that is none.
func hexBytes(dst []byte, s string) []byte {
	for part := range strings.SplitSeq(strings.TrimRight(s, `\`), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil || len(dst) >= maxData {
			return dst
		}
		dst = append(dst, byte(n))
	}
	return dst
}

// Value implements hive.Values.
func (p *parser) Value(path, name string, most int) (offset int64, kind uint32, data []byte, ok bool) {
	v, ok := p.values[valueKey(path, name)]
	if !ok || hive.Secret(lastName(path), name, min(len(v.data), most)) {
		return 0, 0, nil, false
	}
	return v.offset, v.kind, v.data[:min(len(v.data), most)], true
}
