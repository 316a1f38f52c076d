package evidence

import (
	"errors"
	"fmt"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/partition"
)

const (
	mountIt  = "mount it read-only and give the mounted folder with --path"
	unlockIt = "unlock it with the password or recovery key (manage-bde -unlock on Windows, dislocker elsewhere) and give the mounted folder with --path"
)

// advice is what the user can do about a file system that is not read here.
var advice = map[string]string{
	partition.LUKS:          "open it with cryptsetup open --readonly and give /dev/mapper/NAME with --image",
	partition.LVM2:          "activate its volumes with vgchange -ay and give each /dev/GROUP/VOLUME with --image",
	partition.LinuxRAID:     "assemble it with mdadm --assemble --readonly and give the /dev/md device with --image",
	partition.StorageSpaces: "attach all disks of the pool to a Windows system, read-only, and give the drive's folder with --path",
	partition.LinuxSwap:     "it holds memory pages, not files: nothing to do",
	partition.Empty:         "it begins with zeros: if it should hold a volume, copy the image again",
}

// The causes where no signature of a file system was found.
var (
	errUnknown = errors.New("no known file system begins here: if it should be NTFS, its boot sector and the backup of it are destroyed")
	errEmpty   = errors.New("no file system")
)

func unknown(p *artifacts.Problem) bool { return errors.Is(p, errUnknown) || errors.Is(p, errEmpty) }

// cannotRead names what stands in a partition in place of a volume that is
// read, "" where that is not known.
func cannotRead(media io.ReaderAt, at artifacts.Locator, part partition.Partition, system string) *artifacts.Problem {
	of := ""
	if part.TypeName != "" {
		of = fmt.Sprintf(" (type %s)", part.TypeName)
	}
	p := &artifacts.Problem{At: at, Offset: part.Offset, Kind: artifacts.Unsupported}
	what, ok := advice[system]
	if !ok {
		what = mountIt
	}
	switch system {
	case "":
		p.Err = fmt.Errorf("%w%s", errUnknown, of)
	case partition.Empty:
		p.Err = fmt.Errorf("%w%s: %s", errEmpty, of, what)
	case partition.BitLocker, partition.BitLockerToGo:
		p.Kind = artifacts.Encrypted
		p.Err = fmt.Errorf("%s volume%s: %s", system, of, unlock(media, part))
	case partition.LUKS:
		p.Kind = artifacts.Encrypted
		p.Err = fmt.Errorf("%s volume%s: %s", system, of, what)
	default:
		p.Err = fmt.Errorf("%s%s is not read by this version: %s", system, of, what)
	}
	return p
}
