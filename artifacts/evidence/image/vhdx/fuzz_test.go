package vhdx

import (
	"bytes"
	"testing"

	"hivetriage/artifacts/evidence/image/blocks"
	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
)

func zeros(begin, end int64) blocks.Range { return blocks.Range{Begin: begin * page, End: end * page} }

// FuzzOpen puts structures into a disk at the places they have there, and
// makes the checksums fit, so that what they guard is reached.
func FuzzOpen(f *testing.F) {
	chained, _ := chain(512)
	logged, _, _, _ := dirty(vhdxtest.Log{PerEntry: 2, Applied: true})
	places := []struct{ at, size int }{{64 << 10, 80}, {192 << 10, 112}, {vhdxtest.MetadataAt, 256}, {vhdxtest.MetadataAt + 64<<10, 512}, {vhdxtest.TableAt, 64}, {vhdxtest.LogAt, 16 * page}}
	add := func(b []byte) {
		var parts [6][]byte
		for i, p := range places {
			parts[i] = bytes.Clone(b[p.at : p.at+p.size])
		}
		f.Add(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
	}
	add(chained["middle.vhdx"])
	add(chained["base.vhdx"])
	add(logged)
	disk := make([]byte, 5*mib)
	f.Fuzz(func(t *testing.T, head, regions, table, items, entries, log []byte) {
		clear(disk)
		for i, part := range [][]byte{head, regions, table, items, entries, log} {
			copy(disk[places[i].at:], part[:min(len(part), 64<<10)])
		}
		vhdxtest.Seal(disk[64<<10:][:4096])
		vhdxtest.Seal(disk[192<<10:][:64<<10])
		sealEntries(disk[vhdxtest.LogAt:][:vhdxtest.LogSize])
		chained["fuzz"] = disk
		d, err := chained.disk("fuzz")
		imagetest.Opened(t, d, err)
	})
}

// sealEntries makes the checksums of log entries fit that follow one another.
func sealEntries(log []byte) {
	for at := 0; at < len(log) && string(log[at:at+4]) == "loge"; {
		length := int(log[at+9])<<8 | int(log[at+10])<<16
		if length < page || length%page != 0 || at+length > len(log) {
			return
		}
		vhdxtest.Seal(log[at : at+length])
		at += length
	}
}
