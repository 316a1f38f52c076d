package locate

// A row is one line of the table of known locations.
type row struct {
	// pattern is matched with a whole path below the drive's root, in lower
	// case: * and ? stay inside a component, **/ is any number of them, ** at
	// the end is anything, {a,b} is one of these, [a-z] one of a range, HIVE is
	// sam, security or system, and WINDOWS is windows or winnt.
	pattern string
	systems string // Windows versions that it applies to
	class   Class
	why     string
}

// eight are the letters of impacket's temporary names.
const eight = "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"

// alerts are places and names that dumping tools use. They are asked first.
var alerts = []row{
	{"/WINDOWS/temp/" + eight + ".tmp", "all", Alert,
		"a hive under a name of eight letters and .tmp in Windows\\Temp is how impacket's secretsdump stores it since 2023 before it is fetched over ADMIN$"},
	{"/WINDOWS/system32/" + eight + ".tmp", "all", Alert,
		"a hive under a name of eight letters and .tmp in System32 is how impacket's secretsdump stored it before 2023"},
	{"/WINDOWS/sysvol/**", "domain controllers", Alert,
		"no hive belongs in SYSVOL, which every domain account can read; NetExec's backup_operator module writes SAM, SYSTEM and SECURITY with a suffix there"},
	{"**/{sysvol,netlogon}/HIVE_*", "domain controllers", Alert,
		"the name is that of NetExec's backup_operator module, which writes the hives into SYSVOL or NETLOGON"},
	{"**/HIVE-haxx", "10, 11", Alert, "the name is that of the HiveNightmare tool (CVE-2021-36934)"},
	{"**/HIVE-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*", "10, 11", Alert,
		"a hive's name and a date is how HiveNightmare (CVE-2021-36934) names its copies"},
	{"**/hive_HIVE_*", "10, 11", Alert, "the name is that of the hivenightmare tool in Go (CVE-2021-36934)"},
	{"/WINDOWS/temp/HIVE", "all", Alert, "HiveNightmare scripts and many a dump leave a hive under its own name in Windows\\Temp"},
	{"**/HIVE.out", "all", Alert, "the name is that of the pwdump family's output"},
	{"**/temp/HIVE-*.dmp", "all", Alert, "the name is that of QuarksPwDump's temporary copy"},
	{"**/HIVE.{save,hive}", "all", Alert, "the name is that of impacket's reg.py backup, of HiveNightmare scripts and of many a dumping guide"},
}

// places are the known places of hives, per class.
var places = []row{
	{"/WINDOWS/system32/config/HIVE", "all", Normal, "Windows keeps its live hive here"},
	{"/WINDOWS/system32/config/HIVE.{log,log1,log2,sav}", "all", Normal, "Windows keeps the hive's transaction logs, and on XP and 2003 setup's copy, beside it"},
	{"/WINDOWS/system32/config/HIVE*.{blf,regtrans-ms}", "all", Normal, "Windows keeps the hive's transaction logs beside it"},
	{"/WINDOWS/system32/config/system.alt", "NT, 2000, XP, 2003", Normal, "text-mode setup and NT keep a copy of SYSTEM here"},
	{"/WINDOWS/system32/config/txr/**", "Vista and later", Normal, "Windows keeps transaction logs of the registry here"},
	{"/$winreagent/scratch/mount/windows/system32/config/HIVE", "10, 11", Normal, "Windows mounts its recovery image here while it services it"},
	{"/recovery/**/winre.wim/**", "7 and later", Normal, "the recovery image carries hives of its own"},
	{"/WINDOWS/system32/recovery/**", "7 and later", Normal, "the recovery image carries hives of its own"},
	{"/system volume information/{????????-????-????-????-????????????}{3808876b-c176-4e48-b7ae-04046e6cc752}", "Vista and later", Normal,
		"the file is the store of a volume shadow copy"},
	{"/{pagefile,swapfile,hiberfil}.sys", "all", Normal, "Windows writes memory there, and with it parts of the hives that it has loaded"},

	{"/WINDOWS/system32/config/regback/*", "Vista and later", Informational,
		"RegBack holds Windows' own copies: real up to Windows 10 1709 and on servers; on later clients only if EnablePeriodicBackup was set, which is worth a check, as attackers set it too"},
	{"/WINDOWS/repair/**", "XP, 2003", Informational, "setup and NTBackup leave copies in the repair folder"},
	{"/system volume information/_restore{*}/rp*/snapshot/_registry_machine_HIVE", "XP", Informational, "System Restore of XP keeps copies of the hives"},
	{"/windows.old{,(*),.[0-9][0-9][0-9]}/WINDOWS/system32/config/{HIVE,regback/HIVE}", "7 and later", Informational,
		"an upgrade left the previous Windows; its credentials are old but often still valid"},
	{"/{$windows.~bt,$windows.~ws,$getcurrent,$sysreset}/**/WINDOWS/system32/config/{HIVE,regback/HIVE}", "8 and later", Informational,
		"a feature update or a reset works on a copy of Windows here"},
	{"/programdata/microsoft/windows/containers/baseimages/**", "10, 2016 and later", Informational, "Windows Sandbox and containers keep their base image here"},
	{"/programdata/docker/windowsfilter/*/hives/HIVE_{base,delta}", "10, 2016 and later", Informational, "a container's layer carries the hives of its own Windows"},
	{"/programdata/docker/windowsfilter/*/files/WINDOWS/system32/config/*", "10, 2016 and later", Informational, "a container's layer carries the hives of its own Windows"},
	{"/windowsimagebackup/**", "2008 and later", Informational, "Windows Server Backup keeps images of whole volumes here"},
	{"**/*.{vhd,vhdx,avhdx,vmdk,wim,esd}/**/WINDOWS/system32/config/HIVE", "all", Informational, "the hive is that of a Windows inside a disk or installation image"},
	{"/WINDOWS/{erdnt,erunt}/**", "XP to 7", Informational, "ERUNT and ComboFix keep registry backups here"},
	{"/qoobox/**", "XP to 7", Informational, "ComboFix keeps its quarantine and backups here"},
	{"/frst/hives/**", "all", Informational, "the Farbar Recovery Scan Tool keeps copies of the hives here"},
	{"/regbackup/*/**", "all", Informational, "Tweaking.com's registry backup keeps copies here, a folder for each host"},
	{"/programdata/bitdefender/forensicartefacts/system/config/*", "all", Informational, "Bitdefender collects forensic copies here; verify its signature and parent process"},
	{"/program files{, (x86)}/rapid7/insight agent/components/insight_agent/{common/,*/}ir_agent_tmp/**", "all", Informational,
		"the Rapid7 Insight Agent collects forensic copies here; verify its signature and parent process"},
	{"/WINDOWS/netwrix/temp/????????.???.offreg", "all", Informational, "Netwrix Auditor saves hives here; verify its signature and parent process"},
	{"/ms_data/**", "all", Informational, "Microsoft's support scripts (TSS, SDP) collect here; verify who ran them"},
	{"/WINDOWS/{winsxs,servicing}/**", "all", Informational, "the component store may carry a template of the hive; a hive with a machine SID or more than the built-in accounts does not belong here"},

	{"**/registry/{system,security}", "domain controllers", Check,
		"ntdsutil's install-from-media writes SYSTEM and SECURITY into a folder named registry; look for Active Directory\\ntds.dit beside it and ask who made it"},
}

// collectors are folder names that forensic collectors leave in the path
// above a drive's root.
var collectors = []string{"kape", "velociraptor", "uploads/", "cylr", "dfir", "orc_", "acquire", "triage", "ftk", "uac-", "collection-"}
