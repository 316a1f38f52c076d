package layout_test

import (
	"archive/zip"
	"io"
	"testing"

	"hivetriage/artifacts/evidence/collection/layout"
	"hivetriage/testdata/corpora"
)

// zipped lists the members of an archive.
func zipped(t *testing.T, path string) ([]layout.Member, func(string) ([]byte, error)) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	var members []layout.Member
	for _, f := range z.File {
		members = append(members, layout.Member{Name: f.Name, Size: int64(f.UncompressedSize64), Modified: f.Modified, Dir: f.FileInfo().IsDir()})
	}
	return members, func(name string) ([]byte, error) {
		f, err := z.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}
}

func TestRealCollections(t *testing.T) {
	const uploads = "uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$"
	tests := []struct {
		archive, host, drives string
		want                  map[string]string
		problems              int
	}{
		{"Collection-WIN-E5K9RC5GU23-2021-11-21T18_05_56-08_00.zip", "", "[C]", map[string]string{
			uploads + "J":     "velociraptor/C: /$Extend/$UsnJrnl:$J sparse 13771763704",
			uploads + "Max":   "velociraptor/C: /$Extend/$UsnJrnl:$Max",
			uploads + "J.idx": "metadata",
			"uploads/auto/C%3A/Users/Administrator/ntuser.dat": "velociraptor/C: /Users/Administrator/ntuser.dat",
			"uploads.json":  "metadata",
			"uploads.json~": "-",
			"results/Windows.KapeFiles.Targets%2FUploads.json": "metadata",
		}, 1},
		{"import.zip", "TestHost", "[root]", map[string]string{
			"uploads/file/tmp/ls%5Cwith%5Cback%3Aslash": `velociraptor/root /tmp/ls\with\back:slash`,
			"client_info.json":                          "metadata",
		}, 0},
	}
	for _, tt := range tests {
		members, read := zipped(t, corpora.Path(t, "collections", tt.archive))
		l := layout.Recognise(members, read)
		if l == nil || l.Collector != "Velociraptor" || l.Host != tt.host || len(l.Problems) != tt.problems {
			t.Fatalf("%s: %+v", tt.archive, l)
		}
		checkDrives(t, l, tt.drives)
		for name, want := range tt.want {
			if got := placed(l, name); got != want {
				t.Errorf("%s: %s\n got %s\nwant %s", tt.archive, name, got, want)
			}
		}
	}
}
