// Package taskstest writes files of scheduled tasks, from [MS-TSCH] 2.4 (job
// files) and 2.5 (XML).
package taskstest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// A Spec says what a task is. Fields that are empty are left out of the XML.
type Spec struct {
	URI, Author, Date            string // Date as it is to be written
	UserID, LogonType, RunLevel  string
	Command, Arguments, Folder   string
	Triggers                     string    // XML
	Actions                      string    // XML instead of the one Exec
	LastRun                      time.Time // of a job file, local
	Comment                      string    // of a job file
	Class                        string    // of a COM handler, behind the Exec
	GroupID, Hidden, Description string
}

// XML writes the task as Windows does: UTF-16 with a byte order mark.
func XML(s Spec) []byte { return append([]byte{0xFF, 0xFE}, units(Text(s, "UTF-16"))...) }

// Text writes the XML of a task as text that says it has that encoding.
func Text(s Spec, encoding string) string {
	var b strings.Builder
	element := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "      <%s>%s</%s>\r\n", name, escaper.Replace(value), name)
		}
	}
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"%s\"?>\r\n<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n  <RegistrationInfo>\r\n", encoding)
	element("Date", s.Date)
	element("Author", s.Author)
	element("Description", s.Description)
	element("URI", s.URI)
	b.WriteString("  </RegistrationInfo>\r\n  <Triggers>" + s.Triggers + "</Triggers>\r\n  <Principals>\r\n    <Principal id=\"Author\">\r\n")
	element("UserId", s.UserID)
	element("GroupId", s.GroupID)
	element("LogonType", s.LogonType)
	element("RunLevel", s.RunLevel)
	b.WriteString("    </Principal>\r\n  </Principals>\r\n  <Settings>\r\n")
	element("Enabled", "true")
	element("Hidden", s.Hidden)
	b.WriteString("  </Settings>\r\n  <Actions Context=\"Author\">" + s.Actions)
	if s.Actions == "" {
		b.WriteString("<Exec>\r\n")
		element("Command", s.Command)
		element("Arguments", s.Arguments)
		element("WorkingDirectory", s.Folder)
		b.WriteString("    </Exec>")
	}
	if s.Class != "" {
		b.WriteString("<ComHandler>")
		element("ClassId", s.Class)
		b.WriteString("</ComHandler>")
	}
	b.WriteString("</Actions>\r\n</Task>")
	return b.String()
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func units(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Job writes the task as a job file of Windows XP with one trigger, daily at
// 09:30 from 2008-02-01.
func Job(s Spec) []byte {
	b := make([]byte, 68, 512)
	le := binary.LittleEndian
	le.PutUint16(b, 0x0501)
	le.PutUint16(b[2:], 1)
	copy(b[4:], "\x78\x56\x34\x12\x34\x12\x34\x12\x12\x34\x12\x34\x56\x78\x9a\xbc")
	le.PutUint16(b[20:], 70)
	le.PutUint32(b[32:], 0x20)        // NORMAL_PRIORITY_CLASS
	le.PutUint32(b[36:], 259_200_000) // three days
	le.PutUint32(b[44:], 0x00041300)  // ready
	if t := s.LastRun; t.IsZero() {
		le.PutUint32(b[44:], 0x00041303)
	} else {
		for i, v := range []int{t.Year(), int(t.Month()), int(t.Weekday()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1e6} {
			le.PutUint16(b[52+2*i:], uint16(v))
		}
	}
	b = le.AppendUint16(b, 0) // instances that run
	for _, text := range []string{s.Command, s.Arguments, s.Folder, s.Author, s.Comment} {
		if text == "" {
			b = le.AppendUint16(b, 0)
			continue
		}
		u := units(text + "\x00")
		b = append(le.AppendUint16(b, uint16(len(u)/2)), u...)
	}
	b = le.AppendUint16(b, 0)                             // user data
	b = append(le.AppendUint16(b, 8), make([]byte, 8)...) // reserved data
	le.PutUint16(b[22:], uint16(len(b)))
	b = le.AppendUint16(b, 1)
	trigger := make([]byte, 48)
	le.PutUint16(trigger, 48)
	for at, v := range map[int]uint16{4: 2008, 6: 2, 8: 1, 16: 9, 18: 30, 36: 1} {
		le.PutUint16(trigger[at:], v)
	}
	le.PutUint32(trigger[32:], 1) // daily
	return append(b, trigger...)
}
