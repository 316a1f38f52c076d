package batch

import (
	"cmp"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxName is the most bytes of an item's name: hosts/NAME/ and the files in it
// must fit into what systems allow.
const maxName = 80

// extensions are endings of names that tell a format, in lower case; what
// stands before them is the name of the evidence. ".001" and the like are among
// them.
var extensions = map[string]bool{
	".zip": true, ".7z": true, ".cab": true, ".tar": true, ".tgz": true, ".gz": true, ".xz": true, ".zst": true, ".bz2": true, ".tbz2": true, ".txz": true, ".rar": true,
	".dd": true, ".raw": true, ".img": true, ".bin": true, ".image": true, ".vhd": true, ".vhdx": true, ".avhd": true, ".avhdx": true, ".vmdk": true, ".qcow2": true, ".vdi": true, ".wim": true,
	".aff": true, ".aff4": true, ".ex01": true, ".lx01": true, ".evtx": true, ".evt": true, ".json": true, ".jsonl": true, ".ndjson": true, ".xml": true, ".csv": true, ".reg": true, ".hiv": true, ".hve": true, ".dat": true, ".pf": true,
}

var segmentExtension = regexp.MustCompile(`(?i)^\.(\d{2,6}|[esl]\d\d|z\d\d|ad\d{1,4})$`)

// partExtension is what RAR puts before its own ending.
var partExtension = regexp.MustCompile(`(?i)^\.part\d{1,4}$`)

// stem is a file's name without the extensions that tell its format.
func stem(name string) string {
	for first := true; ; first = false {
		ext := filepath.Ext(name)
		known := extensions[strings.ToLower(ext)] || first && segmentExtension.MatchString(ext) || !first && partExtension.MatchString(ext)
		if !known || len(ext) == len(name) {
			return name
		}
		name = strings.TrimSuffix(name, ext)
	}
}

// reserved are the names that Windows keeps for devices, whatever stands after
// the first dot: https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)`)

// safe makes a name that every system takes for a file: letters, digits and
// "-_.@+", no other character, no dot, dash or underline at its ends, no name of
// a device, and at most maxName bytes.
func safe(base string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(base, "_")) {
		if !unicode.In(r, unicode.L, unicode.N, unicode.M) && !strings.ContainsRune("-_.@+", r) || r == unicode.ReplacementChar {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		b.WriteRune(r)
	}
	name := strings.Trim(cut(b.String(), maxName), "-_.")
	switch {
	case name == "":
		return "input"
	case reserved.MatchString(name):
		return "input-" + cut(name, maxName-len("input-"))
	}
	return name
}

// cut shortens a text to at most so many bytes, between characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end]
}

// folded makes names equal that a system may take for one: it knows no upper
// and lower case, and one form of composed letters.
func folded(name string) string {
	return norm.NFKC.String(strings.ToLower(strings.ToUpper(norm.NFKC.String(name))))
}

// nameItems gives every item a name of its own, in their order: the base without
// what cannot stand in a name, with -2, -3 and so on where there was one before.
func nameItems(items []*evidenceItem) {
	taken := map[string]bool{}
	next := map[string]int{} // the number to try for a name, so that many of one name take no time
	for _, item := range items {
		name := safe(item.base)
		key := folded(name)
		for n := max(next[key], 1); ; n++ {
			candidate := name
			if n > 1 {
				suffix := "-" + strconv.Itoa(n)
				candidate = strings.TrimRight(cut(name, maxName-len(suffix)), "-_.") + suffix
			}
			if k := folded(candidate); !taken[k] {
				taken[k] = true
				next[key] = n + 1
				item.Name = candidate
				break
			}
		}
	}
}

// natural compares texts, numbers in them by their value, "2" before "10", and
// letters without regard to their case, as file managers do. Only equal texts
// are equal.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if !isDigit(x[0]) || !isDigit(y[0]) {
			if c := cmp.Compare(lower(x[0]), lower(y[0])); c != 0 {
				return c
			}
			x, y = x[1:], y[1:]
			continue
		}
		var m, n string
		m, x = digitsOf(x)
		n, y = digitsOf(y)
		if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digitsOf cuts the digits off that a text begins with, without leading zeros.
func digitsOf(s string) (digits, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return strings.TrimLeft(s[:n], "0"), s[n:]
}
