package correlate

import (
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Known is what the evidence tells of the machines beside the facts to join.
type Known struct {
	Machines []Machine
	Clocks   []ClockChange
}

// A Machine is a computer whose disk is in the evidence.
type Machine struct {
	Name   string // as its hives have it
	Source string // where its disk is; "" if only records tell of it
	Disk   string // as Locator.Disk names it
	Shares []Share
}

// A Share is a folder that a machine lends out.
type Share struct {
	Name   string
	Folder string // Windows path
	Told   string // where that was read
}

// sameHost reports whether two names are of one computer: those of logs may
// carry its domain, those of hives do not.
func sameHost(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	short, _, domain := strings.Cut(a, ".")
	other, _, otherDomain := strings.Cut(b, ".")
	if domain && otherDomain {
		return strings.EqualFold(a, b)
	}
	return strings.EqualFold(short, other)
}

// on returns the machines on whose disk a place is.
func (k *Known) on(at artifacts.Locator) (here []*Machine) {
	for i := range k.Machines {
		if m := &k.Machines[i]; m.Source == at.Source && m.Disk == at.Disk() {
			here = append(here, m)
		}
	}
	return here
}

// named returns the machine of a name, nil if it is not in the evidence or if
// several are.
func (k *Known) named(host string) (found *Machine) {
	for i := range k.Machines {
		if m := &k.Machines[i]; sameHost(m.Name, host) {
			if found != nil {
				return nil
			}
			found = m
		}
	}
	return found
}

// stranger reports whether a record is of a machine in the evidence and a
// place on the disk of another one.
func (k *Known) stranger(r *Record, at artifacts.Locator) bool {
	own := k.named(r.Host)
	if own == nil || own.Source == "" || own.Source == at.Source && own.Disk == at.Disk() {
		return false
	}
	return len(k.on(at)) > 0
}

// learnShares adds the shares that the records themselves tell of, which have
// both the share and the folder that it stands for.
func (j *joiner) learnShares() {
	for _, r := range j.records {
		if r.Kind != "share" || r.Shared == "" {
			continue
		}
		share := strings.TrimPrefix(r.File, `\\*\`)
		share, _, _ = strings.Cut(share, `\`)
		m := j.known.named(r.Host)
		if m == nil && !slices.ContainsFunc(j.known.Machines, func(m Machine) bool { return sameHost(m.Name, r.Host) }) {
			j.known.Machines = append(j.known.Machines, Machine{Name: r.Host})
			m = &j.known.Machines[len(j.known.Machines)-1]
		}
		if m == nil || share == "" {
			continue
		}
		if folder, _ := m.folder(share); folder == "" {
			m.Shares = append(slices.Clip(m.Shares), Share{share, r.Shared, stamp(r.Time) + ", " + r.From.Cite()})
		}
	}
}
