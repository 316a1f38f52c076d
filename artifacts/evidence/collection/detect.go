package collection

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
)

// headSize is how much of a file's beginning Detect looks at.
const headSize = 512

// Detect tells the kind of an archive by its first bytes: "zip", "7z", "tar",
// and "gz", "xz", "zst", "bz2", or "tar.gz" and so on where a tar is inside. It
// is "" for anything else, also for AFF4, which is a zip with a disk in it.
func Detect(r io.ReaderAt, size int64) string {
	head := make([]byte, headSize)
	n, _ := r.ReadAt(head, 0) // what cannot be read is no archive
	head = head[:n]
	switch {
	case hasMagic(head, "PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04"):
		if isAFF4(r, size) {
			return ""
		}
		return "zip"
	case hasMagic(head, "7z\xbc\xaf\x27\x1c"):
		return "7z"
	case isTar(head):
		return "tar"
	}
	for kind, magic := range map[string]string{"gz": "\x1f\x8b\x08", "xz": "\xfd7zXZ\x00", "zst": "\x28\xb5\x2f\xfd", "bz2": "BZh"} {
		if !hasMagic(head, magic) || kind == "bz2" && (len(head) < 10 || string(head[4:10]) != "1AY&SY") {
			continue
		}
		if holdsTar(packings[kind], r, size) {
			return "tar." + kind
		}
		return kind
	}
	return ""
}

func hasMagic(head []byte, magics ...string) bool {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m)) {
			return true
		}
	}
	return false
}

func isTar(head []byte) bool { return len(head) >= 262 && string(head[257:262]) == "ustar" }

// holdsTar unpacks the first block of a packed file.
func holdsTar(pack packing, r io.ReaderAt, size int64) bool {
	unpacked, err := pack(io.NewSectionReader(r, 0, size))
	if err != nil {
		return false
	}
	defer unpacked.Close()
	head := make([]byte, headSize)
	n, _ := io.ReadFull(unpacked, head) // a short one is no tar
	return isTar(head[:n])
}

// isAFF4 looks for the members that the AFF4 standard requires of a volume.
func isAFF4(r io.ReaderAt, size int64) bool {
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
