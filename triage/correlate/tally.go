package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/command"
	"hivetriage/triage/rule"
	"hivetriage/triage/technique"
)

// A tally counts what the records of an act attest to.
type tally struct {
	commands, launchers, attempts int // by how far a line goes
	untimed                       int // of the records with commands
	fetched, asked                int // over shares
	loaded, files                 int
	rules, damaged                int
	ran, named                    []string // of artefacts
	first                         string   // command
	disguises                     []string
}

func (g *group) tally() (t tally) {
	for _, r := range g.records {
		if r.From.Damaged != "" {
			t.damaged++
		}
		switch {
		case r.Kind == "file":
			t.files++
		case r.Kind == "share" && r.Assessment == "export":
			t.fetched++
		case r.Kind == "share":
			t.asked++
		case r.Kind == "hive-load":
			t.loaded++
		case r.Export != "":
			t.ran = append(t.ran, command.Base(r.process().Executable)+" at "+stamp(r.Time)+" ("+r.From.Artefact+")")
		case len(r.Commands) == 0:
			t.named = append(t.named, cmp.Or(r.From.Artefact, "event "+r.From.EventCode)+" names "+r.File)
		default:
			t.line(r)
		}
	}
	t.ran, t.named, t.disguises = unique(t.ran), unique(t.named), unique(t.disguises)
	return t
}

// line counts a record that holds commands.
func (t *tally) line(r *Record) {
	if r.Time.IsZero() {
		t.untimed++
	}
	for i := range r.Commands {
		t.command(&r.Commands[i])
	}
	if slices.ContainsFunc(r.Rules, func(m rule.Match) bool { return m.Matched && m.ID == rule.SeedID }) {
		t.rules++
	}
}

func (t *tally) command(c *command.Command) {
	switch {
	case !c.Copies():
		return
	case c.Impact == "attempt":
		t.attempts++
	case c.Carried():
		t.launchers++
	default:
		t.commands++
	}
	t.disguises = append(t.disguises, c.Disguise...)
	if t.first == "" {
		t.first = fmt.Sprintf("%s %s of %s", c.Tool, c.Verb, strings.Join(c.Hives, ", "))
	}
}

// lines is how many commands copy a hive, or try to.
func (t *tally) lines() int { return t.commands + t.launchers + t.attempts }

func (g *group) weighRecords(add func(int, string, ...any)) {
	t := g.tally()
	t.weighCommands(add)
	t.weighOthers(add)
	g.weighFiles(t.files, add)
	if t.rules > 0 {
		add(rulePoints, "the rule matches %d of the records", t.rules)
	}
	if len(t.disguises) > 0 {
		add(disguisePoints, "disguised: %s", strings.Join(t.disguises, " "))
	}
	if t.damaged > 0 && t.damaged == len(g.records) {
		add(damagedPoints, "every record of it comes from a damaged part of a log")
	}
	if t.lines() > 0 && len(g.exports) == 0 && t.files == 0 {
		add(goneOutputPoints, "no copy was found at the commands' destinations on this evidence: deleted and overwritten, moved away, or the command failed")
	}
}

func (t *tally) weighCommands(add func(int, string, ...any)) {
	switch {
	case t.commands > 0:
		add(commandPoints, "recorded commands copy credential hives, the first being %s", t.first)
	case t.launchers > 0:
		add(launcherPoints, "a launcher's command line carries the command %s; the process itself was not recorded", t.first)
	case t.attempts > 0:
		add(attemptPoints, "recorded commands try to copy credential hives, the first being %s; the lines do not show that it worked", t.first)
	}
}

// weighOthers weighs the records that hold no command.
func (t *tally) weighOthers(add func(int, string, ...any)) {
	switch {
	case t.fetched > 0:
		add(fetchedPoints, "over a share a file was fetched from where a hive is saved, right after the remote registry was opened (%d records)", t.fetched)
	case t.asked > 0:
		add(sharePoints, "a file with the name of a copy was asked for over a share (%d records)", t.asked)
	}
	if len(t.ran) > 0 {
		add(runPoints, "programs that copy hives ran when the copies came to be: %s", strings.Join(t.ran[:min(len(t.ran), maxTold)], ", "))
	}
	if len(t.named) > 0 {
		add(tracePoints, "files with the names of copies are known from %s", strings.Join(t.named[:min(len(t.named), maxTold)], ", "))
	}
	if t.untimed > 0 && t.untimed == t.lines() {
		add(untimedPoints, "when the commands were entered is not known (%d records)", t.untimed)
	}
	if t.loaded > 0 {
		add(loadPoints, "Windows loaded a hive from a place where only a copy lies (%d records)", t.loaded)
	}
}

// weighFiles weighs the events of files: beside other evidence they bear it
// out; alone they are as good as the program that had the file.
func (g *group) weighFiles(files int, add func(int, string, ...any)) {
	switch {
	case files == 0:
	case files < len(g.records) || len(g.exports) > 0:
		add(fileEventPoints, "file creation was recorded for the copy (%d events)", files)
	case slices.ContainsFunc(g.records, func(r *Record) bool { return technique.Use(command.Base(r.process().Executable)) == technique.Copier }):
		add(copierFilePoints, "a program that copies hives had a file under the name of a copy (%d events)", files)
	default:
		add(fileAlonePoints, "a file under the name of a copy was recorded (%d events)", files)
	}
}
