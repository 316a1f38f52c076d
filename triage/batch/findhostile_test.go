package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestFindHostile meets what must not be opened, followed or believed.
func TestFindHostile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("names and links of Unix")
	}
	outside := build(t, map[string]string{"secret.zip": aZip})
	dir := build(t, map[string]string{"a.zip": aZip, "bad\nname\x1b[31m.zip": aZip, "caf\xe9.zip": aZip, "sub/b.zip": aZip, "loose/x.evtx": aLog, "loose/y.evtx": aLog, "loose/out/case.json": "={ \"schema\": \"hivetriage/case\""})
	for link, target := range map[string]string{"out.zip": filepath.Join(outside, "secret.zip"), "outdir": outside, "in.zip": filepath.Join(dir, "a.zip"), "loop": dir, "lost": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	makePipe(t, filepath.Join(dir, "pipe.zip"))
	p := find(t, Options{}, dir)
	want := []string{"a archive: a.zip > a.zip", "bad_name_31m archive: bad\nname\x1b[31m.zip > bad\nname\x1b[31m.zip", "caf archive: caf\\xE9.zip > caf\xe9.zip",
		"loose loose logs and artefacts: loose/x.evtx loose/y.evtx > loose/x.evtx loose/y.evtx", "b archive: sub/b.zip > sub/b.zip"}
	if got := itemRows(p, dir); !slices.Equal(got, want) {
		t.Errorf("items\n%q\nwant\n%q", got, want)
	}
	rows := []string{"in.zip: a link to something in the same folder", "loop: a link to something in the same", "loose/out: outputs of this program", "lost: a link to nothing",
		"!out.zip: a link out of the folder", "!outdir: a link out of the folder", "pipe.zip: neither a file nor a folder (named pipe)"}
	if got := leftRows(p, dir); !slices.EqualFunc(got, rows, strings.HasPrefix) {
		t.Errorf("left\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(rows, "\n"))
	}
}

// TestFindUnreadable tells of what the user may not read.
func TestFindUnreadable(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("needs permissions that hold")
	}
	dir := build(t, map[string]string{"a.zip": aZip, "b.bin": "x", "closed/c.zip": aZip})
	for _, name := range []string{"a.zip", "b.bin", "closed"} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o700) })
	}
	p := find(t, Options{}, dir)
	if got, want := itemRows(p, dir), []string{"a archive by its name, unreadable: a.zip > a.zip"}; !slices.Equal(got, want) {
		t.Errorf("items %q, want %q", got, want)
	}
	if got, want := leftRows(p, dir), []string{"!b.bin: this file cannot be read: permission denied", "!closed: this folder cannot be listed: permission denied"}; !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

func TestFindDeep(t *testing.T) {
	dir := build(t, map[string]string{strings.Repeat("d/", maxDepth-1) + "in.zip": aZip, strings.Repeat("e/", maxDepth+1) + "beyond.zip": aZip})
	p := find(t, Options{}, dir)
	if len(p.Items) != 1 || p.Items[0].Name != "in" {
		t.Errorf("items %q", itemRows(p, dir))
	}
	if len(p.Left) != 1 || !p.Left[0].Unread || !strings.Contains(p.Left[0].Why, "folders deep") {
		t.Errorf("left %+v", p.Left)
	}
}

// TestFindOutput leaves out the folder of the outputs.
func TestFindOutput(t *testing.T) {
	dir := build(t, map[string]string{"a.zip": aZip, "case/hosts/.b.part/SAM": aHive, "WS/Windows/System32/config/SAM": aHive})
	inHost := filepath.Join(dir, "WS", "case")
	p := find(t, Options{Output: filepath.Join(dir, "case")}, dir)
	if got, want := itemRows(p, dir), []string{"a archive: a.zip > a.zip", "WS folder: WS > WS"}; !slices.Equal(got, want) {
		t.Errorf("items %q, want %q", got, want)
	}
	if got := leftRows(p, dir); len(got) != 1 || !strings.HasPrefix(got[0], "case: the folder of this batch's own outputs") {
		t.Errorf("left %q", got)
	}
	before := p.Items[1].Identity()
	if err := os.MkdirAll(filepath.Join(inHost, "hosts"), 0o755); err != nil {
		t.Fatal(err)
	}
	p = find(t, Options{Output: inHost}, filepath.Join(dir, "WS"))
	if len(p.Items) != 1 || p.Items[0].Identity() != before || len(p.Left) != 1 || !strings.Contains(p.Left[0].Why, "lies in the evidence") {
		t.Errorf("outputs in a host's folder: %+v", p)
	}
}

// TestFindBounds keeps the ledger short.
func TestFindBounds(t *testing.T) {
	files := map[string]string{"a.zip": aZip}
	for i := range listed + 5 {
		files["notes/"+strings.Repeat("n", i+1)+".txt"] = "x"
	}
	for _, ending := range besideEndings[:3] {
		files["a.zip"+ending] = "x"
	}
	dir := build(t, files)
	p := find(t, Options{}, dir)
	want := []string{"a.zip.json: belongs to a.zip", "a.zip.log: belongs to a.zip", "a.zip.txt: belongs to a.zip", "notes: 25 files that are no evidence, the first of them n.txt (text)"}
	if got := leftRows(p, dir); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	f := &finder{ctx: context.Background()}
	for range maxLeft + 3 {
		f.leave("x", "y", false)
	}
	if p, err := f.plan(); err != nil || len(p.Left) != maxLeft+1 || !strings.Contains(p.Left[maxLeft].Why, "3 more rows") {
		t.Errorf("%d rows, %v", len(p.Left), err)
	}
}

func TestFindRoots(t *testing.T) {
	dir := build(t, map[string]string{"a.zip": aZip, "b.zip": aZip, "sub/c.E01": anE01, "sub/c.E02": anE01, "sub/d.E01": anE01, "sub/x.evtx": aLog, "sub/y.evtx": aLog, "sub/z.txt": "x"})
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	archives, set := []string{"a archive: a.zip > a.zip", "b archive: b.zip > b.zip"}, []string{"c disk image: c.E01 c.E02 > sub/c.E01"}
	for _, c := range []struct {
		name        string
		roots       []string
		list        string
		items, left []string
		err         string
	}{
		{"a pattern that was not expanded", []string{in("*.zip")}, "", archives, nil, ""},
		{"files in any order", []string{in("b.zip"), in("a.zip")}, "", archives, nil, ""},
		{"a segment", []string{in("sub/c.E02")}, "", set, nil, ""},
		{"loose files", []string{in("sub/x.evtx"), in("sub/y.evtx")}, "", []string{"sub loose logs and artefacts: x.evtx y.evtx > sub/x.evtx sub/y.evtx"}, nil, ""},
		{"no evidence", []string{in("sub/z.txt")}, "", nil, []string{"sub/z.txt: text"}, ""},
		{"given twice", []string{dir, in("a.zip"), in("sub")}, "", []string{"a archive: a.zip > a.zip", "b archive: b.zip > b.zip", "c disk image: sub/c.E01 sub/c.E02 > sub/c.E01", "d disk image: sub/d.E01 > sub/d.E01", "sub loose logs and artefacts: sub/x.evtx sub/y.evtx > sub/x.evtx sub/y.evtx"},
			[]string{"a.zip: given twice: it lies in", "sub: given twice: it lies in", "sub/z.txt: text"}, ""},
		{"lines", []string{"-"}, "\xEF\xBB\xBF" + in("a.zip") + "\r\n\n" + in("b.zip") + "\n", archives, nil, ""},
		{"a list ended by NUL", []string{"-"}, in("a.zip") + "\x00" + in("b.zip") + "\x00", archives, nil, ""},
		{"a list with what is not there", []string{"-"}, in("a.zip") + "\n" + in("gone.zip"), archives[:1], []string{"!gone.zip: in the list, but it cannot be looked at: no such file"}, ""},
		{"an empty list", []string{"-"}, "\n\n", nil, nil, "the list of inputs is empty"},
		{"not there", []string{in("gone.zip")}, "", nil, nil, "cannot be looked at: no such file"},
		{"a pattern of nothing", []string{in("*.7z")}, "", nil, nil, "nothing is named like"},
		{"an empty name", []string{""}, "", nil, nil, "an empty name"},
	} {
		p, err := Find(context.Background(), c.roots, Options{List: strings.NewReader(c.list)})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := itemRows(p, dir); !slices.Equal(got, c.items) {
			t.Errorf("%s: items %q, want %q", c.name, got, c.items)
		}
		if got := leftRows(p, dir); !slices.EqualFunc(got, c.left, strings.HasPrefix) {
			t.Errorf("%s: left %q, want %q", c.name, got, c.left)
		}
	}
	if _, err := Find(context.Background(), []string{"-"}, Options{}); err == nil {
		t.Error("a list from nowhere was read")
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Find(ctx, []string{dir}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a search that was ended: %v", err)
	}
}

// TestFindLink follows a link that was given.
func TestFindLink(t *testing.T) {
	dir := build(t, map[string]string{"real/WS/Windows/System32/config/SAM": aHive, "real/a.zip": aZip})
	for link, target := range map[string]string{"WS01": "WS", "b.zip": "a.zip"} {
		if err := os.Symlink(filepath.Join(dir, "real", target), filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	p := find(t, Options{}, filepath.Join(dir, "WS01"), filepath.Join(dir, "b.zip"))
	if got, want := itemRows(p, dir), []string{"b archive: b.zip > b.zip", "WS01 folder: WS01 > WS01"}; !slices.Equal(got, want) {
		t.Errorf("items %q, want %q", got, want)
	}
	if p.Items[1].Size == 0 || p.Items[0].Parts[0].Head == "" {
		t.Errorf("the link was not followed: %+v", p.Items)
	}
}

// TestVanished tells of what was listed and is gone when it is looked at.
func TestVanished(t *testing.T) {
	dir := t.TempDir()
	archive, other := probe(filepath.Join(dir, "gone.zip")), probe(filepath.Join(dir, "gone.bin"))
	if archive.kind() != "archive by its name, unreadable" || !other.unread || !strings.HasPrefix(other.why, "this file cannot be read") {
		t.Errorf("%q; %q", archive.kind(), other.why)
	}
	f := &finder{ctx: context.Background(), folder: dir}
	f.settle(f.look(filepath.Join(dir, "gone"), 0))
	if len(f.found) != 0 || len(f.left) != 1 || !f.left[0].Unread {
		t.Errorf("%d items, left %+v", len(f.found), f.left)
	}
	if part := f.filePart(archive); part.Path != "gone.zip" || part.Head != "" {
		t.Errorf("part %+v", part)
	}
	if part := f.folderPart(filepath.Join(dir, "gone")); part.Path != "gone" || part.Size != 0 || part.Head == "" {
		t.Errorf("part %+v", part)
	}
}
