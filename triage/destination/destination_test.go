package destination

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var known = &Known{
	Names:  []string{"WS01", "10.1.2.3"},
	Synced: []Folder{{`D:\Work\Nord`, "OneDrive", "settings"}, {`C:\Users\eve\Elsewhere\`, "Dropbox", "info.json"}, {`E:\x`, "NewService", "a file"}, {`\\srv\x`, "OneDrive", "no local folder"}},
	Shared: []Folder{{`C:\Data`, "data", "SYSTEM"}},
	Drives: []Drive{{Letter: "F", Medium: "a memory stick", Because: "SYSTEM"}, {Letter: "Z", Share: `\\fs01\drop`, Because: "NTUSER"}, {Letter: "Y", Share: `\\WS01\data`, Because: "NTUSER"},
		{Letter: "X", Share: `\\ws01\X$`, Because: "NTUSER"}},
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		place Place
		rows  string // the farthest first
		reach Reach
	}{
		{Place{Path: "/Users/eve/OneDrive/sam.save"}, "onedrive", Reachable},
		{Place{Path: "/Users/eve/OneDrive"}, "", ""}, // a file of that name
		{Place{Path: `C:\Users\eve\OneDrive - Nordwind AG\Desktop\sam`}, "onedrive", Reachable},
		{Place{Path: "/Users/eve/OneDriveBackup/sam"}, "", ""},
		{Place{Path: "/C/Users/eve/Dropbox (Personal)/x/sam"}, "dropbox", Reachable},
		{Place{Path: "/Users/eve/Acme Dropbox/Eve/sam"}, "dropbox", Reachable},
		{Place{Path: `G:\My Drive\sam`}, "googledrive", Reachable},
		{Place{Path: `H:\Shared drives\ops\sam`}, "googledrive", Reachable},
		{Place{Path: `C:\Users\eve\My Drive\sam`}, "googledrive", Reachable},
		{Place{Path: `C:\Users\eve\AppData\Local\Google\DriveFS\1\content_cache\d1\d2\33`}, "googledrive", Reachable},
		{Place{Path: `C:\Users\eve\Documents\MEGA\sam`}, "mega", Reachable},
		{Place{Path: `C:\Users\eve\Box\sam`}, "box", Reachable},
		{Place{Path: `C:\Users\eve\iCloudDrive\sam`}, "icloud", Reachable},
		{Place{Path: `C:\Users\eve\Nextcloud2\sam`}, "nextcloud", Reachable},
		{Place{Path: `C:\Users\eve\ownCloud\sam`}, "nextcloud", Reachable},
		{Place{Path: `C:\Users\eve\pCloud Sync\sam`}, "pcloud", Reachable},
		{Place{Path: `C:\Documents and Settings\eve\SkyDrive\sam`}, "onedrive", Reachable},
		{Place{Path: "/Work/Nord/sam"}, "onedrive", Reachable}, // told by the settings
		{Place{Path: `D:\Work\Nord\sam`}, "onedrive", Reachable},
		{Place{Path: `C:\Work\Nord\sam`}, "", ""}, // another drive
		{Place{Path: `D:\Work\Nordwind\sam`}, "", ""},
		{Place{Path: `C:\users\EVE\elsewhere\a\sam`}, "dropbox", Reachable},
		{Place{Path: "/x/sam"}, "synced", Reachable},

		{Place{Path: `C:\inetpub\wwwroot\sam.save`}, "webroot", Reachable},
		{Place{Path: `C:\inetpub\wwwroot\aspnet_client\system_web\x.png`}, "exchange,webroot", Reachable},
		{Place{Path: `C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\auth\s.txt`}, "exchange", Reachable},
		{Place{Path: "/xampp/htdocs/a/b.zip"}, "webroot", Reachable},
		{Place{Path: "/Apache24/htdocs/sam"}, "webroot", Reachable},
		{Place{Path: "/tools/nginx-1.25/html/sam"}, "webroot", Reachable},
		{Place{Path: "/inetpub/logs/sam"}, "", ""},
		{Place{Path: "/inetpub/ftproot/sam"}, "ftproot", Reachable},
		{Place{Path: "/Windows/SYSVOL/sysvol/SAM_DC01"}, "sysvol", Reachable},
		{Place{Path: "/Data/sam"}, "share", Reachable},
		{Place{Path: "/Database/sam"}, "", ""},

		{Place{Path: `\\tsclient\C\sam`}, "tsclient", Left},
		{Place{Path: `//TSCLIENT/c/sam`}, "tsclient", Left},
		{Place{Path: `\\10.0.0.9@SSL\DavWWWRoot\sam`}, "webdav", Left},
		{Place{Path: `\\host@8080\up\sam`}, "webdav", Left},
		{Place{Path: `\\fs02.nordwind.example\drop\sam`}, "unc", Left},
		{Place{Path: `\\?\UNC\fs02\drop\sam`}, "unc", Left},
		{Place{Path: `\\10.1.2.30\c$\sam`}, "unc", Left},
		{Place{Path: `\\10.1.2.3\C$\sam`}, "", ""}, // the host itself
		{Place{Path: `\\127.0.0.1\ADMIN$\Temp\sam`}, "open", Staged},
		{Place{Path: `\\ws01.nordwind.example\C$\Users\Public\sam`}, "public", Staged},
		{Place{Path: `\\localhost\data\sam`}, "ownshare,share", Reachable},
		{Place{Path: `\\?\C:\Users\Public\sam`}, "public", Staged},
		{Place{Path: `\\.\C:\inetpub\wwwroot\sam`}, "webroot", Reachable},
		{Place{Path: `\\server`}, "", ""},
		{Place{Path: `F:\sam`}, "removable", Removable},
		{Place{Path: `Z:\a\sam`}, "unc", Left},
		{Place{Path: `Y:\sam`}, "ownshare,share", Reachable},
		{Place{Path: `X:\sam`}, "", ""}, // mapped to itself
		{Place{Path: "/sam", Medium: "the volume is FAT32"}, "removable", Removable},
		{Place{Path: `C:\Users\eve\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\1A2B\sam`}, "mail,temporary", Reachable},
		{Place{Path: `C:\Users\eve\AppData\Roaming\Slack\x\sam`}, "chat", Reachable},
		{Place{Path: `C:\Users\eve\Downloads\sam`}, "downloads", Staged},
		{Place{Path: `C:\PerfLogs\sam`}, "open", Staged},
		{Place{Path: `C:\ProgramData\x\y\sam`}, "public", Staged},
		{Place{Path: `C:\Windows\Temp\sam`}, "open", Staged},
		{Place{Path: `C:\Windows\System32\sam`}, "", ""},
		{Place{Path: `C:\Users\eve\AppData\Local\Temp\sam`}, "temporary", Staged},
		{Place{Path: `/b/copies.zip`, Member: "sam"}, "archive", Staged},
		{Place{Path: `/Users/eve/OneDrive/copies.zip`, Member: "sam"}, "onedrive,archive", Reachable},
		{Place{Path: `/x.txt`, Stream: "sam"}, "stream", ""},
		{Place{Path: `/$Recycle.Bin/S-1-5-21-1-2-3-1001/$RAB.bin`}, "recyclebin", ""},
		{Place{Path: `/Windows/Temp/abcdefgh.tmp`, Reads: []Read{{From: "10.0.0.9", Record: "r", Certain: true}}}, "fetched,open", Left},
		{Place{Path: `/x`, Reads: []Read{{From: "10.0.0.9", Record: "r"}, {From: "127.0.0.1", Record: "r2", Certain: true}}}, "asked", Reachable},
		{Place{}, "", ""},
		{Place{Path: "sam.save (its folder was not recorded)"}, "", ""},
	} {
		v := Judge(c.place, known)
		rows := strings.Join(v.Rows, ",")
		if rows != c.rows || v.Reach != c.reach {
			t.Errorf("%+v: %q of %q, want %q of %q: %s", c.place, v.Reach, rows, c.reach, c.rows, v.Why)
		}
		if (len(v.Rows) > 0) != (v.Why != "") || v.Reach != "" && len(v.Attack) == 0 {
			t.Errorf("%+v: %+v", c.place, v)
		}
	}
	if v := Judge(Place{Path: "/Users/Public/sam"}, nil); !slices.Equal(v.Rows, []string{"public"}) || !strings.HasPrefix(v.Why, "it lies in /Users/Public: every account") {
		t.Errorf("without anything known: %+v", v)
	}
	for lies, want := range map[string]string{Lay: "it lay in /Users/Public: every account", Told: "a record places it in /Users/Public: every account"} {
		if v := Judge(Place{Path: "/Users/Public/sam", Lies: lies}, nil); !strings.HasPrefix(v.Why, want) {
			t.Errorf("%s: %+v", lies, v)
		}
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	technique := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	for _, r := range Table {
		if seen[r.ID] || r.ID == "" || r.Looks == "" || r.Means == "" || r.Source == "" || !slices.Contains(reaches, r.Reach) {
			t.Errorf("row %q: %+v", r.ID, r)
		}
		seen[r.ID] = true
		if (r.Reach != "") != (len(r.Attack) > 0) || (r.Reach == Left || r.Reach == Reachable || r.Reach == Removable) != (r.Do != "") {
			t.Errorf("row %s: reach %q, attack %q, do %q", r.ID, r.Reach, r.Attack, r.Do)
		}
		for _, a := range r.Attack {
			if !technique.MatchString(a) {
				t.Errorf("row %s: %s", r.ID, a)
			}
		}
		for _, p := range r.Places {
			if p != strings.Replace(strings.ToLower(p), "user/", "USER/", 1) && !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "**/") {
				t.Errorf("row %s: pattern %q is not in lower case", r.ID, p)
			}
			path := strings.NewReplacer("USER", "/users/eve", "**", "/x", "*", "y").Replace(p) + "/sam"
			if _, ok := below(p, []string{path}, path); !ok {
				t.Errorf("row %s: %q does not take %q", r.ID, p, path)
			}
		}
	}
}

// FuzzJudge: paths in the evidence are hostile text.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{`\\tsclient\c\sam`, "/C/Users/eve/OneDrive/sam", `C:\inetpub\..\inetpub\wwwroot\sam`, `Z:\..\..`, `\\?\UNC\a\b`, `Y:\`, "[", `F:`, "/users/\xff/box/x"} {
		f.Add(s, "", "")
	}
	f.Fuzz(func(t *testing.T, path, stream, member string) {
		v := Judge(Place{Path: path, Stream: stream, Member: member}, known)
		if (len(v.Rows) == 0) != (v.Why == "") {
			t.Errorf("%q: %+v", path, v)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	for b.Loop() {
		Judge(Place{Path: "/C/Users/eve/Documents/projects/2026/march/notes/sam.save"}, known)
	}
}
