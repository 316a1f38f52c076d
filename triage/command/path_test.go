package command

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitStream(t *testing.T) {
	for _, row := range [][3]string{
		{`C:\a.txt`, `C:\a.txt`, ""},
		{`C:\a.txt:sam`, `C:\a.txt`, "sam"},
		{`C:\a.txt:sam:$DATA`, `C:\a.txt`, "sam"},
		{`C:\a.txt::$DATA`, `C:\a.txt`, ""},
		{`a.txt:sam`, `a.txt`, "sam"},
		{`C:a.txt:sam`, `C:a.txt`, "sam"},
		{`C:a.txt`, `C:a.txt`, ""},
		{`C:`, `C:`, ""},
		{`C:\dir:s`, `C:\dir`, "s"},
		{`\\?\C:\a:b`, `\\?\C:\a`, "b"},
		{`C:/a/b:c`, `C:/a/b`, "c"},
		{``, ``, ""},
	} {
		if file, stream := SplitStream(row[0]); file != row[1] || stream != row[2] {
			t.Errorf("SplitStream(%q) = %q, %q", row[0], file, stream)
		}
	}
}

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Windows\Temp\SAM`:          `c:\windows\temp\sam`,
		`c:/windows\\temp/sam`:         `c:\windows\temp\sam`,
		`"C:\a b\c"`:                   `c:\a b\c`,
		`\\?\C:\a`:                     `c:\a`,
		`\??\C:\a`:                     `c:\a`,
		`\\.\C:\a`:                     `c:\a`,
		`\\?\UNC\h\s\a`:                `\\h\s\a`,
		`\\H\S\a`:                      `\\h\s\a`,
		`C:\a\.\b\..\c. .\d`:           `c:\a\c\d`,
		`C:\..\..\a`:                   `c:\a`,
		`C:\Windows\Sysnative\x`:       `c:\windows\system32\x`,
		`C:\x\Sysnative\y`:             `c:\x\sysnative\y`,
		`C:\a::$DATA`:                  `c:\a`,
		`C:\a:b:$DATA`:                 `c:\a:b`,
		`\a\b`:                         `\a\b`,
		`a\b`:                          `a\b`,
		`C:a`:                          `c:a`,
		`C:\`:                          `c:\`,
		`\\?\Volume{AB}\x`:             `\\?\volume{ab}\x`,
		`\Device\HarddiskVolume2\A\b.`: `\device\harddiskvolume2\a\b`,
		``:                             ``,
	} {
		if got := Normal(in); got != want {
			t.Errorf("Normal(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestVolumePath(t *testing.T) {
	for in, want := range map[string][2]string{
		`C:\Users\Public\SAM`:             {"/users/public/sam", "c"},
		`\\?\D:\x`:                        {"/x", "d"},
		`C:\a.txt:sam`:                    {"/a.txt", "c"},
		`C:\`:                             {"/", "c"},
		`C:sam`:                           {"", ""},
		`sam`:                             {"", ""},
		`\sam`:                            {"", ""},
		`\\h\c$\x`:                        {"", ""},
		`\\?\Volume{0a}\Users\x`:          {"/users/x", ""},
		`\Device\HarddiskVolume3\Users\x`: {"/users/x", ""},
		`\\?\GLOBALROOT\Device\HarddiskVolume3\x`:         {"/x", ""},
		`\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1`: {"", ""},
		`\Device\HarddiskVolumeShadowCopy1\x`:             {"", ""},
	} {
		if path, drive := VolumePath(in); path != want[0] || drive != want[1] {
			t.Errorf("VolumePath(%q) = %q, %q, want %q", in, path, drive, want)
		}
	}
}

func TestResolve(t *testing.T) {
	const sys = `C:\Windows\System32\reg.exe`
	for _, row := range []struct {
		dest, dir, image, user string
		want                   string // "!" certain, "?" possible, "~" not local; "|" between, ":" before a stream
	}{
		{`C:\Windows\Temp\S`, ``, ``, ``, `!C:\Windows\Temp\S`},
		{`"C:\a b\S"`, ``, ``, ``, `!C:\a b\S`},
		{`C:/a//b/S. `, ``, ``, ``, `!C:\a\b\S`},
		{`\\?\C:\a\S`, ``, ``, ``, `!C:\a\S`},
		{`sam.hive`, `C:\AtomicRedTeam\`, sys, `IEUser`, `!C:\AtomicRedTeam\sam.hive`},
		{`..\Temp\x.tmp`, `C:\Windows\System32`, sys, ``, `!C:\Windows\Temp\x.tmp`},
		{`sam`, ``, sys, ``, `?C:\Windows\System32\sam`},
		{`sam`, ``, `D:\Windows\System32\reg.exe`, `DOM\eve`, `?D:\Windows\System32\sam|?D:\Users\eve\sam`},
		{`sam`, ``, `C:\t\r.exe`, `eve`, `?C:\Windows\System32\sam|?C:\t\sam|?C:\Users\eve\sam`},
		{`sam`, ``, ``, `SYSTEM`, `?C:\Windows\System32\sam|?C:\Windows\System32\config\systemprofile\sam`},
		{`sam`, ``, ``, `HOST$`, `?C:\Windows\System32\sam|?C:\Windows\System32\config\systemprofile\sam`},
		{`sam`, `\\h\share\d`, ``, ``, `~\\h\share\d\sam`},
		{`\t\sam`, `D:\x`, ``, ``, `!D:\t\sam`},
		{`\t\sam`, ``, sys, ``, `?C:\t\sam`},
		{`D:sam`, `D:\x`, ``, ``, `!D:\x\sam`},
		{`D:sam`, `C:\x`, sys, ``, `?D:\sam`},
		{`%TEMP%\s`, ``, sys, `eve`, `?C:\Users\eve\AppData\Local\Temp\s`},
		{`%temp%\s`, ``, sys, `SYSTEM`, `?C:\Windows\Temp\s`},
		{`%PUBLIC%\s`, ``, sys, ``, `?C:\Users\Public\s`},
		{`%ProgramData%\s`, ``, sys, ``, `?C:\ProgramData\s`},
		{`%USERPROFILE%\Desktop\s`, ``, sys, `DOM\eve`, `?C:\Users\eve\Desktop\s`},
		{`%HOMEDRIVE%%HOMEPATH%\s`, ``, sys, `eve`, `?C:\Users\eve\s`},
		{`%APPDATA%\s`, ``, sys, `eve@dom.example`, `?C:\Users\eve\AppData\Roaming\s`},
		{`%windir%\s`, ``, `E:\Windows\SysWOW64\reg.exe`, ``, `?E:\Windows\s`},
		{`%OWN%\s`, ``, sys, ``, `?%OWN%\s`},
		{`C:\100%\s`, ``, sys, ``, `?C:\100%\s`},
		{`\\srv\share\s`, ``, ``, ``, `~\\srv\share\s`},
		{`\\tsclient\C\s`, ``, ``, ``, `~\\tsclient\C\s`},
		{`\\127.0.0.1\C$\t\s`, ``, ``, ``, `!C:\t\s`},
		{`\\localhost\ADMIN$\Temp\s`, ``, ``, ``, `?C:\Windows\Temp\s`},
		{`\\localhost\share\s`, ``, ``, ``, `!\\localhost\share\s`},
		{`C:\a.txt:sam`, ``, ``, ``, `!C:\a.txt:sam`},
		{`a.txt:sam:$DATA`, `C:\d`, ``, ``, `!C:\d\a.txt:sam`},
		{`C:\Windows\System32\s`, ``, `C:\Windows\SysWOW64\reg.exe`, ``, `!C:\Windows\SysWOW64\s|?C:\Windows\System32\s`},
		{`C:\Windows\Sysnative\s`, ``, `C:\Windows\SysWOW64\reg.exe`, ``, `!C:\Windows\System32\s`},
		{`NUL`, ``, ``, ``, ``},
		{`\\.\NUL`, ``, ``, ``, ``},
		{``, `C:\x`, ``, ``, ``},
		{"x\u00ed\xff", `C:\x`, ``, ``, "!C:\\x\\x\u00ed\xff"},
	} {
		var got []string
		for _, c := range Resolve(row.dest, row.dir, row.image, row.user) {
			text := "?"
			switch {
			case !c.Local:
				text = "~"
			case c.Certain:
				text = "!"
			}
			text += c.Path
			if c.Stream != "" {
				text += ":" + c.Stream
			}
			if c.Because == "" {
				t.Errorf("%q: no reason for %q", row.dest, c.Path)
			}
			got = append(got, text)
		}
		if all := strings.Join(got, "|"); all != row.want {
			t.Errorf("Resolve(%q, %q, %q, %q) = %q, want %q", row.dest, row.dir, row.image, row.user, all, row.want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add(`..\a:b`, `C:\d`, `C:\Windows\SysWOW64\reg.exe`, `D\u`)
	f.Add(`%TEMP%\%X%\%`, `\\h\s`, ``, `eve`)
	f.Add("\\\\?\\UNC\\h\\C$\\\u0130sam", ``, "C:\\\u0130\\system32\\reg.exe", ``)
	f.Fuzz(func(t *testing.T, dest, dir, image, user string) {
		for _, c := range Resolve(dest, dir, image, user) {
			if c.Because == "" {
				t.Fatal("a place without a reason")
			}
			if n := Normal(c.Path); Normal(n) != n && !strings.ContainsAny(n, `" :`) {
				t.Fatalf("Normal(%q) = %q, again %q", c.Path, n, Normal(n))
			}
			if path, _ := VolumePath(c.Path); path != "" && path[0] != '/' {
				t.Fatalf("VolumePath(%q) = %q", c.Path, path)
			}
		}
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"save": "save", "ˢave": "save", "hk˪m": "hklm", "ＳＡＭ": "SAM", "s\u200bam": "sam",
		"s\u0300am": "sam", "ⓢave": "save", "\u2013c": "-c", "é": "é", "\xffa": "\ufffda",
	} {
		if got := fold(in); got != want {
			t.Errorf("fold(%q) = %q, want %q", in, got, want)
		}
	}
	if got := foldedHow("ˢａ\u200b"); !slices.Equal(strings.Split(got, " and "), []string{"modifier letters", "full-width letters", "characters without a width"}) {
		t.Errorf("foldedHow = %q", got)
	}
	if got := foldedHow("Prüfung.txt"); got != "" {
		t.Errorf("a plain umlaut is called %q", got)
	}
}
