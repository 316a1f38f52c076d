package machine

import (
	"slices"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// An AuditPolicy says which events the computer was told to record in its
// Security log.
type AuditPolicy struct {
	Subcategories []Subcategory // in the order of the value
	Offset        int64
	Certainty     string // hive.Certain for the layouts in knownLayouts, else hive.Likely; "" is unknown
}

// A Subcategory of the audit policy.
type Subcategory struct {
	Category string // "Detailed Tracking"
	Name     string // "Process Creation"; "" where Windows has more than are known
	Success  bool
	Failure  bool
}

// Subcategories that this program's questions turn on.
const (
	ProcessCreation    = "Process Creation"
	Logon              = "Logon"
	FileSystem         = "File System"
	Registry           = "Registry"
	HandleManipulation = "Handle Manipulation"
	FileShare          = "File Share"
	DetailedFileShare  = "Detailed File Share"
	SecurityState      = "Security State Change"
)

// Audits returns whether successes and failures of a subcategory are recorded;
// unknown if the policy does not tell.
func (p AuditPolicy) Audits(name string) (success, failure hive.Fact[bool]) {
	for _, s := range p.Subcategories {
		if s.Name == name {
			return hive.Fact[bool]{Value: s.Success, Offset: p.Offset, Certainty: p.Certainty},
				hive.Fact[bool]{Value: s.Failure, Offset: p.Offset, Certainty: p.Certainty}
		}
	}
	return hive.Fact[bool]{}, hive.Fact[bool]{}
}

// categories and their subcategories in the order of the value, which is that
// of ntsecapi.h. Windows has added to the end of categories, never between.
var categories = []struct {
	name string
	subs []string
}{
	{"System", []string{SecurityState, "Security System Extension", "System Integrity", "IPsec Driver", "Other System Events"}},
	{"Logon/Logoff", []string{Logon, "Logoff", "Account Lockout", "IPsec Main Mode", "Special Logon", "IPsec Quick Mode",
		"IPsec Extended Mode", "Other Logon/Logoff Events", "Network Policy Server", "User / Device Claims", "Group Membership"}},
	{"Object Access", []string{FileSystem, Registry, "Kernel Object", "SAM", "Other Object Access Events", "Certification Services",
		"Application Generated", HandleManipulation, FileShare, "Filtering Platform Packet Drop", "Filtering Platform Connection",
		DetailedFileShare, "Removable Storage", "Central Policy Staging"}},
	{"Privilege Use", []string{"Sensitive Privilege Use", "Non Sensitive Privilege Use", "Other Privilege Use Events"}},
	{"Detailed Tracking", []string{ProcessCreation, "Process Termination", "DPAPI Activity", "RPC Events", "Plug and Play Events", "Token Right Adjusted"}},
	{"Policy Change", []string{"Audit Policy Change", "Authentication Policy Change", "Authorization Policy Change",
		"MPSSVC Rule-Level Policy Change", "Filtering Platform Policy Change", "Other Policy Change Events"}},
	{"Account Management", []string{"User Account Management", "Computer Account Management", "Security Group Management",
		"Distribution Group Management", "Application Group Management", "Other Account Management Events"}},
	{"DS Access", []string{"Directory Service Access", "Directory Service Changes", "Directory Service Replication",
		"Detailed Directory Service Replication"}},
	{"Account Logon", []string{"Credential Validation", "Kerberos Service Ticket Operations", "Other Account Logon Events",
		"Kerberos Authentication Service"}},
}

// knownLayouts are the counts of subcategories for which the order is known:
// from a hive of Windows 8.1, from public descriptions of the value by its
// length (138, 144, 148 and 150 bytes) and from measurements that were
// published for Windows 11 24H2 (152 bytes).
var knownLayouts = [][]uint16{
	{5, 9, 12, 3, 4, 6, 6, 4, 4},  // Windows 7, Server 2008 R2
	{5, 10, 14, 3, 4, 6, 6, 4, 4}, // Windows 8, 8.1, Server 2012
	{5, 11, 14, 3, 5, 6, 6, 4, 4}, // Windows 10 to 1511
	{5, 11, 14, 3, 6, 6, 6, 4, 4}, // Windows 10 1607 to Windows 11, Server 2016 to 2022
	{5, 12, 14, 3, 6, 6, 6, 4, 4}, // Windows 11 24H2
}

// The value PolAdtEv since Windows 7: u16 0x100, u16, u32 number of categories,
// u32 offset of the counts; from 12 a u16 for each subcategory (1 success, 2
// failure); at that offset a u16 for each category: its subcategories.
const (
	auditHeader = 12
	auditMark   = 0x100
	maxAudit    = 1024
	success     = 1
	failure     = 2
)

// ReadAudit reads the audit policy from the trees below tops, of SECURITY or
// of parts of it. The error is a *artifacts.Problem: Unsupported for the value
// of Windows before 7.
func ReadAudit(tops []hive.Node) (AuditPolicy, error) {
	n, ok := firstTail(tops, "Policy", "PolAdtEv")
	if !ok {
		return AuditPolicy{}, nil
	}
	d, ok := hive.FindValue(n, "")
	if !ok {
		return AuditPolicy{}, artifacts.NewProblem(artifacts.Malformed, n.Offset(), "audit policy: the key has no value")
	}
	b, err := d.Data(maxAudit)
	if err != nil {
		return AuditPolicy{}, err
	}
	if len(b) < auditHeader || le.Uint32(b) != auditMark {
		return AuditPolicy{}, artifacts.NewProblem(artifacts.Unsupported, d.Offset(), "audit policy: a value of %d bytes that is not of Windows 7 or later", len(b))
	}
	counts, ok := auditCounts(b)
	if !ok {
		return AuditPolicy{}, artifacts.NewProblem(artifacts.Malformed, d.Offset(), "audit policy: the value of %d bytes does not hold what it counts", len(b))
	}
	p := AuditPolicy{Offset: d.Offset(), Certainty: hive.Likely}
	if slices.ContainsFunc(knownLayouts, func(k []uint16) bool { return slices.Equal(k, counts) }) {
		p.Certainty = hive.Certain
	}
	at := auditHeader
	for i, count := range counts {
		for j := range int(count) {
			s := Subcategory{Category: categories[i].name}
			if j < len(categories[i].subs) {
				s.Name = categories[i].subs[j]
			}
			setting := le.Uint16(b[at:])
			if setting > success|failure {
				return AuditPolicy{}, artifacts.NewProblem(artifacts.Malformed, d.Offset(), "audit policy: %d is no setting", setting)
			}
			s.Success, s.Failure = setting&success != 0, setting&failure != 0
			p.Subcategories = append(p.Subcategories, s)
			at += 2
		}
	}
	return p, nil
}

// auditCounts returns the subcategories of each category; false if the value
// has no room for their settings.
func auditCounts(b []byte) ([]uint16, bool) {
	n, footer := uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:]))
	if n != uint64(len(categories)) || footer < auditHeader || footer+2*n > uint64(len(b)) {
		return nil, false
	}
	var counts []uint16
	sum := uint64(0)
	for i := range n {
		counts = append(counts, le.Uint16(b[footer+2*i:]))
		sum += uint64(counts[i])
	}
	return counts, auditHeader+2*sum <= footer
}
