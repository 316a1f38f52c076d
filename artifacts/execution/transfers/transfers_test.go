package transfers

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/readtest"
)

// filler stands in every place of the fixtures where a credential would be; it
// must not come out again.
const filler = "FILLER0FILLER1"

func read(t testing.TB, path, file string) ([]artifacts.Trace, []*artifacts.Problem) {
	t.Helper()
	reader := Reader(path)
	if reader == nil {
		t.Fatalf("no reader for %s", path)
	}
	traces, problems := readtest.All(t, reader(context.Background(), strings.NewReader(file), int64(len(file))))
	if said := fmt.Sprintf("%+v %v", traces, problems); strings.Contains(said, "FILLER") {
		t.Errorf("a place for credentials was read: %s", said)
	}
	return traces, problems
}

// told writes a trace in short.
func told(trace artifacts.Trace) string {
	parts := []string{trace.Entry}
	for _, d := range trace.Details {
		parts = append(parts, d.Name+"="+d.Value)
	}
	return strings.Join(append(parts, trace.Paths...), "; ")
}

func utf16Text(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

const rclone = `# a comment = nothing
[drive]
type = drive
client_id = FILLER0FILLER1
client_secret = FILLER0FILLER1
token = {"access_token":"FILLER0FILLER1","refresh_token":"FILLER0FILLER1"}
[mega out]
type = mega
user = m@example.org
pass = FILLER0FILLER1
[box]
type = sftp
host = user:FILLER0FILLER1@203.0.113.9
port = 2222
user = mallory:FILLER0FILLER1
pass = FILLER0FILLER1
key_pem = FILLER0FILLER1
[dav]
type = webdav
url = https://u:FILLER0FILLER1@dav.example/remote.php?token=FILLER0FILLER1
bearer_token = FILLER0FILLER1
[s3]
type = s3
provider = Wasabi
access_key_id = FILLER0FILLER1
secret_access_key = FILLER0FILLER1
endpoint = s3.example
[crypt]
type = crypt
remote = mega out:stage
password = FILLER0FILLER1
password2 = FILLER0FILLER1
[line]
type = alias
remote = :sftp,host=h,user=u,pass=FILLER0FILLER1:dir
`

const winscp = `[Configuration\Interface]
RandomSeedFile=%APPDATA%\winscp.rnd
[Sessions\Default%20Settings]
LocalDirectory=C:%5C
[Sessions\mallory@203.0.113.9]
HostName=203.0.113.9
UserName=mallory
Password=FILLER0FILLER1
PasswordPlain=FILLER0FILLER1
ProxyPassword=FILLER0FILLER1
TunnelPassword=FILLER0FILLER1
Passphrase=FILLER0FILLER1
LocalDirectory=C:%5CUsers%5Cx
RemoteDirectory=/drop
FSProtocol=5
PortNumber=21
[Sessions\u:FILLER0FILLER1@h.example]
HostName=u:FILLER0FILLER1@h.example
UserName=%EF%BB%BF%C3%A4:FILLER0FILLER1
[Configuration\Security]
MasterPasswordVerifier=FILLER0FILLER1
[SshHostKeys]
ssh-ed25519@22:files.example=FILLER0FILLER1
rsa2@2222:203.0.113.9=FILLER0FILLER1
broken
`

const fileZilla = `<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="3.66" platform="windows">
	<Settings><Setting name="Proxy password">FILLER0FILLER1</Setting></Settings>
	<RecentServers>
		<Server><Host>203.0.113.9</Host><Port>21</Port><Protocol>0</Protocol><Type>0</Type><User>mallory</User><Pass encoding="base64">FILLER0FILLER1</Pass><Logontype>1</Logontype></Server>
		<Server><Host>ftp://u:FILLER0FILLER1@h.example</Host><User>u:FILLER0FILLER1</User><Pass>FILLER0FILLER1</Pass><Account>FILLER0FILLER1</Account></Server>
	</RecentServers>
	<Servers><Folder expanded="1">work
		<Server><Host>sftp.example</Host><Port>22</Port><Protocol>1</Protocol><User>w</User><Pass encoding="crypt" pubkey="FILLER0FILLER1">FILLER0FILLER1</Pass><Keyfile>FILLER0FILLER1</Keyfile><Name>office</Name><LocalDir>C:\out</LocalDir><RemoteDir>1 0 4 home 3 a b</RemoteDir>office</Server>
	</Folder></Servers>
</FileZilla3>`

const setupAPI = `[Device Install Log]
     OS Version = 10.0.19045
>>>  [Device Install (Hardware initiated) - USBSTOR\Disk&Ven_SanDisk&Prod_Ultra&Rev_1.00\4C53000&0]
>>>  Section start 2024/03/01 10:11:12.345
     dvi: {Build Driver List} 10:11:12.400
     dvi:           DevDesc      - Disk drive
     dvi:           DevDesc      - Other
<<<  Section end 2024/03/01 10:11:13.000
<<<  [Exit status: SUCCESS]


>>>  [Device Install (Hardware initiated) - PCI\VEN_1\2]
>>>  Section start 2024/03/01 10:11:12.345
<<<  Section end 2024/03/01 10:11:13.000
<<<  [Exit status: SUCCESS]
>>>  [Delete Device - USBSTOR\DISK&VEN_X\1]
>>>  [Device Install (Hardware initiated) - usb\vid_0781&pid_5581\4C53000]
>>>  Section start 2024/03/02 10:11:12.345
>>>  [Device Install (Hardware initiated) - SWD\WPDBUSENUM\_??_USBSTOR#X]
`

func TestRead(t *testing.T) {
	for _, c := range []struct {
		path, file, artefact string
		want                 []string
		problems             int
	}{
		{"/Users/a/AppData/Roaming/rclone/rclone.conf", rclone, Rclone, []string{
			"[drive]; Type=drive",
			"[mega out]; Type=mega; Remote user=m@example.org",
			"[box]; Type=sftp; Remote host=203.0.113.9; Port=2222; Remote user=mallory",
			"[dav]; Type=webdav; Remote host=https://dav.example/remote.php",
			"[s3]; Type=s3; Provider=Wasabi; Remote host=s3.example",
			"[crypt]; Type=crypt; Remote=mega out:stage",
			"[line]; Type=alias; Remote=sftp"}, 0},
		{"/Temp/rclone.conf", "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n" + filler, Rclone, nil, 1},
		{"/Temp/rclone.conf", "", Rclone, nil, 0},
		{"/C/Users/a/WinSCP.ini", winscp, WinSCP, []string{
			"SshHostKeys; Remote host=files.example; Port=22",
			"SshHostKeys; Remote host=203.0.113.9; Port=2222",
			`Sessions\203.0.113.9; Protocol=FTP; Remote host=203.0.113.9; Port=21; Remote user=mallory; Remote folder=/drop; C:\Users\x`,
			`Sessions\h.example; Remote host=h.example; Remote user=ä`}, 0},
		{"/Users/a/AppData/Roaming/FileZilla/recentservers.xml", fileZilla, FileZilla, []string{
			"; Listed as=recent server; Protocol=FTP; Remote host=203.0.113.9; Port=21; Remote user=mallory",
			"; Listed as=recent server; Remote host=ftp://h.example; Remote user=u",
			`office; Listed as=saved site; Protocol=SFTP; Remote host=sftp.example; Port=22; Remote user=w; Remote folder=/home/a b; C:\out`}, 0},
		{"/x/sitemanager.xml", fileZilla[:strings.Index(fileZilla, "<Servers>")+60], FileZilla, []string{
			"; Listed as=recent server; Protocol=FTP; Remote host=203.0.113.9; Port=21; Remote user=mallory",
			"; Listed as=recent server; Remote host=ftp://h.example; Remote user=u"}, 1},
		{"/x/sitemanager.xml", "<Servers><Server><Pass>&" + filler + ";</Pass></Server></Servers>", FileZilla, nil, 1},
		{"/x/sitemanager.xml", "<Servers>" + strings.Repeat("<Folder>", 100), FileZilla, nil, 1},
		{"/Users/a/AppData/Local/Dropbox/info.json", `{"personal": {"path": "C:\\Users\\a\\Dropbox", "host": 1, "subscription_type": "Basic"}, "business": {"path": "D:\\Corp"}}`, Dropbox, []string{
			`business; D:\Corp`, `personal; Subscription=Basic; C:\Users\a\Dropbox`}, 0},
		{"/Users/a/AppData/Local/Dropbox/info.json", `{"personal": "` + filler + `"}`, Dropbox, nil, 1},
		{"/Users/a/AppData/Local/Dropbox/info.json", strings.Repeat(" ", maxJSON+1), Dropbox, nil, 1},
		{"/Users/a/AppData/Local/Microsoft/OneDrive/settings/Personal/1a2b.ini", utf16Text("lastRefreshTime = 1\r\nlibrary = 1 4 ABC!103 144 \"SkyDrive\" Me personal \"C:\\Users\\ä\\OneDrive\"\r\n"), OneDrive, []string{
			`library; C:\Users\ä\OneDrive`}, 0},
		{"/Users/a/AppData/Local/Microsoft/OneDrive/settings/Business1/1a2b.ini", utf16Text("libraryScope = 0 x 1 \"Corp\" \"Docs\" 4 \"https://corp-my.sharepoint.com/personal/a?t=" + filler + "\" \"\" \"C:\\Users\\a\\OneDrive - Corp\"\r\nlibraryFolder = 1 0 y\r\n"), OneDrive, []string{
			`libraryScope; Remote host=https://corp-my.sharepoint.com/personal/a; C:\Users\a\OneDrive - Corp`}, 0},
		{"/Users/a/AppData/Local/Mega Limited/MEGAsync/MEGAsync.cfg", filler, MEGAsync, []string{"; Settings=present; their content is not read"}, 0},
		{"/Users/a/AppData/Local/Google/DriveFS/root_preference_sqlite.db", filler, GoogleDrive, []string{"; Settings=present; their content is not read"}, 0},
		{"/Windows/INF/setupapi.dev.log", strings.ReplaceAll(setupAPI, "\n", "\r\n"), SetupAPI, []string{
			`line 3; Device=USBSTOR\Disk&Ven_SanDisk&Prod_Ultra&Rev_1.00\4C53000&0; Local time=2024/03/01 10:11:12.345; Driver=Disk drive; Exit status=SUCCESS`,
			`line 17; Device=usb\vid_0781&pid_5581\4C53000; Local time=2024/03/02 10:11:12.345`,
			`line 19; Device=SWD\WPDBUSENUM\_??_USBSTOR#X`}, 0},
		{"/Windows/INF/setupapi.dev.20240301_101112.log", "", SetupAPI, nil, 0},
	} {
		t.Run(c.artefact, func(t *testing.T) {
			traces, problems := read(t, c.path, c.file)
			if len(traces) != len(c.want) || len(problems) != c.problems {
				t.Fatalf("%d traces %+v, problems %v", len(traces), traces, problems)
			}
			for i, want := range c.want {
				if got := told(traces[i]); got != want {
					t.Errorf("got  %q\nwant %q", got, want)
				}
				if trace := traces[i]; trace.Artefact != c.artefact || trace.Deed != artifacts.Connected || len(trace.Times) != 0 {
					t.Errorf("%+v", trace)
				}
			}
		})
	}
}

// TestSecrecy writes filler behind every key that is not wanted, and behind
// wanted keys in every place of a value that can hold a password.
func TestSecrecy(t *testing.T) {
	for _, path := range []string{"/rclone.conf", "/WinSCP.ini", "/filezilla/filezilla.xml", "/Dropbox/info.json", "/OneDrive/settings/Personal/x.ini", "/setupapi.dev.log", "/MEGAsync.cfg"} {
		for _, file := range []string{rclone, winscp, fileZilla, utf16Text(rclone), utf16Text(winscp), setupAPI, `{"` + filler + `":{"path":1}}`, `{"a":{"path":"C:\\x","token":"` + filler + `"}}`} {
			read(t, path, file) // it looks for the filler
		}
	}
	for in, want := range map[string]string{
		"h.example": "h.example", "u:" + filler + "@h": "h", "https://u:" + filler + "@h/p?" + filler + "#" + filler: "https://h/p",
		"https://a@b:" + filler + "@h": "https://h", " h ": "h", "": "",
	} {
		if got := remoteHost(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if !strings.Contains(rclone+winscp+fileZilla, filler) {
		t.Error("the fixtures have nothing to hide")
	}
}

func TestNamed(t *testing.T) {
	for path, want := range map[string]bool{
		"/Users/a/.config/rclone/rclone.conf": true, "/RCLONE.CONF": true, "/Users/a/WINSCP.INI": true,
		"/Users/a/AppData/Roaming/FileZilla/filezilla.xml": true, "/x/filezilla.xml": false,
		"/x/info.json": false, "/Users/a/AppData/Roaming/Dropbox/info.json": true,
		"/OneDrive/settings/Personal/global.ini": false, "/OneDrive/settings/Business1/ClientPolicy_x.ini": false, "/OneDrive/settings/other/x.ini": false,
		"/Windows/INF/setupapi.setup.log": false, "": false, "/": false,
	} {
		if got := Named(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestRemoteFolder(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "1 0 4 home 1 a": "/home/a", "1 0 3 ä b": "/ä b", "/plain": "/plain", "1 0 99 x": "1 0 99 x", "1 0 -1 x": "1 0 -1 x", "1 0": "1 0",
	} {
		if got := remoteFolder(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	paths := []string{"/rclone.conf", "/winscp.ini", "/sitemanager.xml", "/dropbox/info.json", "/onedrive/settings/personal/x.ini", "/setupapi.dev.log"}
	for i, file := range []string{rclone, winscp, fileZilla, `{"personal": {"path": "C:\\x"}}`, utf16Text("library = \"C:\\x\""), setupAPI} {
		f.Add(uint8(i), file)
	}
	f.Fuzz(func(t *testing.T, which uint8, file string) {
		file = strings.ReplaceAll(file, "FILLER", "") // it may come to stand where names do
		traces, problems := read(t, paths[int(which)%len(paths)], file)
		for _, trace := range traces {
			if trace.Offset > int64(len(file)) {
				t.Errorf("%+v", trace)
			}
		}
		readtest.Within(t, problems, int64(len(file)))
	})
}

func BenchmarkRead(b *testing.B) {
	for path, file := range map[string]string{
		"/rclone.conf": rclone, "/winscp.ini": winscp, "/sitemanager.xml": fileZilla, "/setupapi.dev.log": strings.Repeat(setupAPI, 100),
	} {
		b.Run(path[1:], func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				for _, err := range Reader(path)(context.Background(), strings.NewReader(file), int64(len(file))) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
