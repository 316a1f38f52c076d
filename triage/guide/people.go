package guide

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// windowsOwn reports whether an account is Windows' own: LocalSystem,
// LocalService or NetworkService, which nobody owns and nobody can disable.
func windowsOwn(u artifacts.User) bool {
	switch u.SID {
	case "S-1-5-18", "S-1-5-19", "S-1-5-20":
		return true
	case "":
		return strings.EqualFold(u.Domain, "NT AUTHORITY")
	}
	return false
}

// Person is the account of somebody who did an act: the actor, or whose
// session it was where the commands ran as Windows itself. It is zero where
// nobody is known.
func Person(a *correlate.Act) artifacts.User {
	if !windowsOwn(a.Actor) {
		return a.Actor
	}
	for _, s := range a.Sessions {
		if !windowsOwn(s.User) {
			return s.User
		}
	}
	return artifacts.User{}
}

// people are the distinct accounts of those who did the acts, and why.
func (f *Facts) people() (users []artifacts.User, because []string) {
	for i := range f.Acts {
		a := &f.Acts[i]
		u := Person(a)
		if u == (artifacts.User{}) || slices.ContainsFunc(users, func(v artifacts.User) bool { return sameUser(u, v) }) {
			continue
		}
		why := "the commands ran under it"
		switch {
		case windowsOwn(a.Actor):
			why = fmt.Sprintf("the copies that %s made were asked for in its session", Name(a.Actor))
		case !f.commanded(a):
			why = "it " + f.did(u)
		}
		users, because = append(users, u), append(because, why)
	}
	return users, because
}

// members are the records of an act.
func (f *Facts) members(a *correlate.Act) (records []*correlate.Record) {
	for i := range f.Records {
		if slices.Contains(a.Records, f.Records[i].ID) {
			records = append(records, &f.Records[i])
		}
	}
	return records
}

// commanded reports whether anything but accesses over shares tells of an act.
func (f *Facts) commanded(a *correlate.Act) bool {
	records := f.members(a)
	return len(records) == 0 || slices.ContainsFunc(records, func(r *correlate.Record) bool { return r.Kind != "share" })
}

// did says what an account did in its acts.
func (f *Facts) did(u artifacts.User) string {
	brought := true
	for i := range f.Acts {
		a := &f.Acts[i]
		if !sameUser(a.Actor, u) {
			continue
		}
		if f.commanded(a) {
			return "ran the commands"
		}
		brought = brought && !slices.ContainsFunc(f.members(a), func(r *correlate.Record) bool { return !r.Wrote })
	}
	if brought {
		return "brought the copies over the network"
	}
	return "asked for the copies over the network"
}

// overNetwork says how an act was done of which only accesses over shares
// tell: no process of whoever did it ran on the host.
func (f *Facts) overNetwork(a *correlate.Act) (lines []string, addresses []string) {
	if f.commanded(a) {
		return nil, nil
	}
	registry, brought := false, false
	for _, r := range f.members(a) {
		registry = registry || !r.Wrote && r.Assessment == "export" && (r.Row == technique.Secretsdump || r.Row == technique.BackupOperator)
		brought = brought || r.Wrote
		if r.Address != "" && !slices.Contains(addresses, r.Address) {
			addresses = append(addresses, r.Address)
		}
	}
	where := strings.Join(firstFew(addresses), ", ")
	switch {
	case registry:
		lines = append(lines, fmt.Sprintf("No process of the intruder is to be expected on the host: from %s the remote registry (the pipe winreg) was told to save the hives, its service (svchost.exe, RemoteRegistry) wrote the files, and they were fetched over a share. Records of processes do not tell of that.", where))
	case brought:
		lines = append(lines, fmt.Sprintf("The copies were brought over a share from %s: what made them ran there, and not on the host.", where))
	}
	return lines, addresses
}

// foreign are the hosts whose hives an act's copies hold, where none of them
// is of the host that they lie on; nil otherwise.
func (f *Facts) foreign(a *correlate.Act) []string { return Foreign(a, f.Exports) }

// Foreign names the hosts whose hives the copies of an act hold, where none of
// them is of the host that they lie on; nil otherwise.
func Foreign(a *correlate.Act, exports []locate.Export) (hosts []string) {
	for i := range exports {
		e := &exports[i]
		if !slices.Contains(a.Exports, e.ID) {
			continue
		}
		if e.BelongsTo.Host == "" || e.BelongsTo.Relation == locate.ThisHost || e.BelongsTo.Relation == "unknown" {
			return nil
		}
		hosts = append(hosts, e.BelongsTo.Host)
	}
	return distinct(hosts)
}

// allForeign are the hosts of Foreign over all acts; nil if one act is of the
// host itself.
func (f *Facts) allForeign() (hosts []string) {
	for i := range f.Acts {
		of := f.foreign(&f.Acts[i])
		if len(of) == 0 {
			return nil
		}
		hosts = append(hosts, of...)
	}
	return distinct(hosts)
}
