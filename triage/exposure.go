package triage

import (
	"slices"

	"hivetriage/triage/correlate"
)

// exposure says which classes of secrets each act exposes, from the set of
// hives that was taken. Accounts are not named: that needs the hives' content.
func exposure(acts []correlate.Act) []Exposure {
	out := []Exposure{}
	for _, a := range acts {
		bootKey := slices.Contains(a.Hives, "SYSTEM")
		recoverable, because := "needs boot key", "no SYSTEM export was found; the boot key can be had without one (over remote registry, from memory, from another copy), so this is likely, not excluded"
		if bootKey {
			recoverable, because = "yes", "SYSTEM, which holds the boot key, was taken in the same act"
		}
		if slices.Contains(a.Hives, "SAM") {
			out = append(out, Exposure{Act: a.ID, Kind: "local accounts", Name: "password hashes of every local account of the host, with their history", Recoverable: recoverable, Because: because})
		}
		if slices.Contains(a.Hives, "SECURITY") {
			for _, e := range [][2]string{
				{"LSA secrets", "passwords of service accounts and of auto-logon, DPAPI system keys"},
				{"machine account", "the computer account's password; on a domain controller that means the whole domain"},
				{"cached logons", "verifiers of domain accounts that logged on interactively (to be cracked, not replayed)"},
			} {
				out = append(out, Exposure{Act: a.ID, Kind: e[0], Name: e[1], Recoverable: recoverable, Because: because})
			}
		}
		if bootKey && len(a.Hives) == 1 {
			out = append(out, Exposure{Act: a.ID, Kind: "boot key", Name: "the key that opens SAM and SECURITY of this host", Recoverable: "yes",
				Because: "SYSTEM alone holds no credentials; with a SAM or SECURITY from any time it opens them"})
		}
	}
	return out
}
