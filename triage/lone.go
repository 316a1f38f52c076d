package triage

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/artifacts/eventlog/jsonlog"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/collection"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/journal/recyclebin"
)

// What a source is that is one file, of the formats that are told here.
const (
	loneLog      = "json log"
	loneArtefact = "artefact"
	loneHive     = "hive" // as package evidence calls it
)

// Probe tells from a file's first bytes, artifacts.MaxHead or all there are,
// what a run makes of it where it is given as an input: evidence.Probe with the
// formats that are told here.
func Probe(path string, head []byte) (class evidence.Class, format string) {
	return evidence.Probe(path, head, loneKind)
}

// loneKind names the files that are evidence on their own, besides those that
// package evidence knows: by their content, and by their name where that does
// not tell.
func loneKind(name string, head []byte) string {
	switch {
	case jsonlog.IsLog(head):
		return loneLog
	case traceHeaded(head) != nil, ese.Is(head):
		return loneArtefact
	case evidence.ImageKind(head) != "" || collection.KindOf(head) != "":
		return ""
	case traceCalled(name) != nil && (!strings.HasPrefix(path.Base(filepath.ToSlash(name)), "$") || recyclebin.IsIndex(name, head, int64(len(head)))):
		return loneArtefact
	}
	return ""
}

// traceCalled returns the kind of artefact whose files are called like that,
// wherever they lie.
func traceCalled(name string) *traceKind {
	base := []byte(path.Base(filepath.ToSlash(name)))
	for i := range traceKinds {
		for _, pattern := range traceKinds[i].names {
			if k := &traceKinds[i]; nameFits(base, pattern) && (k.choose == nil || k.choose(name) != nil) {
				return k
			}
		}
	}
	return nil
}

// kindOf is the kind of a hive, by its content.
func kindOf(ctx context.Context, entry artifacts.Entry) hive.Kind {
	content, err := entry.Open(ctx)
	if err != nil {
		return hive.Unknown // told when it was read
	}
	defer content.Close()
	id, _ := hive.Identify(content, content.Size()) // likewise
	return id.Kind
}
