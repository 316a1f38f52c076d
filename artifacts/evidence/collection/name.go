package collection

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A nameTrait is something about a member's name that a reader of the report
// should know. Nothing is ever written or opened under such a name.
type nameTrait string

const (
	climbs     nameTrait = "have a name with a .. component"
	absolute   nameTrait = "have an absolute name"
	driveNamed nameTrait = "have a name that begins with a drive letter"
	tooLong    nameTrait = "have a name that was cut off"
	notUTF8    nameTrait = "have a name that is not valid UTF-8"
)

// fromCP437 decodes a name in the code page that zip has used without the
// UTF-8 flag (APPNOTE.TXT, appendix D). Of what cleanName would cut off only the
// last byte is left, which tells a folder.
func fromCP437(raw string) string {
	if longest := maxName + utf8.UTFMax; len(raw) > longest {
		raw = raw[:longest] + raw[len(raw)-1:]
	}
	s, err := charmap.CodePage437.NewDecoder().String(raw)
	if err != nil { // every byte has a meaning in this code page
		return raw
	}
	return s
}

// cleanName makes a member's name usable as a path below the archive's top:
// "/" between components, no empty or "." components, valid UTF-8 with other
// bytes as \xNN. A ".." stays what it is: a name.
func cleanName(raw string) (string, []nameTrait) {
	var traits []nameTrait
	if len(raw) > maxName {
		cut := maxName
		for cut > maxName-utf8.UTFMax && !utf8.RuneStart(raw[cut]) {
			cut--
		}
		raw = raw[:cut]
		traits = append(traits, tooLong)
	}
	if !utf8.ValidString(raw) {
		raw = escapeBytes(raw)
		traits = append(traits, notUTF8)
	} else {
		raw = strings.ReplaceAll(raw, `\`, "/")
	}
	if strings.HasPrefix(raw, "/") {
		traits = append(traits, absolute)
	}
	if len(raw) >= 2 && raw[1] == ':' && (raw[0]|0x20 >= 'a' && raw[0]|0x20 <= 'z') {
		traits = append(traits, driveNamed)
	}
	parts := strings.Split(raw, "/")
	kept := parts[:0]
	for _, p := range parts {
		if p == ".." && (len(traits) == 0 || traits[len(traits)-1] != climbs) {
			traits = append(traits, climbs)
		}
		if p != "" && p != "." {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "/"), traits
}

func escapeBytes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02X`, s[i])
		case r == '\\':
			b.WriteByte('/')
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}
