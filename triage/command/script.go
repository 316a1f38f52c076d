package command

import (
	"bytes"
	"strings"
)

// Script says what the text of a PowerShell script does to SAM, SECURITY and
// SYSTEM, as Analyze does for a line. Text beyond the longest line that
// Windows takes is read in pieces, which are cut at a line's end.
func Script(text string) []Command {
	if !mayCopy(text) {
		return nil
	}
	return readScript(strings.ToValidUTF8(text, "\ufffd"))
}

func readScript(text string) []Command {
	r := resolver{windows: windowsFolder("")}
	a := analysis{value: r.variable}
	for len(text) > 0 && len(a.found) < maxParts {
		piece := text
		if len(piece) > maxLine {
			piece = piece[:maxLine]
			if end := strings.LastIndexByte(piece, '\n'); end > 0 {
				piece = piece[:end+1]
			}
		}
		text = text[len(piece):]
		if mayCopy(piece) { // each is read for itself
			a.script(piece, nest{})
		}
	}
	return a.found
}

// telling are what scripts have of which there is something to say: where the
// hives are, by key or by file, and the programs made to copy them. A script
// that has none of it, as most, is not read.
var telling = []string{"hklm", "hkey_local", "shadow", "regback", "periodicbackup", "regidlebackup", "repair", "registry_machine", "gmt-",
	"powershell", "pwsh", "encoded", "savekey", "orsavehive", "rawcopy", "rawccopy", "ninjacopy", "impacket", "reg.py",
	"ntdsutil", "regedit", "regedt32", "wbadmin", "mimikatz", "lsadump", "nxc", "netexec", "crackmapexec", "cme", "secretsdump", "hivenightmare",
	"backupoperatortoda", "pwdump", "fgdump", "gsecdump", "cachedump", "samdump"}

// hivesFolder is the last folder of the path to the live hives. Alone in a path
// it is telling; many scripts have it in longer names.
const hivesFolder = "config"

// mayCopy reports whether a script has anything of it, behind the characters
// that PowerShell and cmd.exe drop from a word. Letters beyond ASCII may stand
// for others.
func mayCopy(text string) bool {
	plain := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 0x80:
			return true
		case c == '`' || c == '"' || c == '\'' || c == '^':
		case 'A' <= c && c <= 'Z':
			plain = append(plain, c|0x20)
		default:
			plain = append(plain, c)
		}
	}
	return tellingPairs.within(plain) || hasFolder(plain, hivesFolder)
}

// A pairIndex finds words by the two letters that they begin with, so that a
// text is gone through once for all of them.
type pairIndex struct {
	of    [1 << 14]uint8 // 1 + index in words, by two ASCII characters
	words [][]string
}

var tellingPairs = newPairIndex(telling)

func newPairIndex(words []string) *pairIndex {
	x := &pairIndex{}
	for _, w := range words {
		n := &x.of[int(w[0])<<7|int(w[1])]
		if *n == 0 {
			x.words = append(x.words, nil)
			*n = uint8(len(x.words))
		}
		x.words[*n-1] = append(x.words[*n-1], w)
	}
	return x
}

// within reports whether an ASCII text has any of the words.
func (x *pairIndex) within(text []byte) bool {
	for i := range max(0, len(text)-1) {
		n := x.of[int(text[i]&0x7f)<<7|int(text[i+1]&0x7f)]
		if n == 0 {
			continue
		}
		for _, w := range x.words[n-1] {
			if len(text)-i >= len(w) && string(text[i:i+len(w)]) == w {
				return true
			}
		}
	}
	return false
}

// hasFolder reports whether a text in lower case has a name that may be a
// path's component.
func hasFolder(text []byte, name string) bool {
	for {
		at := bytes.Index(text, []byte(name))
		if at < 0 {
			return false
		}
		end := at + len(name)
		before := at > 0 && (isNameByte(text[at-1]) || text[at-1] == '$' || text[at-1] == '-')
		if !before && (end == len(text) || !isNameByte(text[end])) {
			return true
		}
		text = text[end:]
	}
}
