package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// Identity is the hexadecimal SHA-256 of what the item's parts are known by:
// their paths, sizes, times and leading bytes. It does not depend on where the
// root given lies, nor on the other items.
func (i *Item) Identity() string {
	h := sha256.New()
	for _, p := range i.Parts {
		writeFields(h, p.Path, fmt.Sprint(p.Size), p.Modified.UTC().Format(time.RFC3339Nano), p.Head)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeFields writes texts so that no two lists of them are the same bytes. A
// hash's Write does not fail.
func writeFields(w io.Writer, fields ...string) {
	for _, f := range fields {
		fmt.Fprintf(w, "%d:%s,", len(f), f)
	}
	io.WriteString(w, "\n")
}

// Digest is the hexadecimal SHA-256 of the names and identities of all items of
// the batch: the same for all shards of it.
func (p *Plan) Digest() string {
	if p.digest != "" {
		return p.digest
	}
	h := sha256.New()
	for i := range p.Items {
		writeFields(h, p.Items[i].Name, p.Items[i].Identity())
	}
	return hex.EncodeToString(h.Sum(nil))
}
