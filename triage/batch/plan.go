// Package batch triages many hosts: it finds their evidence in folders, runs
// each by itself and puts what was found together.
package batch

import (
	"io"
	"time"
)

// An Item is one host's evidence in a batch: what one run triages.
type Item struct {
	Name  string   `json:"name"`  // of its folder in hosts/, unique in the plan, safe as a file name on every system
	Paths []string `json:"paths"` // to be given to one run, in order: a split set by its first segment, several images of one host
	Kind  string   `json:"kind"`  // "disk image", "archive", "folder", "event log", "hive", ...
	Size  int64    `json:"size"`  // bytes of all files of it
	Parts []Part   `json:"parts"` // every file of it in the order of Paths, a folder as one; segments and parents too
}

// A Part is a file or a folder of an Item and what it is known by.
type Part struct {
	Path     string    `json:"path"`     // "/"-separated, relative to the root given; the file's name where the file itself was given
	Size     int64     `json:"size"`     // bytes
	Modified time.Time `json:"modified"` // UTC; of a folder the latest of its files
	Head     string    `json:"head"`     // hex SHA-256 of the leading MiB; of a folder, of the sorted list of its files with sizes and times
}

// A Left is something that is not evidence, or is told of elsewhere: a row of
// the ledger.
type Left struct {
	Path   string `json:"path"`
	Why    string `json:"why"`
	Unread bool   `json:"unread,omitempty"` // evidence may be missing: it could not be looked at, or there is nothing
}

// A Plan is what a batch triages, in the natural order of paths, and what it
// leaves.
type Plan struct {
	Items []Item `json:"items"`
	Left  []Left `json:"left"`

	digest string // of the whole plan, where this is a shard of it
}

// Options say how to look for evidence.
type Options struct {
	Output string    // folder of the batch's own outputs, which is left out; "" where there is none
	List   io.Reader // of the root "-": paths, one a line, or ended by NUL; nil where there is none
}
