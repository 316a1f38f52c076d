// Package ese tells databases of the Extensible Storage Engine by their first
// pages, and a domain's directory (ntds.dit) among them. It reads no table.
//
// Format facts: the format document of libesedb (github.com/libyal/libesedb):
// the file header with signature at 4, version at 8, kind of file at 12,
// state at 52 and page size at 236; the catalog MSysObjects from page 4 on,
// with the names of tables in ASCII.
package ese

import (
	"bytes"
	"encoding/binary"
	"io"

	"hivetriage/artifacts"
)

const (
	signature  = 0x89ABCDEF
	headerSize = 240     // of the header's bytes that are used here
	maxLook    = 1 << 20 // bytes of the front in which tables' names are looked for
)

// Is reports whether a file begins like a database.
func Is(head []byte) bool {
	return len(head) >= 8 && binary.LittleEndian.Uint32(head[4:]) == signature
}

// A Database is what the front of a file tells.
type Database struct {
	PageSize  int    // bytes
	State     string // "clean shutdown", "dirty shutdown", ...; "" if the number is not known
	Directory bool   // it has the tables of Active Directory or AD LDS
	Looked    int64  // bytes that were looked at
}

var states = map[uint32]string{1: "just created", 2: "dirty shutdown", 3: "clean shutdown", 4: "being converted", 5: "force detached"}

// tables are those that every directory has; other databases may have one
// called like the first.
var tables = [][]byte{[]byte("datatable"), []byte("link_table"), []byte("sd_table")}

// Look reads the header and searches the front, at most a MiB, for the names
// of a directory's tables. With an error the result holds what was read.
func Look(r io.ReaderAt, size int64) (Database, error) {
	var d Database
	b := make([]byte, max(min(size, maxLook), 0))
	n, err := r.ReadAt(b, 0)
	if n == len(b) {
		err = nil
	}
	b = b[:n]
	d.Looked = int64(n)
	if n < headerSize || !Is(b) {
		if err != nil {
			return d, artifacts.NewProblem(artifacts.IO, int64(n), "database: %w", err)
		}
		return d, artifacts.NewProblem(artifacts.Malformed, 0, "no database: no header with its signature in %d bytes", n)
	}
	d.State = states[binary.LittleEndian.Uint32(b[52:])]
	switch p := binary.LittleEndian.Uint32(b[236:]); p {
	case 0: // in the oldest
		d.PageSize = 4096
	case 2048, 4096, 8192, 16384, 32768:
		d.PageSize = int(p)
	default:
		return d, artifacts.NewProblem(artifacts.Malformed, 236, "database: pages of %d bytes", p)
	}
	d.Directory = true
	for _, name := range tables {
		d.Directory = d.Directory && bytes.Contains(b[headerSize:], name)
	}
	if err != nil {
		return d, artifacts.NewProblem(artifacts.IO, int64(n), "database: %w", err)
	}
	return d, nil
}
