package hivetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// Filler stands where real hives hold credential material. No output of any
// program may show it.
const Filler = "NotForAnyEyes"

// secret returns n bytes of Filler.
func secret(n int) []byte { return bytes.Repeat([]byte(Filler), n/len(Filler)+1)[:n] }

// A Hash is an entry of a user's V: its length and the head that tells whether
// a hash is there. The rest is Filler.
type Hash struct {
	Revision uint16
	Length   int
	Plain    uint32 // of revision 2: bytes of what is encrypted
}

// The entries that Windows writes.
var (
	NoHashRC4 = Hash{1, 4, 0}
	HashRC4   = Hash{1, 20, 0}
	NoHashAES = Hash{2, 24, 0}
	HashAES   = Hash{2, 56, 16}
)

func (h Hash) bytes() []byte {
	b := secret(h.Length)
	if h.Length >= 4 {
		binary.LittleEndian.PutUint16(b, 1)
		binary.LittleEndian.PutUint16(b[2:], h.Revision)
	}
	if h.Length >= 8 && h.Revision == 2 {
		binary.LittleEndian.PutUint32(b[4:], h.Plain)
	}
	return b
}

// Control bits of an Account.
const (
	Disabled     = 0x1
	NoPassword   = 0x4
	Normal       = 0x10
	NeverExpires = 0x200
	Locked       = 0x400
)

// An Account is a user with everything that tells of its exposure.
type Account struct {
	RID                    uint32
	StoredRID              uint32 // in F; 0 means RID
	Name, FullName         string
	Comment, Home, Script  string
	Control                uint16
	LastLogon, PasswordSet time.Time
	LastBad                time.Time
	Logons, BadCount       uint16
	LM, NT                 Hash
	Histories              [2]Hash
	Supplemental           int // bytes of the value; 0: there is none
	ResetData, Hint        int
	InternetName           string
	Written                time.Time // of its key; zero takes the parent's
}

// Key returns the account's key in Users.
func (a Account) Key() *Key {
	k := key(fmt.Sprintf("%08X", a.RID)).with(bytesValue("F", Binary, a.f()), bytesValue("V", Binary, a.v()))
	for _, v := range []struct {
		name string
		size int
	}{{"SupplementalCredentials", a.Supplemental}, {"ResetData", a.ResetData}, {"UserPasswordHint", a.Hint}} {
		if v.size > 0 {
			k.with(bytesValue(v.name, Binary, secret(v.size)))
		}
	}
	k.Time = a.Written
	if a.InternetName != "" {
		k.with(bytesValue("InternetUserName", Binary, windows.AppendUTF16(nil, a.InternetName)))
	}
	return k
}

// NameKey returns the account's key in Names.
func (a Account) NameKey() *Key { return key(a.Name).with(bytesValue("", a.RID, nil)) }

func (a Account) f() []byte {
	b := userF(User{RID: a.RID, LastLogon: a.LastLogon})
	binary.LittleEndian.PutUint64(b[24:], windows.ToFiletime(a.PasswordSet))
	binary.LittleEndian.PutUint64(b[40:], windows.ToFiletime(a.LastBad))
	if a.StoredRID != 0 {
		binary.LittleEndian.PutUint32(b[48:], a.StoredRID)
	}
	binary.LittleEndian.PutUint32(b[56:], uint32(a.Control))
	binary.LittleEndian.PutUint16(b[64:], a.BadCount)
	binary.LittleEndian.PutUint16(b[66:], a.Logons)
	return b
}

func (a Account) v() []byte {
	b := make([]byte, 0xCC)
	add := func(i int, data []byte) {
		binary.LittleEndian.PutUint32(b[12*i:], uint32(len(b)-0xCC))
		binary.LittleEndian.PutUint32(b[12*i+4:], uint32(len(data)))
		b = append(b, data...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	add(0, descriptor())
	for i, s := range []string{1: a.Name, 2: a.FullName, 3: a.Comment, 6: a.Home, 8: a.Script} {
		if i > 0 {
			add(i, windows.AppendUTF16(nil, s))
		}
	}
	for i, h := range []Hash{a.LM, a.NT, a.Histories[0], a.Histories[1]} {
		add(13+i, h.bytes())
	}
	return b
}

// A Group is an alias and the SIDs of its members.
type Group struct {
	RID     uint32
	Name    string
	Members []string
}

// Key returns the alias's key.
func (g Group) Key() *Key {
	b := make([]byte, 52)
	binary.LittleEndian.PutUint32(b, g.RID)
	part := func(at int, data []byte) {
		binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-52))
		binary.LittleEndian.PutUint32(b[at+4:], uint32(len(data)))
		b = append(b, data...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	part(4, descriptor())
	part(16, windows.AppendUTF16(nil, g.Name))
	part(28, nil)
	var members []byte
	for _, sid := range g.Members {
		members = append(members, SID(sid)...)
	}
	part(40, members)
	binary.LittleEndian.PutUint32(b[48:], uint32(len(g.Members)))
	return key(fmt.Sprintf("%08X", g.RID)).with(bytesValue("C", Binary, b))
}

// AccountsKey returns the key SAM of a SAM with the given accounts and
// aliases. F of the domain has Filler where key material is.
func AccountsKey(machineSID string, accounts []Account, builtin, local []Group) *Key {
	users, names := key("Users"), key("Names")
	for _, a := range accounts {
		users.Keys = append(users.Keys, a.Key())
		names.Keys = append(names.Keys, a.NameKey())
	}
	users.Keys = append(users.Keys, names)
	aliases := func(groups []Group) *Key {
		k := key("Aliases", key("Members"), key("Names"))
		for _, g := range groups {
			k.Keys = append(k.Keys, g.Key())
		}
		return k
	}
	f := append(make([]byte, 0x68), secret(264)...)
	f[0] = 3
	account := key("Account", aliases(local), key("Groups"), users).with(
		bytesValue("F", Binary, f), bytesValue("V", Binary, domainV(machineSID)))
	return key("SAM", key("Domains", account, key("Builtin", aliases(builtin), key("Users", key("Names"))).with(
		bytesValue("V", Binary, domainV("S-1-5-32")))), key("RXACT"))
}
