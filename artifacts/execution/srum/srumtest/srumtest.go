// Package srumtest writes databases of the System Resource Usage Monitor
// (SRUDB.dat): tables as Windows 10 has them, with rows of given programs and
// users.
package srumtest

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts/ese/esetest"
)

// A Spec is a database to be written.
type Spec struct {
	Uses       []Use
	Activities []Activity
	Transfers  []Transfer
	Dirty      bool // it was not closed
	PerPage    int  // most rows of a page; 0 is what fits
}

// A Use is a row of the application resource usage.
type Use struct {
	At      time.Time // when it was recorded
	Program string    // device path, "!!name.exe!2019/10/25:04:27:12!487ef!" or a package's name; "" is no entry in the table of names
	SID     string
	Cycles  int64 // of the processor, in the foreground
	Read    int64 // bytes, in the background
	Written int64
}

// An Activity is a row of the application timeline.
type Activity struct {
	At, Ended time.Time
	Program   string
	SID       string
	Duration  time.Duration
}

// A Transfer is a row of the network data usage.
type Transfer struct {
	At             time.Time
	Program        string
	SID            string
	Sent, Received int64
	Wireless       bool // else Ethernet
}

// names numbers programs and users.
type names struct {
	numbers map[string]int
	rows    [][]any
}

func (n *names) number(kind int, name string, blob []byte) int {
	key := strconv.Itoa(kind) + name
	if i, ok := n.numbers[key]; ok {
		return i
	}
	i := len(n.rows) + 1
	n.numbers[key] = i
	n.rows = append(n.rows, []any{kind, i, blob})
	return i
}

func (n *names) program(p string) int {
	if p == "" {
		return 1 << 20 // a number that the table does not have
	}
	kind := 0
	if !strings.HasPrefix(p, `\`) && !strings.HasPrefix(p, "!!") {
		kind = 2
	}
	return n.number(kind, p, esetest.Encoded(esetest.Column{Type: esetest.LongText, CodePage: esetest.Unicode}, p+"\x00"))
}

func (n *names) user(sid string) int { return n.number(3, sid, SID(sid)) }

// File writes a database.
func File(s Spec) []byte {
	n := &names{numbers: map[string]int{}}
	uses := table("{D10CA2FE-6FCF-4F6D-848E-B2E99266FA89}", "ForegroundCycleTime", "BackgroundCycleTime", "FaceTime",
		"-ForegroundContextSwitches", "-BackgroundContextSwitches", "ForegroundBytesRead", "ForegroundBytesWritten",
		"-ForegroundNumReadOperations", "-ForegroundNumWriteOperations", "-ForegroundNumberOfFlushes", "BackgroundBytesRead",
		"BackgroundBytesWritten", "-BackgroundNumReadOperations", "-BackgroundNumWriteOperations", "-BackgroundNumberOfFlushes")
	for i, u := range s.Uses {
		uses.Rows = append(uses.Rows, []any{i + 1, days(u.At), n.program(u.Program), n.user(u.SID), u.Cycles, 0, 0, 0, 0, 0, 0, 0, 0, 0, u.Read, u.Written, 0, 0, 0})
	}
	activities := table("{5C8CF1C7-7257-4F13-B223-970EF5939312}", "-Flags", "EndTime", "-DurationMS", "-SpanMS")
	for i, a := range s.Activities {
		ms := int(a.Duration.Milliseconds())
		activities.Rows = append(activities.Rows, []any{i + 1, days(a.At), n.program(a.Program), n.user(a.SID), 0, filetime(a.Ended), ms, ms})
	}
	transfers := table("{973F5D5C-1D90-4944-BE8E-24B94231A174}", "InterfaceLuid", "-L2ProfileId", "-L2ProfileFlags", "BytesSent", "BytesRecvd")
	for i, t := range s.Transfers {
		luid, profile := int64(6)<<48|1<<24, 0
		if t.Wireless {
			luid, profile = int64(71)<<48|1<<24, 268435461
		}
		transfers.Rows = append(transfers.Rows, []any{i + 1, days(t.At), n.program(t.Program), n.user(t.SID), luid, profile, 0, t.Sent, t.Received})
	}
	db := esetest.Spec{PerPage: s.PerPage, Tables: []esetest.Table{
		{Name: "SruDbIdMapTable", Columns: []esetest.Column{
			{Name: "IdType", Type: esetest.UnsignedByte}, {Name: "IdIndex", Type: esetest.Long}, {Name: "IdBlob", Type: esetest.LongBinary, Compressed: true},
		}, Rows: n.rows},
		uses, activities, transfers,
	}}
	if s.Dirty {
		db.State = esetest.Dirty
	}
	return esetest.Build(db)
}

// table begins one of the tables: the columns that all have, and those named,
// of 64 bits, or of 32 behind a "-".
func table(name string, columns ...string) esetest.Table {
	t := esetest.Table{Name: name, Columns: []esetest.Column{
		{Name: "AutoIncId", Type: esetest.Long}, {Name: "TimeStamp", Type: esetest.DateTime},
		{Name: "AppId", Type: esetest.Long}, {Name: "UserId", Type: esetest.Long},
	}}
	for _, c := range columns {
		short, is32 := strings.CutPrefix(c, "-")
		kind := esetest.LongLong
		if is32 {
			kind = esetest.Long
		}
		t.Columns = append(t.Columns, esetest.Column{Name: short, Type: kind})
	}
	return t
}

// days is an OLE automation date.
func days(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return float64(t.UnixMilli())/(24*60*60*1000) + 25569
}

func filetime(t time.Time) int64 { return t.UnixMicro()*10 + 116444736000000000 }

// SID encodes a security identifier written as "S-1-5-...".
func SID(text string) []byte {
	parts := strings.Split(text, "-")
	if len(parts) < 3 {
		return nil
	}
	number := func(s string) uint64 { n, _ := strconv.ParseUint(s, 10, 64); return n }
	b := []byte{byte(number(parts[1])), byte(len(parts) - 3)}
	b = append(b, binary.BigEndian.AppendUint64(nil, number(parts[2]))[2:]...)
	for _, p := range parts[3:] {
		b = binary.LittleEndian.AppendUint32(b, uint32(number(p)))
	}
	return b
}
