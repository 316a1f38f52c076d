package scene

import (
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/usn/usntest"
)

// remoteRegistry is the display name of the service that serves winreg.
const remoteRegistry = "Remote Registry"

// Secretsdump is the machine whose remote registry was told from another
// computer to save SAM and SECURITY, as impacket's secretsdump does. The files
// are gone, their records used again; logs and journal tell of them.
func Secretsdump() (*Machine, error) {
	s := make(story)
	s.routine()
	s.benign()
	s.arrives(day(14, 40, 9.25), overNetwork)
	s.asks(day(14, 40, 9.5), overNetwork, "IPC$", "", "svcctl", toRead)
	s.tell(eventlogtest.System7036(day(14, 40, 9.875), computer, remoteRegistry, "running"))
	s.asks(day(14, 40, 10.25), overNetwork, "IPC$", "", "winreg", toRead)
	s.asks(day(14, 40, 12.5), overNetwork, "ADMIN$", `C:\Windows`, `Temp\hGtRkZqA.tmp`, toRead)
	s.asks(day(14, 40, 14.75), overNetwork, "ADMIN$", `C:\Windows`, `Temp\pLwXmVbC.tmp`, toRead)
	s.tell(eventlogtest.System7036(day(14, 40, 16), computer, remoteRegistry, "stopped"))
	s.leaves(day(14, 40, 16.5), overNetwork)
	s.application(installed)
	files := append(sharing(), ntfstest.File{Path: windowsTemp, Dir: true, SI: always(installed), FN: always(installed)})
	return journaling(s, files, func(m *Machine, j *usntest.Builder) {
		temp, _ := m.Placed(windowsTemp)
		for i, name := range []string{"hGtRkZqA.tmp", "pLwXmVbC.tmp"} {
			at, record := day(14, 40, 11+2.25*float64(i)), uint64(90010+i)
			made(j, at, record, temp.Record, name)
			deleted(j, at.Add(2*time.Second), record, temp.Record, name)
		}
	})
}

const (
	operatorSID = domainSID + "-1131"
	sysvol      = "/Windows/SYSVOL/sysvol"
)

// backupOperator holds the right to back up a domain controller, and no more.
var backupOperator = visit{who: eventlogtest.Account{SID: operatorSID, Name: "svc.backup", Domain: domain, LogonID: 0x7d20c4}, ip: sourceIP, name: sourceName,
	privileges: []string{"SeBackupPrivilege", "SeRestorePrivilege"}}

// BackupOperator is a domain controller whose remote registry a member of
// Backup Operators told to save the hives where the share SYSVOL is.
func BackupOperator() ([]byte, error) {
	s := make(story)
	s.routine()
	s.arrives(day(13, 55, 3), backupOperator)
	s.tell(eventlogtest.System7036(day(13, 55, 3.5), computer, remoteRegistry, "running"))
	s.asks(day(13, 55, 4.25), backupOperator, "IPC$", "", "winreg", toRead)
	h := recordingShares(directoryHost())
	files := quietController(h)
	for i, c := range psexecCopies {
		at := day(13, 55, 5+2*float64(i))
		name := c.hive + "_kQzWnHrT"
		h.Saved = at
		files = append(files, ntfstest.File{Path: sysvol + "/" + name, Data: c.content(h, hivetest.RegSaveKey), SI: always(at), FN: always(at), Owner: operatorSID})
		s.asks(at.Add(time.Second), backupOperator, "SYSVOL", `C:\Windows\SYSVOL\sysvol`, name, toRead)
	}
	s.leaves(day(13, 55, 30), backupOperator)
	s.application(installed)
	return diskOf(append(files, s.on(h.Name).logs()...), 24<<20)
}

// diskOf is a disk with one volume that has the files.
func diskOf(files []ntfstest.File, size int64) ([]byte, error) {
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x51c30a7be2d4f60a, Time: installed, Size: size})
	for _, f := range files {
		b.Add(f)
	}
	volume, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return table(partitiontest.Bytes(volume)).Bytes(), nil
}
