package batch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
)

// TestFindScene finds every input of a built batch, the disks of one host as
// one, and takes nothing else for evidence.
func TestFindScene(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the evidence of twenty hosts")
	}
	dir := t.TempDir()
	m, err := scene.WriteBatch(dir, 20)
	if err != nil {
		t.Fatal(err)
	}
	p := find(t, Options{}, dir)
	var got, want, left []string
	for _, item := range p.Items {
		for _, path := range item.Paths {
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, filepath.ToSlash(rel))
		}
	}
	for _, l := range p.Left {
		rel, err := filepath.Rel(dir, filepath.FromSlash(l.Path))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, filepath.ToSlash(rel))
	}
	for _, c := range m.Collections {
		want = append(want, c.File)
	}
	for _, f := range m.Failures { // an empty folder is no input
		if f.Kind == "empty folder" {
			want = slices.DeleteFunc(want, func(w string) bool { return w == f.File })
			i := slices.Index(left, f.File)
			if i < 0 || !p.Left[i].Unread {
				t.Errorf("the empty folder %s is not told", f.File)
			} else {
				left[i] = ""
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("inputs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, d := range m.DataDisks {
		i := slices.IndexFunc(p.Items, func(i Item) bool { return i.Name == d.Host })
		if i < 0 || len(p.Items[i].Paths) != 2 || p.Items[i].Kind != "disk images" {
			t.Errorf("the disks of %s are not one item", d.Host)
		}
	}
	left = slices.DeleteFunc(left, func(l string) bool { return l == "" })
	slices.Sort(left)
	if !slices.Equal(left, m.Sidecars) {
		t.Errorf("left %q, want %q", left, m.Sidecars)
	}
}

// TestFindCollectors takes what every collector leaves, unpacked, as one folder.
func TestFindCollectors(t *testing.T) {
	w := scene.Workstation()
	dir := t.TempDir()
	collections := map[string][]scene.Member{"KAPE": w.KAPE(), "CyLR": w.CyLR(), "Velociraptor": w.Velociraptor()}
	for name, members := range collections {
		if err := scene.WriteFolder(filepath.Join(dir, "case", name), members); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "case", "notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := find(t, Options{}, dir)
	want := []string{"CyLR folder: case/CyLR > case/CyLR", "KAPE folder: case/KAPE > case/KAPE", "Velociraptor folder: case/Velociraptor > case/Velociraptor"}
	if got := itemRows(p, dir); !slices.Equal(got, want) {
		t.Errorf("items %q, want %q", got, want)
	}
	if len(p.Left) != 1 || p.Items[0].Size == 0 {
		t.Errorf("%d rows, %d bytes", len(p.Left), p.Items[0].Size)
	}
}
