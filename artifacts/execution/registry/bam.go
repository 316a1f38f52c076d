package registry

import (
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// moderators are the services that keep, for each account, when its programs
// ran: the Background and the Desktop Activity Moderator. Windows 10 1709 has
// their UserSettings in the service's key, later ones in its State.
var moderators = []struct{ path, artefact string }{
	{`Services\bam\State\UserSettings`, InBAM},
	{`Services\bam\UserSettings`, InBAM},
	{`Services\dam\State\UserSettings`, InDAM},
	{`Services\dam\UserSettings`, InDAM},
}

const (
	moderated = 24 // bytes of a value: FILETIME, 8 of zero, u32 1 for a packaged app, u32 2 (winreg-kb)

	// The value is written when a run ends, and for what still runs when the
	// hive is written.
	lastRunEnded = "last run ended, or it was running then"
)

// BAM yields what the activity moderators keep in the current control set of a
// SYSTEM: one entry for each
// program and account, for about a week. Console programs that were started
// from another one are often missing.
//
// Ran; Program is a device path or the name of a packaged app, User.SID the
// account.
func BAM(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, m := range moderators {
			settings, path, ok := currentSet(root, m.path)
			if !ok {
				continue
			}
			for account := range settings.Children() {
				if !moderatedBy(account, path, m.artefact, yield) {
					return
				}
			}
		}
	}
}

func moderatedBy(account hive.Node, path, artefact string, yield func(artifacts.Trace, error) bool) bool {
	for d := range account.Data() {
		if d.Type() == regDWord { // Version and SequenceNumber
			continue
		}
		e := &entry{key: account, path: path + `\` + account.Name() + `\` + d.Name(), values: map[string]hive.Datum{"": d}}
		t := e.trace(artefact, artifacts.Ran)
		t.Offset, t.Program, t.User.SID = d.Offset(), d.Name(), account.Name()
		b := e.data("", moderated)
		if len(b) < 8 {
			if e.failed == nil {
				e.failed = artifacts.NewProblem(artifacts.Malformed, d.Offset(), "registry: %s has %d bytes, not a time", e.path, len(b))
			}
		} else {
			t.AddTime(windows.Filetime(le.Uint64(b)), lastRunEnded)
		}
		if len(b) >= 20 && le.Uint32(b[16:]) == 1 || !strings.Contains(d.Name(), `\`) {
			t.AddDetail("Kind", "packaged app")
		}
		if !e.give(t, yield) {
			return false
		}
	}
	return true
}
