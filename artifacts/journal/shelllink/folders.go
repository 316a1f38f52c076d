package shelllink

import "strings"

// above are the folders whose items have whole paths: drives and shares.
var above = map[string]bool{
	"{20D04FE0-3AEA-1069-A2D8-08002B30309D}": true, // the computer
	"{F02C1A0D-BE21-4350-88B0-7367FC96EF3C}": true, // the network
	"{208D2C60-3AEA-1069-A2D7-08002B30309D}": true, // network places
}

// profileFolder is the class of items that stand for folders of the profile.
const profileFolder = "{59031A47-3F72-44A7-89C5-5595FE6B30EE}"

// desktop is where an item list begins that does not begin elsewhere.
const desktop = `%USERPROFILE%\Desktop`

// folders are the known folders (KnownFolders.h) and shell folders (ShlGuid.h)
// that paths of interest are below, with the place that Windows gives them
// unless they were moved.
var folders = map[string]string{
	"{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}": `%SystemRoot%\System32`,
	"{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}": `%SystemRoot%\SysWOW64`,
	"{F38BF404-1D43-42F2-9305-67DE0B28FC23}": `%SystemRoot%`,
	"{6D809377-6AF0-444B-8957-A3773F02200E}": `%ProgramFiles%`,
	"{905E63B6-C1BF-494E-B29C-65B732D3D21A}": `%ProgramFiles%`,
	"{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}": `%ProgramFiles(x86)%`,
	"{6365D5A7-0F0D-45E5-87F6-0DA56B6A4F7D}": `%ProgramFiles%\Common Files`,
	"{F7F1ED05-9F6D-47A2-AAAE-29D317C6F066}": `%ProgramFiles%\Common Files`,
	"{DE974D24-D9C6-4D3E-BF91-F4455120B917}": `%ProgramFiles(x86)%\Common Files`,
	"{62AB5D82-FDC1-4DC3-A9DD-070D1D495D97}": `%ProgramData%`,
	"{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}": `%ProgramData%\Microsoft\Windows\Start Menu\Programs`,
	"{A4115719-D62E-491D-AA7C-E74B8BE3B067}": `%ProgramData%\Microsoft\Windows\Start Menu`,
	"{DFDF76A2-C82A-4D63-906A-5644AC457385}": `%PUBLIC%`,
	"{C4AA340D-F20F-4863-AFEF-F87EF2E6BA25}": `%PUBLIC%\Desktop`,
	"{ED4824AF-DCE4-45A8-81E2-FC7965083634}": `%PUBLIC%\Documents`,
	"{3D644C9B-1FB8-4F30-9B45-F670235F79C0}": `%PUBLIC%\Downloads`,
	"{5E6C858F-0E22-4760-9AFE-EA3317B67173}": `%USERPROFILE%`,
	"{F3CE0F7C-4901-4ACC-8648-D5D44B04EF8F}": `%USERPROFILE%`,
	profileFolder:                            `%USERPROFILE%`,
	"{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}": desktop,
	"{FDD39AD0-238F-46AF-ADB4-6C85480369C7}": `%USERPROFILE%\Documents`,
	"{450D8FBA-AD25-11D0-98A8-0800361B1103}": `%USERPROFILE%\Documents`,
	"{A8CDFF1C-4878-43BE-B5FD-F8091C1C60D0}": `%USERPROFILE%\Documents`,
	"{D3162B92-9365-467A-956B-92703ACA08AF}": `%USERPROFILE%\Documents`,
	"{374DE290-123F-4565-9164-39C4925E467B}": `%USERPROFILE%\Downloads`,
	"{088E3905-0323-4B02-9826-5D99428E115F}": `%USERPROFILE%\Downloads`,
	"{33E28130-4E1E-4676-835A-98395C3BC3BB}": `%USERPROFILE%\Pictures`,
	"{24AD3AD4-A569-4530-98E1-AB02F9417AA8}": `%USERPROFILE%\Pictures`,
	"{4BD8D571-6D19-48D3-BE97-422220080E43}": `%USERPROFILE%\Music`,
	"{3DFDF296-DBEC-4FB4-81D1-6A3438BCF4DE}": `%USERPROFILE%\Music`,
	"{18989B1D-99B5-455B-841C-AB7C74E4DDFC}": `%USERPROFILE%\Videos`,
	"{F86FA3AB-70D2-4FC7-9C99-FCBF05467F3A}": `%USERPROFILE%\Videos`,
	"{F1B32785-6FBA-4FCF-9D55-7B8E7F157091}": `%LOCALAPPDATA%`,
	"{A520A1A4-1780-4FF6-BD18-167343C5AF16}": `%USERPROFILE%\AppData\LocalLow`,
	"{3EB685DB-65F9-4CF6-A03A-E3EF65729F3D}": `%APPDATA%`,
	"{625B53C3-AB48-4EC1-BA1F-A1EF4146FC19}": `%APPDATA%\Microsoft\Windows\Start Menu`,
	"{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}": `%APPDATA%\Microsoft\Windows\Start Menu\Programs`,
	"{B97D20BB-F46A-4C97-BA10-5E3608430854}": `%APPDATA%\Microsoft\Windows\Start Menu\Programs\Startup`,
	"{AE50C081-EBD2-438A-8655-8A092E34987A}": `%APPDATA%\Microsoft\Windows\Recent`,
	"{9E3995AB-1F9C-4F13-B827-48B24B6C7174}": `%APPDATA%\Microsoft\Internet Explorer\Quick Launch\User Pinned`,
	"{1F3427C8-5C10-4210-AA03-2EE45287D668}": `%APPDATA%\Microsoft\Internet Explorer\Quick Launch\User Pinned`,
	"{52A4F021-7B75-48A9-9F6B-4B87A210BC8F}": `%APPDATA%\Microsoft\Internet Explorer\Quick Launch`,
	"{A52BBA46-E9E1-435F-B3D9-28DAA648C0F6}": `%OneDrive%`,
	"{018D5C66-4533-4307-9B53-224DE2ED1FE6}": `%OneDrive%`,
}

// Folder returns where Windows keeps the known folder or shell folder with the
// given GUID, "{...}" in any case, unless it was moved: a path that may begin
// with an environment variable. Of others it returns "", false.
func Folder(guid string) (string, bool) {
	path, ok := folders[strings.ToUpper(guid)]
	return path, ok
}

// Unfold replaces a known folder at the beginning of a path,
// "{GUID}\rest", by its place.
func Unfold(path string) string {
	guid, rest, below := strings.Cut(path, `\`)
	folder, ok := Folder(guid)
	switch {
	case !ok:
		return path
	case !below:
		return folder
	}
	return folder + `\` + rest
}
