package hive

import (
	"time"

	"hivetriage/artifacts/hive/hivetest"
)

var workstation = hivetest.Host{
	Name: "WS-0417", SID: "S-1-5-21-1004336348-1177238915-682003330",
	Domain: "CONTOSO", DomainSID: "S-1-5-21-2127521184-1604012920-1887927527",
	TimeZone: "W. Europe Standard Time", Bias: -120, OS: "Windows 10 Pro", Build: "19045",
	Time: time.Date(2024, 5, 14, 9, 30, 0, 0, time.UTC),
	Users: []hivetest.User{
		{Name: "Administrator", RID: 500, Disabled: true}, {Name: "jörg", RID: 1001},
	},
}
