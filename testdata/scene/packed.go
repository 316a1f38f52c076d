package scene

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	encrypted "github.com/yeka/zip"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/collection/cabtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
)

// Packed returns the disk of the machine without the act, on which hives lie
// in archives: in a zip under another name, in a zip in a zip, in a tar.gz, a
// gz and a cabinet, and, told by their names only, in an encrypted zip. Beside
// them lie a document, images, and what others gives by its path.
func Packed(others map[string][]byte) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a9, Time: installed, Size: 32 << 20})
	files, err := archives()
	if err != nil {
		return nil, err
	}
	for path, data := range others {
		files = append(files, ntfstest.File{Path: path, Data: data})
	}
	times := artifacts.Times{Created: samSaved, Modified: samSaved, Changed: samSaved, Accessed: samSaved}
	for _, f := range hives() {
		b.Add(f)
	}
	for _, f := range files {
		f.SI, f.FN = times, times
		b.Add(f)
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

func archives() ([]ntfstest.File, error) {
	sam, security := hivetest.SAM(taken, hivetest.RegSave), hivetest.SECURITY(taken, hivetest.RegSaveKey)
	text := bytes.Repeat([]byte("Quarterly figures, draft. "), 400)
	inner, err1 := zipOf("a/SAM", sam)
	outer, err2 := zipOf("notes.txt", text, "inner.zip", inner)
	renamed, err3 := zipOf("readme.txt", text, "invoice.pdf", sam, "figures.txt", text)
	document, err4 := zipOf("[Content_Types].xml", text, "word/media/image1.png", sam)
	tarGz, err5 := tarOf("tmp/x.bin", security)
	gz, err6 := gzipOf(security)
	locked, err7 := lockedZip("SAM", "SECURITY", "SYSTEM")
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
		if err != nil {
			return nil, err
		}
	}
	return []ntfstest.File{
		{Path: "/Users/Public/Documents/invoices.zip", Data: renamed},
		{Path: "/Users/Public/Documents/outer.bin", Data: outer},
		{Path: "/Users/Public/Documents/letter.docx", Data: document},
		{Path: "/ProgramData/cache.tar.gz", Data: tarGz},
		{Path: "/Windows/Temp/log.gz", Data: gz},
		{Path: "/Windows/Temp/fonts.cab", Data: cabtest.Write(cabtest.Options{Method: 1}, cabtest.File{Name: "a.txt", Data: text}, cabtest.File{Name: "SYSTEM_", Data: hivetest.SYSTEM(larger(taken), hivetest.RegSave)})},
		{Path: "/Windows/Temp/lzx.cab", Data: cabtest.Write(cabtest.Options{Method: 3}, cabtest.File{Name: "sam.hiv", Data: sam})},
		{Path: "/PerfLogs/backup.zip", Data: locked},
		{Path: "/PerfLogs/machine.vhdx", Data: append([]byte("vhdxfile"), make([]byte, 8192)...)},
		{Path: "/PerfLogs/boot.wim", Data: append([]byte("MSWIM\x00\x00\x00"), make([]byte, 8192)...)},
	}, nil
}

// zipOf packs members, given as name and content in turn.
func zipOf(members ...any) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i].(string))
		if err == nil {
			_, err = w.Write(members[i+1].([]byte))
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

func tarOf(name string, data []byte) ([]byte, error) {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644, ModTime: samSaved}); err != nil {
		return nil, err
	}
	if _, err := t.Write(data); err != nil {
		return nil, err
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	return gzipOf(b.Bytes())
}

func gzipOf(data []byte) ([]byte, error) {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	if _, err := g.Write(data); err != nil {
		return nil, err
	}
	err := g.Close()
	return b.Bytes(), err
}

// lockedZip is an encrypted zip whose members are called like hives and have
// their sizes; the content is something else.
func lockedZip(names ...string) ([]byte, error) {
	var b bytes.Buffer
	z := encrypted.NewWriter(&b)
	for _, name := range names {
		size := int64(48 << 10)
		if name == "SYSTEM" {
			size = 12 << 20
		}
		w, err := z.Encrypt(name, "not told", encrypted.AES256Encryption)
		if err == nil {
			_, err = io.CopyN(w, zeros{}, size)
		}
		if err != nil {
			return nil, fmt.Errorf("scene: %s: %w", name, err)
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
