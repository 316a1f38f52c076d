package ntfs

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"math/bits"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bounded"
)

// tableCluster is the size that a table on its own is cut into: any number
// that divides every record size will do.
const tableCluster = minRecordSize

var errNotInTable = artifacts.NewProblem(artifacts.Unsupported, -1, "it lies in clusters of the volume, and only the file table is here")

// A Table is a volume's $MFT on its own, as collectors copy it: it tells
// names, sizes, times and what is deleted, but of content only what stands in
// the records themselves. An attribute list outside of the table cannot be
// followed, owners are known from $Secure's $SDS stream only, and which clusters of deleted files were
// used again is not known.
type Table struct{ v *Volume }

// IsTable reports whether a file begins like an $MFT.
func IsTable(head []byte) bool {
	return len(head) >= 4 && (string(head[:4]) == "FILE" || string(head[:4]) == "BAAD")
}

// OpenTable opens the file table in r, which is size bytes long. at gives
// Source and Volume of every Locator. What is left of a record at the end is
// not read.
func OpenTable(r io.ReaderAt, size int64, at artifacts.Locator) (*Table, error) {
	at = artifacts.Locator{Source: at.Source, Volume: at.Volume}
	v := &Volume{disk: bounded.New(r, size), at: at, bare: true}
	record, err := tableRecordSize(v.disk)
	if err != nil {
		return nil, artifacts.Located(at, err)
	}
	size = min(size, maxRecords*int64(record))
	size -= size % int64(record)
	clusters := size / tableCluster
	v.geometry = geometry{sectorSize: fixStride, clusterSize: tableCluster, clusters: 1 << 62 / tableCluster, size: size, mirror: -1, recordSize: record}
	v.table = &runs{disk: v.disk, clusterSize: tableCluster, extents: []extent{{count: clusters}}, size: size, valid: size}
	if rest := v.disk.Size - size; rest > 0 {
		v.report(artifacts.NewProblem(artifacts.Truncated, size, "the file table ends within a record or is too long: %d bytes behind record %d are not read", rest, size/int64(record)-1))
	}
	return &Table{v}, nil
}

// tableRecordSize takes the size of the records from the first one, which
// states it at 28, or from the place of the second one's signature.
func tableRecordSize(d bounded.Disk) (int, error) {
	b := make([]byte, maxRecordSize+4)
	b = b[:min(int64(len(b)), d.Size)]
	if err := d.ReadFull(b, 0); err != nil {
		return 0, err
	}
	if len(b) < minRecordSize || !IsTable(b) {
		return 0, artifacts.NewProblem(artifacts.Malformed, 0, "no file table: no MFT record at its beginning")
	}
	stated := binary.LittleEndian.Uint32(b[28:])
	if stated >= minRecordSize && stated <= maxRecordSize && bits.OnesCount32(stated) == 1 && int64(stated) <= d.Size {
		return int(stated), nil
	}
	for _, n := range []int{1024, 4096, minRecordSize} {
		if n+4 <= len(b) && IsTable(b[n:]) {
			return n, nil
		}
	}
	return 0, artifacts.NewProblem(artifacts.Malformed, 28, "file table: the first record states a size of %d bytes", stated)
}

// Owners takes the owners of files from the volume's $Secure:$SDS, which is
// size bytes long. It is called before Find, if at all; r is read until the
// last entry was asked for its descriptor.
func (t *Table) Owners(r io.ReaderAt, size int64) {
	t.v.owners.once.Do(func() {
		t.v.owners.byID = make(map[uint32]string)
		t.v.owners.sds, t.v.owners.sdsSize = r, size
		readOwners(t.v.owners.byID, r, size)
	})
}

// Find yields first the problems it met, then the streams that the caller
// wants by name: ask.Head is not asked.
func (t *Table) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	ask.Head = nil
	return t.v.Find(ctx, ask)
}

// Tally returns the counts of the last Find.
func (t *Table) Tally() artifacts.Tally { return t.v.Tally() }
