package expose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/principals"
)

// localAccounts lists the accounts of the copied SAM, or of the live one where
// no copy could be read.
func (t *Theft) localAccounts() []Row {
	sam, fallback := t.Copies.SAM, false
	if sam == nil || len(sam.Facts.Accounts) == 0 {
		sam, fallback = t.Live.SAM, true
	}
	if sam == nil || len(sam.Facts.Accounts) == 0 {
		return []Row{{Kind: LocalAccounts, Name: "password hashes of every local account of the host, with their history", Recoverable: t.withBootKey(),
			Certainty: likely, Because: "no SAM could be read that lists them: " + t.keySays()}}
	}
	var rows []Row
	for i := range sam.Facts.Accounts {
		row := t.localAccount(&sam.Facts.Accounts[i])
		row.from(sam.Export, sam.Path, sam.Facts.Accounts[i].Offset)
		if fallback {
			row.Certainty = likely
			row.Because += "; read from the live SAM, as no copy is in the evidence"
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return rank(a) - rank(b) })
	return append(rows, t.domainGroups(sam)...)
}

// rank puts what matters first: administrators, then other enabled accounts
// with a credential, then the rest.
func rank(r Row) int {
	is := func(b *bool) bool { return b != nil && *b }
	switch {
	case r.Recoverable == no || r.Deleted:
		return 3
	case is(r.Administrator) && is(r.Enabled):
		return 0
	case is(r.Enabled):
		return 1
	}
	return 2
}

func (t *Theft) localAccount(a *principals.Account) Row {
	row := Row{Kind: LocalAccount, Name: a.Name.Value, RID: a.RID, SID: a.SID.Value, Deleted: a.Deleted, Certainty: certain,
		Enabled: flag(a.Enabled), Administrator: flag(a.Administrator), CredentialPresent: flag(a.NT.Present),
		PasswordLastSet: a.PasswordSet.Value, LastLogon: a.LastLogon.Value}
	if row.Name == "" {
		row.Name = fmt.Sprintf("account with RID %d, whose name is not known", a.RID)
	}
	if a.Deleted {
		row.Certainty = likely
	}
	var because []string
	switch lm := a.LM.Present; {
	case !a.NT.Present.Known() && !lm.Known():
		row.Recoverable, row.Certainty = unknown, unknown
		because = append(because, "its entry for the hash could not be read")
	case a.NT.Present.Value || lm.Value:
		row.Recoverable = t.withBootKey()
		because = append(because, fmt.Sprintf("its entry for the hash has %d bytes, the length of one that is filled; %s", a.NT.Length, t.keySays()))
	default:
		row.Recoverable = no
		because = append(because, "its entry for the hash is empty: there is no password to take")
		if blank := a.BlankPassword(); blank.Known() && blank.Value {
			because = append(because, "it is enabled and needs no password, so anyone may log on with a blank one")
		}
	}
	because = append(because, notes(a, t.domainController())...)
	row.Because = strings.Join(because, "; ")
	t.standing(&row, a)
	return row
}

// notes tell what else there is to an account.
func notes(a *principals.Account, domainController bool) []string {
	var out []string
	add := func(known hive.Fact[bool], text string) {
		if known.Known() && known.Value {
			out = append(out, text)
		}
	}
	if a.SystemManaged() {
		out = append(out, "Windows made the account for itself and sets its password: no user's credential")
	}
	if domainController && a.RID == 500 {
		out = append(out, "on a domain controller this is the account of the Directory Services Restore Mode, not the domain's administrator")
	}
	if a.Deleted {
		out = append(out, "the account was deleted; its cells are still in the copy")
	}
	add(a.Hijacked, fmt.Sprintf("F names the RID %d: logging on as this account gives that one's rights (RID hijack)", a.StoredRID.Value))
	for _, h := range a.Histories {
		if h.Present.Known() && h.Present.Value {
			earlier := "about 1 earlier password is kept as a hash as well"
			if h.Hashes.Value != 1 {
				earlier = fmt.Sprintf("about %d earlier passwords are kept as hashes as well", h.Hashes.Value)
			}
			out = append(out, earlier)
			break
		}
	}
	add(a.Supplemental, "further forms of the password (Kerberos keys) are kept")
	add(a.ResetData, "answers to security questions are kept")
	add(a.Hint, "its password hint stands there in clear text")
	if a.InternetName.Known() && a.InternetName.Value != "" {
		out = append(out, "it belongs to the Microsoft account "+a.InternetName.Value)
	}
	return out
}

// standing compares with the live SAM: a password set after the act is none
// that was taken.
func (t *Theft) standing(row *Row, a *principals.Account) {
	if t.Live.SAM == nil || a.Deleted {
		return
	}
	for i := range t.Live.SAM.Facts.Accounts {
		l := &t.Live.SAM.Facts.Accounts[i]
		if l.RID != a.RID || l.Deleted {
			continue
		}
		if !l.PasswordSet.Known() {
			return
		}
		row.Standing = t.since(l.PasswordSet.Value)
		if row.Standing == changed {
			row.Because += "; its password was set again at " + stamp(l.PasswordSet.Value) + ", after the act"
		}
		return
	}
	if t.Live.SAM.Complete {
		row.Standing = gone
		row.Because += "; the live SAM has no such account any more"
	}
}

// since says whether something was written after the act.
func (t *Theft) since(written time.Time) string {
	switch {
	case t.Ended.IsZero():
		return unknown
	case written.After(t.Ended):
		return changed
	}
	return unchanged
}

// domainGroups lists the groups of a domain that are administrators of the
// host.
func (t *Theft) domainGroups(sam *Read[principals.SAM]) []Row {
	var rows []Row
	for _, alias := range sam.Facts.Aliases {
		if alias.RID != principals.Administrators || alias.Domain == "Account" {
			continue
		}
		for _, m := range alias.Members {
			if m.Local || !strings.HasPrefix(m.SID, "S-1-5-21-") || !sam.Facts.MachineSID.Known() {
				continue
			}
			row := Row{Kind: DomainGroup, Name: t.nameOf(m.SID, m.Role), SID: m.SID, Recoverable: no, Certainty: certain,
				Because: "a member of Administrators from a domain: it can administer the host, and SAM holds no credential of it"}
			row.from(sam.Export, sam.Path, alias.Offset)
			rows = append(rows, row)
		}
	}
	return rows
}

// nameOf is the name of a SID, else the role that its RID has in every domain,
// else the SID itself.
func (t *Theft) nameOf(sid, role string) string {
	switch n, ok := t.Names[sid]; {
	case ok:
		return n.Name
	case role != "":
		return role
	}
	return sid
}

func (r *Row) from(export, path string, offset int64) {
	r.From = &From{Export: export, Path: path, Offset: offset}
}

func flag(f hive.Fact[bool]) *bool {
	if !f.Known() {
		return nil
	}
	return &f.Value
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
