package attest

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// At tells where on its host the object of a 5145 or the hive of a
// Kernel-General 16 lies, as command.Normal writes it. ok is false for any
// other event.
func At(e *artifacts.Event) (path string, ok bool) {
	switch {
	case e.Code == 5145:
		share, target := objectOf(e)
		if target == "" || strings.EqualFold(share, "IPC$") {
			return "", false
		}
		return command.Normal(localPath(share, e.Value("ShareLocalPath"), target)), true
	case e.Code == 16 && strings.EqualFold(e.Provider, KernelGeneral):
		return command.Normal(e.Value("HiveName")), true
	}
	return "", false
}

// objectOf returns the share of a 5145 and what was asked for in it.
func objectOf(e *artifacts.Event) (share, target string) {
	_, share, _ = strings.Cut(strings.TrimLeft(e.Value("ShareName"), `\`), `\`) // behind the "*" that stands for the host
	return share, strings.ReplaceAll(e.Value("RelativeTargetName"), "/", `\`)
}

// Touch returns the record of an event of which At tells a place where a copy
// of the hive lies.
func Touch(e *artifacts.Event, hive string) correlate.Record {
	var rec correlate.Record
	if e.Code == 5145 {
		share, target := objectOf(e)
		rec = start(e, "share", "attempt")
		rec.Address, rec.File = e.Value("IpAddress"), e.Value("ShareName")+`\`+target
		rec.Destination = localPath(share, e.Value("ShareLocalPath"), target)
		rec.Wrote = toWrite(e)
		rec.Because = append(rec.Because, "A copy of a hive lies at this place, and it was "+opened(&rec)+" over a share from "+from(rec.Address)+".")
	} else {
		rec = start(e, "hive-load", "export")
		rec.Process = nil
		rec.File = e.Value("HiveName")
		rec.Destination = command.Normal(rec.File)
		rec.Because = append(rec.Because, "A copy of a hive lies at this place, and Windows loaded it: tools that read credentials out of a copy, and reg load, do this.")
	}
	rec.Hives, rec.Technique = []string{hive}, attackOf([]string{hive})
	return rec
}
