package srum

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/artifacts/internal/windows"
)

const (
	namesTable = "SruDbIdMapTable"

	maxNames    = 1 << 20  // programs and users of a database
	maxNameSize = 64 << 10 // bytes of one
	maxNameRoom = 64 << 20 // bytes of all

	userName = 3 // IdType of a user; 0, 1 and 2 are programs, services and packages
)

// A name is what a number in the columns AppId and UserId stands for.
type name struct {
	full    string // as it is in the database
	program string // of full, what names the file or the package
	service string
	sid     string // of a user
}

// readNames reads the table of names; false if no more is wanted.
func readNames(ctx context.Context, f *ese.File, yield func(artifacts.Trace, error) bool) (map[int64]name, bool) {
	names := map[int64]name{}
	t := f.Table(namesTable)
	if t == nil {
		return names, yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "SRUM: a database without the table of programs and users"))
	}
	kind, index, blob := t.Column("IdType"), t.Column("IdIndex"), t.Column("IdBlob")
	if kind == nil || index == nil || blob == nil {
		return names, yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, -1, "SRUM: table %s lacks a column", namesTable))
	}
	room := 0
	for row, err := range f.Rows(ctx, t) {
		var b []byte
		if err == nil {
			b, err = row.Bytes(blob)
		}
		if err == nil && (len(b) > maxNameSize || room+len(b) > maxNameRoom || len(names) == maxNames) {
			err = artifacts.NewProblem(artifacts.Limit, row.Offset, "SRUM: more, or longer, names than are read")
		}
		if err != nil {
			if !yield(artifacts.Trace{}, err) {
				return names, false
			}
			continue
		}
		if len(b) == 0 {
			continue
		}
		room += len(b)
		names[row.Int(index)] = parse(row.Int(kind), b)
	}
	return names, true
}

// parse reads a name. Programs that have none of their own are named
//
//	!!file!yyyy/mm/dd:hh:mm:ss!hexadecimal!services
//	package!application!file!yyyy/mm/dd:hh:mm:ss!hexadecimal!
//
// after their file, where the time is the one in the file's PE header.
func parse(kind int64, b []byte) name {
	if kind == userName {
		sid, _ := windows.SID(b)
		return name{full: sid, sid: sid}
	}
	text := strings.TrimRight(windows.UTF16(b), "\x00")
	n := name{full: text, program: text}
	parts := strings.Split(text, "!")
	for i := 1; i < len(parts); i++ {
		if _, err := time.Parse("2006/01/02:15:04:05", parts[i]); err != nil || parts[i-1] == "" {
			continue
		}
		n.program = parts[i-1]
		if i+2 < len(parts) {
			n.service = strings.Join(parts[i+2:], "!")
		}
		break
	}
	return n
}

// oleTime turns days since 1899-12-30 into UTC, to the millisecond. What is no
// time of the years 1601 to 9999 gives the zero time.
func oleTime(days float64) time.Time {
	const first, last, unix = -109205, 2958466, 25569 // 1601-01-01, 10000-01-01, 1970-01-01
	if !(days > first && days < last) || days == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round((days - unix) * 24 * 60 * 60 * 1000))).UTC()
}

func filetime(ticks int64) time.Time { return windows.Filetime(uint64(ticks)) }

// adapters are kinds of interfaces by the numbers that IANA gave them, which
// are the upper 16 bits of a NET_LUID.
var adapters = map[int64]string{6: "Ethernet", 23: "PPP", 24: "loopback", 53: "virtual", 71: "wireless", 131: "tunnel", 243: "mobile (WWANPP)", 244: "mobile (WWANPP2)"}

// adapter names the kind of a NET_LUID.
func adapter(luid int64) string {
	kind := luid >> 48 & 0xFFFF
	if n, ok := adapters[kind]; ok {
		return n
	}
	if kind == 0 {
		return ""
	}
	return "kind " + strconv.FormatInt(kind, 10)
}
