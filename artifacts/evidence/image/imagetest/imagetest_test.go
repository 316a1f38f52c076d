package imagetest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	media := Media(300_000)
	if err := os.WriteFile(filepath.Join(dir, "disk"), media, 0o600); err != nil {
		t.Fatal(err)
	}
	f := ReadFolder(t, dir)
	r, size, err := f.Sibling("disk")
	if err != nil || size != 300_000 || len(f) != 1 {
		t.Fatalf("%d bytes, %d files, %v", size, len(f), err)
	}
	Check(t, r.(Disk), media)
	if _, _, err := f.Sibling("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestPieces(t *testing.T) {
	media := Media(300_000)
	other := bytes.Clone(media)
	other[200_000]++
	good, bad, wrong := Pieces(t, bytes.NewReader(other), media)
	if good != 74 || bad != 0 || wrong != 200_000/4096*4096 {
		t.Errorf("%d pieces, %d errors, wrong at %d", good, bad, wrong)
	}
}
