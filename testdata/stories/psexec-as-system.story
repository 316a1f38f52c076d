From DESK-4417 somebody with an administrator's account installs PsExec's service, gets a shell of SYSTEM by it and
saves the three hives to C:\Windows\Temp. The copies are fetched over ADMIN$ and deleted. SYSTEM is nobody: the person
to ask, and the account to disable, is that of the network session.

== front page
is confirmed
holds NT AUTHORITY\SYSTEM copied SAM, SECURITY, SYSTEM
holds in a session of NORDWIND\admin.jansen
holds type 3 (network) from 10.20.30.44 (DESK-4417)
holds 3 are deleted; 3 could be fetched from outside
== who
is NT AUTHORITY\SYSTEM
== when
is 2026-03-14 14:07:02 to 14:08:32
== how
holds reg.exe save of SAM
holds T1070.004
holds T1021.002
# being fetched later than it was made is no doubt about a copy
lacks before the record
== from
is NORDWIND\admin.jansen: type 3 (network) from 10.20.30.44 (DESK-4417)
== hives
is SAM, SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain group, 6 local account, 1 machine account, 1 secret, 1 service account
== whereabouts
holds /Windows/Temp/s1.tmp: deleted, reachable from outside
holds /Windows/Temp/s2.tmp: deleted, reachable from outside
holds /Windows/Temp/s3.tmp: deleted, reachable from outside
holds it was asked for over a share from 10.20.30.44
== step 1
is partly
holds [ancestor, PID 7204] C:\Windows\PSEXESVC.exe
holds C:\Windows\PSEXESVC.exe: its file was deleted
== step 2
is partly
holds NT AUTHORITY\SYSTEM is Windows' own account, which nobody owns
holds Logon session 0x5c0f11 of NORDWIND\admin.jansen
holds ended 2026-03-14 14:10:02 UTC
== step 3
is needs a person
holds To NORDWIND\admin.jansen
lacks To NT AUTHORITY\SYSTEM
== step 4
is partly
holds the service PSEXESVC was installed: %SystemRoot%\PSEXESVC.exe, by S-1-5-21-1604221776-3182774425-2291843187-1107
== step 5
is partly
holds /Windows/Temp/s1.tmp was deleted afterwards, at 2026-03-14 14:09:00 UTC
holds Reads of the very files over SMB: found.
holds BITS: not known, as nothing in the evidence would tell
holds collect the disk of the computer at that address
== step 6
is partly
holds svc.scan
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Examine and isolate the computer that the session came from
holds Examine and isolate the computer that the session came from: DESK-4417 10.20.30.44
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\admin.jansen
holds Follow up as a way in: a service that was installed before the act
lacks end its sessions: NT AUTHORITY\SYSTEM
lacks Detailed File Share
