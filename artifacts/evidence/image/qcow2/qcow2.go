// Package qcow2 reads QEMU's copy-on-write disks, versions 2 and 3: plain and
// compressed clusters (deflate and Zstandard), subclusters, backing files,
// external data files.
//
// It reads them itself: github.com/lima-vm/go-qcow2reader v0.7.1 takes sizes
// from the header as they are (a mutated L1 size ends the process for want of
// memory, a mutated cluster size panics), does not read Zstandard, prints
// warnings, and inflates a compressed cluster anew for every read in it.
//
// Facts about the format are from "Qcow2 Image File Format" of the QEMU
// project (docs/interop/qcow2). All numbers are big-endian.
package qcow2

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/evidence/image/lru"
)

const (
	magic = "QFI\xfb"

	// maxChain bounds the disks from the given one to the last backing file.
	maxChain = 64
	// maxL1 bounds the first tables of a disk and its backing files, in entries.
	// QEMU has the same bound, of 32 MiB, for one disk.
	maxL1 = 32 << 20 / 8

	tableBudget   = 8 << 20  // bytes of L2 tables kept
	clusterBudget = 16 << 20 // bytes of compressed clusters kept, as stored and inflated
	minClusters   = 4        // that are kept however large they are
)

// Detect tells a QCOW2 by its first bytes.
func Detect(head, _ []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// A siblingFunc opens a file beside the disk by its name.
type siblingFunc = func(name string) (io.ReaderAt, int64, error)

// A Disk is the media of one QCOW2 and its backing files. It is safe for
// concurrent use.
type Disk struct {
	name string
	header
	r       io.ReaderAt
	file    int64 // size of r
	l1      []uint64
	data    io.ReaderAt // what holds the clusters: r, or an external data file
	dataIn  string      // the name of data
	backing backing     // nil where there is none

	problems []*artifacts.Problem

	shared *shared
	id     int64 // among those that share
}

// shared is the memory of a disk and its backing files.
type shared struct {
	disks    int64
	entries  int64     // of first tables
	largest  int64     // cluster size
	zstd     sync.Pool // *zstd.Decoder
	tables   *lru.Cache[[]uint64]
	clusters *lru.Slots[cluster] // inflated
}

// key is that of a table or a cluster among those of all disks. A disk has
// less than 2^48 of them.
func (d *Disk) key(index int64) int64 { return d.id<<48 | index }

// A backing file is another QCOW2 or raw bytes.
type backing interface {
	io.ReaderAt
	Size() int64
	Problems() []*artifacts.Problem
}

// Open reads the header and the first table of a disk and of its backing
// files. Name is r's own name. Sibling opens what the header names, always
// beside r. A missing backing file is an error: without it, most clusters
// would be others.
func Open(name string, r io.ReaderAt, size int64, sibling siblingFunc) (*Disk, error) {
	o := opener{sibling: sibling, shared: &shared{tables: lru.New[[]uint64](tableBudget)}}
	d, err := o.open(name, r, size)
	if err != nil {
		return nil, err
	}
	o.shared.clusters = lru.NewSlots[cluster](int(max(minClusters, clusterBudget/(2*o.shared.largest))))
	return d, nil
}

// An opener opens a disk and its backing files.
type opener struct {
	sibling siblingFunc
	shared  *shared
	chain   []string // the files from the given one on
}

func (o *opener) open(name string, r io.ReaderAt, size int64) (*Disk, error) {
	if err := o.visit(name); err != nil {
		return nil, err
	}
	h, err := readHeader(r, size)
	if err != nil {
		return nil, blocks.Located(name, err)
	}
	if o.shared.entries += h.l1Size; o.shared.entries > maxL1 {
		return nil, artifacts.NewProblem(artifacts.Limit, -1, "%s and what lies over it have first tables of %d entries; at most %d are read", name, o.shared.entries, maxL1)
	}
	d := &Disk{name: name, header: *h, r: r, file: size, data: r, dataIn: name, shared: o.shared, id: o.shared.disks}
	o.shared.disks++
	o.shared.largest = max(o.shared.largest, d.cluster)
	if d.l1, err = readL1(r, size, h); err != nil {
		return nil, blocks.Located(name, err)
	}
	if h.snapshots > 0 {
		d.problems = append(d.problems, artifacts.NewProblem(artifacts.Unsupported, -1,
			"%s holds %d internal snapshots; only the current state of the disk is read: extract the others with qemu-img convert -l NAME", name, h.snapshots))
	}
	if h.corrupt {
		d.problems = append(d.problems, artifacts.NewProblem(artifacts.Malformed, -1, "%s was marked as corrupt by the program that wrote it", name))
	}
	if h.external {
		if err := o.openData(d); err != nil {
			return nil, err
		}
	}
	if h.backingFile != "" {
		if err := o.openBacking(d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// visit notes a file of the chain, each once.
func (o *opener) visit(name string) error {
	if slices.ContainsFunc(o.chain, func(n string) bool { return strings.EqualFold(n, name) }) {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s is named as its own backing file", name)
	}
	if len(o.chain) == maxChain {
		return artifacts.NewProblem(artifacts.Limit, -1, "more than %d disks from this one to its last backing file", maxChain)
	}
	o.chain = append(o.chain, name)
	return nil
}

// openData opens the file that holds the clusters of the disk.
func (o *opener) openData(d *Disk) error {
	if d.dataFile == "" {
		return artifacts.NewProblem(artifacts.Malformed, -1, "%s has its data in another file, and does not name it", d.name)
	}
	r, _, err := o.beside(d, "data file", d.dataFile)
	if err != nil {
		return err
	}
	d.data, d.dataIn = r, d.dataFile
	return nil
}

// openBacking opens the file below d, as the format that d says it has.
func (o *opener) openBacking(d *Disk) error {
	r, size, err := o.beside(d, "backing file", d.backingFile)
	if err != nil {
		return err
	}
	head := make([]byte, min(size, 512))
	if err := blocks.ReadAt(r, head, 0); err != nil {
		return blocks.Located(d.backingFile, err)
	}
	format := d.backingFormat
	if format == "" {
		if format = probe(head); format == "" {
			format = "raw"
		}
	}
	switch format {
	case "raw":
		if err := o.visit(d.backingFile); err != nil {
			return err
		}
		d.backing = raw{r, size}
	case "qcow2":
		below, err := o.open(d.backingFile, r, size)
		if err != nil {
			return err
		}
		d.backing = below
	default:
		return artifacts.NewProblem(artifacts.Unsupported, -1,
			"%s lies over %s, which is in the format %s: only raw and qcow2 are read there; convert the whole first: qemu-img convert -O raw IMAGE disk.raw", d.name, d.backingFile, format)
	}
	return nil
}

// probe names the format of a backing file whose overlay does not say it.
func probe(head []byte) string {
	for _, f := range []struct{ magic, name string }{
		{magic, "qcow2"}, {"KDMV", "vmdk"}, {"# Disk Desc", "vmdk"}, {"COWD", "vmdk"}, {"conectix", "vpc"}, {"vhdxfile", "vhdx"}, {"QED\x00", "qed"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.name
		}
	}
	return ""
}

// beside opens a file that the header names, if it is named by its bare name.
func (o *opener) beside(d *Disk, what, name string) (io.ReaderAt, int64, error) {
	if strings.ContainsAny(name, `/\:`) {
		return nil, 0, artifacts.NewProblem(artifacts.Unsupported, -1,
			"the %s of %s is %q: only files beside the image are opened; put it there and name it so in a copy of the image (qemu-img rebase -u -b NAME -F FORMAT), or convert the whole with qemu-img convert -O raw", what, d.name, name)
	}
	r, size, err := o.sibling(name)
	if err != nil {
		p := artifacts.Located(artifacts.Locator{}, err)
		return nil, 0, artifacts.NewProblem(p.Kind, -1, "the %s of %s is %q: %w", what, d.name, name, p.Err)
	}
	return r, size, nil
}

// raw is a backing file without a format.
type raw struct {
	io.ReaderAt
	size int64
}

func (r raw) Size() int64                    { return r.size }
func (r raw) Problems() []*artifacts.Problem { return nil }

// Size returns the size of the media in bytes.
func (d *Disk) Size() int64 { return d.size }

// Problems returns what is wrong with this disk and its backing files, apart
// from the errors of reads.
func (d *Disk) Problems() []*artifacts.Problem {
	all := slices.Clone(d.problems)
	if d.backing != nil {
		all = append(all, d.backing.Problems()...)
	}
	return all
}
