package triage

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/benign"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/program"
)

// explain looks for what legitimately makes copies like those of the acts.
func (r *run) explain(members [][]*correlate.Record) {
	exports := map[string]*locate.Export{}
	for i := range r.exports {
		exports[r.exports[i].ID] = &r.exports[i]
	}
	habits := benign.HabitsOf(r.records)
	for i := range r.acts {
		facts := benign.Facts{Act: &r.acts[i], Records: members[i], Habits: habits, Signer: r.signer}
		for _, id := range r.acts[i].Exports {
			facts.Exports = append(facts.Exports, exports[id])
		}
		r.acts[i].Explain(benign.Explain(facts))
	}
}

// signer tells whose signature the file of a program has. Programs of Windows
// are signed by catalogs: where none lists them, that says nothing.
func (r *run) signer(_, path string) (signer, state string) {
	key := command.Normal(path)
	i := slices.IndexFunc(r.executables, func(e program.Executable) bool { return command.Normal(e.Path) == key })
	if i < 0 || r.executables[i].Signature == nil {
		return "", benign.NotChecked
	}
	s := r.executables[i].Signature
	relative, _ := command.VolumePath(path)
	switch {
	case s.Holds():
		return s.Signer, benign.Valid
	case s.State == benign.Unsigned && strings.HasPrefix(relative, "/windows/"):
		return "", benign.NotChecked
	case s.State == benign.Unsigned:
		return "", benign.Unsigned
	}
	return s.Signer, s.State
}

// explanation is one sentence on a case whose acts are all explained.
func explanation(acts []correlate.Act) string {
	var names []string
	for _, a := range acts {
		if len(a.Explanations) > 0 {
			names = append(names, a.Explanations[0].Name)
		}
	}
	slices.Sort(names)
	return fmt.Sprintf("The records explain it by %s; the response says what would confirm that, and until then the copies are exposed.", strings.Join(slices.Compact(names), ", "))
}
