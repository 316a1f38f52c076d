package footprint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/attest"
)

// Artefacts that tell of a host rather than of programs.
const (
	inMounts    = "MountedDevices"
	inInterface = "Tcpip interface"
)

// addMount takes an entry of MountedDevices that names a partition.
func (r *Reader) addMount(t *artifacts.Trace) {
	if len(t.Paths) == 0 {
		return
	}
	m := Mount{Host: cut(t.Host), PartitionGUID: strings.ToUpper(t.Detail("PartitionGUID")), Signature: t.Detail("DiskSignature"), From: attest.FromTrace(t)}
	if name := strings.ToUpper(t.Paths[0]); len(name) == 2 && name[1] == ':' {
		m.Name = name
	}
	if m.Signature != "" {
		offset, err := strconv.ParseInt(t.Detail("PartitionOffset"), 10, 64)
		if err != nil {
			return // beyond any disk: a damaged value
		}
		m.Offset = offset
	}
	switch {
	case m.PartitionGUID == "" && m.Signature == "", slices.ContainsFunc(r.mounts, func(o Mount) bool { return compareMounts(o, m) == 0 }):
	case len(r.mounts) >= MaxMounts:
		r.omitted.Mounts++
	default:
		r.mounts = append(r.mounts, m)
	}
}

func compareMounts(a, b Mount) int {
	return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Name, b.Name), strings.Compare(a.PartitionGUID, b.PartitionGUID), strings.Compare(a.Signature, b.Signature), cmp.Compare(a.Offset, b.Offset))
}

// addInterface takes the addresses of a network interface.
func (r *Reader) addInterface(t *artifacts.Trace) {
	for _, text := range t.Paths {
		if a := address(text); global(a) {
			one := Address{Address: a, Because: "an interface's address (" + t.Detail("Kind") + ") in SYSTEM", From: attest.FromTrace(t)}
			if t.Detail("Kind") == "DHCP" {
				one.First = t.When()
			}
			r.addOwn(t.Host, one)
		}
	}
}

func (r *Reader) takePlaces(o *Reader) {
	for _, m := range o.mounts {
		if slices.ContainsFunc(r.mounts, func(have Mount) bool { return compareMounts(have, m) == 0 }) {
			continue
		}
		if len(r.mounts) >= MaxMounts {
			r.omitted.Mounts++
			continue
		}
		r.mounts = append(r.mounts, m)
	}
	r.omitted.Mounts += o.omitted.Mounts
	r.takeOwn(o)
}
