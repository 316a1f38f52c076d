package report

import (
	"slices"
	"strings"
)

// techniqueNames are the names of the ATT&CK techniques that have to do with
// copies of credential hives and with hiding them.
var techniqueNames = map[string]string{
	"T1003":     "OS Credential Dumping",
	"T1003.001": "OS Credential Dumping: LSASS Memory",
	"T1003.002": "OS Credential Dumping: Security Account Manager",
	"T1003.003": "OS Credential Dumping: NTDS",
	"T1003.004": "OS Credential Dumping: LSA Secrets",
	"T1003.005": "OS Credential Dumping: Cached Domain Credentials",
	"T1006":     "Direct Volume Access",
	"T1021.001": "Remote Services: Remote Desktop Protocol",
	"T1021.002": "Remote Services: SMB/Windows Admin Shares",
	"T1027.010": "Obfuscated Files or Information: Command Obfuscation",
	"T1036.003": "Masquerading: Rename Legitimate Utilities",
	"T1039":     "Data from Network Shared Drive",
	"T1047":     "Windows Management Instrumentation",
	"T1048":     "Exfiltration Over Alternative Protocol",
	"T1052.001": "Exfiltration Over Physical Medium: Exfiltration over USB",
	"T1053.005": "Scheduled Task/Job: Scheduled Task",
	"T1059.001": "Command and Scripting Interpreter: PowerShell",
	"T1068":     "Exploitation for Privilege Escalation",
	"T1070.001": "Indicator Removal: Clear Windows Event Logs",
	"T1070.004": "Indicator Removal: File Deletion",
	"T1074.001": "Data Staged: Local Data Staging",
	"T1074.002": "Data Staged: Remote Data Staging",
	"T1543.003": "Create or Modify System Process: Windows Service",
	"T1560":     "Archive Collected Data",
	"T1560.001": "Archive Collected Data: Archive via Utility",
	"T1564.004": "Hide Artifacts: NTFS File Attributes",
	"T1567":     "Exfiltration Over Web Service",
	"T1567.002": "Exfiltration Over Web Service: Exfiltration to Cloud Storage",
	"T1569.002": "System Services: Service Execution",
}

// techniqueName is "" for a technique that is not in the list.
func techniqueName(id string) string { return techniqueNames[id] }

// techniqueText is a technique's id and name, "T1003.002 OS Credential Dumping:
// Security Account Manager".
func techniqueText(id string) string { return strings.TrimSuffix(id+" "+techniqueName(id), " ") }

// techniqueTexts are those of several.
func techniqueTexts(ids []string) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = techniqueText(id)
	}
	return texts
}

// A techniqueUse is a technique with the acts and records that show it.
type techniqueUse struct {
	ID   string
	Seen []string // ids
}

// techniques are the techniques of all acts and of the records that are not
// benign, sorted by id.
func (f *front) techniques() []techniqueUse {
	seen := map[string][]string{}
	for i := range f.Acts {
		for _, id := range f.Acts[i].Attack {
			seen[id] = append(seen[id], f.Acts[i].ID)
		}
	}
	for _, r := range f.Records {
		if r.Technique != "" && r.Assessment != benign {
			seen[r.Technique] = append(seen[r.Technique], r.ID)
		}
	}
	var uses []techniqueUse
	for id, ids := range seen {
		uses = append(uses, techniqueUse{ID: id, Seen: ids})
	}
	slices.SortFunc(uses, func(a, b techniqueUse) int { return strings.Compare(a.ID, b.ID) })
	return uses
}

// benign is the assessment of a record that only looks like an export.
const benign = "benign"
