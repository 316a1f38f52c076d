From DESK-4417 somebody with an administrator's account starts the remote registry, has SAM and SECURITY saved to
C:\Windows\Temp under names of eight letters and fetches them. The files are gone, no process of theirs ran here. The
boot key is read over the registry: what was taken can be opened, although there is no copy of SYSTEM.

== front page
is probable
holds NORDWIND\admin.jansen (S-1-5-21-1604221776-3182774425-2291843187-1107) probably copied SAM, SECURITY
holds type 3 (network) from 10.20.30.44 (DESK-4417)
holds 2 left the host
holds Exposed: 3 local accounts (2 administrators)
lacks need the boot key
== who
is NORDWIND\admin.jansen
== when
is 2026-03-14 14:40:12 to 14:40:14
== how
holds right after the remote registry was opened (2 records)
holds the change journal tells that what was fetched was made and deleted again at that time (2 files) (+10)
holds the service of the remote registry was started at 2026-03-14T14:40:09.875Z
holds the session came over the network from the address that the file went to (2 records) (+5)
holds T1021.002
== from
is NORDWIND\admin.jansen: type 3 (network) from 10.20.30.44 (DESK-4417)
== hives
is SAM, SECURITY
== exposed
is 3 cached logon, 1 domain group, 6 local account, 1 machine account, 1 secret, 1 service account
holds local account svc.scan: yes
holds secretsdump reads the boot key there, without a file
== whereabouts
holds hGtRkZqA.tmp: not found on this evidence, left the host
holds pLwXmVbC.tmp: not found on this evidence, left the host
holds it was fetched over a share from 10.20.30.44
== step 1
is partly
holds No process of the intruder is to be expected on the host
holds the remote registry (the pipe winreg) was told to save the hives
holds The tool ran at 10.20.30.44, not here
lacks Collect Security.evtx and the Sysmon log
== step 2
is partly
holds asked for the copies over the network
holds ended 2026-03-14 14:40:16 UTC
lacks ran the commands
== step 3
is needs a person
holds To NORDWIND\admin.jansen
== step 4
is partly
holds the service Remote Registry is running
holds the service Remote Registry is stopped
== step 5
is partly
holds whoever was at that address has the copy
holds hGtRkZqA.tmp was made and deleted again, 2s apart
== step 6
is partly
holds local account: svc.scan (S-1-5-21-2894174652-1340197683-3817362049-1003), administrator; recoverable: yes
lacks Nothing that was taken opens an account
# that log is in the evidence
lacks Collect Security.evtx of WS-FIN-07
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Find and isolate the computer that fetched the copy
holds Find and isolate the computer that fetched the copy
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\admin.jansen
holds Reset the local account's password, here and wherever the same one is used: svc.scan
lacks Detailed File Share
