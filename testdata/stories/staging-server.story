On the file server SRV-FILE-02 lie copies of three other hosts' hives, brought over the share "transfer" from each of
them under one administrator's account: one host's in a folder, those of two in an archive that pretends to be photos.
None of the server's own was copied. The hosts to isolate and to triage are the three.

== front page
is confirmed
holds credential hives of LT-SALES-22, WS-FIN-07, WS-HR-03, of other hosts, lie on SRV-FILE-02, in 2 acts
holds put copies of SAM, SECURITY, SYSTEM there
holds from 10.20.31.7 (WS-FIN-07), type 3 (network) from 10.20.31.23 (WS-HR-03), type 3 (network) from 10.20.32.122 (LT-SALES-22)
holds those that were found are of WS-FIN-07; whose hives were in the 6 copies not found, no record says
lacks credential hives on SRV-FILE-02 were copied
== who
is NORDWIND\admin.jansen, nobody is named
== when
is 2026-03-14 15:04:03 to 15:06:05, 2026-03-14 15:20:00 to 15:20:00
== how
holds T1021.002
holds T1074.002
holds T1560.001
== from
is NORDWIND\admin.jansen: type 3 (network) from 10.20.31.7 (WS-FIN-07)
== hives
is SAM, SECURITY, SYSTEM
== exposed
holds machine account NORDWIND\LT-SALES-22$: yes
holds machine account NORDWIND\WS-FIN-07$: yes
holds machine account NORDWIND\WS-HR-03$: yes
lacks SRV-FILE-02
== whereabouts
holds /Shares/transfer/ws-fin-07/sam.save: live
holds it was written over a share from 10.20.31.7
holds it was written over a share from 10.20.31.23
holds it was written over a share from 10.20.32.122
holds it lies in the archive /Shares/transfer/photos.zip
lacks whether it was read then
== step 1
is partly
holds The copies were brought over a share from 10.20.31.7, 10.20.31.23, 10.20.32.122
== step 2
is partly
holds brought the copies over the network
lacks ran the commands
== step 3
is needs a person
holds Did you put copies of the registry hives SAM, SECURITY, SYSTEM of WS-FIN-07 on SRV-FILE-02
== step 4
is partly
lacks was cleared
== step 5
is partly
holds it was brought here by that computer
== step 6
is partly
holds from 10.20.31.23 (WS-HR-03)
holds from 10.20.32.122 (LT-SALES-22)
== step 7
is partly
holds Nothing in the evidence speaks for a harmless reading.
== response
is Open an incident for credential theft | Isolate the host from the network and keep its memory and disk | Isolate the host whose hives were taken, and triage it
holds Isolate the host whose hives were taken, and triage it: WS-FIN-07
holds Isolate the host whose hives were taken, and triage it: WS-HR-03 10.20.31.23
holds Isolate the host whose hives were taken, and triage it: LT-SALES-22 10.20.32.122
lacks its credential hives were copied
lacks Detailed File Share
