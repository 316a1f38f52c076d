package scene

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// leastBatch is the smallest batch that has one of everything.
const leastBatch = 20

// A batch is what WriteBatch writes.
type batch struct {
	dir string
	m   BatchManifest
	n   int // collections written
}

// WriteBatch writes into dir a folder of n collections and images, at least
// 20, as a response team gets them: quiet hosts and those of one story, inputs
// that cannot be read, and what else lies about. It says what is planted where.
// The same n gives the same bytes.
func WriteBatch(dir string, n int) (BatchManifest, error) {
	if n < leastBatch {
		return BatchManifest{}, fmt.Errorf("scene: a batch of %d collections: it has at least %d", n, leastBatch)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return BatchManifest{}, err
	}
	b := &batch{dir: dir}
	for b.n < n {
		if err := b.collect(b.quietHost(), false); err != nil {
			return BatchManifest{}, err
		}
	}
	slices.SortFunc(b.m.Collections, func(x, y BatchCollection) int { return cmp.Compare(x.File, y.File) })
	return b.m, nil
}

// quietHost is a host on which nothing happened.
func (b *batch) quietHost() *batchHost {
	i := b.n
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
	{"CyLR", func(h *batchHost) string { return h.name }, func(h *batchHost, files []File) []Member { return byCyLR(files, h.collected) }},
}

// collect writes the collection of a host, as one of the collectors makes it.
func (b *batch) collect(h *batchHost, folder bool) error {
	by := collectors[b.n%len(collectors)]
	c := BatchCollection{File: by.file(h), Collector: by.name, Folder: folder, Host: h.name, SID: h.sid(), Addresses: []string{h.ip}}
	members := by.collect(h, h.collection())
	for _, m := range members {
		c.Members++
		c.Raw += int64(len(m.Data))
	}
	b.n++
	if folder {
		b.m.Collections = append(b.m.Collections, c)
		return WriteFolder(filepath.Join(b.dir, c.File), members)
	}
	c.File += ".zip"
	b.m.Collections = append(b.m.Collections, c)
	packed, err := packedMembers(members)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, c.File), packed, 0o644)
}

// packedMembers is a zip of the members.
func packedMembers(members []Member) ([]byte, error) {
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
