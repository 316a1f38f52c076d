package rule

import "strings"

// The conditions that several of the related rules share.
var (
	onStart     = allOfIn(onWindows, started)
	regfHeader  = likes(headerBytes, "72656766*")
	hiveSized   = reaches(fileSize, "30000")
	byAnAccount = likes(userID, "S-1-5-21*", "S-1-12-1-*")
)

func allOfIn(conditions ...condition) []condition { return conditions }

// named is a program by its image's name, or by the original file name in its
// version resource.
func named(name string) condition {
	return anyOf{likes(original, name).maybe(), likes(processName, name)}
}

// containing makes the patterns of values that have one of the texts inside.
func containing(texts ...string) []string { return around("*", "*", texts) }

// ending makes the patterns of values that end in one of the texts.
func ending(texts ...string) []string { return around("*", "", texts) }

func around(before, after string, texts []string) []string {
	patterns := make([]string, len(texts))
	for i, t := range texts {
		patterns[i] = before + t + after
	}
	return patterns
}

// related are the rules that tell of the same theft in other records: those
// of Elastic by their queries, those of Sigma by their detections, written in
// the same terms. The version is the date of the published text.
var related = written([]definition{
	{
		id: "a4c7473a-5cb4-4bc1-9d06-e4a75adbc494", version: "2026-03-24", category: "file",
		name: "Windows Registry File Creation in SMB Share (formerly Registry Hive File Creation via SMB)",
		conditions: []condition{onWindows, is(eventType, "creation"), regfHeader, hiveSized, isNumber(processID, "4"), byAnAccount,
			not{likes(filePath,
				`?:\*\UPM_Profile\NTUSER.DAT`,
				`?:\*\UPM_Profile\NTUSER.DAT.LASTGOODLOAD`,
				`?:\*\UPM_Profile\AppData\Local\Microsoft\Windows\UsrClass.dat*`,
				`?:\Windows\Netwrix\Temp\????????.???.offreg`,
				`?:\*\AppData\Local\Packages\Microsoft.*\Settings\settings.dat*`)}},
	},
	{
		id: "850d901a-2a3c-46c6-8b22-55398a01aad8", version: "2022-05-09, the file of its sequence", category: "file",
		name:       "Potential Remote Credential Access via Registry",
		conditions: []condition{is(eventType, "creation"), likes(processName, "svchost.exe"), regfHeader, likes(userID, "S-1-5-21-*"), hiveSized},
	},
	{
		id: "4e87b8e2-2ee9-4b2a-a715-4727d297ece0", version: "Sigma, 2022-02-11", category: "file",
		name: "Potential SAM Database Dump",
		conditions: []condition{is(eventType, "creation"), anyOf{
			likes(filePath, ending(`\Temp\sam`, `\sam.sav`, `\Intel\sam`, `\sam.hive`, `\Perflogs\sam`, `\ProgramData\sam`, `\Users\Public\sam`,
				`\AppData\Local\sam`, `\AppData\Roaming\sam`, `_ShadowSteal.zip`, `\Documents\SAM.export`, `:\sam`)...),
			likes(filePath, containing(`\hive_sam_`, `\sam.save`, `\sam.export`, `\~reg_sam.save`, `\sam_backup`, `\sam.bck`, `\sam.backup`)...),
		}},
	},
	{
		id: "6ea858a8-ba71-4a12-b2cc-5d83312404c7", version: "Sigma, 2021-07-23", category: "file",
		name: "HackTool - Typical HiveNightmare SAM File Export",
		conditions: []condition{is(eventType, "creation"),
			likes(filePath, append(containing(`\hive_sam_`, `\SAM-2021-`, `\SAM-2022-`, `\SAM-2023-`, `\SAM-haxx`, `\Sam.save`), `C:\windows\temp\sam`)...)},
	},
	{
		id: "d117cbb4-7d56-41b4-b999-bdf8c25648a0", version: "2025-02-21", category: "process",
		name: "Symbolic Link to Shadow Copy Created",
		conditions: append(onStart[:2:2], anyOf{oneOf(original, "Cmd.Exe", "PowerShell.EXE").maybe(), likes(processName, "cmd.exe", "powershell.exe")},
			likes(processArgs, containing("mklink", "SymbolicLink")...), likes(commandLine, containing("HarddiskVolumeShadowCopy")...)),
	},
	{
		id: "3bc6deaa-fbd4-433a-ae21-3e892f95624f", version: "2025-03-20", category: "process",
		name: "NTDS or SAM Database File Copied",
		conditions: append(onStart[:2:2], anyOf{
			allOf{anyOf{oneOf(original, "Cmd.Exe", "PowerShell.EXE", "XCOPY.EXE").maybe(), likes(processName, "Cmd.Exe", "PowerShell.EXE", "XCOPY.EXE")},
				likes(processArgs, "copy", "xcopy", "Copy-Item", "move", "cp", "mv")},
			allOf{named("esentutl.exe"), likes(processArgs, containing("/y", "/vss", "/d")...)},
		}, likes(commandLine, containing(`\ntds.dit`, `\config\SAM`, `\*\GLOBALROOT\Device\HarddiskVolumeShadowCopy*\`, `/system32/config/SAM`, `\User Data\`)...)),
	},
	{
		id: "00140285-b827-4aee-aa09-8113f58a08f3", version: "2025-03-20", category: "process",
		name: "Potential Credential Access via Windows Utilities", conditions: append(onStart[:2:2], dumpingUtilities),
	},
	{
		id: "d93e61db-82d6-4095-99aa-714988118064", version: "2026-05-04", category: "process",
		name: "NTDS Dump via Wbadmin",
		conditions: append(onStart[:2:2], named("wbadmin.exe"), likes(processArgs, "recovery"),
			likes(commandLine, containing("ntds.dit")...)),
	},
	{
		id: "fd877b94-9bb5-4191-bb25-d79cbd93c167", version: "Sigma, 2019-10-22 as it stands", category: "process",
		name: "Dumping of Sensitive Hives Via Reg.EXE",
		conditions: []condition{anyOf{likes(executable, ending(`\reg.exe`)...), likes(original, "reg.exe")},
			likes(commandLine, containing(" save ", " export ", " ˢave ", " eˣport ")...),
			likes(commandLine, containing("hklm", "hk˪m", "hkey_local_machine", "hkey_˪ocal_machine", "hkey_loca˪_machine", "hkey_˪oca˪_machine")...),
			likes(commandLine, containing(`\system`, `\sam`, `\security`, `\ˢystem`, `\syˢtem`, `\ˢyˢtem`, `\ˢam`, `\ˢecurity`)...)},
	},
	{
		id: "e7be6119-fc37-43f0-ad4f-1f3f99be2f9f", version: "Sigma, 2019-10-22 as it stands", category: "process",
		name: "Copying Sensitive Files with Credential Data",
		conditions: []condition{anyOf{
			allOf{anyOf{likes(executable, ending(`\esentutl.exe`)...), likes(original, `\esentutl.exe`)},
				likes(commandLine, containing("vss", " -m ", " /m ", " –m ", " —m ", " ―m ", " -y ", " /y ", " –y ", " —y ", " ―y ")...)},
			likes(commandLine, containing(`\config\RegBack\sam`, `\config\RegBack\security`, `\config\RegBack\system`, `\config\sam`, `\config\security`, `\config\system `,
				`\repair\sam`, `\repair\system`, `\repair\security`, `\windows\ntds\ntds.dit`)...),
		}},
	},
	{
		id: "252902e3-5830-4cf6-bf21-c22083dfd5cf", version: "Sigma, 2019-04-03 as it stands", category: anyCategory,
		name: "Possible Impacket SecretDump Remote Activity",
		conditions: []condition{is(eventCode, "5145"), likes(eventData+"ShareName", `\\*\ADMIN$`),
			likes(eventData+"RelativeTargetName", containing(`SYSTEM32\`)...), likes(eventData+"RelativeTargetName", containing(".tmp")...)},
	},
	{
		id: "f8748f2c-89dc-4d95-afb0-5a2dfdbad332", version: "Sigma, 2019-08-12 as it stands", category: anyCategory,
		name:       "SAM Registry Hive Handle Request",
		conditions: []condition{is(eventCode, "4656"), likes(eventData+"ObjectType", "Key"), likes(eventData+"ObjectName", ending(`\SAM`)...)},
	},
	{
		id: "39f919f3-980b-4e6f-a975-8af7e507ef2b", version: "Sigma, 2017-05-15 as it stands", category: anyCategory,
		name: "Critical Hive In Suspicious Location Access Bits Cleared",
		conditions: []condition{is(eventCode, "16"), is(eventProvider, "Microsoft-Windows-Kernel-General"),
			likes(eventData+"HiveName", containing(`\Temp\SAM`, `\Temp\SECURITY`)...)},
	},
	{
		id: "b8386923-b02c-4b94-986a-d223d9b01f88", version: "2026-09-17", category: anyCategory,
		name: "PowerShell Invoke-NinjaCopy script",
		conditions: []condition{is(eventCode, "4104"), onWindows,
			anyOf{word("StealthReadFile"), word("StealthReadFileAddr"), word("StealthCloseFileDelegate"), word("StealthOpenFile"), word("StealthCloseFile"), word("Invoke-NinjaCopy")},
			not{allOf{word("sentinelbreakpoints"), word("Set-PSBreakpoint"), word("PowerSploitIndicators")}}},
	},
})

// dumpingUtilities are the programs and arguments of the rule on Windows
// utilities; ntdsutil and diskshadow are those that copy hives.
var dumpingUtilities = anyOf{
	allOf{anyOf{likes(original, "procdump").maybe(), likes(processName, "procdump.exe")}, likes(processArgs, "-ma")},
	allOf{likes(processName, "ProcessDump.exe"), not{follows(parentImage, `C:\\Program Files( \(x86\))?\\Cisco Systems\\.*`)}},
	allOf{named("WriteMiniDump.exe"), not{follows(parentImage, `C:\\Program Files( \(x86\))?\\Steam\\.*`)}},
	allOf{named("RUNDLL32.EXE"), anyOf{likes(processArgs, "MiniDump*"), likes(commandLine, "*comsvcs.dll*#24*")}},
	allOf{named("RdrLeakDiag.exe"), likes(processArgs, "/fullmemdmp")},
	allOf{named("SqlDumper.exe"), likes(processArgs, "0x01100*")},
	allOf{named("TTTracer.exe"), likes(processArgs, "-dumpFull"), likes(processArgs, "-attach")},
	allOf{named("ntdsutil.exe"), likes(processArgs, "create*full*")},
	allOf{named("diskshadow.exe"), likes(processArgs, "/s")},
}

// word asks for a word in a script's text, which is how a query on an analysed
// field finds it.
func word(w string) condition {
	return test{field: scriptBlock, operator: hasWord, values: []string{strings.ToLower(w)}}
}
