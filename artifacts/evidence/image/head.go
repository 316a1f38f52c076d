package image

import (
	"bytes"

	"hivetriage/artifacts/evidence/image/qcow2"
	"hivetriage/artifacts/evidence/image/vhdx"
	"hivetriage/artifacts/evidence/image/vmdk"
	"hivetriage/artifacts/evidence/partition"
)

// KindOf names the disk image that a file with these first bytes may be, as
// Image.Kind does, or by the name of a format that opening it refuses; "" where
// it is none. "raw" are bytes that begin like a disk or a volume; a fixed VHD is
// among them. 512 bytes are enough.
func KindOf(head []byte) string {
	switch {
	case isEWF(head):
		return kindEWF
	case vhdx.Detect(head, nil):
		return "vhdx"
	case bytes.HasPrefix(head, []byte("conectix")): // the copy of the footer that stands before a dynamic disk
		return "vhd"
	case vmdk.Detect(head, nil):
		return "vmdk"
	case qcow2.Detect(head, nil):
		return "qcow2"
	}
	for _, s := range signatures {
		if s.at >= 0 && s.found(nil, 0, head) {
			return s.name
		}
	}
	if partition.IsDisk(head) {
		return kindRaw
	}
	return ""
}
