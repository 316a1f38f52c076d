// Package ese tells databases of the Extensible Storage Engine by their first
// pages, and a domain's directory (ntds.dit) among them, and reads the tables
// of the others. A database is read as it lies in its file: changes that are
// in its transaction logs only are not seen, and the header's state tells
// whether there may be any.
//
// Format facts: the format document of libesedb (github.com/libyal/libesedb):
// the file header with signature at 4, version at 8, kind of file at 12,
// state at 52 and page size at 236; the catalog MSysObjects from page 4 on,
// with the names of tables in ASCII; records, tagged columns and long values.
// Pages, nodes, checksums and compression: the published source of the engine
// (github.com/microsoft/Extensible-Storage-Engine).
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

const (
	stateAt = 52 // of the header
	closed  = "clean shutdown"
)

var states = map[uint32]string{1: "just created", 2: "dirty shutdown", 3: closed, 4: "being converted", 5: "force detached"}

// tables are those that every directory has; other databases may have one
// called like the first.
var tables = [][]byte{[]byte("datatable"), []byte("link_table"), []byte("sd_table")}

// Look reads the header and searches the front, at most a MiB, for the names
// of a directory's tables. With an error the result holds what was read.
func Look(r io.ReaderAt, size int64) (Database, error) {
	b := make([]byte, max(min(size, maxLook), 0))
	n, failed := r.ReadAt(b, 0)
	if n == len(b) {
		failed = nil
	}
	b = b[:n]
	d, err := header(b, failed)
	d.Looked = int64(n)
	if err != nil {
		return d, err
	}
	d.Directory = true
	for _, name := range tables {
		d.Directory = d.Directory && bytes.Contains(b[headerSize:], name)
	}
	if failed != nil {
		return d, artifacts.NewProblem(artifacts.IO, int64(n), "database: %w", failed)
	}
	return d, nil
}

// header reads the file header. The error is that of reading b.
func header(b []byte, failed error) (Database, error) {
	var d Database
	if len(b) < headerSize || !Is(b) {
		if failed != nil {
			return d, artifacts.NewProblem(artifacts.IO, int64(len(b)), "database: %w", failed)
		}
		return d, artifacts.NewProblem(artifacts.Malformed, 0, "no database: no header with its signature in %d bytes", len(b))
	}
	d.State = states[binary.LittleEndian.Uint32(b[stateAt:])]
	switch p := binary.LittleEndian.Uint32(b[236:]); p {
	case 0: // in the oldest
		d.PageSize = 4096
	case 2048, 4096, 8192, 16384, 32768:
		d.PageSize = int(p)
	default:
		return d, artifacts.NewProblem(artifacts.Malformed, 236, "database: pages of %d bytes", p)
	}
	return d, nil
}
