package eventlogtest

import (
	"strconv"
	"strings"
	"time"
)

// Security4625 says that a logon failed, of a Logon's target; version 0.
func Security4625(at time.Time, computer string, l Logon, status, sub uint32) Record {
	account := l.Target.fields("Target")
	return audit(4625, 0, 12544, at, computer, l.Subject.fields("Subject"), account[:3], []Field{
		{"Status", HexInt32, status},
		{"FailureReason", String, "%%2313"},
		{"SubStatus", HexInt32, sub},
		{"LogonType", UInt32, l.Type},
		{"LogonProcessName", String, dash(l.Process)},
		{"AuthenticationPackageName", String, dash(l.Package)},
		{"WorkstationName", String, dash(l.Workstation)},
		{"TransmittedServices", String, "-"},
		{"LmPackageName", String, dash(l.LmPackage)},
		{"KeyLength", UInt32, 0},
		{"ProcessId", Pointer, l.PID},
		{"ProcessName", String, dash(l.Image)},
		{"IpAddress", String, dash(l.IP)},
		{"IpPort", String, dash(l.Port)},
	})
}

// Security4627 tells the groups of a session, SIDs; version 0, one record of
// one.
func Security4627(at time.Time, computer string, l Logon, groups ...string) Record {
	var list strings.Builder
	for _, g := range groups {
		list.WriteString("\n\t\t%{" + g + "}")
	}
	return audit(4627, 0, 12554, at, computer, l.Subject.fields("Subject"), l.Target.fields("Target"), []Field{
		{"LogonType", UInt32, l.Type},
		{"EventIdx", UInt32, 1},
		{"EventCountTotal", UInt32, 1},
		{"GroupMembership", String, list.String()},
	})
}

// Security4648 says that an account used the credentials of another one for a
// server.
func Security4648(at time.Time, computer string, subject, target Account, server, image, ip string) Record {
	return audit(4648, 0, 12544, at, computer, subject.fields("Subject"), []Field{
		{"LogonGuid", GUID, emptyGUID},
		{"TargetUserName", String, dash(target.Name)},
		{"TargetDomainName", String, dash(target.Domain)},
		{"TargetLogonGuid", GUID, emptyGUID},
		{"TargetServerName", String, dash(server)},
		{"TargetInfo", String, dash(server)},
		{"ProcessId", Pointer, 0x1F4},
		{"ProcessName", String, dash(image)},
		{"IpAddress", String, dash(ip)},
		{"IpPort", String, "-"},
	})
}

// Security4672 says that a session began with privileges of an administrator.
func Security4672(at time.Time, computer string, subject Account, privileges ...string) Record {
	return audit(4672, 0, 12548, at, computer, subject.fields("Subject"), []Field{{"PrivilegeList", String, strings.Join(privileges, "\r\n\t\t\t")}})
}

// Security4732 says that an account was added to a local group.
func Security4732(at time.Time, computer string, subject Account, member string, group Account) Record {
	return audit(4732, 0, 13826, at, computer, []Field{
		{"MemberName", String, "-"},
		{"MemberSid", SID, member},
		{"TargetUserName", String, dash(group.Name)},
		{"TargetDomainName", String, dash(group.Domain)},
		{"TargetSid", SID, group.SID},
	}, subject.fields("Subject"), []Field{{"PrivilegeList", String, "-"}})
}

// Sysmon3 says that a process opened a connection, or took one.
func Sysmon3(at time.Time, computer string, f SysmonFile, initiated bool, source, destination, name string, port int) Record {
	return SysmonEvent(3, at, computer, f,
		Field{"Protocol", String, "tcp"},
		Field{"Initiated", Boolean, initiated},
		Field{"SourceIsIpv6", Boolean, false},
		Field{"SourceIp", String, source},
		Field{"SourceHostname", String, "-"},
		Field{"SourcePort", UInt16, 50123},
		Field{"SourcePortName", String, "-"},
		Field{"DestinationIsIpv6", Boolean, false},
		Field{"DestinationIp", String, destination},
		Field{"DestinationHostname", String, dash(name)},
		Field{"DestinationPort", UInt16, port},
		Field{"DestinationPortName", String, strconv.Itoa(port)})
}
