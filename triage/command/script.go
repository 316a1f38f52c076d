package command

import "strings"

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
	folded := string(plain)
	for _, t := range telling {
		if strings.Contains(folded, t) {
			return true
		}
	}
	return hasFolder(folded, hivesFolder)
}

// hasFolder reports whether a text in lower case has a name that may be a
// path's component.
func hasFolder(text, name string) bool {
	for {
		at := strings.Index(text, name)
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
