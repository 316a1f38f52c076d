package scene

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive/hivetest"
)

// Signatures of the two disks of WS-ENG-21, in their MBRs.
const (
	systemSignature = 0x7A41C0DE
	dataSignature   = 0x51D2A70B
)

// twoDisks is WS-ENG-21, a quiet host of two disks.
func (b *batch) twoDisks() *batchHost {
	h := newBatchHost(b.next(), "WS-ENG-21", "10.20.33.21")
	h.mounts = registrytest.Mounted(hivetest.Value{Name: `\DosDevices\C:`, Type: hivetest.Binary, Data: registrytest.MBR(systemSignature, volumeOffset)},
		hivetest.Value{Name: `\DosDevices\D:`, Type: hivetest.Binary, Data: registrytest.MBR(dataSignature, volumeOffset)})
	h.daily()
	return h
}

// image writes both disks of a host as images.
func (b *batch) image(h *batchHost) error {
	var system, data []ntfstest.File
	for _, f := range h.collection() {
		system = append(system, ntfstest.File{Path: f.Path, Data: f.Data, SI: f.Times, FN: f.Times})
	}
	for i := range 60 {
		data = append(data, ntfstest.File{Path: fmt.Sprintf("/Projects/drawing%02d.txt", i), Data: prose(uint64(700+i), 4<<10), SI: always(installed), FN: always(installed)})
	}
	c := BatchCollection{Host: h.name, SID: h.sid(), Addresses: []string{h.ip}}
	d := BatchDataDisk{Host: h.name, System: "images/" + h.name + "-disk0.E01", Data: "images/" + h.name + "-disk1.E01", Letter: "D:", Signature: dataSignature}
	if err := os.MkdirAll(filepath.Join(b.dir, "images"), 0o755); err != nil {
		return err
	}
	for _, disk := range []struct {
		file      string
		signature uint32
		files     []ntfstest.File
	}{{d.System, systemSignature, system}, {d.Data, dataSignature, data}} {
		volume := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: uint64(disk.signature)<<32 | 0x5e08d3a6, Time: installed})
		for _, f := range disk.files {
			volume.Add(f)
		}
		content, err := volume.Bytes()
		if err != nil {
			return err
		}
		raw := partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(content)}, partitiontest.Options{}).Bytes()
		binary.LittleEndian.PutUint32(raw[440:], disk.signature)
		if _, err := imagetest.WriteE01(filepath.Join(b.dir, strings.TrimSuffix(disk.file, ".E01")), bytes.NewReader(raw), int64(len(raw)), imagetest.Options{}); err != nil {
			return err
		}
		c.File, c.Raw = disk.file, int64(len(raw))
		b.m.Collections = append(b.m.Collections, c)
	}
	b.m.DataDisks = append(b.m.DataDisks, d)
	b.n++
	return nil
}
