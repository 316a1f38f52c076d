// Package expose says which accounts and secrets an act exposes: by name,
// RID, SID and time. It works on facts that hold no secret, and judges whether
// whoever has the copies can use them.
package expose

import (
	"time"

	"hivetriage/artifacts/hive/machine"
	"hivetriage/artifacts/hive/principals"
)

// A Row is an account or a secret that an act exposes.
type Row struct {
	Act               string    `json:"act"`
	Host              string    `json:"host,omitempty"` // whose hives hold it; "" where that is not known
	Kind              Kind      `json:"kind"`
	Name              string    `json:"name"`
	RID               uint32    `json:"rid,omitempty"`
	SID               string    `json:"sid,omitempty"`
	Enabled           *bool     `json:"enabled,omitempty"`            // absent: unknown
	Administrator     *bool     `json:"administrator,omitempty"`      // of the host, by membership of Administrators
	CredentialPresent *bool     `json:"credential_present,omitempty"` // by the length of its entry
	PasswordLastSet   time.Time `json:"password_last_set,omitzero"`   // or the secret was last written
	LastLogon         time.Time `json:"last_logon,omitzero"`
	Deleted           bool      `json:"deleted,omitempty"` // the account or secret stood in free cells
	Recoverable       string    `json:"recoverable"`       // "yes", "needs boot key", "no", "unknown"
	Standing          string    `json:"standing"`          // "unchanged", "changed since", "gone since", "unknown": against the live hive
	Certainty         string    `json:"certainty"`         // "certain", "likely", "unknown"
	Because           string    `json:"because"`
	From              *From     `json:"from,omitempty"`
}

// SystemManaged reports whether a row is an account that Windows made for
// itself: nobody logs on with it, and nobody has to reset it.
func (r *Row) SystemManaged() bool {
	const wdagUtility = 504
	return r.Kind == LocalAccount && r.RID == wdagUtility
}

// Crowd reports whether a row is nobody's account, or that of many: a secret
// that is no password, or what could not be listed by name.
func (r *Row) Crowd() bool {
	switch r.Kind {
	case Secret, BootKey, DomainGroup, DomainAccounts, LocalAccounts, LSASecrets, CachedLogons:
		return true
	}
	return false
}

// Kind is what a row is.
type Kind string

// The kinds. Those in the plural stand for what could not be listed by name.
const (
	LocalAccount   Kind = "local account"
	CachedLogon    Kind = "cached logon"
	ServiceAccount Kind = "service account"
	MachineAccount Kind = "machine account"
	AutoLogon      Kind = "auto-logon"
	Secret         Kind = "secret"
	DomainGroup    Kind = "domain group"
	DomainAccounts Kind = "domain accounts"
	BootKey        Kind = "boot key"
	LocalAccounts  Kind = "local accounts"
	LSASecrets     Kind = "LSA secrets"
	CachedLogons   Kind = "cached logons"
)

// From is the place that a row was read from.
type From struct {
	Export string `json:"export,omitempty"` // id; absent where it was read from a live hive
	Path   string `json:"path"`
	Offset int64  `json:"offset"`
}

// Hives are what hives of one host tell; nil is a hive that could not be read.
type Hives struct {
	SAM      *Read[principals.SAM]
	Security *Read[principals.Security]
	System   *Read[machine.System]
	Software *Read[machine.Software]
}

// Read is what one hive tells, and which file it was.
type Read[T any] struct {
	Facts    T
	Export   string // id of the export, "" for a live hive
	Path     string
	Complete bool // the hive was read whole
}

// A Theft is what one act took of one host.
type Theft struct {
	Act       string
	Host      string    // whose hives they are, "" if that is not known
	Ended     time.Time // of the act; what was written later is not in the copies
	Hives     []string  // "SAM", "SECURITY", "SYSTEM": what copies or commands name
	Copies    Hives     // as the copies tell
	Live      Hives     // as the host's own hives tell
	BootKey   string    // where else the boot key was taken from, "" if nowhere
	Directory bool      // ntds.dit was taken as well
	// DirectoryAt is where the copy of ntds.dit lies, "" if it is not in the
	// evidence.
	DirectoryAt string
	Names       Names
}

// Names gives accounts of SIDs.
type Names map[string]Name

// A Name is an account's name and where it was read.
type Name struct {
	Name, Because string
}

// Recoverable: whether whoever has the copies can use what is in them.
const (
	yes       = "yes"
	needsKey  = "needs boot key"
	no        = "no"
	unknown   = "unknown"
	certain   = "certain"
	likely    = "likely"
	unchanged = "unchanged"
	changed   = "changed since"
	gone      = "gone since"
)

// Rows lists what a theft exposes: local accounts, administrators first; then
// secrets; then cached logons.
func Rows(t Theft) []Row {
	var rows []Row
	if t.took("SAM") {
		rows = append(rows, t.localAccounts()...)
	}
	if t.took("SECURITY") {
		rows = append(rows, t.secrets()...)
		rows = append(rows, t.cachedLogons()...)
	}
	if t.Directory {
		rows = append(rows, t.domainAccounts())
	}
	if t.took("SYSTEM") && len(t.Hives) == 1 && !t.Directory {
		rows = append(rows, Row{Kind: BootKey, Name: "the key that opens SAM and SECURITY of this host", Recoverable: t.withBootKey(), Certainty: certain,
			Because: "SYSTEM alone holds no credentials; with a SAM or SECURITY from any time it opens them"})
	}
	for i := range rows {
		rows[i].Act, rows[i].Host = t.Act, t.Host
		if rows[i].Standing == "" {
			rows[i].Standing = unknown
		}
	}
	return rows
}

// domainAccounts is what ntds.dit gives.
func (t *Theft) domainAccounts() Row {
	row := Row{Kind: DomainAccounts, Name: "every account of the domain", Recoverable: t.withBootKey(), Certainty: likely,
		Because: "ntds.dit was taken together with SYSTEM: " + t.keySays()}
	if t.DirectoryAt != "" {
		row.Certainty = certain
		row.Because = "a copy of ntds.dit, the directory of the domain, was found; " + t.keySays()
		row.From = &From{Path: t.DirectoryAt}
	}
	return row
}

func (t *Theft) took(hive string) bool {
	for _, h := range t.Hives {
		if h == hive {
			return true
		}
	}
	return false
}

// hasBootKey reports whether the act's SYSTEM gives the boot key: .reg text
// and damaged copies may not.
func (t *Theft) hasBootKey() bool {
	if t.BootKey != "" {
		return true
	}
	if !t.took("SYSTEM") {
		return false
	}
	s := t.Copies.System
	return s == nil || !s.Facts.BootKey.Present.Known() || s.Facts.BootKey.Present.Value
}

func (t *Theft) withBootKey() string {
	if t.hasBootKey() {
		return yes
	}
	return needsKey
}

// keySays gives the reason of withBootKey.
func (t *Theft) keySays() string {
	switch s := t.Copies.System; {
	case t.took("SYSTEM") && s != nil && s.Facts.BootKey.Present.Known() && s.Facts.BootKey.Present.Value:
		return "SYSTEM, taken in the same act, holds the material of the boot key"
	case t.took("SYSTEM") && t.hasBootKey() && t.BootKey == "":
		return "SYSTEM, which holds the boot key, was taken in the same act"
	case t.BootKey != "":
		return t.BootKey
	case t.took("SYSTEM"):
		return "the copy of SYSTEM lacks the class names of the boot key; it can be had without them (over remote registry, from memory, from another copy), so this is likely, not excluded"
	}
	return "no SYSTEM export was found; the boot key can be had without one (over remote registry, from memory, from another copy), so this is likely, not excluded"
}

// domainController reports whether the host is one, as far as it is known.
func (t *Theft) domainController() bool {
	for _, s := range []*Read[machine.System]{t.Copies.System, t.Live.System} {
		if s != nil && s.Facts.DomainController.Known() {
			return s.Facts.DomainController.Value
		}
	}
	return false
}

// Take adds what a copy tells. Of two copies of one hive the one that was read
// whole counts, else the first.
func (h *Hives) Take(c Hives, export, path string) {
	h.SAM = better(h.SAM, c.SAM, export, path)
	h.Security = better(h.Security, c.Security, export, path)
	h.System = better(h.System, c.System, export, path)
	h.Software = better(h.Software, c.Software, export, path)
}

func better[T any](have, more *Read[T], export, path string) *Read[T] {
	if more == nil || have != nil && (have.Complete || !more.Complete) {
		return have
	}
	r := *more
	r.Export, r.Path = export, path
	return &r
}
