// Package defendertest writes for tests what Microsoft Defender writes: lines
// of its support log and files of the detection history.
package defendertest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// Log writes a support log of lines: UTF-16 with a byte order mark.
func Log(lines ...string) []byte {
	return windows.AppendUTF16([]byte{0xFF, 0xFE}, strings.Join(lines, "\r\n")+"\r\n")
}

// Line is a line of a log with its time in UTC.
func Line(at time.Time, text string) string {
	return at.UTC().Format("2006-01-02T15:04:05.000Z ") + text
}

// Impact says that files of a process were scanned, the named one the longest.
func Impact(program string, pid int, longest string) string {
	return fmt.Sprintf("ProcessImageName: %s, Pid: %d, TotalTime: 6070, Count: 24, MaxTime: 828, MaxTimeFile: %s, EstimatedImpact: 100%%", program, pid, longest)
}

// Command says that a command line was noticed: verdict is "lowfi" or "threat".
func Command(verdict, program, arguments string) string {
	return fmt.Sprintf("Engine:command line reported as %s: %s(%s)", verdict, program, arguments)
}

// Original says that a file is called otherwise in its version resource.
func Original(original, path string) string {
	return fmt.Sprintf(`Engine:Setting original file name "%s" for "%s", hr=0x0`, original, path)
}

// Detection says that a threat was found in resources, "file:C:\x.exe".
func Detection(threat string, resources ...string) string {
	return fmt.Sprintf("DETECTION_ADD#1 %s %s PropBag [length: 0, data: (null)]", threat, strings.Join(resources, ";"))
}

// A Spec says what a file of the detection history tells.
type Spec struct {
	Threat, User, Process, OtherUser string
	ThreatID                         uint64
	GUID                             [16]byte
	Status                           uint32 // 3: quarantined
	Changed, Detected, Remediated    time.Time
	Resources                        []Resource
	Old                              bool // as Windows Server 2016 wrote them: parts do not begin with "Magic.Version:1.2"
}

// A Resource is what a threat was found in.
type Resource struct {
	Kind, Place string
	Tracking    []Tracking
	Header      bool // of 20 bytes before what was tracked
}

// A Tracking is a name, such as "ThreatTrackingSha256", and a value: a string,
// a uint32, a uint64, a bool or a []byte.
type Tracking struct {
	Name  string
	Value any
}

// History writes the file of a Spec.
func History(s Spec) []byte {
	var w writer
	w.value(8, binary.LittleEndian.AppendUint64(nil, s.ThreatID))
	w.value(0x1E, s.GUID[:])
	magic := func() {
		if !s.Old {
			w.text("Magic.Version:1.2")
		}
	}
	magic()
	w.text(s.Threat)
	w.numbers(0, 5, 34, 110, 0, s.Status, 2, 1, 6) // the status is the sixth; two more are counted by the seventh
	w.numbers(uint32(len(s.Resources)))
	for _, r := range s.Resources {
		magic()
		w.text(r.Kind)
		w.text(r.Place)
		tracking := track(r)
		w.numbers(0, uint32(len(tracking)))
		w.value(0x28, tracking)
	}
	w.filetime(s.Changed)
	w.value(5, make([]byte, 4))
	w.numbers(0)
	w.value(0x1E, make([]byte, 16))
	w.numbers(0)
	w.numbers(6)
	w.text(s.User)
	w.numbers(2)
	w.text(s.Process)
	w.numbers(2, 1, 0)
	w.filetime(s.Detected)
	w.numbers(0)
	w.filetime(s.Remediated)
	w.numbers(0)
	w.value(0, make([]byte, 4))
	w.numbers(0)
	w.text(s.OtherUser)
	w.numbers(0, 0)
	w.value(0, make([]byte, 4))
	w.numbers(0, 0, 0, 1)
	return w.out
}

type writer struct{ out []byte }

func (w *writer) value(kind uint32, data []byte) {
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(len(data)))
	w.out = binary.LittleEndian.AppendUint32(w.out, kind)
	w.out = append(w.out, data...)
	for len(w.out)%8 != 0 {
		w.out = append(w.out, 0)
	}
}

func (w *writer) text(s string) { w.value(0x15, windows.AppendUTF16(nil, s+"\x00")) }

func (w *writer) numbers(list ...uint32) {
	for _, n := range list {
		w.value(6, binary.LittleEndian.AppendUint32(nil, n))
	}
}

func (w *writer) filetime(t time.Time) {
	w.value(0x0A, binary.LittleEndian.AppendUint64(nil, windows.ToFiletime(t)))
}

// track writes the names and values of a resource.
func track(r Resource) []byte {
	var list []byte
	text := func(s string) {
		b := windows.AppendUTF16(nil, s+"\x00")
		list = append(binary.LittleEndian.AppendUint32(list, uint32(len(b))), b...)
	}
	for _, e := range r.Tracking {
		text(e.Name)
		switch v := e.Value.(type) {
		case uint32:
			list = binary.LittleEndian.AppendUint32(list, 3)
			list = binary.LittleEndian.AppendUint32(list, v)
		case uint64:
			list = binary.LittleEndian.AppendUint32(list, 4)
			list = binary.LittleEndian.AppendUint64(list, v)
		case bool:
			list = binary.LittleEndian.AppendUint32(list, 5)
			if list = append(list, 0); v {
				list[len(list)-1] = 1
			}
		case string:
			list = binary.LittleEndian.AppendUint32(list, 6)
			text(v)
		case []byte:
			list = binary.LittleEndian.AppendUint32(list, 7)
			list = append(binary.LittleEndian.AppendUint32(list, uint32(len(v))), v...)
		}
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(list)+4))
	if r.Header {
		head := make([]byte, 20)
		for i, n := range []uint32{1, 20, uint32(len(list) + 4), uint32(len(list) + 24)} {
			binary.LittleEndian.PutUint32(head[4*i:], n)
		}
		out = append(head, out...)
	}
	return append(out, list...)
}
