package report

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage"
	"hivetriage/triage/program"
)

// maxPrograms is how many programs the terminal report lists.
const maxPrograms = 12

// shownDigits are those of a digest in the terminal; the other outputs have all.
const shownDigits = 32

// programs lists the programs around the acts, those with something odd first.
func (t *terminal) programs(c *triage.Case) {
	if len(c.Executables) == 0 {
		return
	}
	t.heading("Programs")
	all := slices.Clone(c.Executables)
	slices.SortStableFunc(all, func(a, b program.Executable) int { return min(len(b.Notes), 1) - min(len(a.Notes), 1) })
	var table fields
	for _, e := range all[:min(len(all), maxPrograms)] {
		name := visible(e.Path)
		if len(c.Hosts) > 1 && e.Host != "" {
			name += " on " + visible(e.Host)
		}
		table.add(programVerdict(&e), strings.Join(append([]string{name}, programLines(&e)...), "\n"))
	}
	const stateWidth = labelWidth + 1 // "overwritten", "self-signed"
	t.table(nil, []int{stateWidth}, table.cut(t.width-stateWidth-frame(2)))
	t.more(len(all), maxPrograms, "programs")
}

// programVerdict is one word on a program's file.
func programVerdict(e *program.Executable) string {
	switch {
	case e.State == program.NotFound:
		return "not found"
	case e.Signature == nil:
		return visible(e.State)
	}
	return visible(e.Signature.State)
}

func programLines(e *program.Executable) (lines []string) {
	for _, n := range e.Notes {
		lines = append(lines, visible("! "+n))
	}
	if e.SHA256 != "" {
		digest := "SHA-256 " + e.SHA256[:min(len(e.SHA256), shownDigits)] + "…"
		if e.Unreliable != "" {
			digest += " (unreliable)"
		}
		lines = append(lines, digest)
	}
	if s := e.Signature; s != nil && s.Signer != "" {
		lines = append(lines, visible("signer "+s.Signer))
	}
	switch {
	case e.Starts == 1: // which two records may tell, each with its own time
		lines = append(lines, "1 start in the logs, "+stamp(e.First))
	case e.Starts > 1:
		lines = append(lines, counted(int(e.Starts), "start", "starts")+" in the logs, "+span(e.First, e.Last))
	}
	if len(e.Seen) > 0 {
		lines = append(lines, visible(fmt.Sprintf("earliest in %s: %s, %s", e.Seen[0].Artefact, stamp(e.Seen[0].Time), e.Seen[0].Means)))
	}
	return lines
}
