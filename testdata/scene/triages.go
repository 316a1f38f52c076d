package scene

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// A Triage is one of many hosts' collections and what is planted in it.
type Triage struct {
	File    string  `json:"file"`
	Host    string  `json:"host"`
	SID     string  `json:"machine_sid"`
	Members int     `json:"members"`
	Raw     int64   `json:"raw"`    // bytes of the members
	Packed  int64   `json:"packed"` // bytes of the zip
	Exports []Plant `json:"exports"`
}

// everyPlanted is how many hosts lie between two on which copies are.
const everyPlanted = 20

// WriteTriages writes the collections of n hosts as KAPE makes them, zips of
// about 34 MB raw and a quarter of that packed, into dir: hives with their
// transaction logs, event logs, prefetch, databases, tasks and links. On one
// host in twenty lie copies of hives.
func WriteTriages(dir string, n int) ([]Triage, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	shared, err := packAll(sharedFiles())
	if err != nil {
		return nil, err
	}
	var all []Triage
	for i := range n {
		t, err := writeTriage(dir, i, shared)
		if err != nil {
			return nil, err
		}
		all = append(all, *t)
	}
	return all, nil
}

// triageHost is host i as its hives describe it.
func triageHost(i int) hivetest.Host {
	h := host(seized.Time)
	h.Name = fmt.Sprintf("WS-%04d", i)
	h.SID = fmt.Sprintf("S-1-5-21-%d-%d-%d", 2894174652+i, 1340197683+7*i, 3817362049-11*i)
	return h
}

func writeTriage(dir string, i int, shared []packedFile) (*Triage, error) {
	h := triageHost(i)
	own := append(hostFiles(h), logFiles(h, i%everyPlanted == 0)...)
	t := &Triage{File: fmt.Sprintf("%s_%s.zip", collected.Format("2006-01-02T150405"), h.Name), Host: h.Name, SID: h.SID}
	if i%everyPlanted == 0 {
		for _, p := range triagePlants(h, i/everyPlanted) {
			sum := sha256.Sum256(p.file.Data)
			t.Exports = append(t.Exports, Plant{Path: p.file.Path, Hive: p.hive[""], State: "live", How: p.how,
				Size: int64(len(p.file.Data)), SHA256: hex.EncodeToString(sum[:])})
			own = append(own, File{Path: p.file.Path, Data: p.file.Data, Times: p.file.SI})
		}
	}
	members, err := packAll(own)
	if err != nil {
		return nil, err
	}
	members = append(members, shared...)
	log, err := packAll([]File{copyLog(members), {Path: "/" + collected.Format("2006-01-02T150405") + "_ConsoleLog.txt",
		Data: fmt.Appendf(nil, "System info: Machine name: %s, 64-bit: True, User: SYSTEM OS: Windows10 (10.0.19045)\r\n", h.Name)}})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, t.File)
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	z := zip.NewWriter(f)
	for _, m := range members {
		m.header.Name = "C" + m.path
		err = errors.Join(err, m.write(z))
	}
	for _, m := range log {
		m.header.Name = strings.TrimPrefix(m.path, "/")
		err = errors.Join(err, m.write(z))
	}
	for _, m := range append(members, log...) {
		t.Members++
		t.Raw += int64(m.header.UncompressedSize64)
	}
	err = errors.Join(err, z.Close())
	if info, statErr := f.Stat(); statErr == nil {
		t.Packed = info.Size()
	}
	return t, errors.Join(err, f.Close())
}

// triagePlants are the copies on a host, of one kind or another.
func triagePlants(h hivetest.Host, i int) []planted {
	plant := func(how, hive, path string, data []byte) planted {
		p := planted{how: how, hive: map[string]string{"": hive}}
		p.file.Path, p.file.Data = path, data
		p.file.SI.Created, p.file.SI.Modified = samSaved, samSaved
		return p
	}
	sam := plant("as reg save leaves it", "SAM", "/Users/Public/Libraries/sam.hiv", hivetest.SAM(h, hivetest.RegSave))
	switch i % 3 {
	case 0:
		return []planted{sam}
	case 1:
		return []planted{sam, plant("renamed, whole", "SYSTEM", "/ProgramData/Intel/gfx_cache.dat", systemHive(h, hivetest.RegSave))}
	}
	return []planted{plant("renamed to a picture", "SAM", "/Users/Public/Pictures/IMG_2041.jpg", hivetest.SAM(h, hivetest.RegSave)),
		plant("saved through RegSaveKey", "SECURITY", "/Windows/Temp/xKqLmZpR.tmp", hivetest.SECURITY(h, hivetest.RegSaveKey))}
}

// A packedFile is a file that is deflated already.
type packedFile struct {
	path   string
	sha1   string
	times  artifacts.Times
	header zip.FileHeader
	packed []byte
}

func packAll(files []File) ([]packedFile, error) {
	var out []packedFile
	for _, f := range files {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.DefaultCompression)
		if err == nil {
			_, err = w.Write(f.Data)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return nil, err
		}
		sum := sha1.Sum(f.Data)
		p := packedFile{path: f.Path, sha1: hex.EncodeToString(sum[:]), times: f.Times, packed: b.Bytes()}
		p.header = zip.FileHeader{Method: zip.Deflate, Modified: collected, CRC32: crc32.ChecksumIEEE(f.Data),
			UncompressedSize64: uint64(len(f.Data)), CompressedSize64: uint64(b.Len())}
		out = append(out, p)
	}
	return out, nil
}

func (p packedFile) write(z *zip.Writer) error {
	w, err := z.CreateRaw(&p.header)
	if err == nil {
		_, err = w.Write(p.packed)
	}
	return err
}

// copyLog is the log that KAPE keeps of what it copied.
func copyLog(members []packedFile) File {
	var log bytes.Buffer
	w := csv.NewWriter(&log)
	w.Write(copyLogHeader)
	for _, m := range members {
		name := File{Path: m.path}.windows()
		w.Write(copyLogRow(collected, name, int(m.header.UncompressedSize64), m.sha1, m.times))
	}
	w.Flush()
	return File{Path: "/" + collected.Format("2006-01-02T150405") + "_CopyLog.csv", Data: append([]byte("\xEF\xBB\xBF"), log.Bytes()...)}
}
