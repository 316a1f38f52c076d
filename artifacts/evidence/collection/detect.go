package collection

import (
	"bytes"
	"io"

	"hivetriage/artifacts/evidence/image"
)

// headSize is how much of a file's beginning Detect looks at.
const headSize = 512

// Detect tells the kind of an archive by its first bytes: "zip", "7z", "cab", "tar",
// and "gz", "xz", "zst", "bz2", or "tar.gz" and so on where a tar is inside. It
// is "" for anything else, also for AFF4, which is a zip with a disk in it.
func Detect(r io.ReaderAt, size int64) string {
	head := make([]byte, headSize)
	n, _ := r.ReadAt(head, 0) // what cannot be read is no archive
	kind := KindOf(head[:n])
	switch {
	case kind == "zip" && image.IsAFF4(r, size):
		return ""
	case packings[kind] != nil && holdsTar(packings[kind], r, size):
		return "tar." + kind
	}
	return kind
}

// KindOf is Detect by the first bytes alone: it does not look into packed
// files, nor for what is special about a zip.
func KindOf(head []byte) string {
	switch {
	case hasMagic(head, "PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04"):
		return "zip"
	case hasMagic(head, "7z\xbc\xaf\x27\x1c"):
		return "7z"
	case hasMagic(head, cabMagic):
		return "cab"
	case hasMagic(head, "\x1f\x8b\x08"):
		return "gz"
	case hasMagic(head, "\xfd7zXZ\x00"):
		return "xz"
	case hasMagic(head, "\x28\xb5\x2f\xfd"):
		return "zst"
	case hasMagic(head, "BZh") && len(head) >= 10 && string(head[4:10]) == "1AY&SY":
		return "bz2"
	case isTar(head):
		return "tar"
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
