package scene

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// LockedPassword opens the encrypted collections of a batch.
const LockedPassword = "not told"

// broken writes what cannot be read in whole: 3 % of the batch and at least
// one in each way are damaged, two are encrypted, one is a bomb, one is empty,
// and there is an empty folder.
func (b *batch) broken() error {
	ways := []struct {
		kind string
		pack func([]Member) ([]byte, error)
	}{{"cut", cut}, {"directory", noDirectory}, {"flipped", flipped}}
	for i := range max(len(ways), b.size*3/100) {
		w := ways[i%len(ways)]
		if err := b.fails(w.kind, w.pack); err != nil {
			return err
		}
	}
	for range 2 {
		if err := b.fails("encrypted", encryptedZip); err != nil {
			return err
		}
	}
	if err := b.fails("bomb", bomb); err != nil {
		return err
	}
	if err := b.fails("empty", func([]Member) ([]byte, error) { return nil, nil }); err != nil {
		return err
	}
	const folder = "2026-03-14T231500_WS-0000"
	b.m.Failures = append(b.m.Failures, BatchFailure{File: folder, Kind: "empty folder"})
	return os.MkdirAll(filepath.Join(b.dir, folder), 0o755)
}

// fails writes the collection of a quiet host in a way that fails.
func (b *batch) fails(kind string, pack func([]Member) ([]byte, error)) error {
	if err := b.collect(b.quietHost(), false, pack); err != nil {
		return err
	}
	c := &b.m.Collections[len(b.m.Collections)-1]
	f := BatchFailure{File: c.File, Kind: kind, Host: c.Host}
	switch kind {
	case "flipped":
		f.Member = flippedMember
	case "encrypted", "bomb", "empty":
		f.Host = ""
		*c = BatchCollection{File: c.File}
	}
	b.m.Failures = append(b.m.Failures, f)
	return nil
}

// cut is a zip whose last third was not copied, and its directory with it.
func cut(members []Member) ([]byte, error) {
	packed, err := whole(members)
	return packed[:len(packed)*2/3], err
}

// noDirectory is a zip whose central directory was overwritten.
func noDirectory(members []Member) ([]byte, error) {
	packed, err := whole(members)
	if at := bytes.LastIndex(packed, []byte("PK\x05\x06")); at >= 0 {
		first := binary.LittleEndian.Uint32(packed[at+16:])
		copy(packed[first:at], noise(uint64(first), at-int(first)))
	}
	return packed, err
}

// flippedMember ends the name of the member that flipped damages.
const flippedMember = "Security.evtx"

// flipped is a zip in which some bytes of one member are others.
func flipped(members []Member) ([]byte, error) {
	packed, err := whole(members)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, flippedMember) {
			at, err := f.DataOffset()
			if err != nil {
				return nil, err
			}
			middle := at + int64(f.CompressedSize64)/2
			for i := range int64(16) {
				packed[middle+i] ^= 0xa5
			}
			return packed, nil
		}
	}
	return nil, errors.New("scene: no log to damage")
}

// bombSize is what a member of the bomb grows to. A byte of Deflate stands for
// 1032 at most: from here on that is more than the grace that readers give.
const bombSize = 96 << 20

// bomb is a zip of a few hundred kilobytes in which a member of zeros lies
// plain, and three times in a zip.
func bomb([]Member) ([]byte, error) {
	var zero bytes.Buffer
	w, err := flate.NewWriter(&zero, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	sum := crc32.NewIEEE()
	piece := make([]byte, 1<<20)
	for range bombSize / len(piece) {
		sum.Write(piece)
		if _, err := w.Write(piece); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	inner, err := rawZip(zip.FileHeader{Method: zip.Deflate, CRC32: sum.Sum32(), UncompressedSize64: bombSize}, zero.Bytes(), "C/a.bin", "C/b.bin", "C/c.bin")
	if err != nil {
		return nil, err
	}
	return rawZip(zip.FileHeader{Method: zip.Store, CRC32: crc32.ChecksumIEEE(inner), UncompressedSize64: uint64(len(inner))}, inner, "C/Users/Public/Downloads/update.zip")
}

// rawZip is a zip of members with the same packed content.
func rawZip(h zip.FileHeader, packed []byte, names ...string) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		header := h
		header.Name, header.Modified, header.CompressedSize64 = name, collected, uint64(len(packed))
		w, err := z.CreateRaw(&header)
		if err == nil {
			_, err = w.Write(packed)
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

// encryptedZip is a zip of the members in PKWARE's traditional encryption,
// which opens with LockedPassword. The salt of each is made of its content, so
// that the same members give the same bytes.
func encryptedZip(members []Member) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, m := range members {
		packed, err := packAll([]File{{Data: m.Data}})
		if err != nil {
			return nil, err
		}
		h := packed[0].header
		salt := append(noise(uint64(h.CRC32)+uint64(i), 11), byte(h.CRC32>>24))
		content := encrypt(append(salt, packed[0].packed...))
		h.Name, h.Modified, h.Flags, h.CompressedSize64 = m.Name, m.Modified, 1, uint64(len(content))
		w, err := z.CreateRaw(&h)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return nil, fmt.Errorf("scene: %s: %w", m.Name, err)
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

// encrypt is the traditional encryption of zips (APPNOTE.TXT 6.1), in place.
func encrypt(data []byte) []byte {
	keys := [3]uint32{0x12345678, 0x23456789, 0x34567890}
	update := func(b byte) {
		keys[0] = crc32.IEEETable[byte(keys[0])^b] ^ keys[0]>>8
		keys[1] = (keys[1]+keys[0]&0xff)*134775813 + 1
		keys[2] = crc32.IEEETable[byte(keys[2])^byte(keys[1]>>24)] ^ keys[2]>>8
	}
	for _, b := range []byte(LockedPassword) {
		update(b)
	}
	for i, plain := range data {
		t := keys[2]&0xffff | 2
		data[i] = plain ^ byte(t*(t^1)>>8)
		update(plain)
	}
	return data
}

// logsLost is when the Security logs of some hosts begin: after the acts.
var logsLost = day(15, 2, 11)

// silent writes hosts whose logs cannot tell of the acts: 3 % of the batch
// and at least one of each kind.
func (b *batch) silent() error {
	whys := []string{"absent", "begins after the acts", "cleared"}
	for i := range max(len(whys), b.size*3/100) {
		h := b.quietHost()
		n := BatchNoLogs{Host: h.name, Why: whys[i%len(whys)]}
		if n.Why == "absent" {
			h.quiet = []string{eventlogtest.SecurityChannel, eventlogtest.SysmonChannel}
		} else {
			n.Begins = h.forgets(n.Why == "cleared")
		}
		b.m.NoLogs = append(b.m.NoLogs, n)
		if err := b.collect(h, false, whole); err != nil {
			return err
		}
	}
	return nil
}

// forgets takes from the host's logs what was told before logsLost, as they
// were cleared or as they ran over, and returns when the Security log begins.
func (h *batchHost) forgets(cleared bool) time.Time {
	left := h.story.between(logsLost, h.collected.Add(time.Hour))
	left[eventlogtest.SystemChannel] = h.story[eventlogtest.SystemChannel]
	h.story = left
	if cleared {
		h.story.tell(eventlogtest.Security1102(logsLost, computer, caretaker.who))
	}
	return h.story.records(eventlogtest.SecurityChannel)[0].Time
}
