On the domain controller DC-01, of which no logs are in the evidence, lie installation media: ntds.dit with SYSTEM and
SECURITY. A second ntds.dit lies apart. Nothing tells who made them; if nobody promoted a controller from them, the
whole domain is lost.

== front page
is probable
holds credential hives on DC-01 were copied, in 1 act
holds SECURITY, SYSTEM were copied at 2026-03-14 14:05:00 UTC; no record names the account
holds every account of the domain
holds Coverage is incomplete
== who
is nobody is named
== when
is 2026-03-14 14:05:00 to 14:05:00
== how
holds T1003.003
holds looks like installation media by ntdsutil in part
== from
lacks type
== hives
is SECURITY, SYSTEM
== exposed
is 3 cached logon, 1 domain accounts, 1 machine account, 1 secret, 1 service account
holds every account of the domain: yes
== whereabouts
holds /Users/Public/ifm/registry/SYSTEM: live, staged
holds /Users/Public/ifm/registry/SECURITY: live, staged
holds /Users/Public/ifm/Active Directory/ntds.dit: live, staged
== step 1
is no evidence
holds Collect Security.evtx and the Sysmon log of DC-01
== step 2
is partly
holds No record names the account.
== step 3
is needs a person
holds To whoever administers DC-01
holds on DC-01 at 2026-03-14 14:05:00 UTC
== step 4
is no evidence
holds Nothing in the evidence tells of this span: alerts of Defender
holds no log Security of this time was read
== step 5
is partly
holds ntds.dit: live, staged
== step 6
is partly
holds domain accounts: every account of the domain
holds no Security log is in the evidence
== step 7
is partly
holds In part it looks like installation media by ntdsutil, which does not explain it.
holds would be settled by a new domain controller, promoted from media in the days after
== response
holds Treat the domain as compromised: reset every account, krbtgt twice
lacks Disable the account
