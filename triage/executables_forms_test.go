package triage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
	"hivetriage/artifacts/executable/executabletest"
)

// TestProgramInShadowCopy finds a program that was wiped from the volume: only
// its state of before the act has the file.
func TestProgramInShadowCopy(t *testing.T) {
	at := saved.Add(-24 * time.Hour)
	log := logOf(startOf("WS01", `C:\Users\Public\dllsvc.exe`, "", saved.Add(-150*time.Millisecond)))
	before := volumeOf(t, append(machineFiles("WS01"), fileAt("/Users/Public/dllsvc.exe", regFile("a"), at))...)
	live := append(machineFiles("WS01"), log, fileAt("/System Volume Information/"+snapshottest.FileName(0), make([]byte, 100), at))
	disk, err := snapshottest.Build(volumeOf(t, live...), snapshottest.State{Volume: before, Created: at})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := os.WriteFile(path, disk, 0o444); err != nil {
		t.Fatal(err)
	}
	c := judged(t, nil, path)
	e := programAt(t, c, `C:\Users\Public\dllsvc.exe`)
	if e.State != "snapshot" || e.Original != "reg.exe" || e.At == nil || e.At.Path != "/Users/Public/dllsvc.exe" {
		t.Errorf("%+v", e)
	}
}

// TestProgramsInOneStream reads programs and catalogs of an archive that
// cannot be sought in as it does those of a folder.
func TestProgramsInOneStream(t *testing.T) {
	authority := executabletest.NewIdentity(executabletest.Person{Name: "Nordwind Root", Authority: true})
	signer := authority.Issue(executabletest.Person{Name: "Nordwind Tools"})
	plain, at := regFile("a"), saved.AddDate(0, -1, 0)
	list := executabletest.Catalog(at, []executabletest.Listed{{Digest: executabletest.ImageHash(plain, crypto.SHA256)}}, executabletest.Signing{By: signer})
	files := append(machineFiles("WS01"), logOf(startOf("WS01", regImage, regLine, saved.Add(-100*time.Millisecond))),
		fileAt(catalogRoot+"a.cat", list, at), fileAt(regPlace, plain, at))
	for name, input := range map[string]string{"tar.gz": packedFiles(t, files), "folder": inFolder(t, filepath.Join(t.TempDir(), "C"), files...)} {
		t.Run(name, func(t *testing.T) {
			e := programAt(t, judged(t, []*executabletest.Identity{authority}, input), regImage)
			if e.State != "live" || e.Signature == nil || e.Signature.State != "valid" || e.Signature.Catalog == "" || e.Original != "reg.exe" {
				t.Errorf("%+v, signature %+v", e, e.Signature)
			}
		})
	}
}

// packedFiles writes the files of drive C to an archive.
func packedFiles(t *testing.T, files []ntfstest.File) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: "C" + f.Path, Mode: 0o644, Size: int64(len(f.Data)), ModTime: f.SI.Modified, Format: tar.FormatPAX}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "collected.tar.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o444); err != nil {
		t.Fatal(err)
	}
	return path
}
