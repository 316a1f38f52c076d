package ntfstest

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// sdsBlock is the distance of a security descriptor to its copy in $SDS.
const sdsBlock = 0x40000

// System and administrators, whom every descriptor lets in.
const (
	systemSID = "S-1-5-18"
	adminsSID = "S-1-5-32-544"
)

// An ACE is one more entry of a file's access list, behind those that let
// system and administrators in.
type ACE struct {
	Deny  bool
	Flags byte // 0x10: inherited from the folder, 0x08: for what lies below only
	Mask  uint32
	SID   string
}

// security collects the descriptors of $Secure, one per owner and list.
type security struct {
	ids     map[string]uint32
	entries []sdsEntry
	sds     []byte // up to sdsBlock bytes
}

// sdsEntry is what $SDS, $SII and $SDH all say of a descriptor.
type sdsEntry struct {
	hash, id uint32
	header   []byte // 20 bytes
}

// id returns the security id of an owner with more entries in the access list;
// the first is 0x100.
func (s *security) id(owner string, more ...ACE) (uint32, error) {
	key := owner
	if owner == "" {
		key = systemSID
	}
	if len(more) > 0 {
		key += fmt.Sprint(more)
	}
	if id, ok := s.ids[key]; ok {
		return id, nil
	}
	sd, err := Descriptor(owner, more...)
	if err != nil {
		return 0, err
	}
	off := align(int64(len(s.sds)), 16)
	if off+20+int64(len(sd)) > sdsBlock {
		return 0, fmt.Errorf("ntfstest: too many owners")
	}
	var hash uint32
	for i := 0; i < len(sd); i += 4 {
		hash = bits.RotateLeft32(hash, 3) + le.Uint32(sd[i:])
	}
	id := 0x100 + uint32(len(s.ids))
	h := le.AppendUint32(nil, hash)
	h = le.AppendUint32(h, id)
	h = le.AppendUint64(h, uint64(off))
	h = le.AppendUint32(h, uint32(20+len(sd)))
	s.sds = append(append(append(s.sds, make([]byte, off-int64(len(s.sds)))...), h...), sd...)
	s.ids[key] = id
	s.entries = append(s.entries, sdsEntry{hash, id, h})
	return id, nil
}

// attrs are the streams of $Secure: descriptors twice, and both indexes.
func (s *security) attrs(v *volume) ([]attr, error) {
	sds, err := v.store(typeData, units("$SDS"), stream{
		data: append(append(slices.Clone(s.sds), make([]byte, sdsBlock-len(s.sds))...), s.sds...)})
	if err != nil {
		return nil, err
	}
	var bySII, bySDH [][]byte
	for _, e := range s.entries {
		bySII = append(bySII, viewEntry(e.header[4:8], e.header, 0x28, ""))
	}
	slices.SortFunc(s.entries, func(a, b sdsEntry) int {
		return bytes.Compare([]byte(fmt.Sprintf("%08x%08x", a.hash, a.id)), []byte(fmt.Sprintf("%08x%08x", b.hash, b.id)))
	})
	for _, e := range s.entries {
		bySDH = append(bySDH, viewEntry(e.header[:8], e.header, 0x30, "I\x00I\x00"))
	}
	sdh, err := v.buildIndex("$SDH", 0, 0x12, bySDH, v.room()/4, nil)
	if err != nil {
		return nil, err
	}
	sii, err := v.buildIndex("$SII", 0, 0x10, bySII, v.room()/4, nil)
	return append(append([]attr{sds}, sdh...), sii...), err
}

// Descriptor is a self-relative security descriptor: full access for system
// and administrators, and what more says. The owner "" is S-1-5-18.
func Descriptor(owner string, more ...ACE) ([]byte, error) {
	if owner == "" {
		owner = systemSID
	}
	full := []ACE{{Mask: 0x1F01FF, SID: systemSID}, {Mask: 0x1F01FF, SID: adminsSID}}
	var acl []byte
	for _, e := range append(full, more...) {
		s, err := sid(e.SID)
		if err != nil {
			return nil, err
		}
		kind := byte(0)
		if e.Deny {
			kind = 1
		}
		acl = append(acl, kind, e.Flags)
		acl = le.AppendUint16(acl, uint16(8+len(s)))
		acl = le.AppendUint32(acl, e.Mask)
		acl = append(acl, s...)
	}
	ownerSID, err := sid(owner)
	if err != nil {
		return nil, err
	}
	group, err := sid(systemSID)
	if err != nil {
		return nil, err
	}
	b := []byte{1, 0, 0x04, 0x80} // self-relative, DACL present
	at := 20 + 8 + len(acl)
	for _, off := range []int{at, at + len(ownerSID), 0, 20} {
		b = le.AppendUint32(b, uint32(off))
	}
	b = append(b, 2, 0)
	b = le.AppendUint16(b, uint16(8+len(acl)))
	b = le.AppendUint16(b, uint16(len(full)+len(more)))
	b = append(b, 0, 0)
	b = append(b, acl...)
	return append(append(b, ownerSID...), group...), nil
}

// sid encodes "S-1-authority-sub-...".
func sid(s string) ([]byte, error) {
	parts := strings.Split(s, "-")
	if len(parts) < 4 || len(parts) > 18 || parts[0] != "S" || parts[1] != "1" {
		return nil, fmt.Errorf("ntfstest: owner %q is no SID", s)
	}
	b := []byte{1, byte(len(parts) - 3), 0, 0}
	for i, p := range parts[2:] {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("ntfstest: owner %q: %w", s, err)
		}
		if i == 0 {
			b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
			continue
		}
		b = le.AppendUint32(b, uint32(n))
	}
	return b, nil
}
