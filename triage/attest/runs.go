package attest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// A copier is a program that copies hives when it is told to, and how long
// after its start the copy may come to be.
type copier struct {
	row   int
	delay time.Duration
}

const (
	atOnce = 10 * time.Second // a program that does one thing
	slowly = 10 * time.Minute // one that waits for its user, or has much to do
	jitter = 2 * time.Second  // between the clocks of two records
)

// runners are the programs whose runs are compared with the copies' times.
var runners = map[string]copier{
	"reg.exe": {technique.RegSave, atOnce}, "esentutl.exe": {technique.Esentutl, atOnce}, "print.exe": {technique.RawRead, atOnce},
	"robocopy.exe": {technique.RawRead, atOnce}, "rawcopy.exe": {technique.RawRead, atOnce}, "rawcopy64.exe": {technique.RawRead, atOnce},
	"regedit.exe": {technique.Regedit, slowly}, "ntdsutil.exe": {technique.IFM, slowly}, "wbadmin.exe": {technique.WindowsBackup, slowly},
	"diskshadow.exe": {technique.ShadowCopy, slowly},
}

// Runs reports whether an entry tells when a program ran that copies hives if
// it is told to.
func Runs(t *artifacts.Trace) bool {
	_, ok := runner(t)
	return ok && t.Deed == artifacts.Ran && slices.ContainsFunc(t.Times, IsRun)
}

func runner(t *artifacts.Trace) (copier, bool) {
	if r, ok := runners[strings.ToLower(t.Detail("OriginalFileName"))]; ok {
		return r, true
	}
	r, ok := runners[command.Base(t.Program)]
	return r, ok
}

// IsRun reports whether a time is that of a run: its start, or its end.
func IsRun(s artifacts.Stamp) bool {
	return s.Means == "ran" || strings.HasPrefix(s.Means, "last ran") || strings.HasPrefix(s.Means, "last run")
}

// Ran ties the runs that an entry tells, for which Runs is true, to the copies that came to be right then: one
// record for each run and copy. The entries' times are starts; those of BAM
// are ends.
func Ran(t *artifacts.Trace, exports []locate.Export) (records []correlate.Record) {
	r, _ := runner(t)
	for _, s := range t.Times {
		if !IsRun(s) {
			continue
		}
		for i := range exports {
			e := &exports[i]
			created := correlate.Created(e)
			if created.IsZero() || t.From.Source != e.At.Source || !correlate.OneDisk(t.From, e.At) {
				continue
			}
			lag := created.Sub(s.Time)
			if strings.HasPrefix(s.Means, "last run ended") {
				lag = -lag
			}
			if lag < -jitter || lag > r.delay {
				continue
			}
			one := *t
			one.Times = []artifacts.Stamp{s}
			rec := startTrace(&one, "execution", time.Time{})
			rec.ID = correlate.ID(rec.ID, e.ID)
			rec.Row, rec.Hives, rec.Technique, rec.Assessment = r.row, []string{e.Hive}, attackOf([]string{e.Hive}), "attempt"
			rec.Export = e.ID
			rec.Because = append(rec.Because, said(t), fmt.Sprintf("%s ran at %s, and the copy of %s at %s came to be %s from then. What the program was told to do, the entry does not say.",
				command.Base(t.Program), stamp(s.Time), e.Hive, e.At.Place(), created.Sub(s.Time).Abs().Round(time.Millisecond)))
			records = append(records, rec)
		}
	}
	return records
}
