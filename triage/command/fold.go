package command

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The letters that compatibility decomposition (NFKC) leaves alone although
// Windows' own comparison, or a reader's eye, takes them for an ASCII letter.
var lookalikes = map[rune]rune{
	'\u02ea': 'l',                               // modifier letter yin departing tone mark
	'\u02eb': 'l',                               // modifier letter yang departing tone mark
	'\u0131': 'i',                               // dotless i
	'\u2215': '/',                               // division slash
	'\u2044': '/',                               // fraction slash
	'\u29f5': '\\',                              // reverse solidus operator
	'\u2216': '\\',                              // set minus
	'\u29f8': '/',                               // big solidus
	'\u29f9': '\\',                              // big reverse solidus
	'\u201c': '"', '\u201d': '"', '\u201e': '"', // PowerShell takes these for quotes
	'\u2018': '\'', '\u2019': '\'', '\u201a': '\'', '\u201b': '\'',
	'\u2013': '-', '\u2014': '-', '\u2015': '-', // and these for a dash
}

// fold writes text as reg.exe compares it: compatibility forms (modifier
// letters, full-width letters, ligatures) as their plain letters, characters
// without a width or a mark on their own removed. Letter case stays.
func fold(text string) string {
	if isASCII(text) {
		return text
	}
	text = norm.NFKC.String(strings.ToValidUTF8(text, "\ufffd"))
	return strings.Map(func(r rune) rune {
		if plain, ok := lookalikes[r]; ok {
			return plain
		}
		if invisible(r) {
			return -1
		}
		return r
	}, text)
}

// invisible reports whether a character changes nothing that is seen: format
// characters (zero-width, direction marks, soft hyphen), variation selectors
// and combining marks.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Variation_Selector, r)
}

// foldedHow says which kinds of characters fold had to replace, or "".
func foldedHow(text string) string {
	var kinds []string
	add := func(kind string) {
		for _, k := range kinds {
			if k == kind {
				return
			}
		}
		kinds = append(kinds, kind)
	}
	for _, r := range text {
		switch {
		case r < 0x80:
		case r >= 0x02b0 && r <= 0x02ff, r >= 0x1d2c && r <= 0x1dbb, unicode.Is(unicode.Lm, r):
			add("modifier letters")
		case r >= 0xff01 && r <= 0xff5e:
			add("full-width letters")
		case invisible(r):
			add("characters without a width")
		case fold(string(r)) != string(r):
			add("look-alike letters")
		}
	}
	return strings.Join(kinds, " and ")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
