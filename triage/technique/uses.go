package technique

import "strings"

// Uses of a program around a copy.
const (
	Archiver   = "an archiver"
	Transfer   = "a transfer tool"
	Credential = "a credential tool"
	Copier     = "a tool that copies hives or locked files"
	Remote     = "a tool for remote execution"
	Wiper      = "a tool that removes traces"
)

// uses are programs that matter around a copy, in lower case. Windows' own
// that run all day are left out.
var uses = map[string][]string{
	Archiver: {"7z.exe", "7za.exe", "7zr.exe", "7zg.exe", "7zfm.exe", "rar.exe", "winrar.exe", "winzip64.exe", "winzip32.exe", "makecab.exe", "tar.exe", "zip.exe"},
	Transfer: {"rclone.exe", "curl.exe", "wget.exe", "winscp.exe", "winscp.com", "pscp.exe", "psftp.exe", "scp.exe", "sftp.exe", "ftp.exe", "filezilla.exe", "bitsadmin.exe",
		"certutil.exe", "robocopy.exe", "xcopy.exe", "megasync.exe", "megacmd.exe", "megacmdserver.exe", "azcopy.exe", "restic.exe", "aws.exe", "nc.exe", "ncat.exe", "croc.exe", "plink.exe"},
	Credential: {"secretsdump.exe", "mimikatz.exe", "pypykatz.exe", "samdump2.exe", "hashcat.exe", "john.exe", "ophcrack.exe", "cain.exe", "lazagne.exe", "procdump.exe", "procdump64.exe",
		"nanodump.exe", "safetykatz.exe", "sharpkatz.exe", "sharpsecdump.exe", "sharpdump.exe", "creddump7.exe", "rubeus.exe", "pwdump.exe", "pwdump7.exe", "fgdump.exe", "gsecdump.exe",
		"quarkspwdump.exe", "wce.exe", "cachedump.exe", "hivenightmare.exe", "shadowsteal.exe", "backupoperatortoda.exe"},
	Copier: {"reg.exe", "regedit.exe", "esentutl.exe", "ntdsutil.exe", "vssadmin.exe", "diskshadow.exe", "wbadmin.exe", "rawcopy.exe", "rawcopy64.exe", "print.exe", "ntfscat.exe", "dd.exe"},
	Remote: {"psexec.exe", "psexec64.exe", "psexesvc.exe", "paexec.exe", "winrs.exe", "wsmprovhost.exe", "nxc.exe", "crackmapexec.exe", "winexesvc.exe", "mstsc.exe", "anydesk.exe"},
	Wiper:  {"sdelete.exe", "sdelete64.exe", "wevtutil.exe", "eraser.exe", "bcwipe.exe"},
}

var useOf = func() map[string]string {
	byName := map[string]string{}
	for use, names := range uses {
		for _, name := range names {
			byName[name] = use
		}
	}
	return byName
}()

// Use says what a program is used for around a copy, by its file's name; "" of
// any other program. The name is no proof: a file can be called anything.
func Use(name string) string { return useOf[strings.ToLower(name)] }
