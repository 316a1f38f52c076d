package report

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
)

// A fact is a name and what is known of it, which may be several lines.
// Literal is a text that is to be copied as it stands.
type fact struct {
	Name    string
	Text    string
	Literal bool
}

// Custody is the chain of custody of the run. What is not known is said.
func (f *front) Custody() []fact {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	facts := []fact{
		{Name: "Case", Text: or(f.Run.CaseID, "not given (--case)")},
		{Name: "Examiner", Text: or(f.Run.Examiner, "not given (--examiner)")},
		{Name: "Started", Text: or(stamp(f.Run.Started), "not recorded")},
		{Name: "Ended", Text: or(stamp(f.Run.Finished), "not recorded")},
		{Name: "Clock of the run", Text: "started and ended are by the clock of the computer that the program ran on, in UTC"},
		{Name: "Program", Text: strings.TrimSpace(f.Tool.Name + " " + f.Tool.Version)},
		{Name: "Commit", Text: or(f.Tool.Commit, "not recorded in this build"), Literal: f.Tool.Commit != ""},
		{Name: "SHA-256 of the rules", Text: or(f.Tool.RulesSHA256, "not recorded"), Literal: f.Tool.RulesSHA256 != ""},
		{Name: "Command line", Text: or(f.Run.CommandLine, "not recorded"), Literal: f.Run.CommandLine != ""},
		{Name: "How opened", Text: "All evidence was opened for reading only and read by the program's own readers; nothing was mounted, and nothing in it was run. No hash, key or secret of an account was derived, decrypted or stored."},
	}
	for i := range f.Hosts {
		h := &f.Hosts[i]
		facts = append(facts, fact{Name: "Clock of " + h.Name, Text: strings.Join(clockLines(h), "\n")})
	}
	if len(f.Hosts) == 0 {
		facts = append(facts, fact{Name: "Clock of the host", Text: "not known from this evidence, as the host itself is not"})
	}
	return facts
}

// maxClockLines is how many changes of a clock are told.
const maxClockLines = 5

// clockLines say what is known of a host's clock: its zone, what it was set by,
// and how late it runs in the evidence.
func clockLines(h *triage.Host) []string {
	zone := "time zone not known from this evidence"
	if h.TimeZone != "" {
		zone = "time zone " + h.TimeZone + ", as its SYSTEM hive has it"
	}
	lines := []string{zone + ". How far the clock was off true time when the evidence was taken is not known from this evidence: whoever took it may have noted that"}
	c := h.Clock
	if c == nil || len(c.Logs) == 0 {
		lines = append(lines, "changes of the clock are not known: neither its Security nor its System log was read")
	}
	if c == nil {
		return lines
	}
	for i := range c.Changes[:min(len(c.Changes), maxClockLines)] {
		lines = append(lines, changeText(&c.Changes[i]))
	}
	if n := len(c.Changes) + c.Omitted - maxClockLines; n > 0 {
		lines = append(lines, counted(n, "more change", "more changes")+" of a second or more, of which the JSON document has the largest")
	}
	if len(c.Changes) == 0 && len(c.Logs) > 0 {
		lines = append(lines, "no change of a second or more is recorded in what its logs ("+strings.Join(c.Logs, ", ")+") still hold")
	}
	if c.Small > 0 {
		lines = append(lines, counted(c.Small, "record", "records")+" of adjustments of less than a second")
	}
	if c.Unread > 0 {
		lines = append(lines, counted(c.Unread, "record", "records")+" of a change or a start could not be read")
	}
	if !c.Started.IsZero() {
		lines = append(lines, "last start of Windows that its logs tell of: "+stamp(c.Started))
	}
	if !c.Newest.IsZero() {
		lines = append(lines, "newest record in its logs: "+stamp(c.Newest)+"; the evidence was taken after that, by this clock")
	}
	return lines
}

func changeText(c *triage.ClockChange) string {
	way := "forward"
	if c.By() < 0 {
		way = "back"
	}
	text := fmt.Sprintf("set %s by %s, from %s to %s", way, c.By().Abs().Round(time.Millisecond), stamp(c.Before), stamp(c.After))
	if who := account(c.User); who != "" {
		text += " by " + who
	}
	if c.Program != "" {
		text += " with " + c.Program
	}
	return text + " (" + c.From.Cite() + ")"
}

// kinds say what an input is, and what its digest is one of where that is not
// the file.
var kinds = map[string]struct{ is, of string }{
	"raw":       {is: "raw image"},
	"split raw": {is: "raw image in several files", of: "all of its files, one after the other"},
	"device":    {is: "device", of: "the whole device"},
	"ewf":       {is: "image in the Expert Witness Format (E01)", of: "the media in the image, not of its files"},
	"vhd":       {is: "virtual disk (VHD)", of: "the disk in it, not of the file"},
	"vhdx":      {is: "virtual disk (VHDX)", of: "the disk in it, not of the file"},
	"vmdk":      {is: "virtual disk (VMDK)", of: "the disk in it, not of the files"},
	"qcow2":     {is: "virtual disk (QCOW2)", of: "the disk in it, not of the file"},
	"directory": {is: "folder"},
	"evtx":      {is: "event log, given alone"},
	"hive":      {is: "registry hive, given alone"},
	"$MFT":      {is: "file table, given alone"},
}

// kindText says what an input is and how it was opened.
func kindText(in *artifacts.Input) string {
	text := in.Kind
	if k := kinds[in.Kind]; k.is != "" {
		text = k.is
	}
	if in.Collector != "" {
		text += ", collected with " + in.Collector
	}
	return text
}

// digestText is an input's SHA-256 and what it is of, or why there is none.
func (f *front) digestText(in *artifacts.Input) (sum, about string) {
	var whys []string
	for _, r := range f.Coverage.Sources {
		if r.What == "digest" && located(r.At).Source == in.Path && r.Why != "" {
			whys = append(whys, r.Why)
		}
	}
	about = strings.Join(whys, "; ")
	switch {
	case in.SHA256 != "":
		of := "of " + "the file"
		if k := kinds[in.Kind]; k.of != "" {
			of = "of " + k.of
		}
		if about != "" {
			about = of + "; " + about
		} else {
			about = of
		}
	case about == "" && in.Kind == "directory":
		about = "none: a folder has no digest of its own"
	case about == "":
		about = "not computed: the run was made without --hash"
		if len(in.Stored) > 0 {
			about += ", so the digests in the container were not compared either"
		}
	default:
		about = "none: " + about
	}
	return in.SHA256, about
}

// Digest is digestText for the HTML report.
func (f *front) Digest(in artifacts.Input) fact {
	sum, about := f.digestText(&in)
	return fact{Name: sum, Text: about}
}
