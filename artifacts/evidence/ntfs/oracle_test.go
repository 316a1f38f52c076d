package ntfs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: %v", tool, err)
		}
	}
}

func output(t *testing.T, tool string, args ...string) []byte {
	t.Helper()
	b, err := exec.Command(tool, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", tool, args, err)
	}
	return b
}

// compareWithSleuthkit checks every stream of the volume in image, by path
// with fls and by content with icat. except are paths that sleuthkit reads
// otherwise, for the reason given.
func compareWithSleuthkit(t *testing.T, image string, except map[string]string) {
	t.Helper()
	b, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	v := openBytes(t, b)
	entries, _ := find(t, v, everything)
	listed := make(map[string]bool)
	for line := range strings.Lines(string(output(t, "fls", "-r", "-p", image))) {
		kind, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":\t")
		if ok && strings.Contains(kind, "-128-") {
			path = strings.TrimSuffix(path, " (deleted)")
			path = strings.TrimSuffix(path, " (deleted-realloc)")
			listed["/"+strings.Replace(path, "/.:", ":", 1)] = true // a directory's streams
		}
	}
	if len(listed) == 0 {
		t.Fatal("fls lists nothing")
	}
	for _, e := range entries {
		if pathOf(e) == "/$BadClus:$Bad" {
			delete(listed, "/$BadClus:$Bad")
			continue // a hole as large as the volume, which icat does not read
		}
		own := e.(*entry)
		f, i, err := v.loadStream(own.record, own.offset)
		if err != nil {
			t.Fatal(err)
		}
		path := pathOf(e)
		if except[path] == "" {
			paths := []string{path}
			for _, link := range e.Meta().NTFS.Links {
				paths = append(paths, strings.TrimSuffix(link+":"+e.Locator().Stream, ":"))
			}
			seen := false
			for _, p := range paths {
				seen = seen || listed[p]
				delete(listed, p)
			}
			if !seen && len(f.names) > 0 {
				t.Errorf("fls does not list %q", path)
			}
		}
		got, err := read(e)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		inode := fmt.Sprintf("%d-128-%d", f.number, f.data[i].id)
		if own.record != f.number {
			inode = fmt.Sprint(f.number) // sleuthkit numbers attributes of extension records in its own way
		}
		if want := output(t, "icat", image, inode); !bytes.Equal(got, want) && except[path] == "" {
			t.Errorf("%s (%s): icat reads %d other bytes than our %d", path, inode, len(want), len(got))
		}
	}
	for path := range listed {
		if except[path] == "" {
			t.Errorf("fls lists %q, we do not", path)
		}
	}
}

func TestSleuthkit(t *testing.T) {
	need(t, "fls", "icat")
	image, _ := build(t, ntfstest.Options{MFTFragments: 2}, planted()...)
	path := filepath.Join(t.TempDir(), "volume.img")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	compareWithSleuthkit(t, path, map[string]string{
		`/a\ud83d.h`: "fls writes unpaired surrogates otherwise", `/a\udc00.h`: "the same",
		`/a\u002fb`: "fls lets a slash pass", "/a/b": "the same",
		"/a^.h": "the same", "/a^h": "the same",
	})
}
