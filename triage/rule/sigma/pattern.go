package sigma

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An atom is a part of a pattern between two wildcards *.
type atom struct {
	literal string // of kind literal
	kind    atomKind
}

type atomKind uint8

const (
	literal atomKind = iota
	one              // ?, any single character
	dash             // any character that Windows programs take for a dash before an option
	many             // *, in patterns that are not yet a glob
)

// dashes are the characters that the modifier windash exchanges.
var dashes = []string{"-", "/", "–", "—", "―"}

// readPattern takes a value with wildcards apart: * and ? are wildcards, a
// backslash before one of them or before a backslash makes it plain, any other
// backslash is plain.
func readPattern(text string) []atom {
	var atoms []atom
	var plain []byte
	flush := func() {
		if len(plain) > 0 {
			atoms, plain = append(atoms, atom{literal: string(plain)}), plain[:0]
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && strings.IndexByte(`\*?`, text[i+1]) >= 0:
			i++
			plain = append(plain, text[i])
		case c == '*':
			flush()
			atoms = append(atoms, atom{kind: many})
		case c == '?':
			flush()
			atoms = append(atoms, atom{kind: one})
		default:
			plain = append(plain, c)
		}
	}
	flush()
	return atoms
}

// withDashes makes a dash atom of each - and / that begins a word: what stands
// before it is no letter, digit or underscore, what follows is one.
func withDashes(atoms []atom) (out []atom) {
	word := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
	}
	for _, a := range atoms {
		if a.kind != literal {
			out = append(out, a)
			continue
		}
		from := 0
		for i := range len(a.literal) {
			c := a.literal[i]
			if c != '-' && c != '/' || i > 0 && word(a.literal[i-1]) || i+1 == len(a.literal) || !word(a.literal[i+1]) {
				continue
			}
			if i > from {
				out = append(out, atom{literal: a.literal[from:i]})
			}
			out, from = append(out, atom{kind: dash}), i+1
		}
		if from < len(a.literal) {
			out = append(out, atom{literal: a.literal[from:]})
		}
	}
	return out
}

// A glob matches text against a pattern.
type glob struct {
	parts      [][]atom // what stands between the wildcards *
	open, left bool     // the pattern begins with *; it ends with *
	cased      bool
	only       string // the text of a pattern that has no other wildcards
}

// newGlob makes a glob of a pattern.
func newGlob(atoms []atom, cased bool) *glob {
	g := &glob{cased: cased}
	var part []atom
	for i, a := range atoms {
		switch {
		case a.kind != many:
			if a.kind == literal && !cased {
				a.literal = strings.ToLower(a.literal)
			}
			part = append(part, a)
			continue
		case i == 0:
			g.open = true
		}
		if len(part) > 0 {
			g.parts = append(g.parts, part)
		}
		part = nil
		g.left = i == len(atoms)-1
	}
	if len(part) > 0 {
		g.parts = append(g.parts, part)
	}
	for i := range g.parts {
		g.parts[i] = joinLiterals(g.parts[i])
	}
	if len(g.parts) == 1 && len(g.parts[0]) == 1 {
		g.only = g.parts[0][0].literal
	}
	return g
}

// joinLiterals makes one atom of literals that follow each other.
func joinLiterals(atoms []atom) []atom {
	var out []atom
	for _, a := range atoms {
		if n := len(out); n > 0 && a.kind == literal && out[n-1].kind == literal {
			out[n-1].literal += a.literal
			continue
		}
		out = append(out, a)
	}
	return slices.Clip(out)
}

func (g *glob) matches(v *value) bool {
	s := v.text
	if !g.cased {
		s = v.lowered()
	}
	if g.only != "" { // as most are
		switch {
		case g.open && g.left:
			return strings.Contains(s, g.only)
		case g.open:
			return strings.HasSuffix(s, g.only)
		case g.left:
			return strings.HasPrefix(s, g.only)
		}
		return s == g.only
	}
	parts := g.parts
	if len(parts) == 0 {
		return g.open || g.left || s == ""
	}
	if !g.open {
		n := prefix(parts[0], s)
		if n < 0 {
			return false
		}
		s, parts = s[n:], parts[1:]
		if len(parts) == 0 {
			return g.left || s == ""
		}
	}
	if !g.left {
		n := suffix(parts[len(parts)-1], s)
		if n < 0 {
			return false
		}
		s, parts = s[:len(s)-n], parts[:len(parts)-1]
	}
	for _, p := range parts {
		_, end := find(p, s)
		if end < 0 {
			return false
		}
		s = s[end:]
	}
	return true
}

// prefix returns how many bytes a part takes at the start of s, -1 if it is
// not there.
func prefix(part []atom, s string) int {
	n := 0
	for _, a := range part {
		rest := s[n:]
		switch a.kind {
		case literal:
			if !strings.HasPrefix(rest, a.literal) {
				return -1
			}
			n += len(a.literal)
		case one:
			if rest == "" {
				return -1
			}
			_, size := utf8.DecodeRuneInString(rest)
			n += size
		case dash:
			i := slices.IndexFunc(dashes, func(d string) bool { return strings.HasPrefix(rest, d) })
			if i < 0 {
				return -1
			}
			n += len(dashes[i])
		}
	}
	return n
}

// suffix is prefix at the end of s.
func suffix(part []atom, s string) int {
	n := 0
	for _, a := range slices.Backward(part) {
		rest := s[:len(s)-n]
		switch a.kind {
		case literal:
			if !strings.HasSuffix(rest, a.literal) {
				return -1
			}
			n += len(a.literal)
		case one:
			if rest == "" {
				return -1
			}
			_, size := utf8.DecodeLastRuneInString(rest)
			n += size
		case dash:
			i := slices.IndexFunc(dashes, func(d string) bool { return strings.HasSuffix(rest, d) })
			if i < 0 {
				return -1
			}
			n += len(dashes[i])
		}
	}
	return n
}

// find returns where a part is first met in s, -1 and -1 if it is not.
func find(part []atom, s string) (from, to int) {
	if len(part) == 1 && part[0].kind == literal {
		i := strings.Index(s, part[0].literal)
		if i < 0 {
			return -1, -1
		}
		return i, i + len(part[0].literal)
	}
	for _, a := range part { // most texts lack it, which is told at once
		if a.kind == literal && !strings.Contains(s, a.literal) {
			return -1, -1
		}
	}
	for at := 0; at <= len(s); {
		if part[0].kind == literal {
			i := strings.Index(s[at:], part[0].literal)
			if i < 0 {
				return -1, -1
			}
			at += i
		}
		if n := prefix(part, s[at:]); n >= 0 {
			return at, at + n
		}
		if at == len(s) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return -1, -1
}
