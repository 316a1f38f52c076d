// Package catalog reads Windows catalog files (.cat): signed lists of the
// Authenticode hashes of files that carry no signature themselves. Sources:
// the CTL and catalog definitions of Microsoft's wintrust and mscat headers,
// and RFC 5652.
package catalog

import (
	"time"

	"hivetriage/artifacts/executable/signature"
)

// A Catalog is what a catalog file says.
type Catalog struct {
	Identifier string    // of the list, hexadecimal
	Made       time.Time // UTC
	Members    []Member
	Signature  signature.Signature // of the catalog itself
}

// A Member is one file that a catalog lists.
type Member struct {
	Digest string // Authenticode hash, lower-case hexadecimal
	File   string // its name, where the catalog gives one
}
