package principals

import (
	"encoding/binary"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

var le = binary.LittleEndian

// A Credential is a hash in a user's V. Whether there is one follows from the
// length of its entry and 8 bytes before it:
//
//	revision 1 (RC4, to Windows 10 1511): 4 bytes or none, 20 with a hash
//	revision 2 (AES, since Windows 10 1607): 24 bytes and u32@4 = 0, 56 and 16
type Credential struct {
	Present  hive.Fact[bool]
	Revision uint16 // 1 or 2; 0 where the entry is too short to tell
	Length   int    // of the entry, in bytes
}

// A History holds the hashes of passwords before.
type History struct {
	Present hive.Fact[bool]
	Hashes  hive.Fact[int] // about how many
	Length  int            // of the entry, in bytes
}

// Bits of F at 56: USER_* of the SAM, not the UF_* of Active Directory.
const (
	disabled      = 0x1
	noPassword    = 0x4
	neverExpires  = 0x200
	lockedOut     = 0x400
	minF          = 68
	fullF         = 80
	userHeader    = 0xCC // of V: 17 descriptors of 12 bytes
	descriptor    = 12
	noCredential1 = 4
	credential1   = 20
	noCredential2 = 24
	credential2   = 56
	hashSize      = 16
)

// readF reads the 80 bytes of F: times, RID, control bits, counters.
func (a *Account) readF(r *samReader, d hive.Datum) {
	b := r.sam.public(d, fullF)
	if len(b) < minF {
		r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: F of RID %d has %d bytes", a.RID, len(b))
		return
	}
	at, c := d.Offset(), r.certainty
	a.LastLogon = fact(c, windows.Filetime(le.Uint64(b[8:])), at)
	a.PasswordSet = fact(c, windows.Filetime(le.Uint64(b[24:])), at)
	a.Expires = fact(c, windows.Filetime(le.Uint64(b[32:])), at)
	a.LastBad = fact(c, windows.Filetime(le.Uint64(b[40:])), at)
	a.StoredRID = fact(c, le.Uint32(b[48:]), at)
	a.Hijacked = fact(c, a.StoredRID.Value != a.RID, at)
	bits := le.Uint16(b[56:])
	a.Enabled = fact(c, bits&disabled == 0, at)
	a.Locked = fact(c, bits&lockedOut != 0, at)
	a.PasswordNotRequired = fact(c, bits&noPassword != 0, at)
	a.NeverExpires = fact(c, bits&neverExpires != 0, at)
	a.BadCount = fact(c, le.Uint16(b[64:]), at)
	a.Logons = fact(c, le.Uint16(b[66:]), at)
}

// readV reads the open part of V: texts and the heads of hashes.
func (a *Account) readV(r *samReader, d hive.Datum) {
	b := r.sam.public(d, maxV)
	if len(b) < userHeader {
		r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: V of RID %d has %d bytes", a.RID, len(b))
		return
	}
	v := userV{b, d.Offset(), r.certainty}
	for _, text := range []struct {
		i  int
		to *hive.Fact[string]
	}{{1, &a.Name}, {2, &a.FullName}, {3, &a.Comment}, {6, &a.Home}, {8, &a.Script}, {9, &a.Profile}} {
		if !v.text(text.i, text.to) {
			r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: entry %d of V of RID %d leaves the value", text.i, a.RID)
		}
	}
	a.LM, a.NT = v.credential(13), v.credential(14)
	a.Histories = [2]History{v.history(15), v.history(16)}
}

type userV struct {
	b         []byte
	offset    int64
	certainty string
}

// entry returns what descriptor i points to.
func (v userV) entry(i int) ([]byte, bool) {
	off, n := uint64(le.Uint32(v.b[descriptor*i:])), uint64(le.Uint32(v.b[descriptor*i+4:]))
	if n == 0 {
		return nil, true
	}
	if userHeader+off+n > uint64(len(v.b)) {
		return nil, false
	}
	return v.b[userHeader+off : userHeader+off+n], true
}

func (v userV) text(i int, to *hive.Fact[string]) bool {
	b, ok := v.entry(i)
	if ok {
		*to = fact(v.certainty, windows.UTF16(b[:min(len(b), maxName)]), v.offset)
	}
	return ok
}

// head returns length, revision, and of revision 2 the length of what is
// encrypted.
func (v userV) head(i int) (n int, revision uint16, plain uint32, ok bool) {
	b, ok := v.entry(i)
	if !ok {
		return 0, 0, 0, false
	}
	if len(b) >= 4 {
		revision = le.Uint16(b[2:])
	}
	if len(b) >= 8 && revision == 2 {
		plain = le.Uint32(b[4:])
	}
	return len(b), revision, plain, true
}

func (v userV) credential(i int) Credential {
	n, revision, plain, ok := v.head(i)
	c := Credential{Revision: revision, Length: n}
	switch {
	case !ok:
	case n == 0, revision == 1 && n == noCredential1, revision == 2 && n == noCredential2 && plain == 0:
		c.Present = fact(v.certainty, false, v.offset)
	case revision == 1 && n == credential1, revision == 2 && n == credential2 && plain == hashSize:
		c.Present = fact(v.certainty, true, v.offset)
	}
	return c
}

// history counts the hashes by the entry's length; of revision 2 by the
// length of what is encrypted, if that fits in.
func (v userV) history(i int) History {
	n, revision, plain, ok := v.head(i)
	h := History{Length: n}
	count := 0
	switch {
	case !ok:
		return h
	case n == 0:
	case revision == 1 && n >= noCredential1 && (n-noCredential1)%hashSize == 0:
		count = (n - noCredential1) / hashSize
	case revision == 2 && n >= noCredential2:
		count = (n - noCredential2) / hashSize
		if plain%hashSize == 0 && int(plain/hashSize) <= count {
			count = int(plain / hashSize)
		}
	default:
		return h
	}
	h.Present = hive.Probable(count > 0, v.offset)
	h.Hashes = hive.Probable(count, v.offset)
	return h
}

// Lengths up to which these values hold nothing.
const (
	emptySupplemental = 64
	emptyHint         = 2
)

// readOther reads the remaining values of a user's key, of the secret ones the
// length.
func (a *Account) readOther(r *samReader, d hive.Datum) {
	switch name := d.Name(); {
	case strings.EqualFold(name, "SupplementalCredentials"):
		a.Supplemental = hive.Probable(d.Length() > emptySupplemental, d.Offset())
	case strings.EqualFold(name, "ResetData"):
		a.ResetData = hive.Probable(d.Length() > 0, d.Offset())
	case strings.EqualFold(name, "UserPasswordHint"):
		a.Hint = fact(r.certainty, d.Length() > emptyHint, d.Offset())
	case strings.EqualFold(name, "InternetUserName"):
		text, _, _ := strings.Cut(windows.UTF16(r.sam.public(d, maxName)), "\x00")
		a.InternetName = fact(r.certainty, text, d.Offset())
	}
}
