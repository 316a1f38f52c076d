The Rapid7 Insight Agent, running as SYSTEM from its own folder, saves the three hives to its temporary folder, reads
them and deletes them. Place and process fit: explained, to be confirmed by the agent's own log.

== front page
is explained
holds The records explain it by
holds NT AUTHORITY\SYSTEM copied SAM, SECURITY, SYSTEM between 2026-03-14 11:05:00 UTC and 2026-03-14 11:05:02 UTC
holds explain it by the Rapid7 Insight Agent
holds until then the copies are exposed
== who
is NT AUTHORITY\SYSTEM
== when
is 2026-03-14 11:05:00 to 11:05:02
== how
holds reg.exe save of SAM
holds explained: the Rapid7 Insight Agent
== from
lacks type
== hives
is SAM, SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain group, 6 local account, 1 machine account, 1 secret, 1 service account
== whereabouts
holds not found on this evidence
lacks left the host
== step 1
is partly
holds ir_agent.exe
holds [command, PID 6100] reg.exe save HKLM\SAM
== step 2
is partly
holds NT AUTHORITY\SYSTEM ran the commands
holds is Windows' own account, which nobody owns
== step 3
is needs a person
holds To whoever administers WS-FIN-07
lacks To NT AUTHORITY\SYSTEM
== step 4
is partly
lacks was cleared
== step 5
is partly
holds not found on this evidence
holds HKEY_LOCAL_MACHINE_SAM.hiv: not found on this evidence
holds Archives that were made: not found
== step 6
is partly
holds svc.scan
== step 7
is partly
holds It is explained by the Rapid7 Insight Agent: place and process fit
holds would be settled by the agent's job log
holds ir_agent.exe started reg.exe
holds was not checked
== response
holds Confirm that this was the Rapid7 Insight Agent
lacks Isolate
lacks Reset the
holds the agent's job log for the minute of the act, and the signature of ir_agent.exe: WS-FIN-07
lacks Open an incident
