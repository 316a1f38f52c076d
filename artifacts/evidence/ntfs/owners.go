package ntfs

import (
	"encoding/binary"
	"io"
	"sync"

	"hivetriage/artifacts/internal/windows"
)

const (
	sdsBlock  = 256 << 10 // $SDS: a block of descriptors, then a copy of the block, and so on
	maxSDS    = 128 << 20 // bytes of $SDS that are read
	maxOwners = 1 << 20   // security ids that are remembered
)

// owners maps the security ids of $STANDARD_INFORMATION to owners. $Secure's
// $SDS stream is read when the first one is asked for.
type owners struct {
	once sync.Once
	byID map[uint32]string
	// The $SDS that was collected with a table; nil for a volume.
	sds     io.ReaderAt
	sdsSize int64
}

// lookup returns the SID for a security id, "" if it is not known.
func (o *owners) lookup(v *Volume, id uint32) string {
	o.once.Do(func() { o.byID = v.readOwners() })
	return o.byID[id]
}

func (v *Volume) readOwners() map[uint32]string {
	byID := make(map[uint32]string)
	v.openSDS(func(r io.ReaderAt, size int64) { readOwners(byID, r, size) })
	return byID
}

// openSDS hands the volume's $SDS streams to read: there is one.
func (v *Volume) openSDS(read func(r io.ReaderAt, size int64)) {
	if v.bare {
		return
	}
	f, err := v.loadFile(recordSecure)
	if err != nil {
		return
	}
	for i := range f.data {
		d := &f.data[i]
		if windows.UTF16(d.name) != "$SDS" || d.nonResident && d.startVCN != 0 {
			continue
		}
		if r, _ := v.reader(f, i); r != nil {
			read(r, d.length())
		}
	}
}

// readOwners enters the owners that are in an $SDS stream of size bytes.
func readOwners(byID map[uint32]string, r io.ReaderAt, size int64) {
	sids := make(map[string]string) // one string for each owner
	eachDescriptor(r, size, func(id uint32, descriptor []byte) {
		sid := ownerSID(descriptor)
		if _, ok := byID[id]; ok || sid == "" || len(byID) >= maxOwners {
			return
		}
		if _, ok := sids[sid]; !ok {
			sids[sid] = sid
		}
		byID[id] = sids[sid]
	})
}

// eachDescriptor goes through an $SDS stream of size bytes; of a damaged block
// the copy comes as well.
func eachDescriptor(r io.ReaderAt, size int64, add func(id uint32, descriptor []byte)) {
	b := make([]byte, sdsBlock)
	for at := int64(0); at < min(size, maxSDS); at += 2 * sdsBlock {
		for _, copyAt := range []int64{at, at + sdsBlock} {
			n, _ := r.ReadAt(b, copyAt)
			if parseSDS(b[:n], at, add) {
				break
			}
		}
	}
}

// parseSDS goes through one block of $SDS, whose first byte has the given
// offset in the stream: entries of hash, security id, offset of the entry in
// the stream, length with this 20-byte header, descriptor, each at a multiple
// of 16. It returns whether the block was whole.
func parseSDS(b []byte, offset int64, add func(id uint32, descriptor []byte)) bool {
	at := 0
	for at+20 <= len(b) {
		id, length := binary.LittleEndian.Uint32(b[at+4:]), binary.LittleEndian.Uint32(b[at+16:])
		if length == 0 {
			return true
		}
		if length < 20 || int64(length) > int64(len(b)-at) || binary.LittleEndian.Uint64(b[at+8:]) != uint64(offset)+uint64(at) {
			return false
		}
		add(id, b[at+20:at+int(length)])
		at += (int(length) + 15) &^ 15
	}
	return at > 0
}

// ownerSID returns the owner of a self-relative security descriptor, "" if it
// has none. The owner's offset stands at 4.
func ownerSID(b []byte) string {
	if len(b) < 20 {
		return ""
	}
	at := binary.LittleEndian.Uint32(b[4:])
	if at < 20 || int64(at) > int64(len(b)) {
		return ""
	}
	sid, _ := windows.SID(b[at:])
	return sid
}
