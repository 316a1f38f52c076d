package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/journal/logfile/logfiletest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// What the journals of Journaled tell.
var (
	quietSaved   = day(14, 21, 3.4417002)
	quietMoved   = day(14, 21, 40.1093341)
	quietDeleted = day(14, 33, 9.7720018)
	remoteSaved  = day(14, 40, 11.0330071)
	stagedSaved  = day(14, 44, 27.5218833)
	loggedSaved  = day(14, 52, 0.9917740)
)

// The folders that the journals name by their records, and a file whose
// record had belonged to one that is gone.
var (
	journaledFolders = []string{"/Users/Public/Libraries", "/ProgramData/Intel", "/Windows/Temp", "/Users/Public", "/PerfLogs"}
	journaledFile    = "/ProgramData/Intel/driver.log"
)

const (
	usnCreate, usnExtend, usnDelete, usnOld, usnNew, usnClose = 0x100, 0x2, 0x200, 0x1000, 0x2000, 0x80000000

	journaledUse  = 9     // of journaledFile's record, which is the use after the last one
	stagedFolder  = 90001 // a folder that is gone, beyond the file table
	journaledBase = 3 << 30
)

// Journaled is a machine that looks clean: copies were made, moved and
// deleted, their records used again, and no log tells of it. Its journals do.
func Journaled() ([]byte, error) {
	b, err := journaled()
	if err != nil {
		return nil, err
	}
	return b.Bytes()
}

// JournaledTriage is what KAPE takes of the machine for its file system: the
// file table and the journals, and the live hives. The transaction log, in
// which one more copy stands, is that of the machine a little later.
func JournaledTriage() ([]Member, error) {
	b, err := journaled()
	if err != nil {
		return nil, err
	}
	raw, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	changes, err := changes(b)
	if err != nil {
		return nil, err
	}
	folder, _ := b.Lookup("/PerfLogs")
	log := logfiletest.New(logfiletest.Options{})
	name := logfiletest.FileName{Record: 90100, Sequence: 2, Parent: folder.Record, ParentSequence: 1, Time: loggedSaved, Size: 53248, Attributes: 0x20, Name: "security.bak"}
	for _, data := range [][]byte{logfiletest.Added(name), logfiletest.Created(name), logfiletest.Removed(name)} {
		log.Add(data)
	}
	from, to := fileTableOf(b, raw)
	members := []Member{
		{"C/$MFT", raw[from:to], installed},
		{"C/$Extend/$J", changes, collected},
		{"C/$LogFile", log.Bytes(), collected},
	}
	for _, f := range hives() {
		if strings.HasPrefix(f.Path, "/Windows/System32/config/") {
			members = append(members, Member{"C" + f.Path, f.Data, f.SI.Modified})
		}
	}
	return members, nil
}

// fileTableOf returns where the file table lies in the volume: NTFS states
// its first cluster at 48 of the boot sector, and it is not split.
func fileTableOf(b *ntfstest.Builder, raw []byte) (from, to int) {
	last, _ := b.Lookup(journaledFile)
	for i := range 8 {
		from |= int(raw[48+i]) << (8 * i)
	}
	from *= clusterSize
	return from, from + int(last.Record+1)*1024
}

// journaled returns the builder of the volume. It is built once to learn the
// numbers of the records that its journal names.
func journaled() (*ntfstest.Builder, error) {
	var stream []byte
	for {
		b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3c7, Time: installed})
		s := make(story)
		s.routine()
		s.benign()
		s.application(installed)
		files := append(append(hives(), ordinary()...), s.logs()...)
		for _, path := range journaledFolders {
			files = append(files, ntfstest.File{Path: path, Dir: true, SI: always(installed), FN: always(installed)})
		}
		files = append(files, ntfstest.File{Path: journaledFile, Data: []byte("driver loaded\r\n"), SI: always(quietDeleted.Add(time.Minute)), Sequence: journaledUse})
		for _, f := range files {
			b.Add(f)
		}
		first := stream == nil
		if first {
			stream = make([]byte, journalLength)
			stream[journalHole] = 1
		}
		b.Add(ntfstest.File{Path: "/$Extend/$UsnJrnl", SI: always(installed), Streams: []ntfstest.Stream{
			{Name: "$Max", Data: make([]byte, 32)}, {Name: "$J", Data: stream, Layout: ntfstest.Layout{NonResident: true, Sparse: true}}}})
		if !first {
			return b, nil
		}
		if _, err := b.Bytes(); err != nil {
			return nil, err
		}
		var err error
		if stream, err = changes(b); err != nil {
			return nil, err
		}
	}
}

const (
	journalHole   = 256 << 10 // what was dropped from the journal's beginning
	journalLength = journalHole + 8192
)

// changes is the change journal of the volume that b built last.
func changes(b *ntfstest.Builder) ([]byte, error) {
	records := map[string]uint64{}
	for _, path := range append(journaledFolders, journaledFile) {
		p, ok := b.Lookup(path)
		if !ok {
			return nil, fmt.Errorf("scene: %s was not built", path)
		}
		records[path] = p.Record
	}
	j := usntest.New(journaledBase).Pad(journalHole)
	add := func(t time.Time, record uint64, sequence uint16, parent uint64, name string, reasons ...uint32) {
		for i, reason := range reasons {
			j.Add(usntest.Change{Time: t.Add(time.Duration(i) * 3 * time.Millisecond), Record: record, Sequence: sequence, Parent: parent, Reason: reason, Name: name})
		}
	}
	libraries, intel, temp, public := records["/Users/Public/Libraries"], records["/ProgramData/Intel"], records["/Windows/Temp"], records["/Users/Public"]
	used := records[journaledFile]
	add(day(14, 20, 0), 90000, 1, temp, "setup.log", usnCreate, usnCreate|usnExtend, usnCreate|usnExtend|usnClose)
	add(quietSaved, used, journaledUse-1, libraries, "sam.save", usnCreate, usnCreate|usnExtend, usnCreate|usnExtend|usnClose)
	add(quietMoved, used, journaledUse-1, libraries, "sam.save", usnOld)
	add(quietMoved, used, journaledUse-1, intel, "gfx.bin", usnNew, usnNew|usnClose)
	add(quietDeleted, used, journaledUse-1, intel, "gfx.bin", usnDelete|usnClose)
	add(quietDeleted.Add(time.Minute), used, journaledUse, intel, "driver.log", usnCreate, usnCreate|usnExtend|usnClose)

	add(remoteSaved, 90010, 4, temp, "QwErTyUi.tmp", usnCreate, usnCreate|usnExtend, usnCreate|usnExtend|usnClose)
	add(remoteSaved.Add(2*time.Second), 90010, 4, temp, "QwErTyUi.tmp", usnDelete|usnClose)

	folder := func(t time.Time, name string, reason uint32) {
		j.Add(usntest.Change{Time: t, Record: stagedFolder, Parent: public, Reason: reason, Attributes: 0x10, Name: name})
	}
	folder(stagedSaved.Add(-time.Minute), "stage", usnCreate|usnClose)
	add(stagedSaved, 90002, 3, stagedFolder, "SYSTEM", usnCreate, usnCreate|usnExtend|usnClose)
	folder(stagedSaved.Add(time.Minute), "stage", usnOld)
	folder(stagedSaved.Add(time.Minute), "nothing", usnNew|usnClose)
	add(stagedSaved.Add(2*time.Minute), 90002, 3, stagedFolder, "SYSTEM", usnDelete|usnClose)
	add(stagedSaved.Add(3*time.Minute), 90003, 1, 90004, "security.save", usnCreate, usnCreate|usnClose)
	stream := j.Bytes()
	if len(stream) > journalLength {
		return nil, fmt.Errorf("scene: the journal has %d bytes", len(stream))
	}
	return append(stream, make([]byte, journalLength-len(stream))...), nil
}
