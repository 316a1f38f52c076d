package footprint

import (
	"cmp"
	"slices"
	"strings"
)

// Finish makes the footprint of what was gathered and of what the caller knows
// itself: the hosts, disks and logs, and whether there were logons of Windows'
// own accounts, which are not counted.
func (r *Reader) Finish(hosts []Host, disks []Disk, logs []Log, logons bool) *Footprint {
	f := &Footprint{Schema: Schema, SchemaVersion: SchemaVersion, Omitted: r.omitted,
		Logons: r.finished(), Outgoing: r.outgoing(), Programs: r.programsSeen()}
	f.Hosts, f.Omitted.Hosts = bounded(hosts, MaxHosts)
	f.Disks, _ = bounded(disks, MaxMounts)
	f.Mounts, _ = bounded(r.mounts, MaxMounts)
	slices.SortFunc(f.Mounts, compareMounts)
	f.Logs, f.Omitted.Logs = bounded(logs, MaxLogs)
	for i := range f.Hosts {
		h := &f.Hosts[i]
		slices.SortStableFunc(h.Accounts, func(a, b Account) int { return cmp.Compare(a.RID, b.RID) })
		var more int
		h.Accounts, more = bounded(h.Accounts, MaxAccounts)
		f.Omitted.Accounts += more
	}
	r.nameHosts(f)
	f.Usable.ProcessStarts = r.starts.told("process starts (Security 4688 or Sysmon 1)")
	f.Usable.CommandLines = r.lines.told("process starts with a command line")
	f.Usable.Logons = r.sessions.told("logons (Security 4624) of accounts other than Windows' own")
	if logons && !f.Usable.Logons.Told {
		f.Usable.Logons.Told, f.Usable.Logons.Because = true, "all records of logons (Security 4624) are of Windows' own accounts"
	}
	return f
}

func bounded[T any](list []T, limit int) (kept []T, omitted int) {
	if list == nil {
		list = []T{}
	}
	return list[:min(len(list), limit)], max(0, len(list)-limit)
}

// nameHosts gives the hosts the other names and the addresses by which records
// know them. A record is of a host if it names it, with a domain or without.
func (r *Reader) nameHosts(f *Footprint) {
	for i := range f.Hosts {
		h := &f.Hosts[i]
		for _, name := range append([]string{h.Name}, sorted(r.seen)...) {
			name = strings.ToLower(name)
			if short(name) != short(h.Name) || name == "" || slices.Contains(h.Names, name) {
				continue
			}
			if len(h.Names) >= MaxNames {
				f.Omitted.Names++
				continue
			}
			h.Names = append(h.Names, name)
		}
		for _, key := range ordered(r.own, compareOwn) {
			if key.host == short(h.Name) {
				h.Addresses = append(h.Addresses, *r.own[key])
			}
		}
		h.Addresses = append(h.Addresses, ofOwnAccount(h, f.Logons)...)
		slices.Sort(h.Names)
		var more int
		h.Addresses, more = bounded(h.Addresses, MaxAddresses)
		f.Omitted.Addresses += more
	}
}

// byOwnAccount is why the source of a logon is the host's own address.
const byOwnAccount = "the source of logons of the host's own computer account to itself (4624, type 3)"

// ofOwnAccount are the addresses from which a host's own account logged on to
// it: nobody else has its password.
func ofOwnAccount(h *Host, logons []Logon) (all []Address) {
	for i := range logons {
		l := &logons[i]
		if l.Outcome == Succeeded && l.Type == 3 && global(l.Address) && short(l.Host) == short(h.Name) && strings.EqualFold(l.Account.Name, short(h.Name)+"$") {
			all = append(all, Address{Address: l.Address, Because: byOwnAccount, Count: l.Count, First: l.First, Last: l.Last, From: l.FirstFrom})
		}
	}
	return all
}
