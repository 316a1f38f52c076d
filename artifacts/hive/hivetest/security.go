package hivetest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// SID encodes "S-1-5-..." as Windows stores it. It panics on other text.
func SID(s string) []byte {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || parts[0] != "S" || parts[1] != "1" {
		panic(fmt.Sprintf("hivetest: %q is not a SID", s))
	}
	b := []byte{1, byte(len(parts) - 3), 0, 0, 0, 0, 0, byte(number(parts[2]))}
	for _, p := range parts[3:] {
		b = binary.LittleEndian.AppendUint32(b, number(p))
	}
	return b
}

func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic("hivetest: " + err.Error())
	}
	return uint32(n)
}

// descriptor is a self-relative security descriptor: owned by
// Administrators, full control for them and for SYSTEM.
func descriptor() []byte {
	admins, system := SID("S-1-5-32-544"), SID("S-1-5-18")
	var acl []byte
	for _, sid := range [][]byte{admins, system} {
		acl = append(acl, 0, 2) // ACCESS_ALLOWED, container inherit
		acl = binary.LittleEndian.AppendUint16(acl, uint16(8+len(sid)))
		acl = binary.LittleEndian.AppendUint32(acl, 0xF003F) // KEY_ALL_ACCESS
		acl = append(acl, sid...)
	}
	const header = 20
	b := []byte{1, 0, 0x04, 0x80} // self-relative, DACL present
	for _, off := range []int{header, header + len(admins), 0, header + len(admins) + len(system)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(off))
	}
	b = append(append(b, admins...), system...)
	b = append(b, 2, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(8+len(acl)))
	b = append(b, 2, 0, 0, 0)
	return append(b, acl...)
}

// secure gives the key at off its descriptor; equal ones share a cell.
func (w *writer) secure(off uint32, sd []byte) {
	if sd == nil {
		sd = descriptor()
	}
	sk, ok := w.security[string(sd)]
	if !ok {
		sk = w.cell(20 + len(sd))
		copy(w.bins[sk+4:], "sk")
		w.u32(sk, 16, uint32(len(sd)))
		copy(w.bins[sk+4+20:], sd)
		w.security[string(sd)] = sk
		w.skOrder = append(w.skOrder, sk)
	}
	w.u32(sk, 12, binary.LittleEndian.Uint32(w.bins[sk+4+12:])+1)
	w.u32(off, 44, sk)
}

// linkSecurity closes the ring of "sk" cells.
func (w *writer) linkSecurity() {
	n := len(w.skOrder)
	for i, sk := range w.skOrder {
		w.u32(sk, 4, w.skOrder[(i+1)%n])
		w.u32(sk, 8, w.skOrder[(i+n-1)%n])
	}
}
