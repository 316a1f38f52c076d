package scene

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

// A Machine is a computer whose disk can be written: GPT with one NTFS
// volume.
type Machine struct {
	volume *ntfstest.Builder
	files  []ntfstest.File
	story  story
}

// Workstation is the machine on which SAM, SECURITY and SYSTEM were saved.
// testdata/README.md lists what lies where.
func Workstation() *Machine {
	s := make(story)
	s.routine()
	s.benign()
	s.act()
	s.application(day(14, 16, 10))
	return newMachine(s, slices.Concat(usedHives(), spoils(), remains()))
}

// Clean is the same machine without the act.
func Clean() *Machine {
	s := make(story)
	s.routine()
	s.benign()
	s.application(installed)
	return newMachine(s, hives())
}

func newMachine(s story, files []ntfstest.File) *Machine {
	files = append(files, ordinary()...)
	files = append(files, s.logs()...)
	return assemble(s, files)
}

func assemble(s story, files []ntfstest.File) *Machine {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a6, Time: installed})
	for _, f := range files {
		b.Add(f)
	}
	return &Machine{volume: b, files: files, story: s}
}

// Collectable returns the machine with only what a collector can take from it:
// without deleted files and, unless streams is set, without alternate data
// streams.
func (m *Machine) Collectable(streams bool) *Machine {
	var files []ntfstest.File
	for _, f := range m.files {
		if f.Deleted {
			continue
		}
		if !streams {
			f.Streams = nil
		}
		files = append(files, f)
	}
	return assemble(m.story, files)
}

// Records returns what the machine's log of a channel holds, in order.
func (m *Machine) Records(channel string) []eventlogtest.Record { return m.story.records(channel) }

// Placed returns where the last Raw put a file.
func (m *Machine) Placed(path string) (ntfstest.Placed, bool) { return m.volume.Lookup(path) }

// Raw returns the bytes of the machine's disk.
func (m *Machine) Raw() ([]byte, error) {
	volume, err := m.volume.Bytes()
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}

const (
	volumeOffset = 1 << 20 // where the volume starts on the disk, bytes
	clusterSize  = 4096
)

// table lays a disk out for one volume.
func table(v partitiontest.Volume) *partitiontest.Disk {
	v.Name = "Basic data partition"
	return partitiontest.GPT([]partitiontest.Volume{v}, partitiontest.Options{})
}

// WriteE01 writes the machine's disk as base.E01 and further segments, of at
// most segment bytes each if that is not 0, and returns their paths.
func (m *Machine) WriteE01(base string, segment int64) ([]string, error) {
	raw, err := m.Raw()
	if err != nil {
		return nil, err
	}
	return imagetest.WriteE01(base, bytes.NewReader(raw), int64(len(raw)), imagetest.Options{SegmentSize: segment})
}

// WriteRaw writes the machine's disk.
func (m *Machine) WriteRaw(w io.Writer) error {
	raw, err := m.Raw()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("writing the disk: %w", err)
	}
	return nil
}
