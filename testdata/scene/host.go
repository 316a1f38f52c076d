package scene

import (
	"time"

	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/hive/hivetest"
)

// The computer, its domain and the people in the story. All of it is made up.
const (
	hostName  = "WS-FIN-07"
	computer  = "WS-FIN-07.nordwind.example"
	domain    = "NORDWIND"
	dnsDomain = "nordwind.example"
	machine   = "S-1-5-21-2894174652-1340197683-3817362049"
	domainSID = "S-1-5-21-1604221776-3182774425-2291843187"
	adminSID  = domainSID + "-1107"
	userSID   = domainSID + "-1143"
	systemSID = "S-1-5-18"
	// The system that the remote session came from.
	sourceIP   = "10.20.30.44"
	sourceName = "DESK-4417"
)

// day is the day of the story, 2026-03-14, at the given time, UTC.
func day(hour, minute int, seconds float64) time.Time {
	ticks := int64(seconds*1e7 + 0.5)
	return time.Date(2026, 3, 14, hour, minute, 0, 0, time.UTC).Add(time.Duration(ticks) * 100)
}

// The two halves of the remote session's split token, and the other accounts.
var (
	adminFull = eventlogtest.Account{SID: adminSID, Name: "admin.jansen", Domain: domain, LogonID: 0x5c1a2f}
	adminLow  = eventlogtest.Account{SID: adminSID, Name: "admin.jansen", Domain: domain, LogonID: 0x5c1a6b}
	employee  = eventlogtest.Account{SID: userSID, Name: "m.vandijk", Domain: domain, LogonID: 0x1f4c83}
	localHost = eventlogtest.Account{SID: systemSID, Name: hostName + "$", Domain: domain, LogonID: 0x3e7}
)

// host is the computer as its hives describe it, last changed at the given
// time.
func host(changed time.Time) hivetest.Host {
	return hivetest.Host{
		Name: hostName, SID: machine, Domain: domain, DomainSID: domainSID,
		TimeZone: "W. Europe Standard Time", Bias: -60,
		OS: "Windows 10 Pro", Build: "19045", Time: changed,
		Setup: setup(),
	}
}

// The states that the hives were in.
var (
	backedUp = host(time.Date(2026, 3, 4, 2, 11, 37, 0, time.UTC)) // when RegBack was filled
	taken    = host(day(13, 58, 21.25))                            // when the exports were made
	changed  = passwordChanged(taken)                              // SAM as it was at the end
	seized   = host(day(19, 40, 16.5))                             // when the machine was shut down
)
