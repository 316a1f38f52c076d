package attest

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// At reads where on its host the object of a 5145 or the hive of a
// Kernel-General 16 lies. What they say of it depends on whether a copy of a
// hive lies there, which the caller knows: ok is false where that is told by
// the name, as Wanted does.
func At(e *artifacts.Event) (rec correlate.Record, path string, ok bool) {
	if Wanted(e) {
		return rec, "", false
	}
	switch {
	case e.Code == 5145:
		target := strings.ReplaceAll(e.Value("RelativeTargetName"), "/", `\`)
		_, share, _ := strings.Cut(strings.TrimLeft(e.Value("ShareName"), `\`), `\`)
		if target == "" || strings.EqualFold(share, "IPC$") {
			return rec, "", false
		}
		rec = start(e, "share", "attempt")
		rec.Address, rec.File = e.Value("IpAddress"), e.Value("ShareName")+`\`+target
		rec.Destination = localPath(share, e.Value("ShareLocalPath"), target)
		rec.Because = append(rec.Because, "A copy of a hive lies at this place, and it was asked for over a share from "+from(rec.Address)+".")
	case e.Code == 16 && strings.EqualFold(e.Provider, KernelGeneral):
		rec = start(e, "hive-load", "export")
		rec.Process = nil
		rec.File = e.Value("HiveName")
		rec.Destination = command.Normal(rec.File)
		rec.Because = append(rec.Because, "A copy of a hive lies at this place, and Windows loaded it: tools that read credentials out of a copy, and reg load, do this.")
	default:
		return rec, "", false
	}
	return rec, command.Normal(rec.Destination), true
}

// Of says whose hive a record of At is about.
func Of(rec *correlate.Record, hive string) {
	rec.Hives, rec.Technique = []string{hive}, attackOf([]string{hive})
}
