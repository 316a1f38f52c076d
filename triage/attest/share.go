package attest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

// A share is what a Security 5145 says: an object of a share was asked for.
type share struct {
	record correlate.Record
	pipe   bool   // the pipe winreg, which is the remote registry
	remote bool   // eight letters and .tmp where secretsdump fetches its files
	old    bool   // of those, in System32
	hive   string // that the name tells
	why    string
	sure   bool // the name is one that only copies have
	live   bool // the place is one where Windows keeps hives
}

// shareOf reads a 5145.
//
// Source: Microsoft, "5145(S, F): A network share object was checked to see
// whether client can be granted desired access".
func shareOf(e *artifacts.Event) (s share) {
	name, target := objectOf(e)
	if target == "" {
		return s
	}
	if strings.EqualFold(name, "IPC$") {
		s.pipe = strings.EqualFold(target, "winreg")
		if s.pipe {
			s.record = start(e, "share", "access")
			s.record.Address = e.Value("IpAddress")
		}
		return s
	}
	local := localPath(name, e.Value("ShareLocalPath"), target)
	s.judge(local)
	if !s.remote && s.hive == "" {
		return s
	}
	s.record = start(e, "share", "access")
	s.record.Address, s.record.File, s.record.Destination = e.Value("IpAddress"), e.Value("ShareName")+`\`+target, local
	s.record.Wrote = toWrite(e)
	s.record.Shared = strings.TrimPrefix(e.Value("ShareLocalPath"), `\??\`)
	return s
}

// toWrite reports whether a 5145 asks for an object to write its data and not
// to read it: bits 1 (WriteData) and 2 (AppendData), without 0 (ReadData), of
// AccessMask.
func toWrite(e *artifacts.Event) bool {
	mask, err := strconv.ParseUint(e.Value("AccessMask"), 0, 64)
	return err == nil && mask&0b110 != 0 && mask&0b001 == 0
}

// opened says how an object was opened.
func opened(r *correlate.Record) string {
	if r.Wrote {
		return "opened to be written"
	}
	return "asked for"
}

// localPath is where a share's object lies on the host.
func localPath(share, folder, target string) string {
	folder = strings.TrimPrefix(folder, `\??\`)
	switch {
	case folder != "":
	case strings.EqualFold(share, "ADMIN$"):
		folder = `C:\Windows`
	case len(share) == 2 && share[1] == '$':
		folder = share[:1] + `:`
	default:
		folder = `C:\` + share
	}
	return strings.TrimRight(folder, `\`) + `\` + strings.TrimLeft(target, `\`)
}

// judge reads the path of what was asked for.
func (s *share) judge(local string) {
	if !mayBeNamed(local) {
		return
	}
	relative, _ := command.VolumePath(local)
	if relative == "" {
		return
	}
	folder, base := relative[:strings.LastIndexByte(relative, '/')], relative[strings.LastIndexByte(relative, '/')+1:]
	if locate.RemoteName(base) {
		s.old = strings.HasSuffix(folder, "/system32")
		s.remote = s.old || strings.HasSuffix(folder, "/windows/temp")
		return
	}
	if lead, sure, ok := named(local); ok {
		s.hive, s.why, s.sure = lead.Hive, lead.Why, sure
		return
	}
	for _, hive := range []string{"sam", "security", "system"} {
		if base == hive && (strings.HasSuffix(folder, "/system32/config") || strings.HasSuffix(folder, "/config/regback")) {
			s.hive, s.live, s.why = strings.ToUpper(hive), true, "Windows keeps this hive here"
		}
	}
}

func (r *Reader) addShare(s share) {
	to := &r.shares
	if s.pipe {
		to = &r.pipes
	}
	if len(*to) >= maxKept {
		r.beyond++
		return
	}
	*to = append(*to, s)
}

// settleShares judges the objects of shares by what was opened before them.
func (r *Reader) settleShares() {
	slices.SortStableFunc(r.pipes, func(a, b share) int { return a.record.Time.Compare(b.record.Time) })
	for i := range r.shares {
		s := &r.shares[i]
		pipe := r.pipeBefore(s)
		switch {
		case s.remote:
			s.settleRemote(pipe)
		default:
			s.settleNamed(pipe)
		}
		r.add(s.record)
	}
	r.shares, r.pipes = nil, nil
}

// pipeBefore is the last opening of winreg by the same account or from the
// same address that lies shortly before; nil if there is none.
func (r *Reader) pipeBefore(s *share) *correlate.Record {
	at, _ := slices.BinarySearchFunc(r.pipes, s.record.Time, func(p share, t time.Time) int {
		if p.record.Time.After(t) {
			return 1
		}
		return -1
	})
	for i := at - 1; i >= 0 && i >= at-1024; i-- {
		p := &r.pipes[i].record
		if s.record.Time.Sub(p.Time) > pipeBeforeFile*time.Second {
			return nil
		}
		same := p.Address != "" && p.Address == s.record.Address || p.User.SID != "" && p.User.SID == s.record.User.SID
		if same && strings.EqualFold(p.Host, s.record.Host) {
			return p
		}
	}
	return nil
}

// settleRemote judges a file of eight letters and .tmp.
func (s *share) settleRemote(pipe *correlate.Record) {
	rec := &s.record
	say := func(format string, args ...any) { rec.Because = append(rec.Because, fmt.Sprintf(format, args...)) }
	if pipe == nil && !s.old {
		rec.Assessment = "benign"
		say(`A file of eight letters and .tmp in Windows\Temp was asked for over a share. atexec and other tools fetch their output like this; the remote registry (winreg) was not opened within %d s before, so that nothing says it is a hive.`, pipeBeforeFile)
		return
	}
	rec.Row, rec.Hives, rec.OneOf = technique.Secretsdump, []string{"SAM", "SECURITY"}, true
	rec.Technique = attackOf(rec.Hives)
	folder := `Windows\Temp, where impacket's secretsdump saves hives since 2023`
	if s.old {
		folder = `System32, where impacket's secretsdump saved hives until 2023`
	}
	rec.Assessment = "attempt"
	say("A file of eight letters and .tmp was asked for over a share in %s.", folder)
	if pipe != nil {
		rec.Assessment = "export"
		say("The remote registry (winreg) was opened %s before from %s by %s: the registry was told to save a hive, and the file was fetched.",
			rec.Time.Sub(pipe.Time).Round(time.Millisecond), from(pipe.Address), who(pipe.User))
	} else {
		say("No opening of the remote registry (winreg) shortly before was recorded: other programs may name a file like this.")
	}
	say("The name does not tell whether the file is SAM or SECURITY.")
	if rec.Address != "" {
		say("It was fetched from %s.", rec.Address)
	}
}

// settleNamed judges an object whose name is a hive's.
func (s *share) settleNamed(pipe *correlate.Record) {
	rec := &s.record
	say := func(format string, args ...any) { rec.Because = append(rec.Because, fmt.Sprintf(format, args...)) }
	rec.Hives, rec.Technique = []string{s.hive}, attackOf([]string{s.hive})
	say("%s was %s over a share from %s: %s.", rec.File, opened(rec), from(rec.Address), s.why)
	switch {
	case s.live:
		rec.Row, rec.Assessment = technique.KeptCopies, "access"
		say("Windows refuses a hive that is in use; a copy in RegBack or in a shadow copy it does not.")
		if strings.Contains(strings.ToUpper(rec.File), "@GMT-") || strings.Contains(strings.ToLower(rec.Destination), `\regback\`) {
			rec.Assessment = "attempt"
		}
	case rec.Wrote && s.sure:
		rec.Row, rec.Assessment = technique.BackupOperator, "attempt"
		say("A copy was brought here by the computer at that address; whose hive it is, the name does not tell.")
	case pipe != nil:
		rec.Row, rec.Assessment = technique.BackupOperator, "export"
		say("The remote registry (winreg) was opened %s before by %s: the registry was told to save a hive, and the file was fetched.",
			rec.Time.Sub(pipe.Time).Round(time.Millisecond), who(pipe.User))
	case s.sure:
		rec.Row, rec.Assessment = technique.BackupOperator, "attempt"
	default:
		rec.Row, rec.Assessment = technique.BackupOperator, "access"
		say("A name alone says little; nothing else was recorded around it.")
	}
}

func from(address string) string {
	if address == "" {
		return "an address that was not recorded"
	}
	return address
}

func who(u artifacts.User) string {
	switch {
	case u.Domain != "" && u.Name != "":
		return u.Domain + `\` + u.Name
	case u.Name != "":
		return u.Name
	case u.SID != "":
		return u.SID
	}
	return "an account that was not recorded"
}
