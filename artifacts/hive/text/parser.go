package text

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// Places in parser.found.
const (
	sam = iota
	security
	system
)

var kinds = [...]hive.Kind{hive.SAM, hive.Security, hive.System}

// found is what the keys told of one hive.
type found struct {
	mount    string
	marks    map[string]bool
	because  []string
	keys     int
	accounts int
}

// A parser goes through the lines.
type parser struct {
	count int
	first string // path of the first key
	found [len(kinds)]found
	roots [len(kinds)]node
	room  int                // bytes that may still be kept
	cut   *artifacts.Problem // where there was no more room

	node    *node // the current key, nil if it is not kept
	account bool  // the current key is that of an account that has not been counted
	long    bool  // of the current line not all is there
	open    bool  // value goes on in the next line
	value   datum
	data    []byte // of value, before its secret parts are left out
	inHive  *node  // of HasKey and Value
}

func newParser(room int) *parser { return &parser{room: room} }

// line takes one line of the file.
func (p *parser) line(b []byte, offset int64) {
	switch {
	case len(b) > 2 && b[0] == '[' && b[1] != '-':
		p.finish()
		if end := bytes.LastIndexByte(b, ']'); end > 0 {
			p.key(string(b[1:end]), offset)
		}
	case p.open:
		p.more(b)
	default:
		if p.account && (bytes.HasPrefix(b, []byte(`"V"=`)) || bytes.HasPrefix(b, []byte(`"F"=`))) {
			p.found[sam].accounts++
			p.account = false
		}
		if p.node != nil && len(b) > 0 {
			p.take(b, offset)
		}
	}
}

// key takes a key's line.
func (p *parser) key(path string, offset int64) {
	p.count++
	if p.first == "" {
		p.first = path
	}
	p.node, p.account = nil, false
	lower := lowerASCII(path)
	kind, mount, rest, mark := 0, 0, "", ""
	if mount, rest, mark = inSAM(lower); mark != "" {
		kind = sam
		_, user, _ := strings.Cut(rest, `\users\`)
		p.account = mark == "users" && len(user) == 8 && strings.Trim(user, "0123456789abcdef") == ""
	} else if mount, rest, mark = inSecurity(lower); mark != "" {
		kind = security
		if strings.HasPrefix(rest, `policy\secrets\`) && strings.HasSuffix(rest, `\currval`) {
			p.found[security].accounts++
		}
	} else if mount, rest, mark = inSystem(lower); mark != "" {
		kind = system
	} else {
		return
	}
	if kind != system || kept(rest) {
		p.node = p.keep(&p.roots[kind], inCase(path, rest), offset)
	}
	if mark == aside {
		return
	}
	f := &p.found[kind]
	f.keys++
	if f.mount == "" {
		f.mount = path[:mount]
	}
	if f.marks == nil {
		f.marks = map[string]bool{}
	}
	if mark != "." && !f.marks[mark] {
		f.marks[mark] = true
		f.because = append(f.because, fmt.Sprintf("key [%s] at %#x", clip(path), offset))
	}
}

// aside marks keys that are kept and tell nothing of what the file is.
const aside = ","

// inCase gives rest, which is in lower case, the letters it has in path.
func inCase(path, rest string) string {
	n := len(rest)
	if !strings.HasSuffix(lowerASCII(path), rest) {
		n -= len("sam") // inSAM puts it there
	}
	return rest[:len(rest)-n] + path[len(path)-n:]
}

// hives tells what was found.
func (p *parser) hives() []Hive {
	var all []Hive
	for i := range p.found {
		f := &p.found[i]
		certainty := f.certainty(i)
		if certainty == "" {
			certainty = p.empty(i)
		}
		if certainty == "" {
			continue
		}
		p.inHive = &p.roots[i]
		p.roots[i].name = f.mount[strings.LastIndexByte(f.mount, '\\')+1:]
		all = append(all, Hive{Kind: kinds[i], Certainty: certainty, Mount: f.mount, Because: f.because,
			Keys: f.keys, Accounts: f.accounts, Facts: hive.FactsFrom(p, kinds[i]), Root: &p.roots[i]})
	}
	return all
}

// certainty weighs the keys of one hive; "" is that they do not make one.
func (f *found) certainty(kind int) string {
	has := func(mark string) bool { return f.marks[mark] }
	switch kind {
	case sam:
		if has("users") {
			return hive.Certain
		}
		if has("account") {
			return hive.Likely
		}
	case security:
		if has("polacdms") && (has("secrets") || has("poleklist") || has("polsecretencryptionkey")) {
			return hive.Certain
		}
		if has("secrets") || has("poleklist") || has("polsecretencryptionkey") {
			return hive.Likely
		}
	case system:
		n := 0
		for _, mark := range bootKeyParts {
			if has(mark) {
				n++
			}
		}
		switch {
		case n == len(bootKeyParts):
			return hive.Certain
		case n > 0:
			return hive.Likely
		}
	}
	return ""
}

// empty tells an export of SAM or SECURITY in which the keys below the top
// are missing: what reg.exe leaves when an administrator runs it, since only
// SYSTEM may read them.
func (p *parser) empty(kind int) string {
	const machine = `hkey_local_machine\`
	top := [...]string{machine + "sam", machine + "security", ""}[kind]
	first := lowerASCII(p.first)
	if top == "" || first != top && !strings.HasPrefix(first, top+`\`) {
		return ""
	}
	f := &p.found[kind]
	f.mount = p.first[:len(top)]
	f.keys = p.count
	f.because = append(f.because, fmt.Sprintf("the first key is [%s]", clip(p.first)))
	return hive.Likely
}

// lowerASCII lowers A to Z and keeps every byte's place.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// component reports whether s goes on with the given components, and ends
// there or has further ones.
func component(s, components string) bool {
	return strings.HasPrefix(s, components) && (len(s) == len(components) || s[len(components)] == '\\')
}

// inSAM finds a path of a SAM, wherever it was loaded: the length of what
// stands before its root, the path below the root, and the mark that it is.
func inSAM(path string) (mount int, rest, mark string) {
	const account, builtin = `\domains\account`, `\domains\builtin`
	if i := strings.Index(path, builtin); i >= 0 && component(path[i:], builtin) {
		return len(strings.TrimSuffix(path[:i], `\sam`)), `sam` + path[i:], aside
	}
	i := strings.Index(path, account)
	if i < 0 || !component(path[i:], account) {
		return 0, "", ""
	}
	mark = "."
	switch tail := path[i+len(account):]; {
	case component(tail, `\users`):
		mark = "users"
	case tail == "":
		mark = "account"
	}
	return len(strings.TrimSuffix(path[:i], `\sam`)), `sam` + path[i:], mark
}

// inSecurity is inSAM for SECURITY.
func inSecurity(path string) (mount int, rest, mark string) {
	const policy = `\policy\`
	if strings.HasSuffix(path, `\cache`) && strings.Count(path, `\`) == 2 {
		return len(path) - len(`\cache`), "cache", aside
	}
	i := strings.Index(path, policy)
	if i < 0 {
		return 0, "", ""
	}
	name, _, _ := strings.Cut(path[i+len(policy):], `\`)
	switch name {
	case "secrets", "poleklist", "polsecretencryptionkey", "polacdms":
		mark = name
	case "polacdmn", "polprdmn", "polprdms":
		mark = "."
	case "poldnddn", "poldndmg", "polmachineaccounts", "polmachineaccountr", "polrevision", "poladtev", "accounts":
		mark = aside
	default:
		return 0, "", ""
	}
	return i, path[i+1:], mark
}

var bootKeyParts = []string{"jd", "skew1", "gbg", "data"}

// inSystem is inSAM for SYSTEM. CurrentControlSet stands for no set: what is
// in it has its path below the control set only.
func inSystem(path string) (mount int, rest, mark string) {
	if strings.HasSuffix(path, `\select`) && strings.Count(path, `\`) == 2 {
		return len(path) - len(`\select`), "select", "."
	}
	if strings.HasSuffix(path, `\mounteddevices`) && strings.Count(path, `\`) == 2 {
		return len(path) - len(`\mounteddevices`), "mounteddevices", aside
	}
	i := strings.Index(path, `\controlset0`)
	set := i + len(`\controlset0nn`)
	if i < 0 || len(path) < set {
		const current = `\currentcontrolset`
		if i = strings.Index(path, current); i < 0 {
			return 0, "", ""
		}
		set = i + len(current)
	}
	tail := path[set:]
	if !strings.HasPrefix(tail, `\`) {
		return 0, "", ""
	}
	rest, mark = path[i+1:], "."
	if strings.HasPrefix(rest, "current") {
		rest = tail[1:]
	}
	if lsa, ok := strings.CutPrefix(tail, `\control\lsa\`); ok && slices.Contains(bootKeyParts, lsa) {
		mark = lsa
	}
	return i, rest, mark
}
