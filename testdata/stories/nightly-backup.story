Every night at half past eleven a scheduled task runs a script that saves SAM and SYSTEM to C:\Backup. Four nights are
in the logs, the copies are still there. It is an administrator's habit: explained, to be confirmed, not an alarm.

== front page
is explained
holds in 4 acts, the first at 2026-03-10 23:30:02 UTC, the last at 2026-03-13 23:30:02 UTC
holds The records explain it by
holds Of the copies, 8 are live
holds explain it by an administrator's scheduled job
lacks left the host;
== who
is NT AUTHORITY\SYSTEM
== when
holds 2026-03-10 23:30
holds 2026-03-13 23:30
== how
holds reg.exe save of SAM
== from
lacks type
== hives
is SAM, SYSTEM
== exposed
holds local account svc.scan: yes
lacks service account
== whereabouts
holds /Backup/SAM-20260313.hiv: live
lacks left the host
== step 1
is partly
holds C:\Windows\System32\cmd.exe /c C:\Backup\hives.cmd
== step 2
is partly
holds NT AUTHORITY\SYSTEM is Windows' own account, which nobody owns
== step 3
is needs a person
holds To whoever administers WS-FIN-07
lacks To NT AUTHORITY\SYSTEM
== step 4
is partly
lacks was cleared
== step 5
is partly
lacks left the host
holds /Backup/SYSTEM-20260313.hiv: live
== step 6
is partly
holds svc.scan
== step 7
is partly
holds It is explained by an administrator's scheduled job
holds ran the same command on 4 days at about 23:30 UTC, from 2026-03-10 to 2026-03-13
holds the task scheduler started it
holds the job's own definition was not compared
lacks RegIdleBackup
lacks Sandbox
== response
lacks Isolate
lacks Disable the account
holds Confirm that this was an administrator's scheduled job
holds Preserve, then remove the copy: /Backup/SAM-20260310.hiv (once the act is confirmed
lacks Open an incident
