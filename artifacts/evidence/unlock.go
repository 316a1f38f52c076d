package evidence

import (
	"fmt"
	"io"
	"strings"

	"hivetriage/artifacts/evidence/bitlocker"
	"hivetriage/artifacts/evidence/partition"
)

// unlock says which BitLocker volume lies in a partition, what unlocks it, what
// to ask for, and with which programs.
func unlock(media io.ReaderAt, part partition.Partition) string {
	v, err := bitlocker.Read(io.NewSectionReader(media, part.Offset, part.Size), part.Size)
	if v == nil {
		return fmt.Sprintf("what unlocks it cannot be told (%v); %s", err, unlockIt)
	}
	said := fmt.Sprintf("volume %s, %s", v.ID, v.Method)
	if v.Description != "" {
		said += fmt.Sprintf(", called %q", v.Description)
	}
	if !v.Created.IsZero() {
		said += v.Created.UTC().Format(", encrypted since 2006-01-02 15:04:05 UTC")
	}
	said += "; " + protectors(v)
	if err != nil {
		said += fmt.Sprintf(" (and perhaps more: %v)", err)
	}
	return said + ". " + ask(v, part)
}

// maxProtectors is how many protectors of a volume are listed.
const maxProtectors = 8

func protectors(v *bitlocker.Volume) string {
	if len(v.Protectors) == 0 {
		return "no protectors"
	}
	var list []string
	for i, p := range v.Protectors {
		if i == maxProtectors {
			list = append(list, fmt.Sprintf("%d more", len(v.Protectors)-i))
			break
		}
		list = append(list, fmt.Sprintf("%s %s", p.Kind, p.ID))
	}
	return "protectors: " + strings.Join(list, ", ")
}

// ask says what to ask for, the easiest first, and how to unlock with it.
func ask(v *bitlocker.Volume, part partition.Partition) string {
	ids := map[bitlocker.Kind][]string{}
	for _, p := range v.Protectors {
		ids[p.Kind] = append(ids[p.Kind], p.ID)
	}
	has := func(k bitlocker.Kind) bool { return len(ids[k]) > 0 }
	what, flag, windows := "", "", ""
	switch {
	case has(bitlocker.ClearKey):
		what, flag = "Protection is suspended: a clear key lies on the volume and unlocks it without a password", "-c"
	case has(bitlocker.RecoveryPassword):
		what = "Ask for the recovery password of 48 digits with the identifier " + strings.Join(ids[bitlocker.RecoveryPassword], " or ") +
			" (kept in Active Directory at the computer, in Entra ID at the device, or printed)"
		flag, windows = "-p", "-RecoveryPassword RECOVERY-PASSWORD"
	case has(bitlocker.Password):
		what, flag, windows = "Ask its user for the password", "-u", "-Password"
	case has(bitlocker.StartupKey):
		what = "Ask for the USB stick with the startup or recovery key, the file " + strings.Join(fileNames(ids[bitlocker.StartupKey]), " or ")
		flag, windows = "-f FILE.BEK", "-RecoveryKey FILE.BEK"
	default:
		return "Only its own machine can unlock it: let that start, and image the unlocked volume there or have manage-bde -protectors -get tell more"
	}
	how := fmt.Sprintf("unlock a copy: dislocker -r -V IMAGE -O %d %s -- FOLDER, IMAGE being raw, and run again with --image FOLDER/dislocker-file", part.Offset, flag)
	if windows != "" {
		how += fmt.Sprintf("; or on Windows, the copy attached read-only: manage-bde -unlock X: %s, and run again with --image \\\\.\\X:", windows)
	} else {
		how += "; or on Windows, the copy attached read-only, run again with --image \\\\.\\X:"
	}
	return what + "; " + how
}

// fileNames are the names of the files that external keys are kept in.
func fileNames(ids []string) []string {
	var names []string
	for _, id := range ids {
		names = append(names, strings.Trim(id, "{}")+".BEK")
	}
	return names
}
