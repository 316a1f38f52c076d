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

// A tally gathers what the records of an act attest to: the records' ids, one
// for every command, event or entry of a kind.
type tally struct {
	commands, launchers, attempts []string // by how far a line goes
	untimed                       []string // of the records with commands
	fetched, asked                []string // over shares
	loaded, files                 []string
	rules, damaged, disguised     []string
	runners, namers               []string // artefacts
	ran, named                    []string // what they say
	first                         string   // command
	disguises                     []string
}

func (g *group) tally() (t tally) {
	for _, r := range g.records {
		if r.From.Damaged != "" {
			t.damaged = append(t.damaged, r.ID)
		}
		switch {
		case r.Kind == "file":
			t.files = append(t.files, r.ID)
		case r.Kind == "share" && r.Assessment == "export":
			t.fetched = append(t.fetched, r.ID)
		case r.Kind == "share":
			t.asked = append(t.asked, r.ID)
		case r.Kind == "hive-load":
			t.loaded = append(t.loaded, r.ID)
		case r.Export != "":
			t.runners = append(t.runners, r.ID)
			t.ran = append(t.ran, command.Base(r.process().Executable)+" at "+stamp(r.Time)+" ("+r.From.Artefact+")")
		case len(r.Commands) == 0:
			t.namers = append(t.namers, r.ID)
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
		t.untimed = append(t.untimed, r.ID)
	}
	for i := range r.Commands {
		t.command(&r.Commands[i], r.ID)
	}
	if slices.ContainsFunc(r.Rules, func(m rule.Match) bool { return m.Matched && m.ID == rule.SeedID }) {
		t.rules = append(t.rules, r.ID)
	}
}

func (t *tally) command(c *command.Command, id string) {
	switch {
	case !c.Copies():
		return
	case c.Impact == "attempt":
		t.attempts = append(t.attempts, id)
	case c.Carried():
		t.launchers = append(t.launchers, id)
	default:
		t.commands = append(t.commands, id)
	}
	if len(c.Disguise) > 0 {
		t.disguises, t.disguised = append(t.disguises, c.Disguise...), append(t.disguised, id)
	}
	if t.first == "" {
		t.first = fmt.Sprintf("%s %s of %s", c.Tool, c.Verb, strings.Join(c.Hives, ", "))
	}
}

// lines is how many commands copy a hive, or try to.
func (t *tally) lines() int { return len(t.commands) + len(t.launchers) + len(t.attempts) }

func (g *group) weighRecords(add adder) {
	t := g.tally()
	t.weighCommands(add)
	t.weighOthers(add)
	g.weighFiles(t.files, add)
	if n := len(t.rules); n > 0 {
		add(rulePoints, t.rules, "the rule matches %d of the records", n)
	}
	if len(t.disguises) > 0 {
		add(disguisePoints, t.disguised, "disguised: %s", strings.Join(t.disguises, " "))
	}
	if len(t.damaged) > 0 && len(t.damaged) == len(g.records) {
		add(damagedPoints, t.damaged, "every record of it comes from a damaged part of a log")
	}
	if t.lines() > 0 && len(g.exports) == 0 && len(t.files) == 0 {
		add(goneOutputPoints, nil, "no copy was found at the commands' destinations on this evidence: deleted and overwritten, moved away, or the command failed")
	}
}

func (t *tally) weighCommands(add adder) {
	switch {
	case len(t.commands) > 0:
		add(commandPoints, t.commands, "recorded commands copy credential hives, the first being %s", t.first)
	case len(t.launchers) > 0:
		add(launcherPoints, t.launchers, "a launcher's command line carries the command %s; the process itself was not recorded", t.first)
	case len(t.attempts) > 0:
		add(attemptPoints, t.attempts, "recorded commands try to copy credential hives, the first being %s; the lines do not show that it worked", t.first)
	}
}

// weighOthers weighs the records that hold no command.
func (t *tally) weighOthers(add adder) {
	switch {
	case len(t.fetched) > 0:
		add(fetchedPoints, t.fetched, "over a share a file was fetched from where a hive is saved, right after the remote registry was opened (%s)", plural(len(t.fetched), "record", "records"))
	case len(t.asked) > 0:
		add(sharePoints, t.asked, "a file with the name of a copy was asked for over a share (%s)", plural(len(t.asked), "record", "records"))
	}
	if len(t.ran) > 0 {
		add(runPoints, t.runners, "programs that copy hives ran when the copies came to be: %s", strings.Join(t.ran[:min(len(t.ran), maxTold)], ", "))
	}
	if len(t.named) > 0 {
		add(tracePoints, t.namers, "files with the names of copies are known from %s", strings.Join(t.named[:min(len(t.named), maxTold)], ", "))
	}
	if n := len(t.untimed); n > 0 && n == t.lines() {
		add(untimedPoints, t.untimed, "when the commands were entered is not known (%s)", plural(n, "record", "records"))
	}
	if n := len(t.loaded); n > 0 {
		add(loadPoints, t.loaded, "Windows loaded a hive from a place where only a copy lies (%s)", plural(n, "record", "records"))
	}
}

// weighFiles weighs the events of files: beside other evidence they bear it
// out; alone they are as good as the program that had the file.
func (g *group) weighFiles(ids []string, add adder) {
	files := len(ids)
	switch {
	case files == 0:
	case files < len(g.records) || len(g.exports) > 0:
		add(fileEventPoints, ids, "file creation was recorded for the copy (%s)", plural(files, "event", "events"))
	case slices.ContainsFunc(g.records, func(r *Record) bool { return technique.Use(command.Base(r.process().Executable)) == technique.Copier }):
		add(copierFilePoints, ids, "a program that copies hives had a file under the name of a copy (%s)", plural(files, "event", "events"))
	default:
		add(fileAlonePoints, ids, "a file under the name of a copy was recorded (%s)", plural(files, "event", "events"))
	}
}

// plural counts in words.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
