In an RDP session from 10.20.30.44 esentutl copies SAM out of a shadow copy that it makes, with slashes of both kinds,
to C:\ProgramData\SAM. There is no copy of SYSTEM.

== front page
is confirmed
holds copied SAM between
holds type 10 (remote interactive) from 10.20.30.44
holds need the boot key, of which no copy is in the evidence
holds NORDWIND\admin.jansen (S-1-5-21-1604221776-3182774425-2291843187-1107) copied SAM between 2026-03-14 14:07:02 UTC and 2026-03-14 14:07:05 UTC
holds 1 lay where things are put aside (/ProgramData/SAM)
== who
is NORDWIND\admin.jansen
== when
is 2026-03-14 14:07:02 to 14:07:05
== how
holds esentutl.exe copy of SAM
holds T1006
== from
is NORDWIND\admin.jansen: type 10 (remote interactive) from 10.20.30.44
== hives
is SAM
== exposed
is 1 domain group, 6 local account
holds local account svc.scan: needs boot key
== whereabouts
holds /ProgramData/SAM: live, staged
== step 1
is partly
holds esentutl.exe  /y /vss C:\windows/system32/config/SAM /d C:\ProgramData\SAM
== step 2
is partly
holds ran the commands
holds Logon session 0x5c1a2f
holds began 2026-03-14 14:02:19 UTC, ended 2026-03-14 14:18:55 UTC
== step 3
is needs a person
holds To NORDWIND\admin.jansen
holds copy the registry hive SAM on
== step 4
is partly
holds the service Volume Shadow Copy is running
== step 5
is partly
holds a shadow copy was mounted: \Device\HarddiskVolumeShadowCopy1
lacks left the host
holds /ProgramData/SAM: live, staged: it lies in /ProgramData: every account of the host can read what lies there
== step 6
is partly
holds recoverable: needs boot key
== step 7
is partly
holds NTDS or SAM Database File Copied, 2025-03-20: matches 2 of 2
holds NTDS or SAM Database File Copied, 2025-03-20: matches 2 of 2 attesting records
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Examine and isolate the computer that the session came from
holds Preserve, then remove the copy: /ProgramData/SAM
holds SAM was taken
holds Examine and isolate the computer that the session came from: DESK-4417 10.20.30.44
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\admin.jansen
