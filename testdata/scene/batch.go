package scene

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// leastBatch is the smallest batch that has one of everything.
const leastBatch = 20

// A batch is what WriteBatch writes.
type batch struct {
	dir   string
	m     BatchManifest
	hosts int // made
	size  int // inputs to be written, two images of one host or two collections of one as one
	n     int // written
}

// next is the number of the next host.
func (b *batch) next() int {
	b.hosts++
	return b.hosts
}

// WriteBatch writes into dir a folder of the evidence of n hosts, at least 20,
// as a response team gets it: quiet hosts and those of one story, inputs that
// cannot be read, and what else lies about. It says what is planted where. The
// same n gives the same bytes.
func WriteBatch(dir string, n int) (BatchManifest, error) {
	if n < leastBatch {
		return BatchManifest{}, fmt.Errorf("scene: a batch of %d hosts: it has at least %d", n, leastBatch)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return BatchManifest{}, err
	}
	b := &batch{dir: dir, size: n}
	for _, write := range []func() error{b.telling, b.twice, b.silent, b.broken, b.rest, b.sidecars} {
		if err := write(); err != nil {
			return BatchManifest{}, err
		}
	}
	b.concludes()
	b.m.sort()
	return b.m, nil
}

// telling writes the hosts of the story, the one of two disks among them: it
// is one of the three that exposed accounts were used at.
func (b *batch) telling() error {
	first, err := b.first()
	if err != nil {
		return err
	}
	second := b.second(first)
	third, fourth, fifth := b.third(second), b.fourth(), b.fifth()
	staging := b.staging(first, second)
	asked := []*batchHost{b.quietHost(), b.quietHost(), b.twoDisks()}
	b.uses(first, second, asked)
	for _, h := range []*batchHost{first, second, third} {
		b.exposes(h, "SAM", "SECURITY", "SYSTEM")
	}
	b.exposes(fourth, "SAM", "SYSTEM")
	b.exposes(fifth, "SAM", "SYSTEM")
	b.m.Programs = append(b.m.Programs, BatchProgram{SHA256: sum(program("libsvc.exe")), Path: batchTool, Hosts: []string{asked[0].name, first.name, second.name}})
	for _, h := range []*batchHost{first, second, third, fourth, fifth, staging, asked[0], asked[1]} {
		if err := b.collect(h, h == fourth, whole); err != nil {
			return err
		}
	}
	return b.image(asked[2])
}

// twice writes two collections of one host, the later one of the day after.
func (b *batch) twice() error {
	earlier := b.quietHost()
	if err := b.collect(earlier, false, whole); err != nil {
		return err
	}
	later := newBatchHost(earlier.number, earlier.name, earlier.ip)
	later.collected = earlier.collected.AddDate(0, 0, 1)
	later.daily()
	b.n-- // it is the same host
	if err := b.collect(later, false, whole); err != nil {
		return err
	}
	files := b.m.Collections[len(b.m.Collections)-2:]
	b.m.Duplicates = append(b.m.Duplicates, BatchDuplicate{Host: earlier.name, Files: []string{files[0].File, files[1].File}})
	return nil
}

// unpackedEvery is how many quiet hosts lie between two whose collections were
// left unpacked.
const unpackedEvery = 12

// rest writes quiet hosts until there are enough.
func (b *batch) rest() error {
	for i := 1; b.n < b.size; i++ {
		if err := b.collect(b.quietHost(), i%unpackedEvery == 0, whole); err != nil {
			return err
		}
	}
	return nil
}

// quietHost is a host on which nothing happened.
func (b *batch) quietHost() *batchHost {
	i := b.next()
	h := newBatchHost(i, fmt.Sprintf("WS-%04d", i), fmt.Sprintf("10.20.%d.%d", 50+i/200, 10+i%200))
	h.daily()
	return h
}

// collectors are who made the collections of a batch.
var collectors = []struct {
	name    string
	file    func(h *batchHost) string
	collect func(h *batchHost, files []File) []Member
}{
	{"KAPE", func(h *batchHost) string { return h.collected.Format("2006-01-02T150405") + "_" + h.name },
		func(h *batchHost, files []File) []Member { return byKAPE(files, h.name, h.collected) }},
	{"Velociraptor", func(h *batchHost) string {
		return "Collection-" + h.name + "_" + dnsDomain + "-" + h.collected.Format("2006-01-02T15_04_05Z")
	}, func(h *batchHost, files []File) []Member { return byVelociraptor(files, h.name, h.collected) }},
	{"CyLR", func(h *batchHost) string { return h.name + "_" + h.collected.Format("20060102") },
		func(h *batchHost, files []File) []Member { return byCyLR(files, h.collected) }},
}

// collect writes the collection of a host, as one of the collectors makes it.
// pack makes the zip of it.
func (b *batch) collect(h *batchHost, folder bool, pack func([]Member) ([]byte, error)) error {
	by := collectors[h.number%len(collectors)]
	c := BatchCollection{File: by.file(h), Collector: by.name, Folder: folder, Host: h.name, SID: h.sid(), Addresses: []string{h.ip}}
	members := by.collect(h, h.collection())
	for _, m := range members {
		c.Members++
		c.Raw += int64(len(m.Data))
	}
	for _, p := range h.plants {
		c.Exports = append(c.Exports, p.Plant)
	}
	b.n++
	if !folder {
		c.File += ".zip"
	}
	b.m.Collections = append(b.m.Collections, c)
	if folder {
		return WriteFolder(filepath.Join(b.dir, c.File), members)
	}
	packed, err := pack(members)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, c.File), packed, 0o644)
}

// whole is a zip of the members.
func whole(members []Member) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.Name, Method: zip.Deflate, Modified: m.Modified})
		if err == nil {
			_, err = w.Write(m.Data)
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

// sidecars writes what lies beside collections and is no evidence: lists of
// digests, logs of the collectors, remarks of those who brought them.
func (b *batch) sidecars() error {
	var digests, custody strings.Builder
	custody.WriteString("file;received;by\r\n")
	for _, c := range b.m.Collections {
		if !c.Folder {
			data, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(c.File)))
			if err != nil {
				return err
			}
			fmt.Fprintf(&digests, "%s  %s\n", sum(data), c.File)
		}
		fmt.Fprintf(&custody, "%s;2026-03-16 09:00;evidence room\r\n", c.File)
	}
	for name, text := range map[string]string{"hashes.sha256": digests.String(), "custody.csv": custody.String(), "README.txt": "Collected on 14 and 15 March 2026. Passwords come by telephone.\r\n",
		"2026-03-14T203100_ConsoleLog.txt": "KAPE version 1.3.0.2\r\nTotal execution time: 41.5 seconds\r\n", "images/WS-ENG-21-disk0.E01.txt": "Acquisition completed without errors.\r\n"} {
		if err := os.WriteFile(filepath.Join(b.dir, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			return err
		}
		b.m.Sidecars = append(b.m.Sidecars, name)
	}
	return nil
}
