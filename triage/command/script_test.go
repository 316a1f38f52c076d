package command

import (
	"strings"
	"testing"
)

// scripts are script texts, and whether there is something to say of them.
var scripts = map[string]bool{
	"reg save HKLM\\SAM C:\\Temp\\s":                                    true,
	"r`eg save hk`lm\\s`am C:\\Temp\\s":                                 true,
	"& 'reg' save \"HKEY_LOCAL_MACHINE\\SECURITY\" C:\\Temp\\s":         true,
	"cmd /c \"reg s^ave HK^LM\\SAM C:\\Temp\\s\"":                       true,
	"cd C:\\Windows\\System32\\config; Copy-Item SAM C:\\Temp\\s":       false, // a name without its folder
	"Copy-Item C:\\Windows\\System32\\config\\RegBack\\SAM C:\\Temp\\s": true,
	"[IO.File]::Copy('\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\Windows\\System32\\config\\SAM', 'C:\\Temp\\s')": true,
	"ntdsutil \"ac i ntds\" ifm \"create full C:\\x\" q q":                                                                   true,
	"nxc smb 10.0.0.9 -u a -p b --sam":                                                                                       true,
	"Invoke-HiveNightmare":                                                                                                   true,
	"pwdump7.exe":                                                                                                            true,
	"Get-ChildItem HKLM:\\SOFTWARE":                                                                                          false,
	"Get-Content C:\\Users\\P\\plan.txt":                                                                                     false,
	"":                                                                                                                       false,
}

// TestScript: what scripts do is told, and that most need not be read.
func TestScript(t *testing.T) {
	for text, want := range scripts {
		if got := len(Script(text)) > 0; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if mayCopy("Get-Content C:\\Users\\P\\plan.txt") {
		t.Error("a script without a hive is read")
	}
	for text, want := range map[string]bool{
		`copy C:\Windows\System32\config\sam x`: true, `copy config/sam x`: true, `$p = 'con"fig'`: true, `Join-Path $env:windir System32\config`: true, `cd ${config}`: true,
		`$config = Get-Content app.config_x`: false, `Get-NetIPConfiguration`: false, `-Config x`: false, `reconfig \config2`: false,
	} {
		if mayCopy(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	long := make([]byte, 0, 3*maxLine)
	for len(long) < 2*maxLine {
		long = append(long, "Write-Output 'one more line'\r\n"...)
	}
	if found := Script(string(long) + "reg save HKLM\\SAM C:\\Temp\\s"); len(found) != 1 {
		t.Errorf("%d commands behind a long script", len(found))
	}
}

// FuzzScript: no script that is passed over would have told of a copy.
func FuzzScript(f *testing.F) {
	for text := range scripts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if mayCopy(text) {
			return
		}
		for _, c := range readScript(text) {
			if c.Copies() {
				t.Errorf("%q: %+v", text, c)
			}
		}
	})
}

// BenchmarkMayCopy is a script in which nothing tells of a hive.
func BenchmarkMayCopy(b *testing.B) {
	text := strings.Repeat("Get-CimInstance -ClassName Win32_Service -Filter \"Name='$Name'\" | Select-Object Name, Version\r\n", 300)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if mayCopy(text) {
			b.Fatal("it tells of a hive")
		}
	}
}
