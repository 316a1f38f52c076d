package machine

import (
	"strings"

	"hivetriage/artifacts/hive"
)

// A Service is a service or driver.
type Service struct {
	Name    string
	Offset  int64             // of its key
	Account hive.Fact[string] // ObjectName: "LocalSystem", `DOMAIN\name`, `.\name`; unknown for drivers
	Start   hive.Fact[uint32] // 0 boot, 1 system, 2 automatic, 3 on demand, 4 disabled
	Type    hive.Fact[uint32] // bits: 1 and 2 drivers, 0x10 and 0x20 services
	Path    hive.Fact[string] // ImagePath
}

// OwnAccount reports whether the service runs under an account whose password
// is kept as an LSA secret: none of the system's own.
func (s Service) OwnAccount() bool {
	name := strings.ToLower(s.Account.Value)
	if name == "" || name == "localsystem" || strings.HasPrefix(name, `nt authority\`) || strings.HasPrefix(name, `nt service\`) {
		return false
	}
	return s.Type.Value&(kernelDriver|fileSystemDriver) == 0
}

// Bits of Type.
const (
	kernelDriver     = 1
	fileSystemDriver = 2
)

// Start types.
const (
	StartOnDemand = 3
	StartDisabled = 4
)

// Sysmon is a part of Sysmon.
type Sysmon struct {
	Service hive.Fact[string] // its name: likely if the name alone tells
	Driver  bool
	Renamed bool // not named as it is installed by default
	Because string
}

// What tells Sysmon: its driver has an altitude of its own in Microsoft's list
// of allocated altitudes, and its configuration in Parameters.
const (
	sysmonAltitude    = "385201"
	sysmonDriver      = "SysmonDrv"
	sysmonDescription = "System Monitor service"
)

func readServices(services hive.Node) ([]Service, []Sysmon) {
	var all []Service
	var sysmon []Sysmon
	for n := range services.Children() {
		if len(all) == maxServices {
			break
		}
		s := Service{Name: n.Name(), Offset: n.Offset()}
		description := ""
		for d := range n.Data() {
			switch name := d.Name(); {
			case strings.EqualFold(name, "ObjectName"):
				s.Account = text(n, name)
			case strings.EqualFold(name, "ImagePath"):
				s.Path = text(n, name)
			case strings.EqualFold(name, "Start"):
				s.Start = hive.NumberOf(n, name)
			case strings.EqualFold(name, "Type"):
				s.Type = hive.NumberOf(n, name)
			case strings.EqualFold(name, "Description"):
				description = text(n, name).Value
			}
		}
		if !s.Start.Known() && !s.Type.Known() && !s.Path.Known() {
			continue // a key for parameters, not a service
		}
		all = append(all, s)
		if found, ok := s.sysmon(n, description); ok {
			sysmon = append(sysmon, found)
		}
	}
	return all, sysmon
}

// sysmon tells whether the service is Sysmon's, whatever its name.
func (s Service) sysmon(n hive.Node, description string) (Sysmon, bool) {
	if s.Type.Value&(kernelDriver|fileSystemDriver) != 0 {
		named := strings.EqualFold(s.Name, sysmonDriver)
		at, altitude := altitude(n)
		if altitude {
			return Sysmon{hive.Sure(s.Name, at), true, !named, "driver at altitude " + sysmonAltitude}, true
		}
		if at, rules := sysmonParameters(n); rules {
			return Sysmon{hive.Sure(s.Name, at), true, !named, "driver with the configuration of Sysmon in Parameters"}, true
		}
		return Sysmon{hive.Probable(s.Name, s.Offset), true, false, "driver named " + sysmonDriver}, named
	}
	named := strings.EqualFold(s.Name, "Sysmon") || strings.EqualFold(s.Name, "Sysmon64") || strings.EqualFold(s.Name, "Sysmon64a")
	if description == sysmonDescription {
		return Sysmon{hive.Sure(s.Name, s.Offset), false, !named, "description: " + sysmonDescription}, true
	}
	return Sysmon{hive.Probable(s.Name, s.Offset), false, false, "service named " + s.Name}, named
}

// altitude looks for Sysmon's altitude in Instances\<name>\Altitude.
func altitude(n hive.Node) (int64, bool) {
	instances := sub(n, "Instances")
	if instances == nil {
		return 0, false
	}
	for instance := range instances.Children() {
		if a := hive.TextOf(instance, "Altitude"); a.Value == sysmonAltitude {
			return a.Offset, true
		}
	}
	return 0, false
}

// sysmonParameters looks for the two values that Sysmon keeps its
// configuration in.
func sysmonParameters(n hive.Node) (int64, bool) {
	parameters := sub(n, "Parameters")
	if parameters == nil {
		return 0, false
	}
	_, rules := hive.FindValue(parameters, "Rules")
	_, hashing := hive.FindValue(parameters, "HashingAlgorithm")
	return parameters.Offset(), rules && hashing
}
