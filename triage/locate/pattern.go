package locate

import "regexp"

// Pattern compiles a pattern of the table of known locations, which is matched
// with a whole path below the drive's root, in lower case and with slashes.
func Pattern(pattern string) *regexp.Regexp { return regexp.MustCompile(expression(pattern)) }
