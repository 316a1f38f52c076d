package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"

	encrypted "github.com/yeka/zip"

	"hivetriage/testdata/scene"
)

// archivePassword opens the archives that are encrypted.
const archivePassword = "correct horse"

// writeArchives writes what collectors would leave of the workstation as
// archives, and archives that mean harm.
func writeArchives(dir string) error {
	files := scene.Workstation().KAPE()
	for name, write := range map[string]func(io.Writer) error{
		"workstation.zip":    func(w io.Writer) error { return writeZip(w, files) },
		"velociraptor.zip":   func(w io.Writer) error { return writeZip(w, scene.Workstation().Velociraptor()) },
		"workstation.tar.gz": func(w io.Writer) error { return writeTar(w, files) },
		"encrypted.zip":      func(w io.Writer) error { return writeEncrypted(w, files) },
		"strange.zip":        writeStrange,
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o444); err != nil {
			return err
		}
	}
	return nil
}

func writeZip(w io.Writer, files []scene.Member) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		m, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
		if err != nil {
			return err
		}
		if _, err := m.Write(f.Data); err != nil {
			return err
		}
	}
	return z.Close()
}

func writeTar(w io.Writer, files []scene.Member) error {
	g := gzip.NewWriter(w)
	t := tar.NewWriter(g)
	for _, f := range files {
		err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Size: int64(len(f.Data)), Mode: 0o644, ModTime: f.Modified, Format: tar.FormatPAX})
		if err != nil {
			return err
		}
		if _, err := t.Write(f.Data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return g.Close()
}

// writeEncrypted encrypts every other file with each of zip's two ways.
func writeEncrypted(w io.Writer, files []scene.Member) error {
	z := encrypted.NewWriter(w)
	for i, f := range files {
		method := encrypted.AES256Encryption
		if i%2 == 1 {
			method = encrypted.StandardEncryption
		}
		m, err := z.Encrypt(f.Name, archivePassword, method)
		if err != nil {
			return err
		}
		if _, err := m.Write(f.Data); err != nil {
			return err
		}
	}
	return z.Close()
}

// writeStrange writes names that lead out of where one would unpack to, two
// names that differ in case only, and a log's head with far too many zeros.
func writeStrange(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, name := range []string{"../../outside.txt", "/etc/passwd", `D:\Temp\x.txt`, "a/Same.txt", "A/same.TXT"} {
		m, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := m.Write([]byte("nothing")); err != nil {
			return err
		}
	}
	m, err := z.Create("bomb.evtx")
	if err != nil {
		return err
	}
	if _, err := m.Write(append([]byte("ElfFile\x00"), make([]byte, 64<<20)...)); err != nil {
		return err
	}
	return z.Close()
}
