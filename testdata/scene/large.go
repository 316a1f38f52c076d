package scene

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
)

// LargeOptions describe a large disk.
type LargeOptions struct {
	Files int  // besides those of Workstation and the planted ones
	Dense bool // fill the files with bytes, so that the image is not sparse
}

// A Plant is a hive that lies on a large disk, or in a collection, where no
// hive belongs.
type Plant struct {
	Path   string   `json:"path"`
	Stream string   `json:"stream,omitempty"`
	Member string   `json:"member,omitempty"` // of the archive at Path
	Links  []string `json:"links,omitempty"`
	Hive   string   `json:"hive"`
	State  string   `json:"state"` // "live" or "deleted"
	How    string   `json:"how"`
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
	Record uint64   `json:"mft_record"`
}

// A Manifest says what is planted on a disk.
type Manifest struct {
	Size    int64    `json:"size"`    // bytes of the disk
	Files   int      `json:"files"`   // filler files
	Exports []Plant  `json:"exports"` // to be found, every one
	Decoys  []string `json:"decoys"`  // hives, or files named like hives, that are no exports
}

// A planted export and how it is told in the manifest.
type planted struct {
	how  string
	hive map[string]string // stream name to hive
	file ntfstest.File
}

// WriteLarge writes a disk with everything of Workstation, exports in every
// hiding place that the file system knows, and opt.Files ordinary files.
func WriteLarge(w io.WriterAt, opt LargeOptions) (*Manifest, error) {
	m := Workstation()
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a7, Time: installed, Dense: opt.Dense, MFTFragments: 3})
	var plants []planted
	manifest := &Manifest{Files: opt.Files}
	for _, f := range hives() {
		manifest.Decoys = append(manifest.Decoys, f.Path)
		b.Add(f)
	}
	for _, f := range spoils() {
		if f.Path != tool {
			plants = append(plants, spoil(f))
		} else {
			b.Add(f)
		}
	}
	for _, f := range append(ordinary(), m.story.logs()...) {
		b.Add(f)
	}
	plants = append(plants, hidden()...)
	for _, p := range plants {
		b.Add(p.file)
	}
	for _, f := range companions() {
		b.Add(f)
	}
	b.Fill(opt.Files, nil)
	size, err := b.Build(io.NewOffsetWriter(w, volumeOffset))
	if err != nil {
		return nil, err
	}
	disk := table(partitiontest.Volume{Size: size}) // its content is there
	if err := disk.WriteTo(w); err != nil {
		return nil, err
	}
	manifest.Size = disk.Size
	for _, p := range plants {
		exports, err := p.exports(b)
		if err != nil {
			return nil, err
		}
		manifest.Exports = append(manifest.Exports, exports...)
	}
	return manifest, nil
}

// spoil is one of Workstation's exports as a plant.
func spoil(f ntfstest.File) planted {
	switch f.Path {
	case systemExport:
		return planted{"as on the workstation: renamed", map[string]string{"": "SYSTEM"}, f}
	case securityExport:
		return planted{"as on the workstation: deleted", map[string]string{"": "SECURITY"}, f}
	case streamHost:
		return planted{"as on the workstation: alternate data stream", map[string]string{"sam": "SAM"}, f}
	}
	return planted{"as on the workstation", map[string]string{"": "SAM"}, f}
}

// hidden are the exports that only a large disk has.
func hidden() []planted {
	sam, security := hivetest.SAM(taken, hivetest.RegSave), hivetest.SECURITY(taken, hivetest.RegSave)
	system := hivetest.SYSTEM(larger(taken), hivetest.RegSave)
	called := taken
	called.Saved = day(15, 1, 9.5)
	var deep strings.Builder
	for i := range 60 {
		fmt.Fprintf(&deep, "/level%02d", i+1)
	}
	appended := make([]byte, len(system)+4096+123)
	ntfstest.Filling(appended, 0)
	copy(appended, system)
	is := func(hive string) map[string]string { return map[string]string{"": hive} }
	bin := "/$Recycle.Bin/" + adminSID + "/"
	return []planted{
		{"renamed to a picture", is("SAM"), ntfstest.File{Path: "/Users/Public/Pictures/IMG_2041.jpg", Data: sam}},
		{"in the Recycle Bin", is("SECURITY"), ntfstest.File{Path: bin + "$RABC123.dat", Data: security, Owner: adminSID}},
		{"with bytes appended", is("SYSTEM"), ntfstest.File{Path: "/Windows/Temp/upd.bin", Data: appended}},
		{"fragmented", is("SYSTEM"), ntfstest.File{Path: "/Archive/volume.001", Data: system, Layout: ntfstest.Layout{Fragments: 9}}},
		{"run list in extension records", is("SYSTEM"), ntfstest.File{Path: "/Archive/volume.002", Data: system,
			Layout: ntfstest.Layout{Fragments: 12}, AttributeList: true}},
		{"NTFS-compressed", is("SAM"), ntfstest.File{Path: "/Users/Public/Documents/report.docx", Data: sam, Layout: ntfstest.Layout{Compressed: true}}},
		{"deleted, saved through RegSaveKey", is("SECURITY"), ntfstest.File{Path: "/Windows/Temp/xKqLmZpR.tmp",
			Data: hivetest.SECURITY(called, hivetest.RegSaveKey), Deleted: true}},
		{"two alternate data streams", map[string]string{"one": "SAM", "two": "SYSTEM"}, ntfstest.File{Path: "/Users/Public/todo.txt",
			Data: []byte("nothing\r\n"), Streams: []ntfstest.Stream{{Name: "one", Data: sam}, {Name: "two", Data: system}}}},
		{"60 levels deep", is("SAM"), ntfstest.File{Path: deep.String() + "/x.bin", Data: sam}},
		{"with a hard link", is("SECURITY"), ntfstest.File{Path: "/Users/Public/a.log", Data: security, Links: []string{"/ProgramData/b.log"}}},
	}
}

// companions are files that belong to planted ones.
func companions() []ntfstest.File {
	// $I of the Recycle Bin, version 2: version, size, FILETIME of the
	// deletion, length of the path in characters with its end, the path.
	name := `C:\Users\Public\secret.dat`
	b := binary.LittleEndian.AppendUint64(nil, 2)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(hivetest.SECURITY(taken, hivetest.RegSave))))
	b = binary.LittleEndian.AppendUint64(b, uint64(day(14, 13, 0).Unix())*1e7+116444736000000000)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)+1))
	for _, c := range name + "\x00" {
		b = binary.LittleEndian.AppendUint16(b, uint16(c))
	}
	return []ntfstest.File{{Path: "/$Recycle.Bin/" + adminSID + "/$IABC123.dat", Data: b, Owner: adminSID}}
}

// exports tells a plant in the manifest, one line for each stream.
func (p planted) exports(b *ntfstest.Builder) ([]Plant, error) {
	at, ok := b.Lookup(p.file.Path)
	if !ok {
		return nil, fmt.Errorf("scene: %s was not placed", p.file.Path)
	}
	state := "live"
	if p.file.Deleted {
		state = "deleted"
	}
	var out []Plant
	add := func(stream string, data []byte) {
		hive, ok := p.hive[stream]
		if !ok {
			return
		}
		sum := sha256.Sum256(data)
		out = append(out, Plant{Path: p.file.Path, Stream: stream, Links: p.file.Links, Hive: hive, State: state, How: p.how,
			Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Record: at.Record})
	}
	add("", p.file.Data)
	for _, s := range p.file.Streams {
		add(s.Name, s.Data)
	}
	return out, nil
}
