package hivetest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// A Secret is an LSA secret; what is encrypted in a real one is Filler.
type Secret struct {
	Name            string
	Updated, Before time.Time
	Length, Old     int // bytes of both values
}

// Key returns the secret's key in Secrets.
func (s Secret) Key() *Key {
	at := func(t time.Time) Value {
		return bytesValue("", None, binary.LittleEndian.AppendUint64(nil, windows.ToFiletime(t)))
	}
	return key(s.Name,
		key("CurrVal").with(bytesValue("", None, secret(s.Length))), key("OldVal").with(bytesValue("", None, secret(s.Old))),
		key("CupdTime").with(at(s.Updated)), key("OupdTime").with(at(s.Before)), key("SecDesc").with(bytesValue("", None, descriptor())))
}

// A CachedLogon is a slot of Cache in use.
type CachedLogon struct {
	RID         uint32
	Written     time.Time
	Domain, DNS string // their lengths are in the clear, the names are not
}

// CacheKey returns the key Cache with the given number of slots, the first of
// which are in use.
func CacheKey(slots int, logons ...CachedLogon) *Key {
	k := key("Cache")
	for i := range slots {
		b := make([]byte, 168)
		if i < len(logons) {
			b = logons[i].slot()
		}
		k.with(bytesValue(fmt.Sprintf("NL$%d", i+1), Binary, b))
	}
	control := binary.LittleEndian.AppendUint32([]byte{4, 0, 1, 0}, uint32(slots))
	return k.with(bytesValue("NL$Control", Binary, control))
}

func (l CachedLogon) slot() []byte {
	b := make([]byte, 96)
	binary.LittleEndian.PutUint16(b, 10) // of the user's name
	binary.LittleEndian.PutUint16(b[2:], uint16(len(windows.AppendUTF16(nil, l.Domain))))
	binary.LittleEndian.PutUint32(b[16:], l.RID)
	binary.LittleEndian.PutUint32(b[20:], 513)
	binary.LittleEndian.PutUint64(b[32:], windows.ToFiletime(l.Written))
	binary.LittleEndian.PutUint32(b[40:], 0x00010004)
	binary.LittleEndian.PutUint32(b[48:], 0xA0001)
	binary.LittleEndian.PutUint16(b[60:], uint16(len(windows.AppendUTF16(nil, l.DNS))))
	copy(b[64:], secret(32))
	return append(b, secret(320)...)
}

// Policy is a key Policy of SECURITY.
type Policy struct {
	Host           Host
	DNSDomain      string
	MachineAccount uint32 // RID; 0: as Windows 8.1, which does not have it
	Secrets        []Secret
	Holders        map[string][]uint32 // SID to the numbers of its privileges
	Audit          []byte              // value of PolAdtEv; nil: none
}

// Key returns the key.
func (p Policy) Key() *Key {
	policy := PolicyKey(p.Host)
	for _, k := range policy.Keys {
		switch k.Name {
		case "Secrets":
			k.Keys = nil
			for _, s := range p.Secrets {
				k.Keys = append(k.Keys, s.Key())
			}
		case "Accounts":
			k.Keys = nil
			for _, sid := range slices.Sorted(maps.Keys(p.Holders)) {
				k.Keys = append(k.Keys, holderKey(sid, p.Holders[sid]))
			}
		case "PolEKList":
			k.Values = []Value{bytesValue("", None, secret(172))}
		case "PolDnDDN":
			k.Values = []Value{bytesValue("", None, counted(p.DNSDomain))}
		}
	}
	if p.MachineAccount != 0 {
		rid := binary.LittleEndian.AppendUint32(nil, p.MachineAccount)
		policy.Keys = append(policy.Keys, key("PolMachineAccountR").with(bytesValue("", None, rid)),
			key("PolMachineAccountS").with(bytesValue("", None, SID(fmt.Sprintf("%s-%d", p.Host.DomainSID, p.MachineAccount)))))
	}
	if p.Audit != nil {
		policy.Keys = append(policy.Keys, key("PolAdtEv").with(bytesValue("", None, p.Audit)))
	}
	return policy
}

func holderKey(sid string, privileges []uint32) *Key {
	k := key(sid, key("Sid").with(bytesValue("", None, SID(sid))))
	if len(privileges) == 0 {
		return k
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(privileges)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	for _, p := range privileges {
		b = binary.LittleEndian.AppendUint64(b, uint64(p))
		b = binary.LittleEndian.AppendUint32(b, 0)
	}
	k.Keys = append(k.Keys, key("Privilgs").with(bytesValue("", None, b)))
	return k
}

// AuditPolicy is a value of PolAdtEv: the settings in order, one value that
// counts for nothing, the numbers of subcategories.
func AuditPolicy(counts []uint16, settings map[int]uint16) []byte {
	n := 0
	for _, c := range counts {
		n += int(c)
	}
	b := make([]byte, 12, 12+2*n+2+2*len(counts))
	binary.LittleEndian.PutUint32(b, 0x100)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(counts)))
	binary.LittleEndian.PutUint32(b[8:], uint32(12+2*n+2))
	for i := range n {
		b = binary.LittleEndian.AppendUint16(b, settings[i])
	}
	b = append(b, 0, 0)
	for _, c := range counts {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// ServiceKey returns a key of Services.
func ServiceKey(name, account, path string, start, kind uint32, keys ...*Key) *Key {
	k := key(name, keys...).with(Number("Start", start), Number("Type", kind))
	if account != "" {
		k.with(Text("ObjectName", account))
	}
	if path != "" {
		v := Text("ImagePath", path)
		v.Type = ExpandSZ
		k.with(v)
	}
	return k
}
