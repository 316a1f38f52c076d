package command

import "strings"

// Shortens reports whether an 8.3 name may be that of a long one, both in lower
// case and without their folders: without blanks and inner dots, the first six
// letters, a tilde and a number. From the fifth such name on, Windows keeps two
// letters and a hash. Only the volume knows which of several names it is.
func Shortens(short, long string) bool {
	name, ext := short, ""
	if dot := strings.LastIndexByte(short, '.'); dot >= 0 {
		name, ext = short[:dot], short[dot+1:]
	}
	stem, number, ok := strings.Cut(name, "~")
	if !ok || len(stem) < 1 || len(number) < 1 || strings.Trim(number, "0123456789") != "" {
		return false
	}
	whole, longExt := long, ""
	if dot := strings.LastIndexByte(long, '.'); dot > 0 {
		whole, longExt = long[:dot], long[dot+1:]
	}
	kept := strings.NewReplacer(" ", "", ".", "", "+", "_", ",", "_", ";", "_", "=", "_", "[", "_", "]", "_").Replace(whole)
	if longExt = strings.ReplaceAll(longExt, " ", ""); len(longExt) > 3 {
		longExt = longExt[:3]
	}
	if len(stem) == 6 && len(kept) >= 2 && strings.Trim(stem[2:], "0123456789abcdef") == "" && strings.HasPrefix(kept, stem[:2]) {
		return ext == longExt
	}
	return strings.HasPrefix(kept, stem) && ext == longExt
}
