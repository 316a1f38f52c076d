An administrator's account logs on over RDP from 10.20.30.44 and saves SAM, SYSTEM and SECURITY with reg.exe, the last
of them with a renamed copy of it. SYSTEM is moved, SECURITY deleted, a second SAM hidden in an alternate data stream;
then the Application log is cleared.

== front page
is confirmed
holds credential hives on WS-FIN-07 were copied, in 1 act
holds in a session of type 10 (remote interactive) from 10.20.30.44
holds Exposed: 3 local accounts (2 administrators)
== who
is NORDWIND\admin.jansen
== when
is 2026-03-14 14:07:02 to 14:10:50
== how
holds reg.exe save of SAM
holds T1564.004
holds T1003.004
holds takes the arguments of reg.exe
== from
is NORDWIND\admin.jansen: type 10 (remote interactive) from 10.20.30.44
== hives
is SAM, SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain group, 6 local account, 1 machine account, 1 secret, 1 service account
holds local account svc.scan: yes
holds service account NORDWIND\svc.scangw
== whereabouts
holds /Users/Public/Libraries/sam.hiv: live, staged
holds /Users/Public/notes.txt:sam: live, staged
holds /Users/Public/Libraries/d.tmp: deleted
holds /ProgramData/Intel/gfx_cache.dat: live
lacks not found on this evidence
== step 1
is partly
holds C:\Windows\Explorer.EXE
holds cmd.exe /c reg save HKLM\SAM
holds the file is named dllsvc.exe, its version resource says reg.exe
== step 2
is partly
holds NORDWIND\admin.jansen (S-1-5-21-1604221776-3182774425-2291843187-1107) ran the commands
holds It is an account of the domain NORDWIND (RID 1107), by the domain SID in the hives of WS-FIN-07
holds First logon in the logs: 2026-03-14 14:02:17 UTC, type 3 (network) from 10.20.30.44
holds the Security log begins at 2026-03-09 06:10:03 UTC
holds Its groups were not recorded
holds its commands that copy hives (10) are all of 2026-03-14
holds began 2026-03-14 14:02:19 UTC, ended 2026-03-14 14:18:55 UTC
lacks not elevated
== step 3
is needs a person
holds To NORDWIND\admin.jansen
holds which is 2026-03-14 15:07:02 (UTC+01:00) to 2026-03-14 15:10:50 (UTC+01:00) on its own clock
holds The zone of WS-FIN-07 is W. Europe Standard Time: TimeZoneInformation in /Windows/System32/config/SYSTEM
== step 4
is partly
holds the log Application on WS-FIN-07.nordwind.example was cleared by NORDWIND\admin.jansen
== step 5
is partly
holds it is the stream "sam" of another file
lacks left the host
== step 6
is partly
holds fin.local (S-1-5-21-2894174652-1340197683-3817362049-1002); recoverable: yes; changed since
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
lacks It is explained by
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Examine and isolate the computer that the session came from
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\admin.jansen
holds Forward logs off the host
