// Package technique is the catalogue of the ways in which SAM, SECURITY and
// SYSTEM get copied. It is data for a reader to check: what each technique
// looks like in commands, on disk and in logs, and what is mistaken for it.
package technique

// A Technique is one way of copying the hives.
type Technique struct {
	ID      int      // row of the catalogue, 1 to 22
	Name    string   // short, as shown in reports
	Looks   string   // command forms that are recognised
	Leaves  string   // what it leaves on the disk and in logs
	Why     string   // why it is credential access
	Attack  []string // ATT&CK techniques beside those of the hives themselves
	Mistake string   // what legitimately looks like it
}

// ByID returns a row of the catalogue; ok is false for any other number.
func ByID(id int) (t Technique, ok bool) {
	if id < 1 || id > len(Catalogue) {
		return t, false
	}
	return Catalogue[id-1], true
}

// The rows that commands are assigned to.
const (
	RegSave          = 1
	RegExport        = 2
	RegRemote        = 3
	Regedit          = 4
	PowerShell       = 5
	Esentutl         = 6
	ShadowCopy       = 7
	HiveNightmare    = 8
	Secretsdump      = 9
	ImpacketReg      = 10
	NetExec          = 11
	BackupOperator   = 12
	RemoteExecution  = 13
	IFM              = 14
	WindowsBackup    = 15
	RawRead          = 16
	PwdumpFamily     = 17
	InMemory         = 18
	KeptCopies       = 19
	PeriodicBackup   = 20
	OfflineRegistry  = 21
	OfflineOperation = 22
)
