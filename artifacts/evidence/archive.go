package evidence

import (
	"context"
	"os"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection"
)

// A Remarker is a Source that has something to say of itself that keeps
// nothing from being examined, such as strange names in an archive.
type Remarker interface {
	Remarks() []*artifacts.Problem
}

// openArchive opens path if its first bytes are those of an archive, whatever
// the user called it; else the source is nil.
func openArchive(ctx context.Context, path string, opt Options) (artifacts.Source, error) {
	kind, err := archiveKind(path)
	if kind == "" || err != nil {
		return nil, err
	}
	return collection.Open(ctx, path, kind, collection.Options{Password: opt.Password})
}

func archiveKind(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // opened read-only: there is nothing to lose
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return collection.Detect(f, info.Size()), nil
}

var (
	_ artifacts.Source = (*collection.Source)(nil)
	_ artifacts.Media  = (*collection.Source)(nil)
	_ Reporter         = (*collection.Source)(nil)
	_ Remarker         = (*collection.Source)(nil)
)
