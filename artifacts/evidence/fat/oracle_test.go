package fat

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
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
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MTOOLS_SKIP_CHECK=1", "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", tool, args, err, b, stderr.Bytes())
	}
	return b
}

func writeImage(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "volume.img")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The volumes that the tests are made of are clean to the file systems' own
// checkers.
func TestChecked(t *testing.T) {
	need(t, "fsck.fat", "fsck.exfat")
	for name, opt := range volumes {
		t.Run(name, func(t *testing.T) {
			image, _ := build(t, opt, planted()...)
			path := writeImage(t, image)
			checker := "fsck.fat"
			if opt.Kind == fattest.ExFAT {
				checker = "fsck.exfat"
			}
			output(t, checker, "-n", path)
		})
	}
}

// listing is a line of fls: type, * if deleted, inode, path.
var listing = regexp.MustCompile(`^(\S)/(\S) (\* )?(\d+)(?:\(realloc\))?:\t(.*)$`)

// compareWithSleuthkit checks every file of a volume, by path with fls and by
// content with icat.
func compareWithSleuthkit(t *testing.T, image string) (compared int) {
	t.Helper()
	b, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		inode   string
		deleted bool
	}
	files := map[string]listed{}
	for line := range strings.Lines(string(output(t, "fls", "-r", "-p", image))) {
		m := listing.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Fatalf("fls: %q", line)
		}
		if m[1] == "r" && m[2] == "r" && !strings.HasPrefix(m[5], "$") && !strings.HasSuffix(m[5], "Volume Label Entry)") {
			files["/"+m[5]] = listed{m[4], m[3] != ""}
		}
	}
	entries, problems := find(t, openBytes(t, b), everything)
	if len(problems) > 0 {
		t.Errorf("problems %v", problems)
	}
	for _, e := range entries {
		path := e.Locator().Path
		l, ok := files[path]
		delete(files, path)
		m := e.Meta()
		switch {
		case !ok && e.Size() == 0 && m.Times == artifacts.Times{}: // sleuthkit takes it for no entry
			continue
		case !ok:
			t.Errorf("fls does not list %q", path)
			continue
		case l.deleted != (m.Allocation != artifacts.Allocated):
			t.Errorf("%s: deleted %v by fls, %v by us", path, l.deleted, m.Allocation)
		}
		if m.Allocation == artifacts.Overwritten {
			continue // sleuthkit skips clusters that are in use
		}
		got, err := read(e)
		if want := output(t, "icat", image, l.inode); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: icat %s reads %d bytes, we %d others, %v", path, l.inode, len(want), len(got), err)
		}
		compared++
	}
	for path := range files {
		t.Errorf("fls lists %q, we do not", path)
	}
	return compared
}

func TestSleuthkit(t *testing.T) {
	need(t, "fls", "icat")
	for name, opt := range volumes {
		t.Run(name, func(t *testing.T) {
			if name == "FAT32-4096" {
				opt.Size = 272 << 20 // with fewer clusters sleuthkit takes it for no FAT32
			}
			image, _ := build(t, opt, planted()...)
			if n := compareWithSleuthkit(t, writeImage(t, image)); n < 9 {
				t.Errorf("%d files compared", n)
			}
		})
	}
}

// mtools and mkfs.fat write volumes that nobody here laid out.
func TestMtools(t *testing.T) {
	need(t, "mkfs.fat", "mcopy", "mmd", "mdel", "fls", "icat")
	for _, c := range []struct {
		kind string
		size int64
		args []string
	}{
		{fat12, 2 << 20, []string{"-F", "12"}}, {fat16, 16 << 20, []string{"-F", "16", "-s", "2"}}, {fat32, 40 << 20, []string{"-F", "32", "-s", "1"}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			path := writeImage(t, make([]byte, c.size))
			output(t, "mkfs.fat", append(c.args, "-n", "MTOOLS", "-i", "c0ffee11", path)...)
			dir := t.TempDir()
			content := map[string][]byte{}
			put := func(n int, name string) {
				b := noise(byte(n), n)
				local := filepath.Join(dir, "local")
				if err := os.WriteFile(local, b, 0o600); err != nil {
					t.Fatal(err)
				}
				output(t, "mcopy", "-o", "-i", path, local, "::"+name)
				content[name] = b
			}
			output(t, "mmd", "-i", path, "::/A folder", "::/A folder/deeper", "::/TEMP")
			put(50_000, "/SAM.SAV")
			put(33_333, "/A folder/a long name with spaces.hiv")
			put(1, "/A folder/deeper/lower.txt")
			put(70_000, "/A folder/deeper/Ünïcode ☂ name.dat")
			var all, removed []string
			for i := range 40 { // more than one cluster of entries
				name, b := fmt.Sprintf("number %d of many.bin", i), noise(byte(i), 600+i)
				if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
					t.Fatal(err)
				}
				all = append(all, filepath.Join(dir, name))
				if i%2 == 0 {
					removed = append(removed, "::/TEMP/"+name)
				} else {
					content["/TEMP/"+name] = b
				}
			}
			output(t, "mcopy", append(append([]string{"-i", path}, all...), "::/TEMP")...)
			output(t, "mdel", append([]string{"-i", path}, removed...)...)
			put(20_000, "/TEMP/in the gaps.bin") // fragmented
			output(t, "mdel", "-i", path, "::/SAM.SAV")
			delete(content, "/SAM.SAV")
			compareWithSleuthkit(t, path)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v := openBytes(t, b)
			if i := v.Info(); i.FileSystem != c.kind || i.Label != "MTOOLS" || i.Serial != "C0FF-EE11" {
				t.Errorf("info %+v", i)
			}
			entries, _ := find(t, v, everything)
			for _, e := range entries {
				if want, ok := content[e.Locator().Path]; ok && e.Meta().Allocation == artifacts.Allocated {
					if got, err := read(e); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s: %d bytes, %v", e.Locator().Path, len(got), err)
					}
					delete(content, e.Locator().Path)
				}
			}
			for path := range content {
				t.Errorf("%s was not found", path)
			}
		})
	}
}

// An empty volume of mkfs.exfat is read without a complaint.
func TestMkfsExFAT(t *testing.T) {
	need(t, "mkfs.exfat")
	path := writeImage(t, make([]byte, 8<<20))
	output(t, "mkfs.exfat", "-L", "Ünï", path)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := openBytes(t, b)
	entries, problems := find(t, v, everything)
	if i := v.Info(); len(entries) != 0 || len(problems) != 0 || i.Label != "Ünï" || i.FileSystem != exfat {
		t.Errorf("%d entries, problems %v, info %+v", len(entries), problems, i)
	}
}
