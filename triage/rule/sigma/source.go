package sigma

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// A stream is the events of one provider or of some channels.
type stream struct {
	provider string
	channels []string
	ids      []uint32 // nil: all
	names    naming
	files    bool // of an endpoint's events: file creations, not process starts
}

// naming says which names an event's fields go by.
type naming uint8

const (
	native naming = iota // the provider's own
	common               // Sigma's, which are those of Sysmon
)

// A source is the events that a rule is about.
type source struct {
	label   string // as the rule names it
	streams []stream
}

const (
	security = "Microsoft-Windows-Security-Auditing"
	sysmon   = "Microsoft-Windows-Sysmon"
	endpoint = "endpoint" // events of Elastic Defend, which have no ID
)

var (
	powershell = []string{"Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"}
	classic    = []string{"Windows PowerShell"}
)

func ofSysmon(ids ...uint32) []stream {
	return []stream{{provider: sysmon, ids: ids, names: common}}
}

// categories are the streams of each category of product windows, by the
// appendix on taxonomy. Process starts and file creations are also those that
// Windows itself and Elastic Defend recorded.
var categories = map[string][]stream{
	"process_creation": {{provider: sysmon, ids: []uint32{1}, names: common}, {provider: security, ids: []uint32{4688}, names: common},
		{provider: endpoint, ids: []uint32{0}, names: common}},
	"file_event":                {{provider: sysmon, ids: []uint32{11}, names: common}, {provider: endpoint, ids: []uint32{0}, names: common, files: true}},
	"file_change":               ofSysmon(2),
	"network_connection":        ofSysmon(3),
	"sysmon_status":             ofSysmon(4, 16),
	"process_termination":       ofSysmon(5),
	"driver_load":               ofSysmon(6),
	"image_load":                ofSysmon(7),
	"create_remote_thread":      ofSysmon(8),
	"raw_access_thread":         ofSysmon(9),
	"process_access":            ofSysmon(10),
	"registry_add":              ofSysmon(12),
	"registry_delete":           ofSysmon(12),
	"registry_set":              ofSysmon(13),
	"registry_rename":           ofSysmon(14),
	"registry_event":            ofSysmon(12, 13, 14),
	"create_stream_hash":        ofSysmon(15),
	"pipe_created":              ofSysmon(17, 18),
	"wmi_event":                 ofSysmon(19, 20, 21),
	"dns_query":                 ofSysmon(22),
	"file_delete":               ofSysmon(23, 26),
	"clipboard_capture":         ofSysmon(24),
	"process_tampering":         ofSysmon(25),
	"file_delete_detected":      ofSysmon(26),
	"file_block_executable":     ofSysmon(27),
	"file_block_shredding":      ofSysmon(28),
	"file_executable_detected":  ofSysmon(29),
	"sysmon_error":              ofSysmon(255),
	"ps_script":                 {{channels: powershell, ids: []uint32{4104}}},
	"ps_module":                 {{channels: powershell, ids: []uint32{4103}}},
	"ps_classic_start":          {{channels: classic, ids: []uint32{400}}},
	"ps_classic_provider_start": {{channels: classic, ids: []uint32{600}}},
	"ps_classic_script":         {{channels: classic, ids: []uint32{800}}},
}

// services are the channels of each service of product windows, from the same
// appendix.
var services = map[string][]string{
	"application":            {"Application"},
	"application-experience": {"Microsoft-Windows-Application-Experience/Program-Telemetry", "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant"},
	"applocker":              {"Microsoft-Windows-AppLocker/MSI and Script", "Microsoft-Windows-AppLocker/EXE and DLL", "Microsoft-Windows-AppLocker/Packaged app-Deployment", "Microsoft-Windows-AppLocker/Packaged app-Execution"},
	"appmodel-runtime":       {"Microsoft-Windows-AppModel-Runtime/Admin"},
	"appxdeployment-server":  {"Microsoft-Windows-AppXDeploymentServer/Operational"},
	"appxpackaging-om":       {"Microsoft-Windows-AppxPackaging/Operational"},
	"bitlocker":              {"Microsoft-Windows-BitLocker/BitLocker Management"},
	"bits-client":            {"Microsoft-Windows-Bits-Client/Operational"},
	"capi2":                  {"Microsoft-Windows-CAPI2/Operational"},
	"certificateservicesclient-lifecycle-system": {"Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"},
	"codeintegrity-operational":                  {"Microsoft-Windows-CodeIntegrity/Operational"},
	"dhcp":                                       {"Microsoft-Windows-DHCP-Server/Operational"},
	"diagnosis-scripted":                         {"Microsoft-Windows-Diagnosis-Scripted/Operational"},
	"dns-client":                                 {"Microsoft-Windows-DNS Client Events/Operational", "Microsoft-Windows-DNS-Client/Operational"},
	"dns-server":                                 {"DNS Server"},
	"dns-server-analytic":                        {"Microsoft-Windows-DNS-Server/Analytical"},
	"dns-server-audit":                           {"Microsoft-Windows-DNS-Server/Audit"},
	"driver-framework":                           {"Microsoft-Windows-DriverFrameworks-UserMode/Operational"},
	"firewall-as":                                {"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"},
	"hyper-v-worker":                             {"Microsoft-Windows-Hyper-V-Worker", "Microsoft-Windows-Hyper-V-Worker-Admin", "Microsoft-Windows-Hyper-V-Worker-Operational"},
	"iis-configuration":                          {"Microsoft-IIS-Configuration/Operational"},
	"kernel-event-tracing":                       {"Microsoft-Windows-Kernel-EventTracing", "Microsoft-Windows-Kernel-EventTracing/Admin"},
	"kernel-shimengine":                          {"Microsoft-Windows-Kernel-ShimEngine/Operational", "Microsoft-Windows-Kernel-ShimEngine/Diagnostic"},
	"ldap":                                       {"Microsoft-Windows-LDAP-Client/Debug"},
	"ldap_debug":                                 {"Microsoft-Windows-LDAP-Client/Debug"},
	"lsa-server":                                 {"Microsoft-Windows-LSA/Operational"},
	"microsoft-servicebus-client":                {"Microsoft-ServiceBus-Client", "Microsoft-ServiceBus-Client/Operational", "Microsoft-ServiceBus-Client/Admin"},
	"msexchange-management":                      {"MSExchange Management"},
	"ntfs":                                       {"Microsoft-Windows-Ntfs/Operational"},
	"ntlm":                                       {"Microsoft-Windows-NTLM/Operational"},
	"openssh":                                    {"OpenSSH/Operational"},
	"powershell":                                 powershell,
	"powershell-classic":                         classic,
	"printservice-admin":                         {"Microsoft-Windows-PrintService/Admin"},
	"printservice-operational":                   {"Microsoft-Windows-PrintService/Operational"},
	"security":                                   {"Security"},
	"security-mitigations":                       {"Microsoft-Windows-Security-Mitigations/KernelMode", "Microsoft-Windows-Security-Mitigations/UserMode", "Microsoft-Windows-Security-Mitigations/Kernel Mode", "Microsoft-Windows-Security-Mitigations/User Mode"},
	"sense":                                      {"Microsoft-Windows-SENSE/Operational"},
	"servicebus-client":                          {"Microsoft-ServiceBus-Client/Operational", "Microsoft-ServiceBus-Client/Admin"},
	"shell-core":                                 {"Microsoft-Windows-Shell-Core/Operational"},
	"smbclient-connectivity":                     {"Microsoft-Windows-SmbClient/Connectivity"},
	"smbclient-security":                         {"Microsoft-Windows-SmbClient/Security"},
	"smbserver-connectivity":                     {"Microsoft-Windows-SMBServer/Connectivity"},
	"sysmon":                                     {"Microsoft-Windows-Sysmon/Operational"},
	"system":                                     {"System"},
	"taskscheduler":                              {"Microsoft-Windows-TaskScheduler/Operational"},
	"terminalservices-localsessionmanager":       {"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"},
	"vhdmp":                                      {"Microsoft-Windows-VHDMP-Operational", "Microsoft-Windows-VHDMP/Operational"},
	"windefend":                                  {"Microsoft-Windows-Windows Defender/Operational"},
	"wmi":                                        {"Microsoft-Windows-WMI-Activity/Operational"},
}

// unrecorded are categories of Windows that no event log holds.
var unrecorded = map[string]string{
	"file_access": "file accesses are traced (ETW) and are in no event log",
	"file_rename": "file renames are traced (ETW) and are in no event log",
}

// readSource finds the events that a rule is about. Those that no Windows
// event log holds are an error.
func readSource(doc *node) (source, error) {
	n, ok := doc.get("logsource")
	if !ok || n.kind != mapping {
		return source{}, fmt.Errorf("it has no logsource")
	}
	part := func(key string) string { return strings.ToLower(strings.TrimSpace(n.text(key))) }
	product, category, service := part("product"), part("category"), part("service")
	s := source{label: label(product, category, service)}
	switch {
	case s.label == "":
		return s, fmt.Errorf("its logsource names neither product nor category nor service")
	case product != "" && product != "windows":
		return s, fmt.Errorf("its logsource is %s; only events of Windows are read", s.label)
	case category == "" && service == "":
		s.streams = []stream{{}}
		return s, nil
	}
	channels, known := services[service]
	if service != "" && !known {
		return s, fmt.Errorf("its logsource is %s; which log that is, is not known", s.label)
	}
	if category == "" {
		s.streams = []stream{{channels: channels}}
		return s, nil
	}
	streams, known := categories[category]
	if why := unrecorded[category]; why != "" {
		return s, fmt.Errorf("its logsource is %s; %s", s.label, why)
	}
	if !known {
		return s, fmt.Errorf("its logsource is %s; which events of Windows that is, is not known", s.label)
	}
	for _, stream := range streams {
		if service == "" || stream.within(channels) {
			s.streams = append(s.streams, stream)
		}
	}
	if len(s.streams) == 0 {
		return s, fmt.Errorf("its logsource is %s, a category that this service does not record", s.label)
	}
	return s, nil
}

func label(product, category, service string) string {
	var parts []string
	for _, p := range [][2]string{{"product", product}, {"category", category}, {"service", service}} {
		if p[1] != "" && (p[0] != "product" || category == "" && service == "" || p[1] != "windows") {
			parts = append(parts, p[0]+" "+short(p[1]))
		}
	}
	return strings.Join(parts, ", ")
}

// within reports whether a stream is in channels.
func (s *stream) within(channels []string) bool {
	home := map[string]string{sysmon: "Microsoft-Windows-Sysmon/Operational", security: "Security"}[s.provider]
	return slices.ContainsFunc(channels, func(c string) bool { return c == home || slices.Contains(s.channels, c) })
}

// has reports whether an event is in the stream, its ID apart.
func (s *stream) has(e *artifacts.Event) bool {
	switch {
	case s.provider == endpoint:
		return e.Provider == endpoint && (e.File != nil) == s.files
	case s.provider != "":
		return strings.EqualFold(s.provider, e.Provider)
	case s.channels != nil:
		return slices.ContainsFunc(s.channels, func(c string) bool { return strings.EqualFold(c, e.Channel) })
	}
	return true
}
