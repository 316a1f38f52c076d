package jsonlog

import (
	"bytes"
	"fmt"
	"testing"

	"hivetriage/artifacts"
)

// lines makes a log of so many lines.
func lines(n int, line func(i int) string) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(line(i))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// networkLine is a connection as Elastic Defend tells of it.
func networkLine(i int) string {
	return fmt.Sprintf(`{"@timestamp":"2024-05-01T10:00:00.%03dZ","agent":{"id":"7f3d","type":"endpoint","version":"8.13.2"},"data_stream":{"dataset":"endpoint.events.network","namespace":"default","type":"logs"},`+
		`"destination":{"address":"10.1.2.3","ip":"10.1.2.3","port":443},"ecs":{"version":"1.11.0"},"event":{"action":"connection_attempted","category":["network"],"dataset":"endpoint.events.network","id":"NkX+%d","kind":"event","module":"endpoint","sequence":%d,"type":["start"]},`+
		`"host":{"hostname":"WS01","name":"ws01","os":{"family":"windows","kernel":"22H2","name":"Windows","type":"windows"}},"message":"Endpoint network event","process":{"entity_id":"N2YzZC0xMjM0","executable":"C:\\Program Files\\App\\app.exe","name":"app.exe","pid":4242},"user":{"domain":"CORP","id":"S-1-5-21-1-2-3-1001","name":"ann"}}`, i%1000, i, i)
}

// beatLine is a record of Winlogbeat that nobody asks for.
func beatLine(i int) string {
	return fmt.Sprintf(`{"@timestamp":"2024-05-01T10:00:00.%03dZ","agent":{"type":"winlogbeat","version":"8.13.2"},"ecs":{"version":"1.12.0"},"event":{"action":"Filtering Platform Connection","code":"5156","kind":"event","outcome":"success","provider":"Microsoft-Windows-Security-Auditing"},"host":{"name":"WS01.corp.example"},`+
		`"message":"The Windows Filtering Platform has permitted a connection.\n\nApplication Information:\n\tProcess ID:\t\t1234\n\tApplication Name:\t\\device\\harddiskvolume2\\windows\\system32\\svchost.exe\n\nNetwork Information:\n\tDirection:\t\tOutbound\n\tSource Address:\t\t10.0.0.5\n\tSource Port:\t\t%d",`+
		`"winlog":{"api":"wineventlog","channel":"Security","computer_name":"WS01.corp.example","event_data":{"Application":"\\device\\harddiskvolume2\\windows\\system32\\svchost.exe","DestAddress":"10.0.0.9","DestPort":"53","Direction":"%%%%14593","FilterRTID":"71768","LayerName":"%%%%14611","ProcessID":"1234","Protocol":"17"},"event_id":"5156","provider_name":"Microsoft-Windows-Security-Auditing","record_id":"%d"}}`, i%1000, i%65536, i)
}

// processLine is a process's start as Winlogbeat tells of it.
func processLine(i int) string {
	return fmt.Sprintf(`{"@timestamp":"2024-05-01T10:00:00.%03dZ","agent":{"type":"winlogbeat"},"event":{"action":"created-process","category":["process"],"code":"4688","module":"security","type":["start"]},"host":{"name":"WS01"},"process":{"args":["reg","save","HKLM\\SAM","s"],"command_line":"reg save HKLM\\SAM s","executable":"C:\\Windows\\System32\\reg.exe","name":"reg.exe","parent":{"executable":"C:\\Windows\\System32\\cmd.exe","pid":4},"pid":%d},`+
		`"user":{"domain":"CORP","id":"S-1-5-21-1-2-3-1001","name":"ann"},"winlog":{"channel":"Security","computer_name":"WS01","event_id":"4688","logon":{"id":"0x3e7"},"provider_name":"Microsoft-Windows-Security-Auditing","record_id":"%d"}}`, i%1000, i%65536, i)
}

func benchmark(b *testing.B, data []byte, want int) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for e, err := range Open(bytes.NewReader(data), int64(len(data)), artifacts.Locator{}).Events(b.Context(), Query{Select: processes}) {
			if err != nil {
				b.Fatal(err)
			}
			if e.Process != nil {
				n++
			}
		}
		if n != want {
			b.Fatalf("%d events of processes, want %d", n, want)
		}
	}
}

// Lines that match nothing, 48 MB of each kind, and those that all match.
func BenchmarkNothing(b *testing.B) {
	b.Run("endpoint", func(b *testing.B) { benchmark(b, lines(50_000, networkLine), 0) })
	b.Run("winlogbeat", func(b *testing.B) { benchmark(b, lines(40_000, beatLine), 0) })
}

func BenchmarkMatching(b *testing.B) {
	b.Run("winlogbeat", func(b *testing.B) { benchmark(b, lines(20_000, processLine), 20_000) })
}

func BenchmarkArrayInOneLine(b *testing.B) {
	data := append([]byte{'['}, bytes.ReplaceAll(bytes.TrimSpace(lines(40_000, beatLine)), []byte("}\n{"), []byte("},{"))...)
	benchmark(b, append(data, ']'), 0)
}

// BenchmarkNXLog is a real log: 40,569 records, of which 825 tell of a process.
func BenchmarkNXLog(b *testing.B) {
	benchmark(b, realFile(b, "json/lookalike/empire_persistence_registry_modification_run_keys_standard_user.zip"), 825)
}
