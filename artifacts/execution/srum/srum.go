// Package srum reads the database of the System Resource Usage Monitor
// (Windows\System32\sru\SRUDB.dat): which programs of which users ran and what
// they sent and received, bucket by bucket.
package srum

import (
	"strings"
	"time"
)

// Artefact is the field's name for the database.
const Artefact = "SRUM"

// A Query says which rows are wanted. The zero Query wants all.
type Query struct {
	From, Until time.Time                 // rows stamped before From or after Until are left out; a zero time sets no bound
	Program     func(program string) bool // asked once for each program of the database; nil wants all
}

// wants reports whether a row's time is asked for. A row without a time is.
func (q *Query) wants(t time.Time) bool {
	return t.IsZero() || (q.From.IsZero() || !t.Before(q.From)) && (q.Until.IsZero() || !t.After(q.Until))
}

// Named reports whether a path is that of the database on a Windows volume.
func Named(path string) bool {
	path = "/" + strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	return strings.HasSuffix(path, "/srudb.dat")
}
