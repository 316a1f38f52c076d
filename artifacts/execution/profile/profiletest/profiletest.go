// Package profiletest writes users' hives for tests: what Explorer, the
// dialogs to open and save files and some programs keep of what a user did.
// The layouts are those of Windows 10, or of Windows XP, from winreg-kb and
// hives examined, without the reader that they test.
package profiletest

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

// A Spec is what a user did. What is zero leaves no keys.
type Spec struct {
	Time time.Time // last written of the keys that have no time of their own
	XP   bool      // the layouts of Windows XP

	Started      []Program
	RunMRU       List // without "\1" at the end
	TypedPaths   List
	RecentDocs   List // names
	Choices      []Choice
	Folders      List     // ShellBags: paths
	Shares       []string // `\\server\share` in MountPoints2
	Volumes      []string // "{...}" there
	Mapped       List     // `\\server\share` in the dialog to map a drive
	Drives       []Drive
	Computers    List     // of Remote Desktop, as entered
	Servers      []Server // those that it connected to
	SevenZip     List     // archives made
	WinRAR       List     // archives opened
	LastKey      string   // of regedit
	Favourites   []hivetest.Value
	Sysinternals []string // tools whose license was accepted
	Run, RunOnce []hivetest.Value
	LogonScript  string
	Synced       []Sync
}

// A List is what was used, the newest first, and when the newest was.
type List struct {
	Newest  time.Time
	Entries []string
}

// A Program is an entry of UserAssist.
type Program struct {
	Path     string // may begin with a known folder's GUID; of XP "UEME_RUNPATH:C:\..."
	Shortcut bool   // among the shortcuts
	Runs     uint32
	Focus    uint32        // how often it was in front; not of XP
	InFocus  time.Duration // and how long
	Last     time.Time
}

// A Choice is a file that was chosen in a dialog. The first one is the newest.
type Choice struct {
	Program string // "regedit.exe"
	Path    string // as shelllinktest.Items takes it; an absolute path for XP
	File    shelllinktest.Times
	Legacy  bool // a program with the dialog of old: its folder is not kept
	At      time.Time
}

// A Drive is a share that is mapped at each logon.
type Drive struct{ Letter, Share, Account string }

// A Server is a computer that Remote Desktop connected to.
type Server struct{ Name, Account string }

// NTUSER returns the user's NTUSER.DAT.
func NTUSER(s Spec) []byte {
	return hivetest.Write(Root(s), hivetest.Options{File: `\??\C:\Users\bob\ntuser.dat`})
}

// Root returns the tree of the user's NTUSER.DAT.
func Root(s Spec) *hivetest.Key {
	environment := key("Environment")
	if s.LogonScript != "" {
		environment.Values = append(environment.Values, hivetest.Text("UserInitMprLogonScript", s.LogonScript))
	}
	network := key("Network")
	for _, d := range s.Drives {
		network.Keys = append(network.Keys, key(d.Letter).with(hivetest.Text("RemotePath", d.Share), hivetest.Text("UserName", d.Account)).Key)
	}
	root := &hivetest.Key{Name: "ROOT", Time: s.Time}
	for _, k := range []node{key("Console"), key("Control Panel"), environment, network, {s.software()}, key("System")} {
		root.Keys = append(root.Keys, k.Key)
	}
	return root
}

// UsrClass returns the user's UsrClass.dat, where Folders are since Windows 7.
func UsrClass(s Spec) []byte {
	root := key("S-1-5-21-1-2-3-1001_Classes", key("CLSID"), key("Local Settings", key("MuiCache"), key("Software", key("Microsoft", key("Windows", key("Shell", node{s.bags()}))))))
	root.Time = s.Time
	return hivetest.Write(root.Key, hivetest.Options{File: `\Microsoft\Windows\UsrClass.dat`})
}

type node struct{ *hivetest.Key }

func key(name string, keys ...node) node {
	k := node{&hivetest.Key{Name: name}}
	for _, sub := range keys {
		k.Keys = append(k.Keys, sub.Key)
	}
	return k
}

func (k node) with(values ...hivetest.Value) node {
	k.Values = append(k.Values, values...)
	return k
}

func (k node) at(t time.Time) node {
	k.Time = t
	return k
}

func blob(name string, b []byte) hivetest.Value {
	return hivetest.Value{Name: name, Type: hivetest.Binary, Data: b}
}

func text(s string) []byte { return windows.AppendUTF16(nil, s+"\x00") }

func (s Spec) software() *hivetest.Key {
	explorer := key("Explorer", s.userAssist(), s.comDlg32(), recentDocs(s.RecentDocs), s.mountPoints(),
		letters("RunMRU", s.RunMRU, `\1`), letters("Map Network Drive MRU", s.Mapped, ""), numbered("TypedPaths", "url", 1, s.TypedPaths))
	current := key("CurrentVersion", explorer, key("Run").with(s.Run...), key("RunOnce").with(s.RunOnce...),
		key("Applets", key("Regedit", key("Favorites").with(s.Favourites...)).with(optional("LastKey", s.LastKey)...)))
	windowsKey := key("Windows", current)
	if s.XP {
		windowsKey.Keys = append(windowsKey.Keys, key("ShellNoRoam", node{s.bags()}).Key)
	}
	servers := key("Servers")
	for _, server := range s.Servers {
		servers.Keys = append(servers.Keys, key(server.Name).with(optional("UsernameHint", server.Account)...).Key)
	}
	tools := key("Sysinternals")
	for _, tool := range s.Sysinternals {
		tools.Keys = append(tools.Keys, key(tool).with(hivetest.Number("EulaAccepted", 1)).Key)
	}
	return key("Software", tools, archives(s.SevenZip), key("WinRAR", numbered("ArcHistory", "", 0, s.WinRAR)),
		key("Microsoft", windowsKey, s.oneDrive(), key("Terminal Server Client", numbered("Default", "MRU", 0, s.Computers), servers))).Key
}

func optional(name, s string) []hivetest.Value {
	if s == "" {
		return nil
	}
	return []hivetest.Value{hivetest.Text(name, s)}
}

// archives is what 7-Zip keeps.
func archives(l List) node {
	var b []byte
	for _, e := range l.Entries {
		b = append(b, text(e)...)
	}
	k := key("Compression").at(l.Newest)
	if b != nil {
		k = k.with(blob("ArcHistory", b))
	}
	return key("7-Zip", k)
}

func numbered(name, prefix string, first int, l List) node {
	k := key(name).at(l.Newest)
	for i, e := range l.Entries {
		k = k.with(hivetest.Text(prefix+strconv.Itoa(first+i), e))
	}
	return k
}

// letters is a list with MRUList; the oldest entry has the letter a.
func letters(name string, l List, suffix string) node {
	k := key(name).at(l.Newest)
	order := ""
	for i, e := range l.Entries {
		letter := string(rune('a' + len(l.Entries) - 1 - i))
		order += letter
		k = k.with(hivetest.Text(letter, e+suffix))
	}
	if order != "" {
		k = k.with(hivetest.Text("MRUList", order))
	}
	return k
}

// numbers is a list with MRUListEx; the oldest entry has the number 0.
func numbers(name string, newest time.Time, entries [][]byte) node {
	k := key(name).at(newest)
	var order []byte
	for i, e := range entries {
		n := len(entries) - 1 - i
		order = binary.LittleEndian.AppendUint32(order, uint32(n))
		k = k.with(blob(strconv.Itoa(n), e))
	}
	return k.with(blob("MRUListEx", append(order, 0xff, 0xff, 0xff, 0xff)))
}

func (s Spec) userAssist() node {
	programs, shortcuts, version := key("{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}"), key("{F4E57C4B-2036-45F0-A9AB-443BCFE33D9F}"), uint32(5)
	if s.XP {
		programs, shortcuts, version = key("{75048700-EF1F-11D0-9888-006097DEACF9}"), key("{5E6AB780-7743-11CF-A12B-00AA004AE837}"), 3
	}
	counts := [2]node{key("Count"), key("Count")}
	for _, p := range s.Started {
		of := 0
		if p.Shortcut {
			of = 1
		}
		counts[of] = counts[of].with(blob(ROT13(p.Path), p.data(s.XP)))
	}
	counts[0] = counts[0].with(blob(ROT13("UEME_CTLSESSION"), make([]byte, 8)))
	for i, group := range []node{programs, shortcuts} {
		group.Keys = append(group.Keys, counts[i].Key)
		group.Values = append(group.Values, hivetest.Number("Version", version))
	}
	return key("UserAssist", programs, shortcuts)
}

func (p Program) data(xp bool) []byte {
	if xp {
		b := binary.LittleEndian.AppendUint32(make([]byte, 4, 16), p.Runs+5)
		return binary.LittleEndian.AppendUint64(b, windows.ToFiletime(p.Last))
	}
	b := make([]byte, 72)
	binary.LittleEndian.PutUint32(b[4:], p.Runs)
	binary.LittleEndian.PutUint32(b[8:], p.Focus)
	binary.LittleEndian.PutUint32(b[12:], uint32(p.InFocus.Milliseconds()))
	binary.LittleEndian.PutUint64(b[60:], windows.ToFiletime(p.Last))
	return b
}

// ROT13 encodes a name as UserAssist does.
func ROT13(s string) string {
	const letters, turned = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
	return strings.Map(func(c rune) rune {
		if i := strings.IndexRune(letters, c); i >= 0 {
			return rune(turned[i])
		}
		return c
	}, s)
}

func (s Spec) mountPoints() node {
	k := key("MountPoints2", key("CPC"))
	for _, share := range s.Shares {
		k.Keys = append(k.Keys, key(strings.ReplaceAll(share, `\`, "#")).Key)
	}
	for _, volume := range s.Volumes {
		k.Keys = append(k.Keys, key(volume).Key)
	}
	return k
}

// recentDocs is the key itself and those of the extensions.
func recentDocs(l List) node {
	var all [][]byte
	by := map[string][][]byte{}
	var extensions []string
	for _, name := range l.Entries {
		item := shelllinktest.FileItem(name+".lnk", shelllinktest.Times{}, false, 0)
		entry := append(append(text(name), item...), 0, 0)
		all = append(all, entry)
		extension := "Folder"
		if i := strings.LastIndex(name, "."); i > 0 {
			extension = name[i:]
		}
		if by[extension] == nil {
			extensions = append(extensions, extension)
		}
		by[extension] = append(by[extension], entry)
	}
	k := numbers("RecentDocs", l.Newest, all)
	for _, extension := range extensions {
		k.Keys = append(k.Keys, numbers(extension, l.Newest, by[extension]).Key)
	}
	return k
}
