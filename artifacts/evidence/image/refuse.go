package image

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"

	"hivetriage/artifacts"
)

// headSize is how much of a file's beginning the signatures need.
const headSize = 512

const (
	convert = "convert it first: qemu-img convert -O raw IMAGE disk.raw"
	extract = "unpack it and give the folder with --path, or the image that is in it"
)

// A signature recognises a container that is not read.
type signature struct {
	at     int64 // from the beginning; negative from the end
	magic  string
	name   string
	advice string
}

// signatures are those the formats' own specifications state.
var signatures = []signature{
	{0, "EVF2\r\n\x81\x00", "EWF version 2 (Ex01)", "convert it first: ewfexport -f raw IMAGE, or export an E01 with FTK Imager or EnCase"},
	{0, "LEF2\r\n\x81\x00", "EWF version 2 logical evidence (Lx01)", "it holds files, not a disk: export them into a folder and give it with --path"},
	{0, "LVF\x09\r\n\xff\x00", "EWF logical evidence (L01)", "it holds files, not a disk: export them into a folder and give it with --path"},
	{0, "ADSEGMENTEDFILE\x00", "AD1 logical evidence", "it holds files, not a disk: export them into a folder with FTK Imager and give it with --path"},
	{0, "AFF10\r\n", "AFF", "convert it first: affconvert -r IMAGE"},
	{0x40, "\x7f\x10\xda\xbe", "VDI", convert},
	{-512, "koly", "Apple disk image (DMG)", convert},
	{0, "MSWIM\x00\x00\x00", "Windows imaging file (WIM)", "unpack it, e.g. with wimlib-imagex apply, and give the folder with --path"},
	{0, "Rar!\x1a\x07", "rar archive", extract},
}

// refuse returns a Problem for a container that is recognised and not read.
// Head is the beginning of r.
func refuse(r io.ReaderAt, size int64, head []byte) error {
	if bytes.HasPrefix(head, []byte("ADCRYPT\x00")) {
		return artifacts.NewProblem(artifacts.Encrypted, 0, "this image is encrypted (AD encryption): decrypt it with FTK Imager first")
	}
	for _, s := range signatures {
		if !s.found(r, size, head) {
			continue
		}
		return unsupported(s.name, s.advice)
	}
	if bytes.HasPrefix(head, []byte("PK")) && IsAFF4(r, size) {
		return unsupported("AFF4", "convert it to raw or E01 first, e.g. with aff4imager or FTK Imager")
	}
	return nil
}

func unsupported(name, advice string) error {
	return artifacts.NewProblem(artifacts.Unsupported, -1, "%s is not read by this version; %s", name, advice)
}

func (s signature) found(r io.ReaderAt, size int64, head []byte) bool {
	if s.at >= 0 {
		return int64(len(head)) >= s.at && bytes.HasPrefix(head[s.at:], []byte(s.magic))
	}
	if size+s.at < 0 {
		return false
	}
	tail := make([]byte, len(s.magic))
	n, _ := r.ReadAt(tail, size+s.at) // unreadable is not this container
	return string(tail[:n]) == s.magic
}

// IsAFF4 reports whether a zip is an AFF4 image: it looks for the members that the AFF4 standard requires of a volume.
func IsAFF4(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "container.description") || strings.HasSuffix(f.Name, "information.turtle") {
			return true
		}
	}
	return false
}
