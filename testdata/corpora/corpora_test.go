package corpora

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCorpora(t *testing.T) {
	top := t.TempDir()
	below := filepath.Join(top, "project", "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, "project", "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	if found := Glob(t, "hives/*"); len(found) != 0 {
		t.Errorf("%q where there are no corpora", found)
	}
	var skipped bool
	t.Run("absent", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Path(t, "hives", "SAM")
	})
	if !skipped {
		t.Error("a test without its files is not skipped")
	}

	hives := filepath.Join(top, "shared", "corpora", "hives")
	if err := os.MkdirAll(hives, 0o700); err != nil {
		t.Fatal(err)
	}
	sam := filepath.Join(hives, "SAM")
	if err := os.WriteFile(sam, []byte("regf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Path(t, "hives/SAM"); got != sam {
		t.Errorf("%s, want %s", got, sam)
	}
	if got := Read(t, "hives", "SAM"); string(got) != "regf" {
		t.Errorf("%q", got)
	}
	if got := Glob(t, "hives/S*"); len(got) != 1 || got[0] != sam {
		t.Errorf("%q", got)
	}
}
