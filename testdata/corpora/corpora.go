// Package corpora finds the files that nobody in this project made: real
// logs, hives, images and collections, which lie beside the project in
// ../shared/corpora. Tests that need them are skipped where that folder is
// absent; where it is there, each file that a test names has to be in it.
package corpora

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Path returns the path of a file or folder of the corpora, of the corpora
// themselves without elements.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	dir := folder(t)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("SKIPPED: the real files in ../shared/corpora are not here")
	}
	path := filepath.Join(dir, filepath.Join(elem...))
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read returns the content of a file of the corpora.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Glob returns the paths in the corpora that match any of the patterns, which
// have slashes. It is for tests that take real files as well and do without
// them: where the corpora are absent there are none, and nothing is skipped.
func Glob(t testing.TB, patterns ...string) []string {
	t.Helper()
	var found []string
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(folder(t), filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, paths...)
	}
	return found
}

// Database returns the path of a real ESE database, as "SRUM/SRUDB.dat": the
// test data of the module www.velocidex.com/golang/go-ese (Apache-2.0), where
// it lies in the module cache.
func Database(t testing.TB, name string) string {
	t.Helper()
	const module = "www.velocidex.com/golang/go-ese@v0.2.1-0.20250215160921-5af66dc0f6ed"
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("SKIPPED: no module cache: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(cache)), filepath.FromSlash(module), "testdata", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the real databases are absent: go mod download %s", module)
	}
	return path
}

// folder is where the corpora are or would be: beside the folder with go.mod.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared", "corpora")
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod above the package")
		}
		dir = above
	}
}
