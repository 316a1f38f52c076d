// Package qcow2test writes QCOW2 disks from "Qcow2 Image File Format" of the
// QEMU project (docs/interop/qcow2).
package qcow2test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// A Layout says how to write a disk. The zero value gives version 3, clusters
// of 64 KiB, nothing compressed.
type Layout struct {
	Version       int  // 0 is 3
	ClusterBits   uint // 0 is 16
	Compressed    bool
	Zstd          bool // with Compressed: Zstandard frames
	Extended      bool // L2 entries with subclusters
	Backing       string
	BackingFormat string
	DataFile      string // an external data file, which Disk also returns
	Snapshots     uint32 // stated, not written
	Crypt         uint32 // stated
	// Absent units, clusters or subclusters, are left to the backing file. By
	// default these are the units of zeros.
	Absent func(unit int) bool
	// Zeroed units read as zeros whatever the backing file has.
	Zeroed func(unit int) bool
}

type writer struct {
	Layout
	media   []byte
	cluster int
	out     []byte
	data    []byte   // of the external file
	l2      []uint64 // all entries, one or two words each
}

// Disk returns a disk with the media, and the external data file where there
// is one.
func Disk(media []byte, l Layout) (disk, data []byte) {
	w := &writer{Layout: l, media: media}
	if w.Version == 0 {
		w.Version = 3
	}
	if w.ClusterBits == 0 {
		w.ClusterBits = 16
	}
	w.cluster = 1 << w.ClusterBits
	w.out = make([]byte, w.cluster)
	words := 1
	if l.Extended {
		words = 2
	}
	count := (len(media) + w.cluster - 1) / w.cluster
	perTable := w.cluster / 8 / words
	tables := (count + perTable - 1) / perTable
	w.l2 = make([]uint64, tables*w.cluster/8)
	w.align()
	l1 := len(w.out)
	w.out = append(w.out, make([]byte, 8*tables)...)
	w.align()
	at := len(w.out)
	w.out = append(w.out, make([]byte, len(w.l2)*8)...)
	for t := range tables {
		binary.BigEndian.PutUint64(w.out[l1+8*t:], uint64(at+t*w.cluster)|1<<63)
	}
	for c := range count {
		w.write(c, words)
	}
	for i, e := range w.l2 {
		binary.BigEndian.PutUint64(w.out[at+8*i:], e)
	}
	w.align()
	references := len(w.out)
	w.out = append(w.out, make([]byte, w.cluster)...) // a table without reference counts
	w.header(l1, tables, references)
	return w.out, w.data
}

func (w *writer) align() {
	if rest := len(w.out) % w.cluster; rest != 0 {
		w.out = append(w.out, make([]byte, w.cluster-rest)...)
	}
}

// write appends one cluster and its entry.
func (w *writer) write(c, words int) {
	full := make([]byte, w.cluster)
	copy(full, w.media[c*w.cluster:])
	if w.Extended && !w.Compressed {
		w.l2[2*c], w.l2[2*c+1] = w.place(c, full), w.bitmap(c, full)
		return
	}
	switch {
	case w.Zeroed != nil && w.Zeroed(c):
		w.l2[words*c] = 1
	case w.absent(c, full):
	case w.Compressed:
		w.l2[words*c] = w.packed(c, full)
		if w.Extended && w.l2[2*c]&(1<<62) == 0 {
			w.l2[2*c+1] = 1<<32 - 1 // all subclusters are written
		}
	default:
		w.l2[words*c] = w.place(c, full)
	}
}

func (w *writer) absent(unit int, data []byte) bool {
	if w.Absent != nil {
		return w.Absent(unit)
	}
	return len(bytes.Trim(data, "\x00")) == 0
}

// place appends a cluster and returns its entry.
func (w *writer) place(c int, data []byte) uint64 {
	if w.DataFile != "" {
		for len(w.data) <= c*w.cluster {
			w.data = append(w.data, make([]byte, w.cluster)...)
		}
		copy(w.data[c*w.cluster:], data)
		return uint64(c*w.cluster) | 1<<63
	}
	w.align()
	at := len(w.out)
	w.out = append(w.out, data...)
	return uint64(at) | 1<<63
}

// bitmap is the second word of an entry: bit n says that subcluster n is
// written, bit 32+n that it is zeros.
func (w *writer) bitmap(c int, data []byte) uint64 {
	var bits uint64
	size := w.cluster / 32
	for n := range 32 {
		unit := 32*c + n
		switch {
		case w.Zeroed != nil && w.Zeroed(unit):
			bits |= 1 << (32 + n)
		case !w.absent(unit, data[n*size:][:size]):
			bits |= 1 << n
		}
	}
	return bits
}

// packed appends a compressed cluster and returns its entry: the offset, then
// the number of further sectors it touches. What does not get smaller is kept
// as it is.
func (w *writer) packed(c int, data []byte) uint64 {
	var z bytes.Buffer
	if w.Zstd {
		zw, err := zstd.NewWriter(&z)
		if err != nil {
			panic(err) // only an option can be wrong
		}
		zw.Write(data) // a bytes.Buffer takes everything
		zw.Close()
	} else {
		zw, err := flate.NewWriter(&z, flate.DefaultCompression)
		if err != nil {
			panic(err) // only the level can be wrong
		}
		zw.Write(data)
		zw.Close()
	}
	if z.Len() >= len(data) {
		return w.place(c, data)
	}
	at := len(w.out)
	w.out = append(w.out, z.Bytes()...)
	sectors := (len(w.out)-1)/512 - at/512
	return 1<<62 | uint64(sectors)<<(62-(w.ClusterBits-8)) | uint64(at)
}

// header writes the header, its extensions and the backing file's name.
func (w *writer) header(l1, tables, references int) {
	be := binary.BigEndian
	h := w.out
	copy(h, "QFI\xfb")
	be.PutUint32(h[4:], uint32(w.Version))
	be.PutUint32(h[20:], uint32(w.ClusterBits))
	be.PutUint64(h[24:], uint64(len(w.media)))
	be.PutUint32(h[32:], w.Crypt)
	be.PutUint32(h[36:], uint32(tables))
	be.PutUint64(h[40:], uint64(l1))
	be.PutUint64(h[48:], uint64(references))
	be.PutUint32(h[56:], 1)
	be.PutUint32(h[60:], w.Snapshots)
	at := 72
	if w.Version == 3 {
		var features uint64
		if w.DataFile != "" {
			features |= 1 << 2
		}
		if w.Zstd {
			features |= 1 << 3
			h[104] = 1
		}
		if w.Extended {
			features |= 1 << 4
		}
		be.PutUint64(h[72:], features)
		be.PutUint32(h[96:], 4) // references of 16 bits
		be.PutUint32(h[100:], 112)
		at = 112
	}
	extend := func(kind uint32, text string) {
		if text == "" {
			return
		}
		be.PutUint32(h[at:], kind)
		be.PutUint32(h[at+4:], uint32(len(text)))
		copy(h[at+8:], text)
		at += 8 + (len(text)+7)/8*8
	}
	extend(0xe2792aca, w.BackingFormat)
	extend(0x44415441, w.DataFile)
	at += 8 // the end of the extensions
	if w.Backing != "" {
		be.PutUint64(h[8:], uint64(at))
		be.PutUint32(h[16:], uint32(len(w.Backing)))
		copy(h[at:], w.Backing)
	}
}
