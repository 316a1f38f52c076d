// Package esetest writes databases of the Extensible Storage Engine. Build
// writes whole ones, with tables, trees of pages and long values; Database only
// their fronts: the header twice, a catalog page with names of tables, and
// pages without content.
package esetest

import "encoding/binary"

// PageSize is that of Active Directory's databases.
const PageSize = 8192

// Directory are the tables of Active Directory.
var Directory = []string{"MSysObjects", "datatable", "hiddentable", "link_table", "quota_table", "sd_table", "sdproptable"}

// The states of a database.
const (
	Dirty = 2
	Clean = 3
)

// Database has the given tables and is so many pages long, at least 6.
func Database(state uint32, pages int, tables ...string) []byte {
	le := binary.LittleEndian
	b := make([]byte, max(pages, 6)*PageSize)
	for _, at := range []int{0, PageSize} { // the header and its copy
		h := b[at:]
		le.PutUint32(h[4:], 0x89ABCDEF)
		le.PutUint32(h[8:], 0x620) // version of the format
		le.PutUint32(h[12:], 0)    // a database, no stream file
		le.PutUint32(h[52:], state)
		le.PutUint32(h[232:], 0x14) // revision
		le.PutUint32(h[236:], PageSize)
		sum := uint32(0x89ABCDEF)
		for i := 4; i < PageSize; i += 4 {
			sum ^= le.Uint32(h[i:])
		}
		le.PutUint32(h, sum)
	}
	catalog := b[5*PageSize:] // page 4, behind the header, its copy and pages 1 to 3
	at := 40
	for _, name := range tables {
		at += copy(catalog[at:], name) + 16
	}
	return b
}
