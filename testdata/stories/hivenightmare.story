Users may read the files of the hives (CVE-2021-36934). m.vandijk, at the machine and without further rights, runs
HiveNightmare.exe, which copies the hives out of last night's shadow copy into the downloads.

== front page
is confirmed
holds NORDWIND\m.vandijk (S-1-5-21-1604221776-3182774425-2291843187-1143) copied SAM, SECURITY, SYSTEM
holds type 2 (interactive)
holds 3 are live
# the log in the shadow copy tells of a part of what the live one tells of
lacks , 2026-03-09 06:10:03 UTC to 2026-03-13
holds in a session of type 2 (interactive)
== who
is NORDWIND\m.vandijk
== when
is 2026-03-14 09:40:07 to 09:40:08
== how
holds T1068
holds the place is one that dumping tools use
== from
is NORDWIND\m.vandijk: type 2 (interactive)
== hives
is SAM, SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain group, 6 local account, 1 machine account, 1 secret, 1 service account
== whereabouts
holds /Users/m.vandijk/Downloads/SAM-2026-03-13: live
holds /Users/m.vandijk/Downloads/SYSTEM-2026-03-13: live
holds /Users/m.vandijk/Downloads/SECURITY-2026-03-13: live
== step 1
is partly
holds [command, PID 5420] HiveNightmare.exe
== step 2
is partly
holds The session was not elevated: the copies were made without administrator rights.
holds It is an account of the domain NORDWIND (RID 1143)
holds Logon session 0x1f4c83
holds ended 2026-03-14 12:30:11 UTC
== step 3
is needs a person
holds To NORDWIND\m.vandijk
== step 4
is partly
lacks was cleared
== step 5
is partly
holds browsers save what they fetch there
holds /Users/m.vandijk/Downloads/SAM-2026-03-13: live, staged
== step 6
is partly
holds svc.scan
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
== response
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\m.vandijk
holds the copies could be made without administrator rights
holds icacls %windir%\system32\config\*.* /inheritance:e
lacks whoever copies hives has administrator rights
holds Open an incident for credential theft
