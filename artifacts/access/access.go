// Package access reads security descriptors: who owns a file and whom its
// access list lets read it.
//
// Format facts: [MS-DTYP] 2.4.2 SID, 2.4.4 ACE, 2.4.5 ACL, 2.4.6
// SECURITY_DESCRIPTOR, 2.5.3.2 for the order in which entries count.
package access

import (
	"encoding/binary"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Groups that every user who logs on belongs to, the guest aside.
const (
	Everyone           = "S-1-1-0"
	AuthenticatedUsers = "S-1-5-11"
	Users              = "S-1-5-32-545"
)

// Rights in a mask that let a file's content be read: FILE_READ_DATA and the
// generic rights that contain it.
const reading = 0x1 | genericAll | genericRead

const (
	genericAll  = 0x10000000
	genericRead = 0x80000000
)

// A Kind says what an entry does.
type Kind uint8

// The kinds. Conditional ones depend on claims that no descriptor tells;
// Neither is auditing and everything else that decides nothing.
const (
	Neither Kind = iota
	Allow
	Deny
	AllowIf
	DenyIf
)

// kinds are ACE_HEADER's types; 4 is reserved, 5, 6, 11 and 12 are those with
// object types.
var kinds = map[byte]Kind{0: Allow, 1: Deny, 5: Allow, 6: Deny, 9: AllowIf, 10: DenyIf, 11: AllowIf, 12: DenyIf}

// Flags of an entry.
const (
	InheritOnly = 0x08 // meant for what lies below, not for the file itself
	Inherited   = 0x10 // from the folder
)

// An Entry is one ACE of the access list.
type Entry struct {
	Kind   Kind
	Flags  uint8
	Mask   uint32
	SID    string
	Offset int // of the entry in the descriptor, bytes
}

// A Descriptor is a security descriptor.
type Descriptor struct {
	Owner, Group string // SIDs; "" where there is none
	// Open says that there is no access list: everyone may do everything. A
	// list without entries lets nobody in.
	Open    bool
	Entries []Entry
}

// The layout of a self-relative descriptor: revision at 0, control bits at 2,
// offsets of owner, group, SACL and DACL from 4 on; of a list: revision at 0,
// size at 2, number of entries at 4.
const (
	headerSize   = 20
	listSize     = 8
	entrySize    = 4 // type, flags, size
	daclPresent  = 0x0004
	selfRelative = 0x8000
	maxSize      = 64 << 10 // of a list: its size is 16 bits
)

// Parse reads a self-relative descriptor. With an error the result holds what
// stood before it.
func Parse(b []byte) (d Descriptor, err error) {
	if len(b) < headerSize {
		return d, artifacts.NewProblem(artifacts.Truncated, 0, "security descriptor of %d bytes", len(b))
	}
	control := binary.LittleEndian.Uint16(b[2:])
	if b[0] != 1 || control&selfRelative == 0 {
		return d, artifacts.NewProblem(artifacts.Malformed, 0, "no self-relative security descriptor: revision %d, control bits %#x", b[0], control)
	}
	for i, sid := range []*string{&d.Owner, &d.Group} {
		at := binary.LittleEndian.Uint32(b[4+4*i:])
		if at == 0 {
			continue
		}
		if at < headerSize || int64(at) > int64(len(b)) {
			return d, artifacts.NewProblem(artifacts.Malformed, int64(4+4*i), "security descriptor: a SID at %d of %d bytes", at, len(b))
		}
		if *sid, _ = windows.SID(b[at:]); *sid == "" {
			return d, artifacts.NewProblem(artifacts.Malformed, int64(at), "security descriptor: no SID where one belongs")
		}
	}
	at := binary.LittleEndian.Uint32(b[16:])
	if control&daclPresent == 0 || at == 0 {
		d.Open = true
		return d, nil
	}
	if at < headerSize || int64(at)+listSize > int64(len(b)) {
		return d, artifacts.NewProblem(artifacts.Malformed, 16, "security descriptor: access list at %d of %d bytes", at, len(b))
	}
	d.Entries, err = entries(b[:min(len(b), int(at)+maxSize)], int(at))
	return d, err
}

// entries reads the access list at an offset of the descriptor.
func entries(b []byte, at int) (all []Entry, err error) {
	size, count := int(binary.LittleEndian.Uint16(b[at+2:])), int(binary.LittleEndian.Uint16(b[at+4:]))
	if size < listSize || at+size > len(b) {
		return nil, artifacts.NewProblem(artifacts.Malformed, int64(at), "access list of %d bytes, %d are left", size, len(b)-at)
	}
	b = b[:at+size]
	at += listSize
	for range count {
		if len(b)-at < entrySize {
			return all, artifacts.NewProblem(artifacts.Malformed, int64(at), "access list: %d of %d entries are there", len(all), count)
		}
		n := int(binary.LittleEndian.Uint16(b[at+2:]))
		if n < entrySize || n > len(b)-at {
			return all, artifacts.NewProblem(artifacts.Malformed, int64(at), "access list: entry of %d bytes", n)
		}
		e, ok := entry(b[at : at+n])
		if !ok {
			return all, artifacts.NewProblem(artifacts.Malformed, int64(at), "access list: entry without a SID")
		}
		e.Offset = at
		all = append(all, e)
		at += n
	}
	return all, nil
}

// entry reads one entry: type, flags and size, the mask at 4, the SID at 8. In
// one with object types flags at 8 say which of two GUIDs stand before the SID.
func entry(b []byte) (Entry, bool) {
	e := Entry{Kind: kinds[b[0]], Flags: b[1]}
	if e.Kind == Neither {
		return e, true
	}
	at := 8
	if len(b) < at {
		return e, false
	}
	e.Mask = binary.LittleEndian.Uint32(b[4:])
	if b[0] == 5 || b[0] == 6 || b[0] == 11 || b[0] == 12 {
		if len(b) < 12 {
			return e, false
		}
		at = 12
		for _, present := range []uint32{1, 2} {
			if binary.LittleEndian.Uint32(b[8:])&present != 0 {
				at += 16
			}
		}
	}
	if at > len(b) {
		return e, false
	}
	e.SID, _ = windows.SID(b[at:])
	return e, e.SID != ""
}

// Reads reports whether somebody who is in all of the groups, and in no other,
// may read the file. by is the entry that decides: nil where none names the
// groups, and where there is no list. Entries with a condition are taken as
// not met where they allow, and as met where they deny.
func (d *Descriptor) Reads(groups ...string) (may bool, by *Entry) {
	if d.Open {
		return true, nil
	}
	for i := range d.Entries {
		e := &d.Entries[i]
		if e.Flags&InheritOnly != 0 || e.Mask&reading == 0 || !among(e.SID, groups) {
			continue
		}
		switch e.Kind {
		case Allow:
			return true, e
		case Deny, DenyIf:
			return false, e
		}
	}
	return false, nil
}

func among(sid string, groups []string) bool {
	for _, g := range groups {
		if g == sid {
			return true
		}
	}
	return false
}
