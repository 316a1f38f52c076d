package destination

import (
	"path"
	"strings"
)

// profiles are the folders that USER in a pattern stands for.
var profiles = []string{"/users/*", "/documents and settings/*"}

// below reports whether a path, in one of its readings, lies below a folder
// that a pattern describes, and returns that folder. In a pattern "*" and "?"
// stay inside a component, a leading "**" is any folders or none, and USER is
// a user's profile. written is the path as it was given, from which the folder
// is cut.
func below(pattern string, readings []string, written string) (folder string, ok bool) {
	patterns := []string{pattern}
	if rest, user := strings.CutPrefix(pattern, "USER"); user {
		patterns = nil
		for _, profile := range profiles {
			patterns = append(patterns, profile+rest)
		}
	}
	for _, reading := range readings {
		names := strings.Split(strings.Trim(reading, "/"), "/")
		for _, p := range patterns {
			if n := folders(p, names); n > 0 {
				return above(written, reading, len(names)-n), true
			}
		}
	}
	return "", false
}

// folders returns how many of the names at the beginning the pattern takes,
// leaving at least the file's own; 0 where it does not fit.
func folders(pattern string, names []string) int {
	rest, anywhere := strings.CutPrefix(pattern, "**/")
	want := strings.Split(strings.Trim(rest, "/"), "/")
	last := 0
	if anywhere {
		last = len(names) - len(want) - 1
	}
	for start := 0; start <= last; start++ {
		if start+len(want) < len(names) && fit(want, names[start:]) {
			return start + len(want)
		}
	}
	return 0
}

func fit(want, names []string) bool {
	for i, w := range want {
		if ok, err := path.Match(w, names[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// above cuts the last names off a path as it was written; off its reading
// where the two do not end alike.
func above(written, reading string, names int) string {
	cut := written
	if !strings.HasSuffix(strings.ToLower(strings.ReplaceAll(written, `\`, "/")), reading) {
		cut = reading
	}
	for range names {
		cut = cut[:strings.LastIndexAny(cut, `\/`)]
	}
	return cut
}
