package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/footprint"
)

// A Life is what the evidence tells of one account that did an act, beside the
// act itself.
type Life struct {
	User    artifacts.User
	First   *Sign             // its first logon in the logs
	Earlier []footprint.Logon // before its first act and the session of that
	Groups  *Sign             // of its session (4627), else of the newest one before
	Rights  *Sign             // with which its session began (4672), likewise
	Changes []Sign            // of the account itself and of groups that it is a member of
	Local   []Sign            // what the host's own hives tell of it
	Marks   []Sign            // when something of it was made outside of the logs
	Service []string          // services that run under it, as SYSTEM has them
	Beyond  int               // records that were not kept

	ofSession bool // Groups are those of the session
	rightsOf  bool // likewise
}

// A Sign is one thing that is told of an account, and where.
type Sign struct {
	Time time.Time
	What string
	From correlate.From
}

// maxChanges bounds the changes that are kept of one account.
const maxChanges = 50

// cite names the file and the record of a sign.
func (s *Sign) cite() string {
	if s.From.Artefact != "" || s.From.RecordID == 0 {
		return s.From.Path
	}
	return fmt.Sprintf("%s in %s", s.From.Cite(), s.From.Path[strings.LastIndexByte(s.From.Path, '/')+1:])
}

// Seen takes a logon of the account (4624).
func (l *Life) Seen(e *artifacts.Event) {
	if l.First == nil || e.Time.Before(l.First.Time) {
		l.First = &Sign{Time: e.Time, What: correlate.LogonText(e.Logon.Type, e.Logon.SourceIP, e.Logon.Workstation), From: correlate.FromEvent(e)}
	}
}

// Token takes what a record tells of a session's groups (4627) or privileges
// (4672). The one of an act's session counts, else the newest before an act.
func (l *Life) Token(e *artifacts.Event, acts []correlate.Act) {
	to, of, id, text := &l.Groups, &l.ofSession, e.Target.LogonID, e.Value("GroupMembership")
	if e.Code == 4672 {
		to, of, id, text = &l.Rights, &l.rightsOf, e.User.LogonID, strings.Join(strings.Fields(e.Value("PrivilegeList")), ", ")
	} else {
		text = groupNames(text)
	}
	session := slices.ContainsFunc(acts, func(a correlate.Act) bool {
		return id != "" && (a.Actor.LogonID == id || slices.ContainsFunc(a.Sessions, func(s correlate.Session) bool { return s.LogonID == id }))
	})
	before := slices.ContainsFunc(acts, func(a correlate.Act) bool { return !e.Time.After(a.End) })
	if text == "" || *of && !session || !session && (!before || *to != nil && e.Time.Before((*to).Time)) {
		return
	}
	*to, *of = &Sign{Time: e.Time, What: text, From: correlate.FromEvent(e)}, session
}

// Changed takes a change of the account or of its membership in a group.
func (l *Life) Changed(e *artifacts.Event) {
	if len(l.Changes) == maxChanges {
		l.Beyond++
		return
	}
	what := "the account was created"
	switch e.Code {
	case 4728, 4732, 4756:
		what = "it was added to the group " + Name(e.Target)
	case 4729, 4733, 4757:
		what = "it was removed from the group " + Name(e.Target)
	}
	l.Changes = append(l.Changes, Sign{Time: e.Time, What: what + " by " + Name(e.User), From: correlate.FromEvent(e)})
}

// Groups by which an account may copy hives, or that tell what it is, by the
// whole SID and by the number that it ends with in a domain.
var (
	wellKnownGroups = map[string]string{"S-1-5-32-544": "Administrators", "S-1-5-32-551": "Backup Operators", "S-1-5-32-549": "Server Operators", "S-1-5-32-555": "Remote Desktop Users",
		"S-1-5-32-580": "Remote Management Users", "S-1-5-114": "local account and member of Administrators", "S-1-5-113": "local account", "S-1-5-6": "a service"}
	domainGroups = map[string]string{"512": "Domain Admins", "516": "Domain Controllers", "518": "Schema Admins", "519": "Enterprise Admins", "520": "Group Policy Creator Owners"}
)

// groupNames names the groups of a 4627 that matter here and counts the rest:
// "%{S-1-5-32-544}\n\t\t%{...}".
func groupNames(text string) string {
	var names []string
	rest := 0
	for _, field := range strings.Fields(text) {
		sid := strings.TrimSuffix(strings.TrimPrefix(field, "%{"), "}")
		name := wellKnownGroups[sid]
		if strings.HasPrefix(sid, "S-1-5-21-") {
			name = domainGroups[sid[strings.LastIndexByte(sid, '-')+1:]]
		}
		switch {
		case name == "":
			rest++
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	if len(names) == 0 && rest == 0 {
		return ""
	}
	slices.Sort(names)
	if rest > 0 {
		names = append(names, fmt.Sprintf("%d more that are not named here", rest))
	}
	return strings.Join(names, ", ")
}

// life is what is told of an account; nil where nothing is.
func (f *Facts) life(u artifacts.User) *Life {
	for i := range f.Lives {
		if sameUser(f.Lives[i].User, u) {
			return &f.Lives[i]
		}
	}
	return nil
}

// logsBegin says since when a host's Security log tells anything.
func (f *Facts) logsBegin() string {
	var first time.Time
	for _, l := range f.Logs {
		if strings.EqualFold(l.Channel, "Security") && (first.IsZero() || l.From.Before(first)) {
			first = l.From
		}
	}
	if first.IsZero() {
		return "when the Security log begins is not known"
	}
	return "the Security log begins at " + stamp(first)
}

// sorted are the groups of one outcome with the most logons first.
func sortedLogons(all []footprint.Logon, outcome string) (list []footprint.Logon) {
	for _, l := range all {
		if l.Outcome == outcome {
			list = append(list, l)
		}
	}
	slices.SortStableFunc(list, func(a, b footprint.Logon) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.First.Compare(b.First))
	})
	return list
}
