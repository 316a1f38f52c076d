package hivetest

import (
	"fmt"
	"maps"
	"slices"
)

// A Setup is what the hives of a Host tell beyond its names.
type Setup struct {
	Accounts       []Account // in place of Host.Users
	Groups         []Group   // of Builtin
	Secrets        []Secret
	Cached         []CachedLogon
	DNSDomain      string
	MachineAccount uint32 // RID in the domain
	Audit          []byte // value of PolAdtEv
	Services       []*Key
	CommandLines   bool              // ProcessCreationIncludeCmdLine_Enabled
	Profiles       map[string]string // SID to folder
}

// cacheSlots are the slots for cached logons that Windows has by default.
const cacheSlots = 10

// usersKeys returns the keys Users and Builtin\Aliases.
func (h Host) usersKeys() (users, aliases *Key) {
	users, names, aliases := key("Users"), key("Names"), key("Aliases", key("00000220"))
	if h.Setup == nil {
		for _, u := range h.Users {
			users.Keys = append(users.Keys, key(fmt.Sprintf("%08X", u.RID)).with(
				bytesValue("F", Binary, userF(u)), bytesValue("V", Binary, userV(u))))
			names.Keys = append(names.Keys, key(u.Name).with(bytesValue("", u.RID, nil)))
		}
	} else {
		for _, a := range h.Setup.Accounts {
			users.Keys, names.Keys = append(users.Keys, a.Key()), append(names.Keys, a.NameKey())
		}
		aliases.Keys = nil
		for _, g := range h.Setup.Groups {
			aliases.Keys = append(aliases.Keys, g.Key())
		}
	}
	users.Keys = append(users.Keys, names)
	return users, aliases
}

// securityKeys returns the keys Cache and Policy.
func (h Host) securityKeys() (cache, policy *Key) {
	s := h.Setup
	if s == nil {
		return cacheKey(), PolicyKey(h)
	}
	return CacheKey(cacheSlots, s.Cached...), Policy{Host: h, DNSDomain: s.DNSDomain, MachineAccount: s.MachineAccount, Secrets: s.Secrets, Audit: s.Audit}.Key()
}

// services returns the keys of services that the Setup adds.
func (h Host) services() []*Key {
	if h.Setup == nil {
		return nil
	}
	return h.Setup.Services
}

// softwareKeys returns the keys ProfileList, Winlogon and Policies\System\Audit.
func (h Host) softwareKeys() (profiles, winlogon, audit *Key) {
	profiles, winlogon, audit = key("ProfileList"), key("Winlogon"), key("Audit")
	if h.Setup == nil {
		return profiles, winlogon, audit
	}
	for _, sid := range slices.Sorted(maps.Keys(h.Setup.Profiles)) {
		path := Text("ProfileImagePath", h.Setup.Profiles[sid])
		path.Type = ExpandSZ
		profiles.Keys = append(profiles.Keys, key(sid).with(path))
	}
	winlogon.with(Text("AutoAdminLogon", "0"), Text("CachedLogonsCount", fmt.Sprint(cacheSlots)))
	if h.Setup.CommandLines {
		audit.with(Number("ProcessCreationIncludeCmdLine_Enabled", 1))
	}
	return profiles, winlogon, audit
}
