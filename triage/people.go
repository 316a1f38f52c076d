package triage

import (
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/artifacts/hive/principals"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/footprint"
	"hivetriage/triage/guide"
)

// Bounds of what is kept of those who did the acts.
const (
	maxPeople  = 16
	maxLives   = 20_000      // records of all of them
	beforehand = time.Minute // before a session, in which records belong to its beginning
)

// knowing are the records of the second pass that only tell of the accounts
// that did the acts.
var knowing = []eventlog.Selector{
	{Provider: securityAuditing, ID: 4627, Data: true}, {Provider: securityAuditing, ID: 4729, Data: true}, {Provider: securityAuditing, ID: 4733, Data: true},
	{Provider: securityAuditing, ID: 4756, Data: true}, {Provider: securityAuditing, ID: 4757, Data: true},
}

// people are the accounts that did the acts, and the records of the second
// pass that tell of them, over the whole of the logs.
type people struct {
	users  []artifacts.User
	events []artifacts.Event
	beyond int
}

// peopleOf are the accounts of the acts' records.
func (r *run) peopleOf(members [][]*correlate.Record) *people {
	p := &people{}
	for i := range r.acts {
		users := []artifacts.User{r.acts[i].Actor}
		for _, rec := range members[i] {
			users = append(users, rec.User)
		}
		for _, u := range users {
			if u.Name == "" && u.SID == "" || guide.WindowsOwn(u) || len(p.users) == maxPeople || p.knows(u) {
				continue
			}
			p.users = append(p.users, u)
		}
	}
	return p
}

func (p *people) knows(u artifacts.User) bool {
	return slices.ContainsFunc(p.users, func(v artifacts.User) bool { return guide.SameUser(u, v) })
}

// wants reports whether a record tells of one of the accounts. It runs in the
// logs' workers.
func (p *people) wants(e *artifacts.Event) bool {
	if len(p.users) == 0 || !strings.EqualFold(e.Provider, securityAuditing) {
		return false
	}
	switch e.Code {
	case 4624, 4625, 4627, 4720:
		return p.knows(e.Target)
	case 4672:
		return p.knows(e.User)
	case 4648:
		return p.knows(e.User) || p.knows(e.Target)
	case 4728, 4729, 4732, 4733, 4756, 4757:
		sid := e.Value("MemberSid")
		return slices.ContainsFunc(p.users, func(u artifacts.User) bool { return u.SID != "" && u.SID == sid })
	}
	return false
}

// take keeps what one log told.
func (p *people) take(events []artifacts.Event) {
	kept := min(len(events), maxLives-len(p.events))
	p.events = append(p.events, events[:kept]...)
	p.beyond += len(events) - kept
}

// lives tells of each account what its records say: how it was used before its
// act, and of which groups it was.
func (p *people) lives(acts []correlate.Act) (all []guide.Life) {
	if p == nil {
		return nil
	}
	for _, u := range p.users {
		life := guide.Life{User: u, Beyond: p.beyond}
		before := began(u, acts).Add(-beforehand)
		var earlier footprint.Reader
		var halves correlate.Halves
		for i := range p.events {
			e := &p.events[i]
			switch {
			case footprint.Only(e) && e.Code != 4672 && (e.Code == 4648 && guide.SameUser(e.User, u) || e.Code != 4648 && guide.SameUser(e.Target, u)):
				if e.Code == 4624 {
					life.Seen(e)
				}
				if e.Time.Before(before) && !(e.Code == 4624 && halves.Second(e)) {
					earlier.Add(e)
				}
			case e.Code == 4627 && guide.SameUser(e.Target, u), e.Code == 4672 && guide.SameUser(e.User, u):
				life.Token(e, acts)
			case e.Code == 4720 && guide.SameUser(e.Target, u), e.Value("MemberSid") != "" && e.Value("MemberSid") == u.SID:
				life.Changed(e)
			}
		}
		life.Earlier = earlier.Finish(nil, nil, nil, false).Logons
		all = append(all, life)
	}
	return all
}

// began is when an account's first act began, or the session that it was done
// in.
func began(u artifacts.User, acts []correlate.Act) (first time.Time) {
	for i := range acts {
		a := &acts[i]
		if person := guide.Person(a); !guide.SameUser(a.Actor, u) && !guide.SameUser(person, u) || a.Start.IsZero() {
			continue
		}
		at := a.Start
		for _, s := range a.Sessions {
			if guide.SameUser(s.User, u) && !s.Start.IsZero() && s.Start.Before(at) {
				at = s.Start
			}
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// livesOf tells of the accounts that did the acts what logs and hives have.
func (r *run) livesOf(c *Case) []guide.Life {
	lives := r.people.lives(c.Acts)
	for i := range lives {
		l := &lives[i]
		for _, h := range c.Hosts {
			if known := r.living[h.key]; known != nil {
				localSigns(l, h.Name, known.hives)
			}
		}
		for _, p := range r.profileNames() {
			if l.User.SID != "" && p.sid == l.User.SID {
				r.profileSign(l, p)
				break
			}
		}
	}
	return lives
}

// localSigns adds what a host's own hives tell of an account: whether it is
// one of its own, in which of its groups it is, and which services use it.
func localSigns(l *guide.Life, host string, hives expose.Hives) {
	if sam := hives.SAM; sam != nil {
		at := correlate.From{Path: sam.Path}
		for i := range sam.Facts.Accounts {
			a := &sam.Facts.Accounts[i]
			if l.User.SID == "" || a.Deleted || a.SID.Value != l.User.SID {
				continue
			}
			if a.Created.Known() && !a.Created.Value.IsZero() {
				l.Local = append(l.Local, guide.Sign{What: "Its entry in the SAM of " + host + " was created, or it was renamed, at " + stamp(a.Created.Value), From: at})
				l.Marks = append(l.Marks, guide.Sign{Time: a.Created.Value, What: "its entry in the SAM of " + host + " was created, or it was renamed", From: at})
			}
			if a.Enabled.Known() && !a.Enabled.Value {
				l.Local = append(l.Local, guide.Sign{What: "It is disabled in the SAM of " + host + " as it is now", From: at})
			}
		}
		for _, alias := range sam.Facts.Aliases {
			if slices.ContainsFunc(alias.Members, func(m principals.Member) bool { return l.User.SID != "" && m.SID == l.User.SID }) {
				l.Local = append(l.Local, guide.Sign{What: "It is a member of the local group " + alias.Name + " of " + host, From: at})
			}
		}
	}
	if system := hives.System; system != nil {
		for _, s := range system.Facts.Services {
			domain, name, ok := strings.Cut(s.Account.Value, `\`)
			if !ok {
				continue
			}
			if s.OwnAccount() && strings.EqualFold(name, l.User.Name) && (strings.EqualFold(domain, l.User.Domain) || domain == "." && strings.EqualFold(l.User.Domain, host)) {
				l.Service = append(l.Service, s.Name)
			}
		}
	}
}

// profileSign adds when the hive of an account's profile was made.
func (r *run) profileSign(l *guide.Life, p profileName) {
	for _, entry := range r.hives {
		at := entry.Locator()
		meta := entry.Meta()
		if !strings.EqualFold(path.Base(at.Path), "ntuser.dat") || profileFolder(at) != p.folder || r.inSnapshot(at) || meta.Allocation == artifacts.Deleted {
			continue
		}
		if created := meta.Times.Created; !created.IsZero() && !meta.LocalTimes {
			l.Local = append(l.Local, guide.Sign{What: "Its profile on the host was made at " + stamp(created) + ", when its NTUSER.DAT was created", From: correlate.From{Path: at.Place()}})
			l.Marks = append(l.Marks, guide.Sign{Time: created, What: "its profile on the host was made, as its NTUSER.DAT was created then", From: correlate.From{Path: at.Place()}})
		}
		return
	}
}

// machines are the hosts by their SIDs.
func machines(c *Case) (all []guide.Machine) {
	for _, h := range c.Hosts {
		if h.MachineSID != "" || h.DomainSID != "" {
			all = append(all, guide.Machine{Host: h.Name, SID: h.MachineSID, Domain: h.Domain, DomainSID: h.DomainSID})
		}
	}
	return all
}
