package correlate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// How far apart in time things may lie and still be one.
const (
	sameStart   = 2 * time.Second  // one process start told by two logs
	launch      = time.Minute      // a launcher and the process it carries
	oneDump     = 15 * time.Minute // commands of one parent, session or account
	writeDelay  = 10 * time.Minute // a command and the file at its destination
	renameDelay = 2 * time.Minute  // a command and a file with another name
	clockSlack  = 2 * time.Second  // rounding between sources of one clock
)

// wellKnownSessions are the logon sessions that many unrelated processes
// share: LocalSystem, LocalService, NetworkService.
var wellKnownSessions = map[string]bool{"0x3e7": true, "0x3e5": true, "0x3e4": true}

// sameProcess begins the reason of two records that tell of one process.
const sameProcess = "same process: "

// joinRecords says why two things are one act; "" if they are not known to be.
func (k *Known) joinRecords(a, b *Record) string {
	if !strings.EqualFold(a.Host, b.Host) && !sameHost(a.Host, b.Host) {
		return ""
	}
	if a.Time.IsZero() || b.Time.IsZero() {
		return joinUntimed(a, b)
	}
	lag := nearest(k.gaps(a.Host, a.Time, b.Time, a.From, b.From))
	if why := joinTimed(a, b, lag.Duration); why != "" {
		return why + lag.tell()
	}
	return ""
}

// joinTimed is joinRecords of two records of which b lies behind a by lag.
func joinTimed(a, b *Record, lag time.Duration) string {
	gap := lag.Abs()
	switch {
	case a.Process == nil || b.Process == nil:
	case a.Kind == "script" && b.Kind == "script":
		if pid := a.Process.PID; pid != 0 && pid == b.Process.PID && gap <= oneDump {
			return fmt.Sprintf("same PowerShell process, PID %d, within %s", pid, short(gap))
		}
	default:
		if why := joinProcesses(a, b, lag); why != "" {
			return why
		}
	}
	if gap > oneDump {
		return ""
	}
	if c := sameCommand(a, b); c != "" && gap <= sameStart {
		return fmt.Sprintf("the same command, %s, told by two records within %s", c, short(gap))
	}
	if id := a.User.LogonID; id != "" && id == b.User.LogonID && !wellKnownSessions[id] {
		return fmt.Sprintf("same logon session %s within %s", id, short(gap))
	}
	if a.User.SID != "" && a.User.SID == b.User.SID || a.User.Name != "" && strings.EqualFold(account(a.User), account(b.User)) {
		return fmt.Sprintf("same account %s on the same host within %s", account(a.User), short(gap))
	}
	return ""
}

// sameCommand names the command that two records of different kinds tell of: a
// script log has the line that a process was started with, and names neither
// the process nor, some of them, the account.
func sameCommand(a, b *Record) string {
	if a.From.Channel == b.From.Channel && a.From.Path == b.From.Path || a.User.Name != "" && b.User.Name != "" && !strings.EqualFold(a.User.Name, b.User.Name) {
		return ""
	}
	for _, c := range a.Commands {
		for _, d := range b.Commands {
			if c.Copies() && c.Tool == d.Tool && strings.EqualFold(c.Verb, d.Verb) && strings.EqualFold(c.Key, d.Key) && strings.EqualFold(c.Source, d.Source) &&
				c.Destination != "" && strings.EqualFold(c.Destination, d.Destination) && c.Remote == d.Remote {
				return fmt.Sprintf("%s %s to %s", c.Tool, c.Verb, c.Destination)
			}
		}
	}
	return ""
}

// joinUntimed says why two things are one act where the time of one is not
// known: lines of one history, or a copy that both name.
func joinUntimed(a, b *Record) string {
	if beside(a, b) {
		return fmt.Sprintf("%s and %s of %s, whose times are not known", a.From.Entry, b.From.Entry, a.From.Path)
	}
	for _, r := range []*Record{a, b} {
		if other := b; !r.NotAfter.IsZero() {
			if r == b {
				other = a
			}
			if other.Time.After(r.NotAfter) {
				return "" // it was entered before that
			}
		}
	}
	for _, t := range targets(a) {
		for _, u := range targets(b) {
			if strings.EqualFold(command.Normal(t.Path), command.Normal(u.Path)) && strings.EqualFold(t.Stream, u.Stream) && strings.ContainsAny(t.Path, `\/`) {
				return "both name the copy " + t.Path
			}
		}
	}
	return ""
}

// beside reports whether two records without times are of one file.
func beside(a, b *Record) bool {
	return a.Time.IsZero() && b.Time.IsZero() && a.From.Path == b.From.Path && a.From.Source == b.From.Source && a.From.Volume == b.From.Volume
}

// joinProcesses says why the processes of two records, of which b lies behind
// a by lag, are of one act.
func joinProcesses(a, b *Record, lag time.Duration) string {
	p, q, gap := a.Process, b.Process, lag.Abs()
	switch {
	case p.EntityID != "" && p.EntityID == q.EntityID:
		return sameProcess + p.EntityID
	case p.PID != 0 && p.PID == q.PID && gap <= sameStart && sameImage(p, q):
		return fmt.Sprintf(sameProcess+"PID %d within %s, told by two records", p.PID, short(gap))
	case isParent(p, q, lag) || isParent(q, p, -lag):
		return "parent and child process"
	case a.Kind == "file" || b.Kind == "file":
		if p.PID != 0 && p.PID == q.PID && gap <= launch && sameImage(p, q) {
			return fmt.Sprintf("file created by the process, PID %d, within %s", p.PID, short(gap))
		}
		return ""
	case gap > oneDump || p.Parent == nil || q.Parent == nil:
		return ""
	case p.Parent.EntityID != "" && p.Parent.EntityID == q.Parent.EntityID:
		return "same parent process " + p.Parent.EntityID
	case p.Parent.PID != 0 && p.Parent.PID == q.Parent.PID && command.Base(p.Parent.Executable) == command.Base(q.Parent.Executable):
		return fmt.Sprintf("same parent process, PID %d, within %s", p.Parent.PID, short(gap))
	}
	return ""
}

// isParent reports whether p started q, which started later by lag.
func isParent(p, q *artifacts.Process, lag time.Duration) bool {
	if q.Parent == nil {
		return false
	}
	if p.EntityID != "" && q.Parent.EntityID != "" {
		return p.EntityID == q.Parent.EntityID
	}
	return p.PID != 0 && p.PID == q.Parent.PID && lag >= -clockSlack && lag <= launch &&
		(p.Executable == "" || q.Parent.Executable == "" || sameImage(p, q.Parent))
}

func sameImage(p, q *artifacts.Process) bool {
	return command.Base(p.Executable) == command.Base(q.Executable)
}

func account(u artifacts.User) string {
	if u.Domain == "" {
		return u.Name
	}
	return u.Domain + `\` + u.Name
}

// short writes a duration with at most milliseconds.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second / 10).String()
}

// joinExport says why an export is the output that a record tells of.
func (k *Known) joinExport(r *Record, targets []target, e *locate.Export) (why, doubt string) {
	if r.Export != "" {
		if r.Export != e.ID {
			return "", ""
		}
		return fmt.Sprintf("%s ran when the %s export at %s came to be (%s)", command.Base(r.process().Executable), e.Hive, place(e.At), r.From.Artefact), ""
	}
	created := Created(e)
	lag, inTime := k.writtenBy(r, e)
	for _, t := range targets {
		if !t.Local || len(t.hives) > 0 && !slices.Contains(t.hives, e.Hive) || !t.reaches(r, e, k) {
			continue
		}
		lies, doubt := t.lies(e)
		if !lies {
			continue
		}
		if (!t.Certain || doubt != "") && !inTime {
			continue // a guessed folder needs the time as second witness
		}
		why = fmt.Sprintf("the %s export lies where the record of %s says it went (%s; %s)", e.Hive, stamp(r.Time), t.Path, t.Because)
		switch {
		case r.Time.IsZero():
			return fmt.Sprintf("the %s export lies where a record without a time says it went (%s; %s)", e.Hive, t.Path, t.Because), doubt
		case created.IsZero() && e.Clock != "":
			return why + "; the file's times are " + e.Clock, doubt
		case created.IsZero():
			return why + "; the file's creation time is not known", doubt
		case inTime || r.Kind == "journal" || r.Kind == "execution":
			if r.Kind == "journal" || !inTime { // the time need not be that of the run that worked with the file
				return fmt.Sprintf("%s; it was created at %s", why, stamp(created)), doubt
			}
			return fmt.Sprintf("%s and was created %s after it%s", why, short(max(lag.Duration, 0)), lag.tell()), doubt
		case r.Kind == "share" && lag.Duration < 0: // what is fetched was made before
			return fmt.Sprintf("the %s export lies where the record of %s says it was asked for (%s), and was created %s before", e.Hive, stamp(r.Time), t.Path, short(-lag.Duration)), doubt
		default:
			when := fmt.Sprintf("the file at %s was created at %s, %s the record", t.Path, stamp(created), beforeOrAfter(lag.Duration))
			return why, strings.Join(append(nonEmpty(doubt), when), "; ")
		}
	}
	return "", ""
}

// joinRenamed joins an export that lies elsewhere than every record says: by
// hive and by the time at which it was written.
func (k *Known) joinRenamed(r *Record, e *locate.Export) string {
	if len(r.Commands) == 0 || r.Time.IsZero() || ownedByAnother(r, e) {
		return ""
	}
	lag, what, ok := k.writtenAfter(r, e)
	if !ok {
		return ""
	}
	return fmt.Sprintf("no export of %s lies at the command's destination; this one was %s %s after the command, so it was renamed or moved%s", e.Hive, what, short(max(lag.Duration, 0)), lag.tell())
}

// writtenAfter reports whether an export holds a record's hive and was
// written right after it.
func (k *Known) writtenAfter(r *Record, e *locate.Export) (lag gap, what string, ok bool) {
	if !slices.Contains(r.Hives, e.Hive) {
		return gap{}, "", false
	}
	when, what := written(e), "created"
	if !e.Taken.Exact.IsZero() {
		what = "saved"
	}
	lag, ok = k.within(r, when, precision(e), renameDelay)
	return lag, what, ok
}

// writtenBy returns how long after the record the export's file was created,
// and whether that is right after it.
func (k *Known) writtenBy(r *Record, e *locate.Export) (lag gap, inTime bool) {
	return k.within(r, Created(e), precision(e), writeDelay)
}

// within returns how long after a record something was, and whether that is at
// most delay. Its time is exact to precision.
func (k *Known) within(r *Record, when time.Time, precision, delay time.Duration) (lag gap, ok bool) {
	all := k.gaps(r.Host, r.Time, when, r.From, From{})
	if when.IsZero() {
		return all[0], false
	}
	for _, lag := range all {
		if lag.Duration >= -clockSlack-precision && lag.Duration <= delay+precision {
			return lag, true
		}
	}
	return all[0], false
}

// precision is what the time of an export's file is exact to, beyond what
// clocks of one host differ by: NTFS and the stamps in hives keep 100 ns, FAT
// two seconds of the last write, tar and others whole seconds. A time that is
// cut to that is earlier than what it is of.
func precision(e *locate.Export) time.Duration {
	when := Created(e)
	switch {
	case when.IsZero() || when.Nanosecond() != 0 || !e.Times.FN.Created.IsZero():
		return 0
	case when.Second()%2 == 0:
		return 2 * time.Second
	}
	return time.Second
}

// ownedByAnother reports whether the file of an export belongs to an account,
// not to a group, and a record tells of another account.
func ownedByAnother(r *Record, e *locate.Export) bool {
	return isAccount(e.OwnerSID) && isAccount(r.User.SID) && e.OwnerSID != r.User.SID
}

// isAccount reports whether a SID is that of an account of a machine or a
// domain: files that administrators make may belong to their group.
func isAccount(sid string) bool { return strings.HasPrefix(sid, "S-1-5-21-") }

// reaches reports whether the disk that an export is on is the one that the
// target is on.
func (t *target) reaches(r *Record, e *locate.Export, k *Known) bool {
	if t.on != nil {
		return t.on.Source == e.At.Source && t.on.Disk == e.At.Disk()
	}
	return sameDisk(r, e) && !k.stranger(r, e.At)
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// Created is when the file that holds an export came to be: SI, else FN, else
// when it was last written. An alternate data stream has no times of its own
// and is younger than its file: its file's last write is the best there is. A
// clock of an unknown zone does not tell.
func Created(e *locate.Export) time.Time {
	if e.Clock != "" {
		return time.Time{}
	}
	if e.At.Stream != "" {
		return e.Times.SI.Modified
	}
	for _, t := range []time.Time{e.Times.SI.Created, e.Times.FN.Created, e.Times.SI.Modified} {
		if !t.IsZero() {
			return t
		}
	}
	for _, h := range e.History {
		if h.Kind == locate.HappenedCreated {
			return h.Time
		}
	}
	return time.Time{}
}

// written is when the copy was made: the stamp in its header, else when its
// file came to be.
func written(e *locate.Export) time.Time {
	if !e.Taken.Exact.IsZero() {
		return e.Taken.Exact
	}
	return Created(e)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func beforeOrAfter(lag time.Duration) string {
	if lag < 0 {
		return short(-lag) + " before"
	}
	return short(lag) + " after"
}
