Over RDP from 10.20.30.44 somebody with an administrator's account has ntdsutil make installation media on the domain
controller DC-01: ntds.dit out of a shadow copy, with SYSTEM and SECURITY. The media lie in C:\Users\Public\ifm. Place
and process are those of an administrator who makes a new controller; if nobody promoted one from them, the whole
domain is lost. Only a person can tell.

== front page
is confirmed
holds credential hives on DC-01 were copied, in 1 act
holds NORDWIND\admin.jansen (S-1-5-21-1604221776-3182774425-2291843187-1107) copied SECURITY, SYSTEM between 2026-03-14 14:04:52 UTC and 2026-03-14 14:05:00 UTC
holds in a session of type 10 (remote interactive) from 10.20.30.44
holds Of the copies, 3 are live
holds Exposed: every account of the domain
holds Everything that was met was read in full, but for usage of programs (SRUM)
holds What this evidence could not have told: the name of a deleted copy
lacks explain it by
== who
is NORDWIND\admin.jansen
== when
is 2026-03-14 14:04:52 to 14:05:00
== how
holds T1003.003
holds T1074.001
holds ntdsutil.exe ifm of SECURITY, SYSTEM
holds looks like installation media by ntdsutil
holds a copy of a domain's directory database lies at /Users/Public/ifm/Active Directory/ntds.dit, beside the copy of SYSTEM
# ntds.dit belongs to the media
lacks which is none of its places
== from
is NORDWIND\admin.jansen: type 10 (remote interactive) from 10.20.30.44
== hives
is SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain accounts, 1 machine account, 1 secret, 1 service account
holds every account of the domain: yes
== whereabouts
holds /Users/Public/ifm/registry/SYSTEM: live, staged
holds /Users/Public/ifm/registry/SECURITY: live, staged
holds /Users/Public/ifm/Active Directory/ntds.dit: live, staged
lacks left the host
== step 1
is partly
holds [ancestor, PID 6692] C:\Windows\Explorer.EXE
holds [ancestor, PID 7812] "C:\Windows\system32\cmd.exe"
holds [command, PID 7948] ntdsutil  "ac i ntds" "ifm" "create full C:\Users\Public\ifm" q q
holds C:\Windows\System32\ntdsutil.exe; NORDWIND\admin.jansen; integrity High; in its place
== step 2
is partly
holds NORDWIND\admin.jansen (S-1-5-21-1604221776-3182774425-2291843187-1107) ran the commands
holds It is an account of the domain NORDWIND (RID 1107)
# a domain controller has no local accounts
lacks local account
holds Logon session 0x5c1a2f
holds began 2026-03-14 14:02:19 UTC, ended 2026-03-14 14:18:55 UTC
== step 3
is needs a person
holds To NORDWIND\admin.jansen
holds What was run: ntdsutil "ac i ntds" "ifm" "create full C:\Users\Public\ifm" q q
holds which is 2026-03-14 15:04:52 (UTC+01:00) to 2026-03-14 15:05:00 (UTC+01:00) on its own clock
== step 4
is partly
holds the rule Potential Credential Access via Windows Utilities (2025-03-20) matches the record
holds the service Volume Shadow Copy is running
holds the service Microsoft Software Shadow Copy Provider is running
lacks was cleared
== step 5
is partly
holds the shadow copy service recorded event 8222 by C:\Windows\System32\ntdsutil.exe
holds a shadow copy was mounted: \Device\HarddiskVolumeShadowCopy2
holds the database engine noticed another place of C:\Windows\NTDS\ntds.dit
holds the database engine created C:\Users\Public\ifm\Active Directory\ntds.dit
holds every account of the host can read what lies there
== step 6
is partly
holds domain accounts: every account of the domain
holds machine account: NORDWIND\DC-01$
holds No logon (4624) of a user since the act stands in the logs that were read
holds Collect Security.evtx of the domain controllers other than DC-01
== step 7
is partly
holds In part it looks like installation media by ntdsutil, which does not explain it.
holds an intruder's looks the same: whoever runs the domain must know of the new controller
holds would be settled by a new domain controller, promoted from media in the days after
lacks does not fit
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Treat the domain as compromised: reset every account, krbtgt twice
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\admin.jansen
holds Treat the domain as compromised: reset every account, krbtgt twice
holds Preserve, then remove the copy: /Users/Public/ifm/registry/SYSTEM
