package jsonlog

import "hivetriage/artifacts"

// A renaming is a provider's name of a value and where ECS has the value.
type renaming struct {
	name string
	path string
}

// renamings are the values that Winlogbeat's modules and Elastic's
// integrations move to fields of ECS, so that the provider's own name is gone
// from the document.
//
// Source: the ingest pipelines of Winlogbeat's modules powershell, security
// and sysmon.
var renamings = map[string]map[uint32][]renaming{
	providerSecurity: {
		4625: {{"IpAddress", "source.ip"}, {"WorkstationName", "source.domain"}},
		4648: {{"IpAddress", "source.ip"}, {"TargetServerName", "destination.domain"}},
		4697: {{"ServiceName", "service.name"}},
		4776: {{"TargetUserName", "user.name"}, {"Workstation", "source.domain"}},
		5140: {{"IpAddress", "source.ip"}},
		5145: {{"IpAddress", "source.ip"}, {"RelativeTargetName", "file.target_path"}},
	},
	providerSysmon: {
		3:  {{"SourceIp", "source.ip"}, {"DestinationIp", "destination.ip"}, {"DestinationPort", "destination.port"}, {"DestinationHostname", "destination.domain"}},
		7:  {{"ImageLoaded", "file.path"}, {"ImageLoaded", "dll.path"}, {"Signature", "file.code_signature.subject_name"}},
		10: {{"SourceImage", "process.executable"}},
		13: {{"TargetObject", "registry.path"}, {"Details", "registry.data.strings"}},
		22: {{"QueryName", "dns.question.name"}},
	},
	"Microsoft-Windows-PowerShell": {
		4103: {{"HostApplication", "process.command_line"}},
		4104: {{"ScriptBlockText", "powershell.file.script_block_text"}, {"ScriptBlockId", "powershell.file.script_block_id"},
			{"MessageNumber", "powershell.sequence"}, {"MessageTotal", "powershell.total"}, {"Path", "file.path"}},
	},
	"PowerShell": {
		400: {{"HostApplication", "process.command_line"}}, 403: {{"HostApplication", "process.command_line"}}, 600: {{"HostApplication", "process.command_line"}},
		800: {{"param1", "powershell.command.value"}, {"HostApplication", "process.command_line"}},
	},
	"Service Control Manager": {7045: {{"ServiceName", "service.name"}}},
}

// told returns what the provider of an event recorded: by its own names, also
// where only fields of ECS have the values.
func (f *fields) told(e *artifacts.Event) []artifacts.Datum {
	data := f.all()
	known := map[string]bool{}
	for _, d := range data {
		known[d.Name] = known[d.Name] || d.Value != "" && d.Value != "-"
	}
	for _, r := range renamings[e.Provider][e.Code] {
		if v := f.one(r.path); v != "" && !known[r.name] {
			known[r.name] = true
			data = append(data, artifacts.Datum{Name: r.name, Value: v})
		}
	}
	return data
}
