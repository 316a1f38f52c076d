package principals

import (
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// A SAM is what trees of a SAM hive tell.
type SAM struct {
	MachineSID hive.Fact[string] // on a domain controller that of the local domain
	Accounts   []Account         // by RID, deleted ones behind
	Aliases    []Alias           // of Builtin by RID, then of Account

	problems
}

// An Account is a local account. What could not be read is unknown.
type Account struct {
	RID     uint32
	Offset  int64 // of its key; of its name's key if that is all there is
	Deleted bool  // found in free cells: its facts are likely at best

	SID          hive.Fact[string]
	Name         hive.Fact[string] // from V, else from its key in Names
	NameKey      hive.Fact[string] // its key in Names
	FullName     hive.Fact[string]
	Comment      hive.Fact[string]
	Home         hive.Fact[string]
	Script       hive.Fact[string]
	Profile      hive.Fact[string]
	InternetName hive.Fact[string] // e-mail address of a Microsoft account

	StoredRID hive.Fact[uint32] // in F: the one that Windows logs on with
	Hijacked  hive.Fact[bool]   // it is not that of the key

	Enabled             hive.Fact[bool]
	Locked              hive.Fact[bool]
	PasswordNotRequired hive.Fact[bool]
	NeverExpires        hive.Fact[bool] // the password

	// UTC; zero means never.
	LastLogon   hive.Fact[time.Time]
	PasswordSet hive.Fact[time.Time]
	LastBad     hive.Fact[time.Time] // wrong password
	Expires     hive.Fact[time.Time] // the account
	Created     hive.Fact[time.Time] // or renamed: its key in Names was written
	Logons      hive.Fact[uint16]
	BadCount    hive.Fact[uint16]

	LM, NT       Credential
	Histories    [2]History      // of NT and LM hashes, in the order of V; which is which is not settled
	Supplemental hive.Fact[bool] // further forms of the password: Kerberos keys
	ResetData    hive.Fact[bool] // answers to security questions
	Hint         hive.Fact[bool] // password hint, in clear text in the hive

	Aliases       []Membership // in the order of SAM.Aliases
	Administrator hive.Fact[bool]
}

// A Membership is an account's place in an alias.
type Membership struct {
	Domain            string // "Builtin", "Account"
	RID               uint32
	Name              string
	hive.Fact[string] // the member's SID as the alias has it
}

// SystemManaged reports whether Windows made the account for itself and sets
// its password: WDAGUtilityAccount, whose hash is no user's credential.
func (a Account) SystemManaged() bool { return a.RID == 504 }

// BlankPassword reports whether anyone may log on without a password: no NT
// hash, enabled, and none required.
func (a Account) BlankPassword() hive.Fact[bool] {
	if !a.NT.Present.Known() || !a.Enabled.Known() || !a.PasswordNotRequired.Known() {
		return hive.Fact[bool]{}
	}
	return hive.Probable(!a.NT.Present.Value && a.Enabled.Value && a.PasswordNotRequired.Value, a.NT.Present.Offset)
}

// ReadSAM reads the trees below tops, and deleted keys of accounts and of
// their names. The error is the first of SAM.Problems, a *artifacts.Problem;
// what could be read stands beside it.
func ReadSAM(tops, deleted []hive.Node) (SAM, error) {
	r := samReader{certainty: hive.Certain}
	for _, top := range tops {
		r.walk(top, "", 0)
	}
	r.join()
	live := r.sam.Accounts
	r.sam.Accounts, r.names, r.certainty = nil, nil, hive.Likely
	for _, n := range deleted {
		r.key(n)
	}
	r.join()
	for i := range r.sam.Accounts {
		r.sam.Accounts[i].Deleted = true
	}
	r.sam.Accounts = append(live, r.sam.Accounts...)
	r.members()
	return r.sam, r.sam.err()
}

type samReader struct {
	sam       SAM
	names     []accountName
	certainty string
	full      bool
}

// An accountName is a key in Users\Names, whose default value has the RID as
// its type.
type accountName struct {
	rid     uint32
	name    string
	offset  int64
	written time.Time
	used    bool
}

// walk looks for what it knows in n and a few levels below.
func (r *samReader) walk(n hive.Node, domain string, level int) {
	name := n.Name()
	switch {
	case strings.EqualFold(name, "Users"):
		if domain != builtin {
			r.users(n)
		}
		return
	case strings.EqualFold(name, "Aliases"):
		r.aliases(n, domain)
		return
	case strings.EqualFold(name, builtin):
		domain = builtin
	case strings.EqualFold(name, account):
		domain = account
		r.domain(n)
	case r.key(n):
		return
	}
	if level == depth {
		return
	}
	for sub := range n.Children() {
		r.walk(sub, domain, level+1)
	}
}

const (
	builtin = "Builtin"
	account = "Account"
)

// domain reads the machine SID from V of the account domain.
func (r *samReader) domain(n hive.Node) {
	d, ok := hive.FindValue(n, "V")
	if !ok {
		return
	}
	if sid := hive.DomainSID(r.sam.public(d, maxV)); strings.HasPrefix(sid, "S-1-5-21-") {
		r.sam.MachineSID = fact(r.certainty, sid, d.Offset())
	} else {
		r.sam.problem(artifacts.Malformed, d.Offset(), "SAM: no SID in V of the account domain")
	}
}

func (r *samReader) users(n hive.Node) {
	count := 0
	for range n.Children() {
		count++
	}
	r.sam.Accounts = slices.Grow(r.sam.Accounts, min(count, maxAccounts))
	for sub := range n.Children() {
		if strings.EqualFold(sub.Name(), "Names") {
			for name := range sub.Children() {
				r.name(name)
			}
			continue
		}
		r.key(sub)
	}
}

// key reads a user's key, or a key in Names; false if n is neither.
func (r *samReader) key(n hive.Node) bool {
	rid, ok := hexRID(n.Name())
	if !ok {
		return r.certainty == hive.Likely && r.name(n)
	}
	if !r.room(n) {
		return false
	}
	last := len(r.sam.Accounts)
	r.sam.Accounts = append(r.sam.Accounts, Account{RID: rid, Offset: n.Offset()})
	a := &r.sam.Accounts[last]
	user := false
	for d := range n.Data() {
		switch name := d.Name(); {
		case strings.EqualFold(name, "F"):
			user = true
			a.readF(r, d)
		case strings.EqualFold(name, "V"):
			user = true
			a.readV(r, d)
		default:
			a.readOther(r, d)
		}
	}
	if !user {
		r.sam.Accounts = r.sam.Accounts[:last]
	} else if r.certainty == hive.Certain && a.Enabled.Known() && a.Name.Known() {
		a.lack(n.Offset())
	}
	return user
}

// lack says of values that may be absent that they are. Where F or V is lost,
// and in deleted keys, others may be lost as well.
func (a *Account) lack(offset int64) {
	for _, f := range []*hive.Fact[bool]{&a.Supplemental, &a.ResetData, &a.Hint} {
		if !f.Known() {
			*f = hive.Probable(false, offset)
		}
	}
}

func (r *samReader) room(n hive.Node) bool {
	if len(r.sam.Accounts)+len(r.names) < 2*maxAccounts {
		return true
	}
	if !r.full {
		r.full = true
		r.sam.problem(artifacts.Limit, n.Offset(), "SAM: more accounts than the %d that are read", maxAccounts)
	}
	return false
}

// name reads a key in Names: its default value is empty and has the RID as
// its type. Of free cells, which hold any key, the types of real values are no
// names: those of accounts begin at 500.
func (r *samReader) name(n hive.Node) bool {
	d, ok := defaultValue(n)
	if !ok || d.Length() != 0 || d.Type() < 500 || !r.room(n) {
		return false
	}
	r.names = append(r.names, accountName{rid: d.Type(), name: n.Name(), offset: n.Offset(), written: n.LastWritten()})
	return true
}

// join gives accounts their names; names that are left are accounts, too.
func (r *samReader) join() {
	r.sort()
	slices.SortStableFunc(r.names, func(a, b accountName) int { return order(a.rid, b.rid, a.offset, b.offset) })
	at := 0
	for i := range r.sam.Accounts {
		a := &r.sam.Accounts[i]
		for at < len(r.names) && r.names[at].rid < a.RID {
			at++
		}
		if at < len(r.names) && r.names[at].rid == a.RID {
			r.names[at].used = true
			r.named(a, r.names[at])
		}
	}
	for _, n := range r.names {
		if !n.used {
			a := Account{RID: n.rid, Offset: n.offset}
			r.named(&a, n)
			r.sam.Accounts = append(r.sam.Accounts, a)
		}
	}
	r.sort()
}

// sort sorts the accounts. In a hive they are sorted by their keys' names, so
// that there is nothing to move as a rule.
func (r *samReader) sort() {
	byRID := func(a, b *Account) int { return order(a.RID, b.RID, a.Offset, b.Offset) }
	all := r.sam.Accounts
	for i := 1; i < len(all); i++ {
		if byRID(&all[i-1], &all[i]) > 0 {
			slices.SortStableFunc(all, func(a, b Account) int { return byRID(&a, &b) })
			return
		}
	}
}

func (r *samReader) named(a *Account, n accountName) {
	a.NameKey = fact(r.certainty, n.name, n.offset)
	if !n.written.IsZero() {
		a.Created = hive.Probable(n.written, n.offset)
	}
	if !a.Name.Known() || a.Name.Value == "" {
		a.Name = a.NameKey
	}
}

func order(a, b uint32, at, bt int64) int {
	switch {
	case a != b && a < b, a == b && at < bt:
		return -1
	case a == b && at == bt:
		return 0
	}
	return 1
}
