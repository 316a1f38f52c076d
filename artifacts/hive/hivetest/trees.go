package hivetest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// options are those of a system hive of h.
func (h Host) options(p Profile, file string) Options {
	saved := h.Saved
	if saved.IsZero() {
		saved = h.Time.Add(time.Hour)
	}
	return Options{Profile: p, File: file, Saved: saved}
}

func (h Host) root(keys ...*Key) *Key { return &Key{Name: "ROOT", Time: h.Time, Keys: keys} }

func key(name string, keys ...*Key) *Key { return &Key{Name: name, Keys: keys} }

func (k *Key) with(values ...Value) *Key {
	k.Values = append(k.Values, values...)
	return k
}

// Merge adds the values of more to a key, and its subkeys: to the key's own
// of the same name, or beside them. A nil more adds nothing. It returns the key.
func (k *Key) Merge(more *Key) *Key {
	if more == nil {
		return k
	}
	if !more.Time.IsZero() {
		k.Time = more.Time
	}
	k.Values = append(k.Values, more.Values...)
	for _, sub := range more.Keys {
		i := slices.IndexFunc(k.Keys, func(own *Key) bool { return strings.EqualFold(own.Name, sub.Name) })
		if i < 0 {
			k.Keys = append(k.Keys, (&Key{Name: sub.Name, Wide: sub.Wide, Class: sub.Class, Security: sub.Security, List: sub.List}).Merge(sub))
			continue
		}
		k.Keys[i].Merge(sub)
	}
	return k
}

// Text is a REG_SZ value.
func Text(name, s string) Value {
	return Value{Name: name, Type: SZ, Data: windows.AppendUTF16(nil, s+"\x00")}
}

// Number is a REG_DWORD value.
func Number(name string, n uint32) Value {
	return Value{Name: name, Type: DWord, Data: binary.LittleEndian.AppendUint32(nil, n)}
}

func bytesValue(name string, typ uint32, b []byte) Value {
	return Value{Name: name, Type: typ, Data: b}
}

// SAM returns the host's SAM.
func SAM(h Host, p Profile) []byte {
	return Write(h.root(SAMKey(h)), h.options(p, `\SystemRoot\System32\Config\SAM`))
}

// SAMKey returns the key SAM of the host's SAM, what "reg save HKLM\SAM\SAM"
// has as its root.
func SAMKey(h Host) *Key {
	users, aliases := h.usersKeys()
	account := key("Account", key("Aliases"), key("Groups"), users).with(
		bytesValue("F", Binary, domainF(h)), bytesValue("V", Binary, domainV(h.SID)))
	builtin := key("Builtin", aliases, key("Users", key("Names"))).with(
		bytesValue("V", Binary, domainV("S-1-5-32")))
	return key("SAM", key("Domains", account, builtin), key("LastSkuUpgrade"), key("RXACT"))
}

// domainV is a domain's V: four descriptors of 12 bytes, then a security
// descriptor and the SID.
func domainV(sid string) []byte {
	sd, id := descriptor(), SID(sid)
	b := make([]byte, 0x30)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(sd)))
	binary.LittleEndian.PutUint32(b[12:], uint32(len(sd)))
	binary.LittleEndian.PutUint32(b[16:], uint32(len(id)))
	return append(append(b, sd...), id...)
}

// domainF is the account domain's F: revision 3, creation time, next RID;
// zeros where the key material would begin, at 0x68.
func domainF(h Host) []byte {
	b := make([]byte, 368)
	b[0] = 3
	binary.LittleEndian.PutUint64(b[8:], windows.ToFiletime(h.Time.AddDate(-1, 0, 0)))
	binary.LittleEndian.PutUint32(b[0x48:], 1010)
	return b
}

func userF(u User) []byte {
	b := make([]byte, 80)
	binary.LittleEndian.PutUint64(b[8:], windows.ToFiletime(u.LastLogon))
	binary.LittleEndian.PutUint64(b[32:], 0x7FFFFFFFFFFFFFFF)
	binary.LittleEndian.PutUint32(b[48:], u.RID)
	binary.LittleEndian.PutUint32(b[52:], 513)
	flags := uint32(0x210)
	if u.Disabled {
		flags |= 1
	}
	binary.LittleEndian.PutUint32(b[56:], flags)
	return b
}

// userV is a user's V: 17 descriptors of 12 bytes, then descriptor and name,
// then zeros in the places of the hashes.
func userV(u User) []byte {
	b := make([]byte, 0xCC)
	add := func(i int, data []byte) {
		binary.LittleEndian.PutUint32(b[12*i:], uint32(len(b)-0xCC))
		binary.LittleEndian.PutUint32(b[12*i+4:], uint32(len(data)))
		b = append(b, data...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	add(0, descriptor())
	add(1, windows.AppendUTF16(nil, u.Name))
	// The LM hash and both histories have the length of absent ones, the NT
	// hash that of a present one (revision 2); no hash stands there.
	for i, n := range []int{24, 56, 24, 24} {
		blob := make([]byte, n)
		blob[2] = 2
		if n > 24 {
			blob[4] = 16
		}
		add(13+i, blob)
	}
	return b
}

// SECURITY returns the host's SECURITY.
func SECURITY(h Host, p Profile) []byte {
	o := h.options(p, `\SystemRoot\System32\Config\SECURITY`)
	cache, policy := h.securityKeys()
	return Write(h.root(cache, policy, key("RXACT")), o)
}

func cacheKey() *Key {
	cache := key("Cache")
	for i := range 10 {
		cache.with(bytesValue(fmt.Sprintf("NL$%d", i+1), Binary, make([]byte, 168)))
	}
	return cache.with(bytesValue("NL$Control", Binary, []byte{4, 0, 1, 0, 10, 0, 0, 0}))
}

// PolicyKey returns the key Policy of the host's SECURITY.
func PolicyKey(h Host) *Key {
	var domainSID []byte
	if h.DomainSID != "" {
		domainSID = SID(h.DomainSID)
	}
	policy := key("Policy", key("Accounts", key("S-1-5-32-544")), secretsKey(h))
	for _, fact := range []struct {
		name string
		data []byte
	}{
		{"PolAcDmN", counted(h.Name)}, {"PolAcDmS", SID(h.SID)},
		{"PolPrDmN", counted(h.Domain)}, {"PolPrDmS", domainSID}, {"PolDnDDN", counted("")},
		{"PolRevision", []byte{0x12, 0, 1, 0}}, {"PolEKList", make([]byte, 172)},
	} {
		policy.Keys = append(policy.Keys, key(fact.name).with(bytesValue("", None, fact.data)))
	}
	return policy
}

// counted is the form of names in Policy: byte length, room, offset, text.
func counted(s string) []byte {
	text := windows.AppendUTF16(nil, s)
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(text)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)+2))
	b = binary.LittleEndian.AppendUint32(b, 8)
	return append(append(b, text...), 0, 0)
}

func secretsKey(h Host) *Key {
	updated := binary.LittleEndian.AppendUint64(nil, windows.ToFiletime(h.Time))
	secrets := key("Secrets")
	for _, secret := range []struct {
		name string
		size int
	}{{"$MACHINE.ACC", 332}, {"DPAPI_SYSTEM", 124}, {"NL$KM", 156}} {
		secrets.Keys = append(secrets.Keys, key(secret.name,
			key("CurrVal").with(bytesValue("", None, make([]byte, secret.size))),
			key("OldVal").with(bytesValue("", None, make([]byte, secret.size))),
			key("CupdTime").with(bytesValue("", None, updated)),
			key("OupdTime").with(bytesValue("", None, updated)),
			key("SecDesc").with(bytesValue("", None, descriptor()))))
	}
	return secrets
}
