package benign

// A Row is one thing that legitimately makes or keeps copies of hives.
//
// Places and Makers are patterns as locate.Pattern has them: paths below the
// drive's root, in lower case, with slashes.
type Row struct {
	ID      string
	Name    string   // as a report writes it
	What    string   // what it is and why it copies hives
	Hives   []string // that it copies; nil: any
	Keys    bool     // it exports keys below the hives only, never a hive
	Places  []string // where its copies lie; nil: not documented, so that it never explains an act
	Makers  []string // its own programs
	Through []string // base names of programs of Windows that it has do the copying
	Vouched bool     // its programs have no folder of their own: a signature, or the name in the record's version data, must say that it is them
	Names   []string // OriginalFileName of its programs, in lower case
	Signers []string // whose signature its programs have; part of the name, in lower case
	Service bool     // it runs as LocalSystem, not in a user's session
	Cleans  bool     // it deletes its copies itself
	Packs   bool     // it packs its copies into archives
	Person  string   // why only a person can tell it from an intruder's act; "" where records can
	Settles string   // what would settle it
	Fake    string   // what a fake of it looks like
	Source  string   // where the row's facts come from
}

// Programs of Windows by which others copy hives.
var (
	byReg   = []string{"reg.exe", "cmd.exe", "conhost.exe"}
	byShell = []string{"reg.exe", "cmd.exe", "conhost.exe", "powershell.exe", "wmiprvse.exe"}
)

// The sources of rows.
const (
	elastic   = "exclusions of Elastic's hive rules (a7e7bfa3 of 2020, a4c7473a, the endpoint's hive dump rule)"
	locations = "the table of known locations"
	makers    = "the maker's documentation of its install folder"
)

// Table is the knowledge of the benign. A place alone or a name alone never
// explains an act: place and process must fit, and nothing may speak against.
var Table = append(append(append([]Row{}, agents...), collectors...), windowsOwn...)

var agents = []Row{
	{ID: "rapid7", Name: "the Rapid7 Insight Agent", What: "vulnerability scanner and EDR agent; saves the hives by reg.exe to read them for its assessments",
		Places:  []string{"/program files{, (x86)}/rapid7/insight agent/components/insight_agent/{common/,*/}ir_agent_tmp/**"},
		Makers:  []string{"/program files{, (x86)}/rapid7/insight agent/components/insight_agent/*/ir_agent.exe"},
		Through: byReg, Names: []string{"ir_agent.exe"}, Signers: []string{"rapid7"}, Service: true, Cleans: true,
		Settles: "the agent's job log for the minute of the act, and the signature of ir_agent.exe",
		Fake:    "reg.exe by a shell of a user that writes into ir_agent_tmp; an ir_agent.exe elsewhere",
		Source:  elastic + "; " + locations + "; a published Sysmon record of it"},
	{ID: "bitdefender", Name: "Bitdefender's forensic collection", What: "EDR agent; copies hives for an investigation that its console asked for",
		Places: []string{"/programdata/bitdefender/forensicartefacts/system/config/*"},
		Makers: []string{"/program files{, (x86)}/bitdefender/**/*.exe"}, Through: byReg, Signers: []string{"bitdefender"}, Service: true, Cleans: true, Packs: true,
		Settles: "the console's record of the investigation, and the signature of the program", Fake: "a copy in ForensicArtefacts that a shell made",
		Source: elastic + "; " + locations},
	{ID: "sf-edr", Name: "the Sangfor EDR agent (sfavtray)", What: "EDR agent whose tray program saves hives",
		Makers: []string{"/program files{, (x86)}/sangfor/**/{sfavtray,sfavsvc,edr_agent}.exe"}, Through: byReg, Names: []string{"sfavtray.exe"}, Signers: []string{"sangfor"},
		Settles: "the console's record of the task, and the signature of sfavtray.exe", Fake: "an sfavtray.exe outside its folder in Program Files", Source: elastic + "; " + makers},
	{ID: "commvault", Name: "Commvault's backup of the system state (CLBackup)", What: "backup agent; saves the hives as a part of the system state",
		Places: []string{"/program files{, (x86)}/commvault/**/jobresults/**", "/program files{, (x86)}/commvault/**/systemstate/**"},
		Makers: []string{"/program files{, (x86)}/commvault/**/{clbackup,clbackupxp,cvd}.exe"}, Through: byReg, Names: []string{"clbackup.exe"}, Signers: []string{"commvault"}, Service: true, Cleans: true,
		Settles: "the job's record in the CommCell, and the signature of CLBackup.exe", Fake: "a clbackup.exe outside Commvault's folder, or one that a shell started", Source: elastic + "; " + makers},
	{ID: "revo", Name: "Revo Uninstaller's registry backup", What: "saves the registry before it removes a program",
		Makers: []string{"/program files{, (x86)}/vs revo group/revo uninstaller*/revounin*.exe"}, Names: []string{"revouninpro.exe", "revouninstaller.exe"}, Signers: []string{"vs revo"},
		Settles: "Revo's own backup list, and the user's word", Fake: "a RevoUninPro.exe outside its folder", Source: elastic + "; " + makers},
	{ID: "iobit", Name: "the registry backup of IObit Advanced SystemCare", What: "saves the registry before it cleans",
		Makers: []string{"/program files{, (x86)}/iobit/**/*.exe"}, Names: []string{"asc.exe"}, Signers: []string{"iobit"},
		Settles: "the program's rescue centre, and the user's word", Fake: "an ASC.exe outside its folder", Source: elastic + "; " + makers},
	{ID: "doubletake", Name: "Carbonite Double-Take's replication", What: "replicates the system state to another server",
		Makers: []string{"/program files{, (x86)}/{carbonite,vision solutions,doubletake,double-take software,opentext}/**/{doubletake,double-take,dtservice}.exe"}, Names: []string{"doubletake.exe"}, Signers: []string{"carbonite", "vision solutions", "open text"}, Service: true,
		Settles: "the replication job's record, and the signature of the service", Fake: "a DoubleTake.exe outside its folder", Source: elastic + "; " + makers},
	{ID: "sql-setup", Name: "SQL Server's setup", What: "saves keys before it changes an instance",
		Makers: []string{"/program files{, (x86)}/microsoft sql server/**/{setup,setup100,landingpage}.exe", "/**/x64/scenarioengine.exe"}, Names: []string{"setup.exe"}, Signers: []string{"microsoft"}, Keys: true,
		Settles: `the setup's own log in Setup Bootstrap\Log`, Fake: "a setup.exe that saves a whole hive", Source: elastic},
	{ID: "netwrix", Name: "Netwrix Auditor's collection", What: "auditing product; saves hives by the offline registry library to compare them",
		Places: []string{"/windows/netwrix/temp/????????.???.offreg"}, Makers: []string{"/program files{, (x86)}/netwrix*/**/*.exe", "/windows/netwrix/**/*.exe"}, Signers: []string{"netwrix"}, Service: true, Cleans: true,
		Settles: "the plan of the auditing server for this host, and the signature of the program", Fake: "a .offreg file that a shell or a user's program made", Source: elastic + "; " + locations},
	{ID: "citrix-upm", Name: "Citrix User Profile Management", What: "copies users' hives over SMB; never SAM, SECURITY or SYSTEM",
		Makers: []string{"/program files{, (x86)}/citrix/**/userprofilemanager.exe"}, Keys: true, Signers: []string{"citrix"}, Service: true,
		Settles: "the profile store's path in the policy", Fake: "a hive of the computer beside profiles in UPM_Profile", Source: elastic},
	{ID: "vmware", Name: "VMware or Omnissa tools", What: "App Volumes, Horizon and the guest's tools save keys when they capture applications",
		Makers: []string{"/program files{, (x86)}/{vmware,omnissa,cloudvolumes}/**/*.exe"}, Signers: []string{"vmware", "omnissa", "broadcom"}, Service: true,
		Settles: "the capture's record in the management console", Fake: "a program of that name outside its folder", Source: elastic},
	{ID: "vss-backup", Name: "a backup agent that uses shadow copies", What: "Veeam, Acronis, Veritas, Cohesity, Rubrik and others read the volumes from a shadow copy and leave no hive on the host",
		Makers: []string{"/program files{, (x86)}/{veeam,acronis,veritas,symantec,cohesity,rubrik,arcserve,macrium,datto,common files/acronis,common files/veeam}/**/*.exe"}, Signers: []string{"veeam", "acronis", "veritas", "cohesity", "rubrik", "arcserve", "macrium", "datto"}, Service: true,
		Settles: "the backup server's record of the job", Fake: "a shadow copy made by a shell, with copies of hives beside it", Source: makers},
}

var collectors = []Row{
	{ID: "kape", Name: "a responder's KAPE", What: "forensic collector", Places: []string{"**/{kape,tdest,triage,collection}*/**"}, Makers: []string{"**/kape.exe"}, Vouched: true, Names: []string{"kape.exe"}, Signers: []string{"kroll"}, Packs: true,
		Settles: "the responder's own notes, and kape's console log beside the output: intruders use collectors as well", Fake: "another program under this name, or a run that nobody ordered", Source: locations},
	{ID: "velociraptor", Name: "a responder's Velociraptor", What: "forensic agent and collector", Places: []string{"**/{velociraptor,uploads,collection-}*/**"}, Makers: []string{"/program files{, (x86)}/velociraptor/velociraptor.exe", "**/velociraptor*.exe"}, Vouched: true, Names: []string{"velociraptor.exe"}, Signers: []string{"rapid7", "velocidex"}, Packs: true,
		Settles: "the server's flow for this host: intruders use collectors as well", Fake: "another server's configuration in the program", Source: locations},
	{ID: "collector", Name: "a responder's collector", What: "CyLR, DFIR-ORC, acquire, FTK Imager and their like", Places: []string{"**/{cylr,dfir,orc_,acquire,triage,ftk,uac-,collection-}*/**"}, Makers: []string{"**/{cylr,dfir-orc,dfir-orc_x64,orc,acquire,ftk imager,winpmem}*.exe"}, Vouched: true,
		Names: []string{"cylr.exe", "dfir-orc.exe", "acquire.exe", "ftk imager.exe"}, Signers: []string{"accessdata", "exterro", "fox-it"}, Packs: true,
		Settles: "the responder's own notes: intruders use collectors as well", Fake: "another program under this name", Source: locations},
	{ID: "tss", Name: "Microsoft's support scripts (TSS, SDP)", What: "collect for Microsoft's support, hives among it", Places: []string{"/ms_data/**", "**/tss_*/**"}, Makers: []string{"/windows/{system32,syswow64}/windowspowershell/v1.0/powershell.exe"}, Through: byShell, Packs: true,
		Person: "the records do not show which script PowerShell ran: whoever ran it must say so", Settles: "the support case, and the script's own log in the folder", Fake: `reg save into C:\MS_DATA by hand`, Source: elastic + "; " + locations},
	{ID: "frst", Name: "the Farbar Recovery Scan Tool", What: "cleaning tool of help forums; backs the hives up before its first fix", Places: []string{"/frst/hives/**"}, Makers: []string{"**/frst{,64}{,english}.exe"}, Vouched: true, Names: []string{"frst.exe", "frst64.exe"}, Signers: []string{"farbar"},
		Settles: "FRST.txt beside the program, and the user's word", Fake: "copies in FRST\\Hives that another program made", Source: locations},
	{ID: "erunt", Name: "ERUNT's registry backup", What: "registry backup of the times of XP", Places: []string{"/windows/{erdnt,erunt}/**"}, Makers: []string{"/program files{, (x86)}/erunt/{erunt,autoback}.exe"}, Names: []string{"erunt.exe"},
		Settles: "the backup's date beside ERUNT's settings", Fake: "a fresh copy in ERDNT on a Windows that ERUNT does not support", Source: locations},
	{ID: "combofix", Name: "ComboFix", What: "cleaning tool up to Windows 8; keeps backups in its quarantine", Places: []string{"/qoobox/**", "/windows/erdnt/**"}, Makers: []string{"**/combofix.exe"}, Vouched: true, Names: []string{"combofix.exe"},
		Settles: `C:\ComboFix.txt`, Fake: "copies in Qoobox on Windows 10 or later, on which it does not run", Source: locations},
	{ID: "tweaking", Name: "Tweaking.com's registry backup", What: "registry backup by shadow copy", Places: []string{"/regbackup/*/**"}, Makers: []string{"/program files{, (x86)}/tweaking.com/**/*.exe"}, Through: []string{"cmd.exe"}, Signers: []string{"tweaking"},
		Settles: "the program's settings and logs", Fake: "a copy in RegBackup that a shell made", Source: locations},
}

var windowsOwn = []Row{
	{ID: "gather-network-info", Name: "Windows' gatherNetworkInfo.vbs", What: `task of Windows; exports keys below SYSTEM and SOFTWARE to System32\config by reg.exe`, Keys: true,
		Places: []string{"/windows/system32/config/**"}, Makers: []string{"/windows/system32/{cscript,wscript}.exe"}, Through: byReg, Names: []string{"cscript.exe", "wscript.exe"}, Signers: []string{"microsoft"},
		Settles: "the script's own text, which Windows Update keeps unchanged", Fake: "a script of this name that exports or saves a whole hive", Source: "records of Windows 10 that hold its fifteen exports"},
	{ID: "regidlebackup", Name: "Windows' task RegIdleBackup", What: "copies the hives to RegBack when the computer is idle", Places: []string{"/windows/system32/config/regback/*"},
		Makers: []string{"/windows/system32/{taskhostw,taskhostex,taskhost}.exe", "/windows/system32/svchost.exe"}, Names: []string{"taskhostw.exe", "taskhostex.exe", "taskhost.exe", "svchost.exe"}, Signers: []string{"microsoft"}, Service: true,
		Settles: "whether EnablePeriodicBackup was set, when and by whom", Fake: "a file in RegBack that another program wrote, or EnablePeriodicBackup set by hand", Source: locations},
	{ID: "windows-backup", Name: "Windows Server Backup", What: "images of whole volumes, by a schedule", Places: []string{"**/windowsimagebackup/**", "/windowsimagebackup{,/**}"}, Makers: []string{"/windows/system32/{wbengine,wbadmin}.exe"}, Names: []string{"wbengine.exe", "wbadmin.exe"}, Signers: []string{"microsoft"}, Service: true,
		Settles: "the backup's schedule and its log Microsoft-Windows-Backup", Fake: "wbadmin by a user's session that includes config\\SAM alone", Source: locations},
	{ID: "ifm", Name: "installation media by ntdsutil", What: "an administrator makes a new domain controller", Hives: []string{"SYSTEM", "SECURITY"}, Places: []string{"**/registry/{system,security}", "**/active directory/ntds.dit"}, Makers: []string{"/windows/system32/ntdsutil.exe"}, Through: []string{"cmd.exe", "conhost.exe", "powershell.exe"}, Names: []string{"ntdsutil.exe"}, Signers: []string{"microsoft"},
		Person: "an intruder's looks the same: whoever runs the domain must know of the new controller", Settles: "a new domain controller, promoted from media in the days after", Fake: "media that no new controller was made from", Source: locations},
	{ID: "dism", Name: "an image mounted by DISM", What: "the hives are those of a Windows in an image, with another machine's SID or none", Places: []string{"**/{mount,mnt,offline}*/windows/system32/config/*"}, Makers: []string{"/windows/system32/{dism,dismhost}.exe", "**/dismhost.exe"}, Names: []string{"dism.exe", "dismhost.exe"}, Signers: []string{"microsoft"},
		Settles: "WIMMount's mounted images in SOFTWARE, and the machine SID in the copies", Fake: "this host's own hives in a folder that looks like a mounted image", Source: locations},
	{ID: "containers", Name: "Windows' containers and its Sandbox", What: "base images and layers carry hives of their own", Places: []string{"/programdata/microsoft/windows/containers/**", "/programdata/docker/windowsfilter/**"}, Makers: []string{"/windows/system32/{vmcompute,vmwp,svchost}.exe", "/program files/docker/**/dockerd.exe"}, Names: []string{"vmcompute.exe", "vmwp.exe", "svchost.exe", "dockerd.exe"}, Signers: []string{"microsoft", "docker", "mirantis"}, Service: true,
		Settles: "the machine SID in the copies, which is not this host's", Fake: "this host's own hives in a layer's folder", Source: locations},
}
