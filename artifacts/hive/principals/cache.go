package principals

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// A Cache holds the verifiers of domain users who logged on here.
type Cache struct {
	Slots  hive.Fact[uint32] // that there can be, from NL$Control
	Empty  int               // slots without a logon
	Logons []CachedLogon     // the latest first: the order of slots tells nothing
}

// A CachedLogon is a slot in use. Names in it are encrypted since Windows
// Vista; what is read is the clear header of 64 bytes.
type CachedLogon struct {
	Name    string // of the value: "NL$3"
	Slot    int
	Offset  int64 // of the value
	RID     hive.Fact[uint32]
	Group   hive.Fact[uint32]    // primary
	Written hive.Fact[time.Time] // UTC; may lie ahead of the clock that wrote the hive
	SID     hive.Fact[string]    // likely, where the lengths of its domain's names are those of the joined domain

	domainSize, dnsSize int // bytes of the names in it
}

// DomainAdministrator reports whether the slot is that of the built-in
// administrator of a domain.
func (l CachedLogon) DomainAdministrator() bool { return l.RID.Value == 500 }

// The header of a slot.
const (
	slotHeader = 64
	slotInUse  = 0x1 // bit of u32@48; slots in use were seen with 0xA0001
)

func (r *securityReader) cache(n hive.Node) {
	c := &r.security.Cache
	for d := range n.Data() {
		name := d.Name()
		if strings.EqualFold(name, "NL$Control") {
			if b := r.security.public(d, 8); len(b) == 8 { // u16 4, u16 1, u32 slots
				c.Slots = hive.Sure(le.Uint32(b[4:]), d.Offset())
			}
			continue
		}
		if len(name) < 4 || !strings.EqualFold(name[:3], "NL$") {
			continue
		}
		slot, err := strconv.ParseUint(name[3:], 10, 16)
		if err != nil || len(c.Logons)+c.Empty >= maxMembers {
			continue
		}
		r.slot(d, int(slot))
	}
	slices.SortStableFunc(c.Logons, func(a, b CachedLogon) int {
		if o := b.Written.Value.Compare(a.Written.Value); o != 0 {
			return o
		}
		return a.Slot - b.Slot
	})
}

func (r *securityReader) slot(d hive.Datum, slot int) {
	b := r.security.public(d, slotHeader)
	if len(b) < slotHeader {
		r.security.problem(artifacts.Malformed, d.Offset(), "SECURITY: the cached logon %s has %d bytes", d.Name(), len(b))
		return
	}
	if le.Uint32(b[48:])&slotInUse == 0 {
		r.security.Cache.Empty++
		return
	}
	at := d.Offset()
	r.security.Cache.Logons = append(r.security.Cache.Logons, CachedLogon{
		Name: d.Name(), Slot: slot, Offset: at,
		RID: hive.Sure(le.Uint32(b[16:]), at), Group: hive.Sure(le.Uint32(b[20:]), at),
		Written:    hive.Sure(windows.Filetime(le.Uint64(b[32:])), at),
		domainSize: int(le.Uint16(b[2:])), dnsSize: int(le.Uint16(b[60:])),
	})
}
