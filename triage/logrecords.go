package triage

import (
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/rule"
	"hivetriage/triage/technique"
)

// processRecord judges a process start that names a credential hive.
func processRecord(e *artifacts.Event) correlate.Record {
	p := *e.Process
	p.Args = arguments(e.Process)
	rec := correlate.Record{Time: e.Began(), Kind: "process", Host: e.Host, User: e.User, Process: &p,
		Commands: command.Analyze(p), Assessment: "access", Hives: []string{}, Because: []string{},
		Rules: rule.Evaluate(e, p.Args), From: correlate.FromEvent(e)}
	if len(rec.Commands) > 0 {
		rec.Assessment = "benign"
	} else {
		rec.Because = append(rec.Because, "a rule matches its arguments, but the line has no form that copies a hive")
	}
	for i := range rec.Commands {
		c := &rec.Commands[i]
		rec.Because = append(rec.Because, c.Because...)
		rec.Assessment = graver(rec.Assessment, c.Impact)
		if !c.Copies() {
			continue
		}
		rec.Hives = append(rec.Hives, c.Hives...)
		if rec.Destination == "" {
			rec.Destination = sentTo(c, &p, e.User.Name)
		}
	}
	slices.Sort(rec.Hives)
	rec.Hives = slices.Compact(rec.Hives)
	rec.Technique = attackOf(rec.Hives, rec.Commands)
	rec.ID = correlate.RecordID(e)
	rec.Because = timeNoted(rec.Because, e)
	return rec
}

// graver is the graver of two assessments.
func graver(a, b string) string {
	order := []string{"benign", "access", "attempt", "export"}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// sentTo is where the first command's output went: the resolved path if
// the record decides it, else the path as written.
func sentTo(c *command.Command, p *artifacts.Process, user string) string {
	for _, candidate := range command.Resolve(c.Destination, p.WorkingDirectory, p.Executable, user) {
		if !candidate.Certain {
			continue
		}
		if candidate.Stream != "" {
			return candidate.Path + ":" + candidate.Stream
		}
		return candidate.Path
	}
	return c.Destination
}

func fileRecord(e *artifacts.Event) correlate.Record {
	return correlate.Record{ID: correlate.RecordID(e), Time: e.Began(), Kind: "file", Host: e.Host, User: e.User, Process: e.Process,
		File: e.File.Path, Destination: e.File.Path, Hives: []string{}, Assessment: "access",
		Because: timeNoted([]string{"reg.exe created this file"}, e), Rules: rule.Evaluate(e, nil), From: correlate.FromEvent(e)}
}

// attackOf is the ATT&CK technique of a record: that of its command where the
// hives are only a part of what is taken, LSA secrets where SECURITY is the
// only one that holds credentials.
func attackOf(hives []string, commands []command.Command) string {
	switch {
	case slices.ContainsFunc(commands, func(c command.Command) bool { return c.Technique == technique.IFM }):
		return "T1003.003"
	case len(hives) == 0:
		return ""
	case slices.Contains(hives, "SECURITY") && !slices.Contains(hives, "SAM"):
		return "T1003.004"
	}
	return "T1003.002"
}

func imageName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }
