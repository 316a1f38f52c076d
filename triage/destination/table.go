package destination

// A Row is one kind of place that copies are put to.
type Row struct {
	ID     string
	Looks  string   // what it looks for
	Places []string // patterns of folders, as below reads them; empty where the code tells it by other facts
	Reach  Reach
	Means  string   // what it says of a copy there
	Attack []string // ATT&CK technique ids
	Do     string   // what comes first in the response; "" where nothing is special
	Behind string   // whose computer Do is about ("the remote desktop session"); "" where it is about the copy
	Next   string   // what to collect; ""
	Source string   // where the fact comes from
}

var byID = func() map[string]*Row {
	all := map[string]*Row{}
	for i := range Table {
		all[Table[i].ID] = &Table[i]
	}
	return all
}()

// ByID returns a row of the table.
func ByID(id string) (*Row, bool) {
	r, ok := byID[id]
	return r, ok
}

// What many rows say.
const (
	carried     = "the service's program carries what is put there to the account in the cloud and to its other devices; whether it did, its logs and the service tell"
	withdraw    = "Take the copy out of the synchronised folder, its recycle bin and its versions in the cloud, and suspend the sharing links of the account"
	askCloud    = "the service's audit log (uploads, downloads, sharing links of the file) and its program's logs in the profile"
	askWebLog   = "the web server's logs since the copy was put there (IIS: inetpub\\logs\\LogFiles, Apache and nginx: access.log): GET requests of it, with addresses"
	offline     = "Remove the copy from the web root first, then read the web server's log for requests of it"
	askMail     = "the mailbox and the gateway's message trace: who sent the file to whom"
	askChat     = "the chat service's audit log: in which conversation the file was put, and who fetched it"
	everyone    = "every account of the host can read what lies there, and intruders like the place to put things aside; whether it was taken on is not told by it"
	unnoticed   = "intruders like the place to put things aside, for among the files of Windows they draw no notice; whether it was taken on is not told by it"
	askSMB      = "Security 5140 and 5145 of the host (who opened the share and the file) and the open files and sessions of its server service"
	cloudAttack = "T1567.002"
)

// Table is what is known of places, the more particular before the general.
// Sources: [T] techniques.md, [L] locations.md, else the maker's documentation.
var Table = []Row{
	// Clouds.
	{ID: "onedrive", Looks: "the folders of OneDrive: personal, of an organisation, and known folders moved below them", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/onedrive", "USER/onedrive - *", "USER/skydrive", "/onedrive", "/onedrive - *"},
		Means:  carried, Do: withdraw, Next: askCloud, Source: "[T]; Microsoft, \"OneDrive\": %USERPROFILE%\\OneDrive, OneDrive - <organisation>; Known Folder Move puts Desktop, Documents and Pictures below it"},
	{ID: "sharepoint", Looks: "libraries of SharePoint and Teams that OneDrive synchronises", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/sharepoint"}, Means: carried + "; the members of the site see it", Do: withdraw, Next: askCloud, Source: "Microsoft, \"Sync SharePoint files and folders\""},
	{ID: "dropbox", Looks: "the folders of Dropbox", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/dropbox", "USER/dropbox (*)", "USER/* dropbox", "/dropbox", "/dropbox (*)"}, Means: carried, Do: withdraw, Next: askCloud, Source: "[T]; Dropbox, \"Find the Dropbox folder paths\""},
	{ID: "googledrive", Looks: "Google Drive: the folders of a mirror, the streamed drive whatever its letter, and what waits to be uploaded", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/google drive", "USER/googledrive", "USER/my drive", "USER/my drive (*)", "/my drive", "/shared drives", "/meine ablage", "/geteilte ablagen", "/mon drive", "/mi unidad", "USER/appdata/local/google/drivefs"},
		Means:  carried, Do: withdraw, Next: askCloud, Source: "Google, \"Use Google Drive for desktop\": My Drive and Shared drives on a letter, or mirrored; cache in AppData\\Local\\Google\\DriveFS"},
	{ID: "mega", Looks: "the folders of MEGA", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/mega", "USER/documents/mega", "USER/megasync", "USER/documents/megasync"}, Means: carried, Do: withdraw, Next: askCloud, Source: "[T]; MEGA desktop application"},
	{ID: "box", Looks: "the folders of Box", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/box", "USER/box sync", "USER/appdata/local/box/box/cache"}, Means: carried, Do: withdraw, Next: askCloud, Source: "Box, \"Box Drive\" and \"Box Sync\""},
	{ID: "icloud", Looks: "the folders of iCloud", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/iclouddrive", "USER/icloud drive", "USER/pictures/icloud photos"}, Means: carried, Do: withdraw, Next: askCloud, Source: "Apple, \"iCloud for Windows\""},
	{ID: "nextcloud", Looks: "the folders of Nextcloud and ownCloud", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/nextcloud*", "USER/owncloud*"}, Means: carried, Do: withdraw, Next: askCloud, Source: "Nextcloud and ownCloud desktop clients"},
	{ID: "pcloud", Looks: "the folders of pCloud, and what waits to be uploaded", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/pcloud", "USER/pcloud sync", "USER/pclouddrive", "USER/appdata/local/pcloud"}, Means: carried, Do: withdraw, Next: askCloud, Source: "pCloud, \"pCloud Drive\" and \"Sync\""},
	{ID: "synced", Looks: "other folders that artefacts, or their name, say are kept in step with another place", Reach: Reachable, Attack: []string{cloudAttack},
		Places: []string{"USER/sync", "USER/syncthing"}, Means: carried, Do: withdraw, Next: askCloud, Source: "settings of the programs"},

	// The web.
	{ID: "exchange", Looks: "the folders that Exchange and IIS serve to anyone: aspnet_client, owa, ecp", Reach: Reachable, Attack: []string{"T1074.001", "T1048"},
		Places: []string{"**/inetpub/wwwroot/aspnet_client", "**/frontend/httpproxy/owa", "**/frontend/httpproxy/ecp", "**/clientaccess/owa", "**/clientaccess/ecp"},
		Means:  "a web server gives it to whoever asks for its address, and intruders on Exchange fetch what they took from there", Do: offline, Next: askWebLog, Source: "[T]; CISA and Microsoft on the theft from Exchange servers of 2021"},
	{ID: "webroot", Looks: "the roots of web servers: IIS, Apache, nginx, XAMPP, WAMP, Tomcat, SharePoint's layouts", Reach: Reachable, Attack: []string{"T1074.001", "T1048"},
		Places: []string{"**/inetpub/wwwroot", "**/xampp/htdocs", "**/wamp/www", "**/wamp64/www", "**/nginx*/html", "**/apache*/htdocs", "**/htdocs", "**/tomcat*/webapps", "**/web server extensions/*/template/layouts"},
		Means:  "a web server gives it to whoever asks for its address", Do: offline, Next: askWebLog, Source: "[T]; default roots of the servers' documentation"},
	{ID: "ftproot", Looks: "the root of the FTP server of IIS", Reach: Reachable, Attack: []string{"T1074.001", "T1048"},
		Places: []string{"**/inetpub/ftproot"}, Means: "an FTP server gives it to whoever may log on there", Do: "Remove the copy from the FTP server's root first, then read its log for RETR of it",
		Next: "the FTP server's logs (inetpub\\logs\\LogFiles\\FTPSVC*)", Source: "Microsoft, \"FTP publishing service\""},

	// The network.
	{ID: "tsclient", Looks: `a path below \\tsclient`, Reach: Left, Attack: []string{"T1048", "T1021.001"},
		Means: "that is a drive of the computer that the remote desktop session came from; if the command worked, the copy is there and was never on this disk",
		Do:    "Find and isolate the computer that the remote desktop session came from, and seize the copy there", Behind: "the remote desktop session", Next: "the disk of the session's source computer; TerminalServices logs (events 21, 24, 25, 1149) for its address", Source: "[T]; Microsoft, drive redirection of Remote Desktop"},
	{ID: "webdav", Looks: `a path on a WebDAV server: \\host@SSL, \\host@port, DavWWWRoot`, Reach: Left, Attack: []string{"T1048"},
		Means: "the WebClient service sends it there over HTTP or HTTPS; if the command worked, the copy is on that server",
		Do:    "Block the WebDAV server and have the copy there secured or deleted", Behind: "the WebDAV share", Next: "the proxy's and firewall's logs for PUT requests to the server; the WebClient service's cache (ServiceProfiles\\LocalService\\AppData\\Local\\Temp\\TfsStore)", Source: "Microsoft, WebDAV redirector"},
	{ID: "unc", Looks: "a path on a share of another computer", Reach: Left, Attack: []string{"T1074.002", "T1021.002"},
		Means: "the share belongs to another computer; if the command worked, the copy is there",
		Do:    "Seize the copy on the other computer, and treat that computer as part of the incident", Behind: "the share", Next: "the other computer's disk and its Security log (5140, 5145) for this host's address", Source: "[T]"},
	{ID: "fetched", Looks: "a share record (5145) of a file that was fetched right after it was saved there", Reach: Left, Attack: []string{"T1039", "T1021.002"},
		Means: "whoever was at that address has the copy", Do: "Find and isolate the computer that fetched the copy", Behind: "the access over the share", Next: "the disk of the computer at that address", Source: "[T]; impacket, secretsdump"},
	{ID: "asked", Looks: "a share record (5145) of the copy's path", Reach: Reachable, Attack: []string{"T1039", "T1021.002"},
		Means: "whether it was read then, the record does not tell", Do: "Examine the computer that asked for the copy over the share", Behind: "the access over the share", Next: "the disk of the computer at that address", Source: "[T]; Microsoft, event 5145"},
	{ID: "brought", Looks: "a share record (5145) of the copy's path, opened to be written", Reach: Reachable, Attack: []string{"T1074.002", "T1021.002"},
		Means: "it was brought here by that computer, which has or had it as well; who may write there can most likely fetch it again", Do: "Examine the computer that brought the copy over the share", Behind: "the access over the share", Next: "the disk of the computer at that address", Source: "[T]; Microsoft, event 5145"},
	{ID: "sysvol", Looks: "SYSVOL and NETLOGON", Reach: Reachable, Attack: []string{"T1039", "T1021.002"},
		Places: []string{"/windows/sysvol", "/winnt/sysvol", "**/sysvol/sysvol", "**/netlogon"},
		Means:  "every account of the domain can read it there, from any computer, and it is replicated to the other domain controllers",
		Do:     "Remove the copy from SYSVOL on every domain controller first, then read the logs for who opened it", Next: askSMB, Source: "[L]; NetExec, backup_operator"},
	{ID: "share", Looks: "folders that the registry says are shared (LanmanServer\\Shares)", Reach: Reachable, Attack: []string{"T1074.001", "T1039", "T1021.002"},
		Means: "it can be fetched over the network from there by whoever may read the share", Do: "Close the share or remove the copy from it first, then read the logs for who opened it", Next: askSMB, Source: "hive SYSTEM, Services\\LanmanServer\\Shares"},
	{ID: "ownshare", Looks: "a share of the host itself, by its own name", Reach: Reachable, Attack: []string{"T1039", "T1021.002"},
		Means: "it can be fetched over the network from there by whoever may read the share", Do: "Close the share or remove the copy from it first, then read the logs for who opened it", Next: askSMB, Source: "[T]"},

	// What can be carried.
	{ID: "removable", Looks: "drives that MountedDevices calls removable, and FAT volumes of their own among the evidence", Reach: Removable, Attack: []string{"T1052.001"},
		Means: "whoever has the medium has the copy, and no log tells where it was read", Do: "Find the removable medium and secure it", Next: "the medium; on the host MountPoints2, USBSTOR and setupapi.dev.log for its serial number, and on other hosts for the same", Source: "[T]; hive SYSTEM, MountedDevices"},

	// Mail and chat.
	{ID: "mail", Looks: "where Outlook keeps attachments that are opened or dragged", Reach: Reachable, Attack: []string{"T1048"},
		Places: []string{"USER/appdata/local/microsoft/windows/inetcache/content.outlook", "USER/appdata/local/microsoft/windows/temporary internet files/content.outlook", "USER/appdata/local/microsoft/olk/attachments", "USER/local settings/temporary internet files/olk*"},
		Means:  "it was an attachment of a message, so a mailbox holds it as well", Do: "Have the message with the copy purged from all mailboxes", Next: askMail, Source: "Microsoft, OutlookSecureTempFolder"},
	{ID: "chat", Looks: "caches and attachments of Teams, Slack and messengers", Reach: Reachable, Attack: []string{"T1567"},
		Places: []string{"USER/appdata/roaming/microsoft/teams", "USER/appdata/local/packages/msteams_*", "USER/appdata/roaming/slack", "USER/appdata/local/packages/*slack*", "USER/downloads/telegram desktop", "USER/appdata/roaming/telegram desktop", "USER/appdata/local/packages/*whatsapp*", "USER/appdata/roaming/signal", "USER/appdata/roaming/discord"},
		Means:  "it went through a chat, whose service holds it as well", Do: "Have the file deleted from the chat service", Next: askChat, Source: "the programs' data folders"},

	// Put aside.
	{ID: "public", Looks: "folders whose files every account can read: Public, ProgramData, folders that were made at the root of the drive", Reach: Staged, Attack: []string{"T1074.001"},
		Places: []string{"/users/public", "/users/all users", "/documents and settings/all users", "/programdata", "/intel", "/temp", "/tmp"},
		Means:  everyone, Source: "[T], [L]"},
	{ID: "open", Looks: "folders of Windows that accounts without administrator rights can write to, most without reading what others put there", Reach: Staged, Attack: []string{"T1074.001"},
		Places: []string{"/perflogs", "/windows/temp", "/winnt/temp", "/windows/tasks", "/windows/tracing", "/windows/debug", "/windows/system32/spool/drivers/color", "/windows/registration/crmlog"},
		Means:  unnoticed, Source: "[T], [L]; the folders' access lists, C:\\Windows\\Temp: Users may create files and not list them"},
	{ID: "temporary", Looks: "a user's folder for temporary files, from which browsers upload and archivers pack as well", Reach: Staged, Attack: []string{"T1074.001"},
		Places: []string{"USER/appdata/local/temp", "USER/local settings/temp", "USER/appdata/local/microsoft/windows/inetcache", "USER/appdata/local/packages/*/ac/inetcache", "USER/appdata/local/packages/*/tempstate"},
		Means:  "programs that pack, drag and upload files work there; whether it was taken on is not told by it", Source: "[T]"},
	{ID: "downloads", Looks: "the folder into which browsers save", Reach: Staged, Attack: []string{"T1074.001"},
		Places: []string{"USER/downloads"}, Means: "browsers save what they fetch there, and people choose from there what they upload; its Zone.Identifier and the browser's history tell which", Source: "Microsoft, known folder Downloads"},
	{ID: "archive", Looks: "a copy inside an archive", Reach: Staged, Attack: []string{"T1560.001"},
		Means: "copies are packed to be carried, or kept; the archive is a further copy", Do: "", Next: "further places of the archive by its name and digest", Source: "[T]"},

	// What says something else.
	{ID: "recyclebin", Looks: "the Recycle Bin", Places: []string{"/$recycle.bin", "/recycler", "/recycled"},
		Means: "it was deleted in Explorer or the like, and whoever owns the bin can restore it; that says nothing of where it went", Source: "Microsoft, Recycle Bin"},
	{ID: "stream", Looks: "an alternate data stream",
		Means: "it is hidden behind another file on NTFS, and lost where that file is copied to another file system; that says nothing of where it went", Source: "[T]"},
}
