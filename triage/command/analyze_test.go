package command

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts"
)

const regImage = `C:\Windows\System32\reg.exe`

// A call is a process as a record gives it.
type call struct{ image, original, line string }

func (c call) analyze() []Command {
	return Analyze(artifacts.Process{Executable: c.image, OriginalFileName: c.original, CommandLine: c.line})
}

// one asserts that exactly one Command came out.
func one(t *testing.T, c call) Command {
	t.Helper()
	got := c.analyze()
	if len(got) != 1 {
		t.Fatalf("%q: %d commands, want 1: %+v", c.line, len(got), got)
	}
	if len(got[0].Because) == 0 {
		t.Errorf("%q: no reasons", c.line)
	}
	return got[0]
}

func TestRegForms(t *testing.T) {
	for _, row := range []struct {
		line, verb, hive, subkey, file, host, impact string
	}{
		{`reg save HKLM\SAM out`, "save", "SAM", "", "out", "", "export"},
		{`reg.exe save hklm\security out`, "save", "SECURITY", "", "out", "", "export"},
		{`reg save HKLM\SYSTEM C:\Windows\Temp\S`, "save", "SYSTEM", "", `C:\Windows\Temp\S`, "", "export"},
		{`reg  save HKLM\SAM out /y`, "save", "SAM", "", "out", "", "export"},
		{`reg save HKLM\SAM /y out`, "save", "SAM", "", "out", "", "export"},
		{`reg save /y HKLM\SAM out /reg:64`, "save", "SAM", "", "out", "", "export"},
		{`reg save HKLM\SAM out /reg:32 /f`, "save", "SAM", "", "out", "", "export"},
		{`reg SAVE hkey_local_machine\sam out`, "save", "SAM", "", "out", "", "export"},
		{`reg export HKEY_LOCAL_MACHINE\SECURITY f.reg /y`, "export", "SECURITY", "", "f.reg", "", "export"},
		{`"C:\Windows\System32\reg.exe" save "HKLM\SAM" "C:\a b\sam"`, "save", "SAM", "", `C:\a b\sam`, "", "export"},
		{`C:\Windows\SysWOW64\reg.exe save hklm\sam sam`, "save", "SAM", "", "sam", "", "export"},
		{`C:\Windows\SYSTEM~1\REG.EXE save hklm\sam sam`, "save", "SAM", "", "sam", "", "export"},
		{`C:\Windows\System32\reg save hklm\sam sam`, "save", "SAM", "", "sam", "", "export"},
		{`reg save \\DC01\HKLM\SAM C:\sam`, "save", "SAM", "", `C:\sam`, "DC01", "export"},
		{`reg save \\10.0.0.5\hkey_local_machine\system sys`, "save", "SYSTEM", "", "sys", "10.0.0.5", "export"},
		{`reg save HKLM\SAM\ out`, "save", "SAM", "", "out", "", "export"},
		{`reg save HKLM\\SAM out`, "save", "SAM", "", "out", "", "export"},
		{`reg save HKLM/SAM out`, "save", "SAM", "", "out", "", "export"},
		{`reg save HKLM\SAM\SAM out`, "save", "SAM", "SAM", "out", "", "export"},
		{`reg save HKLM\SAM\SAM\Domains\Account\Users out`, "save", "SAM", `SAM\Domains\Account\Users`, "out", "", "export"},
		{`reg save HKLM\SAM\SAM\LastSkuUpgrade out`, "save", "SAM", `SAM\LastSkuUpgrade`, "out", "", "benign"},
		{`reg save hklm\security\policy\secrets out`, "save", "SECURITY", `policy\secrets`, "out", "", "export"},
		{`reg save hklm\security\policy out`, "save", "SECURITY", "policy", "out", "", "export"},
		{`reg save hklm\security\Policy\Secrets\$MACHINE.ACC out`, "save", "SECURITY", `Policy\Secrets\$MACHINE.ACC`, "out", "", "export"},
		{`reg save hklm\security\cache out`, "save", "SECURITY", "cache", "out", "", "export"},
		{`reg save hklm\security\policy\accounts out`, "save", "SECURITY", `policy\accounts`, "out", "", "benign"},
		{`reg save hklm\security\rxact out`, "save", "SECURITY", "rxact", "out", "", "benign"},
		{`reg save HKLM\SYSTEM\CurrentControlSet out`, "save", "SYSTEM", "CurrentControlSet", "out", "", "export"},
		{`reg save HKLM\SYSTEM\ControlSet001\Control out`, "save", "SYSTEM", `ControlSet001\Control`, "out", "", "export"},
		{`reg save HKLM\SYSTEM\CurrentControlSet\Control\Lsa out`, "save", "SYSTEM", `CurrentControlSet\Control\Lsa`, "out", "", "export"},
		{`reg save HKLM\SYSTEM\CurrentControlSet\Control\Lsa\JD jd`, "save", "SYSTEM", `CurrentControlSet\Control\Lsa\JD`, "jd", "", "export"},
		{`reg save HKLM\SYSTEM\CurrentControlSet\Control\Lsa\Skew1 s`, "save", "SYSTEM", `CurrentControlSet\Control\Lsa\Skew1`, "s", "", "export"},
		{`reg save HKLM\SYSTEM\ControlSet002\Control\Lsa\GBG g`, "save", "SYSTEM", `ControlSet002\Control\Lsa\GBG`, "g", "", "export"},
		{`reg save HKLM\SYSTEM\ControlSet002\Control\Lsa\Data d`, "save", "SYSTEM", `ControlSet002\Control\Lsa\Data`, "d", "", "export"},
		{`reg export HKLM\SYSTEM\CurrentControlSet\Control\Lsa\Kerberos x`, "export", "SYSTEM", `CurrentControlSet\Control\Lsa\Kerberos`, "x", "", "benign"},
		{`reg export HKLM\SYSTEM\CurrentControlSet\Services\Tcpip x`, "export", "SYSTEM", `CurrentControlSet\Services\Tcpip`, "x", "", "benign"},
		{`reg export "HKLM\SYSTEM\CurrentControlSet\Control\Winlogon\Notifications" N.txt /y`, "export", "SYSTEM", `CurrentControlSet\Control\Winlogon\Notifications`, "N.txt", "", "benign"},
		{`reg export HKLM\SYSTEM\Select x`, "export", "SYSTEM", "Select", "x", "", "benign"},
		{`reg save HKLM\SYSTEM\ControlSet1 x`, "save", "SYSTEM", "ControlSet1", "x", "", "benign"},
		{`reg save HKLM\SAM`, "save", "SAM", "", "", "", "benign"},
		{`reg save HKLM\SAM /?`, "save", "SAM", "", "", "", "benign"},
		{`reg save HKLM\SAM out extra`, "save", "SAM", "", "out", "", "export"},
	} {
		c := one(t, call{regImage, "reg.exe", row.line})
		got := []string{c.Tool, c.Verb, c.Subkey, c.Destination, c.Remote, c.Impact, c.Wrapper}
		want := []string{"reg.exe", row.verb, row.subkey, row.file, row.host, row.impact, ""}
		if !slices.Equal(got, want) || !slices.Equal(c.Hives, []string{row.hive}) {
			t.Errorf("%s:\n got %q %v\nwant %q [%s]", row.line, got, c.Hives, want, row.hive)
		}
		if len(c.Disguise) != 0 {
			t.Errorf("%s: disguise %q", row.line, c.Disguise)
		}
	}
}

func TestWholeOfLocalMachine(t *testing.T) {
	c := one(t, call{regImage, "", `reg export HKLM all.reg`})
	if c.Impact != "export" || !slices.Equal(c.Hives, []string{"SAM", "SECURITY", "SYSTEM"}) {
		t.Errorf("got %+v", c)
	}
	if c := one(t, call{regImage, "", `reg save HKLM all.hiv`}); c.Impact != "benign" {
		t.Errorf("got %+v", c)
	}
}

func TestNotACopy(t *testing.T) {
	for _, c := range []call{
		{regImage, "reg.exe", `reg query HKLM\SAM`},
		{regImage, "reg.exe", `reg query HKLM\SAM save`},
		{regImage, "reg.exe", `reg restore HKLM\SAM sam`},
		{regImage, "reg.exe", `reg load HKLM\SAM2 sam`},
		{regImage, "reg.exe", `reg save HKLM\SOFTWARE x`},
		{regImage, "reg.exe", `reg save HKLM\SAM2 x`},
		{regImage, "reg.exe", `reg save HKLM\SYSTEMS x`},
		{regImage, "reg.exe", `reg save HKCU\SYSTEM x`},
		{regImage, "reg.exe", `reg export HKCU\Software\SAM x`},
		{regImage, "reg.exe", `reg copy HKLM\SAM HKLM\X`},
		{regImage, "reg.exe", `reg export HKLM\SOFTWARE\x C:\Windows\System32\SAM`},
		{regImage, "reg.exe", `reg`},
		{regImage, "reg.exe", `reg save`},
		{regImage, "reg.exe", ``},
		{`C:\x\backup.exe`, "", `backup save C:\Windows\System32 D:\x`},
		{`C:\x\git.exe`, "git.exe", `git stash save "HKLM\SAM work"`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c echo reg save HKLM\SAM x`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c findstr /i "reg save HKLM\SAM" log.txt`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c rem reg save HKLM\SAM x`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c reg query HKLM\SAM > save`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd`},
		{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd reg save HKLM\SAM x`},
		{`C:\Windows\System32\notepad.exe`, "NOTEPAD.EXE", `notepad "reg save HKLM\SAM x.txt"`},
		{`C:\W\powershell.exe`, "PowerShell.EXE", `powershell -File "reg save HKLM\SAM x"`},
		{`C:\W\powershell.exe`, "PowerShell.EXE", `powershell -c Write-Host "reg save HKLM\SAM x"`},
		{`C:\W\powershell.exe`, "PowerShell.EXE", `powershell -enc notbase64!!`},
		{`C:\Windows\System32\schtasks.exe`, "schtasks.exe", `schtasks /create /tn "reg save HKLM\SAM x" /tr calc`},
	} {
		if got := c.analyze(); got != nil {
			t.Errorf("%q: %+v", c.line, got)
		}
	}
}

func TestDisguises(t *testing.T) {
	for _, row := range []struct {
		name string
		call
		tool, disguise string
	}{
		{"modifier letter in the verb", call{regImage, "reg.exe", "reg ˢave HKLM\\SAM x"}, "reg.exe", "modifier letters"},
		{"modifier letter in export", call{regImage, "reg.exe", "reg eˣport HKLM\\SAM x"}, "reg.exe", "modifier letters"},
		{"modifier letter in the key", call{regImage, "reg.exe", "reg save HKLM\\ˢam x"}, "reg.exe", "modifier letters"},
		{"tone mark as l", call{regImage, "reg.exe", "reg save hk˪m\\sam x"}, "reg.exe", "modifier letters"},
		{"small l", call{regImage, "reg.exe", "reg save hkˡm\\sam x"}, "reg.exe", "modifier letters"},
		{"phonetic extension", call{regImage, "reg.exe", "reg sᵃve hklm\\sam x"}, "reg.exe", "modifier letters"},
		{"full width", call{regImage, "reg.exe", "reg ｓａｖｅ ＨＫＬＭ\\ＳＡＭ x"}, "reg.exe", "full-width letters"},
		{"zero width", call{regImage, "reg.exe", "reg sa\u200bve hklm\\s\u200dam x"}, "reg.exe", "without a width"},
		{"soft hyphen", call{regImage, "reg.exe", "reg sa\u00adve hklm\\sam x"}, "reg.exe", "without a width"},
		{"long s", call{regImage, "reg.exe", "reg ſave hklm\\sam x"}, "reg.exe", "look-alike"},
		{"quotes in the verb", call{regImage, "reg.exe", `reg sa""ve hklm\sam x`}, "reg.exe", "quotes inside"},
		{"quotes in the key", call{regImage, "reg.exe", `reg save hk"l"m\sam x`}, "reg.exe", "quotes inside"},
		{"renamed", call{`C:\Users\Public\r.exe`, "reg.exe", `r save hklm\sam x`}, "reg.exe", `file is named "r.exe"`},
		{"renamed, other case", call{`C:\t\svchost.exe`, "REG.EXE", `svchost save hklm\sam x`}, "reg.exe", `"svchost.exe"`},
		{"by arguments, 4688", call{`C:\t\upd.exe`, "", `upd.exe save hklm\sam x`}, "reg.exe (by its arguments)", `named "upd.exe"`},
		{"by arguments, no version", call{`C:\t\upd.exe`, "-", `upd.exe export hklm\system x /y`}, "reg.exe (by its arguments)", `named "upd.exe"`},
		{"carets", call{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c r^eg s^a^ve h^klm\s^am x`}, "reg.exe", "Carets"},
		{"quotes in cmd", call{`C:\Windows\System32\cmd.exe`, "Cmd.Exe", `cmd /c reg s""ave hklm\sam x`}, "reg.exe", "quotes inside"},
		{"full-width program in cmd", call{`C:\Windows\System32\cmd.exe`, "", "cmd /c ｒｅｇ save hklm\\sam x"}, "reg.exe", "program's name"},
		{"renamed cmd", call{`C:\t\c.exe`, "Cmd.Exe", `c /c reg save hklm\sam x`}, "reg.exe", `file is named "c.exe"`},
		{"grave accents", call{`C:\W\powershell.exe`, "", "powershell -c r`eg sa`ve hklm\\sam x"}, "reg.exe", "Grave accents"},
		{"part of a variable", call{`C:\W\cmd.exe`, "", `cmd /c reg save hklm\sam %x:~0,2%`}, "reg.exe", "%x:~0,2%"},
	} {
		c := one(t, row.call)
		if c.Tool != row.tool || c.Impact != "export" {
			t.Errorf("%s: tool %q, impact %q", row.name, c.Tool, c.Impact)
		}
		if !strings.Contains(strings.Join(c.Disguise, "\n"), row.disguise) {
			t.Errorf("%s: disguise %q lacks %q", row.name, c.Disguise, row.disguise)
		}
	}
}

func TestByArgumentsNeedsAFileAndSaysSo(t *testing.T) {
	if got := (call{`C:\t\upd.exe`, "", `upd save hklm\sam`}).analyze(); got != nil {
		t.Errorf("no file: %+v", got)
	}
	c := one(t, call{`C:\t\upd.exe`, "updater.exe", `upd save hklm\sam x`})
	if !strings.Contains(strings.Join(c.Because, " "), `names "updater.exe"`) {
		t.Errorf("reasons %q", c.Because)
	}
}

func TestStartedWithoutItsName(t *testing.T) {
	if c := one(t, call{regImage, "reg.exe", `save HKLM\SAM x`}); c.Destination != "x" || c.Impact != "export" {
		t.Errorf("got %+v", c)
	}
	if c := one(t, call{`C:\Windows\System32\cmd.exe`, "", `/c reg save HKLM\SAM x`}); c.Destination != "x" {
		t.Errorf("got %+v", c)
	}
}

func TestArgsWithoutLine(t *testing.T) {
	got := Analyze(artifacts.Process{Executable: regImage, Args: []string{"reg", "save", `HKLM\SAM`, `C:\a b`}})
	if len(got) != 1 || got[0].Destination != `C:\a b` {
		t.Errorf("got %+v", got)
	}
}

func encode(script string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(script)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestWrappers(t *testing.T) {
	const sam = "SAM:x"
	for _, row := range []struct {
		line, wrapper string
		want          []string // hive:destination
	}{
		{`cmd.exe /c "reg save HKLM\SAM x"`, "cmd.exe /c", []string{sam}},
		{`"C:\Windows\system32\cmd.exe" /c "reg save HKLM\SAM x"`, "cmd.exe /c", []string{sam}},
		{`cmd /k reg save HKLM\SAM x`, "cmd.exe /k", []string{sam}},
		{`cmd /Q /C reg save HKLM\SAM x 1> \\127.0.0.1\ADMIN$\__1 2>&1`, "cmd.exe /c", []string{sam}},
		{`cmd /v:on/e:on /s /c "reg save HKLM\SAM x"`, "cmd.exe /c", []string{sam}},
		{`cmd /creg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c cmd /c cmd/c reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c ""C:\Windows\System32\reg.exe" save HKLM\SAM "x""`, "cmd.exe /c", []string{sam}},
		{`cmd /c "C:\Windows\System32\reg.exe" save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c "C:\Program Files\reg.exe" save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c reg save HKLM\SAM x&reg save HKLM\SYSTEM y&&reg save HKLM\SECURITY z||whoami`, "cmd.exe /c", []string{sam, "SYSTEM:y", "SECURITY:z"}},
		{`cmd /c echo y | reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c (reg save HKLM\SAM x) & (reg save HKLM\SYSTEM y)`, "cmd.exe /c", []string{sam, "SYSTEM:y"}},
		{`cmd /c start /b reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c start "" /min /d C:\t reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c call reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c @reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c ,;reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c if exist C:\t reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c if not "%a%"=="b" (reg save HKLM\SAM x) else reg save HKLM\SYSTEM y`, "cmd.exe /c", []string{sam, "SYSTEM:y"}},
		{`%COMSPEC% /c %SystemRoot%\System32\reg.exe save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c %windir%\system32\reg save HKLM\SAM %TEMP%\s`, "cmd.exe /c", []string{`SAM:C:\Windows\Temp\s`}},
		{`cmd /c reg save HKLM\SAM "a & b"`, "cmd.exe /c", []string{"SAM:a & b"}},
		{`cmd /c reg save HKLM\SAM a^&b`, "cmd.exe /c", []string{"SAM:a&b"}},
		{`cmd /c reg save HKLM\SAM x>nul`, "cmd.exe /c", []string{sam}},
		{`cmd /c >nul reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c reg save HKLM\SAM x >"a b.txt" /y`, "cmd.exe /c", []string{sam}},
		{"cmd /c whoami\nreg save HKLM\\SAM x", "cmd.exe /c", []string{sam}},
		{`powershell reg save HKLM\SAM x`, "powershell.exe -Command", []string{sam}},
		{`powershell.exe -NoP -ep bypass -w hidden -c "reg save HKLM\SAM x"`, "powershell.exe -Command", []string{sam}},
		{`powershell -Command "& reg.exe save 'HKLM\SAM' 'x'; reg save HKLM\SYSTEM $env:TEMP\y"`, "powershell.exe -Command", []string{sam, `SYSTEM:%TEMP%\y`}},
		{`powershell -c "& {reg save hklm\sam x}"`, "powershell.exe -Command", []string{sam}},
		{`powershell -c "iex 'reg save hklm\sam x'"`, "powershell.exe -Command", []string{sam}},
		{`powershell -c "Start-Process reg -ArgumentList 'save hklm\sam x' -Verb runas -Wait"`, "powershell.exe -Command", []string{sam}},
		{`powershell -c "saps -FilePath reg.exe -Args 'save','hklm\sam','x'"`, "powershell.exe -Command", []string{sam}},
		{`powershell -c "cmd /c 'reg save hklm\sam x'"`, "powershell.exe -Command > cmd.exe /c", []string{sam}},
		{`powershell -c "& 'cmd' /c reg save hklm\sam x"`, "powershell.exe -Command > cmd.exe /c", []string{sam}},
		{`pwsh -enc ` + encode(`reg save HKLM\SAM x`), "powershell.exe -EncodedCommand", []string{sam}},
		{`powershell -nop -e ` + encode("reg save HKLM\\SAM x\nreg save HKLM\\SYSTEM y"), "powershell.exe -EncodedCommand", []string{sam, "SYSTEM:y"}},
		{"powershell \u2013ec " + strings.TrimRight(encode(`reg save HKLM\SAM x`), "="), "powershell.exe -EncodedCommand", []string{sam}},
		{`cmd /c powershell -enc ` + encode(`cmd /c reg save HKLM\SAM x`), "cmd.exe /c > powershell.exe -EncodedCommand > cmd.exe /c", []string{sam}},
		{`wmic process call create "reg save HKLM\SAM x"`, "wmic process call create", []string{sam}},
		{`wmic process call create "cmd.exe /c reg save HKLM\SAM x"`, "wmic process call create > cmd.exe /c", []string{sam}},
		{`psexec -accepteula -s reg save HKLM\SAM x`, "psexec", []string{sam}},
		{`psexec64.exe -s cmd /c "reg save HKLM\SAM x & reg save HKLM\SYSTEM y"`, "psexec > cmd.exe /c", []string{sam, "SYSTEM:y"}},
		{`schtasks /create /tn t /sc once /st 00:00 /ru SYSTEM /tr "reg save HKLM\SAM x"`, "schtasks /tr", []string{sam}},
		{`sc create s binPath= "cmd /c reg save HKLM\SAM x"`, "sc binpath= > cmd.exe /c", []string{sam}},
		{`sc create s "binpath=reg save HKLM\SAM x"`, "sc binpath=", []string{sam}},
		{`runas /user:a "reg save HKLM\SAM x"`, "runas", []string{sam}},
		{`cmd /c cd /d C:\t & reg save HKLM\SAM x`, "cmd.exe /c", []string{`SAM:C:\t\x`}},
		{`cmd /c cd "C:\a b" && cd c && reg save HKLM\SAM x & reg save HKLM\SYSTEM D:\y`, "cmd.exe /c", []string{`SAM:C:\a b\c\x`, `SYSTEM:D:\y`}},
		{`cmd /c cd & reg save HKLM\SAM x`, "cmd.exe /c", []string{sam}},
		{`cmd /c pushd C:\ & cmd /c reg save HKLM\SAM x`, "cmd.exe /c", []string{`SAM:C:\x`}},
		{`powershell -c "cd $env:TEMP; reg save HKLM\SAM x"`, "powershell.exe -Command", []string{`SAM:%TEMP%\x`}},
		{`powershell -c "Set-Location -Path 'C:\t'; reg save HKLM\SAM x"`, "powershell.exe -Command", []string{`SAM:C:\t\x`}},
		{`conhost.exe --headless reg save HKLM\SAM x`, "conhost", []string{sam}},
	} {
		var got []string
		for _, c := range (call{"", "", row.line}).analyze() {
			got = append(got, strings.Join(c.Hives, "+")+":"+c.Destination)
			if c.Wrapper != row.wrapper || c.Impact != "export" || c.Tool != "reg.exe" {
				t.Errorf("%s: wrapper %q, impact %q, tool %q; want wrapper %q", row.line, c.Wrapper, c.Impact, c.Tool, row.wrapper)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", row.line, got, row.want)
		}
	}
}

func TestOtherHosts(t *testing.T) {
	for line, host := range map[string]string{
		`reg save \\FS1\HKLM\SAM x`:                                  "FS1",
		`psexec \\FS1 -s reg save HKLM\SAM x`:                        "FS1",
		`psexec -s reg save \\FS2\HKLM\SAM x`:                        "FS2",
		`psexec \\FS1 -s reg save \\FS2\HKLM\SAM x`:                  "FS2",
		`wmic /node:"FS1" process call create "reg save HKLM\SAM x"`: "FS1",
		`schtasks /create /s FS1 /tn t /tr "reg save HKLM\SAM x"`:    "FS1",
		`winrs -r:FS1 reg save HKLM\SAM x`:                           "FS1",
		`reg save HKLM\SAM \\FS1\c$\x`:                               "",
	} {
		if c := one(t, call{"", "", line}); c.Remote != host {
			t.Errorf("%s: host %q, want %q", line, c.Remote, host)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := strings.Repeat("cmd /c ", maxDepth+4) + `reg save HKLM\SAM x`
	if got := (call{"", "", deep}).analyze(); got != nil {
		t.Errorf("depth: %d commands", len(got))
	}
	wide := "cmd /c " + strings.Repeat(`reg save HKLM\SAM x&`, 2*maxParts)
	if got := (call{"", "", wide}).analyze(); len(got) != maxParts {
		t.Errorf("width: %d commands, want %d", len(got), maxParts)
	}
	// Lines that made earlier versions read the same text again and again.
	for _, unit := range []string{"call ", "1> ", "cmd 1>", "if ", "%COMSPEC% ", "wmic reg iex "} {
		(call{"", "", "cmd /c " + strings.Repeat(unit, maxLine/len(unit))}).analyze()
	}
	long := `reg save HKLM\SAM ` + strings.Repeat("é", maxLine)
	if got := (call{"", "", long}).analyze(); len(got) != 1 || len(got[0].Destination) > maxLine {
		t.Errorf("length: %d commands", len(got))
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, line := range []string{
		`reg save HKLM\SAM x`, `cmd /c "reg sa^ve HKLM\SAM x" & cmd/c start "" /b call reg export \\h\HKLM\SYSTEM y`,
		`powershell -c "iex 'reg save hklm\sam $env:TEMP\x'"`, `powershell -e ` + encode("cmd /c reg save HKLM\\SAM x"),
		`wmic /node:h process call create 'cmd /c "reg save HKLM\SAM x"'`, "reg ˢave hk˪m\\sam \u200bx",
		`cmd /c if not "%a%"=="b" (reg save HKLM\SAM x>"y" 2>&1) else %x:~0,1%`, `schtasks /s h /tr "reg save HKLM\SAM x"`,
	} {
		f.Add(line, "", "")
		f.Add(line, regImage, "reg.exe")
		f.Add(line, `C:\Windows\System32\cmd.exe`, "")
	}
	f.Fuzz(func(t *testing.T, line, image, original string) {
		for _, c := range (call{image, original, line}).analyze() {
			if len(c.Hives) == 0 || c.Tool == "" || len(c.Because) == 0 || c.Verb != "save" && c.Verb != "export" ||
				c.Impact != "export" && c.Impact != "benign" {
				t.Fatalf("incomplete command %+v", c)
			}
			if c.Impact == "export" && c.Destination == "" {
				t.Fatalf("an export to nowhere: %+v", c)
			}
			for _, p := range Resolve(c.Destination, "", image, "") {
				Normal(p.Path)
			}
		}
	})
}

func BenchmarkAnalyze(b *testing.B) {
	p := artifacts.Process{Executable: `C:\Windows\System32\cmd.exe`, CommandLine: `"C:\Windows\system32\cmd.exe" /c "reg save HKLM\SAM sam.hive"`}
	b.SetBytes(int64(len(p.CommandLine)))
	for b.Loop() {
		Analyze(p)
	}
}

func BenchmarkAnalyzeOther(b *testing.B) {
	p := artifacts.Process{Executable: `C:\Windows\System32\svchost.exe`, CommandLine: `C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule`}
	b.SetBytes(int64(len(p.CommandLine)))
	for b.Loop() {
		Analyze(p)
	}
}
