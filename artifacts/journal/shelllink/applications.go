package shelllink

import (
	"hash/crc64"
	"strconv"
	"strings"
	"sync"

	"hivetriage/artifacts/internal/windows"
)

// jumpListTable is of the polynomial 0x92C64265D32139A4, in the bit order of
// package crc64.
var jumpListTable = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(0x92c64265d32139a4) })

// ApplicationID computes the identifier that a jump list's file is named
// after: a CRC-64 of the program's AppUserModelID in upper case UTF-16. Where
// the program sets none, that is its path, which begins with a known folder's
// GUID if it lies in one. The form is that of dtformats and of
// hexacorn.com/blog/2013/04/30; tests compare the results with identifiers that
// were seen in use.
func ApplicationID(model string) string {
	b := windows.AppendUTF16(nil, strings.ToUpper(model))
	// Update inverts before and after; only the first is wanted here.
	return strconv.FormatUint(^crc64.Update(0, jumpListTable(), b), 16)
}

// The folders that programs are in, as AppUserModelIDs have them.
const (
	system64   = `{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}`
	system32   = `{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}`
	windowsDir = `{F38BF404-1D43-42F2-9305-67DE0B28FC23}`
	programs64 = `{6D809377-6AF0-444B-8957-A3773F02200E}`
	programs32 = `{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}`
	programs   = `{905E63B6-C1BF-494E-B29C-65B732D3D21A}` // of 32-bit Windows
)

// models are the programs of interest: what opens, packs or carries away
// copies of hives.
var models = []struct{ program, model string }{
	{"Windows Explorer", "Microsoft.Windows.Explorer"},
	{"Windows Explorer", windowsDir + `\explorer.exe`},
	{"Remote Desktop Connection", "Microsoft.Windows.RemoteDesktop"},
	{"Remote Desktop Connection", system64 + `\mstsc.exe`},
	{"Registry Editor", windowsDir + `\regedit.exe`},
	{"Notepad", system64 + `\notepad.exe`},
	{"Notepad", system32 + `\notepad.exe`},
	{"Notepad", windowsDir + `\notepad.exe`},
	{"Command Prompt", system64 + `\cmd.exe`},
	{"Windows PowerShell", system64 + `\WindowsPowerShell\v1.0\powershell.exe`},
	{"Windows PowerShell", system32 + `\WindowsPowerShell\v1.0\powershell.exe`},
	{"Windows PowerShell ISE", system64 + `\WindowsPowerShell\v1.0\powershell_ise.exe`},
	{"FileZilla", "FileZilla.Client.AppID"},
	{"7-Zip", programs64 + `\7-Zip\7zFM.exe`},
	{"7-Zip", programs32 + `\7-Zip\7zFM.exe`},
	{"7-Zip", programs + `\7-Zip\7zFM.exe`},
	{"WinRAR", programs64 + `\WinRAR\WinRAR.exe`},
	{"WinRAR", programs32 + `\WinRAR\WinRAR.exe`},
	{"WinRAR", programs + `\WinRAR\WinRAR.exe`},
	{"WinSCP", programs64 + `\WinSCP\WinSCP.exe`},
	{"WinSCP", programs32 + `\WinSCP\WinSCP.exe`},
	{"WinSCP", programs + `\WinSCP\WinSCP.exe`},
	{"Notepad++", programs64 + `\Notepad++\notepad++.exe`},
	{"Notepad++", programs32 + `\Notepad++\notepad++.exe`},
}

var applications = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(models))
	for _, a := range models {
		m[ApplicationID(a.model)] = a.program
	}
	return m
})
