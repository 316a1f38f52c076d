package jsonlog

import (
	"fmt"
	"testing"
)

// beat writes a document of Winlogbeat.
func beat(provider, channel string, id int, rest string) string {
	return fmt.Sprintf(`{"@timestamp":"2024-05-01T10:00:00.123Z","event":{"code":"%d"},"host":{"name":"WS01"},"winlog":{"channel":"%s","computer_name":"WS01.corp.example","event_id":"%d","provider_name":"%s","record_id":"7"%s`, id, channel, id, provider, rest) + "}"
}

// TestRenamed: what a provider recorded is found by its own name, whether the
// document keeps that or has a field of ECS in its place.
func TestRenamed(t *testing.T) {
	const shell, sysmonChannel = "Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-Sysmon/Operational"
	for name, c := range map[string]struct {
		id   uint32
		text string
		want map[string]string
	}{
		"own names": {4104, beat("Microsoft-Windows-PowerShell", shell, 4104, `,"event_data":{"ScriptBlockText":"reg save","MessageTotal":"1"}}`),
			map[string]string{"ScriptBlockText": "reg save", "MessageTotal": "1"}},
		"ECS's names": {4104, beat("Microsoft-Windows-PowerShell", shell, 4104, `},"powershell":{"file":{"script_block_text":"reg save","script_block_id":"0b"},"sequence":1,"total":2}`),
			map[string]string{"ScriptBlockText": "reg save", "ScriptBlockId": "0b", "MessageNumber": "1", "MessageTotal": "2"}},
		"both, which differ": {4104, beat("Microsoft-Windows-PowerShell", shell, 4104, `,"event_data":{"ScriptBlockText":"own"}},"powershell":{"file":{"script_block_text":"ECS"}}`),
			map[string]string{"ScriptBlockText": "own"}},
		"a share": {5145, beat(providerSecurity, "Security", 5145, `,"event_data":{"ShareName":"\\\\*\\IPC$","RelativeTargetName":"winreg"}},"source":{"ip":"10.0.0.9"},"user":{"name":"ann","domain":"CORP","id":"S-1-5-21-1-2-3-1104"}`),
			map[string]string{"ShareName": `\\*\IPC$`, "RelativeTargetName": "winreg", "IpAddress": "10.0.0.9"}},
		"a setting": {13, beat(providerSysmon, sysmonChannel, 13, `},"registry":{"path":"HKLM\\SYSTEM\\x","data":{"strings":["0x00000001"]}},"process":{"pid":7,"executable":"C:\\x.exe"}`),
			map[string]string{"TargetObject": `HKLM\SYSTEM\x`, "Details": "0x00000001"}},
		"an engine": {400, beat("PowerShell", "Windows PowerShell", 400, `},"process":{"command_line":"powershell.exe -c x"}`),
			map[string]string{"HostApplication": "powershell.exe -c x"}},
	} {
		events, problems, _ := all(t, []byte(c.text+"\n"), Query{Select: []Selector{{ID: c.id, Data: true}}})
		if len(events) != 1 || len(problems) != 0 {
			t.Errorf("%s: %d events, %v", name, len(events), problems)
			continue
		}
		for key, want := range c.want {
			if got := events[0].Value(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
		if c.id == 5145 && (events[0].User.Name != "ann" || events[0].User.SID == "") {
			t.Errorf("%s: by %+v", name, events[0].User)
		}
		if c.id == 13 && (events[0].Process == nil || events[0].Process.PID != 7) {
			t.Errorf("%s: process %+v", name, events[0].Process)
		}
	}
}

// TestSysmonFiles: streams and deletions have their file and process.
func TestSysmonFiles(t *testing.T) {
	for _, id := range []int{11, 15, 23, 26, 29} {
		text := beat(providerSysmon, "Microsoft-Windows-Sysmon/Operational", id, `,"event_data":{"TargetFilename":"C:\\Temp\\sam.save","Image":"C:\\x.exe","ProcessId":"7"}}`)
		events, _, _ := all(t, []byte(text+"\n"), Query{Select: []Selector{{Provider: providerSysmon, ID: uint32(id)}}})
		if len(events) != 1 || events[0].File == nil || events[0].File.Path != `C:\Temp\sam.save` || events[0].Process == nil || events[0].Process.PID != 7 {
			t.Errorf("%d: %+v", id, events)
		}
	}
}

// TestHolds: documents without the text are left out, whatever its case.
func TestHolds(t *testing.T) {
	text := ""
	for _, loaded := range []string{"ntdll.dll", "OFFREG.dll", "offreg.dll"} {
		text += beat(providerSysmon, "Microsoft-Windows-Sysmon/Operational", 7, `,"event_data":{"ImageLoaded":"C:\\x\\`+loaded+`"}}`) + "\n"
	}
	events, problems, _ := all(t, []byte(text), Query{Select: []Selector{{Provider: providerSysmon, ID: 7, Data: true, Holds: "offreg.dll"}}})
	if len(events) != 2 || len(problems) != 0 {
		t.Errorf("%d events, %v", len(events), problems)
	}
}
