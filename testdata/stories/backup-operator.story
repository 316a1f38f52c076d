A member of Backup Operators logs on to the domain controller DC-01 from DESK-4417, has the three hives saved into
SYSVOL over the remote registry and reads them from the share. The copies still lie there, for the whole domain to read.
With the password of the controller's account the domain can be replicated.

== front page
is confirmed
holds credential hives on DC-01 were copied
holds NORDWIND\svc.backup
holds type 3 (network) from 10.20.30.44 (DESK-4417)
holds 3 left the host
holds copied SAM, SECURITY, SYSTEM
== who
is NORDWIND\svc.backup
== when
is 2026-03-14 13:55:06 to 13:55:10
== how
holds right after the remote registry was opened (3 records)
holds the place is one that dumping tools use
holds the service of the remote registry was started at 2026-03-14T13:55:03.5Z
== from
is NORDWIND\svc.backup: type 3 (network) from 10.20.30.44 (DESK-4417)
== hives
is SAM, SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 local account, 1 machine account, 1 secret, 1 service account
holds which may replicate the domain: treat every account of the domain as exposed
== whereabouts
holds /Windows/SYSVOL/sysvol/SAM_kQzWnHrT: live, left the host
holds /Windows/SYSVOL/sysvol/SYSTEM_kQzWnHrT: live, left the host
holds /Windows/SYSVOL/sysvol/SECURITY_kQzWnHrT: live, left the host
holds every account of the domain can read it there
== step 1
is partly
holds No process of the intruder is to be expected on the host
== step 2
is partly
holds NORDWIND\svc.backup (S-1-5-21-1604221776-3182774425-2291843187-1131) asked for the copies over the network
holds with SeBackupPrivilege and without SeDebugPrivilege
lacks ran the commands
holds It is an account of the domain NORDWIND (RID 1131)
lacks local account
holds Logon session 0x7d20c4
holds ended 2026-03-14 13:55:30 UTC
== step 3
is needs a person
holds To NORDWIND\svc.backup
== step 4
is partly
holds with SeBackupPrivilege and without SeDebugPrivilege, as a backup operator's does
holds the service Remote Registry is running
== step 5
is partly
holds it was fetched over a share from 10.20.30.44
holds Reads of the very files over SMB: found.
== step 6
is partly
holds machine account: NORDWIND\DC-01$
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Find and isolate the computer that fetched the copy
holds Disable the account until its owner is heard, then reset its password and end its sessions: NORDWIND\svc.backup
holds treat every account of the domain as exposed
holds Preserve, then remove the copy: /Windows/SYSVOL/sysvol/SAM_kQzWnHrT
holds Find and isolate the computer that fetched the copy: DESK-4417 10.20.30.44
holds Reset the computer account's password twice: NORDWIND\DC-01$
lacks Detailed File Share
