package benign

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// HabitID is the row of an administrator's scheduled job. It is not in the
// table: what makes it is not a name but that it recurs.
const HabitID = "scheduled-job"

// What makes a habit.
const (
	leastRuns  = 3                // of one command, on as many days
	sameHour   = 15 * time.Minute // how far runs lie from the hour of the day that they share
	fullDay    = 24 * time.Hour
	outOfHours = 2 // runs at other times, from which on it is no habit
)

// number is what differs between the runs of one job: dates in file names.
var number = regexp.MustCompile(`[0-9]+`)

// A job is what the runs of one command share.
type job struct{ host, account, parent, line string }

func jobOf(rec *correlate.Record) job {
	j := job{host: strings.ToLower(rec.Host), account: strings.ToLower(nameOf(rec.User))}
	if system(rec.User) {
		j.account = "" // Sysmon and Security name it differently
	}
	if rec.Process.Parent != nil {
		j.parent = command.Normal(rec.Process.Parent.Executable)
	}
	line := strings.Join(strings.Fields(strings.ToLower(rec.Process.CommandLine)), " ")
	j.line = number.ReplaceAllString(line, "#")
	return j
}

// Habits are when each command ran that copies hives, the oldest first.
type Habits map[job][]time.Time

// HabitsOf finds the habits in the records of a case.
func HabitsOf(records []correlate.Record) Habits {
	h := Habits{}
	for i := range records {
		if rec := &records[i]; runs(rec) {
			j := jobOf(rec)
			h[j] = append(h[j], rec.Time)
		}
	}
	for _, times := range h {
		slices.SortFunc(times, time.Time.Compare)
	}
	return h
}

// runs reports whether a record is that of a command which copies hives.
func runs(rec *correlate.Record) bool {
	return rec.Kind == "process" && rec.Process != nil && rec.Process.CommandLine != "" && (rec.Assessment == "export" || rec.Assessment == "attempt")
}

// habit reads an act as a job that the task scheduler runs at the same hour of
// many days. ok is false where its commands do not recur.
func (f *Facts) habit() (correlate.Explanation, bool) {
	e := correlate.Explanation{Row: HabitID, Name: "an administrator's scheduled job", For: []string{}, Against: []string{}, Open: []string{},
		Settles: "the job in the task scheduler, who set it up and why: a copy of the hives that is made every day is exposed every day"}
	against := func(format string, args ...any) { e.Against = appendOnce(e.Against, fmt.Sprintf(format, args...)) }
	places := 0
	for _, rec := range f.Records {
		if !runs(rec) {
			if rec.Kind != "file" && rec.Kind != "process" && rec.Kind != "execution" && rec.Kind != "journal" {
				against("a record of another kind tells of the act: %s", rec.Kind)
			}
			continue
		}
		times := f.Habits[jobOf(rec)]
		on, off := atHour(times, rec.Time)
		if len(on) < leastRuns {
			return e, false
		}
		e.For = appendOnce(e.For, fmt.Sprintf("%s ran the same command on %d days at about %s UTC, from %s to %s", nameOf(rec.User), len(on),
			rec.Time.UTC().Format("15:04"), on[0].UTC().Format(time.DateOnly), on[len(on)-1].UTC().Format(time.DateOnly)))
		if off >= outOfHours {
			against("it also ran %d times at other hours", off)
		}
		if scheduler, ok := f.scheduled(rec); ok {
			e.For = appendOnce(e.For, "the task scheduler started it: "+scheduler)
		} else {
			against("the task scheduler did not start it, as far as the records tell: %s did", parentOf(f.lineage(rec)))
		}
		for i := range rec.Commands {
			c := &rec.Commands[i]
			if !c.Copies() {
				continue
			}
			places++
			f.jobOutput(rec, c, &e)
		}
	}
	if places == 0 {
		return e, false
	}
	if slices.ContainsFunc(f.Act.Sessions, func(s correlate.Session) bool { return s.Logon.Type == 2 || s.Logon.Type == 10 }) {
		against("it ran in a session at the desktop, not in one of the task scheduler's")
	}
	f.jobCopies(&e)
	f.surroundings(&e, false)
	e.Open = appendOnce(e.Open, "the job's own definition was not compared")
	e.Complete = len(e.Against) == 0
	return e, true
}

// jobOutput reads where a job's command writes.
func (f *Facts) jobOutput(rec *correlate.Record, c *command.Command, e *correlate.Explanation) {
	against := func(format string, args ...any) { e.Against = appendOnce(e.Against, fmt.Sprintf(format, args...)) }
	for _, d := range c.Disguise {
		against("the command was disguised: %s", d)
	}
	if c.Remote != "" {
		against("the command was for another host: %s", c.Remote)
	}
	path, certain := outputOf(rec, c)
	if !certain {
		against("where it wrote was not recorded")
		return
	}
	file, stream := command.SplitStream(path)
	relative, _ := command.VolumePath(file)
	switch why := unsuited(relative); {
	case stream != "":
		against("the output is hidden in an alternate data stream: %s", path)
	case relative == "":
		against("the output went to another computer or device: %s", path)
	case why != "":
		against("the output went to %s, %s", path, why)
	default:
		e.For = appendOnce(e.For, "each run wrote to "+number.ReplaceAllString(path, "#"))
	}
}

// jobCopies reads the copies that lie on the evidence: those of a job are where
// its commands put them.
func (f *Facts) jobCopies(e *correlate.Explanation) {
	for _, x := range f.Exports {
		told := slices.ContainsFunc(f.Records, func(rec *correlate.Record) bool {
			return runs(rec) && slices.ContainsFunc(rec.Commands, func(c command.Command) bool {
				path, _ := outputOf(rec, &c)
				relative, _ := command.VolumePath(path)
				return relative != "" && strings.HasSuffix(strings.ToLower(x.At.Path), relative)
			})
		})
		switch {
		case !told || x.At.Stream != "":
			e.Against = appendOnce(e.Against, "a copy lies where the job does not write: "+x.At.Place())
		case x.Gone():
			e.Against = appendOnce(e.Against, "a copy was deleted afterwards: "+x.At.Place())
		}
	}
}

// atHour returns the runs at the hour of the day of one of them, one for each
// day, and how many are at other hours.
func atHour(times []time.Time, hour time.Time) (on []time.Time, off int) {
	for _, t := range times {
		apart := t.Sub(hour) % fullDay
		if apart < 0 {
			apart += fullDay
		}
		if min(apart, fullDay-apart) > sameHour {
			off++
			continue
		}
		if len(on) == 0 || t.Sub(on[len(on)-1]) > fullDay/2 {
			on = append(on, t)
		}
	}
	return on, off
}

// between the task scheduler and a job's command there may be these.
var jobShells = []string{"cmd.exe", "conhost.exe", "powershell.exe", "reg.exe", "wscript.exe", "cscript.exe", "esentutl.exe", "robocopy.exe"}

// scheduled reports whether the task scheduler started a record's process, by
// nothing but shells of Windows.
func (f *Facts) scheduled(rec *correlate.Record) (string, bool) {
	line := f.lineage(rec)
	for i, p := range line {
		if i > 0 && isScheduler(p) {
			if p.CommandLine == "" {
				return p.Executable + ", whose service was not recorded", true
			}
			return p.CommandLine, true
		}
		if !ofWindows(p.Executable) || !slices.Contains(jobShells, command.Base(p.Executable)) {
			return "", false
		}
	}
	return "", false
}

// isScheduler reports whether a process is the task scheduler's service, or
// the engine that it has run tasks.
func isScheduler(p artifacts.Process) bool {
	relative, drive := command.VolumePath(p.Executable)
	if drive != "c" && drive != "" {
		return false
	}
	switch relative {
	case "/windows/system32/svchost.exe":
		return p.CommandLine == "" || strings.Contains(strings.ToLower(p.CommandLine), "schedule") || strings.HasSuffix(strings.ToLower(strings.TrimSpace(p.CommandLine)), "-k netsvcs")
	case "/windows/system32/taskeng.exe":
		return true
	}
	return false
}

// unsuited says why no administrator's job would write to a path below a
// drive's root; "" if one may.
func unsuited(relative string) string {
	for _, p := range []struct{ inside, why string }{
		{"/windows/temp/", "a folder for temporary files"}, {"/temp/", "a folder for temporary files"}, {"/tmp/", "a folder for temporary files"},
		{"/users/", "a user's profile"}, {"/inetpub/", "a web server's folder"}, {"/wwwroot/", "a web server's folder"}, {"/sysvol/", "a share that the whole domain reads"},
		{"/perflogs/", "a folder that everybody knows and nobody uses"}, {"/$recycle.bin/", "the Recycle Bin"}, {"/windows/", "Windows' own folder"},
	} {
		if strings.Contains(relative, p.inside) {
			return p.why
		}
	}
	return ""
}
