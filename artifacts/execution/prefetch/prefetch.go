// Package prefetch reads the files of Windows\Prefetch: which program ran, how
// often and when, from which volumes it loaded which files in its first ten
// seconds or so.
//
// The format is SCCA in its versions 17 (Windows XP), 23 (Vista, 7), 26 (8, 8.1),
// 30 (10) and 31 (11); since Windows 10 the file is wrapped in MAM, which is
// XPRESS Huffman of [MS-XCA] behind a header of 8 or, with a checksum, 12 bytes.
// Facts about SCCA come from the libyal project's "Windows Prefetch File (PF)
// format".
package prefetch

import (
	"path"
	"strings"
)

// Artefact is the name that traces of this package carry.
const Artefact = "Prefetch"

// Named reports whether path is called like a Prefetch file.
func Named(p string) bool { return strings.EqualFold(path.Ext(p), ".pf") }
