package correlate

import (
	"slices"
	"strings"
	"time"
)

// remoteRegistryRuns is in the notice of a start of the service behind winreg.
const remoteRegistryRuns = "Remote Registry is running"

// startsBefore is how long before a fetch the service may have been started.
const startsBefore = 10 * time.Minute

// Corroborate adds to acts in which a hive was fetched over a share what bears
// that out: the file as the change journal tells of it, the start of the
// service that saves it, the session from where it went. Where neither a copy
// nor a command was seen, all that is no confirmation.
func Corroborate(acts []Act, records []Record, notices []Notice) {
	byID := map[string]*Record{}
	for i := range records {
		byID[records[i].ID] = &records[i]
	}
	for i := range acts {
		a := &acts[i]
		var fetched []*Record
		commands := false
		for _, id := range a.Records {
			r := byID[id]
			if r.Kind == "share" && r.Assessment == "export" && !r.Wrote {
				fetched = append(fetched, r)
			}
			commands = commands || len(r.Commands) > 0
		}
		if len(fetched) == 0 {
			continue
		}
		a.bearOut(fetched, notices)
		if len(a.Exports) == 0 && !commands {
			a.limit(confirmedFrom-1, "neither a copy nor a command was seen")
		}
		a.settle()
		a.Verdict = verdictOf(a.Confidence)
	}
}

func (a *Act) bearOut(fetched []*Record, notices []Notice) {
	var made, from []string
	for _, r := range fetched {
		if r.Journaled {
			made = append(made, r.ID)
		}
		if r.Address != "" && slices.ContainsFunc(a.Sessions, func(s Session) bool {
			return s.LogonID == r.User.LogonID && s.Logon.Type == 3 && s.Logon.SourceIP == r.Address
		}) {
			from = append(from, r.ID)
		}
	}
	if len(made) > 0 {
		a.because(For, madePoints, made, "the change journal tells that what was fetched was made and deleted again at that time (%s)", plural(len(made), "file", "files"))
	}
	first := slices.MinFunc(fetched, compareRecords)
	if i := slices.IndexFunc(notices, func(n Notice) bool {
		lag := first.Time.Sub(n.Time)
		return n.Kind == "service" && strings.Contains(n.What, remoteRegistryRuns) && sameHost(n.Host, first.Host) && lag >= -clockSlack && lag <= startsBefore
	}); i >= 0 {
		n := &notices[i]
		a.because(For, servicePoints, []string{first.ID}, "the service of the remote registry was started at %s, %s before (%s)", stamp(n.Time), short(max(first.Time.Sub(n.Time), 0)), n.From.Cite())
	}
	if len(from) > 0 {
		a.because(For, networkPoints, from, "the session came over the network from the address that the file went to (%s)", plural(len(from), "record", "records"))
	}
}
