package principals

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// A Security is what trees of a SECURITY hive tell.
type Security struct {
	ComputerName      hive.Fact[string]
	MachineSID        hive.Fact[string] // on a domain controller the domain's
	Domain            hive.Fact[string] // joined domain or workgroup, NetBIOS name
	DNSDomain         hive.Fact[string]
	DomainSID         hive.Fact[string] // "" is a workgroup
	DomainGUID        hive.Fact[string]
	MachineAccountRID hive.Fact[uint32] // of the computer account
	MachineAccountSID hive.Fact[string] // SID of the computer account in the domain
	Revision          hive.Fact[uint32] // of the policy: 0x1000C on Windows 8.1, 0x10012 on 10 and 11

	Secrets []Secret // by name, deleted ones behind
	Holders []Holder // by SID
	Cache   Cache

	problems
}

// A Holder is a principal to whom the policy gives rights.
type Holder struct {
	SID    string
	Offset int64           // of its key
	Backup hive.Fact[bool] // holds SeBackupPrivilege, with which hives are saved
}

// sidSize is the length of the longest SID.
const sidSize = 68

// ReadSecurity reads the trees below tops, and deleted keys of secrets. The
// error is the first of Security.Problems, a *artifacts.Problem; what could be
// read stands beside it.
func ReadSecurity(tops, deleted []hive.Node) (Security, error) {
	r := securityReader{}
	for _, top := range tops {
		r.walk(top, 0)
	}
	s := &r.security
	slices.SortStableFunc(s.Secrets, bySecret)
	slices.SortStableFunc(s.Holders, func(a, b Holder) int { return strings.Compare(a.SID, b.SID) })
	live := len(s.Secrets)
	r.parts = partsOf(deleted)
	for _, n := range deleted {
		if class, _ := secretClass(n.Name()); class != OtherSecret || isSecret(n) || len(r.parts[place(n)]) > 0 {
			r.secret(n, true)
		}
	}
	slices.SortStableFunc(s.Secrets[live:], bySecret)
	r.resolve()
	return r.security, s.err()
}

func bySecret(a, b Secret) int { return strings.Compare(a.Name, b.Name) }

type securityReader struct {
	security   Security
	domainSize int // bytes of the domain's name
	dnsSize    int // of its DNS name
	full       bool
	parts      map[string][]hive.Node // of deleted secrets, by the place of the secret
}

// place is where a deleted key was; "" if that is not told.
func place(n hive.Node) string {
	if r, ok := n.(hive.Remnant); ok {
		return strings.ToLower(r.Place)
	}
	return ""
}

// partsOf finds the subkeys of deleted secrets: they are deleted keys, too.
func partsOf(deleted []hive.Node) map[string][]hive.Node {
	parts := map[string][]hive.Node{}
	for _, n := range deleted {
		path := place(n)
		if i := strings.LastIndexByte(path, '\\'); i > 0 && strings.Contains(path[:i], `secrets\`) {
			parts[path[:i]] = append(parts[path[:i]], n)
		}
	}
	return parts
}

// walk looks for what it knows in n and a few levels below.
func (r *securityReader) walk(n hive.Node, level int) {
	name := n.Name()
	switch {
	case strings.EqualFold(name, "Secrets"):
		for sub := range n.Children() {
			r.secret(sub, false)
		}
		return
	case strings.EqualFold(name, "Accounts"):
		for sub := range n.Children() {
			r.holder(sub)
		}
		return
	case strings.EqualFold(name, "Cache"):
		r.cache(n)
		return
	case r.policy(n, name):
		return
	case isSecret(n):
		r.secret(n, false)
		return
	}
	if level == depth {
		return
	}
	for sub := range n.Children() {
		r.walk(sub, level+1)
	}
}

// policy reads the default value of a key of the policy; false if n is none of
// those that are read.
func (r *securityReader) policy(n hive.Node, name string) bool {
	s := &r.security
	switch strings.ToLower(name) {
	case "polacdmn":
		r.counted(n, &s.ComputerName)
	case "polprdmn":
		r.domainSize = r.counted(n, &s.Domain)
	case "poldnddn":
		r.dnsSize = r.counted(n, &s.DNSDomain)
	case "polacdms":
		r.sid(n, &s.MachineSID)
	case "polprdms":
		r.sid(n, &s.DomainSID)
	case "polmachineaccounts":
		r.sid(n, &s.MachineAccountSID)
	case "polmachineaccountr":
		r.number(n, &s.MachineAccountRID)
	case "polrevision":
		r.number(n, &s.Revision)
	case "poldndmg":
		if b, at := r.value(n, 16); len(b) == 16 {
			s.DomainGUID = hive.Sure(windows.GUID(b), at)
		}
	default:
		return false
	}
	return true
}

// value returns the beginning of the default value and its place.
func (r *securityReader) value(n hive.Node, most int) ([]byte, int64) {
	d, ok := defaultValue(n)
	if !ok {
		return nil, 0
	}
	return r.security.public(d, most), d.Offset()
}

// counted reads a name: u16 length in bytes, u16 room, u32 offset of the text.
// A length of 0 says that there is none. It returns the length.
func (r *securityReader) counted(n hive.Node, to *hive.Fact[string]) int {
	b, at := r.value(n, maxName)
	if len(b) == 0 {
		return 0
	}
	if len(b) < 8 {
		r.security.problem(artifacts.Malformed, at, "SECURITY: the name in %s has %d bytes", n.Name(), len(b))
		return 0
	}
	size, off := int64(le.Uint16(b)), int64(le.Uint32(b[4:]))
	if size > 0 && off+size > int64(len(b)) {
		r.security.problem(artifacts.Malformed, at, "SECURITY: the name in %s leaves its value", n.Name())
		return 0
	}
	if size == 0 {
		off = 0
	}
	*to = hive.Sure(windows.UTF16(b[off:off+size]), at)
	return int(size)
}

// sid reads a SID; an empty value says that there is none.
func (r *securityReader) sid(n hive.Node, to *hive.Fact[string]) {
	d, ok := defaultValue(n)
	if !ok {
		return
	}
	b := r.security.public(d, sidSize)
	sid, _ := windows.SID(b)
	if sid == "" && len(b) > 0 {
		r.security.problem(artifacts.Malformed, d.Offset(), "SECURITY: no SID in %s", n.Name())
		return
	}
	*to = hive.Sure(sid, d.Offset())
}

func (r *securityReader) number(n hive.Node, to *hive.Fact[uint32]) {
	if b, at := r.value(n, 4); len(b) == 4 {
		*to = hive.Sure(le.Uint32(b), at)
	}
}

// Privilgs, spelled so, is a PRIVILEGE_SET: u32 count, u32 control, then 12
// bytes each: u64 LUID, u32 attributes.
const (
	maxPrivileges   = 64
	backupPrivilege = 17
)

func (r *securityReader) holder(n hive.Node) {
	if !strings.HasPrefix(n.Name(), "S-1-") || len(r.security.Holders) >= maxAccounts {
		return
	}
	h := Holder{SID: n.Name(), Offset: n.Offset()}
	h.Backup = hive.Sure(false, n.Offset())
	if set, ok := hive.Find(n, "Privilgs"); ok {
		b, at := r.value(set, 8+12*maxPrivileges)
		h.Backup = hive.Fact[bool]{}
		if len(b) >= 8 && uint64(len(b)-8) >= 12*uint64(le.Uint32(b)) {
			h.Backup = hive.Sure(false, at)
			for i := range int(le.Uint32(b)) {
				if le.Uint64(b[8+12*i:]) == backupPrivilege {
					h.Backup.Value = true
				}
			}
		}
	}
	r.security.Holders = append(r.security.Holders, h)
}

// resolve gives cached logons their SIDs. The names in a slot are encrypted,
// their lengths are not: where both names of the domain are as long as those of
// the joined one, the RID is taken to be one of that domain.
func (r *securityReader) resolve() {
	s := &r.security
	for i := range s.Cache.Logons {
		l := &s.Cache.Logons[i]
		if s.DomainSID.Value == "" || r.domainSize == 0 || l.domainSize != r.domainSize || l.dnsSize != r.dnsSize {
			continue
		}
		l.SID = hive.Probable(joinSID(s.DomainSID.Value, l.RID.Value), l.Offset)
	}
}

// A Secret is an LSA secret: its name, times and lengths. Its value is not
// read.
type Secret struct {
	Name    string
	Offset  int64 // of its key
	Deleted bool  // found in free cells
	Class   SecretClass
	Subject string // what the name says of its owner: a service, a SID, a domain

	Updated   hive.Fact[time.Time] // UTC: the current value
	Before    hive.Fact[time.Time] // UTC: the value before it
	Length    hive.Fact[int]       // bytes of the current value as it is stored
	OldLength hive.Fact[int]
}

// isSecret reports whether n has the keys of a secret.
func isSecret(n hive.Node) bool {
	for sub := range n.Children() {
		if name := sub.Name(); strings.EqualFold(name, "CurrVal") || strings.EqualFold(name, "CupdTime") {
			return true
		}
	}
	return false
}

func (r *securityReader) secret(n hive.Node, deleted bool) {
	if len(r.security.Secrets) >= maxAccounts {
		if !r.full {
			r.full = true
			r.security.problem(artifacts.Limit, n.Offset(), "SECURITY: more secrets than the %d that are read", maxAccounts)
		}
		return
	}
	s := Secret{Name: n.Name(), Offset: n.Offset(), Deleted: deleted}
	s.Class, s.Subject = secretClass(s.Name)
	certainty := hive.Certain
	if deleted {
		certainty = hive.Likely
	}
	for sub := range n.Children() {
		r.part(&s, sub, certainty)
	}
	if path := place(n); deleted && path != "" {
		for _, sub := range r.parts[path] {
			r.part(&s, sub, certainty)
		}
	}
	r.security.Secrets = append(r.security.Secrets, s)
}

// part reads a subkey of a secret.
func (r *securityReader) part(s *Secret, sub hive.Node, certainty string) {
	var when *hive.Fact[time.Time]
	var size *hive.Fact[int]
	switch strings.ToLower(sub.Name()) {
	case "currval":
		size = &s.Length
	case "oldval":
		size = &s.OldLength
	case "cupdtime":
		when = &s.Updated
	case "oupdtime":
		when = &s.Before
	}
	d, ok := defaultValue(sub)
	switch {
	case !ok:
	case size != nil:
		*size = fact(certainty, d.Length(), d.Offset())
	case when != nil:
		if b := r.security.public(d, 8); len(b) == 8 {
			*when = fact(certainty, windows.Filetime(le.Uint64(b)), d.Offset())
		}
	}
}
