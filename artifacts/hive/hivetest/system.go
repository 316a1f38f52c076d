package hivetest

import (
	"encoding/binary"
	"fmt"

	"hivetriage/artifacts/internal/windows"
)

// SYSTEM returns the host's SYSTEM; Select\Current is 1.
func SYSTEM(h Host, p Profile) []byte {
	set := key("ControlSet001", ControlKey(h), key("Enum"), key("Hardware Profiles"), servicesKey(h))
	keys := []*Key{set, key("MountedDevices"), key("Setup"), key("WPA"), key("Select").with(
		Number("Current", 1), Number("Default", 1), Number("Failed", 0), Number("LastKnownGood", 1))}
	if h.Filler > 0 {
		keys = append(keys, filler(h.Filler))
	}
	return Write(h.root(keys...).Merge(h.More["SYSTEM"]), h.options(p, "SYSTEM"))
}

// ControlKey returns the key Control of a control set.
func ControlKey(h Host) *Key {
	product := h.Product
	if product == "" {
		product = "WinNT"
	}
	shutdown := binary.LittleEndian.AppendUint64(nil, windows.ToFiletime(h.Time))
	// The value has room for 128 characters, and what stood there before.
	zone := append(windows.AppendUTF16(nil, h.TimeZone+"\x00"), windows.AppendUTF16(nil, "remains")...)
	return key("Control",
		key("ComputerName", key("ComputerName").with(Text("", "mnmsrvc"), Text("ComputerName", h.Name))),
		LsaKey(),
		key("ProductOptions").with(Text("ProductType", product)),
		key("TimeZoneInformation").with(
			Number("ActiveTimeBias", uint32(h.Bias)), Number("Bias", uint32(h.Bias)),
			Text("StandardName", "@tzres.dll,-322"), bytesValue("TimeZoneKeyName", SZ, zone)),
		key("Windows").with(bytesValue("ShutdownTime", Binary, shutdown)))
}

// LsaKey returns the key Lsa. The class names that hold the boot key of a
// real machine are zeros here.
func LsaKey() *Key {
	lsa := key("Lsa").with(Number("LimitBlankPasswordUse", 1))
	for _, name := range []string{"JD", "Skew1", "GBG", "Data"} {
		lsa.Keys = append(lsa.Keys, &Key{Name: name, Class: "00000000",
			Values: []Value{bytesValue("Lookup", Binary, make([]byte, 6))}})
	}
	return lsa
}

func servicesKey(h Host) *Key {
	services := key("Services",
		key("LanmanServer", key("Parameters")).with(Number("Start", 2), Text("ObjectName", "LocalSystem")),
		key("Tcpip", key("Parameters").with(Text("Hostname", h.Name), Text("NV Hostname", h.Name), Text("Domain", ""))))
	services.Keys = append(services.Keys, h.services()...)
	return services
}

// Averages of a real SYSTEM of 11.7 MB.
const fillerKeyBytes = 380

// filler is a tree like DriverDatabase, of about n bytes: packages with
// configurations and settings.
func filler(n int) *Key {
	const perPackage = 16
	packages := key("DriverPackages")
	for i := range n / (fillerKeyBytes * perPackage) {
		pkg := key(fmt.Sprintf("device%05d.inf_amd64_%016x", i, uint64(i)*0x9E3779B97F4A7C15)).with(
			Text("", fmt.Sprintf("oem%d.inf", i)), Text("Provider", "Contoso Devices"))
		for j := range perPackage - 1 {
			sub := key(fmt.Sprintf("Configuration%02d", j)).with(
				Number("ConfigFlags", uint32(j)), bytesValue("Settings", Binary, make([]byte, 40+i%160)))
			if j%2 == 0 {
				sub.with(Text("Service", fmt.Sprintf("cdev%05d", i)))
			}
			pkg.Keys = append(pkg.Keys, sub)
		}
		packages.Keys = append(packages.Keys, pkg)
	}
	return key("DriverDatabase", packages)
}

// SOFTWARE returns the host's SOFTWARE.
func SOFTWARE(h Host, p Profile) []byte {
	profiles, winlogon, audit := h.softwareKeys()
	current := key("CurrentVersion", profiles, winlogon).with(
		Text("ProductName", h.OS), Text("CurrentBuild", h.Build), Text("CurrentBuildNumber", h.Build),
		Number("InstallDate", uint32(h.Time.AddDate(-1, 0, 0).Unix())))
	microsoft := key("Microsoft", key("Cryptography"), key("Windows", key("CurrentVersion", key("Policies", key("System", audit)))), key("Windows NT", current))
	for i := range 120 {
		microsoft.Keys = append(microsoft.Keys, key(fmt.Sprintf("Product%03d", i)))
	}
	return Write(h.root(key("Classes"), microsoft, key("Policies"), key("RegisteredApplications")).Merge(h.More["SOFTWARE"]),
		h.options(p, `\SystemRoot\System32\Config\SOFTWARE`))
}
