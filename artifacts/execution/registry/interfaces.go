package registry

import (
	"iter"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// InInterface is the artefact that Interfaces tells of.
const InInterface = "Tcpip interface"

// How an interface has its address.
const (
	static = "static"
	leased = "DHCP"
)

const maxAddresses = 64 // of one interface

// Interfaces yields the network interfaces of a SYSTEM's current control set
// that have addresses (Services\Tcpip\Parameters\Interfaces).
//
// Existed; Program is the interface's GUID, Paths are its IPv4 addresses as
// recorded, and the detail Kind is "static" or "DHCP". Of an interface that is
// told to ask a DHCP server the lease counts, and the time is when it was
// obtained (LeaseObtainedTime, seconds since 1970, UTC); of others the list of
// static addresses, and the time is that of the key, which other settings
// change as well.
func Interfaces(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		list, path, ok := currentSet(root, `Services\Tcpip\Parameters\Interfaces`)
		if !ok {
			return
		}
		for key := range list.Children() {
			e := open(key, path+`\`+key.Name(), "EnableDHCP", "IPAddress", "DhcpIPAddress", "DhcpServer", "LeaseObtainedTime")
			t := e.trace(InInterface, artifacts.Existed)
			t.Program = key.Name()
			if dhcp, told := e.number("EnableDHCP"); told && dhcp != 0 {
				t.AddDetail("Kind", leased)
				t.AddDetail("DhcpServer", e.text("DhcpServer"))
				t.Paths = addresses(e.text("DhcpIPAddress"))
				if at, told := e.number("LeaseObtainedTime"); told && at > 0 && at < 1<<32 {
					t.AddTime(time.Unix(int64(at), 0).UTC(), "lease obtained")
				}
			} else {
				t.AddDetail("Kind", static)
				if d, ok := e.values["IPAddress"]; ok && d.Type() == regMultiSZ {
					t.Paths = addresses(windows.UTF16(e.data("IPAddress", maxText)))
				}
				t.AddTime(key.LastWritten(), keyWritten)
			}
			if (len(t.Paths) > 0 || e.failed != nil) && !e.give(t, yield) {
				return
			}
		}
	}
}

// addresses are those in a list of texts that end with NULs; 0.0.0.0 stands
// for none.
func addresses(text string) (list []string) {
	for one := range strings.SplitSeq(text, "\x00") {
		if one = strings.TrimSpace(one); one != "" && one != "0.0.0.0" && len(list) < maxAddresses {
			list = append(list, one)
		}
	}
	return list
}
