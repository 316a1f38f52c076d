package scene

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// written is a batch, written twice.
var written = sync.OnceValues(func() (manifests [2]BatchManifest, err error) {
	for i := range manifests {
		if err == nil {
			manifests[i], err = WriteBatch(filepath.Join(batchFolder, string("ab"[i])), leastBatch)
		}
	}
	return manifests, err
})

// batchFolder holds what written wrote; TestMain removes it.
var batchFolder string

func TestMain(m *testing.M) {
	var err error
	if batchFolder, err = os.MkdirTemp("", "batch"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := os.RemoveAll(batchFolder); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// theBatch is the manifest and the folder of the batch.
func theBatch(t *testing.T) (BatchManifest, string) {
	t.Helper()
	m, err := written()
	if err != nil {
		t.Fatal(err)
	}
	return m[0], filepath.Join(batchFolder, "a")
}

// digests are those of all files below a folder.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		all[name] = sum(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBatchTwice(t *testing.T) {
	_, dir := theBatch(t)
	manifests, _ := written()
	first, second := digests(t, dir), digests(t, filepath.Join(batchFolder, "b"))
	for name, digest := range first {
		if second[name] != digest {
			t.Errorf("%s differs", name)
		}
	}
	if len(first) != len(second) {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	a, err1 := json.Marshal(manifests[0])
	b, err2 := json.Marshal(manifests[1])
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("the manifests differ (%v, %v)", err1, err2)
	}
	if _, err := WriteBatch(t.TempDir(), leastBatch-1); err == nil {
		t.Error("a batch that is too small was written")
	}
}

// TestBatchFiles expects in the folder what the manifest has and no more, as
// many as were asked for, and all that is special among them.
func TestBatchFiles(t *testing.T) {
	m, dir := theBatch(t)
	left := digests(t, dir)
	hosts := map[string]bool{}
	for _, c := range m.Collections {
		hosts[c.File] = true
		found := 0
		for name := range left {
			if name == c.File || c.Folder && strings.HasPrefix(name, c.File+"/") {
				delete(left, name)
				found++
			}
		}
		if want := max(1, c.Members); c.Folder && found != want || !c.Folder && found != 1 {
			t.Errorf("%s: %d files, want %d", c.File, found, want)
		}
	}
	for _, name := range m.Sidecars {
		if _, ok := left[name]; !ok {
			t.Errorf("%s is missing", name)
		}
		delete(left, name)
	}
	if len(left) > 0 {
		t.Errorf("not in the manifest: %v", left)
	}
	more := len(m.Duplicates) + len(m.DataDisks) // further inputs of the same hosts
	if len(hosts) != leastBatch+more || more != 2 {
		t.Errorf("%d inputs and %d more", len(hosts), more)
	}
	kinds := map[string]int{}
	for _, f := range m.Failures {
		kinds[f.Kind]++
		if info, err := os.Stat(filepath.Join(dir, f.File)); err != nil || info.IsDir() != (f.Kind == "empty folder") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for kind, n := range map[string]int{"cut": 1, "directory": 1, "flipped": 1, "encrypted": 2, "bomb": 1, "empty": 1, "empty folder": 1} {
		if kinds[kind] != n {
			t.Errorf("%d inputs fail as %q, want %d", kinds[kind], kind, n)
		}
	}
	whys := map[string]int{}
	for _, n := range m.NoLogs {
		whys[n.Why]++
		if n.Begins.IsZero() != (n.Why == "absent") || !n.Begins.IsZero() && n.Begins.Before(logsLost) {
			t.Errorf("%+v", n)
		}
	}
	if len(whys) != 3 || len(m.NoLogs) != 3 {
		t.Errorf("without logs: %v", whys)
	}
}

// TestBatchAgrees expects the lists of the manifest to agree with each other.
func TestBatchAgrees(t *testing.T) {
	m, _ := theBatch(t)
	address, known, exports := map[string]string{}, map[string]bool{absentName: true}, map[string]string{}
	for _, c := range m.Collections {
		known[c.Host] = true
		for _, a := range c.Addresses {
			if other, ok := address[a]; ok && other != c.Host {
				t.Errorf("%s is the address of %s and %s", a, other, c.Host)
			}
			address[a] = c.Host
		}
		for _, e := range c.Exports {
			if e.Member == "" {
				exports[c.Host+e.Path] = e.SHA256
			}
		}
	}
	var named []string
	for _, a := range m.Acts {
		named = append(named, a.Host)
		if a.From != "" && address[a.Source] != a.From || a.Last.Before(a.At) || a.Hash != "" && len(a.Hash) != 64 {
			t.Errorf("act %+v", a)
		}
	}
	for _, l := range m.Links {
		named = append(named, l.Hosts...)
	}
	for _, e := range m.Exposed {
		named = append(append(named, e.Hosts...), e.Same...)
	}
	for _, f := range m.Foreign {
		named = append(named, f.On, f.From)
		if exports[f.On+f.Path] != f.SHA256 || f.InBatch != (f.From != absentName) || f.InBatch && exports[f.From+f.Twin] != f.SHA256 {
			t.Errorf("foreign %+v", f)
		}
	}
	for _, l := range slices.Concat(m.Logons, m.Ordinary) {
		named = append(named, l.To)
		if l.From != address[l.Address] && l.From != "" {
			t.Errorf("logon %+v", l)
		}
	}
	for _, r := range m.Remote {
		if address[r.Address] != r.From || r.Opened.Before(r.At) || r.At.Before(r.Arrived) || !strings.Contains(r.Command, `\\`+r.To+`\`) {
			t.Errorf("remote %+v", r)
		}
	}
	for _, name := range named {
		if !known[name] {
			t.Errorf("%q is no host of the batch", name)
		}
	}
	if len(m.Acts) != 9 || len(m.Foreign) != 9 || len(m.Remote) != 1 || len(m.Logons) != 5 || len(m.Ordinary) != 5 || len(m.Programs) != 1 || len(m.Programs[0].Hosts) != 3 {
		t.Errorf("%d acts, %d foreign copies, %d remote, %d logons, %d ordinary", len(m.Acts), len(m.Foreign), len(m.Remote), len(m.Logons), len(m.Ordinary))
	}
}

// TestBatchZips reads every zip with the standard library: those that do not
// fail have the members of the manifest, and those that do fail as they should.
func TestBatchZips(t *testing.T) {
	m, dir := theBatch(t)
	failing := failures(m)
	read, refused := 0, 0
	for _, c := range m.Collections {
		if !strings.HasSuffix(c.File, ".zip") {
			continue
		}
		members, bytes, err := readZip(filepath.Join(dir, c.File))
		switch kind := failing[c.File]; kind {
		case "":
			read++
			if err != nil || members != c.Members || bytes != c.Raw {
				t.Errorf("%s: %d members of %d bytes, want %d of %d (%v)", c.File, members, bytes, c.Members, c.Raw, err)
			}
		case "bomb":
			if info, _ := os.Stat(filepath.Join(dir, c.File)); info.Size() > 1<<20 || err != nil {
				t.Errorf("the bomb has %d bytes (%v)", info.Size(), err)
			}
		default:
			if refused++; err == nil {
				t.Errorf("%s can be read", c.File)
			}
		}
	}
	if read != 12 || refused != 6 {
		t.Errorf("%d zips were read, %d refused", read, refused)
	}
}

func failures(m BatchManifest) map[string]string {
	kinds := map[string]string{}
	for _, f := range m.Failures {
		kinds[f.File] = f.Kind
	}
	return kinds
}

func readZip(path string) (members int, bytes int64, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return 0, 0, err
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return members, bytes, err
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			return members, bytes, err
		}
		members, bytes = members+1, bytes+n
	}
	return members, bytes, nil
}

// TestBatchIn7Zip has 7-Zip test the zips: it opens the encrypted ones with
// their password and with no other.
func TestBatchIn7Zip(t *testing.T) {
	m, dir := theBatch(t)
	run(t, "7z", "i")
	failing := failures(m)
	passed, failed := 0, 0
	for _, c := range m.Collections {
		kind := failing[c.File]
		if !strings.HasSuffix(c.File, ".zip") || kind == "empty" || kind == "" && passed > 3 {
			continue
		}
		test := func(password string) bool {
			return exec.Command("7z", "t", "-p"+password, filepath.Join(dir, c.File)).Run() == nil
		}
		good := test(LockedPassword)
		if want := kind == "" || kind == "encrypted" || kind == "bomb"; good != want {
			t.Errorf("%s %s: 7z says %t", c.File, kind, good)
		}
		if kind == "encrypted" && test("another") {
			t.Errorf("%s opens with another password", c.File)
		}
		if good {
			passed++
		} else {
			failed++
		}
	}
	if passed < 5 || failed != 3 {
		t.Errorf("7z passes %d and fails %d", passed, failed)
	}
}

// TestBatchDisks has The Sleuth Kit and libewf read both disks of the host of
// two.
func TestBatchDisks(t *testing.T) {
	m, dir := theBatch(t)
	d := m.DataDisks[0]
	for _, disk := range []struct{ file, holds string }{{d.System, "/Windows/System32/config/SYSTEM"}, {d.Data, "/Projects/drawing07.txt"}} {
		raw := filepath.Join(t.TempDir(), "raw")
		run(t, "ewfexport", "-q", "-u", "-f", "raw", "-t", raw, filepath.Join(dir, disk.file))
		if _, err := os.Stat(raw + ".raw"); err == nil {
			raw += ".raw"
		}
		if files := listed(t, raw); files[disk.holds] == "" {
			t.Errorf("%s is not on %s: %d files", disk.holds, disk.file, len(files))
		}
	}
}
