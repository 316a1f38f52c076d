package expose

import (
	"fmt"
	"strings"

	"hivetriage/artifacts/hive/machine"
	"hivetriage/artifacts/hive/principals"
)

// secrets lists the LSA secrets of the copied SECURITY, or of the live one
// where no copy could be read.
func (t *Theft) secrets() []Row {
	security, fallback := t.security()
	if security == nil || len(security.Facts.Secrets) == 0 {
		return []Row{{Kind: LSASecrets, Name: "passwords of service accounts, of auto-logon and of the computer account, DPAPI system keys", Recoverable: t.withBootKey(),
			Certainty: likely, Because: "no SECURITY could be read that lists them: " + t.keySays()}}
	}
	var rows []Row
	for i := range security.Facts.Secrets {
		s := &security.Facts.Secrets[i]
		if s.Class == principals.CacheKey {
			continue // told with the cached logons
		}
		row := t.secret(s, &security.Facts)
		row.from(security.Export, security.Path, s.Offset)
		if s.Deleted {
			row.Deleted, row.Certainty = true, likely
			row.Because += "; the secret was deleted, its cells are still in the copy"
		}
		if fallback {
			row.Certainty = likely
			row.Because += "; read from the live SECURITY, as no copy is in the evidence"
		}
		rows = append(rows, row)
	}
	return rows
}

func (t *Theft) security() (r *Read[principals.Security], fallback bool) {
	if s := t.Copies.Security; s != nil && (len(s.Facts.Secrets) > 0 || len(s.Facts.Cache.Logons) > 0 || s.Facts.Cache.Empty > 0) {
		return s, false
	}
	return t.Live.Security, true
}

func (t *Theft) secret(s *principals.Secret, security *principals.Security) Row {
	row := Row{Kind: Secret, Name: s.Name, Recoverable: t.withBootKey(), Certainty: certain, PasswordLastSet: s.Updated.Value}
	because := ""
	switch s.Class {
	case principals.MachineAccount:
		row.Kind, row.Name, because = t.machineAccount(security)
		row.SID = security.MachineAccountSID.Value
	case principals.ServiceAccount:
		row.Kind, row.Name, because = t.serviceAccount(s, &row)
	case principals.GroupManaged:
		row.Kind, because = ServiceAccount, "the key of a group managed service account: "+s.Subject
	case principals.AutoLogon:
		row.Kind, row.Name, because = t.autoLogon(s, &row)
	case principals.SecurityQuestions:
		row.SID = s.Subject
		because = "answers to the security questions of " + t.nameOf(s.Subject, "")
	case principals.DPAPI:
		because = "keys of DPAPI: what the machine and SYSTEM protect with it (Wi-Fi, tasks, vaults of services) can be opened"
	case principals.RemoteAccess:
		because = "credentials of a VPN or dial-up connection of " + t.nameOf(s.Subject, "a user")
	case principals.Trust:
		because = "the password of a trust with the domain " + s.Subject
	case principals.OtherSecret:
		because = "a secret whose purpose its name does not tell"
	default:
		because = "the secret of " + string(s.Class)
	}
	if s.Length.Known() && s.Length.Value == 0 {
		row.Recoverable = no
		because += "; it is empty"
	} else {
		because += "; " + t.keySays()
	}
	row.Because = because
	t.secretStanding(&row, s)
	return row
}

func (t *Theft) machineAccount(s *principals.Security) (Kind, string, string) {
	name := s.ComputerName.Value + "$"
	if d := s.Domain.Value; d != "" && s.DomainSID.Value != "" {
		name = d + `\` + name
	}
	because := "the password of the computer's account"
	switch {
	case t.domainController():
		because = "the password of a domain controller's account, which may replicate the domain: treat every account of the domain as exposed"
	case s.DomainSID.Known() && s.DomainSID.Value == "":
		because += ", which is in a workgroup: it opens nothing elsewhere"
	}
	return MachineAccount, name, because
}

// serviceAccount names the account of a service's secret by SYSTEM's
// ObjectName.
func (t *Theft) serviceAccount(s *principals.Secret, row *Row) (Kind, string, string) {
	for _, system := range []*Read[machine.System]{t.Copies.System, t.Live.System} {
		if system == nil {
			continue
		}
		for _, service := range system.Facts.Services {
			if !strings.EqualFold(service.Name, s.Subject) || !service.Account.Known() {
				continue
			}
			name := fmt.Sprintf("%s (service %s)", service.Account.Value, s.Subject)
			return ServiceAccount, name, fmt.Sprintf("the password that the service runs with; its account is ObjectName at %#x of %s", service.Account.Offset, system.Path)
		}
	}
	row.Certainty = likely
	return ServiceAccount, "account of the service " + s.Subject, "the password of a service that no SYSTEM hive names any more or that could not be read: whose it is, the secret's name does not tell"
}

// autoLogon judges DefaultPassword, which is there, perhaps empty, on plain
// Windows 10.
func (t *Theft) autoLogon(s *principals.Secret, row *Row) (Kind, string, string) {
	software := t.Copies.Software
	if software == nil {
		software = t.Live.Software
	}
	if software == nil {
		row.Certainty = unknown
		return AutoLogon, s.Name, "possible: whether a password for auto-logon is set stands in SOFTWARE, which could not be read; the secret is there on plain systems too"
	}
	w := software.Facts.Winlogon
	name := w.User.Value
	if w.Domain.Value != "" && name != "" {
		name = w.Domain.Value + `\` + name
	}
	if w.AutoLogon.Known() && w.AutoLogon.Value {
		if name == "" {
			name = s.Name
		}
		return AutoLogon, name, fmt.Sprintf("the password of auto-logon: AutoAdminLogon is 1 at %#x of %s", w.AutoLogon.Offset, software.Path)
	}
	row.Certainty = likely
	row.Recoverable = unknown
	return AutoLogon, s.Name, "auto-logon is not turned on: the secret is probably empty or left over"
}

func (t *Theft) secretStanding(row *Row, s *principals.Secret) {
	if t.Live.Security == nil || s.Deleted {
		return
	}
	for i := range t.Live.Security.Facts.Secrets {
		l := &t.Live.Security.Facts.Secrets[i]
		if l.Name != s.Name || l.Deleted {
			continue
		}
		if l.Updated.Known() {
			row.Standing = t.since(l.Updated.Value)
		}
		if row.Standing == changed {
			row.Because += "; it was written again at " + stamp(l.Updated.Value) + ", after the act"
		}
		return
	}
	if t.Live.Security.Complete {
		row.Standing = gone
		row.Because += "; the live SECURITY has no such secret any more"
	}
}

// cachedLogons lists the cached logons of domain accounts.
func (t *Theft) cachedLogons() []Row {
	security, fallback := t.security()
	if security == nil || len(security.Facts.Cache.Logons) == 0 && security.Facts.Cache.Empty == 0 {
		return []Row{{Kind: CachedLogons, Name: "verifiers of domain accounts that logged on interactively", Recoverable: t.withBootKey(), Certainty: likely,
			Because: "no SECURITY could be read that lists them; they are to be cracked, not replayed; " + t.keySays()}}
	}
	var rows []Row
	for _, l := range security.Facts.Cache.Logons {
		row := Row{Kind: CachedLogon, RID: l.RID.Value, SID: l.SID.Value, LastLogon: l.Written.Value, Recoverable: t.withBootKey(), Certainty: l.SID.Certainty}
		because := fmt.Sprintf("slot %s; a verifier, to be cracked, not replayed; %s", l.Name, t.keySays())
		switch {
		case !l.SID.Known():
			row.Name, row.Certainty = fmt.Sprintf("RID %d of a domain that is not known", l.RID.Value), unknown
			because += "; names are encrypted, and their lengths are not those of the joined domain"
		default:
			role := ""
			if l.DomainAdministrator() {
				role = fmt.Sprintf("built-in administrator of %s", security.Facts.Domain.Value)
			}
			row.Name = t.nameOf(l.SID.Value, role)
			because += "; names are encrypted: the SID is that of the joined domain with the slot's RID, as the lengths of the names agree"
			if n, ok := t.Names[l.SID.Value]; ok {
				because += "; its name: " + n.Because
			}
		}
		if l.DomainAdministrator() {
			because += "; RID 500 is the built-in administrator of its domain"
			yes := true
			row.Administrator = &yes
		}
		if fallback {
			row.Certainty = likely
			because += "; read from the live SECURITY, as no copy is in the evidence"
		}
		row.Because = because
		row.from(security.Export, security.Path, l.Offset)
		rows = append(rows, row)
	}
	return rows
}
