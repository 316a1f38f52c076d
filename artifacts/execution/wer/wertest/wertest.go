// Package wertest writes reports of Windows Error Reporting for tests, in the
// order of lines and the encoding in which Windows writes them.
package wertest

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// A Spec says what a report tells. Empty fields give no line.
type Spec struct {
	EventType        string // "APPCRASH" where it is empty
	Event, Uploaded  time.Time
	Identifier       string
	NsAppName        string
	OriginalFilename string
	TargetAppID      string
	Signature        [][2]string // names and values of the parameters
	Modules          []string
	AppName, AppPath string
}

// Report writes the report of a Spec.
func Report(s Spec) []byte {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s=%s\r\n", name, value)
		}
	}
	filetime := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return fmt.Sprint(windows.ToFiletime(t))
	}
	if s.EventType == "" {
		s.EventType = "APPCRASH"
	}
	line("Version", "1")
	line("EventType", s.EventType)
	line("EventTime", filetime(s.Event))
	line("ReportType", "2")
	line("Consent", "1")
	line("UploadTime", filetime(s.Uploaded))
	line("ReportIdentifier", s.Identifier)
	line("NsAppName", s.NsAppName)
	line("OriginalFilename", s.OriginalFilename)
	line("TargetAppId", s.TargetAppID)
	line("Response.type", "4")
	for i, p := range s.Signature {
		line(fmt.Sprintf("Sig[%d].Name", i), p[0])
		line(fmt.Sprintf("Sig[%d].Value", i), p[1])
	}
	line("DynamicSig[1].Name", "OS Version")
	line("DynamicSig[1].Value", "10.0.19045.2.0.0.256.48")
	line("UI[2]", s.AppPath)
	for i, m := range s.Modules {
		line(fmt.Sprintf("LoadedModule[%d]", i), m)
	}
	line("FriendlyEventName", "Stopped working")
	line("ConsentKey", s.EventType)
	line("AppName", s.AppName)
	line("AppPath", s.AppPath)
	line("MetadataHash", "1107672753")
	return windows.AppendUTF16([]byte{0xFF, 0xFE}, b.String())
}
