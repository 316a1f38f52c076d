package scene

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
)

// A visit is a session over the network (logon type 3).
type visit struct {
	who        eventlogtest.Account
	ip, name   string // of the computer that it comes from
	privileges []string
}

// administrative are privileges that a session of an administrator begins
// with.
var administrative = []string{"SeSecurityPrivilege", "SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege", "SeDebugPrivilege", "SeImpersonatePrivilege"}

// arrives tells the session's beginning (4624) and the privileges that it was
// given (4672).
func (s story) arrives(at time.Time, v visit) {
	s.tell(eventlogtest.Security4624(at, computer, eventlogtest.Logon{
		Target: v.who, Type: 3, Process: "NtLmSsp ", Package: "NTLM", LmPackage: "NTLM V2", Workstation: v.name, IP: v.ip, Port: "50112", Elevated: true,
	}))
	if len(v.privileges) == 0 {
		return
	}
	r := eventlogtest.Security4634(at.Add(time.Millisecond), computer, v.who, 3) // for what all records of the provider share
	r.ID, r.Task = 4672, 12548
	r.Data = []eventlogtest.Field{
		{Name: "SubjectUserSid", Type: eventlogtest.SID, Value: v.who.SID},
		{Name: "SubjectUserName", Type: eventlogtest.String, Value: v.who.Name},
		{Name: "SubjectDomainName", Type: eventlogtest.String, Value: v.who.Domain},
		{Name: "SubjectLogonId", Type: eventlogtest.HexInt64, Value: v.who.LogonID},
		{Name: "PrivilegeList", Type: eventlogtest.String, Value: strings.Join(v.privileges, "\r\n\t\t\t")},
	}
	s.tell(r)
}

// leaves tells the session's end.
func (s story) leaves(at time.Time, v visit) {
	s.tell(eventlogtest.Security4634(at, computer, v.who, 3))
}

// asks tells that the session asked for an object of a share; local is the
// share's folder, "" for IPC$.
func (s story) asks(at time.Time, v visit, share, local, target string, mask uint64) {
	if local != "" {
		local = `\??\` + local
	}
	s.tell(eventlogtest.Security5145(at, computer, eventlogtest.ShareAccess{
		Subject: v.who, IP: v.ip, Port: "50112", Share: `\\*\` + share, ShareLocal: local, Target: target, Mask: mask,
	}))
}

// Access to files of a share.
const (
	toRead  = 0x120089
	toWrite = 0x120196
)

// on moves what is told to another computer of the domain.
func (s story) on(name string) story {
	for _, records := range s {
		for i := range records {
			r := &records[i]
			r.Computer = name + "." + dnsDomain
			network := slices.ContainsFunc(r.Data, func(f eventlogtest.Field) bool { return f.Name == "LogonType" && fmt.Sprint(f.Value) == "3" })
			for k, f := range r.Data {
				if network && f.Name == "WorkstationName" {
					continue // which is the computer that the session comes from
				}
				if text, ok := f.Value.(string); ok && strings.Contains(text, hostName) {
					r.Data[k].Value = strings.ReplaceAll(text, hostName, name)
				}
			}
		}
	}
	return s
}
